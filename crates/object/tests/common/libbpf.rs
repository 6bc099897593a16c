//! What libbpf (in bpftool) asks of the kernel for an object, as strace sees it, and the same of an image.
use osmia_base::Endian;
use osmia_isa::wire;
use osmia_object::{Image, ImageProgram};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Loads an object file with bpftool. The maps and programs that it tries to make, one a line, by name.
///
/// Programs that the kernel refuses are there too: what is compared is what it was asked.
pub(crate) fn load(object: &Path) -> Vec<String> {
    let stem = object.file_stem().unwrap().to_string_lossy().into_owned();
    let pins = format!("/sys/fs/bpf/osmia-object-{stem}.{}", std::process::id());
    let done = Command::new("strace")
        .args(["-v", "-X", "raw", "-s", "64", "-e", "trace=bpf", "bpftool", "prog", "loadall"])
        .arg(object)
        .arg(&pins)
        .output();
    let done = done.unwrap_or_else(|error| panic!("these tests need strace and bpftool: {error}"));
    let _ = std::fs::remove_dir_all(&pins);
    let trace = String::from_utf8_lossy(&done.stderr).into_owned();
    let calls: Vec<&str> = trace.lines().filter(|line| line.starts_with("bpf(")).collect();
    assert!(!calls.is_empty(), "strace saw nothing:\n{trace}");
    parse(&calls)
}

fn parse(calls: &[&str]) -> Vec<String> {
    let mut fds: HashMap<u64, String> = HashMap::new();
    let mut all = Vec::new();
    for call in calls {
        let fd = call.rsplit("= ").next().and_then(|fd| fd.split(' ').next()?.parse::<u64>().ok());
        if call.starts_with("bpf(0, ") {
            let name = text(call, "map_name");
            let inner = fds.get(&number(call, "inner_map_fd")).cloned().unwrap_or_default();
            let line = map_line(&Map {
                name: &name,
                kind: number(call, "map_type"),
                key_size: number(call, "key_size"),
                value_size: number(call, "value_size"),
                entries: number(call, "max_entries"),
                flags: number(call, "map_flags"),
                key_type: number(call, "btf_key_type_id"),
                value_type: number(call, "btf_value_type_id"),
                extra: number(call, "map_extra"),
                inner: if number(call, "inner_map_fd") == 0 { "" } else { &inner },
            });
            if let Some(fd) = fd {
                fds.insert(fd, name);
            }
            all.push(line);
        }
        if call.starts_with("bpf(0x5, ") {
            let line = program_line(&Program {
                name: &text(call, "prog_name"),
                kind: number(call, "prog_type"),
                flags: number(call, "prog_flags"),
                attach_type: number(call, "expected_attach_type"),
                attach_btf_id: number(call, "attach_btf_id"),
                version: number(call, "kern_version"),
                license: &text(call, "license"),
                functions: number(call, "func_info_cnt"),
                lines: number(call, "line_info_cnt"),
                code: &code(call, &fds),
            });
            all.push(line);
        }
    }
    all
}

/// The value after `field=`.
fn after<'a>(call: &'a str, field: &str) -> &'a str {
    let key = format!("{field}=");
    let mut rest = call;
    while let Some(at) = rest.find(&key) {
        let (before, value) = rest.split_at(at);
        if before.ends_with(['{', ' ']) {
            return &value[key.len()..];
        }
        rest = &value[key.len()..];
    }
    "0"
}

fn number(call: &str, field: &str) -> u64 {
    parse_number(after(call, field).split([',', '}', ' ', ']']).next().unwrap())
}

fn text(call: &str, field: &str) -> String {
    after(call, field).split('"').nth(1).unwrap_or("").to_owned()
}

/// A number, or several with `|` between them.
fn parse_number(text: &str) -> u64 {
    let one = |text: &str| {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let value = match digits.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        sign * value.unwrap_or_else(|_| panic!("strace printed no number: {text}"))
    };
    text.split('|').map(one).fold(0, |all, part| all | part) as u64
}

