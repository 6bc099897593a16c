//! What is lost is counted and told; what can be kept is kept.
mod common;

use common::{Live, Scratch, osmia, run, signal};
use std::process::Command;

/// Calls `key` with 0, 1, … once for each of so many numbers, or `getpgid` as often.
const CALLS: &str = r#"
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) void key(long n) { __asm__ volatile("" :: "r"(n)); }
int main(int argc, char **argv) {
    long n = atol(argv[1]);
    for (long i = 0; i < n; i++) if (argc > 2) getpgid(0); else key(i);
}
"#;

/// More keys than a map has room for are all counted.
#[test]
fn keys_without_room_are_kept_by_the_reader() {
    let scratch = Scratch::new();
    let calls = scratch.compile("calls", CALLS, &["-O1"]);
    let script = format!(
        "uprobe:{calls}:key {{ @c[arg0] = count(); @s[arg0 % 5000] = sum(arg0); @m[arg0 % 5000] = max(arg0);
           @h[arg0 % 3000] = hist(arg0); }}"
    );
    let command = format!("{calls} 20000");
    let out = run(osmia().args(["--strict", "-q", "-f", "json", "-e", &script, "-c", &command])).ok();
    let maps: Vec<serde_json::Value> = common::json_lines(&out);
    let map = |name: &str| {
        let found = maps.iter().find_map(|line| line["data"][name].as_object());
        found.unwrap_or_else(|| panic!("no {name}: {out}"))
    };
    let total = |name: &str| map(name).values().filter_map(serde_json::Value::as_u64).sum::<u64>();
    assert_eq!((map("@c").len(), total("@c")), (20_000, 20_000));
    assert_eq!((map("@s").len(), total("@s")), (5_000, (0..20_000).sum()));
    assert_eq!((map("@m").len(), total("@m")), (5_000, (15_000..20_000).sum()));
    let buckets = map("@h").values().flat_map(|rows| rows.as_array().into_iter().flatten());
    assert_eq!(buckets.filter_map(|row| row["count"].as_u64()).sum::<u64>(), 20_000);
}

/// What the reader keeps is cleared, zeroed and deleted like the rest.
#[test]
fn kept_keys_are_the_maps_own() {
    let script = "config = { max_map_keys = 2 }
        begin { for $i : 0..6 { @a[$i] = count(); @b[$i] = count(); @c[$i] = sum($i); @d[$i] = hist($i); }
                clear(@b); delete(@c, 5); delete(@c, 0); delete(@d, 4); zero(@a); print(@a); clear(@a); }";
    let out = run(osmia().args(["--strict", "-q", "-e", script])).ok();
    let lines = |map: &str| out.lines().filter(|line| line.starts_with(map)).collect::<Vec<_>>();
    assert_eq!(lines("@a"), ["@a[0]: 0", "@a[1]: 0", "@a[2]: 0", "@a[3]: 0", "@a[4]: 0", "@a[5]: 0"]);
    assert!(lines("@b").is_empty(), "{out}");
    assert_eq!(lines("@c"), ["@c[1]: 1", "@c[2]: 2", "@c[3]: 3", "@c[4]: 4"]);
    assert_eq!(lines("@d"), ["@d[0]:", "@d[1]:", "@d[2]:", "@d[3]:", "@d[5]:"]);
}

/// A script that looks into a map does not see what the reader keeps: that is told for the map.
#[test]
fn kept_keys_are_not_seen_by_the_script() {
    for look in ["print(len(@a));", "for ($kv : @a) { }", "print(has_key(@a, 5));", "print(@a[5] + 1);"] {
        let script = format!(
            "config = {{ max_map_keys = 2 }}
             begin {{ for $i : 0..6 {{ @a[$i] = count(); @b[$i] = count(); }} {look} }}"
        );
        let done = run(osmia().args(["--strict", "-q", "-e", &script]));
        assert_eq!(done.status.code(), Some(3), "{look}: {done:?}");
        assert!(done.err.contains("WARNING: Map full. @a: 4 updates of keys for which"), "{look}: {done:?}");
        assert!(!done.err.contains("@b") && done.out.contains("@a[5]: 1\n"), "{look}: {done:?}");
    }
}

/// A size that the script declares is a limit: what is beyond it is lost, and counted for the map.
#[test]
fn a_declared_size_is_a_limit() {
    let script = "let @a = percpuhash(2); begin { for $i : 0..6 { @a[$i] = count(); } }";
    let done = run(osmia().args(["--strict", "-e", script]));
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert!(
        done.err.contains("WARNING: Map full; can't update element. @a: 4 updates were lost"),
        "{done:?}"
    );
    let done = run(osmia().args(["-f", "json", "-e", script]));
    assert!(done.status.success(), "{done:?}");
    let loss = r#"{"type": "loss", "data": {"kind": "updates", "map": "@a", "count": 4}}"#;
    assert!(done.out.lines().any(|line| line == loss), "{done:?}");
}

