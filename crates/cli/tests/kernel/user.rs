//! Programs of user space.
use crate::common::{Background, Live, Scratch, osmia, run, script_with};
use std::process::Command;

const GREET: &str = r#"
#include <stdio.h>
#include <string.h>
__attribute__((noinline)) int add(int a, int b) { __asm__ volatile(""); return a + b; }
__attribute__((noinline)) int greet(const char *who, int n) { __asm__ volatile(""); return add(n, (int)strlen(who)); }
int main(void) {
    char who[] = "world";
    int sum = 0;
    for (int i = 0; i < 3; i++) sum += greet(who, i);
    printf("%d\n", sum);
    return 0;
}
"#;

/// Calls `inner` for ever.
const LOOP: &str = r#"
#include <unistd.h>
__attribute__((noinline)) int inner(int n) { __asm__ volatile(""); return n + 1; }
__attribute__((noinline)) int outer(int n) { int m = inner(n); __asm__ volatile(""); return m + 1; }
int main(void) {
    for (int i = 0;; i++) { outer(i); usleep(2000); }
}
"#;

const SHAPES: [&[&str]; 2] = [&["-O1"], &["-O1", "-no-pie"]];

/// Where a symbol of a file is.
fn address(file: &str, name: &str) -> u64 {
    let table = run(Command::new("nm").arg(file)).ok();
    let line = table.lines().find(|line| line.ends_with(&format!(" T {name}"))).expect("symbol");
    u64::from_str_radix(line.split(' ').next().expect("address"), 16).expect("address")
}

#[test]
fn both_sides_of_a_function() {
    for flags in SHAPES {
        let scratch = Scratch::new();
        let greet = scratch.compile("greet", GREET, flags);
        let text = format!(
            "uprobe:{greet}:greet {{ printf(\"%s %d\\n\", str(arg0), arg1); @t[tid] = nsecs; }}
             uretprobe:{greet}:greet /@t[tid]/
             {{ printf(\"%d %s ns\\n\", retval, nsecs > @t[tid] ? \"some\" : \"no\"); delete(@t, tid); }}"
        );
        let out = script_with(&text, &greet);
        // The program's own line comes somewhere between.
        let lines: Vec<&str> = out.lines().filter(|line| *line != "18").collect();
        assert_eq!(
            lines,
            ["world 0", "5 some ns", "world 1", "6 some ns", "world 2", "7 some ns", "", ""],
            "{flags:?}"
        );
    }
}

#[test]
fn relative_paths() {
    let scratch = Scratch::new();
    scratch.compile("greet", GREET, &["-O1"]);
    let mut command = osmia();
    command.current_dir(scratch.dir()).args([
        "-q",
        "-e",
        "uprobe:./greet:greet { @ = count(); }",
        "-c",
        "./greet",
    ]);
    assert!(run(&mut command).ok().ends_with("@: 3\n"));
}

#[test]
fn places() {
    for flags in SHAPES {
        let scratch = Scratch::new();
        let greet = scratch.compile("greet", GREET, flags);
        let add = address(&greet, "add");
        for place in [format!("{add}"), format!("0x{add:x}"), "add".into(), "add+0".into(), "\"add\"".into()]
        {
            let out = script_with(&format!("uprobe:{greet}:{place} {{ @[arg0, arg1] = count(); }}"), &greet);
            for n in 0..3 {
                assert!(out.contains(&format!("@[{n}, 5]: 1\n")), "{flags:?} {place}: {out}");
            }
        }
    }
}

#[test]
fn registers() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1", "-no-pie"]);
    let add = address(&greet, "add");
    let text = format!("uprobe:{greet}:add {{ @[reg(\"ip\"), reg(\"si\")] = count(); }}");
    let out = script_with(&text, &greet);
    assert!(out.ends_with(&format!("@[{add}, 5]: 3\n")), "{out}");
}

#[test]
fn histogram_of_returned_values() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1"]);
    let out = script_with(&format!("uretprobe:{greet}:greet {{ @ = hist(retval); }}"), &greet);
    let bar = "@".repeat(52);
    assert!(out.ends_with(&format!("@:\n[4, 8)                 3 |{bar}|\n\n")), "{out}");
}

#[test]
fn wildcards() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1"]);
    for lacking in [&[][..], &["--no-feature", "uprobe_multi"]] {
        let text = format!(
            "uprobe:{greet}:[ag]*e* {{ @[probe] = count(); }} uprobe:{greet}:ad* {{ @[probe] = count(); }}"
        );
        let done = run(osmia().args(lacking).args(["-e", &text, "-c", &greet]));
        assert!(done.err.starts_with("Attached "), "{done:?}");
        let out = done.ok();
        assert!(out.contains(&format!("@[uprobe:{greet}:greet]: 3\n")), "{out}");
        assert!(out.contains(&format!("@[uprobe:{greet}:add]: 3\n")), "{out}");
    }
}

