//! What the running kernel can do: asked by trying, never by its version. A question costs a system call or three, so each
//! is asked when somebody wants to know, and its answer kept for the run.
use osmia_abi::features::FEATURES;
use osmia_abi::{AttachType, Feature, Features, MapType, ProgramType, flags};
use osmia_sys::bpf::{
    AttachPoint, BatchCursor, BtfLoad, IterTarget, LinkCreate, LinkTarget, MapCreate, ProgLoad, ProgQuery,
    QueryDetail, Signature, TestRun, UprobeMulti, enable_run_time_stats, knows_kprobe_multi, prog_bind_map,
    raw_tracepoint_open,
};
use osmia_sys::{Errno, Keyring, ProgFd, page_size};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Mutex;

/// Finds the number of a function's type in the kernel's own BTF; `None` where there is no such function or no BTF.
pub type FindFunction<'a> = &'a dyn Fn(&str) -> Option<u32>;

/// The answers of this run.
#[derive(Debug, Default)]
pub struct Probes {
    answers: Mutex<Features>,
}

impl Probes {
    /// Whether the kernel has it; asked at most once, unless the kernel could not tell.
    pub fn has(&self, feature: Feature, function: FindFunction<'_>) -> Result<bool, Errno> {
        let known = self.known();
        if let Some((_, there)) = known.known().find(|(known, _)| *known == feature) {
            return Ok(there);
        }
        let there = probe(feature, function)?;
        self.answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).set(feature, there);
        Ok(there)
    }

    /// What was asked so far.
    pub fn known(&self) -> Features {
        self.answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// What is known after these questions; what the kernel could not tell stays unknown.
    pub fn ask(&self, features: &[Feature], function: FindFunction<'_>) -> Features {
        for feature in features {
            let _ = self.has(*feature, function);
        }
        self.known()
    }
}

/// Asks the kernel whether it has `feature`. An error says that it could not tell: no permission, no memory.
pub fn probe(feature: Feature, function: FindFunction<'_>) -> Result<bool, Errno> {
    match test_of(feature) {
        Test::Helper(kind, name) => knows_helper(kind, name),
        Test::Code(code) => verdict(load(ProgramType::SocketFilter, code)),
        Test::Btf(types, names) => {
            verdict(BtfLoad::new(&btf(types, names)).call().map_err(|error| error.errno))
        }
        Test::Map(create) => verdict(create().call()),
        Test::Function(name) => Ok(function(name).is_some()),
        Test::Try(attempt) => attempt(),
        Test::TryWith(attempt) => attempt(function),
    }
}

/// All features, with what the kernel answers.
pub fn probe_all(function: FindFunction<'_>) -> impl Iterator<Item = (Feature, Result<bool, Errno>)> {
    FEATURES.iter().map(move |row| (row.feature, probe(row.feature, function)))
}

/// Whether the kernel accepts the code that asks for `feature`, in a program for an interface (0: for none). `None` where
/// it is not asked for by code.
pub fn accepts(feature: Feature, interface: u32) -> Option<bool> {
    let Test::Code(code) = test_of(feature) else { return None };
    let load = ProgLoad { ifindex: interface, ..program(ProgramType::SocketFilter, code) };
    Some(load.call().is_ok())
}

/// One instruction, as eight bytes.
pub(crate) type Insn = [u8; 8];

