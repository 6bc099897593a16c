//! Structures and unions.
use super::Writer;
use super::fields::Storage;
use super::names::{identifier, unique};
use super::spell;
use crate::layout::Shape;
use crate::wire::RawMember;
use crate::{BtfError, Composite, Kind, Member, TypeId};
use std::collections::HashSet;
use std::fmt::Write;

/// How deep types are looked into for alignments.
const MAX_DEPTH: u32 = 64;

/// A structure as far as it is laid out.
struct Body {
    lines: Vec<String>,
    used: HashSet<String>,
    storages: Vec<Storage>,
    /// Where the next field begins, in bytes, if nothing is between.
    at: u64,
    /// The alignment that Rust gives it by itself.
    align: u64,
    packed: bool,
    /// Whether each gap is a field.
    plain: bool,
}

impl Body {
    fn new(packed: bool, plain: bool) -> Self {
        Self { lines: Vec::new(), used: HashSet::new(), storages: Vec::new(), at: 0, align: 1, packed, plain }
    }

    /// A gap up to an offset. Where all is plain, users fill gaps when they make values.
    fn pad(&mut self, end: u64) {
        let name = self.name(&format!("_pad{}", self.at));
        let visible = if self.plain { "pub " } else { "" };
        self.lines.push(format!("{visible}{name}: [u8; {}]", end - self.at));
    }

    fn name(&mut self, wanted: &str) -> String {
        unique(&mut self.used, wanted, |_| false)
    }

    /// Goes to an offset where a field of this alignment begins; false if that is behind us.
    fn go_to(&mut self, offset: u64, align: u64) -> bool {
        let align = if self.packed { 1 } else { align.max(1) };
        if offset < self.at || !offset.is_multiple_of(align) {
            return false;
        }
        if self.at.next_multiple_of(align) != offset || self.plain && self.at != offset {
            self.pad(offset);
        }
        (self.at, self.align) = (offset, self.align.max(align));
        true
    }
}

