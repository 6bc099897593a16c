//! Processes: held until they may run, watched, ended.
use crate::Errno;
pub use crate::ptrace::Stopped;
use crate::syscall::{answer, done, owned};
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// A process by descriptor: no other can take its place. It becomes readable when the process ends.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// `pidfd_open(2)`.
    pub fn open(pid: u32) -> Result<Self, Errno> {
        // SAFETY: a call with numbers that returns a new descriptor.
        let fd = answer(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) });
        // SAFETY: as above; the kernel makes it close-on-exec.
        unsafe { owned(fd.map(|fd| fd as RawFd)) }.map(Self)
    }

    /// Sends a signal.
    pub fn send(&self, signal: i32) -> Result<(), Errno> {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: no information goes along with the signal.
        answer(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), signal, none, 0) })
            .map(drop)
    }

    /// A copy of one of its descriptors (`pidfd_getfd(2)`, 5.6): whoever may trace the process may have it.
    pub fn descriptor(&self, number: u32) -> Result<OwnedFd, Errno> {
        // SAFETY: a call with numbers that returns a new descriptor.
        let fd = answer(unsafe { libc::syscall(libc::SYS_pidfd_getfd, self.0.as_raw_fd(), number, 0) });
        // SAFETY: as above; the kernel makes it close-on-exec.
        unsafe { owned(fd.map(|fd| fd as RawFd)) }
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A process that has its pid already and will run a command, under the same pid, when it is released.
#[derive(Debug)]
pub struct HeldChild {
    pid: u32,
    pidfd: PidFd,
    gate: Option<File>,
    refusal: File,
    ended: Option<ExitStatus>,
}

/// What the child does with its life when its parent dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphan {
    /// Goes on.
    Lives,
    /// Gets this signal.
    Signalled(i32),
}

impl HeldChild {
    /// Makes a process that waits to run `arguments`, the first of which is looked for in `PATH` unless it has a slash.
    /// If this process ends before the release, the child ends too.
    pub fn spawn(arguments: &[CString], orphan: Orphan) -> Result<Self, Errno> {
        let programs =
            candidates(arguments.first().ok_or(Errno::EINVAL)?, std::env::var_os("PATH").as_deref());
        let (wait, gate) = pipe()?;
        let (refusal, tell) = pipe()?;
        let plan =
            Plan { programs: &programs, argv: null_ended(arguments), orphan, wait: &wait, tell: &tell };
        let parent_gate = gate.as_raw_fd();
        // SAFETY: the child calls only what is safe after a fork of a process with threads: system calls, on memory
        // that was made before.
        let pid = done(unsafe { libc::fork() })?;
        if pid == 0 {
            // SAFETY: this is the child; `plan` was made before the fork.
            unsafe { plan.run(parent_gate) }
        }
        drop((wait, tell));
        let pid = pid.unsigned_abs();
        Ok(Self { pid, pidfd: PidFd::open(pid)?, gate: Some(gate), refusal, ended: None })
    }

    /// Its pid, now and when it runs the command.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// By which it can be waited for and signalled.
    pub const fn pidfd(&self) -> &PidFd {
        &self.pidfd
    }

    /// Lets it run; returns when the command has begun, or why it could not.
    pub fn release(&mut self) -> Result<(), Errno> {
        if let Some(mut gate) = self.gate.take() {
            gate.write_all(&[1])?;
        }
        let mut raw = [0; 4];
        match self.refusal.read(&mut raw)? {
            4 => Err(Errno(i32::from_ne_bytes(raw))),
            _ => Ok(()),
        }
    }

    /// Lets it run until the command's program is in its memory; there it waits.
    pub fn release_to_program(&mut self) -> Result<Stopped, Errno> {
        let traced = crate::ptrace::seize(self.pid);
        self.release()?;
        let stopped = traced?;
        stopped.until_program()?;
        Ok(stopped)
    }

    /// How it ended, if it has.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>, Errno> {
        self.reap(libc::WNOHANG)
    }

    /// Waits until it ends.
    pub fn wait(&mut self) -> Result<ExitStatus, Errno> {
        loop {
            match self.reap(0) {
                Ok(Some(status)) => return Ok(status),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    fn reap(&mut self, flags: libc::c_int) -> Result<Option<ExitStatus>, Errno> {
        if self.ended.is_some() {
            return Ok(self.ended);
        }
        let mut status = 0;
        // SAFETY: the call writes the status of our own child.
        let pid = done(unsafe { libc::waitpid(self.pid.cast_signed(), &mut status, flags) })?;
        self.ended = (pid != 0).then(|| ExitStatus::from_raw(status));
        Ok(self.ended)
    }
}

impl Drop for HeldChild {
    /// A child that was never released ends; one that runs goes on.
    fn drop(&mut self) {
        if self.gate.is_some() {
            let _ = self.pidfd.send(libc::SIGKILL).and_then(|()| self.wait());
        }
        let _ = self.try_wait();
    }
}

/// What the child does, made before the fork.
struct Plan<'a> {
    programs: &'a [CString],
    argv: Vec<*const libc::c_char>,
    orphan: Orphan,
    wait: &'a File,
    tell: &'a File,
}

impl Plan<'_> {
    /// The child's life until the command.
    ///
    /// # Safety
    /// Only in a child just forked.
    unsafe fn run(&self, parent_gate: RawFd) -> ! {
        // SAFETY: all of these are system calls, safe after a fork, on descriptors and memory that live on.
        unsafe {
            libc::close(parent_gate); // else the child would keep its own gate open
            // All that is done before the wait is not yet seen by those who look at the command.
            restore_signals();
            if let Orphan::Signalled(signal) = self.orphan {
                libc::prctl(libc::PR_SET_PDEATHSIG, signal);
            }
            let mut byte = 0_u8;
            while libc::read(self.wait.as_raw_fd(), (&raw mut byte).cast(), 1) < 0 {
                if *libc::__errno_location() != libc::EINTR {
                    break;
                }
            }
            if byte != 1 {
                libc::_exit(127);
            }
            let error = self.execute();
            libc::write(self.tell.as_raw_fd(), (&raw const error).cast(), size_of_val(&error));
            libc::_exit(127)
        }
    }

    /// Tries one place after the other; returns only when none was right, with the error that says most.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn execute(&self) -> libc::c_int {
        let mut worst = libc::ENOENT;
        for program in self.programs {
            // SAFETY: the path and each argument end in zero, the list of them in null; `environ` is as it was.
            unsafe { libc::execve(program.as_ptr(), self.argv.as_ptr(), environ()) };
            // SAFETY: the thread's own error number.
            match unsafe { *libc::__errno_location() } {
                libc::ENOENT | libc::ENOTDIR => {}
                libc::EACCES => worst = libc::EACCES,
                other => return other,
            }
        }
        worst
    }
}

