//! BTF as text, in the form of `bpftool btf dump … format raw`.
use crate::{
    Btf, BtfError, Composite, Enum, Enumerator, IntEncoding, Kind, KindTag, Linkage, Member, Param, Type,
    TypeId, VarSlot,
};
use std::fmt::{self, Write};

/// All types that are not in the base.
pub fn raw(btf: &Btf) -> Result<String, BtfError> {
    let mut text = String::new();
    for id in (btf.first_id().0..btf.len()).map(TypeId) {
        text.push_str(&raw_type(btf, id)?);
    }
    Ok(text)
}

/// One type.
pub fn raw_type(btf: &Btf, id: TypeId) -> Result<String, BtfError> {
    let ty = btf.get(id)?;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = Dump { btf, out: &mut text }.item(id, &ty);
    Ok(text)
}

struct Dump<'a> {
    btf: &'a Btf,
    out: &'a mut String,
}

impl Dump<'_> {
    fn item(&mut self, id: TypeId, ty: &Type) -> fmt::Result {
        write!(self.out, "{id} {} '{}'", kind_name(ty.kind.tag()), shown(&ty.name))?;
        match &ty.kind {
            Kind::Void => {}
            Kind::Int { size, encoding, offset, bits } => {
                let encoding = encoding_name(*encoding);
                write!(self.out, " size={size} bits_offset={offset} nr_bits={bits} encoding={encoding}")?;
            }
            Kind::Ptr(ty) | Kind::Typedef(ty) | Kind::Volatile(ty) | Kind::Const(ty) | Kind::Restrict(ty) => {
                write!(self.out, " type_id={}", ty.0)?;
            }
            Kind::TypeTag { ty, .. } => write!(self.out, " type_id={}", ty.0)?,
            Kind::Array { element, index, len } => {
                write!(self.out, " type_id={} index_type_id={} nr_elems={len}", element.0, index.0)?;
            }
            Kind::Struct(body) | Kind::Union(body) => self.composite(body)?,
            Kind::Enum(body) => self.enumeration(body, |signed, value| match signed {
                true => format!("{value}"),
                false => format!("{}", value as u32),
            })?,
            Kind::Enum64(body) => self.enumeration(body, |signed, value| match signed {
                true => format!("{value}LL"),
                false => format!("{}ULL", value.cast_unsigned()),
            })?,
            Kind::Fwd { union } => write!(self.out, " fwd_kind={}", if *union { "union" } else { "struct" })?,
            Kind::Func { proto, linkage } => {
                write!(self.out, " type_id={} linkage={}", proto.0, linkage_name(*linkage))?;
            }
            Kind::FuncProto { ret, params } => self.proto(*ret, params)?,
            Kind::Var { ty, linkage } => {
                write!(self.out, " type_id={}, linkage={}", ty.0, linkage_name(*linkage))?;
            }
            Kind::Datasec { size, vars } => self.datasec(*size, vars)?,
            Kind::Float { size } => write!(self.out, " size={size}")?,
            Kind::DeclTag { ty, component, .. } => {
                let component = component.map_or(-1, u32::cast_signed);
                write!(self.out, " type_id={} component_idx={component}", ty.0)?;
            }
        }
        writeln!(self.out)
    }

    fn composite(&mut self, body: &Composite) -> fmt::Result {
        write!(self.out, " size={} vlen={}", body.size, body.members.len())?;
        body.members.iter().try_for_each(|member| self.member(member))
    }

    fn member(&mut self, member: &Member) -> fmt::Result {
        let Member { name, ty, bit_offset, bit_size } = member;
        write!(self.out, "\n\t'{}' type_id={} bits_offset={bit_offset}", shown(name), ty.0)?;
        bit_size.map_or(Ok(()), |size| write!(self.out, " bitfield_size={size}"))
    }

    fn enumeration(&mut self, body: &Enum, value: impl Fn(bool, i64) -> String) -> fmt::Result {
        let encoding = if body.signed { "SIGNED" } else { "UNSIGNED" };
        write!(self.out, " encoding={encoding} size={} vlen={}", body.size, body.values.len())?;
        body.values.iter().try_for_each(|Enumerator { name, value: bits }| {
            write!(self.out, "\n\t'{}' val={}", shown(name), value(body.signed, *bits))
        })
    }

    fn proto(&mut self, ret: TypeId, params: &[Param]) -> fmt::Result {
        write!(self.out, " ret_type_id={} vlen={}", ret.0, params.len())?;
        params
            .iter()
            .try_for_each(|Param { name, ty }| write!(self.out, "\n\t'{}' type_id={}", shown(name), ty.0))
    }

    fn datasec(&mut self, size: u32, vars: &[VarSlot]) -> fmt::Result {
        write!(self.out, " size={size} vlen={}", vars.len())?;
        vars.iter().try_for_each(|VarSlot { ty, offset, size }| {
            write!(self.out, "\n\ttype_id={} offset={offset} size={size}", ty.0)?;
            match self.btf.tag(*ty) {
                Some(tag) => {
                    let name = shown(self.btf.name(*ty).unwrap_or(""));
                    write!(self.out, " ({} '{name}')", kind_name(tag))
                }
                None => Ok(()),
            }
        })
    }
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "(anon)" } else { name }
}

/// An integer's encoding as bpftool spells it.
pub const fn encoding_name(encoding: IntEncoding) -> &'static str {
    match encoding {
        IntEncoding::UNSIGNED => "(none)",
        IntEncoding::SIGNED => "SIGNED",
        IntEncoding::CHAR => "CHAR",
        IntEncoding::BOOL => "BOOL",
        _ => "UNKN",
    }
}

/// A linkage as bpftool spells it.
pub const fn linkage_name(linkage: Linkage) -> &'static str {
    match linkage {
        Linkage::Static => "static",
        Linkage::Global => "global",
        Linkage::Extern => "extern",
    }
}

/// The kind as bpftool spells it.
pub const fn kind_name(tag: KindTag) -> &'static str {
    match tag {
        KindTag::Void => "UNKNOWN",
        KindTag::Int => "INT",
        KindTag::Ptr => "PTR",
        KindTag::Array => "ARRAY",
        KindTag::Struct => "STRUCT",
        KindTag::Union => "UNION",
        KindTag::Enum => "ENUM",
        KindTag::Fwd => "FWD",
        KindTag::Typedef => "TYPEDEF",
        KindTag::Volatile => "VOLATILE",
        KindTag::Const => "CONST",
        KindTag::Restrict => "RESTRICT",
        KindTag::Func => "FUNC",
        KindTag::FuncProto => "FUNC_PROTO",
        KindTag::Var => "VAR",
        KindTag::Datasec => "DATASEC",
        KindTag::Float => "FLOAT",
        KindTag::DeclTag => "DECL_TAG",
        KindTag::TypeTag => "TYPE_TAG",
        KindTag::Enum64 => "ENUM64",
    }
}
