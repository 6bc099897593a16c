//! `dw_ustack()`: stacks of code without frame pointers.
use crate::common::{Background, Live, Scratch, osmia, run, script_with};
use std::process::{Command, Stdio};

/// What compilers and libraries do with stacks, one function each; none has a frame pointer unless it must.
const WAYS: &str = r#"
#include <alloca.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#define FAR __attribute__((noipa)) int
FAR leaf(int n) { __asm__ volatile(""); return n; }
FAR plain(int n) { return leaf(n + 1) + 1; }
FAR saves(int a, int b, int c, int d, int e)
{
    int sum = plain(a);
    sum += leaf(b);
    sum += leaf(c);
    return sum + leaf(d) + e;
}
FAR dynamic(int n)
{
    char *room = alloca(n * 16);
    memset(room, n, n * 16);
    return saves(n, 2, 3, 4, 5) + room[n];
}
FAR aligned(int n)
{
    __attribute__((aligned(64))) volatile char room[64];
    char *more = alloca(n * 8);
    more[0] = room[0] = n;
    return dynamic(n + more[0]) + room[0];
}
static int compare(const void *a, const void *b)
{
    static int once;
    return once++ ? 0 : aligned(3) & *(const int *)a & *(const int *)b;
}
FAR sorts(int n)
{
    int all[] = { n, 2, 3 };
    qsort(all, 3, sizeof *all, compare);
    return all[0];
}
static void handle(int number) { volatile int kept = sorts(number); (void)kept; }
FAR raises(int n) { return raise(n) + 1; }
int main(void)
{
    signal(SIGUSR1, handle);
    return raises(SIGUSR1) == 0;
}
"#;

const BARE: [&[&str]; 4] = [
    &["-O2", "-fomit-frame-pointer"],
    &["-O2", "-fomit-frame-pointer", "-no-pie"],
    &["-O1", "-fomit-frame-pointer", "-static"],
    &["-O0", "-fomit-frame-pointer", "-mavx2"],
];

/// The functions of a stack, innermost first, without offsets and lines.
fn functions(stack: &str) -> Vec<&str> {
    let lines = stack.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split('+').next()).collect()
}

/// Whether these functions come in this order, whatever is between them.
fn in_order(stack: &[&str], names: &[&str]) -> bool {
    let mut rest = stack.iter();
    names.iter().all(|name| rest.any(|function| function == name))
}

#[test]
fn every_way_of_calling() {
    let expected =
        ["leaf", "plain", "saves", "dynamic", "aligned", "compare", "sorts", "handle", "raises", "main"];
    for flags in BARE {
        let scratch = Scratch::new();
        let program = scratch.compile("ways", WAYS, flags);
        let text = format!(
            "config = {{ unstable_dw_ustack = enable; show_debug_info = 0 }}
             uprobe:{program}:leaf {{ if (@seen++ == 0) {{ print(dw_ustack()); }} }}"
        );
        let out = script_with(&text, &program);
        let stack = functions(&out);
        assert!(in_order(&stack, &expected), "{flags:?}: {out}");
        assert!(stack.last() == Some(&"_start") && !out.contains("unwind failure"), "{flags:?}: {out}");
    }
}

#[test]
fn the_same_form_as_other_stacks() {
    let scratch = Scratch::new();
    let program = scratch.compile("ways", WAYS, &["-O0", "-fno-omit-frame-pointer", "-no-pie"]);
    let text = format!(
        "config = {{ unstable_dw_ustack = 1; show_debug_info = 0 }}
         uprobe:{program}:leaf+4 {{
             if (@seen++ == 0) {{
                 print(dw_ustack(5)); print(ustack(5)); print(dw_ustack(raw, 3)); print(ustack(raw, 3));
                 print(dw_ustack(perf, 4)); print(ustack(perf, 4)); print((len(dw_ustack(3)), len(dw_ustack()) > 10));
             }}
             @[dw_ustack(2)] = count(); @both[1] = ustack(2); @both[2] = dw_ustack(2);
         }}"
    );
    let out = script_with(&text, &program);
    let stacks: Vec<&str> = out
        .split("\n\n")
        .filter(|stack| stack.contains("leaf") || stack.starts_with("\n4") || stack.starts_with('4'))
        .collect();
    for pair in stacks.chunks(2).take(3) {
        assert_eq!(pair[0].trim_start_matches('\n'), pair[1].trim_start_matches('\n'), "{out}");
    }
    assert!(out.contains("(3, true)\n"), "{out}");
    // The first frames are the same four times: once from `plain`, three times from places in `saves`.
    let counts: usize = out.lines().filter_map(|line| line.strip_prefix("]: ")?.parse::<usize>().ok()).sum();
    assert_eq!(counts, 4, "{out}");
    assert!(out.matches("saves+").count() >= 5, "{out}");
}

/// Waits for a line, then calls again and again.
const WAITS: &str = r#"
#include <unistd.h>
#define FAR __attribute__((noipa)) int
FAR leaf(int n) { __asm__ volatile(""); return n; }
FAR middle(int n) { return leaf(n + 1) + 1; }
FAR outer(int n) { return middle(n + 1) + 1; }
int main(void) { for (;;) { outer(1); usleep(2000); } }
"#;

