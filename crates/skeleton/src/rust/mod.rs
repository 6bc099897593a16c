//! A Rust module, for programs that use the crate `osmia`.
//!
//! Types are plain: enumerations are numbers with constants, booleans are bytes with checked methods, unions are bytes with a
//! method for each member. So whatever a program writes into its maps and variables is a value of its Rust type. The text
//! has no `unsafe` of its own.
mod parts;
mod template;

use crate::SkeletonError;
use osmia_object::Object;
use parts::{Handle, Parts, Typed};
use std::fmt::Write;

/// The module that generated text stands on.
const PATH: &str = "::osmia::skeleton";

/// What is not said of generated text.
const ALLOW: &str = "#[allow(dead_code, missing_docs, non_snake_case)]";

/// How many characters of the object's bytes stand on a line.
const LINE: usize = 110;

/// The text of a module for an object that users call `name`; `bytes` is the object's file, which goes into it.
///
/// It can be a file of a module, or be put into one by `include!`.
pub fn module(object: &Object, bytes: &[u8], name: &str) -> Result<String, SkeletonError> {
    let btf = object.btf.as_ref().ok_or(SkeletonError::NoTypes)?;
    let parts = Parts::of(object, btf, name)?;
    let text = Text { parts: &parts, name, own: type_name(name) };
    let mut out = text.fill(template::OPENING);
    text.types(&mut out);
    text.open(&mut out);
    text.loaded(&mut out);
    text.groups(&mut out);
    literal(bytes, &mut out);
    Ok(out)
}

struct Text<'a> {
    parts: &'a Parts,
    name: &'a str,
    /// What its types begin with.
    own: String,
}

