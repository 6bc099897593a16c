//! Programs: encoded, loaded, tried again with less, explained.
use crate::attach::UsdtMaps;
use crate::chosen::Chosen;
use crate::error::LoadError;
use crate::load::{LoadedMap, LoadedProgram};
use crate::maps::{kernel_name, pairs};
use crate::memlock::refusal;
use crate::options::LoadOptions;
use crate::owner::{Owner, Owners};
use crate::rejection::Rejection;
use osmia_abi::flags;
use osmia_isa::{Callee, Imm64, Insn, encode};
use osmia_object::{FUNCTION_RECORD, Image, ImageProgram, LINE_RECORD, ResolveErrors};
use osmia_sys::bpf::{Loaded, ProgLoad, ProgLoadError, TestRun, TestRunResult, prog_bind_map};
use osmia_sys::{BtfFd, Errno, ProgFd, TokenFd};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

/// Loads the programs that are to be loaded.
pub(crate) fn load_programs(
    image: &Image,
    given: Given<'_>,
    chosen: &Chosen,
) -> Result<Vec<LoadedProgram>, LoadError> {
    let mut owners = Owners::default();
    let usdt = UsdtMaps::of(given.maps).map(Arc::new);
    let mut all = Vec::with_capacity(chosen.programs.len());
    for (index, program) in image.programs.iter().enumerate().filter(|(at, _)| chosen.programs.contains(at)) {
        if !program.unfit.is_empty() {
            return Err(LoadError::Unfit(ResolveErrors(program.unfit.clone())));
        }
        let owner = owners.of(program)?;
        let modules = Modules::of(image, program, &mut owners)?;
        let loaded = load_program(image, program, (&owner, &modules), given)?;
        bind_constants(image, given.maps, &loaded.fd);
        all.push(LoadedProgram {
            name: program.name.clone(),
            index,
            fd: loaded.fd,
            kind: program.kind,
            attach_type: program.attach_type,
            attach: program.attach.clone(),
            log: loaded.log,
            usdt: usdt.clone(),
        });
    }
    Ok(all)
}

/// Constants live as long as each program, named by its instructions or not: they say what it is (`bpf_metadata_*`).
fn bind_constants(image: &Image, maps: &[LoadedMap], program: &ProgFd) {
    for (_, loaded) in pairs(image, maps).filter(|(map, _)| map.frozen && is_constants(&map.name)) {
        let _ = prog_bind_map(program, &loaded.fd); // kernels before 5.10 cannot, and nothing depends on it
    }
}

fn is_constants(name: &str) -> bool {
    name.contains(".rodata")
}

/// What is there when programs are loaded.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) btf: Option<&'a BtfFd>,
    pub(crate) token: Option<&'a TokenFd>,
    pub(crate) maps: &'a [LoadedMap],
    pub(crate) options: &'a LoadOptions,
}

