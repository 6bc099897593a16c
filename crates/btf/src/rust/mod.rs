//! Types as Rust that compiles, laid out as they are in BTF.
//!
//! Structures and unions are `repr(C)`, gaps are fields, bitfields are bytes with methods over them. An `enum` is a number with
//! constants, a boolean is a byte: every value that memory may hold is a value of its type. The size of each type is asserted
//! when it is compiled.
//!
//! [`plain`] goes further, for memory that another world writes: no type has gaps, pointers are numbers, and unions are bytes with
//! methods, so that each type is `Pod` by a derive that checks it.
mod composite;
mod fields;
mod names;
mod spell;

use crate::layout::Aligner;
use crate::{Btf, BtfError, BtfErrorKind, Enum, Kind, Type, TypeId};
use names::Names;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

const OPENING: &str = "\
// Made by osmia from BTF.
#![allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals, clippy::all)]

";

/// What methods of bitfields stand on. Bits count from the lowest of the first byte, as little-endian machines have it.
const HELPERS: &str = "\
const fn _get_bits(bytes: &[u8], start: usize, width: usize) -> u64 {
    let (mut value, mut at) = (0, 0);
    while at < width {
        let bit = bytes[(start + at) / 8] >> ((start + at) % 8) & 1;
        value |= (bit as u64) << at;
        at += 1;
    }
    value
}

const fn _set_bits(bytes: &mut [u8], start: usize, width: usize, value: u64) {
    let mut at = 0;
    while at < width {
        let (place, mask) = ((start + at) / 8, 1 << ((start + at) % 8));
        bytes[place] = if value >> at & 1 != 0 { bytes[place] | mask } else { bytes[place] & !mask };
        at += 1;
    }
}

";

/// All types as one file.
pub fn file(btf: &Btf) -> Result<String, BtfError> {
    let text = definitions(btf, &btf.ids().collect::<Vec<_>>())?;
    Ok(format!("{OPENING}{text}"))
}

/// These types and all they need as items of a module, for `include!` too.
pub fn definitions(btf: &Btf, ids: &[TypeId]) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.out.push_str(HELPERS);
    for &id in ids {
        writer.want(id)?;
        writer.finish()?;
    }
    Ok(writer.out)
}

/// Plain definitions, and how each of the types is spelled; what has no name is called as stands beside it.
///
/// `path` names the module that has `Bool`, `Pod`, `Zeroable` and `bytemuck`; `taken` are names that no type may have.
pub fn plain(
    btf: &Btf,
    types: &[(TypeId, &str)],
    path: &str,
    taken: &[&str],
) -> Result<(String, Vec<String>), BtfError> {
    let mut writer = Writer { plain: Some(path), ..Writer::new(btf) };
    for name in taken {
        writer.names.type_name(name);
    }
    writer.out.push_str(HELPERS);
    let names = types.iter().map(|(id, near)| writer.spell(*id, near, 0)).collect::<Result<_, _>>()?;
    writer.finish()?;
    Ok((writer.out, names))
}

/// A name as Rust takes it.
pub fn identifier(name: &str) -> String {
    names::identifier(name)
}

struct Writer<'a> {
    btf: &'a Btf,
    aligner: Aligner<'a>,
    names: Names,
    /// Names of types that are or will be written.
    given: HashMap<TypeId, String>,
    wanted: Vec<TypeId>,
    /// Types whose alignment is asked for: they cannot be in packed ones.
    aligned: HashMap<TypeId, bool>,
    constants: HashSet<TypeId>,
    out: String,
    limit: usize,
    /// How many more types may be spelled: functions whose parameters are functions multiply.
    budget: u64,
    /// For plain definitions: the module that has what they stand on.
    plain: Option<&'a str>,
}

impl<'a> Writer<'a> {
    fn new(btf: &'a Btf) -> Self {
        let limit = (4 << 20) + 64 * btf.whole_len();
        Self {
            btf,
            aligner: Aligner::new(btf),
            names: Names::default(),
            given: HashMap::new(),
            wanted: Vec::new(),
            aligned: HashMap::new(),
            constants: HashSet::new(),
            out: String::new(),
            limit,
            budget: 100_000 + 8 * btf.whole_len() as u64,
            plain: None,
        }
    }

