//! Perf events and their buffers.
mod buffer;
mod event;

pub use buffer::{PerfBuffer, PerfRecord, raw_sample};
pub use event::{PerfEvent, PerfEventOpen, bpf_output_event, memory_event};
