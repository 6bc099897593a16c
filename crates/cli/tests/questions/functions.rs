//! Functions of user programs and libraries.
use crate::support::{finish, load, number, osmia, program, signal, started, with_command};
use std::process::Command;

#[test]
fn a_function_of_a_program_and_its_time() {
    for options in [&["-pie", "-fPIE"][..], &["-no-pie", "-fno-pie"]] {
        let binary = program(options[0].trim_start_matches('-'), options);
        let text = format!(
            "uprobe:{binary}:work {{ @t[tid] = nsecs; @sum = sum(arg0); @text[str(arg1)] = count(); }}
             uretprobe:{binary}:work /@t[tid]/ {{ printf(\"%d ns\\n\", nsecs - @t[tid]); delete(@t, tid); @r = sum(retval); }}"
        );
        let run = with_command(&text, &binary);
        let times = run.ok().lines().filter(|line| line.ends_with(" ns")).count();
        assert_eq!(times, 10, "{run:?}");
        assert_eq!(number(&run.out, "@sum"), 45);
        assert_eq!(number(&run.out, "@r"), 90 + 10 * i64::from(b't'));
        assert_eq!(number(&run.out, "@text[text]"), 10);
        assert!(!run.out.contains("@t["), "{run:?}");
    }
}

#[test]
fn a_function_of_a_library() {
    let run = with_command(
        "uprobe:libc:malloc /arg0 >= 1000 && arg0 < 1010/ { @ = lhist(arg0, 1000, 1010, 1); @n[func] = count(); }",
        load(),
    );
    assert_eq!(number(run.ok(), "@n[malloc]"), 10, "{run:?}");
    assert_eq!(run.out.lines().filter(|line| line.contains("1 |@")).count(), 10, "{run:?}");
}

#[test]
fn by_offset_and_by_address() {
    let binary = load();
    let listing = Command::new("nm").arg(binary).output().expect("nm is installed");
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let line = listing.lines().find(|line| line.ends_with(" T work")).expect("work is there");
    let address = line.split(' ').next().expect("an address");
    for place in [format!("0x{address}"), "work+0".to_owned()] {
        let run = with_command(&format!("uprobe:{binary}:{place} {{ @ = count(); }}"), binary);
        assert_eq!(number(run.ok(), "@"), 10, "{place}");
    }
}

#[test]
fn registers() {
    let binary = load();
    let run = with_command(
        &format!("uprobe:{binary}:work {{ @same = reg(\"di\") == arg0; @ip = reg(\"ip\") != 0; }}"),
        binary,
    );
    assert!(run.ok().contains("@same: true") && run.out.contains("@ip: true"), "{run:?}");
}

#[test]
fn user_stacks_have_names_when_the_process_is_gone() {
    let binary = load();
    let run = with_command(
        &format!("uprobe:{binary}:work {{ @[ustack(3)] = count(); @f[func] = count(); }}"),
        binary,
    );
    // At a function's first instruction its caller is not on the chain of frames yet; the caller's caller is.
    assert!(run.ok().contains("        work+0\n        main+"), "{run:?}");
    assert_eq!(number(&run.out, "@f[work]"), 10);
}

#[test]
fn only_one_process() {
    let sleeper = Command::new("sleep").arg("60").spawn();
    let mut sleeper = sleeper.expect("sleep runs");
    let pid = sleeper.id().to_string();
    let child = started(&[
        "-q",
        "-p",
        &pid,
        "-e",
        "tracepoint:syscalls:sys_enter_openat { @other = count(); } interval:s:60 { exit(); }",
    ]);
    assert!(Command::new(load()).status().expect("load runs").success());
    // The end of the process is the end of the run.
    sleeper.kill().expect("sleep can be ended");
    sleeper.wait().expect("sleep has ended");
    let run = finish(child);
    assert!(!run.ok().contains("@other"), "{run:?}");
}

#[test]
fn a_pattern_of_functions() {
    let binary = load();
    let text = format!("uprobe:{binary}:* /func == func/ {{ @[func] = count(); }}");
    let text = text.replace(" /func == func/", "");
    for feature in ["", "uprobe_multi"] {
        let mut args = vec!["-q", "-e", &text, "-c", binary];
        if !feature.is_empty() {
            args.extend(["--no-feature", feature]);
        }
        let run = osmia(&args);
        assert_eq!(number(run.ok(), "@[work]"), 10, "{run:?}");
        assert_eq!(number(run.ok(), "@[outer]"), 10);
        assert_eq!(number(run.ok(), "@[main]"), 1);
    }
}

#[test]
fn the_script_ends_a_child_that_would_go_on() {
    let child = started(&["-q", "-e", "interval:s:60 { }", "-c", "sleep 300"]);
    signal(&child, "-INT");
    assert_eq!(finish(child).code, Some(0));
}
