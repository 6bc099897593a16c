//! `struct_ops` on live structures, beside bpftool 7.1 where that says the same. Needs root, clang-19, bpftool and a BPF file
//! system.
use serde_json::Value;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

const SOURCE: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
SEC("struct_ops") __u32 BPF_PROG(a_threshold_with_a_long_name, struct sock *sk) { return 2; }
SEC("struct_ops") void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked) {}
SEC("struct_ops") __u32 BPF_PROG(undo, struct sock *sk) { return 2; }
SEC("SECTION") struct tcp_congestion_ops NAME = {
    .ssthresh = (void *)a_threshold_with_a_long_name, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo, .name = "NAME",
};
char LICENSE[] SEC("license") = "GPL";
"#;

/// A folder that goes away with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A structure that is unregistered with it, if it still is.
struct Registered(&'static str);

impl Drop for Registered {
    fn drop(&mut self) {
        if available(self.0) {
            bpftool(&["struct_ops", "unregister", "name", self.0]);
        }
    }
}

/// Compiles a congestion control of this name.
fn object(section: &str, name: &str) -> (Folder, String) {
    let dir = std::env::temp_dir().join(format!("osmia-struct-ops-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("ops.bpf.c"), SOURCE.replace("SECTION", section).replace("NAME", name)).unwrap();
    let script = "bpftool btf dump file /sys/kernel/btf/vmlinux format c > vmlinux.h && \
        clang-19 -g -O2 --target=bpf -D__TARGET_ARCH_x86 -I. -c -o ops.bpf.o ops.bpf.c";
    let made = Command::new("sh").args(["-c", script]).current_dir(&dir).status().unwrap();
    assert!(made.success(), "this test needs bpftool and clang-19");
    let path = dir.join("ops.bpf.o").display().to_string();
    (Folder(dir), path)
}

fn bpftool(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_osmia")).arg0("bpftool").args(words).output().unwrap()
}

fn peer(words: &[&str]) -> String {
    let output = Command::new("bpftool").args(words).output().expect("this test needs bpftool");
    String::from_utf8(output.stdout).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn available(name: &str) -> bool {
    let all = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").unwrap();
    all.split_whitespace().any(|it| it == name)
}

#[test]
fn structures_are_registered_shown_dumped_and_unregistered() {
    let (_folder, file) = object(".struct_ops", "osmia_cli_one");
    let _registered = Registered("osmia_cli_one");
    let registered = bpftool(&["struct_ops", "register", &file]);
    let told = stderr(&registered);
    assert!(registered.status.success() && available("osmia_cli_one"), "{told}");
    let id = told.strip_prefix("Registered tcp_congestion_ops osmia_cli_one id ").unwrap().trim();
    let number: u32 = id.parse().unwrap();
    for words in [
        &["struct_ops", "show", "id", id][..],
        &["struct_ops", "list", "name", "osmia_cli_one"],
        &["-j", "struct_ops", "show", "name", "osmia_cli_one"],
        &["struct_ops", "dump", "name", "osmia_cli_one"],
        &["-j", "struct_ops", "dump", "name", "osmia_cli_one"],
        &["-p", "struct_ops", "dump", "name", "osmia_cli_one"],
    ] {
        let ours = bpftool(words);
        assert!(ours.status.success(), "{words:?}");
        // bpftool 7.1 has pointers without quotes for people.
        let quoted = |text: String| text.replace("\"(nil)\"", "(nil)");
        assert_eq!(quoted(stdout(&ours)), peer(words), "{words:?}");
    }
    assert!(
        stdout(&bpftool(&["struct_ops", "dump", "id", id])).contains("a_threshold_with_a_long_name/prog_id:")
    );
    // bpftool 7.1 has no array around one structure.
    let one: Value =
        serde_json::from_str(&stdout(&bpftool(&["-j", "struct_ops", "show", "id", id]))).unwrap();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    let all: Value = serde_json::from_str(&stdout(&bpftool(&["-j", "struct_ops"]))).unwrap();
    let mine = all.as_array().unwrap().iter().find(|it| it["id"] == number).unwrap();
    assert_eq!(
        (&mine["name"], &mine["kernel_struct_ops"]),
        (&"osmia_cli_one".into(), &"tcp_congestion_ops".into())
    );

    let again = bpftool(&["struct_ops", "register", &file]);
    assert_eq!(again.status.code(), Some(255));
    assert!(
        stderr(&again).starts_with("Error: can't register struct_ops osmia_cli_one: "),
        "{}",
        stderr(&again)
    );
    let gone = bpftool(&["struct_ops", "unregister", "name", "osmia_cli_one"]);
    assert_eq!(stderr(&gone), format!("Unregistered tcp_congestion_ops osmia_cli_one id {id}\n"));
    assert!(gone.status.success() && !available("osmia_cli_one"));
}

#[test]
fn structures_with_a_link_stay_where_its_pin_is() {
    let (_folder, file) = object(".struct_ops.link", "osmia_cli_two");
    let pins = format!("/sys/fs/bpf/osmia-struct-ops-{}", std::process::id());
    let _pins = Folder(pins.clone().into());
    let registered = bpftool(&["-j", "struct_ops", "register", &file, &pins]);
    assert_eq!((registered.status.code(), stdout(&registered).as_str()), (Some(0), "null\n"));
    assert!(available("osmia_cli_two"));
    let links: Value = serde_json::from_str(&stdout(&bpftool(&[
        "-j",
        "link",
        "show",
        "pinned",
        &format!("{pins}/osmia_cli_two"),
    ])))
    .unwrap();
    assert_eq!(links["type"], "struct_ops");
    let pin = format!("{pins}/osmia_cli_two");
    let updated = bpftool(&["struct_ops", "update", &file, "pinned", &pin]);
    assert!(updated.status.success(), "{}", stderr(&updated));
    let old = links;
    let links: Value =
        serde_json::from_str(&stdout(&bpftool(&["-j", "link", "show", "pinned", &pin]))).unwrap();
    assert!(links["id"] == old["id"] && links["map_id"] != old["map_id"], "{old} {links}");
    let (_other, other) = object(".struct_ops.link", "osmia_cli_six");
    let refused = stderr(&bpftool(&["struct_ops", "update", &other, "pinned", &pin]));
    assert!(refused.contains("by those of the same kind and name only"), "{refused}");
    let refused = bpftool(&["struct_ops", "unregister", "id", &links["map_id"].to_string()]);
    assert_eq!(refused.status.code(), Some(255));
    assert!(
        stderr(&refused).starts_with("Error: can't unload tcp_congestion_ops osmia_cli_two id "),
        "{}",
        stderr(&refused)
    );
    std::fs::remove_dir_all(&pins).unwrap();
    // The kernel takes its time.
    let gone = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        !available("osmia_cli_two")
    });
    assert!(gone);
    // Without a pin the link ends with the command, which says so.
    let passing = bpftool(&["struct_ops", "register", &file]);
    assert!(
        stderr(&passing).contains("without a LINK_DIR for its pin it ends with this command"),
        "{}",
        stderr(&passing)
    );
}

#[test]
fn what_is_no_structure_is_refused() {
    for (words, told) in [
        (&["show", "id", "zz"][..], "invalid id zz"),
        (&["show", "id", "0"], "invalid id 0"),
        (&["dump", "name", "nosuch"], "no struct_ops found for nosuch"),
        (&["unregister", "id", "4294967295"], "can't get map by id (4294967295): No such file or directory"),
    ] {
        let words = [&["struct_ops"], words].concat();
        let plain = bpftool(&words);
        assert_eq!(
            (plain.status.code(), stderr(&plain)),
            (Some(255), format!("Error: {told}\n")),
            "{words:?}"
        );
        let json: Value = serde_json::from_str(&stdout(&bpftool(&[&["-j"], &words[..]].concat()))).unwrap();
        assert_eq!(json["error"], told);
    }
    assert!(stderr(&bpftool(&["struct_ops", "show", "pinned", "/x"])).contains("Usage:"));
}
