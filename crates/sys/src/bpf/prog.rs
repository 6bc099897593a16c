//! Programs into the kernel.
use super::{address, address_mut, length, object_name};
use crate::fd::number_or_zero;
use crate::syscall::bpf_fd;
use crate::{Errno, Keyring, ProgFd};
use osmia_abi::attr::ProgLoadAttr;
use osmia_abi::{AttachType, Command, ProgramType, flags};
use std::ffi::CStr;
use std::fmt;
use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Bytes of an instruction.
const INSN_SIZE: usize = 8;
/// The first buffer for the verifier's log.
pub(super) const FIRST_LOG: usize = 64 << 10;

/// How much of the log of a refusal is asked for: every larger buffer costs the verifier's whole work once more, and the end of
/// the log, which newer kernels keep, says why.
const REFUSAL_LOG: usize = 1 << 20;
/// How often to try again when the kernel says that the verifier was interrupted, as libbpf does.
const ATTEMPTS: u32 = 5;

/// Asks for a program to be loaded.
#[derive(Clone, Debug)]
pub struct ProgLoad<'a> {
    /// Its kind.
    pub kind: ProgramType,
    /// Its instructions, eight bytes each.
    pub insns: &'a [u8],
    /// Its licence.
    pub license: &'a CStr,
    /// Its name, of which 15 bytes count.
    pub name: &'a str,
    /// What it will be attached to.
    pub expected_attach: Option<AttachType>,
    /// For `struct_ops`: the member of the structure, which stands in the place of the attach type.
    pub member: Option<u32>,
    /// `osmia_abi::flags`; the flag for a token is set where one is given.
    pub flags: u32,
    /// How much the verifier tells: `LOG_LEVEL1`, `LOG_LEVEL2`, `LOG_STATS`, or nothing with zero.
    pub log_level: u32,
    /// Its types.
    pub btf: Option<BorrowedFd<'a>>,
    /// Records that say which type each function has, and how long a record is.
    pub func_info: (&'a [u8], u32),
    /// Records that say which line each instruction comes from, and how long a record is.
    pub line_info: (&'a [u8], u32),
    /// The type that it is attached to: a function in BTF.
    pub attach_btf_id: u32,
    /// Where that type is, unless in the kernel's own BTF: a module's BTF, or the program that it extends.
    pub attach_to: Option<BorrowedFd<'a>>,
    /// Maps and module BTF that instructions refer to by index.
    pub fd_array: &'a [i32],
    /// Whether the kernel binds all of `fd_array` to the program (6.14).
    pub bind_fd_array: bool,
    /// The kernel's version, which kprobe programs had to name before 5.0.
    pub kern_version: u32,
    /// The interface that it is offloaded to.
    pub ifindex: u32,
    /// Permission from elsewhere.
    pub token: Option<BorrowedFd<'a>>,
    /// Its signature (6.18).
    pub signature: Option<Signature<'a>>,
}

/// That somebody stands behind a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// A CMS message about its instructions.
    pub message: &'a [u8],
    /// Where the kernel looks for the certificate of whoever signed.
    pub keyring: Keyring,
}

/// A program that the kernel took.
#[derive(Debug)]
pub struct Loaded {
    /// The program.
    pub fd: ProgFd,
    /// What the verifier told, if it was asked.
    pub log: String,
}

/// A program that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgLoadError {
    /// Why, as a number.
    pub errno: Errno,
    /// Why, as the verifier told it: all of it.
    pub log: String,
}

impl fmt::Display for ProgLoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.errno)?;
        if self.log.is_empty() { Ok(()) } else { write!(f, "\n{}", self.log.trim_end()) }
    }
}

impl std::error::Error for ProgLoadError {}

impl<'a> ProgLoad<'a> {
    /// A program without name and type information.
    pub const fn new(kind: ProgramType, insns: &'a [u8], license: &'a CStr) -> Self {
        Self {
            kind,
            insns,
            license,
            name: "",
            expected_attach: None,
            member: None,
            flags: 0,
            log_level: 0,
            btf: None,
            func_info: (&[], 0),
            line_info: (&[], 0),
            attach_btf_id: 0,
            attach_to: None,
            fd_array: &[],
            bind_fd_array: false,
            kern_version: 0,
            ifindex: 0,
            token: None,
            signature: None,
        }
    }

    /// `BPF_PROG_LOAD`. With a log level, the log is kept whole, accepted or not: the buffer grows until it fits.
    pub fn call(&self) -> Result<Loaded, ProgLoadError> {
        if self.log_level == 0 {
            let fd = self.attempt(&mut []).map_err(|errno| ProgLoadError { errno, log: String::new() })?;
            return Ok(Loaded { fd: ProgFd(fd), log: String::new() });
        }
        self.call_with_log(FIRST_LOG..flags::MAX_LOG_SIZE as usize)
    }

