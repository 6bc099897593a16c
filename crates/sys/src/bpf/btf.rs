//! Types into the kernel.
use super::prog::{FIRST_LOG, with_log};
use super::{address, address_mut, length};
use crate::fd::number_or_zero;
use crate::syscall::bpf_fd;
use crate::{BtfFd, Errno};
use osmia_abi::attr::BtfLoadAttr;
use osmia_abi::{Command, flags};
use std::fmt;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Asks for BTF to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct BtfLoad<'a> {
    /// The BTF, header and all.
    pub data: &'a [u8],
    /// How much the kernel tells; nothing with zero.
    pub log_level: u32,
    /// Permission from elsewhere.
    pub token: Option<BorrowedFd<'a>>,
}

/// BTF that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BtfLoadError {
    /// Why, as a number.
    pub errno: Errno,
    /// Why, as the kernel told it: all of it.
    pub log: String,
}

impl fmt::Display for BtfLoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.errno)?;
        if self.log.is_empty() { Ok(()) } else { write!(f, "\n{}", self.log.trim_end()) }
    }
}

impl std::error::Error for BtfLoadError {}

impl<'a> BtfLoad<'a> {
    /// BTF without a log.
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, log_level: 0, token: None }
    }

    /// `BPF_BTF_LOAD`. With a log level, the log of a refusal is kept whole.
    pub fn call(&self) -> Result<BtfFd, BtfLoadError> {
        if self.log_level == 0 {
            return self
                .attempt(&mut [])
                .map(BtfFd)
                .map_err(|errno| BtfLoadError { errno, log: String::new() });
        }
        let (answer, log) = with_log(FIRST_LOG..flags::MAX_LOG_SIZE as usize, |buffer| self.attempt(buffer));
        answer.map(BtfFd).map_err(|errno| BtfLoadError { errno, log })
    }

    /// The same, and where the kernel refuses, once more with a log.
    pub fn call_explained(&self) -> Result<BtfFd, BtfLoadError> {
        self.call().or_else(|error| {
            let silent = self.log_level == 0 && error.errno != Errno::EPERM;
            if silent { Self { log_level: 1, ..*self }.call() } else { Err(error) }
        })
    }

    fn attempt(&self, log: &mut [u8]) -> Result<OwnedFd, Errno> {
        let mut attr = BtfLoadAttr {
            btf: address(self.data),
            btf_log_buf: address_mut(log),
            btf_size: length(self.data)?,
            btf_log_size: length(log)?,
            btf_log_level: self.log_level,
            btf_flags: if self.token.is_some() { flags::TOKEN_FD } else { 0 },
            btf_token_fd: number_or_zero(self.token).cast_signed(),
            ..Default::default()
        };
        // SAFETY: both slices live through the call and are as long as the attributes say; the kernel writes to the log
        // alone; it returns a new descriptor.
        unsafe { bpf_fd(Command::BtfLoad, &mut attr) }
    }
}