/// The environment as the C library has it.
///
/// # Safety
/// Nobody may change it meanwhile: so only in a child just forked.
unsafe fn environ() -> *const *const libc::c_char {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    // SAFETY: the variable exists in every C library.
    unsafe { environ }
}

/// Signals as a program expects to find them: none blocked, a broken pipe ends it.
///
/// # Safety
/// Only in a child just forked.
unsafe fn restore_signals() {
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: system calls, on a set that is filled first.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// Where a program may be, in the order of `PATH`.
fn candidates(program: &CStr, path: Option<&OsStr>) -> Vec<CString> {
    let name = program.to_bytes();
    if name.contains(&b'/') {
        return vec![program.to_owned()];
    }
    let path = path.map_or(&b"/usr/local/bin:/usr/bin:/bin"[..], OsStr::as_bytes);
    let mut all: Vec<CString> = path
        .split(|byte| *byte == b':')
        .map(|dir| if dir.is_empty() { b"." } else { dir })
        .filter_map(|dir| CString::new([dir, b"/", name].concat()).ok())
        .collect();
    // Those where there is none need not be tried: who looks at the command would see it.
    let first = all.iter().position(|program| is_executable(program)).unwrap_or(0);
    all.split_off(first)
}

/// Whether there is a file that this process may execute.
fn is_executable(program: &CStr) -> bool {
    // SAFETY: the path ends in zero.
    let allowed = unsafe { libc::access(program.as_ptr(), libc::X_OK) } == 0;
    allowed && Path::new(OsStr::from_bytes(program.to_bytes())).is_file()
}

fn null_ended(arguments: &[CString]) -> Vec<*const libc::c_char> {
    arguments.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}

/// The two ends of a pipe, for reading and for writing, closed on exec.
fn pipe() -> Result<(File, File), Errno> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two numbers.
    done(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    let [read, write] = ends;
    // SAFETY: both are new and ours alone.
    Ok(unsafe { (File::from(owned(Ok(read))?), File::from(owned(Ok(write))?)) })
}

/// Names this thread, as `ps` and `bpf_get_current_comm` show it; 15 bytes count.
pub fn set_name(name: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads the name up to its zero.
    done(unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) }).map(drop)
}

/// What this process gets when its parent dies.
pub fn set_parent_death_signal(signal: i32) -> Result<(), Errno> {
    // SAFETY: a call with numbers.
    done(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) }).map(drop)
}

/// This thread's id.
pub fn thread_id() -> u32 {
    // SAFETY: a call without arguments that cannot fail.
    unsafe { libc::gettid() }.unsigned_abs()
}

/// This process's effective user.
pub fn effective_user() -> u32 {
    // SAFETY: a call without arguments that cannot fail.
    unsafe { libc::geteuid() }
}

/// This process's real user, the one that programs are told.
pub fn user() -> u32 {
    // SAFETY: a call without arguments that cannot fail.
    unsafe { libc::getuid() }
}

/// This process's real group.
pub fn group() -> u32 {
    // SAFETY: a call without arguments that cannot fail.
    unsafe { libc::getgid() }
}

/// What the kernel calls the file behind a descriptor, such as `anon_inode:bpf-map`.
pub fn descriptor_name(fd: &impl AsFd) -> Result<String, Errno> {
    let link = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
    Ok(std::fs::read_link(link)?.to_string_lossy().into_owned())
}

/// Numbers of signals that a session listens for.
pub mod signal {
    /// Ctrl-C.
    pub const INT: i32 = libc::SIGINT;
    /// Please end.
    pub const TERM: i32 = libc::SIGTERM;
    /// The terminal has gone.
    pub const HUP: i32 = libc::SIGHUP;
    /// A child has ended.
    pub const CHLD: i32 = libc::SIGCHLD;
    /// For the program's own use.
    pub const USR1: i32 = libc::SIGUSR1;
    /// Ends without asking.
    pub const KILL: i32 = libc::SIGKILL;
    /// Ctrl-\.
    pub const QUIT: i32 = libc::SIGQUIT;
    /// Nobody reads.
    pub const PIPE: i32 = libc::SIGPIPE;
}
