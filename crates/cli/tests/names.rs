//! Addresses of processes have names, also when the processes are gone before anybody asks.
//! Needs root, a kernel with uprobes, `cc` and bpftrace; without them it fails.
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A directory with the programs of one test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn compile(&self, name: &str, source: &str, arguments: &[&str]) -> String {
        let path = self.0.join(name);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/names").join(source);
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls"]).args(arguments);
        good(&cc.arg("-o").arg(&path).arg(source).arg("-ldl").output().unwrap());
        path.display().to_string()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed at the end of the test at the latest.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn osmia(script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osmia"));
    command.args(["-e", script]);
    command
}

fn good(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert!(!errors.contains("WARNING"), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What osmia prints of a command.
fn traced(script: &str, command: &str) -> String {
    good(&osmia(script).args(["-c", command]).output().unwrap())
}

/// The stacks in the text, one a line, without the counts.
fn stacks(text: &str) -> BTreeSet<String> {
    let (mut all, mut stack) = (BTreeSet::new(), Vec::new());
    for line in text.lines() {
        if line.starts_with('@') {
            stack.clear();
        } else if line.starts_with(' ') {
            stack.push(line.trim().trim_end_matches(','));
        } else if line.starts_with(']') || line.starts_with(',') {
            all.insert(stack.join(" "));
        }
    }
    all
}

/// osmia, with all probes attached.
struct Tracer(Running, BufReader<ChildStdout>);

impl Tracer {
    fn start(script: &str) -> Self {
        let mut running = Running::start(osmia(script).env("__BPFTRACE_NOTIFY_PROBES_ATTACHED", "1"));
        let mut reader = BufReader::new(running.0.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("PROBES_ATTACHED") {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the probes are never attached");
        }
        Self(running, reader)
    }

    /// What it prints when it is interrupted after something happened.
    fn end_after(mut self, happen: impl FnOnce()) -> String {
        happen();
        let pid = self.0.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut text = String::new();
        self.1.read_to_string(&mut text).unwrap();
        text
    }
}

#[test]
fn ls_is_gone_and_has_names() {
    let text = traced("uprobe:libc:malloc { @[ustack(3)] = count(); @f[func] = count(); }", "ls /");
    let stacks = stacks(&text);
    assert!(!stacks.is_empty(), "{text}");
    assert!(stacks.iter().all(|stack| stack.starts_with("malloc+0")), "{text}");
    let functions: Vec<_> = text.lines().filter(|line| line.starts_with("@f[")).collect();
    assert!(functions.len() == 1 && functions[0].starts_with("@f[malloc]: "), "{text}");
}

#[test]
fn children_and_their_programs_have_names() {
    let dir = Dir::new("names-family");
    for arguments in [["-pie", "-fPIE"], ["-no-pie", "-fno-pie"]] {
        let walk = dir.compile("walk", "walk.c", &arguments);
        let other = dir.compile("other", "walk.c", &arguments);
        let script =
            format!("uprobe:{walk}:leaf,uprobe:{other}:leaf {{ @[probe, pid, func, ustack] = count(); }}");
        // With -c, only the process itself would be probed.
        let text = Tracer::start(&script).end_after(|| {
            good(&Command::new(&walk).args(["family", &other]).output().unwrap());
        });
        let entries = |path: &str| text.matches(&format!("@[uprobe:{path}:leaf, ")).count();
        assert_eq!((entries(&walk), entries(&other)), (1, 1), "{text}");
        assert_eq!(text.matches(", leaf, ").count(), 2, "{text}");
        let whole =
            |stack: &&String| ["leaf+0 ", " outer+", " main+"].iter().all(|frame| stack.contains(frame));
        assert_eq!(stacks(&text).iter().filter(whole).count(), 2, "{text}");
    }
}

#[test]
fn libraries_that_were_unloaded_have_names() {
    let dir = Dir::new("names-library");
    let walk = dir.compile("walk", "walk.c", &[]);
    let plugin = dir.compile("plugin.so", "plugin.c", &["-shared", "-fPIC"]);
    let script = format!("uprobe:{walk}:leaf,uprobe:{plugin}:plugin {{ @[ustack, func] = count(); }}");
    let text = traced(&script, &format!("{walk} library {plugin}"));
    for (function, frames) in
        [("leaf", vec!["leaf+0", "outer+", "plugin+", "main+"]), ("plugin", vec!["plugin+0"])]
    {
        let stacks = stacks(&text);
        let of = |stack: &&String| stack.starts_with(function);
        let stack = stacks.iter().find(of).unwrap_or_else(|| panic!("no stack of {function} in {text}"));
        let found = stack.split(' ').zip(&frames).filter(|(found, want)| found.starts_with(**want)).count();
        assert_eq!(found, frames.len(), "{text}");
        assert!(text.contains(&format!("\n, {function}]: 1")), "{text}");
    }
}

#[test]
fn processes_that_were_there_and_end_have_names() {
    let dir = Dir::new("names-before");
    let walk = dir.compile("walk", "walk.c", &[]);
    let mut process = Running::start(Command::new(&walk).arg("calls"));
    let script = format!("uprobe:{walk}:leaf {{ @[pid, ustack] = count(); @n = count(); }}");
    let pid = process.0.id();
    let text = Tracer::start(&script).end_after(|| {
        // It has looked at what there is before long.
        std::thread::sleep(Duration::from_millis(500));
        process.0.stdin.take().unwrap().write_all(b"123").unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while process.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the process does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let start = format!("@[{pid}, \n        leaf+0\n        outer+");
    assert!(text.contains(&start) && text.contains(" main+") && text.contains("@n: 3"), "{text}");
}

#[test]
fn living_processes_have_the_names_that_bpftrace_tells() {
    let dir = Dir::new("names-living");
    for arguments in [["-pie", "-fPIE"], ["-no-pie", "-fno-pie"]] {
        let walk = dir.compile("walk", "walk.c", &arguments);
        let process = Running::start(Command::new(&walk).arg("endless"));
        std::thread::sleep(Duration::from_millis(100));
        let script = format!(
            "uprobe:{walk}:leaf {{ @[ustack] = count(); @f[func] = count(); }} interval:s:1 {{ exit(); }}"
        );
        let pid = process.0.id().to_string();
        // The peer does not know lines of source, which there are where the C library has debug information.
        let mut command = osmia(&script);
        command.args(["-p", &pid]).env("BPFTRACE_SHOW_DEBUG_INFO", "0");
        let ours = good(&command.output().unwrap());
        let theirs = Command::new("bpftrace").args(["-e", &script, "-p", &pid]).output().unwrap();
        let theirs = good(&theirs);
        assert!(ours.contains(" leaf+0\n") && ours.contains("@f[leaf]: "), "{ours}");
        assert!(theirs.contains("@f[leaf]: "), "{theirs}");
        assert_eq!(stacks(&ours), stacks(&theirs), "{ours}\n{theirs}");
    }
}
