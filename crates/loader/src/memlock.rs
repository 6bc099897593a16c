//! The limit on locked memory, in which kernels before 5.11 count what BPF takes.
use crate::error::LoadError;
use osmia_abi::Feature;
use osmia_sys::{Errno, Resource, raise_limit, resource_limit};

/// Makes the call; where it is refused and the limit on locked memory may be why, raises that and makes the call again.
pub(crate) fn with_memory<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    match call() {
        Err(Errno::EPERM) if raise() => call(),
        answer => answer,
    }
}

/// Raises the limit if the kernel counts in it; whether there is more of it now.
fn raise() -> bool {
    let before = resource_limit(Resource::Memlock).map_or(u64::MAX, |(soft, _)| soft);
    if before == u64::MAX || !is_counted() {
        return false;
    }
    let raised = raise_limit(Resource::Memlock).is_ok();
    raised && resource_limit(Resource::Memlock).is_ok_and(|(soft, _)| soft > before)
}

/// Whether the kernel counts memory of maps and programs in that limit.
fn is_counted() -> bool {
    osmia_host::probe(Feature::MemcgAccounting, &|_| None) != Ok(true)
}

/// The limit as the reason of a refusal, where it may be that.
pub(crate) fn refusal(errno: Errno) -> Option<LoadError> {
    let (limit, _) = resource_limit(Resource::Memlock).ok()?;
    let privileged = osmia_host::privileges().may_trace();
    (errno == Errno::EPERM && privileged && limit != u64::MAX && is_counted())
        .then_some(LoadError::Memlock { limit })
}
