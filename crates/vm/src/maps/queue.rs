//! Queues and stacks: values without keys.
use super::{Shape, Store, require};
use crate::{Errno, ErrorKind};
use osmia_abi::{MapType, flags};
use std::collections::VecDeque;

#[derive(Debug)]
struct Queue {
    /// The oldest first.
    values: VecDeque<Vec<u8>>,
    entries: usize,
    /// Whether the newest comes out first.
    stack: bool,
}

pub(super) fn make(shape: &Shape) -> Result<Box<dyn Store>, ErrorKind> {
    require(shape.key == 0 && shape.value > 0 && shape.entries > 0)?;
    let stack = shape.kind == MapType::Stack;
    Ok(Box::new(Queue { values: VecDeque::new(), entries: shape.entries as usize, stack }))
}

impl Store for Queue {
    fn clear(&mut self) {
        self.values.clear();
    }

    /// `EXIST` pushes out the oldest value of a full map.
    fn push(&mut self, value: &[u8], flags: u64) -> Result<(), Errno> {
        if flags == flags::NOEXIST || flags > flags::EXIST {
            return Err(Errno::Invalid);
        }
        if self.values.len() >= self.entries {
            if flags != flags::EXIST {
                return Err(Errno::TooBig);
            }
            self.values.pop_front();
        }
        self.values.push_back(value.to_vec());
        Ok(())
    }

    fn pop(&mut self) -> Result<Vec<u8>, Errno> {
        let value = if self.stack { self.values.pop_back() } else { self.values.pop_front() };
        value.ok_or(Errno::NoEntry)
    }

    fn peek(&self) -> Result<Vec<u8>, Errno> {
        let value = if self.stack { self.values.back() } else { self.values.front() };
        value.cloned().ok_or(Errno::NoEntry)
    }
}
