//! Tiny programs, encoded by hand.
#![allow(dead_code, reason = "each test file uses some of this")]
use osmia_abi::{MapType, ProgramType};
use osmia_sys::ProgFd;
use osmia_sys::bpf::{MapCreate, MapFd, ProgLoad};
use std::os::fd::AsRawFd;

/// One instruction.
pub(crate) fn insn(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> [u8; 8] {
    let [o0, o1] = off.to_le_bytes();
    let [i0, i1, i2, i3] = imm.to_le_bytes();
    [code, dst | src << 4, o0, o1, i0, i1, i2, i3]
}

/// `dst = imm`
pub(crate) fn mov(dst: u8, imm: i32) -> [u8; 8] {
    insn(0xb7, dst, 0, 0, imm)
}

/// `dst = src`
pub(crate) fn copy(dst: u8, src: u8) -> [u8; 8] {
    insn(0xbf, dst, src, 0, 0)
}

/// `dst += imm`
pub(crate) fn add(dst: u8, imm: i32) -> [u8; 8] {
    insn(0x07, dst, 0, 0, imm)
}

/// `dst = map`
pub(crate) fn map_in(dst: u8, map: &MapFd) -> [[u8; 8]; 2] {
    [insn(0x18, dst, 1, 0, map.as_raw_fd()), insn(0, 0, 0, 0, 0)]
}

/// A call of a helper.
pub(crate) fn call(id: i32) -> [u8; 8] {
    insn(0x85, 0, 0, 0, id)
}

/// `exit`
pub(crate) fn exit() -> [u8; 8] {
    insn(0x95, 0, 0, 0, 0)
}

/// A program that returns a number.
pub(crate) fn returns(kind: ProgramType, number: i32) -> ProgFd {
    load(kind, &[mov(0, number), exit()])
}

/// Loads a program under the GPL.
pub(crate) fn load(kind: ProgramType, insns: &[[u8; 8]]) -> ProgFd {
    ProgLoad::new(kind, insns.as_flattened(), c"GPL")
        .call_explained()
        .unwrap_or_else(|error| panic!("{error}"))
        .fd
}

/// An array with one number.
pub(crate) fn counter() -> MapFd {
    MapCreate::new(MapType::Array, 4, 8, 1).call().unwrap()
}

/// What the counter shows.
pub(crate) fn count(map: &MapFd) -> u64 {
    u64::from_ne_bytes(map.get(&[0; 4]).unwrap().unwrap().try_into().unwrap())
}

/// A program that counts its runs.
pub(crate) fn counting(kind: ProgramType, map: &MapFd) -> ProgFd {
    let [first, second] = map_in(1, map);
    load(
        kind,
        &[
            insn(0x62, 10, 0, -4, 0), // *(u32 *)(r10 - 4) = 0
            copy(2, 10),
            add(2, -4),
            first,
            second,
            call(1),
            insn(0x15, 0, 0, 2, 0), // if r0 == 0 goto +2
            mov(1, 1),
            insn(0xdb, 0, 1, 0, 0), // lock *(u64 *)(r0 + 0) += r1
            mov(0, 0),
            exit(),
        ],
    )
}

/// Whether the running kernel is at least this one; says so where it is not, since a test then asserts less.
#[expect(clippy::print_stderr, reason = "a test says what it leaves out")]
pub(crate) fn since(major: u32, minor: u32) -> bool {
    let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = text.split('.').map(|part| part.parse::<u32>().unwrap());
    let running = (numbers.next().unwrap(), numbers.next().unwrap());
    if running < (major, minor) {
        eprintln!("on {}: what is there since {major}.{minor} is not tested", text.trim());
    }
    running >= (major, minor)
}
