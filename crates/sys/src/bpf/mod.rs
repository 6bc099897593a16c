//! `bpf(2)`: one typed wrapper per command.
mod attach;
mod btf;
mod info;
mod link;
mod link_info;
mod loading;
mod map;
mod map_batch;
mod misc;
mod pin;
mod prog;
mod query;
mod test_run;

pub use attach::{AttachPoint, ProgAttach, ProgDetach, raw_tracepoint_open};
pub use btf::{BtfLoad, BtfLoadError};
pub use info::{
    BtfFacts, Copying, ObjectKind, ProgDetail, ProgFacts, btf_by_id, btf_info, ids, link_by_id, map_by_id,
    map_hash, map_info, map_info_bytes, name_of, next_id, prog_by_id, prog_detail, prog_info,
};
pub use link::{
    IterTarget, KprobeMulti, LinkCreate, LinkTarget, Order, Relative, UprobeMulti, knows_kprobe_multi,
    link_detach, link_update,
};
pub use link_info::{LinkDetail, LinkFacts, PerfEventDetail, link_info};
pub use loading::{Brought, Loading};
pub use map::{MapCreate, MapFd, MapShape};
pub use map_batch::{Batch, BatchCursor};
pub use misc::{
    FdQuery, enable_run_time_stats, iter_create, prog_bind_map, prog_stream_read, task_fd_query, token_create,
};
pub use pin::{Pinned, get_pinned, get_pinned_flags, pin};
pub use prog::{Loaded, ProgLoad, ProgLoadError, Signature};
pub use query::{ProgQuery, Queried, QueryDetail};
pub use test_run::{TestRun, TestRunResult};

/// An object's name as attribute structures hold it: what fits of it, and a zero.
fn object_name(name: &str) -> [u8; osmia_abi::flags::OBJ_NAME_LEN] {
    let mut raw = [0; osmia_abi::flags::OBJ_NAME_LEN];
    let fits = name.len().min(raw.len() - 1);
    raw[..fits].copy_from_slice(&name.as_bytes()[..fits]);
    raw
}

/// The text before the first zero.
pub(crate) fn text(raw: &[u8]) -> String {
    let end = raw.iter().position(|byte| *byte == 0).unwrap_or(raw.len());
    String::from_utf8_lossy(&raw[..end]).into_owned()
}

/// The address of what a slice holds, as attribute structures want it; zero for none, which the kernel takes as missing.
fn address<T>(slice: &[T]) -> u64 {
    if slice.is_empty() { 0 } else { slice.as_ptr().expose_provenance() as u64 }
}

/// The same for what the kernel writes.
fn address_mut<T>(slice: &mut [T]) -> u64 {
    if slice.is_empty() { 0 } else { slice.as_mut_ptr().expose_provenance() as u64 }
}

/// A length as attribute structures want it.
fn length<T>(slice: &[T]) -> Result<u32, crate::Errno> {
    u32::try_from(slice.len()).map_err(|_| crate::Errno::E2BIG)
}
