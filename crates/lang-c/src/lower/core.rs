//! CO-RE: the way from a type to a place in it, as relocations spell it.
use super::btf::Facts;
use super::cx::Cx;
use crate::typed::{ExprKind, Place, PlaceKind};
use crate::types::{RecordId, Ty, TypeKind, Types};
use osmia_base::Span;
use osmia_ir::Core;

/// `enum bpf_core_relo_kind`.
pub(super) const BYTE_OFFSET: u32 = 0;
const BYTE_SIZE: u32 = 1;
pub(super) const EXISTS: u32 = 2;
const SIGNED: u32 = 3;
pub(super) const LEFT_SHIFT: u32 = 4;
pub(super) const RIGHT_SHIFT: u32 = 5;
pub(super) const LOCAL_TYPE_ID: u32 = 6;
pub(super) const KERNEL_TYPE_ID: u32 = 7;
const TYPE_EXISTS: u32 = 8;
const TYPE_SIZE: u32 = 9;
const ENUMERATOR_EXISTS: u32 = 10;
const ENUMERATOR_VALUE: u32 = 11;
const TYPE_MATCHES: u32 = 12;

/// What `__builtin_preserve_field_info` counts (`enum bpf_field_info_kind`).
pub(super) const FIELD_KINDS: &[u32] = &[BYTE_OFFSET, BYTE_SIZE, EXISTS, SIGNED, LEFT_SHIFT, RIGHT_SHIFT];
/// What `__builtin_preserve_type_info` counts (`enum bpf_type_info_kind`).
pub(super) const TYPE_KINDS: &[u32] = &[TYPE_EXISTS, TYPE_SIZE, TYPE_MATCHES];
/// What `__builtin_preserve_enum_value` counts (`enum bpf_enum_value_kind`).
pub(super) const ENUMERATOR_KINDS: &[u32] = &[ENUMERATOR_EXISTS, ENUMERATOR_VALUE];

/// The way from a type to a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Where it begins.
    root: Ty,
    /// Positions of members and elements; the first says which of several values of the type.
    steps: Vec<u64>,
    /// Where it leads in the unit's types, in bits.
    pub(super) bit_offset: u64,
    /// What is there.
    ty: Ty,
    /// How many bits, of a bit-field.
    bits: Option<u32>,
}

impl Path {
    /// The way to a value of a type itself.
    pub(super) fn new(types: &Types, root: Ty) -> Self {
        Self::nth(types, root, 0)
    }

    /// The way to one of several values of a type that lie side by side.
    pub(super) fn nth(types: &Types, root: Ty, index: u64) -> Self {
        let bytes = types.size(root).unwrap_or(0).wrapping_mul(index);
        let bit_offset = bytes.wrapping_mul(8);
        Self { root: named(types, root), steps: vec![index], bit_offset, ty: root, bits: None }
    }

    /// One step into a record.
    pub(super) fn field(&mut self, types: &Types, record: RecordId, index: usize) {
        let Some(body) = &types.records[record].body else { return };
        let Some(field) = body.fields.get(index) else { return };
        let before = body.fields.iter().take(index);
        let position = before.filter(|field| field.is_described(types)).count();
        self.steps.push(position as u64);
        self.bit_offset = self.bit_offset.wrapping_add(field.bit_offset);
        (self.ty, self.bits) = (field.ty, field.bits);
    }

    /// One step into an array.
    pub(super) fn element(&mut self, types: &Types, index: u64, element: Ty) {
        self.steps.push(index);
        let bytes = types.size(element).unwrap_or(0).wrapping_mul(index);
        self.bit_offset = self.bit_offset.wrapping_add(bytes.wrapping_mul(8));
        (self.ty, self.bits) = (element, None);
    }

    fn access(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(u64::to_string).collect();
        steps.join(":")
    }

    /// What is loaded: its first byte, and how many there are. Of a bit-field that is a number of its type, or a larger one where
    /// it does not lie in such a number; nothing where it lies in none.
    pub(super) fn unit(&self, types: &Types) -> Option<(u64, u64)> {
        let own = types.size(self.ty).unwrap_or(0);
        let Some(bits) = self.bits else { return Some((self.bit_offset / 8, own)) };
        let sizes = [1, 2, 4, 8].into_iter().filter(|size| *size >= own);
        let mut units = sizes.map(|size| (self.bit_offset / 8 / size * size, size));
        let end = self.bit_offset.wrapping_add(bits.into());
        units.find(|(byte, size)| end <= (byte + size) * 8)
    }