#[test]
fn functions_of_libraries() {
    const ASK: &str = "#include <stdlib.h>\nint main(void) { for (int i = 0; i < 7; i++) { void *volatile p = malloc(77777); free(p); } return 0; }";
    let scratch = Scratch::new();
    let ask = scratch.compile("ask", ASK, &["-O0"]);
    for library in ["libc", "/lib/x86_64-linux-gnu/libc.so.6"] {
        let text = format!(
            "uprobe:{library}:malloc /pid == cpid && arg0 == 77777/ {{ @n = count(); @b = hist(arg0); }}"
        );
        let out = script_with(&text, &ask);
        assert!(out.ends_with("@n: 7\n"), "{out}");
        assert!(out.contains("[64K, 128K)            7 |"), "{out}");
    }
}

#[test]
fn one_process_only() {
    let scratch = Scratch::new();
    let program = scratch.compile("loop", LOOP, &["-O0", "-fno-omit-frame-pointer"]);
    let (one, _other) =
        (Background::start(&mut Command::new(&program)), Background::start(&mut Command::new(&program)));
    let text = format!("uprobe:{program}:inner {{ @[pid] = count(); @n++; if (@n >= 10) {{ exit(); }} }}");
    let out = run(osmia().args(["-q", "-e", &text, "-p", &one.pid().to_string()])).ok();
    let keys: Vec<&str> = out.lines().filter(|line| line.starts_with("@[")).collect();
    assert!(keys.len() == 1 && keys[0].starts_with(&format!("@[{}]: ", one.pid())), "{out}");
}

#[test]
fn the_end_of_a_process_ends_the_run() {
    let scratch = Scratch::new();
    let program = scratch.compile("loop", LOOP, &["-O0"]);
    let one = Background::start(&mut Command::new(&program));
    let text = format!("uprobe:{program}:inner {{ printf(\"called\\n\"); @[comm] = count(); }}");
    let mut live = Live::attached(&["-e", &text, "-p", &one.pid().to_string()]);
    live.until("called");
    drop(one);
    let out = live.finish().ok();
    assert!(out.contains("\n\n\n@[loop]: "), "{out}");
}

#[test]
fn user_stacks_have_names() {
    let scratch = Scratch::new();
    for flags in [&["-O0", "-fno-omit-frame-pointer"][..], &["-O0", "-fno-omit-frame-pointer", "-no-pie"]] {
        let program = scratch.compile("loop", LOOP, flags);
        let one = Background::start(&mut Command::new(&program));
        let text = format!(
            "uprobe:{program}:inner {{ @[ustack] = count(); @s[usym(reg(\"ip\")), func] = count(); @n++; if (@n >= 5) {{ exit(); }} }}"
        );
        let out = run(osmia().args(["-q", "-e", &text, "-p", &one.pid().to_string()])).ok();
        let stack = out.split("@[").nth(1).unwrap_or_else(|| panic!("{out}"));
        let names: Vec<&str> = stack.lines().map(str::trim).skip(1).take(3).collect();
        assert!(names[0].starts_with("inner+") && names[1].starts_with("outer+"), "{out}");
        assert!(names[2].starts_with("main+"), "{out}");
        assert!(out.contains("@s[inner, inner]: "), "{out}");
    }
}

#[test]
fn user_stacks_of_a_command_that_is_gone() {
    let scratch = Scratch::new();
    for flags in [&["-O0", "-fno-omit-frame-pointer"][..], &["-O0", "-fno-omit-frame-pointer", "-no-pie"]] {
        let greet = scratch.compile("greet", GREET, flags);
        let out = script_with(&format!("uprobe:{greet}:add {{ @[ustack(3)] = count(); }}"), &greet);
        assert!(out.contains("        add+"), "{out}");
        assert!(out.contains("        main+"), "{out}");
    }
}

/// Names are the right ones whatever is said of how they are kept: of a process that is gone, of one whose file is another one
/// by now, and of two that have the same program at different addresses.
#[test]
fn names_are_right_however_they_are_kept() {
    for cache in ["PER_PID", "PER_PROGRAM", "NONE"] {
        let (before, after) = names_of_two(&format!("cache_user_symbols = \"{cache}\""), Some);
        assert_eq!((before.as_str(), after.as_str()), ("inner", "inner"), "{cache}");
    }
}

/// What was there before is known ahead of time, if that is asked for.
#[test]
fn names_are_known_ahead_of_time() {
    let (before, after) = names_of_two("lazy_symbolication = false", |before| {
        drop(before);
        None
    });
    assert_eq!((before.as_str(), after.as_str()), ("inner", "inner"));
}

