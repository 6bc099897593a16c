//! A C header that needs no library when it runs: the object is brought into the kernel by a program
//! ([`osmia_object::light`]), and what its users call stands on libbpf's `skel_internal.h` alone.
use crate::SkeletonError;
use crate::c::{Parts, asserts, numbers, types, variables};
use crate::globals::Section;
use crate::names::identifier;
use crate::template::{LIGHT_CLOSING, LIGHT_OPENING, fill};
use osmia_abi::{AttachType, ProgramType, flags};
use osmia_object::light::{Light, Loader, Signed, SignedForm, made};
use osmia_object::{Attach, Image, ImageMap, ImageProgram, Object};
use std::fmt::Write;

/// What users of a signed program say.
const KEYRING: &str = "\
	/* Where the certificate of whoever signed is: a keyring's number, or KEY_SPEC_SESSION_KEYRING and its like; 0 is the kernel's own.
	 * What is written to variables and to max_entries before loading is passed over, as nobody signed it.
	 * Signatures are known to skel_internal.h since libbpf 1.7. One that hashes the data itself is for Linux 6.18 to 7.2, a newer one
	 * for Linux 7.3, which holds the data to the signature too.
	 */
	__s32 keyring_id;
";

/// What the kernel is given besides the program.
const SIGNED: &str = "\
	opts.signature = (void *)signature;
	opts.signature_sz = sizeof(signature);
	opts.excl_prog_hash = (void *)hash;
	opts.excl_prog_hash_sz = sizeof(hash);
	opts.keyring_id = skel->keyring_id;
";

/// Memory is mapped in pages of so many bytes, or of a multiple of that.
const PAGE: usize = 4096;

/// What the header knows of an object.
struct Facts<'a> {
    name: &'a str,
    /// Maps: their handle, and the section that users see in it.
    maps: Vec<(String, &'a ImageMap, Option<&'a Section>)>,
    programs: Vec<(String, &'a ImageProgram)>,
}

/// The header of an object that users call `name`; `image` is the object as [`osmia_object::resolve_later`] leaves it, `loader` the
/// program that loads it.
pub fn header(object: &Object, image: &Image, loader: &Loader, name: &str) -> Result<String, SkeletonError> {
    let btf = object.btf.as_ref().ok_or(SkeletonError::NoTypes)?;
    let parts = Parts::of(object, btf, name)?;
    let facts = Facts::of(image, &parts, name);
    let mut out = fill(LIGHT_OPENING, name);
    types(btf, &parts.sections, &format!("{name}_SKEL"), &mut out)?;
    facts.handles(&mut out);
    if matches!(loader, Loader::Signed(_)) {
        out += KEYRING;
    }
    for (_, _, section) in &facts.maps {
        if let Some(section) = section {
            variables(btf, section, name, &mut out)?;
        }
    }
    out += "};\n\n";
    facts.attach(&mut out);
    facts.destroy(&mut out);
    facts.open(&mut out);
    facts.load(loader, &mut out);
    asserts(&parts.sections, name, &mut out);
    out += &fill(LIGHT_CLOSING, name);
    Ok(out)
}

