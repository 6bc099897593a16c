//! `osmia attach` and `osmia detach`, as a person uses them; everything in a network namespace and directories of its own.
mod common;

use common::{Live, Scratch, eventually, osmia, run};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAMS: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
__u64 runs;
SEC("xdp") int pass(struct xdp_md *ctx) { __sync_fetch_and_add(&runs, 1); return XDP_PASS; }
SEC("tc") int classify(struct __sk_buff *skb) { return 0; }
SEC("raw_tp/sys_enter") int enter(void *ctx) { return 0; }
SEC("tp/syscalls/no_such_call") int missing(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"#;

/// An object, and a directory for pins; both are removed at the end.
struct Place {
    _scratch: Scratch,
    object: String,
    pins: PathBuf,
}

impl Place {
    /// In a network of this thread's own, which the commands that it starts share.
    fn new(name: &str) -> Self {
        let scratch = Scratch::new();
        let object = scratch.compile_bpf("all", PROGRAMS);
        osmia_sys::enter_new_network().expect("a network namespace");
        let pins = format!("/sys/fs/bpf/osmia-attach-{}-{name}", std::process::id()).into();
        Self { _scratch: scratch, object, pins }
    }

    fn of(&self, program: &str) -> String {
        format!("{}:{program}", self.object)
    }

    fn pin(&self, name: &str) -> String {
        self.pins.join(name).display().to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What is left of a failed test.
        let _ = std::fs::remove_dir_all(&self.pins);
    }
}

#[track_caller]
fn succeeds(arguments: &[&str]) -> String {
    let done = run(osmia().args(arguments));
    assert!(done.status.success(), "{arguments:?}: {done:#?}");
    done.out + &done.err
}

#[track_caller]
fn fails(arguments: &[&str]) -> String {
    run(osmia().args(arguments)).refused()
}

fn output(program: &str, arguments: &str) -> String {
    run(Command::new(program).args(arguments.split(' '))).out
}

fn ip(arguments: &str) -> String {
    output("ip", arguments)
}

#[test]
fn a_link_is_held_by_its_pin() {
    let place = Place::new("pin");
    let pin = place.pin("xdp");
    let said = succeeds(&["attach", &place.of("pass"), "xdp", "lo", "mode=skb", "--pin", &pin]);
    assert!(said.contains(&format!("pinned {pin}")), "{said}");
    assert!(ip("link show lo").contains("xdpgeneric"));
    let refused = fails(&["attach", &place.of("pass"), "xdp", "lo", "mode=skb"]);
    assert!(refused.contains("is there already"), "{refused}");
    let said = succeeds(&["detach", &pin]);
    assert!(said.contains("detached, and its pin removed"), "{said}");
    assert!(!ip("link show lo").contains("xdp"));
    assert!(!Path::new(&pin).exists());
}

#[test]
fn links_are_detached_together_and_others_are_told_from_them() {
    let place = Place::new("both");
    let (xdp, tcx) = (place.pin("xdp"), place.pin("tcx"));
    succeeds(&["attach", &place.of("pass"), "xdp", "lo", "mode=skb", "--pin", &xdp]);
    let done = run(osmia().args(["attach", &place.of("classify"), "tcx", "ingress", "lo", "--pin", &tcx]));
    // Linux before 6.6 has no such lists.
    let pins: Vec<&str> =
        [Some(xdp.as_str()), done.status.success().then_some(tcx.as_str())].into_iter().flatten().collect();
    // What is not there keeps nobody from the others.
    let done = run(osmia().args([&["detach", "/nowhere"], &pins[..]].concat()));
    assert_eq!(done.out.lines().count(), pins.len(), "{done:#?}");
    assert!(!done.status.success() && done.err.contains("/nowhere: No such file"), "{done:#?}");
    assert!(pins.iter().all(|pin| !Path::new(pin).exists()), "{done:#?}");
    for (word, says) in [
        ("/etc/passwd", "/etc/passwd is no pin"),
        ("/nowhere", "/nowhere: No such file"),
        ("link:first", "links have no names: `first` is neither the id of one nor the path of its pin"),
        ("link:4294967290", "there is no link 4294967290"),
    ] {
        let refused = fails(&["detach", word]);
        assert!(refused.contains(says), "{word}: {refused}");
    }
}

#[test]
fn without_a_pin_it_goes_with_the_command() {
    let place = Place::new("wait");
    let live = Live::start(osmia().args(["attach", &place.of("pass"), "xdp", "lo"]));
    eventually("a program at lo", || ip("link show lo").contains("xdp"));
    live.signal("INT");
    assert!(live.finish().status.success());
    assert!(!ip("link show lo").contains("xdp"));
}

#[test]
fn what_has_no_link_stays_when_asked() {
    let place = Place::new("stay");
    let object = place.of("classify");
    let refused = fails(&["attach", &object, "tc", "ingress", "lo", "--pin", &place.pin("tc")]);
    assert!(refused.contains("there is nothing to pin; `--stay`"), "{refused}");
    let filters = || output("tc", "filter show dev lo ingress");
    assert!(filters().is_empty(), "a failed attempt left something");
    succeeds(&["attach", &object, "tc", "ingress", "lo", "--stay"]);
    assert!(filters().contains("classify"));
    succeeds(&["detach", "tc", "ingress", "lo"]);
    assert!(filters().is_empty());
    let refused = fails(&["detach", "tc", "ingress", "lo"]);
    assert!(refused.contains("there is no such filter"), "{refused}");
}

#[test]
fn a_loaded_program_is_attached_by_its_pin() {
    let place = Place::new("loaded");
    succeeds(&["attach", &place.of("pass"), "--pin", &place.pin("")]);
    let (program, link) = (place.pin("pass"), place.pin("link"));
    succeeds(&["attach", &program, "xdp", "lo", "bare", "--stay"]);
    assert!(ip("link show lo").contains("xdp"));
    succeeds(&["detach", "xdp", "lo", &format!("prog={program}")]);
    succeeds(&["attach", &program, "xdp", "lo", "--pin", &link]);
    let refused = fails(&["detach", "xdp", "lo"]);
    assert!(refused.contains("detach the link"), "{refused}");
    succeeds(&["detach", &link]);
    assert!(!ip("link show lo").contains("xdp"));
    let refused = fails(&["attach", &program, "tcx", "ingress", "lo"]);
    assert!(
        refused.contains("`pass` is a xdp program, and that place takes sched_cls programs"),
        "{refused}"
    );
}

#[test]
fn what_is_not_there_is_left_out_with_the_reason() {
    let place = Place::new("partial");
    let object = place.object.clone();
    let said = succeeds(&["run", "--dry-run", &object]);
    assert!(said.contains("missing: left out: tracepoint:syscalls:no_such_call"), "{said}");
    assert!(said.contains("pass: loaded; its section `xdp` does not say where"), "{said}");
    assert!(said.contains("Attached 1 probe"), "{said}");
    let refused = fails(&["run", "--dry-run", "--strict", &object]);
    assert!(refused.contains("no_such_call"), "{refused}");
    let said = succeeds(&[
        "run",
        "--dry-run",
        &object,
        "--at",
        "missing=tp/syscalls/sys_enter_getpid",
        "--at",
        "pass=xdp lo",
    ]);
    assert!(said.contains("Attached 3 probes"), "{said}");
    let run = |places: [&str; 2]| {
        let mut words = vec!["run", "--dry-run", &object];
        places.iter().for_each(|place| words.extend(["--at", place]));
        run(osmia().args(words))
    };
    let both = run(["missing=tp/syscalls/sys_enter_getpid", "missing=tp/syscalls/sys_enter_gettid"]);
    assert!(both.status.success(), "{both:#?}");
    let one = run(["missing=tp/syscalls/sys_enter_getpid", "missing=tp/syscalls/sys_enter_getpidd"]);
    assert!((one.out + &one.err).contains("missing: left out: tracepoint:syscalls:sys_enter_getpidd"));
    let refused = run(["pass=xdp lo", "pass=tp/syscalls/sys_enter_getpid"]).refused();
    assert!(refused.contains("that place takes tracepoint programs"), "{refused}");
    let refused = fails(&["attach", &place.of("pas"), "xdp", "lo"]);
    assert!(refused.contains("did you mean `pass`?"), "{refused}");
    let refused = fails(&["attach", &place.of("enter"), "xdp", "lo"]);
    assert!(
        refused.contains(
            "is a raw_tracepoint program (section raw_tp/sys_enter), and that place takes xdp programs"
        ),
        "{refused}"
    );
}

#[test]
fn a_link_gets_another_program_and_its_cookie_is_shown() {
    let place = Place::new("update");
    succeeds(&["attach", &place.of("pass"), "xdp", "lo", "mode=skb", "--pin", &place.pin("xdp")]);
    succeeds(&["prog", "load", &place.object, &place.pin("next"), "type", "xdp"]);
    let link = || succeeds(&["link", "show", "pinned", &place.pin("xdp")]);
    let program =
        |shown: &str| shown.split("  ").find(|it| it.starts_with("prog ")).unwrap_or_default().to_owned();
    let before = link();
    succeeds(&["link", "update", "pinned", &place.pin("xdp"), "pinned", &place.pin("next")]);
    assert_ne!(program(&before), program(&link()), "{before}");
    assert_eq!(before.split(':').next(), link().split(':').next(), "it is another link");
    let pin = place.pin("raw");
    let (object, at) = (place.of("enter"), "raw_tp/sys_enter");
    succeeds(&["attach", &object, at, "cookie=77", "--pin", &pin]);
    let shown = succeeds(&["link", "show", "pinned", &pin]);
    assert!(shown.contains("cookie 77"), "links tell their cookie from Linux 6.16 on: {shown}");
    assert!(fails(&["attach", &object, "xdp", "lo", "cookie=1"]).contains("programs at `xdp` get no cookie"));
}