    fn call_with_log(&self, sizes: Range<usize>) -> Result<Loaded, ProgLoadError> {
        let (answer, log) = with_log(sizes, |buffer| self.attempt(buffer));
        match answer {
            Ok(fd) => Ok(Loaded { fd: ProgFd(fd), log }),
            Err(errno) => Err(ProgLoadError { errno, log }),
        }
    }

    /// The same with a log as long as `log`, which is the caller's: for many short questions. What the kernel writes ends
    /// with a zero; a log that does not fit loses its beginning (since 6.4), or the answer is `ENOSPC`.
    pub fn call_into(&self, log: &mut [u8]) -> Result<ProgFd, Errno> {
        self.attempt(log).map(ProgFd)
    }

    /// The same, and where the kernel refuses, once more with the verifier's log: silence costs nothing. Of a long log there
    /// is the end (before 6.4 the beginning).
    pub fn call_explained(&self) -> Result<Loaded, ProgLoadError> {
        self.call().or_else(|error| {
            if self.log_level != 0 || error.errno == Errno::EPERM {
                return Err(error);
            }
            let loud = Self { log_level: flags::LOG_LEVEL1, ..self.clone() };
            loud.call_with_log(REFUSAL_LOG..REFUSAL_LOG).map_err(|loud| match loud.errno {
                // The log was cut; why the program is refused was told before.
                Errno::ENOSPC => ProgLoadError { errno: error.errno, log: loud.log },
                _ => loud,
            })
        })
    }

    fn attempt(&self, log: &mut [u8]) -> Result<OwnedFd, Errno> {
        let mut left = ATTEMPTS;
        loop {
            let mut attr = self.attributes(log)?;
            // SAFETY: all slices live through the call and are as long as the attributes say (`attributes`); the
            // kernel writes to the log alone; it returns a new descriptor.
            match unsafe { bpf_fd(Command::ProgLoad, &mut attr) } {
                Err(Errno::EAGAIN) if left > 1 => left -= 1,
                answer => return answer,
            }
        }
    }

    fn attributes(&self, log: &mut [u8]) -> Result<ProgLoadAttr, Errno> {
        if !self.insns.len().is_multiple_of(INSN_SIZE) {
            return Err(Errno::EINVAL);
        }
        let (func_info, func_info_rec_size) = self.func_info;
        let (line_info, line_info_rec_size) = self.line_info;
        Ok(ProgLoadAttr {
            prog_type: self.kind.raw(),
            insn_cnt: length(self.insns)? / INSN_SIZE as u32,
            insns: address(self.insns),
            license: address(self.license.to_bytes_with_nul()),
            log_level: self.log_level,
            log_size: length(log)?,
            log_buf: address_mut(log),
            kern_version: self.kern_version,
            prog_flags: self.flags | if self.token.is_some() { flags::TOKEN_FD } else { 0 },
            prog_name: object_name(self.name),
            prog_ifindex: self.ifindex,
            expected_attach_type: self.member.or(self.expected_attach.map(AttachType::raw)).unwrap_or(0),
            prog_btf_fd: number_or_zero(self.btf),
            func_info_rec_size,
            func_info: address(func_info),
            func_info_cnt: records(func_info, func_info_rec_size)?,
            line_info_rec_size,
            line_info: address(line_info),
            line_info_cnt: records(line_info, line_info_rec_size)?,
            attach_btf_id: self.attach_btf_id,
            attach_prog_fd: number_or_zero(self.attach_to),
            fd_array: address(self.fd_array),
            fd_array_cnt: if self.bind_fd_array { length(self.fd_array)? } else { 0 },
            prog_token_fd: number_or_zero(self.token).cast_signed(),
            signature: self.signature.map_or(0, |it| address(it.message)),
            signature_size: self.signature.map_or(Ok(0), |it| length(it.message))?,
            keyring_id: self.signature.map_or(0, |it| it.keyring as i32),
            ..Default::default()
        })
    }
}

/// How many records of this size a slice holds.
fn records(bytes: &[u8], size: u32) -> Result<u32, Errno> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let total = length(bytes)?;
    let count = total.checked_div(size).ok_or(Errno::EINVAL)?;
    if count * size == total { Ok(count) } else { Err(Errno::EINVAL) }
}

/// Calls with ever larger buffers of these sizes until the log fits. Before 6.4 the kernel answers `ENOSPC` for one too small; since then
/// it too keeps the end of the log, and answers the same.
pub(super) fn with_log(
    sizes: Range<usize>,
    mut call: impl FnMut(&mut [u8]) -> Result<OwnedFd, Errno>,
) -> (Result<OwnedFd, Errno>, String) {
    let mut size = sizes.start;
    loop {
        let mut buffer = vec![0; size];
        let answer = call(&mut buffer);
        let larger = size.saturating_mul(4).min(sizes.end);
        if answer.as_ref().err() != Some(&Errno::ENOSPC) || larger == size {
            return (answer, super::text(&buffer));
        }
        size = larger;
    }
}
