//! Bytes as bpftool shows them.

/// Two digits of each byte.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends two digits.
pub(super) fn push_byte(out: &mut Vec<u8>, byte: u8) {
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    out.extend([digit(byte >> 4), digit(byte & 15)]);
}

/// Appends `00 11 22 33 44 55 66 77  88 …`, sixteen to a line.
pub(super) fn push_rows(out: &mut Vec<u8>, bytes: &[u8]) {
    for (place, &byte) in bytes.iter().enumerate() {
        match place {
            0 => {}
            _ if place % 16 == 0 => out.push(b'\n'),
            _ if place % 8 == 0 => out.extend(b"  "),
            _ => out.push(b' '),
        }
        push_byte(out, byte);
    }
}

/// `0011…`
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
