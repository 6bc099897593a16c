//! The language: the same script says the same in the kernel and in this process.
use crate::common::{Scratch, osmia, run, run_with};

/// Scripts and what they print before the two blank lines.
const CASES: &[(&str, &str)] = &[
    // Arithmetic with C's precedence and types.
    ("begin { printf(\"%d %d %d %d\\n\", 1 + 2 * 3, (1 + 2) * 3, 7 / 2, -7 / 2); }", "7 9 3 -3\n"),
    ("begin { printf(\"%d %d %d\\n\", 7 % 3, 1 << 4 | 1, 0xff & ~0xf ^ 1); }", "1 17 241\n"),
    ("begin { printf(\"%d %d %d %d\\n\", 2 < 3 == 1, 1 || 0 && 0, !5, !0); }", "1 1 0 1\n"),
    (
        "begin { printf(\"%x %o %u %lx %c %5d|%-5d|%05d\\n\", 255, 8, 3, 1 << 40, 65, 42, 42, 42); }",
        "ff 10 3 10000000000 A    42|42   |00042\n",
    ),
    (
        "begin { printf(\"%d\\n\", (int8)300); printf(\"%d\\n\", (uint8)-1); printf(\"%d\\n\", (int32)0xffffffff); }",
        "44\n255\n-1\n",
    ),
    (
        "begin { $a = (uint8)200; $b = (int16)-3; print(($a, $b)); printf(\"%d\\n\", $a + $b); }",
        "(200, -3)\n197\n",
    ),
    (
        "begin { $big = 9223372036854775807; printf(\"%ld\\n\", $big); printf(\"%lu\\n\", (uint64)-1); }",
        "9223372036854775807\n18446744073709551615\n",
    ),
    ("begin { printf(\"%d %d\\n\", 1_000_000, 1e6); }", "1000000 1000000\n"),
    (
        "begin { $x = 5; $x += 3; $x -= 1; $x *= 6; $x /= 4; $x %= 7; $x <<= 4; $x >>= 1; $x |= 1; $x &= 0xfd; $x ^= 2; print($x); }",
        "27\n",
    ),
    // ++ and -- on both sides, of variables and maps.
    (
        "begin { $x = 1; print($x++); print(++$x); print($x--); print(--$x); @a = 5; print(@a++); print(++@a); clear(@a); }",
        "1\n3\n3\n1\n5\n7\n",
    ),
    // Macros, what is decided when the script is compiled, and what is written in the language itself.
    ("macro inc($x) { $x += 1; $x } begin { $a = 1; $b = inc($a); print(($a, $b)); }", "(2, 2)\n"),
    ("macro sum(a, b) { $s = a + b; $s } begin { $s = 9; print((sum(1, sum(2, 3)), $s)); }", "(6, 9)\n"),
    (
        "macro fill(@m, n) { for $i : 0..n { @m[$i] = $i * 2; } } begin { fill(@a, 3); print((@a[1], @a[2])); clear(@a); }",
        "(2, 4)\n",
    ),
    ("macro size(t) { sizeof(t[3]) } begin { print(size(typeof(uint32))); }", "12\n"),
    (
        "macro kind(x) { if comptime (is_str(x)) { \"text\" } else { \"number\" } } begin { print((kind(\"a\"), kind(1))); }",
        "(text, number)\n",
    ),
    (
        "begin { @m[1] = 5; $out = 0; print((find(@m, 1, $out), find(@m, 2, $out), $out)); clear(@m); }",
        "(true, false, 5)\n",
    ),
    (
        "begin { print((getopt(\"n\", 5), getopt(\"on\"), is_err(-1), comptime (2 * 3))); }",
        "(5, false, true, 6)\n",
    ),
    // Functions.
    (
        "fn larger($a : int64, $b : int64) : int64 { if ($a > $b) { return $a; } return $b; } begin { print((larger(3, 5), larger(larger(9, 2), 4))); }",
        "(5, 9)\n",
    ),
    (
        "fn note($n : int64) : void { @seen[$n] = 1; if ($n > 1) { return; } @small = $n; } begin { note(1); note(2); print((has_key(@seen, 2), @small)); clear(@seen); clear(@small); }",
        "(true, 1)\n",
    ),
    // Words.
    (
        "begin { $n = 2; print((strerror($n), signal_name($n), syscall_name($n))); }",
        "(No such file or directory, Interrupt, open)\n",
    ),
    (
        "begin { $a = \"ab\"; $b = str_concat($a, str_concat(\"/\", $a)); print(($b, strlen($b), memcmp($a, \"ac\", 2))); }",
        "(ab/ab, 5, -1)\n",
    ),
    // Branches.
    ("begin { $x = 3; if ($x > 2) { print(\"more\"); } else { print(\"less\"); } }", "more\n"),
    (
        "begin { $x = 2; if ($x == 1) { print(1); } else if ($x == 2) { print(2); } else { print(3); } }",
        "2\n",
    ),
    ("begin { if (0) { print(1); } else { print(0); } }", "0\n"),
    ("begin { $x = 5; print($x > 3 ? \"yes\" : \"no\"); print($x < 3 ? 1 : $x == 5 ? 2 : 3); }", "yes\n2\n"),
    // Loops.
    (
        "begin { $i = 0; while ($i < 5) { if ($i == 1) { $i++; continue; } if ($i == 4) { break; } print($i); $i++; } }",
        "0\n2\n3\n",
    ),
    ("begin { $i = 1; unroll (3) { print($i); $i = $i * 2; } }", "1\n2\n4\n"),
    ("begin { $i = 0; $sum = 0; while ($i < 1000) { $sum += $i; $i++; } print($sum); }", "499500\n"),
    (
        "begin { @m[1] = 10; @m[2] = 20; $sum = 0; for ($kv : @m) { $sum += $kv.0 * $kv.1; } print($sum); clear(@m); }",
        "50\n",
    ),
    (
        "begin { @m[\"a\", 1] = 10; for ($kv : @m) { print($kv); print($kv.0.1); } clear(@m); }",
        "((a, 1), 10)\n1\n",
    ),
    ("begin { for ($i : 0..3) { print($i); } }", "0\n1\n2\n"),
    ("begin { $i = 0; while (1) { $i++; if ($i > 10) { return; } if ($i == 9) { print($i); } } }", "9\n"),
    // How often these turn nobody knows before.
    ("begin { $i = 0; while ($i < pid) { $i++; } print($i == pid); }", "true\n"),
    // Strings.
    (
        "begin { $s = \"abc\"; if ($s == \"abc\") { print(\"same\"); } if ($s != \"abd\") { print(\"other\"); } }",
        "same\nother\n",
    ),
    (
        "begin { @s = \"text\"; print(@s); print(strncmp(\"abcd\", \"abxy\", 2)); print(strlen(@s)); clear(@s); }",
        "@s: text\n0\n4\n",
    ),
    ("begin { print(strncmp(\"a\", \"b\", 1) != 0); print(str(\"abcdef\", 4)); }", "true\nabcd\n"),
    ("begin { printf(\"%s|%10s|%-10s|\\n\", \"ab\", \"cd\", \"ef\"); }", "ab|        cd|ef        |\n"),
    ("begin { printf(\"tab\\tquote\\\"back\\\\ %% \\x41 \\101\\n\"); }", "tab\tquote\"back\\ % A A\n"),
    // Tuples, maps with several keys.
    ("begin { $t = (1, \"two\", (3, 4)); print($t.0); print($t.1); print($t.2.1); }", "1\ntwo\n4\n"),
    ("begin { @m[1, \"a\"] = 5; print(@m[1, \"a\"]); print(@m[2, \"b\"]); clear(@m); }", "5\n0\n"),
    ("begin { @m[(1, 2)] = 5; @m[1, 3] = 6; print(@m[1, 2] + @m[1, 3]); clear(@m); }", "11\n"),
    (
        "begin { @m[1] = 1; if (has_key(@m, 1)) { print(\"has\"); } if (!has_key(@m, 2)) { print(\"has not\"); } print(len(@m)); delete(@m, 1); print(len(@m)); }",
        "has\nhas not\n1\n0\n",
    ),
    // Comments.
    ("// first\nbegin /* second */ { print(1); // third\n /* fourth\n fifth */ print(2); }", "1\n2\n"),
    // Predicates.
    ("begin /1 == 1/ { print(\"in\"); } begin /1 == 2/ { print(\"out\"); }", "in\n"),
    ("begin { @x = 5; } begin /@x == 5/ { print(\"seen\"); clear(@x); }", "seen\n"),
    // Several blocks, in order.
    ("begin { print(1); } begin { print(2); } end { print(4); } BEGIN { print(3); }", "1\n2\n3\n4\n"),
    ("begin { print(1); } begin { exit(); } begin { print(2); } end { print(3); }", "1\n3\n"),
    ("begin { print(cgroup_path(cgroup, \"no_hierarchy*\")); print(1); }", "\n1\n"),
    ("begin, end { print(\"both\"); }", "both\nboth\n"),
    // Enumerations, sizes, own types.
    (
        "struct pair { int a; char b[4]; } begin { print(sizeof(struct pair)); print(sizeof(uint16)); print(offsetof(struct pair, b)); }",
        "8\n2\n4\n",
    ),
    (
        "enum colour { RED, GREEN = 5, BLUE } begin { print(BLUE); printf(\"%s\\n\", (enum colour)5); }",
        "BLUE\nGREEN\n",
    ),
    // The configuration block, declared variables.
    ("config = { max_map_keys = 2 } begin { let $x: uint8 = 7; print($x); }", "7\n"),
    // Bytes.
    ("begin { printf(\"%r\\n\", buf(\"a\\x01b\", 3)); }", "a\\x01b\n"),
    ("begin { print(ntop(0x0100007f)); print(bswap((uint16)0x1234)); }", "127.0.0.1\n13330\n"),
];

