//! Many elements of a map in one call.
use super::{MapFd, address, address_mut};
use crate::Errno;
use crate::fd::number;
use crate::syscall::bpf;
use osmia_abi::Command;
use osmia_abi::attr::MapBatchAttr;

/// Where a walk over a map by batches stands: at a key, or at the number of a place (a hash's bucket). Only the kernel
/// knows which.
#[derive(Clone, Debug, Default)]
pub struct BatchCursor {
    position: Option<Vec<u8>>,
}

/// What a position is filled with before the kernel writes it: where that is shorter, this stays behind it.
const UNWRITTEN: u8 = 0xff;

impl BatchCursor {
    /// At the place with this number, in a map whose walk goes by numbers.
    pub fn at_place(place: u32) -> Self {
        Self { position: Some(place.to_ne_bytes().to_vec()) }
    }

    /// The number where the walk goes on, if the kernel wrote four bytes and no more.
    pub fn place(&self) -> Option<u32> {
        let (number, rest) = self.position.as_deref()?.split_first_chunk()?;
        rest.iter().all(|&byte| byte == UNWRITTEN).then(|| u32::from_ne_bytes(*number))
    }
}

/// What one call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many elements.
    pub count: usize,
    /// Whether these were the last.
    pub end: bool,
}

impl MapFd {
    /// `BPF_MAP_LOOKUP_BATCH`: as many elements as the slices have room for, from where the cursor stands.
    ///
    /// [`Errno::ENOSPC`] says that a bucket of the hash has more elements than there is room for.
    pub fn lookup_batch(
        &self,
        at: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, Errno> {
        self.read_batch(Command::MapLookupBatch, at, keys, values)
    }

    /// `BPF_MAP_LOOKUP_AND_DELETE_BATCH`: the same, and the elements are gone.
    pub fn lookup_and_delete_batch(
        &self,
        at: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, Errno> {
        self.read_batch(Command::MapLookupAndDeleteBatch, at, keys, values)
    }

    /// `BPF_MAP_UPDATE_BATCH`: how many of the elements were written, and why not the next.
    pub fn update_batch(&self, keys: &[u8], values: &[u8], flags: u64) -> Result<usize, (usize, Errno)> {
        let count = self.elements(keys, Some(values)).map_err(|errno| (0, errno))?;
        let attr = MapBatchAttr {
            keys: address(keys),
            values: address(values),
            elem_flags: flags,
            ..self.batch(count)
        };
        self.write_batch(Command::MapUpdateBatch, attr)
    }

    /// `BPF_MAP_DELETE_BATCH`: how many of the elements were deleted, and why not the next.
    pub fn delete_batch(&self, keys: &[u8]) -> Result<usize, (usize, Errno)> {
        let count = self.elements(keys, None).map_err(|errno| (0, errno))?;
        self.write_batch(Command::MapDeleteBatch, MapBatchAttr { keys: address(keys), ..self.batch(count) })
    }

    fn read_batch(
        &self,
        command: Command,
        at: &mut BatchCursor,
        keys: &mut [u8],
        values: &mut [u8],
    ) -> Result<Batch, Errno> {
        let count = self.elements(keys, Some(values))?;
        let longest = self.shape().key_size.max(8);
        let mut next = vec![UNWRITTEN; longest];
        at.position.iter_mut().for_each(|position| position.resize(longest, UNWRITTEN));
        let mut attr = MapBatchAttr {
            in_batch: at.position.as_deref().map_or(0, address),
            out_batch: address_mut(&mut next),
            keys: address_mut(keys),
            values: address_mut(values),
            ..self.batch(count)
        };
        // SAFETY: the slices have room for `count` keys and elements (`elements`); a position is a key or a number of
        // four bytes, and both of ours are `longest`.
        let answer = unsafe { bpf(command, &mut attr) };
        let end = answer == Err(Errno::ENOENT);
        if !end {
            answer?;
        }
        at.position = Some(next);
        Ok(Batch { count: (attr.count as usize).min(count), end })
    }

    fn write_batch(&self, command: Command, mut attr: MapBatchAttr) -> Result<usize, (usize, Errno)> {
        // SAFETY: the kernel reads `count` keys and, to update, elements; `elements` counted what the slices hold.
        let answer = unsafe { bpf(command, &mut attr) };
        answer.map(|_| attr.count as usize).map_err(|errno| (attr.count as usize, errno))
    }

    fn batch(&self, count: usize) -> MapBatchAttr {
        MapBatchAttr {
            map_fd: number(self),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            ..Default::default()
        }
    }

    /// How many elements the slices hold; an error where they do not hold the same number of whole ones.
    fn elements(&self, keys: &[u8], values: Option<&[u8]>) -> Result<usize, Errno> {
        let shape = self.shape();
        let count = keys.len().checked_div(shape.key_size).ok_or(Errno::EINVAL)?;
        let whole = keys.len() == count * shape.key_size;
        let same = values.is_none_or(|values| count.checked_mul(shape.element_size) == Some(values.len()));
        if whole && same && count > 0 { Ok(count) } else { Err(Errno::EINVAL) }
    }
}