impl Text<'_> {
    fn fill(&self, part: &str) -> String {
        part.replace('@', &self.own).replace('%', self.name)
    }

    fn types(&self, out: &mut String) {
        out.push_str(template::TYPES);
        out.push_str(&self.parts.types);
        for section in &self.parts.sections {
            let _ = writeln!(
                out,
                "{PATH}::variables! {{\n    /// The variables of `{}`.\n    #[derive(Debug)]\n    pub struct {} {{",
                section.name, section.ident
            );
            for (field, ty) in &section.fields {
                let _ = writeln!(out, "        pub {field}: {ty},");
            }
            out.push_str("    }\n}\n\n");
            for (field, offset) in &section.places {
                let _ = writeln!(
                    out,
                    "const _: () = assert!(::core::mem::offset_of!({}, {field}) == {offset});",
                    section.ident
                );
            }
            out.push('\n');
        }
        out.push_str("}\n\n");
    }

    /// The object that is open.
    fn open(&self, out: &mut String) {
        *out += &self.fill(template::OPEN_STRUCT);
        let open = || self.parts.sections.iter().filter(|section| section.open);
        for it in open() {
            let _ = writeln!(out, "    pub {}: {PATH}::Section<types::{}>,", it.ident, it.ident);
        }
        *out += &self.fill(template::OPEN_NEW);
        for it in open() {
            let _ = writeln!(out, "            {}: object.section({:?})?,", it.ident, it.name);
        }
        let maps = |out: &mut String, row: &dyn Fn(&Handle) -> String| {
            self.parts.maps.iter().filter(|map| map.settable).for_each(|map| *out += &row(map));
        };
        *out += &self.fill("            maps: Open@Maps {\n");
        maps(out, &|map| format!("                {}: object.map({:?}),\n", map.ident, map.name));
        *out += &self.fill("            },\n            programs: Open@Programs {\n");
        for it in &self.parts.programs {
            let _ = writeln!(out, "                {}: object.program({:?}),", it.ident, it.name);
        }
        *out += &self.fill(template::OPEN_LOAD);
        maps(out, &|map| format!("        object.set_map({:?}, &self.maps.{})?;\n", map.name, map.ident));
        for it in &self.parts.programs {
            let _ = writeln!(out, "        object.set_program({:?}, &self.programs.{})?;", it.name, it.ident);
        }
        *out += &self.fill(template::OPEN_LOADED);
        self.take_over(out);
        out.push_str("        })\n    }\n}\n\n");
        *out += &self.fill(&format!(
            "/// What can be said of maps.\n#[derive(Clone, Debug)]\n{ALLOW}\npub struct Open@Maps {{\n"
        ));
        maps(out, &|map| format!("    pub {}: {PATH}::OpenMap,\n", map.ident));
        *out += &self
            .fill(&format!("}}\n\n/// What can be said of programs.\n#[derive(Clone, Debug)]\n{ALLOW}\npub struct Open@Programs {{\n"));
        for it in &self.parts.programs {
            let _ = writeln!(out, "    pub {}: {PATH}::OpenProgram,", it.ident);
        }
        out.push_str("}\n\n");
    }

    /// Where the handles of what is loaded come from.
    fn take_over(&self, out: &mut String) {
        for it in self.parts.sections.iter().filter(|it| it.loaded) {
            let _ = writeln!(out, "            {}: loaded.section({:?})?,", it.ident, it.name);
        }
        *out += &self.fill("            links: @Links::default(),\n            maps: @Maps {\n");
        for it in &self.parts.maps {
            let _ = writeln!(out, "                {}: loaded.map({:?})?,", it.ident, it.name);
        }
        *out += &self.fill("            },\n            programs: @Programs {\n");
        for it in &self.parts.programs {
            let _ = writeln!(out, "                {}: loaded.program({:?}),", it.ident, it.name);
        }
        *out += &self.fill("            },\n            structures: @Structures {\n");
        for it in &self.parts.structures {
            let _ = writeln!(out, "                {}: loaded.structure({:?}),", it.ident, it.name);
        }
        out.push_str("            },\n            object: loaded,\n");
    }

    /// The object that is loaded.
    fn loaded(&self, out: &mut String) {
        *out += &self.fill(template::LOADED_STRUCT);
        for it in self.parts.sections.iter().filter(|it| it.loaded) {
            let access = if it.frozen { format!("{PATH}::ReadOnly") } else { format!("{PATH}::ReadWrite") };
            let _ = writeln!(out, "    pub {}: {PATH}::Section<types::{}<{access}>>,", it.ident, it.ident);
        }
        *out += &self.fill(template::LOADED_ATTACH);
        let all = || {
            let programs = self.parts.programs.iter().map(|it| (it, "programs", "attach_if_placed"));
            programs.chain(self.parts.structures.iter().map(|it| (it, "structures", "attach_if_made")))
        };
        for (number, (it, group, method)) in all().enumerate() {
            let _ = writeln!(
                out,
                "        let new{number} = if self.links.{0}.is_none() {{ self.{group}.{0}.{method}()? }} else {{ None }};",
                it.ident
            );
        }
        for (number, (it, ..)) in all().enumerate() {
            let _ =
                writeln!(out, "        self.links.{0} = self.links.{0}.take().or(new{number});", it.ident);
        }
        *out += &self.fill(template::LOADED_END);
    }

    /// Maps, programs, structures and links by their names.
    fn groups(&self, out: &mut String) {
        let mut group = |what: &str, name: &str, derives: &str, rows: Vec<(&Handle, String)>| {
            *out += &self.fill(&format!(
                "/// {what} by their names.\n#[derive({derives})]\n{ALLOW}\npub struct @{name} {{\n"
            ));
            for (handle, ty) in rows {
                let _ = writeln!(out, "    pub {}: {ty},", handle.ident);
            }
            out.push_str("}\n\n");
        };
        let parts = self.parts;
        let maps = parts.maps.iter().map(|map| (map, map_type(&map.typed)));
        group("Maps", "Maps", "Clone, Debug", maps.collect());
        let programs = parts.programs.iter().map(|it| (it, format!("{PATH}::Program")));
        group("Programs", "Programs", "Clone, Debug", programs.collect());
        let structures = parts.structures.iter().map(|it| (it, format!("{PATH}::Structure")));
        group("Structures of functions", "Structures", "Clone, Debug", structures.collect());
        let links = parts.programs.iter().chain(&parts.structures);
        group(
            "What holds programs in their places",
            "Links",
            "Debug, Default",
            links.map(|it| (it, format!("Option<{PATH}::Link>"))).collect(),
        );
        *out += &self.fill(template::LINKS_DROP);
        let links: Vec<&Handle> = parts.programs.iter().chain(&parts.structures).collect();
        if links.is_empty() {
            out.push_str("        let links: [Option<::osmia::skeleton::Link>; 0] = [];\n");
        } else {
            let rows: String =
                links.iter().map(|it| format!("            self.{}.take(),\n", it.ident)).collect();
            let _ = write!(out, "        let links = [\n{rows}        ];\n");
        }
        let _ = writeln!(out, "        {PATH}::detach(links.into_iter().flatten());\n    }}\n}}\n");
    }
}

fn map_type(typed: &Typed) -> String {
    match typed {
        Typed::Any => format!("{PATH}::AnyMap"),
        Typed::Records => format!("{PATH}::Records"),
        Typed::Queue(value) => format!("{PATH}::Queue<{value}>"),
        Typed::Map(key, value) => format!("{PATH}::Map<{key}, {value}>"),
        Typed::PerCpu(key, value) => format!("{PATH}::PerCpuMap<{key}, {value}>"),
    }
}

/// What the types of an object's module begin with: `tool_bpf` → `ToolBpf`.
pub fn type_name(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let text: String = name.split('_').map(part).collect();
    // A name of numbers alone, or of nothing, is no name of a type.
    if text.starts_with(|letter: char| letter.is_ascii_alphabetic()) { text } else { format!("Bpf{text}") }
}

/// The object's file: a byte string, broken into lines.
fn literal(bytes: &[u8], out: &mut String) {
    out.push_str("/// The object's file.\nstatic OBJECT: &[u8] = b\"");
    let mut width = 0;
    for (place, &byte) in bytes.iter().enumerate() {
        let escaped = match byte {
            0 if !bytes.get(place + 1).is_some_and(u8::is_ascii_digit) => "\\0".to_owned(),
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        // A line that begins with a space would lose it.
        if width + escaped.len() > LINE && byte != b' ' {
            out.push_str("\\\n");
            width = 0;
        }
        width += escaped.len();
        out.push_str(&escaped);
    }
    out.push_str("\";\n");
}
