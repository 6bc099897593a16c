//! PEM (RFC 7468): the first of certain blocks in a text that may hold others.
use crate::error::Why;
use std::ops::Range;

/// One block, still as text.
pub(crate) struct Block<'a> {
    /// What stands behind `BEGIN`.
    pub(crate) label: &'a str,
    /// From its first line to its last.
    text: &'a [u8],
}

/// What labels begin with, and how their line and that of the end go on.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// A header of the old kind of encryption (RFC 1421).
const ENCRYPTED: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// The first block with one of these labels.
pub(crate) fn first<'a>(text: &'a [u8], labels: &[&str]) -> Option<Block<'a>> {
    let mut from = 0;
    while let Some(begin) = find(text, BEGIN, from) {
        let label = begin.end..find(text, DASHES, begin.end)?.start;
        let end = find(text, END, label.end)?;
        let end = find(text, DASHES, end.end)?.end;
        let label = text.get(label).and_then(|label| std::str::from_utf8(label).ok());
        if let (Some(label), Some(text)) =
            (label.filter(|it| labels.contains(it)), text.get(begin.start..end))
        {
            return Some(Block { label, text });
        }
        from = end;
    }
    None
}

fn find(text: &[u8], what: &[u8], from: usize) -> Option<Range<usize>> {
    let at = from + text.get(from..)?.windows(what.len()).position(|window| window == what)?;
    Some(at..at + what.len())
}

impl Block<'_> {
    /// Whether its bytes are behind a passphrase, as old headers say it.
    pub(crate) fn encrypted(&self) -> bool {
        find(self.text, ENCRYPTED, 0).is_some()
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Why> {
        let decoded = pem_rfc7468::decode_vec(self.text);
        decoded.map(|(_, bytes)| bytes).map_err(|error| Why::Text(error.to_string()))
    }
}
