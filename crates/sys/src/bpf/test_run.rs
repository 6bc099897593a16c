//! One run of a program, with a context and data that are given.
use super::{address, address_mut, length};
use crate::fd::number;
use crate::syscall::bpf;
use crate::{Errno, ProgFd};
use osmia_abi::Command;
use osmia_abi::attr::TestRunAttr;
use std::time::Duration;

/// Asks for a program to be run.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestRun<'a> {
    /// The packet, for programs that have one.
    pub data: &'a [u8],
    /// Room for the packet afterwards; none with zero.
    pub data_out: usize,
    /// The context; for raw tracepoints, the arguments.
    pub context: &'a [u8],
    /// Room for the context afterwards; none with zero.
    pub context_out: usize,
    /// How often to run; once with zero.
    pub repeat: u32,
    /// `TEST_RUN_ON_CPU` and others.
    pub flags: u32,
    /// The CPU to run on, with its flag.
    pub cpu: u32,
    /// Packets at a time, for XDP with live frames.
    pub batch_size: u32,
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRunResult {
    /// What the program returned.
    pub returned: u32,
    /// How long a run took, on average.
    pub duration: Duration,
    /// The packet afterwards.
    pub data: Vec<u8>,
    /// The context afterwards; that of a syscall program also where no room was asked for.
    pub context: Vec<u8>,
}

impl TestRun<'_> {
    /// `BPF_PROG_TEST_RUN`.
    pub fn call(&self, prog: &ProgFd) -> Result<TestRunResult, Errno> {
        let mut data = vec![0; self.data_out];
        let mut context = vec![0; self.context_out];
        let mut context_in = self.context.to_vec(); // what a syscall program does to its context is written here
        let mut attr = TestRunAttr {
            prog_fd: number(prog),
            data_size_in: length(self.data)?,
            data_size_out: length(&data)?,
            data_in: address(self.data),
            data_out: address_mut(&mut data),
            repeat: self.repeat,
            ctx_size_in: length(&context_in)?,
            ctx_size_out: length(&context)?,
            ctx_in: address_mut(&mut context_in),
            ctx_out: address_mut(&mut context),
            flags: self.flags,
            cpu: self.cpu,
            batch_size: self.batch_size,
            ..Default::default()
        };
        // SAFETY: the slices live through the call and are as long as the attributes say; the kernel writes only to
        // those made above, at most as much as they hold.
        unsafe { bpf(Command::ProgTestRun, &mut attr) }?;
        data.truncate(attr.data_size_out as usize);
        context.truncate(attr.ctx_size_out as usize);
        let context = if self.context_out == 0 { context_in } else { context };
        Ok(TestRunResult {
            returned: attr.retval,
            duration: Duration::from_nanos(attr.duration.into()),
            data,
            context,
        })
    }
}