    /// What the unit's own types answer.
    fn answer(&self, types: &Types, kind: u32) -> i64 {
        let (byte, bytes) = self.unit(types).unwrap_or_default();
        let bits = self.bits.map_or(bytes * 8, u64::from);
        let shift = self.bit_offset.wrapping_sub(byte * 8);
        let answer = match kind {
            BYTE_OFFSET => byte,
            BYTE_SIZE => bytes,
            EXISTS => 1,
            SIGNED => types.integer(self.ty).is_some_and(|integer| integer.signed).into(),
            LEFT_SHIFT => 64_u64.wrapping_sub(shift.wrapping_add(bits)),
            RIGHT_SHIFT => 64_u64.wrapping_sub(bits),
            _ => 0,
        };
        answer.cast_signed()
    }
}

/// The type by which relocations know another: the record itself, or its name where it has no tag.
fn named(types: &Types, ty: Ty) -> Ty {
    match types.record(ty) {
        Some(record) if types.records[record].tag.is_some() => types.bare(ty),
        _ => types.unqualified(ty),
    }
}

/// The way to one of several records of which a pointer points to the first.
pub(super) fn side_by_side(types: &Types, place: &Place) -> Option<Path> {
    let PlaceKind::Index { of, index, .. } = &place.kind else { return None };
    let several = matches!(types.bare_kind(of.ty), TypeKind::Array(_, None));
    let first = several && matches!(of.kind, PlaceKind::Deref(_)) && types.record(place.ty).is_some();
    let ExprKind::Int(index) = index.kind else { return None };
    let index = u64::try_from(index).ok().filter(|_| first)?;
    Some(Path::nth(types, place.ty, index))
}

/// The way to a place, if it is known without running anything: from where a pointer points, or from a variable.
pub(super) fn path(types: &Types, place: &Place) -> Option<Path> {
    match &place.kind {
        PlaceKind::Field { of, record, index, .. } => {
            let mut path = path(types, of)?;
            path.field(types, *record, *index);
            Some(path)
        }
        PlaceKind::Index { of, index, .. } => {
            let ExprKind::Int(index) = index.kind else { return None };
            if let Some(path) = side_by_side(types, place) {
                return Some(path);
            }
            let mut path = path(types, of)?;
            path.element(types, u64::try_from(index).ok()?, place.ty);
            Some(path)
        }
        PlaceKind::After(_, place) => path(types, place),
        PlaceKind::Local(_)
        | PlaceKind::Global(_)
        | PlaceKind::Deref(_)
        | PlaceKind::Conditional(..)
        | PlaceKind::Call(..) => Some(Path::new(types, place.ty)),
    }
}

impl<'a> Cx<'a> {
    /// What types are looked up in.
    pub(super) const fn facts(&self) -> Facts<'a> {
        Facts { types: &self.unit.types, names: self.names }
    }

    /// Tells of bits that lie in no number that can be loaded: the running kernel is not asked where they are.
    pub(super) fn check_unit(&mut self, path: &Path, span: Span) {
        if path.unit(&self.unit.types).is_none() {
            self.error(span, "these bits lie in no eight bytes that can be loaded at once").hints.push(
                "where the running kernel has them is only found of such: leave `preserve_access_index` away"
                    .into(),
            );
        }
    }

    /// A question about a place.
    pub(super) fn ask(&mut self, path: &Path, kind: u32) -> Core {
        let facts = self.facts();
        let type_id = self.types.whole(facts, path.root);
        Core { type_id, access: path.access(), kind, local: path.answer(facts.types, kind) }
    }

    /// A question about a type: whether it is there, or how large.
    pub(super) fn ask_type(&mut self, ty: Ty, kind: u32) -> Core {
        let facts = self.facts();
        let type_id = self.types.whole(facts, ty);
        let local = match kind {
            TYPE_SIZE => facts.types.size(ty).unwrap_or(0).cast_signed(),
            LOCAL_TYPE_ID | KERNEL_TYPE_ID => type_id.0.into(),
            _ => 1,
        };
        Core { type_id, access: "0".into(), kind, local }
    }

    /// A question about a name of an enumeration.
    pub(super) fn ask_enumerator(&mut self, ty: Ty, position: usize, kind: u32) -> Core {
        let facts = self.facts();
        let type_id = self.types.whole(facts, ty);
        let value = match facts.types.bare_kind(ty) {
            TypeKind::Enum(number) => {
                let names = facts.types.enums[*number].names.iter().flatten();
                names.skip(position).map(|name| name.1).next().unwrap_or(0)
            }
            _ => 0,
        };
        let local = if kind == ENUMERATOR_VALUE { value } else { 1 };
        Core { type_id, access: position.to_string(), kind, local }
    }
}