#[test]
fn processes_that_run_already() {
    let scratch = Scratch::new();
    let program = scratch.compile("waits", WAITS, &["-O2", "-fomit-frame-pointer"]);
    let one = Background::start(&mut Command::new(&program));
    let pid = one.pid().to_string();
    let text = format!(
        "config = {{ unstable_dw_ustack = enable; show_debug_info = 0 }}
         uprobe:{program}:leaf {{ print(dw_ustack()); exit(); }}"
    );
    for words in [["-p", &pid], ["--dwarf-pid", &pid]] {
        let out = run(osmia().args(["-q", "-e", &text]).args(words)).ok();
        assert!(
            in_order(&functions(&out), &["leaf", "middle", "outer", "main", "_start"]),
            "{words:?}: {out}"
        );
    }
}

#[test]
fn stacks_of_events_in_the_kernel() {
    let scratch = Scratch::new();
    let program = scratch.compile("waits", WAITS, &["-O2", "-fomit-frame-pointer"]);
    for probe in ["tracepoint:raw_syscalls:sys_enter", "rawtracepoint:sys_enter", "software:cpu-clock:100us"]
    {
        let text = format!(
            "config = {{ unstable_dw_ustack = enable; show_debug_info = 0 }}
             uprobe:{program}:outer {{ @begun = 1; }}
             {probe} /pid == cpid && @begun/ {{
                 $stack = dw_ustack();
                 if (len($stack) > 4) {{ @[$stack] = count(); @n++; }} if (@n >= 20) {{ exit(); }}
             }}"
        );
        let out = script_with(&text, &program);
        let found = out.split("@[").any(|stack| {
            in_order(&functions(stack), &["main", "__libc_start_main", "_start"]) || stack.contains("main+")
        });
        assert!(found && out.contains("_start+"), "{probe}: {out}");
    }
}

#[test]
fn children_and_libraries_that_come_later() {
    let scratch = Scratch::new();
    let library = scratch.compile(
        "late.so",
        "__attribute__((noipa)) int late(int (*f)(int), int n) { return f(n + 1) + 1; }",
        &["-O2", "-fomit-frame-pointer", "-shared", "-fPIC"],
    );
    let text = format!(
        r#"
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noipa)) int leaf(int n) {{ __asm__ volatile(""); return n; }}
int main(void)
{{
    getchar();
    int pid = fork();
    if (pid) {{ wait(0); return 0; }}
    int (*late)(int (*)(int), int) = dlsym(dlopen("{library}", RTLD_NOW), "late");
    for (int i = 0; i < 200; i++) {{ late(leaf, 1); usleep(10000); }}
}}"#
    );
    let program = scratch.compile("forks", &text, &["-O2", "-fomit-frame-pointer"]);
    let text = format!(
        "config = {{ unstable_dw_ustack = enable; show_debug_info = 0 }}
         uprobe:{program}:leaf {{ $s = dw_ustack(); @n++; if (@n % 10 == 0) {{ print($s); }} if (@n > 150) {{ exit(); }} }}"
    );
    let mut parent = Command::new(&program).stdin(Stdio::piped()).spawn().unwrap();
    let pid = parent.id().to_string();
    let mut live = Live::attached(&["-e", &text, "--dwarf-pid", &pid]);
    drop(parent.stdin.take());
    live.until("late+");
    let out = live.finish().out;
    assert!(parent.wait().unwrap().success());
    let last = out.split("\n\n").filter(|stack| stack.contains("leaf+")).last().unwrap_or_default();
    assert!(in_order(&functions(last), &["leaf", "late", "main", "_start"]), "{out}");
}

#[test]
fn what_cannot_be_unwound_is_told() {
    let scratch = Scratch::new();
    let program = scratch.compile("waits", WAITS, &["-O2", "-fomit-frame-pointer"]);
    let plain = format!("uprobe:{program}:leaf {{ print(dw_ustack()); exit(); }}");
    let refused = run(osmia().args(["-e", &plain])).refused();
    assert!(
        refused.contains("dw_ustack requires a target process. Use -p, -c, or --dwarf-pid to specify one."),
        "{refused}"
    );
    assert!(
        refused.contains("Script is using an unstable feature: dw_ustack (DWARF stack unwinding)"),
        "{refused}"
    );
    let text = format!("config = {{ unstable_dw_ustack = error }} {plain}");
    let refused = run(osmia().args(["-e", &text, "-c", &program])).refused();
    assert!(refused.contains("unstable_dw_ustack=enable"), "{refused}");
    let refused = run(osmia().args(["-e", &plain, "--dwarf-pid", "999999999"])).refused();
    assert!(refused.contains("999999999"), "{refused}");
    let one = Background::start(&mut Command::new(&program));
    let other = Background::start(Command::new("sleep").arg("100"));
    let mut live =
        Live::attached(&["-e", &plain.replace("exit();", ""), "--dwarf-pid", &other.pid().to_string()]);
    live.until(
        "No DWARF unwind data available for this process. Use -p or --dwarf-pid to specify target PIDs.",
    );
    live.signal("INT");
    live.finish();
    drop(one);
}
