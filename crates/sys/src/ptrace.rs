//! A child that is stopped where its own code begins (`ptrace(2)`).
use crate::Errno;
use crate::syscall::{answer, done};
use std::ffi::c_void;

/// The instruction that stops a process: `int3`.
const BREAKPOINT: u64 = 0xcc;
/// `AT_ENTRY` of the auxiliary vector.
const ENTRY: u64 = 9;

/// A process that is stopped, and goes on when this is dropped.
#[derive(Debug)]
pub struct Stopped {
    pid: u32,
    detached: bool,
}

/// Begins to trace a process that has not run its program yet. It ends if this process does.
pub(crate) fn seize(pid: u32) -> Result<Stopped, Errno> {
    let options = libc::PTRACE_O_TRACEEXEC | libc::PTRACE_O_EXITKILL;
    ask(libc::PTRACE_SEIZE, pid, 0, options as u64)?;
    Ok(Stopped { pid, detached: false })
}

impl Stopped {
    /// Waits for the program.
    pub(crate) fn until_program(&self) -> Result<(), Errno> {
        loop {
            let status = wait(self.pid)?;
            if status >> 8 == libc::SIGTRAP | (libc::PTRACE_EVENT_EXEC << 8) {
                return Ok(());
            }
            resume(self.pid, status)?;
        }
    }

    /// Lets it run up to the first instruction of its own, when its libraries are in its memory; there it waits.
    pub fn run_to_entry(&self) -> Result<(), Errno> {
        let pid = self.pid;
        let entry = entry(pid)?;
        let word = peek(pid, entry)?;
        if word & 0xff == BREAKPOINT {
            // Somebody has a probe there, and what it stops is not told to us.
            return Ok(());
        }
        poke(pid, entry, word & !0xff | BREAKPOINT)?;
        ask(libc::PTRACE_CONT, pid, 0, 0)?;
        loop {
            let status = wait(pid)?;
            if status >> 8 == libc::SIGTRAP && registers(pid)?.rip == entry + 1 {
                break;
            }
            resume(pid, status)?;
        }
        poke(pid, entry, word)?;
        let mut registers = registers(pid)?;
        registers.rip = entry;
        let at = (&raw mut registers) as u64;
        ask(libc::PTRACE_SETREGS, pid, 0, at)
    }

    /// Lets it go on; nobody traces it any more.
    pub fn go_on(mut self) -> Result<(), Errno> {
        self.detached = true;
        ask(libc::PTRACE_DETACH, self.pid, 0, 0)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if !self.detached {
            let _ = ask(libc::PTRACE_DETACH, self.pid, 0, 0);
        }
    }
}

/// The next stop of the process, as `waitpid` tells it.
fn wait(pid: u32) -> Result<i32, Errno> {
    let mut status = 0;
    loop {
        // SAFETY: the call writes the status of our own child.
        match done(unsafe { libc::waitpid(pid.cast_signed(), &mut status, libc::__WALL) }) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) if libc::WIFSTOPPED(status) => return Ok(status),
            // It has ended.
            Ok(_) => return Err(Errno::ESRCH),
        }
    }
}

/// Goes on; a signal that stopped it is delivered, what only tells of something is not.
fn resume(pid: u32, status: i32) -> Result<(), Errno> {
    let signal = libc::WSTOPSIG(status);
    let told = status >> 16 != 0 || signal == libc::SIGTRAP;
    ask(libc::PTRACE_CONT, pid, 0, if told { 0 } else { u64::from(signal.unsigned_abs()) })
}

/// Where the program's own code begins, after the dynamic linker.
fn entry(pid: u32) -> Result<u64, Errno> {
    let raw = std::fs::read(format!("/proc/{pid}/auxv"))?;
    let words: Vec<u64> =
        raw.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes)).collect();
    let found = words.chunks_exact(2).find(|pair| pair.first() == Some(&ENTRY));
    found.and_then(|pair| pair.get(1).copied()).ok_or(Errno::ENOENT)
}

fn peek(pid: u32, address: u64) -> Result<u64, Errno> {
    let mut word = 0_u64;
    ask(libc::PTRACE_PEEKTEXT, pid, address, (&raw mut word) as u64)?;
    Ok(word)
}

fn poke(pid: u32, address: u64, word: u64) -> Result<(), Errno> {
    ask(libc::PTRACE_POKETEXT, pid, address, word)
}

fn registers(pid: u32) -> Result<libc::user_regs_struct, Errno> {
    // SAFETY: numbers only, for which zero is a value.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    ask(libc::PTRACE_GETREGS, pid, 0, (&raw mut registers) as u64)?;
    Ok(registers)
}

/// `ptrace(2)`, as the kernel has it: what is read is written to where `data` points.
fn ask(request: libc::c_uint, pid: u32, address: u64, data: u64) -> Result<(), Errno> {
    let (address, data) = (address as *mut c_void, data as *mut c_void);
    // SAFETY: where the request writes, `data` points to memory that is large enough and lives on; else it is a number.
    answer(unsafe { libc::syscall(libc::SYS_ptrace, request, pid, address, data) }).map(drop)
}
