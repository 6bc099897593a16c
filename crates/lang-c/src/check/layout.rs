//! Where the members of a record lie: the System V rules, as clang has them for BPF.
use crate::ast::RecordKind;

/// What a record says of all its members.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// `__attribute__((packed))`
    pub(super) packed: bool,
    /// `#pragma pack(n)`: no member is aligned to more bytes.
    pub(super) pack: Option<u64>,
    /// `__attribute__((aligned(n)))`: the whole is aligned to at least so many bytes.
    pub(super) aligned: Option<u64>,
}

/// A member that wants a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Bytes of its type; of a flexible array 0.
    pub(super) size: u64,
    /// Alignment of its type, in bytes.
    pub(super) align: u64,
    /// Bits, of a bit-field.
    pub(super) bits: Option<u64>,
    /// Whether it has a name: bits without one do not align the record.
    pub(super) named: bool,
    /// `packed` of its own.
    pub(super) packed: bool,
    /// `aligned(n)` of its own.
    pub(super) aligned: Option<u64>,
}

/// Where they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Of each member, in bits.
    pub(super) offsets: Vec<u64>,
    /// In bytes.
    pub(super) size: u64,
    /// In bytes.
    pub(super) align: u64,
}

/// Gives each member its place; nothing where the whole would be longer than any memory.
pub(super) fn lay_out(kind: RecordKind, members: &[Wish], rules: Rules) -> Option<Layout> {
    let mut offsets = Vec::with_capacity(members.len());
    // All in bits: where the next member may begin, how long the record is, and its alignment.
    let (mut next, mut length, mut align) = (0_u64, 0_u64, 8_u64);
    for wish in members {
        if kind == RecordKind::Union {
            next = 0;
        }
        let place = match wish.bits {
            Some(bits) => place_bits(wish, bits, next, rules)?,
            None => place_bytes(wish, next, rules)?,
        };
        next = place.end;
        length = length.max(next.checked_next_multiple_of(8)?);
        align = align.max(place.align);
        offsets.push(place.offset);
    }
    let align = align.max(in_bits(rules.aligned.unwrap_or(1))?);
    let size = length.checked_next_multiple_of(align)? / 8;
    (size <= i64::MAX as u64 / 8).then_some(Layout { offsets, size, align: align / 8 })
}

/// Where one member lies, in bits.
struct Placed {
    offset: u64,
    end: u64,
    align: u64,
}

fn in_bits(bytes: u64) -> Option<u64> {
    bytes.checked_mul(8)
}

fn place_bytes(wish: &Wish, next: u64, rules: Rules) -> Option<Placed> {
    let natural = if wish.packed || rules.packed { 1 } else { wish.align };
    let wanted = natural.max(wish.aligned.unwrap_or(1));
    let align = in_bits(rules.pack.map_or(wanted, |pack| wanted.min(pack)))?;
    let offset = next.checked_next_multiple_of(align)?;
    Some(Placed { offset, end: offset.checked_add(in_bits(wish.size)?)?, align })
}

fn place_bits(wish: &Wish, bits: u64, next: u64, rules: Rules) -> Option<Placed> {
    let unit = in_bits(wish.size)?;
    let own = wish.aligned.map(in_bits).unwrap_or(None);
    let pack = rules.pack.map(in_bits).unwrap_or(None);
    let packed = wish.packed || rules.packed;
    let mut align = if packed && bits != 0 { 1 } else { in_bits(wish.align)? };
    align = align.max(own.unwrap_or(1));
    if let Some(pack) = pack.filter(|_| bits != 0) {
        let unpacked = in_bits(wish.align)?.max(own.unwrap_or(1)).min(pack);
        align = if packed { unpacked } else { align.min(pack) };
    }
    // A bit-field lies within one unit of its type, unless the record is packed.
    let crosses = pack.is_none() && (next & (align - 1)).checked_add(bits)? > unit;
    let offset = match own {
        _ if bits == 0 || crosses => next.checked_next_multiple_of(align)?,
        Some(own) if pack.is_none_or(|pack| own <= pack) => next.checked_next_multiple_of(own)?,
        _ => next,
    };
    Some(Placed { offset, end: offset.checked_add(bits)?, align: if wish.named { align } else { 1 } })
}
