//! Bytes as bpftool shows them.

/// A piece of text for each byte.
type Table<const N: usize> = [[u8; N]; 256];

/// `7f ` for each byte.
static SPACED: Table<3> = table(*b"00 ", 0);

/// `,"0x7f"` for each byte.
static QUOTED: Table<7> = table(*b",\"0x00\"", 4);

/// This text for each byte, with its two digits from `at` on.
const fn table<const N: usize>(text: [u8; N], at: usize) -> Table<N> {
    let mut table = [text; 256];
    let mut byte = 0;
    while byte < table.len() {
        [table[byte][at], table[byte][at + 1]] = pair(byte as u8);
        byte += 1;
    }
    table
}

/// Two digits of a byte.
const fn pair(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

/// How many bytes stand in a row, and on each side of the gap in its middle.
const ROW: usize = 16;
const HALF: usize = 8;

fn push_each<const N: usize>(out: &mut Vec<u8>, table: &Table<N>, bytes: &[u8]) {
    for byte in bytes {
        out.extend_from_slice(&table[usize::from(*byte)]);
    }
}

/// Appends `"0x00","0x7f"`.
pub(super) fn push_quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    if let Some((&first, rest)) = bytes.split_first() {
        out.extend_from_slice(&QUOTED[usize::from(first)][1..]);
        push_each(out, &QUOTED, rest);
    }
}

/// Appends two digits.
pub(super) fn push_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&pair(byte));
}

/// Appends `00 11 22 33 44 55 66 77  88 …`, sixteen to a line.
pub(super) fn push_rows(out: &mut Vec<u8>, bytes: &[u8]) {
    for (place, row) in bytes.chunks(ROW).enumerate() {
        if place > 0 {
            out.push(b'\n');
        }
        for half in row.chunks(HALF) {
            push_each(out, &SPACED, half);
            out.push(b' ');
        }
        // None behind the last.
        out.truncate(out.len() - 2);
    }
}

/// `0011…`
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
