//! A C header, for programs that use libbpf.
use crate::SkeletonError;
use crate::globals::{Section, Variable, sections};
use crate::shadow;
use crate::template::{CLOSING, FUNCTIONS, METHODS, OPENING, fill};
use osmia_btf::{Btf, TypeId, c};
use osmia_object::{DataKind, MapDecl, Object};
use std::fmt::Write;

/// How many bytes of the object stand on a line.
const LINE: usize = 24;

/// Bytes that offsets of members count in: pointers may have as little as four.
const LEAST_WORD: u32 = 4;

/// The header of an object that users call `name`; `bytes` is the object's file, which goes into it.
///
/// Types that the object's author made are not repeated, because users have headers for them; where they have none, they
/// define `NAME_SKEL_TYPES` first (the name in capitals), and the header brings them.
pub fn header(object: &Object, bytes: &[u8], name: &str) -> Result<String, SkeletonError> {
    let btf = object.btf.as_ref().ok_or(SkeletonError::NoTypes)?;
    let parts = Parts::of(object, btf, name)?;
    let mut out = fill(OPENING, name);
    types(btf, &parts.sections, &format!("{name}_SKEL"), &mut out)?;
    let _ =
        writeln!(out, "struct {name} {{\n\tstruct bpf_object_skeleton *skeleton;\n\tstruct bpf_object *obj;");
    handles("struct bpf_map", "maps", parts.maps.iter().map(|(_, ident)| ident), &mut out);
    shadow::declarations(object, btf, name, &mut out)?;
    handles("struct bpf_program", "progs", &parts.programs, &mut out);
    handles("struct bpf_link", "links", parts.programs.iter().chain(&parts.operations), &mut out);
    for section in parts.sections.iter().filter(|it| it.mapped) {
        variables(btf, section, name, &mut out)?;
    }
    out += &fill(METHODS, name);
    describe(&parts, name, &mut out);
    shadow::function(&parts.operations, name, &mut out);
    out += &fill(FUNCTIONS, name);
    data(bytes, name, &mut out);
    asserts(&parts.sections, name, &mut out);
    out += &fill(CLOSING, name);
    Ok(out)
}

/// The header of a library that users call `name`: handles for what it has, in an object that it was linked into (bpftool's
/// subskeletons). Types are as in [`header`], but for the macro, `NAME_SUBSKEL_TYPES`.
pub fn library_header(object: &Object, name: &str) -> Result<String, SkeletonError> {
    crate::library::header(object, name)
}

/// What the object has.
pub(crate) struct Parts {
    /// Maps: the kernel's name and the name of the handle.
    pub(crate) maps: Vec<(String, String)>,
    programs: Vec<String>,
    /// Maps of structures of functions, which can be attached too.
    operations: Vec<String>,
    pub(crate) sections: Vec<Section>,
}

impl Parts {
    pub(crate) fn of(object: &Object, btf: &Btf, name: &str) -> Result<Self, SkeletonError> {
        let sections = sections(object, btf, name)?;
        let own = object.maps.values().filter(|map| map.decl == MapDecl::Btf);
        let mut maps: Vec<(String, String)> = own.map(|map| (map.name.clone(), map.name.clone())).collect();
        maps.extend(sections.iter().map(|it| (it.map.clone(), it.ident.clone())));
        let structures = object.data.values().filter(|it| it.kind == DataKind::StructOps);
        let operations: Vec<String> =
            structures.flat_map(|data| &data.variables).map(|it| it.name.clone()).collect();
        maps.extend(operations.iter().map(|name| (name.clone(), name.clone())));
        let programs = object.functions.values().filter(|it| it.program.is_some());
        Ok(Self { maps, programs: programs.map(|it| it.name.clone()).collect(), operations, sections })
    }
}

pub(crate) fn handles<'a>(
    ty: &str,
    group: &str,
    names: impl IntoIterator<Item = &'a String>,
    out: &mut String,
) {
    let lines: String = names.into_iter().map(|name| format!("\t\t{ty} *{name};\n")).collect();
    if !lines.is_empty() {
        let _ = write!(out, "\tstruct {{\n{lines}\t}} {group};\n");
    }
}

/// Types of variables, for users who have no header for them and say so by a macro, `switch` in capitals and `_TYPES`.
pub(crate) fn types(
    btf: &Btf,
    sections: &[Section],
    switch: &str,
    out: &mut String,
) -> Result<(), SkeletonError> {
    let own = sections.iter().flat_map(|section| &section.variables).map(|variable| variable.ty);
    let text = c::definitions(btf, &own.collect::<Vec<TypeId>>())?;
    // `bool` is a word of C here.
    let bools = ["typedef _Bool bool;\n\n", "typedef bool _Bool;\n\n"];
    let text = bools.iter().fold(text, |text, line| text.replace(line, ""));
    if !text.is_empty() {
        let _ = write!(out, "#ifdef {}_TYPES\n{text}#endif\n\n", switch.to_uppercase());
    }
    Ok(())
}

