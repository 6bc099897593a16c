//! Probes that the authors of programs put in.
use crate::common::{Background, Done, Scratch, osmia, run, script_with};
use std::process::Command;

/// `MARK(namespace, name, semaphore, arguments, operands…)`: a place that does nothing, and the note of it.
const MARK: &str = r#"
#define MARK(space, name, semaphore, arguments, ...) __asm__ volatile( \
    "990: nop\n" \
    ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n" \
    ".4byte 992f-991f, 994f-993f, 3\n" \
    "991: .asciz \"stapsdt\"\n992: .balign 4\n" \
    "993: .8byte 990b, 0, " semaphore "\n" \
    ".asciz \"" space "\", \"" name "\", \"" arguments "\"\n" \
    "994: .balign 4\n.popsection\n" :: __VA_ARGS__)
"#;

/// Marks with arguments of all kinds: the same numbers, found in different places.
const ARGUMENTS: &str = r#"
struct two { int a, b; } table[4] = { { 1, 2 }, { 3, 4 }, { 5, -6 }, { 7, 8 } };
int main(void) {
    long base = (long)table, index = 2;
    MARK("args", "constants", "0", "-4@$-3 4@$-3 -1@$200 8@$0x10", "r"(0));
    MARK("args", "widths", "0", "-8@%0 8@%0 -4@%k0 4@%k0 -2@%w0 2@%w0 -1@%b0 1@%b0 1@%h0", "a"(0x12345678ffffff80L));
    MARK("args", "memory", "0", "-4@20(%0) -4@4(%0,%1,8) -4@2(%0,%1) 4@(%0)", "r"(base), "r"(index));
    MARK("args", "alone", "0", "-4@table+20(,%0,8)", "r"(0L));
    MARK("args", "static", "0", "-4@table+20(%%rip) -4@20+table(%%rip)", "r"(0));
    MARK("args", "some", "0", "8@%%xmm0 8@$5", "r"(0));
    return 0;
}
"#;

fn compile(scratch: &Scratch, name: &str, source: &str, flags: &[&str]) -> String {
    scratch.compile(name, &format!("{MARK}{source}"), flags)
}

const SHAPES: [&[&str]; 2] = [&["-O1"], &["-O1", "-no-pie"]];

#[test]
fn arguments_wherever_they_are() {
    for flags in SHAPES {
        let scratch = Scratch::new();
        let program = compile(&scratch, "marks", ARGUMENTS, flags);
        let text = format!(
            "usdt:{program}:args:constants {{ print((arg0, arg1, arg2, arg3)); }}
             usdt:{program}:args:widths {{ print((arg0, arg1, arg2, arg3)); print((arg4, arg5, arg6, arg7, arg8)); }}
             usdt:{program}:args:memory {{ print((arg0, arg1, arg2, arg3)); }}
             usdt:{program}:args:static {{ print((arg0, arg1)); }}
             usdt:{program}:args:some {{ print(arg1); }}"
        );
        assert_eq!(
            script_with(&text, &program).trim_end(),
            "(-3, 4294967293, -56, 16)\n\
             (1311768469162688384, 1311768469162688384, -128, 4294967168)\n\
             (-128, 65408, -128, 128, 255)\n\
             (-6, -6, 2, 1)\n\
             (-6, -6)\n\
             5",
            "{flags:?}"
        );
    }
}

#[test]
fn arguments_that_are_not_there() {
    let scratch = Scratch::new();
    let program = compile(&scratch, "marks", ARGUMENTS, &["-O1"]);
    for (mark, argument, words) in [
        ("constants", "arg4", "there is no arg4: the probe has 4 arguments"),
        ("some", "arg0", "arg0 is 8@%xmm0, which cannot be read"),
    ] {
        let text = format!("usdt:{program}:args:{mark} {{ print({argument}); }}");
        let refused = run(osmia().args(["-e", &text])).refused();
        assert!(refused.contains(words), "{refused}");
    }
}

/// A mark in a function that is copied into its callers, in which its argument is found in different places.
const COPIES: &str = r#"
#include <unistd.h>
static inline __attribute__((always_inline)) void mark(int n) { MARK("copies", "mark", "0", "-4@%0", "nor"(n)); }
__attribute__((noinline)) void other(int n) { mark(n); mark(7); }
int main(void) { mark(1); mark(2); other(getppid() > 0 ? 300 : 1); return 0; }
"#;

#[test]
fn all_places_of_a_probe() {
    for lacking in [&[][..], &["--no-feature", "uprobe_multi"]] {
        let scratch = Scratch::new();
        let program = compile(&scratch, "copies", COPIES, &["-O2"]);
        let text = format!("usdt:{program}:mark {{ @[arg0] = count(); @n++ }}");
        let done = run(osmia().args(lacking).args(["-e", &text, "-c", &program]));
        assert!(done.err.starts_with("Attached 1 probe\n"), "{done:?}");
        assert_eq!(done.ok().trim(), "@[1]: 1\n@[2]: 1\n@[7]: 1\n@[300]: 1\n@n: 4");
        let ordered =
            format!("usdt:{program}:mark {{ @[1] = ++@n; exit(); }} usdt:{program}:mark {{ @[2] = @n; }}");
        let done = run(osmia().args(lacking).args(["-q", "-e", &ordered, "-c", &program]));
        assert_eq!(done.ok().trim(), "@[1]: 1\n@n: 1", "the second block comes after exit()");
    }
}