/// The instructions, a word each, maps by name.
fn code(call: &str, fds: &HashMap<u64, String>) -> String {
    let list = after(call, "insns").split(']').next().unwrap();
    let mut out = String::new();
    for insn in list.split('{').skip(1) {
        let insn = format!("{{{insn}");
        let field = |name| number(&insn, name);
        let (code, src, imm) = (field("code"), field("src_reg"), field("imm") as u32);
        let reference = match (code, src) {
            (0x18, 1 | 2) => fds.get(&u64::from(imm)).cloned(),
            _ => None,
        };
        let imm = reference.unwrap_or_else(|| format!("{imm:x}"));
        insn_word(&mut out, code as u8, field("dst_reg") as u8, src as u8, field("off") as i16, &imm);
    }
    out
}

fn insn_word(out: &mut String, code: u8, dst: u8, src: u8, off: i16, imm: &str) {
    let _ = writeln!(out, "    {code:02x} r{dst} {src} {off} {imm}");
}

struct Map<'a> {
    name: &'a str,
    kind: u64,
    key_size: u64,
    value_size: u64,
    entries: u64,
    flags: u64,
    key_type: u64,
    value_type: u64,
    extra: u64,
    inner: &'a str,
}

fn map_line(map: &Map<'_>) -> String {
    let Map { name, kind, key_size, value_size, entries, flags, key_type, value_type, extra, inner } = map;
    format!(
        "map {name}: type {kind} key {key_size} value {value_size} entries {entries} flags {flags:#x} types {key_type} \
         {value_type} extra {extra} inner `{inner}`"
    )
}

struct Program<'a> {
    name: &'a str,
    kind: u64,
    flags: u64,
    attach_type: u64,
    attach_btf_id: u64,
    version: u64,
    license: &'a str,
    functions: u64,
    lines: u64,
    code: &'a str,
}

fn program_line(program: &Program<'_>) -> String {
    let Program { name, kind, flags, attach_type, attach_btf_id, version, license, functions, lines, code } =
        program;
    format!(
        "program {name}: type {kind} flags {flags:#x} attach {attach_type} to {attach_btf_id} version {version:#x} \
         license {license} functions {functions} lines {lines}\n{code}"
    )
}

/// The same lines for an image: what a loader would ask of the kernel.
pub(crate) fn of_image(image: &Image) -> Vec<String> {
    let name = |index: usize| image.maps[index].name.chars().take(15).collect::<String>();
    let mut all = Vec::new();
    for (index, map) in image.maps.iter().enumerate() {
        all.push(map_line(&Map {
            name: &name(index),
            kind: map.kind.raw().into(),
            key_size: map.key_size.into(),
            value_size: map.value_size.into(),
            entries: map.max_entries.into(),
            flags: map.flags.into(),
            key_type: map.key_type.0.into(),
            value_type: map.value_type.0.into(),
            extra: map.extra,
            inner: &map.inner.map(name).unwrap_or_default(),
        }));
    }
    for program in image.programs.iter().filter(|program| program.autoload) {
        all.push(program_line(&Program {
            name: &program.name.chars().take(15).collect::<String>(),
            kind: program.kind.raw().into(),
            flags: program.flags.into(),
            attach_type: program.member.or(program.attach_type.map(|kind| kind.raw())).unwrap_or(0).into(),
            attach_btf_id: program.attach_btf_id.0.into(),
            version: image.version.into(),
            license: &image.license,
            functions: program.functions.len() as u64,
            lines: program.lines.len() as u64,
            code: &image_code(program, name),
        }));
    }
    all
}

fn image_code(program: &ImageProgram, name: impl Fn(usize) -> String) -> String {
    let bytes = wire::encode(&program.insns);
    let mut out = String::new();
    for slot in wire::slots(&bytes, Endian::Little).unwrap() {
        // BPF_PSEUDO_MAP_IDX and _IDX_VALUE stand for BPF_PSEUDO_MAP_FD and _VALUE.
        let (src, imm) = match (slot.opcode, slot.src) {
            (0x18, 5 | 6) => (slot.src - 4, name(slot.imm as usize)),
            // libbpf 1.1 leaves calls of missing kernel functions at BTF id 0; 1.4 and osmia name the function.
            (0x85, 0) if slot.imm >= 2_002_000_000 => (2, "0".to_owned()),
            _ => (slot.src, format!("{:x}", slot.imm)),
        };
        insn_word(&mut out, slot.opcode, slot.dst, src, slot.off, &imm);
    }
    out
}