/// Events that come while the reader is stopped and its buffer is full are counted for their probe.
#[test]
fn lost_events_are_counted_for_their_probe() {
    let scratch = Scratch::new();
    let calls = scratch.compile("calls", CALLS, &["-O1"]);
    let script = "config = { perf_rb_pages = 1 }
        tracepoint:syscalls:sys_enter_getpgid /comm == \"calls\"/ { printf(\"0123456789\\n\"); }
        tracepoint:syscalls:sys_exit_getpgid /comm == \"none\"/ { printf(\"never\\n\"); }";
    let mut live = Live::attached(&["--strict", "-e", script]);
    live.signal("STOP");
    run(Command::new(&calls).args(["2000", "getpgid"])).ok();
    live.signal("CONT");
    live.until("0123456789");
    signal(live.pid(), "INT");
    let done = live.finish();
    let printed = done.out.lines().filter(|line| *line == "0123456789").count();
    let lost = done.err.lines().find_map(|line| line.strip_prefix("Lost ")?.strip_suffix(" events"));
    let lost: usize = lost.and_then(|lost| lost.parse().ok()).unwrap_or(0);
    assert!(lost > 0, "{done:?}");
    assert_eq!(printed + lost, 2000, "{:?}", done.err);
    assert!(done.err.contains(&format!("WARNING: Total lost event count: {lost}\n")), "{:?}", done.err);
    let line = format!("WARNING: tracepoint:syscalls:sys_enter_getpgid lost {lost} events");
    assert!(done.err.contains(&line) && !done.err.contains("sys_exit_getpgid"), "{:?}", done.err);
    assert_eq!(done.status.code(), Some(3), "{:?}", done.err);
}

/// Losses are told while the run goes on, each of them once, and all together at its end.
#[test]
fn lost_events_are_told_while_the_run_goes_on() {
    let scratch = Scratch::new();
    let calls = scratch.compile("calls", CALLS, &["-O1"]);
    let script = "config = { perf_rb_pages = 1 }
        tracepoint:syscalls:sys_enter_getpgid /comm == \"calls\"/ { printf(\"0123456789\\n\"); }";
    let count = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["count"], line["data"]["events"], "{line}");
        line["count"].as_u64().expect("a count")
    };
    let mut live = Live::start(osmia().args(["-f", "json", "-e", script]));
    live.until("attached_probes");
    let mut told = 0;
    for _ in 0..2 {
        live.signal("STOP");
        run(Command::new(&calls).args(["2000", "getpgid"])).ok();
        live.signal("CONT");
        told += count(&live.until("lost_events"));
    }
    signal(live.pid(), "INT");
    let done = live.finish();
    let lines = done.out.lines().filter(|line| line.contains("lost_events"));
    assert_eq!(lines.map(count).sum::<u64>(), told, "nothing is told twice: {done:?}");
    let printed = done.out.lines().filter(|line| line.contains("0123456789")).count() as u64;
    assert_eq!(printed + told, 4000, "{:?}", done.err);
    assert!(done.err.contains(&format!("WARNING: Total lost event count: {told}\n")), "{:?}", done.err);
}

/// A loop in a probe that runs by request sends more than its buffer holds: it is read meanwhile, and what it was too
/// fast for is counted.
#[test]
fn what_a_loop_sends_is_printed_or_counted() {
    let script = "config = { perf_rb_pages = 1 } begin { for $i : 0..400 { printf(\"%d\\n\", $i); } }";
    let done = run(osmia().args(["-q", "-e", script]));
    let printed = done.out.lines().filter(|line| !line.is_empty()).count();
    let lost = done.err.lines().find_map(|line| line.strip_prefix("Lost ")?.strip_suffix(" events"));
    let lost: usize = lost.and_then(|lost| lost.parse().ok()).unwrap_or(0);
    assert_eq!(printed + lost, 400, "{done:?}");
}

/// What an argument does is done even where its record is lost.
#[test]
fn what_is_said_in_vain_was_still_done() {
    let bodies = [
        "for $j : 0..4000 { printf(\"%s %d\\n\", comm, @n++); }",
        "let $i: int64; for $j : 0..4000 { printf(\"%s %d\\n\", comm, $i++); } @n = $i;",
        "let $i: int64; for $j : 1..4001 { printf(\"%s %d\\n\", comm, {$i = $j; $i}); } @n = $i;",
        "let $i: int64; for $j : 0..4000 { @n = $i; printf(\"%s %d\\n\", comm, {$i = $j; $i}); } @n += 2;",
    ];
    for body in bodies {
        let script = format!("config = {{ perf_rb_pages = 1 }} begin {{ {body} }}");
        let done = run(osmia().args(["-q", "-e", &script]));
        let last = done.out.lines().last();
        assert!(done.out.ends_with("\n@n: 4000\n"), "{body}: {:?} {last:?}", done.err);
    }
}