/// How to ask.
enum Test {
    /// Does the verifier know the helper in programs of this kind?
    Helper(ProgramType, &'static str),
    /// Does it accept this code?
    Code(&'static [Insn]),
    /// Does the kernel accept these types, with these names?
    Btf(&'static [u32], &'static [u8]),
    /// Does it make this map?
    Map(fn() -> MapCreate<'static>),
    /// Do its own types have this function?
    Function(&'static str),
    /// Does this work?
    Try(fn() -> Result<bool, Errno>),
    /// Does this work, given the kernel's own types?
    TryWith(fn(FindFunction<'_>) -> Result<bool, Errno>),
}

/// The question for each feature.
fn test_of(feature: Feature) -> Test {
    use Feature as F;
    use ProgramType::{Kprobe, Tracepoint};
    use Test::{Btf, Code, Function, Helper, Map, Try, TryWith};
    match feature {
        F::Ringbuf => Map(|| MapCreate::new(MapType::Ringbuf, 0, 0, page_size() as u32)),
        F::BpfLoop => Helper(Tracepoint, "loop"),
        F::KprobeMulti => Try(|| kprobe_multi(AttachType::TraceKprobeMulti)),
        F::KprobeSession => Try(|| kprobe_multi(AttachType::TraceKprobeSession)),
        F::UprobeMulti => Try(uprobe_multi),
        F::PerfLink => Try(perf_link),
        F::AttachCookie => Helper(Tracepoint, "get_attach_cookie"),
        F::CurrentTaskBtf => Helper(Tracepoint, "get_current_task_btf"),
        F::ProbeReadKernel => Helper(Tracepoint, "probe_read_kernel"),
        F::GlobalData => Try(global_data),
        F::ObjectName => Map(|| MapCreate { name: "osmia", ..MapCreate::new(MapType::Array, 4, 4, 1) }),
        F::Btf => Btf(INT, b"\0int\0"),
        F::BtfFunc => Btf(FUNC, b"\0int\0arg\0f\0"),
        F::BtfDatasec => Btf(DATASEC, b"\0int\0var\0.data\0"),
        F::BtfFuncGlobal => Btf(FUNC_GLOBAL, b"\0int\0arg\0f\0"),
        F::BtfFloat => Btf(FLOAT, b"\0float\0"),
        F::BtfDeclTag => Btf(DECL_TAG, b"\0int\0var\0tag\0"),
        F::BtfTypeTag => Btf(TYPE_TAG, b"\0int\0tag\0"),
        F::BtfEnum64 => Btf(ENUM64, b"\0enum64\0"),
        F::KernelBtf => Try(|| Ok(std::path::Path::new("/sys/kernel/btf/vmlinux").exists())),
        F::JumpLess => Code(JUMP_LESS),
        F::Jump32 => Code(JUMP32),
        F::AtomicFetch => Code(ATOMIC_FETCH),
        F::IsaV4 => Code(SIGN_EXTENDING_MOVE),
        // The kernel does not show how it counts; this helper came in the same version, and libbpf asks for it too.
        F::MemcgAccounting => Helper(ProgramType::SocketFilter, "ktime_get_coarse_ns"),
        F::LookupPercpu => Helper(Tracepoint, "map_lookup_percpu_elem"),
        F::GetFuncIp => Helper(Kprobe, "get_func_ip"),
        F::KtimeBoot => Helper(Tracepoint, "ktime_get_boot_ns"),
        F::KtimeTai => Helper(Tracepoint, "ktime_get_tai_ns"),
        F::Jiffies64 => Helper(Tracepoint, "jiffies64"),
        F::NsCurrentPid => Helper(Tracepoint, "get_ns_current_pid_tgid"),
        F::CurrentCgroupId => Helper(Tracepoint, "get_current_cgroup_id"),
        F::SendSignal => Helper(Tracepoint, "send_signal"),
        F::OverrideReturn => Helper(Kprobe, "override_return"),
        F::ProbeReadStr => Helper(Tracepoint, "probe_read_str"),
        // Few functions may call it: a program to ask with would have to be at one of them.
        F::DPath => Function("bpf_d_path"),
        // Only programs at functions that have a packet may call it; this is what it is made of (`net/core/filter.c`).
        F::SkbOutput => Function("bpf_skb_event_output"),
        F::Snprintf => Helper(Tracepoint, "snprintf"),
        F::ForEachMapElem => Helper(Tracepoint, "for_each_map_elem"),
        F::Strncmp => Helper(Tracepoint, "strncmp"),
        F::GetStackid => Helper(Tracepoint, "get_stackid"),
        F::GetStack => Helper(Tracepoint, "get_stack"),
        F::BoundedLoops => Code(LOOP),
        F::LargePrograms => Code(&LARGE),
        F::Fentry => TryWith(fentry),
        F::SleepableUprobe => Try(sleepable_uprobe),
        F::TaskIter => TryWith(task_iter),
        F::MapBatch => Try(map_batch),
        F::MmapableArray => {
            Map(|| MapCreate { flags: flags::MMAPABLE, ..MapCreate::new(MapType::Array, 4, 4, 1) })
        }
        F::RawTracepointTestRun => Try(raw_tracepoint_test_run),
        F::OpenCodedIter => Function("bpf_iter_num_new"),
        F::EnableStats => Try(|| verdict(enable_run_time_stats())),
        F::ProgBindMap => Try(bind_map),
        F::Tcx => Try(tcx),
        F::CommPadded => Try(comm_padded),
        F::ArgCtxTag => Try(arg_ctx_tag),
        F::BtfQuestionMark => Btf(DATASEC, b"\0int\0var\0?.dat\0"),
        F::LateElements => Try(late_elements),
        F::FarMapValue => Try(far_map_value),
        F::SignedPrograms => Try(signed_programs),
    }
}

/// What an attempt says: it worked, the kernel does not know it, or the kernel could not tell.
fn verdict<T>(answer: Result<T, Errno>) -> Result<bool, Errno> {
    use Errno as E;
    match answer {
        Ok(_) => Ok(true),
        Err(errno @ (E::EPERM | E::ENOMEM | E::EAGAIN | E::EINTR | E::EMFILE | E::ENFILE | E::ENOSYS)) => {
            Err(errno)
        }
        Err(_) => Ok(false),
    }
}

pub(crate) const fn insn(code: u8, registers: u8, off: i16, imm: i32) -> Insn {
    let ([o0, o1], [i0, i1, i2, i3]) = (off.to_ne_bytes(), imm.to_ne_bytes());
    [code, registers, o0, o1, i0, i1, i2, i3]
}

/// `r0 = 0`
const ZERO: Insn = insn(0xb7, 0x00, 0, 0);
/// `exit`
pub(crate) const EXIT: Insn = insn(0x95, 0x00, 0, 0);
/// `r0 = 0; exit`
pub(crate) const NOTHING: &[Insn] = &[ZERO, EXIT];
/// `if r0 < 0 goto +1; r0 = 1`
const JUMP_LESS: &[Insn] = &[ZERO, insn(0xa5, 0x00, 1, 0), insn(0xb7, 0x00, 0, 1), EXIT];
/// `if w0 != 1 goto +0`
const JUMP32: &[Insn] = &[ZERO, insn(0x56, 0x00, 0, 1), EXIT];
/// `r1 = 1; *(u64 *)(r10 - 8) = 0; r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)`
const ATOMIC_FETCH: &[Insn] =
    &[insn(0xb7, 0x01, 0, 1), insn(0x7a, 0x0a, -8, 0), insn(0xdb, 0x1a, -8, 1), ZERO, EXIT];
/// `r0 = (s8)r0`
const SIGN_EXTENDING_MOVE: &[Insn] = &[ZERO, insn(0xbf, 0x00, 8, 0), EXIT];
/// `r1 = 10; do r1 -= 1; while (r1 != 0)`
const LOOP: &[Insn] =
    &[insn(0xb7, 0x01, 0, 10), insn(0x07, 0x01, 0, -1), insn(0x55, 0x01, -2, 0), ZERO, EXIT];

/// One instruction more than programs once could have.
static LARGE: [Insn; flags::MAX_INSNS as usize + 1] = {
    let mut code = [ZERO; flags::MAX_INSNS as usize + 1];
    code[flags::MAX_INSNS as usize] = EXIT;
    code
};

/// Kind, whether there is a flag, and the number of members of a type.
pub(crate) const fn type_info(kind: u32, members: u32) -> u32 {
    kind << 24 | members
}

#[rustfmt::skip]
pub(crate) const INT: &[u32] = &[1, type_info(1, 0), 4, 1 << 24 | 32];
#[rustfmt::skip]
const FUNC: &[u32] = &[
    1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
    0, type_info(13, 1), 0, 5, 1, // 2: void (int arg)
    9, type_info(12, 0), 2, // static f
];
#[rustfmt::skip]
const FUNC_GLOBAL: &[u32] = &[
    1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
    0, type_info(13, 1), 0, 5, 1, // 2: void (int arg)
    9, type_info(12, 1), 2, // global f
];
#[rustfmt::skip]
const DATASEC: &[u32] = &[
    1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
    5, type_info(14, 0), 1, 0, // 2: static int var
    9, type_info(15, 1), 4, 2, 0, 4, // .data
];
const FLOAT: &[u32] = &[1, type_info(16, 0), 4];
#[rustfmt::skip]
const DECL_TAG: &[u32] = &[
    1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
    5, type_info(14, 0), 1, 0, // 2: static int var
    9, type_info(17, 0), 2, u32::MAX, // a tag on var
];
#[rustfmt::skip]
const TYPE_TAG: &[u32] = &[
    1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
    5, type_info(18, 0), 1, // 2: a tag on int
    0, type_info(2, 0), 2, // a pointer to that
];
const ENUM64: &[u32] = &[1, type_info(19, 0), 8];

/// BTF with these types and names.
pub(crate) fn btf(types: &[u32], names: &[u8]) -> Vec<u8> {
    const HEADER: u32 = 24;
    let types_len = size_of_val(types) as u32;
    let header = [HEADER, 0, types_len, types_len, names.len() as u32];
    let mut bytes = 0xeb9f_u16.to_ne_bytes().to_vec();
    bytes.extend([1, 0]);
    bytes.extend(header.iter().chain(types).flat_map(|number| number.to_ne_bytes()));
    bytes.extend(names);
    bytes
}

fn load(kind: ProgramType, code: &[Insn]) -> Result<ProgFd, Errno> {
    program(kind, code).call().map(|loaded| loaded.fd).map_err(|error| error.errno)
}

pub(crate) fn program(kind: ProgramType, code: &[Insn]) -> ProgLoad<'_> {
    ProgLoad::new(kind, code.as_flattened(), c"GPL")
}

/// What the verifier says of a helper that it does not know, or not in programs of this kind.
pub(crate) const UNKNOWN: [&str; 3] =
    ["invalid func ", "unknown func ", "program of this type cannot use helper "];

/// Calls the helper with whatever is in the registers: the verifier may refuse that, but not for want of the helper.
fn knows_helper(kind: ProgramType, name: &str) -> Result<bool, Errno> {
    let Some(helper) = osmia_abi::helper_by_name(name) else { return Ok(false) };
    let code = [insn(0x85, 0x00, 0, helper.id.cast_signed()), ZERO, EXIT];
    let load = ProgLoad { log_level: flags::LOG_LEVEL1, ..program(kind, &code) };
    match load.call() {
        Ok(_) => Ok(true),
        Err(error) if UNKNOWN.iter().any(|words| error.log.contains(words)) => Ok(false),
        Err(error) if error.log.is_empty() => verdict::<()>(Err(error.errno)),
        Err(_) => Ok(true),
    }
}

/// Kinds of programs that scripts become.
const KINDS: [ProgramType; 6] = [
    ProgramType::Kprobe,
    ProgramType::Tracepoint,
    ProgramType::RawTracepoint,
    ProgramType::PerfEvent,
    ProgramType::Tracing,
    ProgramType::Xdp,
];

/// Which programs may call a kernel function, by its name and the number of its type.
pub(crate) fn callers(name: &str, id: u32) -> Vec<ProgramType> {
    KINDS.into_iter().filter(|kind| may_call(*kind, name, id)).collect()
}

/// Calls the function with whatever is in the registers: the verifier may refuse that, but not because it may not be called.
fn may_call(kind: ProgramType, name: &str, id: u32) -> bool {
    // `BPF_PSEUDO_KFUNC_CALL`
    let code = [insn(0x85, 0x20, 0, id.cast_signed()), ZERO, EXIT];
    let load = ProgLoad { log_level: flags::LOG_LEVEL1, ..program(kind, &code) };
    let refusal = format!("calling kernel function {name} is not allowed");
    match load.call() {
        Ok(_) => true,
        Err(error) => !error.log.contains(&refusal),
    }
}

/// A global function whose parameter is a context by its tag alone calls a helper that wants one.
fn arg_ctx_tag() -> Result<bool, Errno> {
    #[rustfmt::skip]
    const TYPES: &[u32] = &[
        1, type_info(1, 0), 4, 1 << 24 | 32, // 1: int
        0, type_info(2, 0), 0, // 2: void *
        0, type_info(13, 1), 1, 5, 2, // 3: int (void *arg)
        9, type_info(12, 1), 3, // 4: global f, the program
        0, type_info(13, 1), 1, 5, 2, // 5: int (void *arg)
        11, type_info(12, 1), 5, // 6: global g
        13, type_info(17, 0), 6, 0, // the tag, at its first parameter
    ];
    // `call +1; exit; call get_func_ip; exit`
    const CODE: &[Insn] = &[insn(0x85, 0x10, 0, 1), EXIT, insn(0x85, 0x00, 0, 173), EXIT];
    let types = BtfLoad::new(&btf(TYPES, b"\0int\0arg\0f\0g\0arg:ctx\0")).call();
    let Ok(types) = types else { return Ok(false) };
    let functions: Vec<u8> = [0_u32, 4, 2, 6].iter().flat_map(|number| number.to_ne_bytes()).collect();
    let load = ProgLoad {
        btf: Some(types.as_fd()),
        func_info: (&functions, 8),
        ..program(ProgramType::Kprobe, CODE)
    };
    verdict(load.call().map_err(|error| error.errno))
}

/// A map is too small for any offset that is asked for: whether that is said, or that such offsets are not allowed at all.
fn far_map_value() -> Result<bool, Errno> {
    let map = MapCreate::new(MapType::Array, 4, 1, 1).call()?;
    let code = [insn(0x18, 0x21, 0, map.as_fd().as_raw_fd()), insn(0, 0, 0, 1 << 30), EXIT];
    let load = ProgLoad { log_level: flags::LOG_LEVEL1, ..program(ProgramType::SocketFilter, &code) };
    match load.call() {
        Ok(_) => Err(Errno::EINVAL),
        Err(error) if error.log.is_empty() => verdict::<()>(Err(error.errno)),
        Err(error) => Ok(!error.log.contains("direct value offset of")),
    }
}

fn kprobe_multi(attach: AttachType) -> Result<bool, Errno> {
    let load = ProgLoad { expected_attach: Some(attach), ..program(ProgramType::Kprobe, NOTHING) };
    match load.call() {
        Ok(loaded) => knows_kprobe_multi(&loaded.fd, attach),
        Err(error) => verdict::<()>(Err(error.errno)),
    }
}

/// A kernel that knows the link says that a directory is no file to probe.
fn uprobe_multi() -> Result<bool, Errno> {
    let attach = AttachType::TraceUprobeMulti;
    let load = ProgLoad { expected_attach: Some(attach), ..program(ProgramType::Kprobe, NOTHING) };
    let prog = match load.call() {
        Ok(loaded) => loaded.fd,
        Err(error) => return verdict::<()>(Err(error.errno)),
    };
    let target = LinkTarget::UprobeMulti(UprobeMulti { path: c"/", offsets: &[0], ..Default::default() });
    knows(Errno::EBADF, LinkCreate { prog: prog.as_fd(), attach, flags: 0, target })
}

/// A kernel that knows the link says that this is no event.
fn perf_link() -> Result<bool, Errno> {
    let prog = load(ProgramType::Tracepoint, NOTHING)?;
    let target = LinkTarget::Interface(u32::MAX); // the number of no descriptor
    knows(Errno::EBADF, LinkCreate { prog: prog.as_fd(), attach: AttachType::PerfEvent, flags: 0, target })
}

/// A kernel that checks signatures says that this is none; one that is built without `CONFIG_SYSTEM_DATA_VERIFICATION` says that it
/// does not.
fn signed_programs() -> Result<bool, Errno> {
    let signature = Signature { message: &[0; 8], keyring: Keyring::Builtin };
    let load = ProgLoad { signature: Some(signature), ..program(ProgramType::SocketFilter, NOTHING) };
    match load.call() {
        Err(error) if error.errno == Errno::EBADMSG => Ok(true),
        answer => verdict(answer.map_err(|error| error.errno)).map(|_| false),
    }
}

/// Whether a link is refused for this reason, and not for being unknown.
fn knows(reason: Errno, link: LinkCreate<'_>) -> Result<bool, Errno> {
    match link.call() {
        Err(errno) if errno == reason => Ok(true),
        answer => verdict(answer),
    }
}

/// `*(u64 *)(address of the array's value + 8) = 42`
fn global_data() -> Result<bool, Errno> {
    let map = match MapCreate::new(MapType::Array, 4, 32, 1).call() {
        Ok(map) => map,
        Err(errno) => return verdict::<()>(Err(errno)),
    };
    let value = [insn(0x18, 0x21, 0, map.as_raw_fd()), insn(0, 0, 0, 8)];
    let code = [value[0], value[1], insn(0x7a, 0x01, 0, 42), ZERO, EXIT];
    verdict(load(ProgramType::SocketFilter, &code))
}

/// Programs at perf events were refused such maps, as they may interrupt anything (commit 96da3f7d489d).
fn late_elements() -> Result<bool, Errno> {
    let map = match (MapCreate { flags: flags::NO_PREALLOC, ..MapCreate::new(MapType::Hash, 8, 8, 1) }).call()
    {
        Ok(map) => map,
        Err(errno) => return verdict::<()>(Err(errno)),
    };
    let code = [insn(0x18, 0x11, 0, map.as_raw_fd()), insn(0, 0, 0, 0), ZERO, EXIT];
    verdict(load(ProgramType::PerfEvent, &code))
}

/// Loads and attaches a program at a function that only the kernel's own tests call.
fn fentry(function: FindFunction<'_>) -> Result<bool, Errno> {
    let Some(attach_btf_id) = function("bpf_fentry_test1") else { return Ok(false) };
    let load = ProgLoad {
        attach_btf_id,
        expected_attach: Some(AttachType::TraceFentry),
        ..program(ProgramType::Tracing, NOTHING)
    };
    match load.call() {
        Ok(loaded) => verdict(raw_tracepoint_open(None, &loaded.fd, 0)),
        Err(error) => verdict::<()>(Err(error.errno)),
    }
}

fn sleepable_uprobe() -> Result<bool, Errno> {
    let load = ProgLoad { flags: flags::SLEEPABLE, ..program(ProgramType::Kprobe, NOTHING) };
    verdict(load.call().map_err(|error| error.errno))
}

fn task_iter(function: FindFunction<'_>) -> Result<bool, Errno> {
    let Some(attach_btf_id) = function("bpf_iter_task") else { return Ok(false) };
    let attach = AttachType::TraceIter;
    let load =
        ProgLoad { attach_btf_id, expected_attach: Some(attach), ..program(ProgramType::Tracing, NOTHING) };
    match load.call() {
        Ok(loaded) => {
            let target = LinkTarget::Iter(IterTarget::All);
            verdict(LinkCreate { prog: loaded.fd.as_fd(), attach, flags: 0, target }.call())
        }
        Err(error) => verdict::<()>(Err(error.errno)),
    }
}

fn map_batch() -> Result<bool, Errno> {
    match MapCreate::new(MapType::Hash, 4, 4, 1).call() {
        Ok(map) => verdict(map.lookup_batch(&mut BatchCursor::default(), &mut [0; 4], &mut [0; 4])),
        Err(errno) => verdict::<()>(Err(errno)),
    }
}

fn raw_tracepoint_test_run() -> Result<bool, Errno> {
    match load(ProgramType::RawTracepoint, NOTHING) {
        Ok(prog) => verdict(TestRun::default().call(&prog)),
        Err(errno) => verdict::<()>(Err(errno)),
    }
}

/// Reads a thread's name over memory full of ones, and returns its last byte, and above that the eighth.
const COMM: &[Insn] = &[
    insn(0x7a, 0x0a, -16, -1),
    insn(0x7a, 0x0a, -8, -1),
    insn(0xbf, 0xa1, 0, 0),
    insn(0x07, 0x01, 0, -16),
    insn(0xb7, 0x02, 0, 16),
    insn(0x85, 0x00, 0, 16),
    insn(0x71, 0xa0, -1, 0),
    insn(0x71, 0xa1, -9, 0),
    insn(0x67, 0x01, 0, 8),
    insn(0x4f, 0x10, 0, 0),
    EXIT,
];

/// Whether a name of a thread is followed by zeros to the end. Kernels that do not see to that copy whole words, the last one with
/// zeros behind the name (`strscpy`): only who has a name of less than a word can tell, and another thread asks for others.
fn comm_padded() -> Result<bool, Errno> {
    let prog = match load(ProgramType::RawTracepoint, COMM) {
        Ok(prog) => prog,
        Err(errno) => return verdict::<()>(Err(errno)),
    };
    let mut answer = TestRun::default().call(&prog)?.returned;
    if !is_short(answer) {
        let named = std::thread::Builder::new().name("short".to_owned());
        let asking = named.spawn(move || TestRun::default().call(&prog)).map_err(|_| Errno::EAGAIN)?;
        answer = asking.join().map_err(|_| Errno::EAGAIN)??.returned;
    }
    Ok(answer == 0)
}

/// Whether the name ended in its first word.
const fn is_short(answer: u32) -> bool {
    answer >> 8 == 0
}

fn bind_map() -> Result<bool, Errno> {
    let prog = load(ProgramType::SocketFilter, NOTHING)?;
    let map = MapCreate::new(MapType::Array, 4, 4, 1).call()?;
    verdict(prog_bind_map(&prog, &map))
}

/// Asks what is attached to the loopback interface.
fn tcx() -> Result<bool, Errno> {
    let query = ProgQuery {
        target: AttachPoint::Interface(1),
        attach: AttachType::TcxIngress,
        flags: 0,
        detail: QueryDetail::None,
    };
    verdict(query.call())
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_abi::Version;
    use osmia_btf::{Btf, KindTag};

    /// What a kernel of the right version may still lack by its configuration, or refuse when it is locked down.
    const BY_CONFIGURATION: &[Feature] = &[
        Feature::KprobeMulti,
        Feature::KprobeSession,
        Feature::Fentry,
        Feature::OverrideReturn,
        Feature::UprobeMulti,
        Feature::SignedPrograms,
    ];

    fn running() -> Version {
        let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = text.split('.').map(|part| part.parse().unwrap());
        Version(numbers.next().unwrap(), numbers.next().unwrap())
    }

    #[test]
    fn the_kernel_has_what_its_version_claims() {
        let btf = Btf::parse(std::fs::read("/sys/kernel/btf/vmlinux").unwrap()).unwrap();
        let function = |name: &str| btf.find_kind(name, KindTag::Func).map(|id| id.0);
        let mut wrong = Vec::new();
        for row in FEATURES {
            let (got, claimed) = (probe(row.feature, &function), row.since <= running());
            let excused =
                BY_CONFIGURATION.contains(&row.feature) && matches!(got, Ok(false) | Err(Errno::EPERM));
            if got != Ok(claimed) && !excused {
                wrong.push(format!("{}: {got:?}, but since {:?}", row.name, row.since));
            }
        }
        assert!(wrong.is_empty(), "{:?}: {wrong:#?}", running());
    }

    #[test]
    fn who_asks_for_names_may_have_any_name() {
        let ask = |name: &str| std::thread::Builder::new().name(name.to_owned()).spawn(comm_padded).unwrap();
        let names = ["s", "seven_b", "eight_by", "fourteen_bytes", "fifteen_bytes__"];
        let answers = names.map(|name| ask(name).join().unwrap());
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }

    /// What is told of a name depends on where it ends.
    #[test]
    fn names_of_a_word_and_more_tell_nothing() {
        let ask = |name: &str| {
            let run = || TestRun::default().call(&load(ProgramType::RawTracepoint, COMM).unwrap()).unwrap();
            std::thread::Builder::new().name(name.to_owned()).spawn(run).unwrap().join().unwrap().returned
        };
        let short = ["s", "seven_b", "eight_by", "fifteen_bytes__"].map(|name| is_short(ask(name)));
        assert_eq!(short, [true, true, false, false]);
    }

    #[test]
    fn answers_are_kept() {
        let probes = Probes::default();
        assert_eq!(probes.has(Feature::Jump32, &|_| panic!("needs no types")), Ok(true));
        assert_eq!(probes.known().known().collect::<Vec<_>>(), [(Feature::Jump32, true)]);
        let known = probes.ask(&[Feature::Ringbuf, Feature::OpenCodedIter], &|_| None);
        assert!(known.has(Feature::Ringbuf) && !known.has(Feature::OpenCodedIter));
    }

    #[test]
    fn what_the_kernel_could_not_tell_is_no_answer() {
        assert_eq!(verdict::<()>(Err(Errno::EPERM)), Err(Errno::EPERM));
        assert_eq!(verdict::<()>(Err(Errno::EINVAL)), Ok(false));
        assert_eq!(verdict(Ok(())), Ok(true));
    }
}
