//! Programs that stand in for functions, decide over them, or see both ends of their calls.
mod common;

use common::{clang, command, compile, since};
use osmia_host::{Wants, gather};
use osmia_loader::{AttachOptions, Attachment, Globals, LoadOptions, Loaded, attach, load, run_once};
use osmia_object::{Attach, CgroupOrder, Hold, Order, resolve_each, wants};
use osmia_sys::bpf::prog_info;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What all sources begin with.
const HEAD: &str = "
    #define SEC(x) __attribute__((section(x), used))
    typedef unsigned int u32;
    typedef unsigned long long u64;
    u64 runs;
    char LICENSE[] SEC(\"license\") = \"GPL\";";

/// A loaded object and its variable `runs`.
struct Set {
    loaded: Loaded,
    globals: Globals,
}

impl Set {
    /// Compiles a text and loads it: every program for its section's place, or for `at`.
    fn load(name: &str, text: &str, at: Option<&Attach>) -> Result<Self, String> {
        let mut object = clang(name, &format!("{HEAD}{text}"));
        if let Some(at) = at {
            for (_, function) in object.functions.iter_mut() {
                function.program.iter_mut().for_each(|program| program.attach = at.clone());
            }
        }
        let target = gather(&Wants::from(wants(&object))).unwrap();
        let image = resolve_each(&object, &target, name).map_err(|errors| errors.to_string())?;
        let loaded = load(&image, &LoadOptions::default()).map_err(|error| error.to_string())?;
        let bss = loaded.maps.iter().find(|map| map.name.ends_with(".bss")).expect("variables");
        let globals = Globals::new(&bss.fd).unwrap();
        Ok(Self { loaded, globals })
    }

    fn attach(&self, to: &Attach) -> Result<Attachment, String> {
        attach(&self.loaded.programs[0], to, &AttachOptions::default()).map_err(|error| error.to_string())
    }

    fn runs(&self) -> u64 {
        let mut raw = [0; 8];
        self.globals.read(0, &mut raw).unwrap();
        u64::from_ne_bytes(raw)
    }
}

/// Whether this kernel lets programs be put at its functions by trampoline: not the one that is developed on.
fn has_trampolines() -> bool {
    std::env::var_os("OSMIA_TRAMPOLINES").is_some()
}

/// What is attached, or nothing where the kernel has no trampolines, which the refusal then says.
fn unless_refused<T>(answer: Result<T, String>) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(text) => {
            assert!(!has_trampolines(), "{text}");
            assert!(text.contains("trampoline") || text.contains("security"), "{text}");
            None
        }
    }
}

/// `prctl(2)` with a number that nobody knows.
fn unknown_prctl() -> String {
    command("perl -e 'syscall(157, 0x6f736d69, 0, 0, 0, 0); print 0 + $!'")
}

const EINVAL: &str = "22";
const EPERM: &str = "1";

#[test]
fn a_function_s_result_is_replaced() {
    let text = "
        SEC(\"fmod_ret/security_task_prctl\") int decide(u64 *ctx) {
            if (ctx[0] != 0x6f736d69) return 0;
            __sync_fetch_and_add(&runs, 1);
            return -1;
        }";
    let to = Attach::ModifyReturn { module: None, function: "security_task_prctl".to_owned() };
    let Some(set) = unless_refused(Set::load("modify", text, None)) else { return };
    let Some(attached) = unless_refused(set.attach(&to)) else { return };
    assert_eq!((unknown_prctl().as_str(), set.runs()), (EPERM, 1));
    drop(attached);
    assert_eq!((unknown_prctl().as_str(), set.runs()), (EINVAL, 1));
}

/// Whether programs are among the security modules that are asked.
fn has_bpf_lsm() -> bool {
    command("mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security");
    std::fs::read_to_string("/sys/kernel/security/lsm")
        .is_ok_and(|list| list.split(',').any(|it| it == "bpf"))
}

#[test]
fn security_hooks_decide() {
    let text = "
        SEC(\"lsm/task_prctl\") int decide(u64 *ctx) {
            if (ctx[0] != 0x6f736d69) return 0;
            __sync_fetch_and_add(&runs, 1);
            return -1;
        }";
    let to = Attach::Lsm { hook: "task_prctl".to_owned() };
    let Some(set) = unless_refused(Set::load("lsm", text, None)) else { return };
    let Some(attached) = unless_refused(set.attach(&to)) else { return };
    assert!(has_bpf_lsm(), "the program is attached, and nobody asks it");
    assert_eq!((unknown_prctl().as_str(), set.runs()), (EPERM, 1));
    drop(attached);
    assert_eq!((unknown_prctl().as_str(), set.runs()), (EINVAL, 1));
}