impl<'a> Facts<'a> {
    fn of(image: &'a Image, parts: &'a Parts, name: &'a str) -> Self {
        let map = |map: &'a ImageMap| {
            let known = parts.maps.iter().find(|(own, _)| *own == map.name);
            let ident = known.map_or_else(|| identifier(&map.name), |(_, ident)| ident.clone());
            let section = parts.sections.iter().find(|section| section.mapped && section.ident == ident);
            (ident, map, section)
        };
        let programs = image.programs.iter().map(|program| (identifier(&program.name), program));
        Self { name, maps: made(image).map(|(_, it)| map(it)).collect(), programs: programs.collect() }
    }

    /// The structure that the loading program gets, and behind it what only users see.
    fn handles(&self, out: &mut String) {
        let _ = writeln!(out, "struct {} {{\n\tstruct bpf_loader_ctx ctx;", self.name);
        let mut group = |ty: &str, end: &str, group: &str, names: Vec<&String>| {
            let lines: String = names.iter().map(|name| format!("\t\t{ty} {name}{end};\n")).collect();
            if !lines.is_empty() {
                let _ = write!(out, "\tstruct {{\n{lines}\t}} {group};\n");
            }
        };
        group("struct bpf_map_desc", "", "maps", self.maps.iter().map(|(ident, ..)| ident).collect());
        group("struct bpf_prog_desc", "", "progs", self.programs.iter().map(|(ident, _)| ident).collect());
        group("int", "_fd", "links", self.programs.iter().map(|(ident, _)| ident).collect());
    }

    /// Functions that attach programs one by one, and all.
    fn attach(&self, out: &mut String) {
        let name = self.name;
        for (ident, program) in &self.programs {
            let _ = write!(
                out,
                "static inline int {name}__{ident}__attach(struct {name} *skel)
{{
	int prog_fd = skel->progs.{ident}.prog_fd;
	int fd = {};

	if (fd > 0)
		skel->links.{ident}_fd = fd;
	return fd;
}}

",
                attach(program)
            );
        }
        let calls = |line: &dyn Fn(&str) -> String| -> String {
            self.programs.iter().map(|(ident, _)| line(ident)).collect()
        };
        let attach = calls(&|ident| format!("\tret = ret < 0 ? ret : {name}__{ident}__attach(skel);\n"));
        let detach = calls(&|ident| {
            format!("\tskel_closenz(skel->links.{ident}_fd);\n\tskel->links.{ident}_fd = 0;\n")
        });
        let _ = write!(
            out,
            "/* Attaches all programs that say where; stops at the first that cannot be. */
static inline int {name}__attach(struct {name} *skel)
{{
	int ret = 0;

	(void)skel;
{attach}	return ret < 0 ? ret : 0;
}}

static inline void {name}__detach(struct {name} *skel)
{{
	(void)skel;
{detach}}}

"
        );
    }

    fn destroy(&self, out: &mut String) {
        let name = self.name;
        let mut lines: String = self
            .programs
            .iter()
            .map(|(ident, _)| format!("\tskel_closenz(skel->progs.{ident}.prog_fd);\n"))
            .collect();
        for (ident, map, section) in &self.maps {
            if section.is_some() {
                let _ = write!(
                    lines,
                    "\tif (skel->{ident})\n\t\tskel_free_map_data(skel->{ident}, skel->maps.{ident}.initial_value, {});\n",
                    mapped(map)
                );
            }
            let _ = writeln!(lines, "\tskel_closenz(skel->maps.{ident}.map_fd);");
        }
        let _ = write!(
            out,
            "/* Gives back all that the skeleton holds; nothing is left loaded or attached that is not pinned. */
static inline void {name}__destroy(struct {name} *skel)
{{
	if (!skel)
		return;
	{name}__detach(skel);
{lines}	skel_free(skel);
}}

"
        );
    }

    /// The function that gives users memory for global variables, with the values that they have from the start.
    fn open(&self, out: &mut String) {
        let name = self.name;
        let size = 24 + 16 * self.maps.len() + 4 * self.programs.len();
        let _ = write!(
            out,
            "static inline struct {name} *{name}__open(void)
{{
	struct {name} *skel = (struct {name} *)skel_alloc(sizeof(*skel));

	if (!skel)
		return NULL;
	skel->ctx.sz = {size};
"
        );
        for (ident, map, section) in &self.maps {
            if section.is_none() {
                continue;
            }
            out.push_str("\t{\n");
            match map.initial.first() {
                Some((_, bytes)) => numbers("value", bytes, 2, out),
                None => {
                    let _ = writeln!(
                        out,
                        "\t\tstatic const unsigned char value[{}] __attribute__((__aligned__(8))) = {{ 0 }};",
                        map.value_size
                    );
                }
            }
            let _ = write!(
                out,
                "
		skel->{ident} = (__typeof__(skel->{ident}))skel_prep_map_data((void *)value, {}, sizeof(value));
		if (!skel->{ident}) {{
			{name}__destroy(skel);
			return NULL;
		}}
		skel->maps.{ident}.initial_value = (__u64)(long)skel->{ident};
	}}
",
                mapped(map)
            );
        }
        out.push_str("\treturn skel;\n}\n\n");
    }

    fn load(&self, loader: &Loader, out: &mut String) {
        let name = self.name;
        let _ = write!(
            out,
            "/* Brings all of it into the kernel; a negative error number if that fails. */
static inline int {name}__load(struct {name} *skel)
{{
"
        );
        let data = match loader {
            Loader::Plain(Light { insns, data }) => {
                numbers("insns", insns, 1, out);
                data
            }
            Loader::Signed(signed) => signed_forms(signed, out),
        };
        numbers("data", data, 1, out);
        out.push_str(
            "	struct bpf_load_and_run_opts opts;
	int err;

	memset(&opts, 0, sizeof(opts));
	opts.ctx = (struct bpf_loader_ctx *)skel;
	opts.data = data;
	opts.data_sz = sizeof(data);
	opts.insns = insns;
	opts.insns_sz = sizeof(insns);
",
        );
        if matches!(loader, Loader::Signed(_)) {
            out.push_str(SIGNED);
        }
        out.push_str("	err = bpf_load_and_run(&opts);\n	if (err < 0)\n		return err;\n");
        for (ident, map, section) in &self.maps {
            if section.is_none() {
                continue;
            }
            let constant = map.flags & flags::RDONLY_PROG != 0;
            let access = if constant { "PROT_READ" } else { "PROT_READ | PROT_WRITE" };
            let _ = write!(
                out,
                "	skel->{ident} = (__typeof__(skel->{ident}))skel_finalize_map_data(&skel->maps.{ident}.initial_value, {}, {access},
		skel->maps.{ident}.map_fd);
	if (!skel->{ident})
		return -ENOMEM;
",
                mapped(map)
            );
        }
        out.push_str("\treturn 0;\n}\n\n");
    }
}

