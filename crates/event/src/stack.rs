//! Stacks as their maps have them.
use crate::decode::{NATIVE, to_usize};
use crate::schema::StackMode;
use crate::value::BuildId;
use osmia_base::{Bytes, Truncated};

/// One step of a stack, innermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The address; where the file's build id is known, the offset in the file.
    pub(crate) address: u64,
    pub(crate) build_id: Option<BuildId>,
}

/// `BPF_STACK_BUILD_ID_EMPTY`: nothing more.
const EMPTY: i32 = 0;
/// `BPF_STACK_BUILD_ID_VALID`: a build id, and an offset.
const VALID: i32 = 1;

/// The steps of a stack, at most so many. What the kernel did not fill in is zero.
pub(crate) fn steps(mode: StackMode, raw: &[u8], limit: u32) -> impl Iterator<Item = Step> {
    let step = if mode == StackMode::BuildId { in_file } else { address };
    let mut bytes = Bytes::new(raw, NATIVE);
    std::iter::from_fn(move || step(&mut bytes).ok().flatten()).take(to_usize(limit))
}

fn address(bytes: &mut Bytes<'_>) -> Result<Option<Step>, Truncated> {
    let address = bytes.u64()?;
    Ok((address != 0).then_some(Step { address, build_id: None }))
}

/// `struct bpf_stack_build_id`.
fn in_file(bytes: &mut Bytes<'_>) -> Result<Option<Step>, Truncated> {
    let status = bytes.i32()?;
    let id = bytes.take(size_of::<BuildId>())?;
    let address = bytes.u64()?;
    let build_id = id.try_into().ok().filter(|_| status == VALID);
    Ok((status != EMPTY).then_some(Step { address, build_id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mode: StackMode, raw: &[u8], limit: u32) -> Vec<(u64, Option<u8>)> {
        steps(mode, raw, limit).map(|step| (step.address, step.build_id.map(|id| id[19]))).collect()
    }

    #[test]
    fn addresses_end_with_a_zero_or_at_the_limit() {
        let raw: Vec<u8> = [7_u64, 8, 9, 0, 10].iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert_eq!(all(StackMode::Raw, &raw, 9), [(7, None), (8, None), (9, None)]);
        assert_eq!(all(StackMode::Perf, &raw, 2), [(7, None), (8, None)]);
        assert_eq!(all(StackMode::Raw, &raw[..12], 9), [(7, None)]);
    }

    #[test]
    fn places_in_files_and_addresses_of_no_file() {
        let entry = |status: i32, last: u8, word: u64| {
            let mut raw = status.to_ne_bytes().to_vec();
            raw.extend([1; 19]);
            raw.push(last);
            raw.extend(word.to_ne_bytes());
            raw
        };
        let raw = [entry(1, 5, 0x10), entry(2, 0, 0x7000), entry(0, 0, 0), entry(1, 9, 1)].concat();
        assert_eq!(all(StackMode::BuildId, &raw, 9), [(0x10, Some(5)), (0x7000, None)]);
    }
}
