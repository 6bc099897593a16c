//! Structures of functions (`struct_ops`) as users set them before loading: bpftool's shadow types. A member is a number as it is
//! in the object, a program in place of a function, or bytes that nobody is to touch.
use crate::SkeletonError;
use crate::globals::structures;
use osmia_btf::{Btf, Kind, KindTag, Member, TypeId, c};
use osmia_object::Object;
use std::fmt::Write;

/// Bytes of a pointer.
const POINTER: u64 = 8;

/// The group of handles, if the object has such structures.
pub(crate) fn declarations(
    object: &Object,
    btf: &Btf,
    name: &str,
    out: &mut String,
) -> Result<(), SkeletonError> {
    let sections = structures(object, btf, name)?;
    let mut lines = String::new();
    for variable in sections.iter().flat_map(|section| &section.variables) {
        structure(btf, name, &variable.name, btf.resolve(variable.ty), &mut lines)?;
    }
    if !lines.is_empty() {
        let _ = write!(out, "\tstruct {{\n{lines}\t}} struct_ops;\n");
    }
    Ok(())
}

fn structure(btf: &Btf, name: &str, ident: &str, id: TypeId, out: &mut String) -> Result<(), SkeletonError> {
    let ty = btf.get(id)?;
    let (Kind::Struct(body) | Kind::Union(body)) = ty.kind else { return Ok(()) };
    let _ = writeln!(out, "\t\tstruct {name}__{ident}__{} {{", ty.name);
    let mut next = 0;
    for (place, member) in body.members.iter().enumerate() {
        let offset = u64::from(member.bit_offset / 8);
        if next < offset {
            let _ = writeln!(out, "\t\t\tchar __padding_{place}[{}];", offset - next);
        }
        next = offset.saturating_add(field(btf, place, member, out)?);
    }
    let size = u64::from(body.size);
    if next < size {
        let _ = writeln!(out, "\t\t\tchar __padding_end[{}];", size - next);
    }
    let _ = writeln!(out, "\t\t}} *{ident};");
    Ok(())
}

/// One member; how many bytes it has.
fn field(btf: &Btf, place: usize, member: &Member, out: &mut String) -> Result<u64, SkeletonError> {
    use KindTag as K;
    let ty = btf.resolve(member.ty);
    match btf.get(ty)?.kind {
        Kind::Ptr(to) if btf.tag(btf.resolve(to)) == Some(K::FuncProto) => {
            let _ = writeln!(out, "\t\t\tstruct bpf_program *{};", member.name);
            return Ok(POINTER);
        }
        kind if matches!(kind.tag(), K::Int | K::Float | K::Enum | K::Enum64) => {
            let _ = writeln!(out, "\t\t\t{};", c::declaration(btf, ty, &member.name, 3)?);
        }
        _ => {
            let _ = writeln!(out, "\t\t\tchar __unsupported_{place}[{}];", btf.size_of(ty)?);
        }
    }
    Ok(btf.size_of(ty)?)
}

/// The function that fills the handles in once the object is open.
pub(crate) fn function(structures: &[String], name: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "/* Where structures of functions are set before loading; libbpf before 1.4 has no such place: NULL. */\n\
         static inline void {name}__structures(struct {name} *skel)\n{{\n\t(void)skel;"
    );
    for ident in structures {
        let _ = write!(
            out,
            "\tskel->struct_ops.{ident} = (__typeof__(skel->struct_ops.{ident}))\n\t\tbpf_map__initial_value(skel->maps.{ident}, NULL);\n"
        );
    }
    out.push_str("}\n\n");
}
