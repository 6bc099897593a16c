//! Which kinds of programs and maps the running kernel has, and which helpers programs of each kind may call: asked by
//! trying, as libbpf does (`libbpf_probes.c`).
use crate::features::{EXIT, INT, Insn, NOTHING, UNKNOWN, btf, insn, type_info};
use crate::system::kernel_version;
use osmia_abi::{AttachType, MapType, ProgramType, flags};
use osmia_sys::bpf::{BtfLoad, MapCreate, ProgLoad};
use osmia_sys::{Errno, online_cpus, page_size};
use std::os::fd::AsFd;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the kernel answers where a type is wrong (`ENOTSUPP`, a number of its own that C libraries do not know).
const ENOTSUPP: Errno = Errno(524);

/// Room for what the verifier says of one call.
const LOG: usize = 4096;

/// Whether there is `bpf(2)` at all.
pub fn has_bpf() -> bool {
    !ProgLoad::new(ProgramType::Unspec, &[], c"").call().is_err_and(|error| error.errno == Errno::ENOSYS)
}

/// Whether the kernel has programs of this kind. Kinds that only load at a place are offered a place that cannot be; how
/// the kernel refuses that says whether it knows the kind.
pub fn has_program_kind(kind: ProgramType) -> bool {
    let mut log = [0; LOG];
    let asked = ProgLoad { log_level: flags::LOG_LEVEL1, ..question(kind, NOTHING) };
    let refused = |words: &str, answer: Result<(), Errno>, log: &[u8]| {
        answer == Err(Errno::EINVAL) && contains(log, words)
    };
    match kind {
        ProgramType::Unspec => false,
        ProgramType::Tracing | ProgramType::Lsm => {
            let answer = asked.call_into(&mut log).map(drop);
            refused("attach_btf_id 1 is not a function", answer, &log)
        }
        ProgramType::Ext => {
            let answer = asked.call_into(&mut log).map(drop);
            refused("Cannot replace kernel functions", answer, &log)
        }
        ProgramType::StructOps => question(kind, NOTHING).call().is_err_and(|error| error.errno == ENOTSUPP),
        _ => question(kind, NOTHING).call().is_ok(),
    }
}

/// A program of this kind, with what the kernel wants to be told of such programs.
fn question(kind: ProgramType, code: &[Insn]) -> ProgLoad<'_> {
    use AttachType as A;
    let expected_attach = match kind {
        ProgramType::CgroupSockAddr => Some(A::CgroupInet4Connect),
        ProgramType::CgroupSockopt => Some(A::CgroupGetsockopt),
        ProgramType::SkLookup => Some(A::SkLookup),
        ProgramType::LircMode2 => Some(A::LircMode2),
        ProgramType::Netfilter => Some(A::Netfilter),
        ProgramType::Tracing => Some(A::TraceFentry),
        ProgramType::Lsm => Some(A::ModifyReturn),
        _ => None,
    };
    let at_type = matches!(kind, ProgramType::Tracing | ProgramType::Lsm | ProgramType::Ext);
    static VERSION: LazyLock<u32> = LazyLock::new(|| kernel_version().map_or(0, |version| version.code));
    let version = if kind == ProgramType::Kprobe { *VERSION } else { 0 };
    ProgLoad {
        expected_attach,
        attach_btf_id: u32::from(at_type),
        kern_version: version,
        flags: if kind == ProgramType::Syscall { flags::SLEEPABLE } else { 0 },
        ..ProgLoad::new(kind, code.as_flattened(), c"GPL")
    }
}

/// Whether an interface takes programs of this kind.
pub fn interface_takes_program(kind: ProgramType, interface: u32) -> bool {
    // `r0 = 2`: some cards refuse to end with 0.
    let code = [insn(0xb7, 0x00, 0, 2), EXIT];
    ProgLoad { ifindex: interface, ..ProgLoad::new(kind, code.as_flattened(), c"GPL") }.call().is_ok()
}

/// Whether an interface takes maps of this kind.
pub fn interface_takes_map(kind: MapType, interface: u32) -> bool {
    MapCreate { ifindex: interface, ..MapCreate::new(kind, 4, 4, 1) }.call().is_ok()
}

/// Whether the kernel has maps of this kind.
pub fn has_map_kind(kind: MapType) -> bool {
    use MapType as M;
    let map = |key, value, entries| MapCreate::new(kind, key, value, entries);
    match kind {
        M::Unspec => false,
        M::StackTrace => map(4, 8, 1).call().is_ok(),
        M::LpmTrie => MapCreate { flags: flags::NO_PREALLOC, ..map(8, 8, 1) }.call().is_ok(),
        M::Rhash => MapCreate { flags: flags::NO_PREALLOC, ..map(4, 4, 1) }.call().is_ok(),
        // `struct bpf_cgroup_storage_key`
        M::CgroupStorage | M::PercpuCgroupStorage => map(16, 8, 0).call().is_ok(),
        M::Queue | M::Stack | M::BloomFilter => map(0, 4, 1).call().is_ok(),
        M::SkStorage | M::InodeStorage | M::TaskStorage | M::CgrpStorage => has_storage(kind),
        M::Ringbuf | M::UserRingbuf => map(0, 0, page_size() as u32).call().is_ok(),
        // Type 1 is no structure of functions; a kernel that knows such maps says so by a number of its own.
        M::StructOps => {
            let create = MapCreate { btf_vmlinux_value_type: 1, ..map(4, 4, 1) };
            create.call().is_err_and(|errno| errno == ENOTSUPP)
        }
        M::Arena => MapCreate { flags: flags::MMAPABLE, ..map(0, 0, 1) }.call().is_ok(),
        // `struct bpf_insn_array_value`
        M::InsnArray => map(4, 16, 1).call().is_ok(),
        M::ArrayOfMaps | M::HashOfMaps => MapCreate::new(M::Hash, 4, 4, 1)
            .call()
            .is_ok_and(|inner| MapCreate { inner: Some(inner.as_fd()), ..map(4, 4, 1) }.call().is_ok()),
        _ => map(4, 4, 1).call().is_ok(),
    }
}