    /// Wants a type for its own sake.
    fn want(&mut self, id: TypeId) -> Result<(), BtfError> {
        let ty = self.btf.get(id)?;
        match &ty.kind {
            Kind::Enum(body) | Kind::Enum64(body) if ty.name.is_empty() => self.loose_constants(id, body),
            Kind::Struct(_) | Kind::Union(_) if ty.name.is_empty() => {}
            Kind::Struct(_) | Kind::Union(_) | Kind::Enum(_) | Kind::Enum64(_) | Kind::Typedef(_) => {
                self.spell(id, "", 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Names of an `enum` that has none itself and that nothing has as its type.
    fn loose_constants(&mut self, id: TypeId, body: &Enum) {
        if self.given.contains_key(&id) || !self.constants.insert(id) {
            return;
        }
        let number = spell::integer(body.size, body.signed);
        for it in &body.values {
            let name = self.names.constant(&it.name);
            let _ = writeln!(self.out, "pub const {name}: {number} = {};", value(body, it.value));
        }
        self.out.push('\n');
    }

    /// Writes what was spelled, and what that needs.
    fn finish(&mut self) -> Result<(), BtfError> {
        while let Some(id) = self.wanted.pop() {
            if self.out.len() > self.limit {
                return Err(self.btf.error_at(id, BtfErrorKind::TooLarge(id)));
            }
            let ty = self.btf.get(id)?;
            let name = self.given.get(&id).cloned().unwrap_or_default();
            self.define(id, &name, ty)?;
        }
        Ok(())
    }

    fn define(&mut self, id: TypeId, name: &str, ty: Type) -> Result<(), BtfError> {
        match ty.kind {
            Kind::Struct(body) => self.structure(id, name, &body),
            Kind::Union(body) => self.union(id, name, &body),
            Kind::Enum(body) | Kind::Enum64(body) => {
                self.enumeration(name, &body);
                Ok(())
            }
            Kind::Fwd { .. } => {
                let derives = self.derives("Clone, Copy");
                let _ = writeln!(
                    self.out,
                    "#[repr(C)]\n{derives}\npub struct {name} {{\n    _opaque: [u8; 0],\n}}\n"
                );
                Ok(())
            }
            Kind::Typedef(inner) => {
                let text = self.spell(inner, name, 0)?;
                let _ = writeln!(self.out, "pub type {name} = {text};\n");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enumeration(&mut self, name: &str, body: &Enum) {
        let number = spell::integer(body.size, body.signed);
        let derives = self.derives("Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash");
        let _ = write!(
            self.out,
            "#[repr(transparent)]\n{derives}\npub struct {name}(pub {number});\n\nimpl {name} {{\n"
        );
        for it in &body.values {
            let constant = names::identifier(&it.name);
            let _ = writeln!(self.out, "    pub const {constant}: Self = Self({});", value(body, it.value));
        }
        self.out.push_str("}\n\n");
        self.assert_size(name, body.size.into());
    }

    /// What a type derives: what is named, and for plain ones that they are.
    fn derives(&self, names: &str) -> String {
        match self.plain {
            None => format!("#[derive({names})]"),
            Some(path) => format!(
                "#[derive({names}, {path}::Zeroable, {path}::Pod)]\n#[bytemuck(crate = \"{path}::bytemuck\")]"
            ),
        }
    }

    fn assert_size(&mut self, name: &str, size: u64) {
        let _ = writeln!(self.out, "const _: () = assert!(::core::mem::size_of::<{name}>() == {size});\n");
    }
}

/// A value as it is written for the number that an `enum` is.
fn value(body: &Enum, value: i64) -> String {
    let bits = 64 - 8 * body.size.clamp(1, 8);
    if body.signed {
        (value << bits >> bits).to_string()
    } else {
        (value.cast_unsigned() << bits >> bits).to_string()
    }
}
