//! Bytes that are not all printable.

/// Printable ASCII as it is, all else as `\xNN`.
pub(crate) fn printable(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| if (b' '..=b'~').contains(&byte) { char::from(byte).into() } else { hex(byte) })
        .collect()
}

/// All bytes as `\xNN`.
pub(crate) fn all_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| hex(byte)).collect()
}

/// Two digits for each byte, spaces between.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn hex(byte: u8) -> String {
    format!("\\x{byte:02x}")
}