/// `struct bpf_spin_lock { int val; }; struct val { int cnt; struct bpf_spin_lock l; };`
#[rustfmt::skip]
const LOCKED: &[u32] = &[
    INT[0], INT[1], INT[2], INT[3], // 1: int
    5, type_info(4, 1), 4, 19, 1, 0, // 2: struct bpf_spin_lock
    19, type_info(4, 2), 8, 23, 1, 0, 27, 2, 32, // 3: struct val
];

/// Whether the kernel has maps of this kind, which must have types, where its values hold a lock.
fn has_storage(kind: MapType) -> bool {
    let types = BtfLoad::new(&btf(LOCKED, b"\0int\0bpf_spin_lock\0val\0cnt\0l\0")).call();
    let Ok(types) = types else { return false };
    let create = MapCreate {
        flags: flags::NO_PREALLOC,
        btf: Some(types.as_fd()),
        btf_key_type: 1,
        btf_value_type: 3,
        ..MapCreate::new(kind, 4, 8, 0)
    };
    create.call().is_ok()
}

/// Which of these helpers programs of each of these kinds may call: a list for each kind, an answer for each helper. Where
/// programs are for an interface, it is asked (0: none is).
///
/// One load answers for one helper and one kind, as the verifier ends with the first thing that it does not like; so
/// loads are made cheap, and shared among the processors. No load succeeds, which spares the kernel making machine code and
/// taking it away again; and a helper that the kernel does not know at all is asked for once.
pub fn helpers_of(kinds: &[ProgramType], helpers: &[u32], interface: u32) -> Vec<Vec<bool>> {
    let Some((first, rest)) = kinds.split_first() else { return Vec::new() };
    let first = helpers.iter().map(|helper| ask_helper(*first, *helper, interface)).collect::<Vec<_>>();
    let unknown: Vec<bool> = first.iter().map(|answer| *answer == Callable::Never).collect();
    let of = |kind: ProgramType| -> Vec<bool> {
        let asked = helpers.iter().zip(&unknown);
        asked
            .map(|(helper, unknown)| !unknown && ask_helper(kind, *helper, interface) == Callable::Yes)
            .collect()
    };
    let mut all = vec![first.iter().map(|answer| *answer == Callable::Yes).collect()];
    all.extend(on_all_processors(rest, of));
    all
}

/// Does the same for each item, with a thread for each processor.
fn on_all_processors<T: Copy + Sync, R: Send>(items: &[T], job: impl Fn(T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| items.get(at).map(|item| (at, item)))
        {
            done.push((at, job(*item)));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..online_cpus().min(items.len())).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for thread in threads {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Whether a helper may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callable {
    /// It may.
    Yes,
    /// Not by programs of this kind, or not by us.
    No,
    /// The kernel does not know it.
    Never,
}

/// What network cards that run programs say of helpers that they do not have (`drivers/net/ethernet/netronome/nfp/bpf`).
const NOT_ON_CARD: &[&str] = &["not supported by FW", "unsupported function id"];

/// Calls the helper with whatever is in the registers, and then does what no program may: the log says whether the verifier
/// came as far as the arguments.
fn ask_helper(kind: ProgramType, helper: u32, interface: u32) -> Callable {
    // `call helper; r0 = *(u64 *)(r9 + 0)`
    let code = [insn(0x85, 0x00, 0, helper.cast_signed()), insn(0x79, 0x90, 0, 0), EXIT];
    let load = ProgLoad { log_level: flags::LOG_LEVEL1, ifindex: interface, ..question(kind, &code) };
    let mut log = [0; LOG];
    match load.call_into(&mut log) {
        Err(Errno::EPERM) => Callable::No,
        _ if UNKNOWN.first().is_some_and(|words| contains(&log, words)) => Callable::Never,
        _ if UNKNOWN.iter().chain(NOT_ON_CARD).any(|words| contains(&log, words)) => Callable::No,
        _ => Callable::Yes,
    }
}

/// Whether a log, which ends with a zero, contains these words.
fn contains(log: &[u8], words: &str) -> bool {
    let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
    log.get(..end).is_some_and(|log| log.windows(words.len()).any(|part| part == words.as_bytes()))
}