/// Two namespaces, a name in quotes, and marks that are there only while somebody listens.
const LISTEN: &str = r#"
#include <unistd.h>
unsigned short noisy_heard_semaphore __attribute__((section(".probes")));
int main(void) {
    for (;;) {
        MARK("noisy", "tick", "0", "-4@%0", "r"(1));
        MARK("other", "tick", "0", "-4@%0", "r"(2));
        MARK("other", "\\\"quoted\\\"", "0", "-4@%0", "r"(3));
        if (noisy_heard_semaphore)
            MARK("noisy", "heard", "noisy_heard_semaphore", "2@%w0", "r"((int)noisy_heard_semaphore));
        usleep(1000);
    }
}
"#;

fn until(args: &[&str]) -> Done {
    run(osmia().args(args))
}

#[test]
fn a_counter_tells_the_program_who_listens() {
    for flags in SHAPES {
        for lacking in [&[][..], &["--no-feature", "uprobe_multi"]] {
            let scratch = Scratch::new();
            let program = compile(&scratch, "listen", LISTEN, flags);
            let background = Background::start(&mut Command::new(&program));
            let pid = background.pid().to_string();
            for target in [&[][..], &["-p", &pid], &["--usdt-file-activation"]] {
                let text = format!("usdt:{program}:heard {{ printf(\"%d\\n\", arg0); exit(); }}");
                let args = [lacking, target, &["-q", "-e", &text]].concat();
                assert_eq!(until(&args).ok().lines().next(), Some("1"), "{args:?}");
            }
        }
    }
}

#[test]
fn patterns_in_all_parts() {
    let scratch = Scratch::new();
    let program = compile(&scratch, "listen", LISTEN, &["-O1"]);
    let background = Background::start(&mut Command::new(&program));
    let pid = background.pid().to_string();
    for (point, found) in [
        (format!("usdt:{program}:*"), 4),
        (format!("usdt:{program}:tick"), 2),
        (format!("usdt:{program}:noisy:t*"), 1),
        (format!("usdt:{program}:*o*:*"), 4),
        (format!("usdt:{}/lis*:other:*", scratch.dir().display()), 2),
        (format!("usdt:{program}:other:\"\\\"quoted\\\"\""), 1),
    ] {
        for target in [&[][..], &["-p", &pid]] {
            let text = format!("{point} {{ printf(\"here\\n\"); exit(); }}");
            let done = until(&[target, &["-e", &text]].concat());
            let plural = if found == 1 { "" } else { "s" };
            assert!(done.err.starts_with(&format!("Attached {found} probe{plural}\n")), "{point} {done:?}");
            assert!(done.ok().starts_with("here\n"), "{point}");
        }
    }
    // Other tests run such programs, too.
    let anywhere = until(&["-q", "-e", "usdt:*:noisy:tick { print(comm); exit(); }"]).ok();
    assert_eq!(anywhere.lines().next(), Some("listen"));
    let text = "usdt::noisy:tick, usdt:quotes { } usdt:tick { print(probe); exit() }";
    let refused = until(&["-p", &pid, "-e", text]).refused();
    assert!(refused.contains("usdt:quotes"), "{refused}");
}

#[test]
fn listing() {
    let scratch = Scratch::new();
    let program = compile(&scratch, "listen", LISTEN, &["-O1"]);
    let background = Background::start(&mut Command::new(&program));
    let pid = background.pid().to_string();
    let listed = |args: &[&str]| -> Vec<String> {
        let lines = until(&[&["-l"], args].concat()).ok();
        lines.lines().filter(|line| line.contains("/listen:")).map(str::to_owned).collect()
    };
    let named =
        |names: &[&str]| names.iter().map(|name| format!("usdt:{program}:{name}")).collect::<Vec<_>>();
    let all = named(&["noisy:heard", "noisy:tick", "other:\"quoted\"", "other:tick"]);
    assert_eq!(listed(&[&format!("usdt:{program}:*")]), all);
    assert_eq!(listed(&["-p", &pid, "usdt:*"]), all);
    assert_eq!(listed(&["-p", &pid, "usdt:*:noisy:*"]), named(&["noisy:heard", "noisy:tick"]));
    let every = listed(&["-p", &pid]);
    assert!(every.contains(&format!("uprobe:{program}:main")) && all.iter().all(|one| every.contains(one)));
    let script = format!("usdt:{program}:tick {{}}");
    assert_eq!(listed(&["-e", &script]), named(&["noisy:tick", "other:tick"]));
}
