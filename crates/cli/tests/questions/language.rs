//! The language, in the kernel and in this process: both print the same.
use crate::support::{command, finish, osmia, scratch};
use std::io::Write;
use std::process::Stdio;

/// Scripts made of `begin` and `end` alone, and what they print before the maps and after.
const SCRIPTS: &[(&str, &str)] = &[
    ("begin { @a = 5; @b = -3; @s = \"str\"; @t = (1, \"x\"); }", "@a: 5\n@b: -3\n@s: str\n@t: (1, x)\n"),
    (
        "begin { @c = count(); @c = count(); @s = sum(5); @s = sum(-7); @i = min(3); @i = min(-4); @m = max(3); @m = max(9); @v = avg(2); @v = avg(5); @st = stats(4); @st = stats(8); }",
        "@c: 2\n@i: -4\n@m: 9\n@s: -2\n@st: { .count = 2, .average = 6, .total = 12 }\n@v: 3\n",
    ),
    (
        "begin { @h = hist(-1); @h = hist(0); @h = hist(1); @h = hist(5); @h = hist(5); }",
        "@h:\n(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n[0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n[1]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n[2, 4)                 0 |                                                    |\n[4, 8)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n",
    ),
    (
        "begin { @l = lhist(-1, 0, 30, 10); @l = lhist(5, 0, 30, 10); @l = lhist(30, 0, 30, 10); }",
        "@l:\n(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n[0, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n[10, 20)               0 |                                                    |\n[20, 30)               0 |                                                    |\n[30, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n",
    ),
    ("begin { @[3] = 30; @[1] = 10; @[2] = 20; }", "@[1]: 10\n@[2]: 20\n@[3]: 30\n"),
    ("begin { @[\"b\", 1] = 2; @[\"a\", 2] = 1; }", "@[a, 2]: 1\n@[b, 1]: 2\n"),
    (
        "begin { @x[1] = 1; @x[2] = 2; delete(@x, 1); delete(@x[2]); @y = 3; zero(@y); @z[1] = count(); clear(@z); }",
        "@y: 0\n",
    ),
    (
        "begin { $i = 0; while ($i < 5) { $i++; if ($i == 2) { continue; } if ($i == 4) { break; } @[$i] = 1; } @i = $i; }",
        "@[1]: 1\n@[3]: 1\n@i: 4\n",
    ),
    (
        "begin { unroll(3) { @++; } for ($k : 2..5) { @r[$k] = $k * $k; } }",
        "@: 3\n@r[2]: 4\n@r[3]: 9\n@r[4]: 16\n",
    ),
    ("begin { @m[7] = 70; for ($kv : @m) { printf(\"%d=%d\\n\", $kv.0, $kv.1); } clear(@m); }", "7=70\n"),
    (
        "begin { printf(\"%d %u %x %s %c %5d|%-5d|%05d|%lld\\n\", -1, 3, 255, \"s\", 65, 42, 42, 42, 1 << 40); }",
        "-1 3 ff s A    42|42   |00042|1099511627776\n",
    ),
    ("begin { printf(\"%d %d %d %d\\n\", 1 + 2 * 3, (1 + 2) * 3, 7 / 2, -7 / 2); }", "7 9 3 -3\n"),
    ("begin { printf(\"%d %d %d %d\\n\", 1 << 4 | 1, 6 & 3 ^ 1, 7 % 3, ~0); }", "17 3 1 -1\n"),
    (
        "begin { $a = 5; $b = $a++ + ++$a; $a += 3; $a *= 2; $a -= 1; $a /= 3; printf(\"%d %d\\n\", $a, $b); }",
        "6 12\n",
    ),
    ("begin { printf(\"%d %d %d\\n\", (int8)200, (uint8)300, (uint16)-1); }", "-56 44 65535\n"),
    ("begin { printf(\"%s %s\\n\", 1 < 2 ? \"yes\" : \"no\", 2 < 1 ? \"yes\" : \"no\"); }", "yes no\n"),
    (
        "begin { if (1 && 0 || 1) { @a = 1 } else { @a = 2 } if (!1) { @b = 1 } else if (2 > 1) { @b = 2 } else { @b = 3 } }",
        "@a: 1\n@b: 2\n",
    ),
    ("begin /1 == 2/ { @never = 1; } begin /1/ { @once = 1; return; @never = 2; }", "@once: 1\n"),
    (
        "begin { $s = \"hello\"; if ($s == \"hello\") { @eq = 1 } if ($s != \"world\") { @ne = 1 } if (strncmp(\"hello\", \"help\", 3) == 0) { @n = 1 } }",
        "@eq: 1\n@n: 1\n@ne: 1\n",
    ),
    (
        "begin { @a = (1, (\"x\", 2)); print(@a.1.0); print((1, \"a\")); @r = (p = 1, q = \"z\"); print(@r.q); clear(@a); clear(@r); }",
        "x\n(1, a)\nz\n",
    ),
    (
        "begin { @[1] = 1; @[2] = 2; @[3] = 3; print(@, 2); print(@, 2, 2); clear(@); }",
        "@[2]: 2\n@[3]: 3\n@[2]: 1\n@[3]: 1\n",
    ),
    (
        "begin { @u = (uint64)18446744073709551615; @d = (uint64)10 - 20; }",
        "@d: -10\n@u: 18446744073709551615\n",
    ),
    ("begin { @x = 1; } begin { @x += 2; } end { @x *= 10; }", "@x: 30\n"),
    (
        "// words\nbegin { /* more */ @a = 0x10; @b = 010; @c = 1e3; @d = 1_000; @e = 0b101; }",
        "@a: 16\n@b: 8\n@c: 1000\n@d: 1000\n@e: 5\n",
    ),
    ("begin { printf(\"a\\tb\\\\\\\"\\x41\\n\"); }", "a\tb\\\"A\n"),
    (
        "struct p { int x; char y; short z : 4; }; begin { @s = sizeof(struct p); @o = offsetof(struct p, y); }",
        "@o: 4\n@s: 8\n",
    ),
    ("begin { @a[1] = 1; if (has_key(@a, 1) && !has_key(@a, 2)) { @ok = len(@a); } clear(@a); }", "@ok: 1\n"),
];

