//! Files that are broken a little, the same on every run.

use crate::Random;

/// Values that numbers in headers are changed to.
const NASTY: [u64; 10] = [0, 1, 7, 8, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Changes some bytes of the file, more often in its tables than in its code.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let len = bytes.len();
        let tables = len.saturating_sub(len / 3);
        let at = if random.below(2) == 0 { random.below(len) } else { tables + random.below(len - tables) };
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => {
                let value = NASTY[random.below(NASTY.len())].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)];
                let at = at & !(width - 1);
                bytes.iter_mut().skip(at).take(width).zip(value).for_each(|(place, byte)| *place = byte);
            }
            3 => {
                let from = random.below(len);
                let count = random.below(64).min(len - at.max(from));
                bytes.copy_within(from..from + count, at);
            }
            _ if random.below(8) == 0 => bytes.truncate(at.max(64)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
}
