//! `feature probe` beside bpftool 7.1, which knows less to ask for but asks the same kernel. Needs root and bpftool.
use serde_json::Value;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

fn ours(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_osmia")).arg0("bpftool").args(words).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What we say, and what bpftool says.
fn both(words: &[&str]) -> (String, String) {
    let peer = Command::new("bpftool").args(words).output().expect("this test needs bpftool");
    (text(&ours(words)), text(&peer))
}

fn values(words: &[&str]) -> (Value, Value) {
    let (ours, peer) = both(words);
    (serde_json::from_str(&ours).unwrap(), serde_json::from_str(&peer).unwrap())
}

/// Each answer of the peer's is ours; but bpftool 7.1 does not know what kernels since 6.9 say of helpers that programs of
/// some kind may not call, and takes that for a yes.
fn same_answers(words: &[&str]) {
    let (ours, peer) = values(words);
    let known =
        text(&Command::new("bpftool").args(["feature", "list_builtins", "helpers"]).output().unwrap());
    let known: Vec<&str> = known.lines().collect();
    let sections = peer.as_object().unwrap();
    assert!(ours.as_object().unwrap().keys().eq(sections.keys()), "{words:?}");
    for (name, section) in sections {
        let answers = section.as_object().unwrap();
        for (key, answer) in answers {
            let mine = &ours[name][key];
            match (mine.as_array(), answer.as_array()) {
                (Some(mine), Some(all)) => {
                    let mut asked = mine.iter().filter(|it| known.contains(&it.as_str().unwrap()));
                    assert!(asked.all(|it| all.contains(it)), "{words:?}: {key}");
                }
                _ => assert_eq!(mine, answer, "{words:?}: {name}: {key}"),
            }
        }
    }
}

#[test]
fn the_kernel_answers_us_what_it_answers_bpftool() {
    same_answers(&["-j", "feature", "probe"]);
    same_answers(&["-p", "feature", "probe", "kernel", "full"]);
    same_answers(&["-j", "feature", "probe", "dev", "lo"]);
}

/// Who may call what, by the kernel's sources (`net/core/filter.c`, `kernel/trace/bpf_trace.c`, `kernel/bpf/cgroup.c`).
const CALLABLE: &[(&str, &str, bool)] = &[
    ("xdp", "bpf_redirect_map", true),
    ("xdp", "bpf_skb_load_bytes", false),
    ("socket_filter", "bpf_skb_load_bytes", true),
    ("socket_filter", "bpf_redirect", false),
    ("sched_cls", "bpf_redirect", true),
    ("kprobe", "bpf_get_stackid", true),
    ("kprobe", "bpf_map_lookup_elem", true),
    ("kprobe", "bpf_skb_load_bytes", false),
    ("cgroup_device", "bpf_get_current_uid_gid", true),
    ("cgroup_device", "bpf_xdp_adjust_head", false),
    ("sk_lookup", "bpf_sk_assign", true),
    ("sk_lookup", "bpf_sk_select_reuseport", false),
    ("syscall", "bpf_sys_bpf", true),
    ("kprobe", "bpf_trace_printk", false),
    // Whether they may call anything cannot be asked without a place for them.
    ("tracing", "bpf_map_lookup_elem", false),
];

#[test]
fn helpers_are_those_of_the_programs_that_may_call_them() {
    let value: Value = serde_json::from_str(&text(&ours(&["-j", "feature", "probe"]))).unwrap();
    for (kind, helper, may) in CALLABLE {
        let all = value["helpers"][format!("{kind}_available_helpers")].as_array().unwrap();
        assert_eq!(all.iter().any(|it| it == helper), *may, "{kind}: {helper}");
    }
    let full: Value = serde_json::from_str(&text(&ours(&["-j", "feature", "probe", "full"]))).unwrap();
    let kprobe = full["helpers"]["kprobe_available_helpers"].as_array().unwrap();
    assert!(kprobe.iter().any(|it| it == "bpf_trace_printk"));
}

/// The lines of `part` stand in `whole`, in their order; those about helpers are another test's.
fn in_order(part: &str, whole: &str) {
    let mut lines = whole.lines();
    // Kernels have lost bpfilter since.
    let others = ["\t- ", "__HELPER_bpf_", "CONFIG_BPFILTER"];
    for line in part.lines().filter(|line| !others.iter().any(|other| line.contains(other))) {
        assert!(lines.any(|it| it == line), "{line:?} is missing, or not in its place");
    }
}

#[test]
fn people_and_compilers_read_what_they_read_of_bpftool() {
    for words in [
        &["feature", "probe"][..],
        &["feature", "probe", "dev", "lo", "full"],
        &["feature", "probe", "macros"],
        &["feature", "probe", "kernel", "macros", "prefix", "MY_"],
    ] {
        let (ours, peer) = both(words);
        in_order(&peer, &ours);
    }
    let json = text(&ours(&["-j", "feature", "probe", "dev", "lo", "macros"]));
    assert!(json.starts_with("{\"syscall_config\":{"), "{json}");
}

#[test]
fn without_privileges_less_is_there() {
    let (mine, peer) = values(&["-j", "feature", "probe", "unprivileged"]);
    for (key, there) in peer["program_types"].as_object().unwrap() {
        // bpftool takes the number of an earlier error for that of a load that worked: its "no" may be wrong.
        assert!(!there.as_bool().unwrap() || mine["program_types"][key] == true, "{key}");
    }
    for kind in ["have_kprobe_prog_type", "have_tracing_prog_type", "have_xdp_prog_type"] {
        assert_eq!(mine["program_types"][kind], false, "{kind}");
    }
    assert_eq!(mine["syscall_config"]["have_bpf_syscall"], true);
    // A batch goes on with what it had.
    let dir = std::env::temp_dir().join(format!("osmia-features-{}", std::process::id()));
    std::fs::write(&dir, "feature probe unprivileged\nfeature probe\n").unwrap();
    let batch = text(&ours(&["batch", "file", dir.to_str().unwrap()]));
    std::fs::remove_file(&dir).ok();
    assert!(batch.contains("eBPF program_type kprobe is NOT available"));
    assert!(batch.contains("eBPF program_type kprobe is available"));
}

#[test]
fn words_that_make_no_question_are_refused() {
    for (words, told) in [
        (&["kernel", "dev", "lo"][..], "component to probe already specified"),
        (&["dev"], "'dev' needs at least 1 arguments, 0 found"),
        (&["dev", "no-such-one"], "unrecognized netdevice 'no-such-one': No such device"),
        (&["prefix", "A_"], "'prefix' argument can only be use after 'macros'"),
        (&["macros", "prefix", "A_", "prefix", "B_"], "'prefix' already defined"),
        (&["foo"], "expected no more arguments, 'kernel', 'dev', 'macros' or 'prefix', got: 'foo'?"),
    ] {
        let output = ours(&[&["feature", "probe"], words].concat());
        assert_eq!(output.status.code(), Some(255), "{words:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("Error: {told}\n"));
    }
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia"), "feature", "probe"])
        .output()
        .expect("this test needs setpriv");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains(
            "missing CAP_SYS_ADMIN, CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, required for full feature probing"
        ),
        "{told}"
    );
}
