//! The punctuators (C11 6.4.6).

/// How a punctuator is written, and which one it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sign {
    pub(super) written: &'static str,
    pub(super) means: &'static str,
}

const fn sign(written: &'static str) -> Sign {
    Sign { written, means: written }
}

const fn other(written: &'static str, means: &'static str) -> Sign {
    Sign { written, means }
}

/// All of them; of those that begin alike, longer ones first.
#[rustfmt::skip]
pub(super) const SIGNS: [Sign; 54] = [
    sign("->"), sign("--"), sign("-="), sign("-"),
    sign("++"), sign("+="), sign("+"),
    sign("&&"), sign("&="), sign("&"),
    sign("||"), sign("|="), sign("|"),
    other("<:", "["), other("<%", "{"), sign("<<="), sign("<<"), sign("<="), sign("<"),
    sign(">>="), sign(">>"), sign(">="), sign(">"),
    other("%:%:", "##"), other("%:", "#"), other("%>", "}"), sign("%="), sign("%"),
    other(":>", "]"), sign(":"),
    sign("*="), sign("*"),
    sign("/="), sign("/"),
    sign("=="), sign("="),
    sign("!="), sign("!"),
    sign("^="), sign("^"),
    sign("##"), sign("#"),
    sign("..."), sign("."),
    sign("("), sign(")"), sign("["), sign("]"), sign("{"), sign("}"),
    sign(","), sign(";"), sign("?"), sign("~"),
];

/// For each byte the first row that begins with it, and the row behind the last.
const ROWS: [(u8, u8); 128] = rows();

const fn rows() -> [(u8, u8); 128] {
    let mut rows = [(0, 0); 128];
    let mut number = 0;
    while number < SIGNS.len() {
        let row = &mut rows[SIGNS[number].written.as_bytes()[0] as usize];
        if row.1 == 0 {
            row.0 = number as u8;
        }
        number += 1;
        row.1 = number as u8;
    }
    rows
}

/// The bytes of each row as a number, and which bytes of a number count.
const PATTERNS: [(u32, u32); SIGNS.len()] = patterns();

const fn patterns() -> [(u32, u32); SIGNS.len()] {
    let mut patterns = [(0, 0); SIGNS.len()];
    let mut number = 0;
    while number < SIGNS.len() {
        let bytes = SIGNS[number].written.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            patterns[number].0 |= (bytes[at] as u32) << (8 * at);
            patterns[number].1 |= 0xff << (8 * at);
            at += 1;
        }
        number += 1;
    }
    patterns
}

/// The number of the longest punctuator that the bytes begin with.
pub(super) fn sign_at(bytes: [u8; 4]) -> Option<usize> {
    let &(first, end) = ROWS.get(usize::from(bytes[0]))?;
    let bytes = u32::from_le_bytes(bytes);
    let fits = |&(pattern, mask): &(u32, u32)| bytes & mask == pattern;
    let rows = PATTERNS.get(usize::from(first)..usize::from(end))?;
    rows.iter().position(fits).map(|number| usize::from(first) + number)
}