/// The program in both forms, of which one is compiled: only the `skel_internal.h` that hashes data knows how long a hash is. The data
/// are those of both.
fn signed_forms<'a>(Signed { sealed, covered }: &'a Signed, out: &mut String) -> &'a [u8] {
    let form = |SignedForm { program, message }: &SignedForm, out: &mut String| {
        numbers("insns", &program.insns, 1, out);
        numbers("signature", message, 1, out);
        numbers("hash", &program.hash(), 1, out);
    };
    out.push_str("#ifdef SHA256_DIGEST_LENGTH\n");
    form(sealed, out);
    out.push_str("#else\n");
    form(covered, out);
    out.push_str("#endif\n");
    &covered.program.data
}

/// How much memory a map's value takes when it is mapped.
fn mapped(map: &ImageMap) -> usize {
    (map.value_size as usize).next_multiple_of(8).next_multiple_of(PAGE)
}

/// What attaches a program: without libbpf, that is what the kernel does alone.
fn attach(program: &ImageProgram) -> String {
    match (&program.attach, program.kind) {
        (Attach::RawTracepoint { name }, _) => format!("skel_raw_tracepoint_open(\"{name}\", prog_fd)"),
        (_, ProgramType::Tracing | ProgramType::Lsm)
            if program.attach_type == Some(AttachType::TraceIter) =>
        {
            "skel_link_create(prog_fd, 0, BPF_TRACE_ITER)".to_owned()
        }
        (_, ProgramType::Tracing | ProgramType::Lsm) => "skel_raw_tracepoint_open(NULL, prog_fd)".to_owned(),
        _ => "((void)prog_fd, 0) /* it says nothing that the kernel alone could do */".to_owned(),
    }
}
