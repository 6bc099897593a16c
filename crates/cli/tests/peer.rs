//! Where the distribution's bpftrace 0.17 and osmia speak the same language, they say the same.
//!
//! Both run each script, whose data is made in `BEGIN`, and their standard output is compared. What differs on purpose,
//! since later versions of bpftrace differ from 0.17 in it, is taken away first: see `plain`.
mod common;

use common::{osmia, run};
use std::process::Command;
use std::sync::Mutex;

const SCRIPTS: &[&str] = &[
    // Words and numbers.
    r#"BEGIN { printf("hello world.\n"); exit(); }"#,
    r#"BEGIN { printf("%d %u %x %X %o %c|%5d|%-5d|%05d|%ld %lu %lx\n", -5, 5, 255, 255, 8, 65, 42, 42, 42, -7, 7, 1 << 40); exit(); }"#,
    r#"BEGIN { printf("%s|%10s|%-10s|%s\n", "ab", "cd", "ef", ""); exit(); }"#,
    r#"BEGIN { printf("%d\t\"quoted\" \\ \x41\n", 50); exit(); }"#,
    r#"BEGIN { printf("%lld %llu %hd %hhd\n", -1, 1, 70000, 300); exit(); }"#,
    r#"BEGIN { printf("%d %d %d %d %d\n", 7 / 2, 7 % 3, 1 << 4 | 1, 6 & 3 ^ 5, -7 + 2 * 3); exit(); }"#,
    r#"BEGIN { printf("%d %d %d %d\n", 2 < 3 && 3 < 2, 2 < 3 || 3 < 2, !0, ~5); exit(); }"#,
    r#"BEGIN { printf("%d %d %d\n", (int8)200, (uint8)300, (int32)0xffffffff); exit(); }"#,
    r#"BEGIN { printf("%lu %ld\n", (uint64)-1, (int64)-1); exit(); }"#,
    // Variables, branches, loops.
    r#"BEGIN { $x = 5; $x += 3; $x -= 1; $x *= 6; $x /= 4; $x %= 7; $x <<= 4; $x >>= 1; $x |= 1; $x &= 0xfd; $x ^= 2; printf("%d\n", $x); exit(); }"#,
    r#"BEGIN { $x = 1; printf("%d %d", $x++, ++$x); printf(" %d %d\n", $x--, --$x); exit(); }"#,
    r#"BEGIN { $x = 2; if ($x == 1) { printf("1\n"); } else if ($x == 2) { printf("2\n"); } else { printf("3\n"); } exit(); }"#,
    r#"BEGIN { $x = 5; printf("%s %d\n", $x > 3 ? "yes" : "no", $x < 3 ? 1 : 2); exit(); }"#,
    r#"BEGIN { $i = 0; while ($i < 10) { if ($i == 2) { $i++; continue; } if ($i == 6) { break; } printf("%d ", $i); $i++; } exit(); }"#,
    r#"BEGIN { $i = 1; unroll (4) { printf("%d ", $i); $i *= 2; } exit(); }"#,
    r#"BEGIN /1 == 1/ { printf("in\n"); exit(); }"#,
    r#"BEGIN /1 == 2/ { printf("out\n"); } BEGIN2 { } "#,
    r#"BEGIN { $t = (1, "two", (3, 4)); printf("%d %s %d\n", $t.0, $t.1, $t.2.1); print($t); exit(); }"#,
    r#"BEGIN { $s = "abc"; if ($s == "abc") { printf("same\n"); } if ($s != "abd") { printf("other\n"); } printf("%d\n", strncmp("abcd", "abxy", 2)); exit(); }"#,
    // Maps: the order and layout of entries.
    r#"BEGIN { @b = 2; @a = 1; @c = 3; exit(); }"#,
    r#"BEGIN { @["b"] = 2; @["a"] = 3; @["c"] = 1; exit(); }"#,
    r#"BEGIN { @[3] = 30; @[-1] = 10; @[2] = 20; exit(); }"#,
    r#"BEGIN { @[1, "x"] = 3; @[1, "w"] = 2; @[0, "z"] = 1; exit(); }"#,
    r#"BEGIN { @[1, 2, 3] = 6; @[3, 2, 1] = 5; exit(); }"#,
    r#"BEGIN { @s = "text"; @k["a"] = "one"; @k["b"] = "two"; exit(); }"#,
    r#"BEGIN { @c = count(); @c = count(); @s = sum(5); @s = sum(7); @mn = min(3); @mn = min(1); @mx = max(9); @mx = max(2); @a = avg(10); @a = avg(21); exit(); }"#,
    r#"BEGIN { @c["p"] = count(); @c["q"] = count(); @c["q"] = count(); @s["x"] = sum(5); @a["y"] = avg(4); @a["z"] = avg(2); exit(); }"#,
    r#"BEGIN { @mn["a"] = min(5); @mn["b"] = min(2); @mx["a"] = max(5); @mx["b"] = max(2); exit(); }"#,
    r#"BEGIN { @h = hist(0); @h = hist(1); @h = hist(3); @h = hist(3); @h = hist(70); @h = hist(5000); @h = hist(3000000); exit(); }"#,
    r#"BEGIN { @h = hist(-5); @h = hist(5); exit(); }"#,
    r#"BEGIN { @h["x"] = hist(5); @h["y"] = hist(7); @h["y"] = hist(9); exit(); }"#,
    r#"BEGIN { @l = lhist(-1, 0, 30, 10); @l = lhist(5, 0, 30, 10); @l = lhist(25, 0, 30, 10); @l = lhist(99, 0, 30, 10); exit(); }"#,
    r#"BEGIN { @l = lhist(15, 10, 50, 10); @l = lhist(35, 10, 50, 10); @l = lhist(35, 10, 50, 10); exit(); }"#,
    r#"BEGIN { @l["a"] = lhist(5, 0, 10, 5); @l["b"] = lhist(5, 0, 10, 5); exit(); }"#,
    r#"BEGIN { @l = lhist(1500, 0, 3000, 500); @l = lhist(100000, 0, 200000, 50000); exit(); }"#,
    r#"BEGIN { @[1] = 10; @[2] = 20; delete(@[1]); exit(); }"#,
    r#"BEGIN { @[1] = 10; @[2] = 20; clear(@); @b = 1; exit(); }"#,
    r#"BEGIN { @[1] = 10; zero(@); exit(); }"#,
    r#"BEGIN { @[1] = 10; @[2] = 20; @[3] = 15; print(@); print(@, 2); clear(@); exit(); }"#,
    r#"BEGIN { @[1] = 1000; @[2] = 3000; print(@, 0, 1000); clear(@); exit(); }"#,
    r#"BEGIN { @x = 5; @x++; ++@x; @x += 3; @x -= 1; printf("%d\n", @x); exit(); }"#,
    r#"BEGIN { @a[1] = 1; @b[@a[1] + 1] = 2; printf("%d %d\n", @b[2], @b[7]); exit(); }"#,
    r#"BEGIN { @t = (1, "two"); @k[1] = (3, (4, 5)); exit(); }"#,
    r#"BEGIN { print(5); print("text"); print((1, (2, "x"))); print(-3); exit(); }"#,
    r#"BEGIN { @ = count(); @[1] = 1; }"#,
    // Functions.
    r#"BEGIN { printf("%s\n", ntop(0x0100007f)); printf("%s\n", str($1)); exit(); }"#,
    r#"BEGIN { printf("%d %d\n", pid > 0, uid == 0); printf("%d\n", sizeof(uint16)); exit(); }"#,
    r#"BEGIN { printf("%r\n", buf("a\x01b", 3)); exit(); }"#,
    r#"BEGIN { join($1); exit(); } "#,
    r#"BEGIN { printf("%s\n", kaddr("vfs_read") > 0 ? "there" : "not"); exit(); }"#,
    r#"struct pair { int a; char b[4]; } BEGIN { printf("%d\n", sizeof(struct pair)); exit(); }"#,
    r#"enum colour { RED, GREEN = 5, BLUE } BEGIN { printf("%d\n", BLUE); exit(); }"#,
    // Comments, several blocks, the end.
    "// first\nBEGIN /* second */ { printf(\"1\\n\"); // third\n /* fourth */ exit(); }",
    r#"BEGIN { printf("1\n"); exit(); } END { printf("2\n"); @x = 1; }"#,
];

