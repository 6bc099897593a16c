//! What only the kernel knows of its own objects: names of tasks and files, cookies of sockets, bytes of packets.
use crate::common::{Scratch, osmia, run, script, symbols};

/// Two ends of a connection on this machine, and some words from one to the other.
const TALK: &str = r#"
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(to);
    char words[16];
    int heard = socket(AF_INET, SOCK_DGRAM, 0), said = socket(AF_INET, SOCK_DGRAM, 0);
    bind(heard, (struct sockaddr *)&to, sizeof(to));
    getsockname(heard, (struct sockaddr *)&to, &size);
    for (int i = 0; i < 3; i++) {
        sendto(said, "of packets", 10, 0, (struct sockaddr *)&to, size);
        recv(heard, words, sizeof(words), 0);
    }
    return 0;
}"#;

fn has_function(name: &str) -> bool {
    symbols().lines().any(|line| line.split(' ').nth(2) == Some(name))
}

/// Whether fentry programs can be put at functions of this kernel.
fn has_trampolines() -> bool {
    let done = run(osmia().args(["--dry-run", "-q", "-e", "fentry:security_file_open { }"]));
    assert!(done.status.success() || done.err.contains("trampoline"), "{done:?}");
    done.status.success()
}

#[test]
fn names_of_other_processes() {
    let text = "iter:task /ctx.task.tgid == pid/ { @own = comm(pid); @none = comm(0x7ffffffe); exit(); }";
    let done = run(osmia().args(["-q", "-e", text]));
    if !has_function("bpf_task_from_pid") {
        let err = done.refused();
        assert!(
            err.contains("HINT: it needs a function that this kernel does not have: bpf_task_from_pid()"),
            "{err}"
        );
        return;
    }
    assert!(done.out.ends_with("\n@none: N/A\n@own: osmia\n"), "{done:?}");
    assert!(done.err.contains(": WARNING: No such process\n"), "{done:?}");
}

#[test]
fn who_may_call_functions_of_the_kernel() {
    let there = has_function("bpf_task_from_pid");
    let text = "begin { print((kfunc_exist(\"bpf_task_from_pid\"), kfunc_exist(\"no_such\"), kfunc_allowed(\"no_such\"))); }";
    assert_eq!(script(text), format!("({there}, false, false)\n\n\n"));
    // Whoever is told that it may is taken at its word.
    let text =
        "iter:task { if comptime (kfunc_allowed(\"bpf_task_from_pid\")) { @ = comm(ctx.task.tgid); } }";
    let done = run(osmia().args(["-q", "-e", text]));
    assert!(done.status.success() && done.out.contains("@: ") == there, "{done:?}");
}

#[test]
fn cookies_of_sockets() {
    let scratch = Scratch::new();
    let talk = scratch.compile("talk", TALK, &[]);
    let text = "rawtracepoint:sock_send_length /pid == cpid/ { @[socket_cookie(args.sk) != 0] = count(); }";
    let done = run(osmia().args(["-q", "-e", text, "-c", &talk]));
    // Linux 6.3 has this tracepoint.
    if !has_function("__traceiter_sock_send_length") {
        assert!(done.refused().contains("No matches for rawtracepoint sock_send_length"));
        return;
    }
    assert!(done.ok().ends_with("\n@[true]: 3\n"));
}

#[test]
fn packets_in_files() {
    let scratch = Scratch::new();
    let talk = scratch.compile("talk", TALK, &[]);
    let file = scratch.path("x.pcap");
    let text = format!(
        "rawtracepoint:net_dev_queue /pid == cpid/ {{
            $skb = (struct sk_buff *)arg0;
            @[skboutput(\"{file}\", $skb, $skb.len, 14), skboutput(\"{file}\", $skb, 10000000, 0) < 0] = count(); }}"
    );
    let out = run(osmia().args(["-q", "-e", &text, "-c", &talk])).ok();
    assert!(out.ends_with("\n@[0, true]: 3\n"), "{out}");
    let bytes = std::fs::read(&file).expect("the file of packets");
    let (header, packets) = bytes.split_at(24);
    let word = |bytes: &[u8], at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("a word"));
    assert_eq!((word(header, 0), word(header, 20)), (0xa1b2_c3d4, 101), "{header:?}");
    // Headers of IP and UDP, and the words; an Ethernet header is left out.
    assert_eq!(packets.len(), 3 * (16 + 20 + 8 + 10), "{packets:x?}");
    for packet in packets.chunks(54) {
        assert_eq!((word(packet, 8), word(packet, 12)), (38, 38), "{packet:x?}");
        assert_eq!((packet[16], &packet[44..]), (0x45, &b"of packets"[..]), "{packet:x?}");
        assert!(word(packet, 0) > 1_600_000_000, "a time of this century: {packet:x?}");
    }
}

#[test]
fn names_of_files() {
    let scratch = Scratch::new();
    let file = scratch.write("named", "words");
    let text = "fentry:security_file_open /pid == cpid/ { @[path(args.file.f_path)] = 1; @end[path(args.file.f_path, 6)] = 1; }";
    let done = run(osmia().args(["-q", "-e", text, "-c", &format!("cat {file}")]));
    if !has_trampolines() {
        assert!(done.refused().contains("trampoline"));
        return;
    }
    let out = done.ok();
    assert!(out.contains(&format!("\n@[{file}]: 1\n")) && out.contains("\n@end[named]: 1\n"), "{out}");
    let text = "fentry:vfs_read { print(1); print(path(args.file.f_path)); }";
    let err = run(osmia().args(["-e", text])).refused();
    assert!(err.starts_with("stdin:1:35-57: ERROR: helper bpf_d_path not allowed in probe\n"), "{err}");
}
