//! What the tests of the program share: running it, stopping it, and things for it to look at.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(clippy::print_stderr, reason = "a test that cannot run says so")]
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take: generous, since emulated machines are slow. It passes only when something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The program, with an environment that changes nothing.
pub(crate) fn osmia() -> Command {
    program(Path::new(env!("CARGO_BIN_EXE_osmia")))
}

/// A program in such an environment.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BPFTRACE_") {
            command.env_remove(name);
        }
    }
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Standard output of a run that succeeded and had nothing to complain of.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert!(self.status.success(), "{self:#?}");
        assert!(!self.err.contains("ERROR") && !self.err.contains("WARNING"), "{self:#?}");
        self.out
    }

    /// Standard error of a run that was refused: with status 1, or 255 where it could not be set up.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert!(matches!(self.status.code(), Some(1 | 255)), "{self:#?}");
        assert!(self.err.contains("ERROR: "), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self.err
    }
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Done {
    run_with(command, "")
}

/// Runs a command that reads `input`.
#[track_caller]
pub(crate) fn run_with(command: &mut Command, input: &str) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if let Some(mut pipe) = child.stdin.take() {
        // Not everybody reads what is offered.
        let _ = pipe.write_all(input.as_bytes());
    }
    let out = collect(child.stdout.take().expect("piped"));
    let err = collect(child.stderr.take().expect("piped"));
    let status = wait(&mut child, &format!("{command:?}"));
    Done { status, out: out.join().expect("reader"), err: err.join().expect("reader") }
}

fn collect(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[track_caller]
fn wait(child: &mut Child, what: &str) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("wait") {
            return status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("still running after {PATIENCE:?}: {what}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a script prints, run by the kernel without words about probes.
#[track_caller]
pub(crate) fn script(text: &str) -> String {
    run(osmia().args(["-q", "-e", text])).ok()
}

/// What a script prints that watches a command.
#[track_caller]
pub(crate) fn script_with(text: &str, command: &str) -> String {
    run(osmia().args(["-q", "-e", text, "-c", command])).ok()
}

/// A run that goes on, and whose words are seen as they come.
#[derive(Debug)]
pub(crate) struct Live {
    child: Child,
    lines: Receiver<(Stream, String)>,
    pub(crate) seen: Vec<(Stream, String)>,
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

impl Live {
    /// Starts a command.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (send, lines) = channel();
        let sources: [(Stream, Box<dyn Read + Send>); 2] = [
            (Stream::Out, Box::new(child.stdout.take().expect("piped"))),
            (Stream::Err, Box::new(child.stderr.take().expect("piped"))),
        ];
        for (stream, source) in sources {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
                    let _ = send.send((stream, String::from_utf8_lossy(&line).into_owned()));
                }
            });
        }
        Self { child, lines, seen: Vec::new() }
    }

    /// Starts osmia and waits until everything is attached.
    #[track_caller]
    pub(crate) fn attached(args: &[&str]) -> Self {
        let mut live = Self::start(osmia().args(args));
        live.until("Attached");
        live
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The first line that holds `text`, from now on.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok((stream, line)) => {
                    self.seen.push((stream, line.clone()));
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let _ = self.child.kill();
                    panic!("no line with {text:?}: {:#?}", self.seen);
                }
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the end; all that was said to standard output, and to standard error.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Done {
        let status = wait(&mut self.child, "a live run");
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.seen.push(line);
        }
        let text = |wanted: Stream| {
            let lines = self.seen.iter().filter(|(stream, _)| *stream == wanted);
            lines.map(|(_, line)| format!("{line}\n")).collect()
        };
        Done { status, out: text(Stream::Out), err: text(Stream::Err) }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill");
    assert!(status.success(), "kill -{name} {pid}");
}

/// Whether a process is there and is no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(' ') && !rest.starts_with(" Z"))
}

/// A process that is ended with the test.
#[derive(Debug)]
pub(crate) struct Background(pub(crate) Child);

impl Background {
    /// Starts a command that says nothing.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

static SCRATCHES: AtomicU32 = AtomicU32::new(0);

/// A directory that goes with the test; everybody may read it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let number = SCRATCHES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("osmia-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("scratch");
        Self(path)
    }

    /// The directory itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// A file in it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), bytes).expect("scratch file");
        self.path(name)
    }

    /// A C program, compiled with these flags.
    #[track_caller]
    pub(crate) fn compile(&self, name: &str, source: &str, flags: &[&str]) -> String {
        let from = self.write(&format!("{name}.c"), source);
        let to = self.path(name);
        run(Command::new("gcc").args(flags).args(["-o", &to, &from])).ok();
        to
    }

    /// A C program for the kernel, compiled to an object by clang.
    #[track_caller]
    pub(crate) fn compile_bpf(&self, name: &str, source: &str) -> String {
        let from = self.write(&format!("{name}.bpf.c"), source);
        let to = self.path(&format!("{name}.bpf.o"));
        let mut clang = Command::new("clang-19");
        clang.args([
            "-O2",
            "-g",
            "-target",
            "bpf",
            "-c",
            "-I/usr/include/x86_64-linux-gnu",
            "-o",
            &to,
            &from,
        ]);
        run(&mut clang).ok();
        to
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether this kernel has kprobes (and, with them here, trampolines).
pub(crate) fn has_kprobes() -> bool {
    Path::new("/sys/bus/event_source/devices/kprobe").exists()
}

/// Whether this kernel attaches one program to many functions by one link.
pub(crate) fn has_kprobe_multi() -> bool {
    symbols().lines().any(|line| line.ends_with(" register_fprobe_ips"))
}

/// The kernel's symbol table.
pub(crate) fn symbols() -> String {
    std::fs::read_to_string("/proc/kallsyms").expect("kallsyms")
}

/// JSON that bpftool prints.
#[track_caller]
pub(crate) fn bpftool(args: &[&str]) -> serde_json::Value {
    let done = run(Command::new("bpftool").arg("--json").args(args));
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("bpftool {args:?}: {error}: {done:#?}"))
}

/// All of a script's values as JSON, one a line.
#[track_caller]
pub(crate) fn json_lines(text: &str) -> Vec<serde_json::Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().filter(|line| !line.is_empty()).map(parse).collect()
}

/// Runs `test` again until it says yes.
#[track_caller]
pub(crate) fn eventually(what: &str, mut test: impl FnMut() -> bool) {
    let start = Instant::now();
    while !test() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
