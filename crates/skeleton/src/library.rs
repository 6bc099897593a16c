//! A C header for a library of programs: handles for what it has in whatever object it was linked into.
//!
//! It owns nothing: maps, programs and variables are looked up by name in an object that its user has opened by libbpf.
use crate::SkeletonError;
use crate::globals::{Section, Variable, sections};
use crate::shadow;
use crate::template::fill;
use osmia_btf::{Btf, c};
use osmia_object::{DataKind, MapDecl, Object};
use std::fmt::Write;

const OPENING: &str = "\
/* Made by osmia from a BPF library: handles for its maps, programs and global variables, in an object that it was linked into. */
#ifndef __%_SUBSKEL_H__
#define __%_SUBSKEL_H__

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <bpf/libbpf.h>

";

const METHODS: &str = "
#ifdef __cplusplus
	static inline struct @ *open(const struct bpf_object *src);
	static inline void destroy(struct @ *skel);
#endif
};

/* Gives the handles back; the object stays. */
static inline void @__destroy(struct @ *skel)
{
	if (skel) {
		if (skel->subskel)
			bpf_object__destroy_subskeleton(skel->subskel);
		free(skel);
	}
}

/* Tells libbpf where the handles are. */
static inline int @__describe(struct @ *skel)
{
	struct bpf_object_subskeleton *s = (struct bpf_object_subskeleton *)calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	skel->subskel = s;
	s->sz = sizeof(*s);
	s->obj = skel->obj;
";

const CLOSING: &str = "\
/* Finds what the library has in an object that is open; NULL and errno where something of it is not there. */
static inline struct @ *@__open(const struct bpf_object *src)
{
	struct @ *skel = (struct @ *)calloc(1, sizeof(*skel));
	int err = -ENOMEM;

	if (skel) {
		skel->obj = src;
		err = @__describe(skel);
	}
	if (!err)
		err = bpf_object__open_subskeleton(skel->subskel);
	if (err) {
		@__destroy(skel);
		errno = -err;
		return NULL;
	}
	@__structures(skel);
	return skel;
}

#ifdef __cplusplus
struct @ *@::open(const struct bpf_object *src) { return @__open(src); }
void @::destroy(struct @ *skel) { @__destroy(skel); }
#endif

#endif
";

/// The header of a library that users call `name`.
pub(crate) fn header(object: &Object, name: &str) -> Result<String, SkeletonError> {
    let btf = object.btf.as_ref().ok_or(SkeletonError::NoTypes)?;
    // Without a name of the object, its sections go by their own.
    let sections = sections(object, btf, "")?;
    let maps = maps(object, &sections);
    let programs: Vec<&str> =
        object.functions.values().filter(|it| it.program.is_some()).map(|it| it.name.as_str()).collect();
    let mut out = fill(OPENING, name);
    crate::c::types(btf, &sections, &format!("{name}_SUBSKEL"), &mut out)?;
    let _ = writeln!(
        out,
        "struct {name} {{\n\tconst struct bpf_object *obj;\n\tstruct bpf_object_subskeleton *subskel;"
    );
    crate::c::handles("struct bpf_map", "maps", maps.iter().map(|(_, ident)| ident), &mut out);
    shadow::declarations(object, btf, name, &mut out)?;
    let owned: Vec<String> = programs.iter().map(|&it| it.to_owned()).collect();
    crate::c::handles("struct bpf_program", "progs", &owned, &mut out);
    for section in sections.iter().filter(|it| it.mapped) {
        pointers(btf, section, name, &mut out)?;
    }
    out += &fill(METHODS, name);
    rows(&maps, &programs, &sections, &mut out);
    out.push_str("\treturn 0;\n}\n\n");
    shadow::function(&structures(object), name, &mut out);
    out += &fill(CLOSING, name);
    Ok(out)
}

/// Maps by the names under which libbpf finds them, and by those of their handles.
fn maps(object: &Object, sections: &[Section]) -> Vec<(String, String)> {
    let own = object.maps.values().filter(|map| map.decl == MapDecl::Btf);
    let mut maps: Vec<(String, String)> = own.map(|map| (map.name.clone(), map.name.clone())).collect();
    maps.extend(sections.iter().map(|it| (it.map.clone(), it.ident.clone())));
    maps.extend(structures(object).into_iter().map(|name| (name.clone(), name)));
    maps
}

/// Names of structures of functions.
fn structures(object: &Object) -> Vec<String> {
    let sections = object.data.values().filter(|it| it.kind == DataKind::StructOps);
    sections.flat_map(|it| &it.variables).map(|it| it.name.clone()).collect()
}

/// Where the name of a variable stands in a declaration.
const PLACE: &str = "__osmia_place";

/// A pointer to each variable: where it is, only the object knows that the library was linked into.
fn pointers(btf: &Btf, section: &Section, name: &str, out: &mut String) -> Result<(), SkeletonError> {
    let _ = writeln!(out, "\tstruct {name}__{} {{", section.ident);
    for Variable { name, ty, .. } in &section.variables {
        let text = match section.constant {
            true => c::declaration(btf, *ty, PLACE, 2)?,
            false => c::writable(btf, *ty, PLACE, 2)?,
        };
        // What stands behind the name binds stronger than the star.
        let (before, behind) = text.rsplit_once(PLACE).unwrap_or((&text, ""));
        let pointer = if behind.is_empty() { format!("*{name}") } else { format!("(*{name})") };
        let _ = writeln!(out, "\t\t{before}{pointer}{behind};");
    }
    let _ = writeln!(out, "\t}} {};", section.ident);
    Ok(())
}

/// What libbpf is told.
fn rows(maps: &[(String, String)], programs: &[&str], sections: &[Section], out: &mut String) {
    let mapped = || sections.iter().filter(|it| it.mapped);
    let variables: Vec<(&Section, &Variable)> =
        mapped().flat_map(|section| section.variables.iter().map(move |it| (section, it))).collect();
    if !variables.is_empty() {
        crate::c::table(variables.len(), ["var_cnt", "var_skel_sz", "vars", "bpf_var_skeleton"], out);
    }
    for (number, (section, variable)) in variables.iter().enumerate() {
        let (map, name) = (&section.ident, &variable.name);
        let _ = writeln!(
            out,
            "\ts->vars[{number}].name = \"{name}\";\n\ts->vars[{number}].map = &skel->maps.{map};\n\ts->vars[{number}].addr = (void **)&skel->{map}.{name};"
        );
    }
    if !maps.is_empty() {
        crate::c::table(maps.len(), ["map_cnt", "map_skel_sz", "maps", "bpf_map_skeleton"], out);
    }
    for (number, (map, ident)) in maps.iter().enumerate() {
        let _ = writeln!(
            out,
            "\ts->maps[{number}].name = \"{map}\";\n\ts->maps[{number}].map = &skel->maps.{ident};"
        );
    }
    if !programs.is_empty() {
        crate::c::table(programs.len(), ["prog_cnt", "prog_skel_sz", "progs", "bpf_prog_skeleton"], out);
    }
    for (number, program) in programs.iter().enumerate() {
        let _ = writeln!(
            out,
            "\ts->progs[{number}].name = \"{program}\";\n\ts->progs[{number}].prog = &skel->progs.{program};"
        );
    }
}
