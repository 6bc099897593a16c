//! Bytes as bpftool shows them.

/// Two digits of each byte.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two digits of a byte.
const fn pair(byte: u8) -> [u8; 2] {
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

/// `"0x7f"`
pub(super) const fn quoted(byte: u8) -> [u8; 6] {
    let [high, low] = pair(byte);
    [b'"', b'0', b'x', high, low, b'"']
}

/// Appends two digits.
pub(super) fn push_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&pair(byte));
}

/// How many bytes stand in a row.
const ROW: usize = 16;

/// Appends `00 11 22 33 44 55 66 77  88 …`, sixteen to a line.
pub(super) fn push_rows(out: &mut Vec<u8>, bytes: &[u8]) {
    for (place, chunk) in bytes.chunks(ROW).enumerate() {
        if place > 0 {
            out.push(b'\n');
        }
        // Two digits and a blank each, and one blank more in the middle: a row is written in one piece.
        let mut row = [b' '; 3 * ROW + 1];
        for (place, &byte) in chunk.iter().enumerate() {
            let at = 3 * place + usize::from(place >= ROW / 2);
            [row[at], row[at + 1]] = pair(byte);
        }
        let end = 3 * chunk.len() - 1 + usize::from(chunk.len() > ROW / 2);
        out.extend_from_slice(&row[..end]);
    }
}

/// `0011…`
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