fn load_program(
    image: &Image,
    program: &ImageProgram,
    (owner, modules): (&Owner, &Modules),
    Given { btf, token, maps, options }: Given<'_>,
) -> Result<Loaded, LoadError> {
    let broken = |why: &str| LoadError::Image(format!("`{}`: {why}", program.name));
    let insns = with_descriptors(image, &program.insns, maps, modules);
    let insns = encode(&insns.ok_or_else(|| broken("it names a map that is not there"))?);
    let license = CString::new(image.license.as_str()).map_err(|_| broken("its licence has a zero in it"))?;
    let name = kernel_name(&program.name);
    let (functions, lines) = (program.function_records(), program.line_records());
    let (ifindex, bound) = options.device.map_or((0, 0), |device| device.of_program(program.kind));
    let mut request = ProgLoad {
        name: &name,
        expected_attach: program.attach_type,
        member: program.member,
        token: token.map(AsFd::as_fd),
        fd_array: &modules.table,
        flags: program.flags | bound,
        ifindex,
        log_level: options.log_level,
        attach_btf_id: owner.type_id,
        attach_to: owner.fd.as_ref().map(AsFd::as_fd),
        kern_version: image.version,
        ..ProgLoad::new(program.kind, &insns, &license)
    };
    if let Some(btf) = btf {
        request.btf = Some(btf.as_fd());
        request.func_info = (&functions, FUNCTION_RECORD);
        request.line_info = (&lines, LINE_RECORD);
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

/// The modules whose functions and variables a program uses.
#[derive(Debug, Default)]
struct Modules {
    /// By position in the image, from 1; held while the program is loaded.
    _held: Vec<OwnedFd>,
    /// Their descriptors; nothing where the program uses none, and -1 for those that it does not use.
    table: Vec<i32>,
}

impl Modules {
    fn of(image: &Image, program: &ImageProgram, owners: &mut Owners) -> Result<Self, LoadError> {
        let mut modules = Self::default();
        for position in program.insns.iter().filter_map(module_of) {
            if modules.table.is_empty() {
                modules.table = vec![-1; image.modules.len() + 1];
            }
            let name = position.checked_sub(1).and_then(|at| image.modules.get(at));
            let (Some(name), Some(place)) = (name, modules.table.get_mut(position)) else {
                return Err(LoadError::Image(format!("`{}` uses a module that is not named", program.name)));
            };
            if *place < 0 {
                let fd = owners.module(name).map_err(LoadError::Image)?;
                *place = fd.as_raw_fd();
                modules._held.push(fd);
            }
        }
        Ok(modules)
    }
}

/// The position of the module that an instruction uses something of.
fn module_of(insn: &Insn) -> Option<usize> {
    let position = match insn {
        Insn::Call(Callee::Kfunc { module, .. }) => usize::try_from(*module).ok()?,
        Insn::LoadImm64 { value: Imm64::BtfId { fd, .. }, .. } => usize::try_from(*fd).ok()?,
        _ => return None,
    };
    (position > 0).then_some(position)
}

/// The numbers of calls that no kernel has, in place of a map that was not made; libbpf has the same.
const MISSING_MAP: u32 = 2_001_000_000;

/// Two calls that fail, in place of a constant that names a map which is not to be made.
pub(crate) fn missing_map(image: &Image, map: u32) -> Option<[Insn; 2]> {
    image.maps.get(map as usize).filter(|map| !map.create)?;
    Some([Insn::Call(Callee::Helper(MISSING_MAP.wrapping_add(map))); 2])
}

/// The instructions with descriptors in place of positions; `None` where a position is that of no map.
fn with_descriptors(
    image: &Image,
    insns: &[Insn],
    maps: &[LoadedMap],
    modules: &Modules,
) -> Option<Vec<Insn>> {
    let fd = |map: u32| maps.iter().find(|it| it.index == map as usize).map(|map| map.fd.as_raw_fd());
    let mut all = Vec::with_capacity(insns.len());
    for insn in insns {
        let Insn::LoadImm64 { dst, value } = *insn else {
            all.push(*insn);
            continue;
        };
        let value = match value {
            Imm64::Map(map) | Imm64::MapValue { map, .. } => match (fd(map), value) {
                (Some(fd), Imm64::MapValue { offset, .. }) => Imm64::MapFdValue { fd, offset },
                (Some(fd), _) => Imm64::MapFd(fd),
                (None, _) => {
                    all.extend(missing_map(image, map)?);
                    continue;
                }
            },
            Imm64::BtfId { id, fd } => {
                let fd = usize::try_from(fd)
                    .ok()
                    .filter(|at| *at > 0)
                    .map_or(0, |at| modules.table.get(at).copied().unwrap_or(0));
                Imm64::BtfId { id, fd }
            }
            Imm64::Value(_) | Imm64::MapFd(_) | Imm64::MapFdValue { .. } | Imm64::Function(_) => value,
        };
        all.push(Insn::LoadImm64 { dst, value });
    }
    Some(all)
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