fn settled(out: &str) -> String {
    // The two empty lines before the maps.
    match out.rsplit_once("\n\n\n") {
        Some((before, maps)) => format!("{before}\n{maps}"),
        None => out.trim_start_matches('\n').to_owned(),
    }
}

#[test]
fn both_worlds_print_the_same() {
    for (script, expected) in SCRIPTS {
        for world in [&[][..], &["--vm"]] {
            let mut args = vec!["trace", "-q"];
            args.extend(world);
            args.extend(["-e", script]);
            let run = osmia(&args);
            assert_eq!(settled(run.ok()), *expected, "{world:?} {script}\n{run:?}");
        }
    }
}

#[test]
fn parameters_files_and_standard_input() {
    let text = "#!/usr/bin/env osmia\nbegin { printf(\"%d %s %d\\n\", $1, str($2), $#); exit(); }\n";
    let file = scratch().join("params.bt");
    std::fs::write(&file, text).expect("a script");
    let file = file.to_string_lossy();
    assert_eq!(osmia(&["-q", &file, "42", "word"]).ok(), "42 word 2\n\n\n");
    assert_eq!(osmia(&["run", "-q", &file, "42", "word"]).ok(), "42 word 2\n\n\n");
    let program = "begin { printf(\"%d %s %d %d\\n\", $1, str($2), $#, getopt(\"n\", 3 * 4)); }";
    for verb in ["run", "trace"] {
        assert_eq!(osmia(&[verb, "-q", "-e", program, "--", "42", "word"]).ok(), "42 word 2 12\n\n\n");
        assert_eq!(osmia(&[verb, "-l", "software:cpu-clock:"]).ok(), "software:cpu-clock:\n");
        assert!(osmia(&[verb, "--info"]).ok().contains("System"));
    }
    let mut command = command(&["trace", "-q", "-", "7", "x"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("osmia starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("osmia reads");
    assert_eq!(finish(child).ok(), "7 x 2\n\n\n");
}

#[test]
fn json_is_json() {
    let script = "begin { @x[1, \"a\"] = 5; @h = hist(5); @s = stats(4); printf(\"\\xff\\x01\\\"\\\\\"); print((1, \"b\")); print(\"q\"); }";
    let run = osmia(&["trace", "-f", "json", "-e", script]);
    for line in run.ok().lines() {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok_and(|value| value["type"].is_string()), "{line}");
    }
    assert!(run.out.contains("{\"type\": \"map\", \"data\": {\"@x\": {\"1,a\": 5}}}\n"), "{run:?}");
    assert!(
        run.out
            .contains("{\"type\": \"hist\", \"data\": {\"@h\": [{\"min\": 4, \"max\": 7, \"count\": 1}]}}\n"),
        "{run:?}"
    );
}

#[test]
fn output_to_a_file() {
    let file = scratch().join("output");
    let path = file.to_string_lossy();
    let run = osmia(&["trace", "-o", &path, "-e", "begin { printf(\"there\\n\"); @ = 1; }"]);
    assert_eq!(run.ok(), "");
    assert_eq!(std::fs::read_to_string(&file).expect("the output"), "there\n\n\n@: 1\n");
}

#[test]
fn exit_has_a_code() {
    let run = osmia(&["-q", "-e", "begin { exit(3); }"]);
    assert_eq!(run.code, Some(3), "{run:?}");
}

#[test]
fn stages_are_shown() {
    for (stage, word) in [
        ("ast", "begin"),
        ("types", "Program"),
        ("ir", "func"),
        ("ir-opt", "func"),
        ("bytecode", "exit"),
        ("object", "license GPL"),
    ] {
        let run = osmia(&["trace", "-d", stage, "-e", "begin { @ = 1; }"]);
        assert!(run.ok().contains(word), "{stage}: {run:?}");
    }
}

#[test]
fn without_root_in_this_process() {
    let text =
        "begin { @n = 0; } interval:ms:20 { @n++; if (@n == 3) { exit(); } } end { printf(\"end\\n\"); }";
    let mut command = std::process::Command::new("setpriv");
    command.args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]);
    // The binary may lie where nobody else may read: it is handed on by its descriptor.
    let copy = std::env::temp_dir().join(format!("osmia-for-all-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_osmia"), &copy).expect("a copy");
    command.arg(&copy).args(["trace", "-q", "--vm", "-e", text]);
    let output = command.output().expect("setpriv runs");
    let refused = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"])
        .arg(&copy)
        .args(["-e", "begin { }  tracepoint:sched:sched_switch { @ = count(); }"])
        .output()
        .expect("setpriv runs");
    std::fs::remove_file(&copy).expect("the copy can be removed");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "end\n\n\n@n: 3\n", "{output:?}");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    // Nothing there makes that event happen: it is no way out.
    assert!(message.contains("tracing needs root") && !message.contains("--vm"), "{message}");
    // It compiled: the event is known by the kernel's types. A run that cannot begin has the status that bpftrace gives it.
    assert_eq!(refused.status.code(), Some(255));
}