#[test]
fn a_while_along_pointers() {
    let text = "begin {
        $task = curtask; $n = 0;
        while ($task->pid > 0) { $task = $task->parent; $n++; }
        print(($n > 0, $task->comm));
    }";
    let out = run(osmia().args(["-q", "--no-warnings", "-e", text])).ok();
    assert_eq!(out.lines().next(), Some("(true, swapper/0)"));
}

/// The verifier gives up after so many instructions, or where so many branches wait: what it would follow for too long it is
/// shown once.
#[test]
fn loops_with_much_in_them() {
    let text = "fn up($by : int64) : int64 {
        $task = curtask; $n = 0;
        while ($task->pid > 1 && $n < 30) { @seen[$n] = count(); $task = $task->real_parent; $n++; }
        return $by + 1;
    }
    begin {
        for $i : 0..100 { @a[$i] = count(); if (@a[$i] > 5) { @never++; } }
        unroll (100) { @least = min(1); @v = (int64)@least; }
        $j = 0; while ($j < 3000) { $j++; @x[$j]++; }
        for $k : 0..100 { unroll (40) { @q[$k, comm] += 1; } }
        $l = 0; while ($l < 100) { $l = up($l); }
        $m = 0; while ($m < 1000000) { $m++; }
        print((len(@a), @v, len(@x), @q[99, comm], len(@seen) > 0, $l, $m));
        clear(@a); clear(@x); clear(@q); clear(@seen); clear(@least); clear(@v); exit();
    }";
    let out = run(osmia().args(["-q", "--no-warnings", "-e", text])).ok();
    assert_eq!(out.lines().next(), Some("(100, 1, 3000, 40, true, 100, 1000000)"));
}