impl Writer<'_> {
    pub(super) fn structure(&mut self, id: TypeId, name: &str, body: &Composite) -> Result<(), BtfError> {
        let size = u64::from(body.size);
        let shape = self.aligner.composite(id, 0)?;
        let Some(laid) = self.lay_out(name, body, shape)? else {
            return self.opaque(name, size, shape);
        };
        let grown = if laid.packed { laid.at } else { laid.at.next_multiple_of(shape.align.into()) };
        if grown > size {
            return self.opaque(name, size, shape);
        }
        let mut laid = laid;
        if grown < size || self.plain.is_some() && laid.at < size {
            laid.pad(size);
        }
        self.aligned.insert(id, !laid.packed && laid.align < u64::from(shape.align));
        self.write(name, "struct", &laid, shape);
        self.assert_size(name, size);
        self.accessors(name, &laid.storages)
    }

    /// The fields in order; `None` for what Rust cannot lay out so.
    fn lay_out(&mut self, name: &str, body: &Composite, shape: Shape) -> Result<Option<Body>, BtfError> {
        let mut laid = Body::new(shape.packed, self.plain.is_some());
        for (place, member) in body.members.iter().enumerate() {
            let member = self.true_member(member);
            if member.bit_size.is_some() {
                if laid.storages.last_mut().is_some_and(|last| last.end == laid.at && last.take(&member)) {
                    laid.at = laid.storages.last().map_or(laid.at, |last| last.end);
                    continue;
                }
                let storage = Storage::new(format!("_bits{}", member.bit_offset / 8), &member);
                let (start, end) = (storage.start, storage.end);
                if !laid.go_to(start, 1) {
                    return Ok(None);
                }
                // How long it is, is known when the next field comes.
                laid.lines.push(format!("\0{}", laid.storages.len()));
                laid.used.insert(storage.name.clone());
                laid.storages.push(storage);
                laid.at = end;
                continue;
            }
            let Ok(size) = self.btf.size_of(member.ty) else { return Ok(None) };
            let align = u64::from(self.aligner.align(member.ty, 0)?);
            if !member.bit_offset.is_multiple_of(8) || !laid.go_to((member.bit_offset / 8).into(), align) {
                return Ok(None);
            }
            let field = self.field(&mut laid, name, &member, place)?;
            let text = match shape.packed && self.asks_for_alignment(member.ty, 0)? {
                true => format!("[u8; {size}]"),
                false => field.1,
            };
            laid.lines.push(format!("pub {}: {text}", field.0));
            laid.at += size;
        }
        for line in &mut laid.lines {
            let storage =
                line.strip_prefix('\0').and_then(|number| laid.storages.get(number.parse::<usize>().ok()?));
            if let Some(storage) = storage {
                let visible = if laid.plain { "pub " } else { "" };
                *line = format!("{visible}{}: [u8; {}]", storage.name, storage.end - storage.start);
            }
        }
        Ok(Some(laid))
    }

    /// Name and type of a field.
    fn field(
        &mut self,
        laid: &mut Body,
        name: &str,
        member: &Member,
        place: usize,
    ) -> Result<(String, String), BtfError> {
        let own = if member.name.is_empty() { format!("anon{place}") } else { member.name.clone() };
        let near =
            format!("{}__{}", name.trim_start_matches("r#"), identifier(&own).trim_start_matches("r#"));
        let text = self.spell(member.ty, &near, 0)?;
        Ok((laid.name(&own), text))
    }

    fn true_member(&self, member: &Member) -> Member {
        let Member { name, ty, bit_offset, bit_size } = member.clone();
        let raw = self.btf.true_member(RawMember { name: 0, ty: ty.0, bit_offset, bit_size });
        Member { name, ty, bit_offset: raw.bit_offset, bit_size: raw.bit_size }
    }

    /// A plain union: words of its alignment, and methods that read and write them as each member.
    fn words(&mut self, id: TypeId, name: &str, body: &Composite) -> Result<(), BtfError> {
        let (size, shape) = (u64::from(body.size), self.aligner.composite(id, 0)?);
        let align = u64::from(shape.align).clamp(1, 8);
        let mut laid = Body::new(shape.packed, true);
        laid.align = if shape.packed { 1 } else { align };
        laid.lines.push(format!(
            "_words: [{}; {}]",
            spell::integer(laid.align as u32, false),
            size / laid.align
        ));
        self.aligned.insert(id, !laid.packed && laid.align < u64::from(shape.align));
        self.write(name, "struct", &laid, shape);
        self.assert_size(name, size);
        let path = self.plain.unwrap_or_default();
        let (mut methods, mut text) = (HashSet::new(), String::new());
        for (place, member) in body.members.iter().enumerate() {
            let member = self.true_member(member);
            // Bits, and members without a size, stay what they are: words.
            let Ok(bytes) = self.btf.size_of(member.ty) else { continue };
            if member.bit_size.is_some() || member.bit_offset != 0 || bytes > size {
                continue;
            }
            let (_, ty) = self.field(&mut laid, name, &member, place)?;
            let own = if member.name.is_empty() { format!("anon{place}") } else { member.name.clone() };
            let (get, set) = (
                unique(&mut methods, &own, |_| false),
                unique(&mut methods, &format!("set_{own}"), |_| false),
            );
            let _ = write!(
                text,
                "    pub fn {get}(&self) -> {ty} {{\n        {path}::bytemuck::pod_read_unaligned(&{path}::bytemuck::bytes_of(self)[..{bytes}])\n    }}\n\n    pub fn {set}(&mut self, value: {ty}) {{\n        {path}::bytemuck::bytes_of_mut(self)[..{bytes}].copy_from_slice({path}::bytemuck::bytes_of(&value))\n    }}\n\n"
            );
        }
        let _ = writeln!(self.out, "impl {name} {{\n{text}}}\n");
        Ok(())
    }

    pub(super) fn union(&mut self, id: TypeId, name: &str, body: &Composite) -> Result<(), BtfError> {
        if self.plain.is_some() {
            return self.words(id, name, body);
        }
        let size = u64::from(body.size);
        let shape = self.aligner.composite(id, 0)?;
        let mut laid = Body::new(shape.packed, self.plain.is_some());
        let mut widest = 0;
        for (place, member) in body.members.iter().enumerate() {
            let member = self.true_member(member);
            if member.bit_size.is_some() {
                let own = if member.name.is_empty() { format!("anon{place}") } else { member.name.clone() };
                let part = self.names.type_name(&format!("{}__{own}", name.trim_start_matches("r#")));
                let storage = Storage::new("_bits".to_owned(), &member);
                let bytes = storage.end;
                let _ = writeln!(
                    self.out,
                    "#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {part} {{\n    _bits: [u8; {bytes}],\n}}\n"
                );
                self.accessors(&part, &[Storage { start: 0, ..storage }])?;
                let field = laid.name(&own);
                laid.lines.push(format!("pub {field}: {part}"));
                widest = widest.max(bytes);
                continue;
            }
            let Ok(bytes) = self.btf.size_of(member.ty) else { return self.opaque(name, size, shape) };
            let align = u64::from(self.aligner.align(member.ty, 0)?);
            let (field, text) = self.field(&mut laid, name, &member, place)?;
            let opaque = shape.packed && self.asks_for_alignment(member.ty, 0)?;
            laid.lines.push(format!("pub {field}: {}", if opaque { format!("[u8; {bytes}]") } else { text }));
            (laid.align, widest) = (laid.align.max(align), widest.max(bytes));
        }
        if widest < size || laid.lines.is_empty() {
            let field = laid.name("_size");
            laid.lines.push(format!("{field}: [u8; {size}]"));
        }
        if widest > size {
            return self.opaque(name, size, shape);
        }
        self.aligned.insert(id, !laid.packed && laid.align < u64::from(shape.align));
        self.write(name, "union", &laid, shape);
        self.assert_size(name, size);
        Ok(())
    }

    /// A type as so many bytes: nothing else can be said of it in Rust.
    fn opaque(&mut self, name: &str, size: u64, shape: Shape) -> Result<(), BtfError> {
        let mut laid = Body::new(shape.packed, self.plain.is_some());
        laid.lines.push(format!("_opaque: [u8; {size}]"));
        self.write(name, "struct", &laid, shape);
        self.assert_size(name, size);
        Ok(())
    }

    fn write(&mut self, name: &str, keyword: &str, laid: &Body, shape: Shape) {
        let align = u64::from(shape.align);
        let form = match laid.packed {
            true => "C, packed".to_owned(),
            false if laid.align < align => format!("C, align({align})"),
            false => "C".to_owned(),
        };
        let derives = self.derives(if laid.plain { "Clone, Copy, Debug, PartialEq" } else { "Clone, Copy" });
        let _ = writeln!(self.out, "#[repr({form})]\n{derives}\npub {keyword} {name} {{");
        for line in &laid.lines {
            let _ = writeln!(self.out, "    {line},");
        }
        self.out.push_str("}\n\n");
        if let Some(path) = self.plain {
            let _ = writeln!(
                self.out,
                "impl Default for {name} {{\n    /// All zero.\n    fn default() -> Self {{\n        {path}::Zeroable::zeroed()\n    }}\n}}\n"
            );
        }
    }

    /// Whether an alignment is asked for somewhere in a type: Rust takes no such type in packed ones.
    fn asks_for_alignment(&mut self, id: TypeId, depth: u32) -> Result<bool, BtfError> {
        let id = self.btf.resolve(id);
        if self.aligned.get(&id) == Some(&true) {
            return Ok(true);
        }
        if depth >= MAX_DEPTH {
            return Ok(true);
        }
        match self.btf.get(id)?.kind {
            Kind::Array { element, .. } => self.asks_for_alignment(element, depth + 1),
            Kind::Struct(body) | Kind::Union(body) => {
                let shape = self.aligner.composite(id, 0)?;
                let mut natural = 1;
                for member in &body.members {
                    let member = self.true_member(member);
                    if member.bit_size.is_none() {
                        natural = natural.max(self.aligner.align(member.ty, 0)?);
                        if self.asks_for_alignment(member.ty, depth + 1)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(!shape.packed && natural < shape.align)
            }
            _ => Ok(false),
        }
    }
}
