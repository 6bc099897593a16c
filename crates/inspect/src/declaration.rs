//! Types as bpftool spells them: C, with a space after everything.
use osmia_btf::{Btf, Kind, Param, TypeId};

/// The longest spelling that bpftool has room for.
const MAX_LENGTH: usize = 1023;

/// How deep types may be nested.
const MAX_DEPTH: u32 = 64;

/// A function or type: `int main(struct pt_regs * ctx)`; `None` where there is no spelling for it.
pub fn declaration(btf: &Btf, ty: TypeId) -> Option<String> {
    let mut out = String::new();
    spell(btf, ty, &mut out, 0)?;
    (!out.is_empty()).then_some(out)
}

fn spell(btf: &Btf, ty: TypeId, out: &mut String, depth: u32) -> Option<()> {
    if depth > MAX_DEPTH || out.len() > MAX_LENGTH {
        return None;
    }
    let found = btf.get(ty).ok()?;
    let name = found.name;
    match found.kind {
        Kind::Void => *out += "void ",
        Kind::Int { .. } | Kind::Typedef(_) | Kind::Float { .. } => *out += &format!("{name} "),
        Kind::Struct(_) | Kind::Fwd { union: false } => *out += &format!("struct {name} "),
        Kind::Union(_) | Kind::Fwd { union: true } => *out += &format!("union {name} "),
        Kind::Enum(_) | Kind::Enum64(_) => *out += &format!("enum {name} "),
        Kind::Array { element, len, .. } => {
            spell(btf, element, out, depth + 1)?;
            *out += &format!("[{len}]");
        }
        Kind::Ptr(to) => {
            spell(btf, to, out, depth + 1)?;
            *out += "* ";
        }
        Kind::Volatile(of) => qualified("volatile ", btf, of, out, depth)?,
        Kind::Const(of) => qualified("const ", btf, of, out, depth)?,
        Kind::Restrict(of) => qualified("restrict ", btf, of, out, depth)?,
        Kind::TypeTag { ty, .. } => spell(btf, ty, out, depth + 1)?,
        Kind::FuncProto { ret, params } => function(btf, "", ret, &params, out, depth)?,
        Kind::Func { proto, .. } => {
            let Kind::FuncProto { ret, params } = btf.get(proto).ok()?.kind else { return None };
            function(btf, &name, ret, &params, out, depth)?;
        }
        Kind::Var { ty, .. } => {
            spell(btf, ty, out, depth + 1)?;
            *out += &format!(" {name}");
        }
        Kind::Datasec { .. } => *out += &format!("section (\"{name}\") "),
        Kind::DeclTag { .. } => return None,
    }
    (out.len() <= MAX_LENGTH).then_some(())
}

fn qualified(word: &str, btf: &Btf, of: TypeId, out: &mut String, depth: u32) -> Option<()> {
    *out += word;
    spell(btf, of, out, depth + 1)
}

fn function(
    btf: &Btf,
    name: &str,
    ret: TypeId,
    params: &[Param],
    out: &mut String,
    depth: u32,
) -> Option<()> {
    spell(btf, ret, out, depth + 1)?;
    *out += name;
    out.push('(');
    for (place, param) in params.iter().enumerate() {
        if place > 0 {
            *out += ", ";
        }
        parameter(btf, param, out, depth)?;
    }
    out.push(')');
    Some(())
}

fn parameter(btf: &Btf, param: &Param, out: &mut String, depth: u32) -> Option<()> {
    if param.ty.is_void() {
        *out += "...";
        return Some(());
    }
    spell(btf, param.ty, out, depth + 1)?;
    if param.name.is_empty() {
        out.truncate(out.trim_end_matches(' ').len().max(out.len() - 1));
    }
    *out += &param.name;
    Some(())
}