/// A structure that lies as the section lies in memory.
pub(crate) fn variables(
    btf: &Btf,
    section: &Section,
    name: &str,
    out: &mut String,
) -> Result<(), SkeletonError> {
    let _ = writeln!(out, "\tstruct {name}__{} {{", section.ident);
    let (mut at, mut gaps) = (0, 0);
    for variable in &section.variables {
        let Variable { name: own, ty, offset, size } = variable;
        let align = u32::try_from(btf.align_of(*ty)?).unwrap_or(LEAST_WORD).clamp(1, LEAST_WORD);
        if at > *offset {
            return Err(SkeletonError::Overlap { section: section.name.clone(), variable: own.clone() });
        }
        if u32::checked_next_multiple_of(at, align) != Some(*offset) {
            let _ = writeln!(out, "\t\tchar __pad{gaps}[{}];", offset - at);
            gaps += 1;
        }
        let text =
            if section.constant { c::declaration(btf, *ty, own, 2)? } else { c::writable(btf, *ty, own, 2)? };
        let _ = writeln!(out, "\t\t{text};");
        at = offset.saturating_add(*size);
    }
    let _ = writeln!(out, "\t}} *{};", section.ident);
    Ok(())
}

/// The function that tells libbpf where handles are.
fn describe(parts: &Parts, name: &str, out: &mut String) {
    let _ = write!(
        out,
        "/* Tells libbpf where the handles are. */
static inline int {name}__describe(struct {name} *skel)
{{
	struct bpf_object_skeleton *s = (struct bpf_object_skeleton *)calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	skel->skeleton = s;
	s->sz = sizeof(*s);
	s->name = \"{name}\";
	s->obj = &skel->obj;
	s->data = (void *){name}__elf_bytes(&s->data_sz);
"
    );
    if !parts.maps.is_empty() {
        table(parts.maps.len(), ["map_cnt", "map_skel_sz", "maps", "bpf_map_skeleton"], out);
    }
    for (number, (map, ident)) in parts.maps.iter().enumerate() {
        let _ = writeln!(
            out,
            "\ts->maps[{number}].name = \"{map}\";\n\ts->maps[{number}].map = &skel->maps.{ident};"
        );
        if parts.sections.iter().any(|it| it.mapped && it.ident == *ident) {
            let _ = writeln!(out, "\ts->maps[{number}].mmaped = (void **)&skel->{ident};");
        }
        if parts.operations.contains(ident) {
            // Only libbpf 1.5 and later attach maps.
            let _ = writeln!(
                out,
                "#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5\n\ts->maps[{number}].link = &skel->links.{ident};\n#endif"
            );
        }
    }
    if !parts.programs.is_empty() {
        table(parts.programs.len(), ["prog_cnt", "prog_skel_sz", "progs", "bpf_prog_skeleton"], out);
    }
    for (number, program) in parts.programs.iter().enumerate() {
        let _ = writeln!(
            out,
            "\ts->progs[{number}].name = \"{program}\";\n\ts->progs[{number}].prog = &skel->progs.{program};\n\ts->progs[{number}].link = &skel->links.{program};"
        );
    }
    out.push_str("\treturn 0;\n}\n\n");
}

pub(crate) fn table(count: usize, [counter, size, field, ty]: [&str; 4], out: &mut String) {
    let _ = write!(
        out,
        "
	s->{counter} = {count};
	s->{size} = sizeof(*s->{field});
	s->{field} = (struct {ty} *)calloc({count}, sizeof(*s->{field}));
	if (!s->{field})
		return -ENOMEM;
"
    );
}

/// The object's file.
fn data(bytes: &[u8], name: &str, out: &mut String) {
    let _ = writeln!(out, "static inline const void *{name}__elf_bytes(size_t *sz)\n{{");
    numbers("data", bytes, 1, out);
    out.push_str("\n\t*sz = sizeof(data);\n\treturn (const void *)data;\n}\n\n");
}

/// An array of bytes.
pub(crate) fn numbers(name: &str, bytes: &[u8], indent: usize, out: &mut String) {
    let tabs = "\t".repeat(indent);
    let _ = writeln!(out, "{tabs}static const unsigned char {name}[] __attribute__((__aligned__(8))) = {{");
    // There may be millions of them: each is put into words once.
    let words: Vec<String> = (0..=u8::MAX).map(|byte| format!("{byte},")).collect();
    for line in bytes.chunks(LINE) {
        let _ = write!(out, "{tabs}\t");
        out.extend(line.iter().filter_map(|byte| words.get(usize::from(*byte))).map(String::as_str));
        out.push('\n');
    }
    let _ = writeln!(out, "{tabs}}};");
}

/// That the user's types are those that the object was made with.
pub(crate) fn asserts(sections: &[Section], name: &str, out: &mut String) {
    let _ = write!(
        out,
        "static inline void {name}__assert(struct {name} *s)\n{{\n\t(void)s;\n#ifdef __cplusplus\n#define _Static_assert static_assert\n#endif\n"
    );
    for section in sections.iter().filter(|it| it.mapped) {
        for Variable { name, size, .. } in &section.variables {
            let what = format!("s->{}->{name}", section.ident);
            let _ =
                writeln!(out, "\t_Static_assert(sizeof({what}) == {size}, \"unexpected size of '{name}'\");");
        }
    }
    out.push_str("#ifdef __cplusplus\n#undef _Static_assert\n#endif\n}\n\n");
}
