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

/// The number of the longest punctuator that the bytes begin with.
pub(super) fn sign_at(bytes: [u8; 4]) -> Option<usize> {
    let &(first, end) = ROWS.get(usize::from(bytes[0]))?;
    (usize::from(first)..usize::from(end)).find(|&number| bytes.starts_with(SIGNS[number].written.as_bytes()))
}
