//! Programs: encoded, loaded, tried again with less, explained.
use crate::error::LoadError;
use crate::load::{LoadedMap, LoadedProgram};
use crate::maps::kernel_name;
use crate::memlock::refusal;
use crate::options::{Choice, LoadOptions};
use crate::owner::{Owner, Owners};
use crate::rejection::Rejection;
use osmia_abi::flags;
use osmia_isa::{Imm64, Insn, encode};
use osmia_object::{Image, ImageProgram};
use osmia_sys::bpf::{Loaded, ProgLoad, ProgLoadError, TestRun, TestRunResult};
use osmia_sys::{BtfFd, Errno};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd};

/// Bytes of `struct bpf_func_info`.
const FUNC_INFO: u32 = 8;
/// Bytes of `struct bpf_line_info`.
const LINE_INFO: u32 = 16;

/// Loads the programs that are to be loaded.
pub(crate) fn load_programs(
    image: &Image,
    btf: Option<&BtfFd>,
    maps: &[LoadedMap],
    options: &LoadOptions,
) -> Result<Vec<LoadedProgram>, LoadError> {
    let chosen = image.programs.iter().enumerate().filter(|(_, program)| match &options.programs {
        Choice::Autoload => program.autoload,
        Choice::All => true,
        Choice::Named(names) => names.contains(&program.name),
    });
    let mut owners = Owners::default();
    chosen
        .map(|(index, program)| {
            let loaded = load_program(image, program, &owners.of(program)?, Given { btf, maps, options })?;
            Ok(LoadedProgram {
                name: program.name.clone(),
                index,
                fd: loaded.fd,
                kind: program.kind,
                attach_type: program.attach_type,
                attach: program.attach.clone(),
                log: loaded.log,
            })
        })
        .collect()
}

/// What is there when programs are loaded.
#[derive(Clone, Copy)]
struct Given<'a> {
    btf: Option<&'a BtfFd>,
    maps: &'a [LoadedMap],
    options: &'a LoadOptions,
}

fn load_program(
    image: &Image,
    program: &ImageProgram,
    owner: &Owner,
    Given { btf, maps, options }: Given<'_>,
) -> Result<Loaded, LoadError> {
    let broken = |why: &str| LoadError::Image(format!("`{}`: {why}", program.name));
    let insns = encode(
        &with_descriptors(&program.insns, maps).ok_or_else(|| broken("it names a map that is not there"))?,
    );
    let license = CString::new(image.license.as_str()).map_err(|_| broken("its licence has a zero in it"))?;
    let name = kernel_name(&program.name);
    let (functions, lines) = (function_records(program), line_records(program));
    let mut request = ProgLoad {
        name: &name,
        expected_attach: program.attach_type,
        flags: program.flags,
        log_level: options.log_level,
        attach_btf_id: owner.type_id,
        attach_to: owner.fd.as_ref().map(AsFd::as_fd),
        kern_version: image.version,
        ..ProgLoad::new(program.kind, &insns, &license)
    };
    if let Some(btf) = btf {
        request.btf = Some(btf.as_fd());
        request.func_info = (&functions, FUNC_INFO);
        request.line_info = (&lines, LINE_INFO);
    }
    attempt(&request).map_err(|error| {
        refusal(error.errno)
            .filter(|_| error.log.is_empty())
            .unwrap_or_else(|| LoadError::Program(Box::new(Rejection::new(program, error.errno, error.log))))
    })
}

/// Loads; and where the kernel refuses before the verifier says a word, once more without what older kernels do not know.
fn attempt(request: &ProgLoad<'_>) -> Result<Loaded, ProgLoadError> {
    let silent = match request.call_explained() {
        Err(error) if error.log.is_empty() => error,
        answer => return answer,
    };
    match silent.errno {
        Errno::EPERM => {
            crate::memlock::with_memory(|| request.call().map_err(|error| error.errno)).map_err(|_| {
                ProgLoad { log_level: flags::LOG_LEVEL1, ..request.clone() }.call().err().unwrap_or(silent)
            })
        }
        Errno::EINVAL | Errno::E2BIG => {
            retries(request).find_map(|request| request.call().ok()).ok_or(silent)
        }
        _ => Err(silent),
    }
}

/// The same request without lines and function types, and without the attach type where only newer kernels ask for it.
fn retries<'a>(request: &ProgLoad<'a>) -> impl Iterator<Item = ProgLoad<'a>> {
    let untyped = ProgLoad { btf: None, func_info: (&[], 0), line_info: (&[], 0), ..request.clone() };
    let optional = request.attach_btf_id == 0 && request.expected_attach.is_some();
    let unaimed = ProgLoad { expected_attach: None, ..request.clone() };
    let bare = ProgLoad { expected_attach: None, ..untyped.clone() };
    let typed = request.btf.is_some();
    [(typed, untyped), (optional, unaimed), (typed && optional, bare)]
        .into_iter()
        .filter_map(|(sensible, request)| sensible.then_some(request))
}

/// The instructions with descriptors in place of positions; `None` where a position is that of no map.
fn with_descriptors(insns: &[Insn], maps: &[LoadedMap]) -> Option<Vec<Insn>> {
    let fd = |map: u32| maps.get(map as usize).map(|map| map.fd.as_raw_fd());
    let bind = |insn: &Insn| {
        let Insn::LoadImm64 { dst, value } = *insn else { return Some(*insn) };
        let value = match value {
            Imm64::Map(map) => Imm64::MapFd(fd(map)?),
            Imm64::MapValue { map, offset } => Imm64::MapFdValue { fd: fd(map)?, offset },
            Imm64::Value(_)
            | Imm64::MapFd(_)
            | Imm64::MapFdValue { .. }
            | Imm64::BtfId { .. }
            | Imm64::Function(_) => value,
        };
        Some(Insn::LoadImm64 { dst, value })
    };
    insns.iter().map(bind).collect()
}

fn function_records(program: &ImageProgram) -> Vec<u8> {
    let typed = program.functions.iter().all(|function| function.type_id.0 != 0);
    let functions = program.functions.iter().filter(|_| typed);
    functions.flat_map(|function| [function.slot, function.type_id.0]).flat_map(u32::to_ne_bytes).collect()
}

fn line_records(program: &ImageProgram) -> Vec<u8> {
    let place = |line: u32, column: u32| line << 10 | column.min(1023);
    let record = |line: &osmia_object::LineInfo| {
        [line.slot, line.file_offset, line.text_offset, place(line.line, line.column)]
    };
    program.lines.iter().flat_map(record).flat_map(u32::to_ne_bytes).collect()
}

/// Runs a program once, by request: `begin`, `end`, and what else has no event of its own.
pub fn run_once(program: &LoadedProgram) -> Result<TestRunResult, Errno> {
    TestRun::default().call(&program.fd)
}

/// The smallest packet that the kernel takes: an Ethernet header.
const PACKET: [u8; 14] = [0; 14];

/// Runs a packet program so many times in a row; the result tells how long one run took on average.
pub fn run_many(program: &LoadedProgram, times: u32) -> Result<TestRunResult, Errno> {
    TestRun { data: &PACKET, repeat: times, ..TestRun::default() }.call(&program.fd)
}