/// Each of them has a kilobyte while it is compared, and no longer.
#[test]
fn many_texts_in_one_condition() {
    let texts: Vec<String> = (0..60).map(|n| format!("str(args.filename) == \"/etc/{n}\"")).collect();
    let hosts = "str(args.filename) == \"/etc/hosts\"";
    let (any, none) = (texts.join(" || "), texts.join(" && "));
    let text = format!(
        "tracepoint:syscalls:sys_enter_openat /pid == cpid && ({any} || {hosts})/ {{
             print(({any}, {none}, !({any}) && {hosts}));
         }}"
    );
    let out = run(osmia().args(["-q", "-e", &text, "-c", "cat /etc/hosts"])).ok();
    assert!(out.contains("(false, false, true)\n"), "{out}");
}

#[test]
fn the_same_in_both_worlds() {
    let mut wrong = Vec::new();
    for (text, expected) in CASES {
        let expected = format!("{expected}\n\n");
        for world in [&["-q", "--no-warnings"][..], &["-q", "--no-warnings", "--vm"]] {
            let done = run(osmia().args(world).args(["-e", text]));
            if !done.status.success() || done.out != expected || !done.err.is_empty() {
                wrong.push(format!(
                    "{world:?} {text}\n  wanted {expected:?}\n  got    {:?}\n{}",
                    done.out, done.err
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn positional_parameters() {
    let text = "begin { printf(\"%d %s %d %d [%s]\\n\", $1, str($2), $3 + 1, $#, str($9)); }";
    for world in [&["-q"][..], &["-q", "--vm"]] {
        let done = run(osmia().args(world).args(["-e", text, "42", "word", "7"]));
        assert_eq!(done.ok(), "42 word 8 3 []\n\n\n");
    }
}

#[test]
fn where_scripts_come_from() {
    let scratch = Scratch::new();
    let text =
        "#!/usr/bin/env -S osmia trace -q\n// a comment\nbegin { printf(\"%s %d\\n\", str($1), $2); }\n";
    let file = scratch.write("script.bt", text);
    let words = ["one", "2"];
    assert_eq!(run(osmia().args(["trace", "-q", &file]).args(words)).ok(), "one 2\n\n\n");
    assert_eq!(run(osmia().args([&file]).args(words)).ok(), "one 2\n\n\n");
    assert_eq!(run(osmia().args(["run", &file]).args(words)).ok(), "one 2\n\n\n");
    assert_eq!(run_with(osmia().args(["trace", "-q", "-"]).args(words), text).ok(), "one 2\n\n\n");
    assert_eq!(run(osmia().args(["-q", &file, "--"]).args(words)).ok(), "one 2\n\n\n");
}

#[test]
fn a_script_that_is_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let text = format!("#!{} -q\nbegin {{ printf(\"%s\\n\", str($1)); }}\n", env!("CARGO_BIN_EXE_osmia"));
    let file = scratch.write("script", text);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let done = run(crate::common::program(std::path::Path::new(&file)).arg("word"));
    assert_eq!(done.ok(), "word\n\n\n");
}

#[test]
fn output_to_a_file() {
    let scratch = Scratch::new();
    let file = scratch.path("out");
    let done = run(osmia().args(["-o", &file, "-e", "begin { printf(\"hello\\n\"); @a = 1; }"]));
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", "Attached 1 probe\n"));
    assert_eq!(std::fs::read_to_string(&file).expect("output"), "hello\n\n\n@a: 1\n");
    let err = run(osmia().args(["-o", &scratch.path("no/such"), "-e", "begin { }"])).refused();
    assert!(err.contains("no/such"), "{err}");
}

#[test]
fn nobody_needs_no_root_in_this_process() {
    let text = "begin { @n[1] = 5; } interval:ms:1 { @n[1]++; if (@n[1] == 8) { exit(); } } end { printf(\"end %d\\n\", @n[1]); }";
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia")]);
    assert_eq!(run(command.args(["--vm", "-q", "-e", text])).ok(), "end 8\n\n\n@n[1]: 8\n");
}

#[test]
fn what_cannot_fire_in_this_process() {
    let script = "begin { } tracepoint:sched:sched_switch, kprobe:* { } usdt:/bin/true:a { } iter:task { }";
    let err = run(osmia().args(["--vm", "-e", script])).refused();
    for (place, point) in [
        ("1:11-40", "tracepoint:sched:sched_switch"),
        ("1:42-50", "kprobe:*"),
        ("1:55-71", "usdt:/bin/true:a"),
        ("1:76-85", "iter:task"),
    ] {
        let line = format!("stdin:{place}: ERROR: {point} cannot fire without the kernel");
        assert!(err.contains(&line), "{line}: {err}");
    }
}

#[test]
fn stages_are_shown() {
    for (stage, part) in [
        ("ast", "begin"),
        ("types", "@"),
        ("ir", "func"),
        ("ir-opt", "func"),
        ("bytecode", "exit"),
        ("object", "begin"),
    ] {
        let done = run(osmia().args(["-d", stage, "-e", "begin { @ = 1 + 2; }"]));
        assert!(done.out.contains(part), "{stage}: {done:?}");
        assert!(!done.ok().contains("@: 3"), "{stage}: it is not run");
    }
    let err = run(osmia().args(["-d", "nonsense", "-e", "begin { }"])).refused();
    assert!(err.contains("bytecode"), "{err}");
}

#[test]
fn verbose_tells_what_is_done() {
    let done = run(osmia().args(["-v", "-e", "begin { @a[1] = 1; printf(\"x\\n\"); }"]));
    assert_eq!(done.out, "x\n\n\n@a[1]: 1\n");
    assert!(done.err.contains("begin"), "{done:?}");
    assert!(done.err.contains("instructions"), "{done:?}");
    assert!(done.err.contains("Attached 1 probe\n"), "{done:?}");
}

#[test]
fn text_that_is_cut_off_says_so() {
    let text = "begin { print(str(curtask.mm.arg_start)); print(str(curtask.mm.arg_start, 4)); }";
    let out = run(osmia().args(["-q", "-e", text]).env("BPFTRACE_MAX_STRLEN", "6")).ok();
    let path = env!("CARGO_BIN_EXE_osmia");
    assert_eq!(out, format!("{}..\n{}\n\n\n", &path[..6], &path[..3]));
    let long = "config = { str_trunc_trailer = \"_x\" } begin { print(str(curtask.mm.arg_start)); }";
    let out = run(osmia().args(["-q", "-e", long]).env("BPFTRACE_MAX_STRLEN", "9")).ok();
    assert_eq!(out, format!("{}_x\n\n\n", &path[..9]));
}

#[test]
fn what_the_kernel_lacks_has_a_place_in_the_script() {
    let done = run(osmia().args(["-e", "begin {\n  print(1 + kaddr(\"no_such\"));\n}"]));
    assert_eq!(done.status.code(), Some(1), "as any script that does not compile");
    let err = done.refused();
    let wanted = "stdin:2:13-29: ERROR: Failed to resolve kernel symbol: no_such\n  print(1 + kaddr(\"no_such\"));\n            ~~~~~~~~~~~~~~~~\n";
    assert_eq!(err, wanted);
    let err = run(osmia().args(["-e", "begin { print(percpu_kaddr(\"no_such\")); }"])).refused();
    let wanted = "stdin:1:15-38: ERROR: Failed to resolve kernel symbol: no_such\nbegin { print(percpu_kaddr";
    assert!(err.starts_with(wanted), "{err}");
}

#[test]
fn times_of_all_clocks_are_on_the_calendar() {
    let times = [
        "nsecs",
        "nsecs(tai)",
        "nsecs(tai) - 1000",
        "(int64)nsecs(tai)",
        "pid > 5 ? nsecs(tai) : nsecs(sw_tai)",
        "$t",
        "$t + 1000",
        "$changed",
        "@t",
    ];
    let prints: String = times.iter().map(|time| format!("print(strftime(\"%Y\", {time})); ")).collect();
    let text = format!(
        "begin {{ $t = nsecs(tai); $changed = nsecs(tai); $changed = nsecs; @t = nsecs(sw_tai); {prints}
          @m[1] = nsecs(tai); for $kv : @m {{ print(strftime(\"%Y\", $kv.1)); }} clear(@t); clear(@m); }}"
    );
    let out = run(osmia().args(["-q", "-e", &text])).ok();
    let years: Vec<&str> = out.lines().take(times.len() + 1).collect();
    assert!(years.iter().all(|year| *year == years[0] && year.starts_with("20")), "{out}");
}

#[test]
fn the_last_script_on_the_command_line_counts() {
    assert_eq!(run(osmia().args(["-q", "-e", "nonsense", "-e", "begin { print(2); }"])).ok(), "2\n\n\n");
}

/// The kernel makes 8,388,608 turns at most; what it leaves out of a loop is told.
#[test]
fn loops_that_are_cut_short_say_so() {
    let told = |text: &str| run(osmia().args(["-q", "-e", text]));
    let done = told("begin { for ($i : 0..9000000) { @n++; } }");
    assert!(done.err.contains("for loop stopped after 8388608 turns"), "{done:#?}");
    assert_eq!(done.out, "\n\n@n: 8388608\n");
    let broken = told(
        "begin { @end = (int64)9000000; for ($i : 0..@end) { if ($i == 3) { break } @n++; } clear(@end); }",
    );
    assert!(broken.err.is_empty() && broken.out.contains("@n: 3\n"), "{broken:#?}");
}
