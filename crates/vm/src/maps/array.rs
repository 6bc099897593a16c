//! Arrays, and arrays with values for each CPU.
use super::slab::Slab;
use super::{Shape, Store, Values, number, require};
use crate::{Errno, ErrorKind};
use osmia_abi::{MapType, flags};

#[derive(Debug)]
struct Array {
    slab: Slab,
    entries: u32,
    /// Values of an element: one, or one for each CPU.
    copies: u32,
    percpu: bool,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    require(shape.key == 4 && shape.value > 0 && shape.entries > 0)?;
    let percpu = shape.kind == MapType::PercpuArray;
    let copies = if percpu { shape.cpus } else { 1 };
    let mut slab = Slab::new(shape.value);
    slab.grow(shape.entries as usize * copies as usize);
    Ok(Box::new(Array { slab, entries: shape.entries, copies, percpu }))
}

impl Array {
    const fn place(&self, index: u32, cpu: u32) -> u64 {
        index as u64 * self.copies as u64 + (cpu % self.copies) as u64
    }
}

impl Store for Array {
    fn find(&self, key: &[u8], cpu: u32) -> Option<u64> {
        let index = number(key).filter(|&index| index < self.entries)?;
        Some(self.slab.offset(self.place(index, cpu)))
    }

    fn update(&mut self, key: &[u8], values: Values<'_>, flags: u64) -> Result<(), Errno> {
        if flags > flags::EXIST {
            return Err(Errno::Invalid);
        }
        let index = number(key).filter(|&index| index < self.entries).ok_or(Errno::TooBig)?;
        if flags == flags::NOEXIST {
            return Err(Errno::Exists);
        }
        for cpu in (0..self.copies).filter(|&cpu| !self.percpu || values.is_for(cpu)) {
            let place = self.place(index, cpu);
            self.slab.set(place, values.bytes());
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.slab.clear();
    }

    fn slots(&self) -> u32 {
        self.entries
    }

    fn slot(&self, slot: u32, cpu: u32) -> Option<(Vec<u8>, u64)> {
        let key = slot.to_le_bytes();
        self.find(&key, cpu).map(|offset| (key.to_vec(), offset))
    }

    fn is_percpu(&self) -> bool {
        self.percpu
    }

    fn bytes(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.slab.get(offset, len)
    }

    fn bytes_mut(&mut self, offset: u64, len: usize) -> Option<&mut [u8]> {
        self.slab.get_mut(offset, len)
    }

    fn within(&self, offset: u64) -> u64 {
        self.slab.within(offset)
    }
}
