//! Where instructions begin in a function.
use crate::binary::{Place, mapped_file, open_regular};
use iced_x86::{Decoder, DecoderOptions, Instruction};
use osmia_object::Boundary;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The longest function that is read.
const LONGEST: u64 = 16 << 20;

/// What is `offset` bytes behind a function's start. Its instructions are read from there one after the other.
pub(crate) fn boundary(path: &Path, function: Place, offset: u64) -> Boundary {
    if offset == 0 {
        return Boundary::Start;
    }
    match code(path, function, offset) {
        Some(code) => walk(&code, offset),
        None => Boundary::Unknown,
    }
}

/// The function's bytes up to `offset`, and those of the instruction that may begin before it.
fn code(path: &Path, function: Place, offset: u64) -> Option<Vec<u8>> {
    let len = offset.checked_add(16).filter(|len| *len <= LONGEST)?;
    let file = open_regular(&mapped_file(path)).ok()?;
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, function.offset.checked_add(filled as u64)?).ok()? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Some(bytes)
}

#[cfg(target_arch = "x86_64")]
fn walk(code: &[u8], offset: u64) -> Boundary {
    let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        if instruction.is_invalid() {
            return Boundary::Unknown;
        }
        match instruction.next_ip() {
            next if next < offset => {}
            next if next == offset => return Boundary::Start,
            _ => return Boundary::Middle,
        }
    }
    Boundary::Unknown
}

#[cfg(not(target_arch = "x86_64"))]
fn walk(_code: &[u8], offset: u64) -> Boundary {
    // Instructions are four bytes wherever else there are uprobes.
    if offset % 4 == 0 { Boundary::Start } else { Boundary::Middle }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn instructions_begin_where_others_end() {
        // push %rbp; mov %rsp,%rbp; ret; an invalid one
        let code = [0x55, 0x48, 0x89, 0xe5, 0xc3, 0x06];
        let at = |offset| walk(&code, offset);
        assert_eq!([1, 4, 5].map(at), [Boundary::Start; 3]);
        assert_eq!([2, 3].map(at), [Boundary::Middle; 2]);
        assert_eq!(at(6), Boundary::Unknown);
        assert_eq!(walk(&[], 1), Boundary::Unknown);
    }
}