/// What remains when what differs on purpose is taken away:
/// * 0.17 says how many probes it attaches on standard output;
/// * 0.17 puts an empty line around maps with keys, and a blank behind the name of a histogram.
fn plain(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Attaching ") && !line.is_empty());
    lines
        .map(|line| {
            format!("{}\n", line.strip_suffix(": ").map_or(line.to_owned(), |name| format!("{name}:")))
        })
        .collect()
}

#[test]
fn the_same_words() {
    let wrong = Mutex::new(Vec::new());
    let next = Mutex::new(SCRIPTS.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(script) = next.lock().expect("scripts").next() else { break };
                    if let Err(words) = compare(script) {
                        wrong.lock().expect("wrong").push(words);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("wrong");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), SCRIPTS.len(), wrong.join("\n"));
}

fn compare(script: &str) -> Result<(), String> {
    let theirs = run(Command::new("bpftrace").args(["-e", script]));
    let ours = run(osmia().args(["-e", script]));
    let both = (theirs.status.success(), ours.status.success());
    if both.0 != both.1 {
        return Err(format!(
            "{script}\n  status: theirs {:?}, ours {:?}\n{}{}",
            theirs.status, ours.status, theirs.err, ours.err
        ));
    }
    let (theirs, ours) = (plain(&theirs.out), plain(&ours.out));
    if theirs == ours {
        return Ok(());
    }
    Err(format!("{script}\n-- theirs\n{theirs}-- ours\n{ours}"))
}

#[test]
fn the_same_lists() {
    for pattern in ["tracepoint:sched:*", "tracepoint:syscalls:sys_enter_open*", "rawtracepoint:sched_*"] {
        let theirs = run(Command::new("bpftrace").args(["-l", pattern]));
        let ours = run(osmia().args(["-l", pattern])).ok();
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines.dedup();
            lines
        };
        let (theirs, ours) = (sorted(&theirs.out), sorted(&ours));
        if pattern.starts_with("rawtracepoint") {
            // Later versions name the module where 0.17 does not.
            let short = |line: &String| line.rsplit(':').next().unwrap_or_default().to_owned();
            let known: Vec<String> = ours.iter().map(short).collect();
            assert!(
                theirs.iter().all(|line| known.contains(&short(line))),
                "{pattern}: {theirs:?}\n{ours:?}"
            );
            continue;
        }
        assert_eq!(theirs, ours, "{pattern}");
    }
}

#[test]
fn the_same_fields() {
    let pattern = "tracepoint:sched:sched_switch";
    let theirs = run(Command::new("bpftrace").args(["-lv", pattern]));
    let ours = run(osmia().args(["-lv", pattern])).ok();
    let squeeze = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| {
                line.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ;", "").replace(';', "")
            })
            .collect()
    };
    assert_eq!(squeeze(&theirs.out), squeeze(&ours));
}
