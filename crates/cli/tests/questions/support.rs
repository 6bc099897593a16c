//! Running osmia and what it looks at.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Virtual machines without hardware help are slow; nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osmia"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs osmia to its end.
pub(crate) fn osmia(args: &[&str]) -> Run {
    finish(command(args).spawn().expect("osmia starts"))
}

/// Runs a script to its end.
pub(crate) fn script(text: &str) -> Run {
    osmia(&["-q", "-e", text])
}

/// Runs a script while a command runs.
pub(crate) fn with_command(text: &str, child: &str) -> Run {
    osmia(&["-q", "-e", text, "-c", child])
}

/// Waits for the end, but not for ever.
pub(crate) fn finish(child: Child) -> Run {
    let pid = child.id().to_string();
    let watch = Instant::now();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if wait.recv_timeout(PATIENCE).is_err() {
            let _ = Command::new("kill").args(["-9", &pid]).status();
        }
    });
    let Output { stdout, stderr, status } = child.wait_with_output().expect("osmia ends");
    let _ = done.send(());
    let _ = guard.join();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let run = Run { out: text(stdout), err: text(stderr), code: status.code() };
    assert!(watch.elapsed() < PATIENCE, "took too long: {run:?}");
    run
}

impl Run {
    /// The output, of a run that ended well and had nothing to complain of.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert!(!self.err.contains("ERROR"), "{self:?}");
        &self.out
    }

    /// The message of a run that was refused.
    #[track_caller]
    pub(crate) fn refused(&self) -> &str {
        assert!(matches!(self.code, Some(1 | 255)), "{self:?}");
        assert!(self.err.contains("ERROR"), "{self:?}");
        &self.err
    }
}

/// The number behind `name: ` or `name]: ` in a map's line.
#[track_caller]
pub(crate) fn number(out: &str, name: &str) -> i64 {
    let line = out.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    let line = line.unwrap_or_else(|| panic!("no {name} in:\n{out}"));
    line.parse().unwrap_or_else(|_| panic!("{name} is no number: {line}"))
}

/// A directory of this test process, removed by nobody: the system's temporary directory is the place for that.
pub(crate) fn scratch() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("osmia-questions-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a scratch directory");
        dir
    })
}

const PROGRAM: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
__attribute__((noinline)) long work(long number, const char *text) { asm volatile("" ::: "memory"); return number * 2 + text[0]; }
const char *volatile word = "text";
__attribute__((noinline)) long outer(long number) { return work(number, word) + 1; }
int main(int argc, char **argv)
{
    /* Programs read memory that is there; a first look brings it in. */
    volatile char *touch = argv[0];
    long sum = word[0];
    for (int i = 0; i < 10; i++) {
        sum += outer(i);
        free(malloc(1000 + i + (touch[0] == 1)));
        int fd = open("/dev/null", O_WRONLY);
        write(fd, "0123456789", 10);
        close(fd);
        syscall(SYS_getpgid, 0);
        /* getpid, as a call of 32 bits; among those of 64 bits, writev has this number. */
        long number = 20;
        asm volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
    }
    char *pages = mmap(0, 64 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 64; i++)
        pages[i << 12] = 1;
    return sum == 0;
}
"#;

/// A program that does ten times: a function of its own, `malloc(1000…)`, open, write of ten bytes, close, getpgid, and
/// getpid as programs of 32 bits call it.
pub(crate) fn program(name: &str, options: &[&str]) -> String {
    let source = scratch().join(format!("{name}.c"));
    let binary = scratch().join(name);
    fs::write(&source, PROGRAM).expect("the source");
    let mut command = Command::new("gcc");
    command
        .args(["-O1", "-fno-builtin", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls"])
        .args(options);
    let status = command.arg("-o").arg(&binary).arg(&source).status().expect("gcc is installed");
    assert!(status.success(), "gcc fails");
    binary.to_string_lossy().into_owned()
}

/// The usual build of the program.
pub(crate) fn load() -> &'static str {
    static LOAD: OnceLock<String> = OnceLock::new();
    LOAD.get_or_init(|| program("load", &["-pie", "-fPIE"]))
}

/// Whether this kernel has kprobes, and with them fentry.
pub(crate) fn has_kprobes() -> bool {
    Path::new("/sys/bus/event_source/devices/kprobe/type").exists()
}

/// Whether a structure of the kernel has a member of this name.
pub(crate) fn kernel_has(structure: &str, member: &str) -> bool {
    script(&format!("begin {{ print(offsetof(struct {structure}, {member})); }}")).code == Some(0)
}

/// Ids of all loaded programs of a process.
pub(crate) fn programs_of(pid: u32) -> Vec<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return Vec::new() };
    let infos = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    infos
        .filter_map(|info| info.lines().find_map(|line| line.strip_prefix("prog_id:\t").map(str::to_owned)))
        .collect()
}

/// Whether a program with this id is loaded.
pub(crate) fn is_loaded(id: &str) -> bool {
    osmia(&["prog", "show", "id", id]).code == Some(0)
}

/// Starts a script that goes on until it is ended; returns once it is attached.
pub(crate) fn started(args: &[&str]) -> Child {
    let mut command = command(args);
    command.env("__BPFTRACE_NOTIFY_PROBES_ATTACHED", "1");
    let mut child = command.spawn().expect("osmia starts");
    let mut seen = Vec::new();
    let out = child.stdout.as_mut().expect("a pipe");
    let mut byte = [0];
    while !seen.ends_with(b"__BPFTRACE_NOTIFY_PROBES_ATTACHED\n") {
        match std::io::Read::read(out, &mut byte) {
            Ok(1) => seen.push(byte[0]),
            _ => panic!("osmia ended before it was attached: {:?}", finish(child)),
        }
    }
    child
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}