/// What is called where two processes of one program were seen: of one that began before the script, and came to the end that
/// it is given, and of one that began after it, and is gone. Their file is another one by then.
#[track_caller]
fn names_of_two(config: &str, end: fn(Background) -> Option<Background>) -> (String, String) {
    let scratch = Scratch::new();
    let program = scratch.compile("loop", LOOP, &["-O1", "-pie"]);
    let other = scratch.compile("other", &LOOP.replace("inner", "wrong"), &["-O1", "-pie"]);
    let text = format!(
        "config = {{ {config} }} uprobe:{program}:inner /@seen[pid] == 0/ {{
             @seen[pid] = 1; @[pid] = usym(reg(\"ip\")); printf(\"hit %d\\n\", pid); }}"
    );
    let before = Background::start(&mut Command::new(&program));
    let mut live = Live::attached(&["-e", &text]);
    let after = Background::start(&mut Command::new(&program));
    let pids = [before.pid(), after.pid()];
    let mut wanted = pids.map(|pid| format!("hit {pid}")).to_vec();
    while !wanted.is_empty() {
        let line = live.until("hit ");
        wanted.retain(|wanted| *wanted != line);
    }
    drop(after);
    let _before = end(before);
    std::fs::rename(other, &program).expect("another file");
    live.signal("INT");
    let out = live.finish().ok();
    let name = |pid: u32| {
        let start = format!("@[{pid}]: ");
        out.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("{out}")).to_owned()
    };
    (name(pids[0]), name(pids[1]))
}

#[test]
fn a_process_is_not_waited_for_where_nothing_looks_at_it() {
    let scratch = Scratch::new();
    let program = scratch.compile("loop", LOOP, &["-O0"]);
    let one = Background::start(&mut Command::new(&program));
    let text = "begin { printf(\"begun\\n\"); } end { printf(\"over\\n\"); }";
    let out = run(osmia().args(["-q", "-e", text, "-p", &one.pid().to_string()])).ok();
    assert_eq!(out, "begun\nover\n\n\n");
}

#[test]
fn nothing_is_seen_of_a_command_before_its_own_start() {
    let text = "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { printf(\"%s\\n\", syscall_name(args.id)); @n++; if (@n > 1) { exit(); } }";
    let out = script_with(text, "true");
    let calls: Vec<&str> = out.lines().take(2).collect();
    // One execve, wherever in PATH the program is; the next call is the program's own.
    assert!(calls.len() == 2 && calls[0] == "execve" && calls[1] != "execve", "{out}");
}

#[test]
fn the_command_sees_its_words() {
    let out = script_with("begin { printf(\"%d\\n\", cpid > 0); }", "sh -c 'echo \"a  b\" $0' c");
    assert!(out.contains("a  b c\n") && out.contains("1\n"), "{out}");
}

#[test]
fn blocks_on_one_function_run_as_they_are_written() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1"]);
    for side in ["uprobe", "uretprobe"] {
        for lacking in [&[][..], &["--no-feature", "uprobe_multi"]] {
            let places = ["greet", "greet", "gree*", "greet"];
            let blocks = places.iter().zip(["a", "b", "c", "d"]);
            let text: String = blocks
                .map(|(place, name)| format!("{side}:{greet}:{place} {{ printf(\"{name}\"); }}\n"))
                .collect();
            let out = run(osmia().args(lacking).args(["-q", "-e", &text, "-c", &greet])).ok();
            assert_eq!(out.replace("18\n", "").trim_end(), "abcd".repeat(3), "{side} {lacking:?}");
        }
    }
}

#[test]
fn other_pid_namespaces() {
    let scratch = Scratch::new();
    let program = scratch.compile("loop", LOOP, &["-O0", "-fno-omit-frame-pointer"]);
    let unshared = |script: &str| {
        let osmia = osmia().get_program().to_owned();
        let mut command = Command::new("unshare");
        command.args(["--fork", "--pid", "--mount-proc", "sh", "-c"]);
        command.args(["\"$0\" & \"$1\" trace -q -e \"$2\"; kill $!", &program]).arg(osmia).arg(script);
        run(&mut command)
    };
    let text = "begin { print((pid(init) > pid, tid(init) > tid, pid == pid(curr_ns), pid < 10)); exit(); }";
    assert_eq!(unshared(text).ok().lines().next(), Some("(true, true, true, true)"));
    let text = format!("uprobe:{program}:inner {{ printf(\"%d %s\\n\", pid, ustack(3)); exit(); }}");
    let out = unshared(&text).ok();
    let words: Vec<&str> = out.split_whitespace().take(4).collect();
    assert!(words[0].parse::<u32>().is_ok_and(|pid| pid < 10), "{out}");
    assert!(words[1].starts_with("inner+") && words[3].starts_with("main+"), "{out}");
}

#[test]
fn the_commands_own_program_needs_no_name() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1"]);
    let text = "uprobe:greet { @[probe] = count(); } uretprobe:add { @[probe] = count(); }";
    let out = script_with(text, &greet);
    assert!(out.ends_with(&format!("\n@[uprobe:{greet}:greet]: 3\n@[uretprobe:{greet}:add]: 3\n")), "{out}");
}

#[test]
fn blocks_at_one_place_run_in_their_order_however_it_is_named() {
    let scratch = Scratch::new();
    let greet = scratch.compile("greet", GREET, &["-O1", "-no-pie"]);
    let at = address(&greet, "greet");
    let text = format!(
        "uprobe:{greet}:greet {{ printf(\"1 \"); }} uprobe:{greet}:{at:#x} {{ printf(\"2 \"); }}
         uprobe:{greet}:greet {{ printf(\"3\\n\"); exit(); }}"
    );
    // The program's own line comes somewhere, too.
    assert!(script_with(&text, &greet).contains("1 2 3\n"));
}