#[test]
fn security_hooks_decide_for_one_cgroup() {
    let text = "
        SEC(\"lsm_cgroup/socket_bind\") int decide(u64 *ctx) {
            __sync_fetch_and_add(&runs, 1);
            return 1;
        }";
    let dir = cgroup();
    let to = Attach::Cgroup {
        path: dir.to_string_lossy().into_owned(),
        order: Order::default(),
        hold: Hold::Link,
    };
    if let Some(set) = unless_refused(Set::load("lsm_cgroup", text, None))
        && let Some(attached) = unless_refused(set.attach(&to))
    {
        let bind = "perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die'";
        command(bind);
        assert_eq!(set.runs(), 0, "it runs for others");
        let inside = format!("echo $BASHPID > {}/cgroup.procs; {bind}", dir.display());
        command(&inside);
        assert_eq!(set.runs(), 1);
        drop(attached);
        command(&inside);
        assert_eq!(set.runs(), 1);
    }
    std::fs::remove_dir(dir).unwrap();
}

fn cgroup() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let unified = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"));
    let root = unified.and_then(|line| line.split(' ').nth(1)).map(str::to_owned).unwrap_or_else(|| {
        command("mkdir -p /tmp/osmia-cgroup2 && mount -t cgroup2 none /tmp/osmia-cgroup2");
        "/tmp/osmia-cgroup2".to_owned()
    });
    let dir =
        Path::new(&root).join(format!("osmia-functions-{}-{:?}", std::process::id(), CgroupOrder::SelfOnly));
    std::fs::create_dir(&dir).unwrap();
    dir
}

#[test]
fn a_function_of_a_program_is_replaced() {
    let target = "
        __attribute__((noinline)) int answer(u32 x) { __sync_fetch_and_add(&runs, 1); return x + 1; }
        SEC(\"syscall\") int ask(void *ctx) { return answer(41); }";
    let target = Set::load("replaced", target, None).unwrap();
    let ask = || run_once(&target.loaded.programs[0]).unwrap().returned;
    assert_eq!((ask(), target.runs()), (42, 1));
    let to = Attach::Replace {
        program: prog_info(&target.loaded.programs[0].fd).unwrap().id,
        function: "answer".to_owned(),
    };
    let text = "
        SEC(\"freplace/answer\") int other(u32 x) { __sync_fetch_and_add(&runs, 1); return x + 100; }";
    let Some(set) = unless_refused(Set::load("replacing", text, Some(&to))) else { return };
    let attached = set.attach(&to).unwrap();
    assert_eq!((ask(), target.runs(), set.runs()), (141, 1, 1));
    drop(attached);
    assert_eq!((ask(), target.runs(), set.runs()), (42, 2, 1));
    let absent = Attach::Replace { program: 1 << 30, function: "answer".to_owned() };
    let text = Set::load("nobody", text, Some(&absent)).err().expect("there is no such program");
    assert!(text.contains("1073741824"), "{text}");
}

/// A session's program runs at entry and return, unless it says no at the entry.
const SESSION: &str = "
    extern _Bool bpf_session_is_return(void) __attribute__((section(\".ksyms\")));
    u64 returns;
    SEC(\"SECTION\") int both(void *ctx) {
        if (bpf_session_is_return()) { __sync_fetch_and_add(&runs, 1000); return 0; }
        return __sync_fetch_and_add(&runs, 1) % 2;
    }";

#[test]
fn sessions_of_kernel_functions_see_entry_and_return() {
    let text = SESSION.replace("SECTION", "kprobe.session/__x64_sys_getpgid");
    let to = Attach::KprobeSession { functions: vec!["__x64_sys_getpgid".to_owned()] };
    let attached = Set::load("ksession", &text, None).and_then(|set| Ok((set.attach(&to)?, set)));
    let (attached, set) = match attached {
        Ok(both) => both,
        Err(text) => {
            assert!(!has_trampolines() || !since(6, 10), "{text}");
            assert!(text.contains("kprobe") || text.contains("session"), "{text}");
            return;
        }
    };
    let call = || command("perl -e 'syscall(121, 0) for 1..4'");
    call();
    assert_eq!(set.runs(), 2004);
    drop(attached);
    call();
    assert_eq!(set.runs(), 2004);
}

#[test]
fn sessions_of_a_file_s_functions_see_entry_and_return() {
    let source = "int work(int x) { return x + 1; } int main(void) { return work(work(work(work(-4)))); }";
    let file = compile("usession", source, &["-O0"]);
    let text = SESSION.replace("SECTION", &format!("uprobe.session/{}:work", file.display()));
    let at = osmia_object::UprobeTarget::Symbol { name: "work".to_owned(), offset: 0 };
    let to = Attach::UprobeSession { path: file.display().to_string(), targets: vec![at], pid: None };
    let attached = Set::load("usession", &text, None).and_then(|set| Ok((set.attach(&to)?, set)));
    let (attached, set) = match attached {
        Ok(both) => both,
        Err(text) => {
            assert!(!since(6, 13), "{text}");
            assert!(text.contains("session"), "{text}");
            return;
        }
    };
    let call = || assert!(Command::new(&file).status().unwrap().success());
    call();
    assert_eq!(set.runs(), 2004);
    drop(attached);
    call();
    assert_eq!(set.runs(), 2004);
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
