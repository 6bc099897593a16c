//! The kernel's formats in BPF programs: `%d`, `%s`, `%pI4` and so on, what `bpf_bprintf_prepare` takes.
use super::read::{anywhere, text_anywhere};
use crate::Errno;
use crate::interpreter::Run;

/// Bytes of a string argument at most, `MAX_BPRINTF_BUF`.
const LONGEST: usize = 1024;

/// How a conversion is padded.
#[derive(Clone, Copy, Debug, Default)]
struct Padding {
    width: usize,
    left: bool,
    zeros: bool,
    plus: bool,
    space: bool,
}

/// The format as it is read.
struct Reader<'a> {
    rest: &'a [u8],
    args: std::slice::Iter<'a, u64>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn accept(&mut self, bytes: &[u8]) -> bool {
        match self.rest.strip_prefix(bytes) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn arg(&mut self) -> Result<u64, Errno> {
        self.args.next().copied().ok_or(Errno::Invalid)
    }

    fn padding(&mut self) -> Padding {
        let mut padding = Padding::default();
        while let Some(flag) = self.peek() {
            match flag {
                b'0' => padding.zeros = true,
                b'-' => padding.left = true,
                b'+' => padding.plus = true,
                b' ' => padding.space = true,
                _ => break,
            }
            self.next();
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            padding.width = (padding.width * 10 + usize::from(digit - b'0')).min(LONGEST);
            self.next();
        }
        padding
    }
}

impl Padding {
    fn apply(self, text: &[u8]) -> Vec<u8> {
        let missing = self.width.saturating_sub(text.len());
        let spaces = vec![b' '; missing];
        if self.left { [text, &spaces].concat() } else { [&spaces, text].concat() }
    }

    fn number(self, sign: &str, digits: &str) -> Vec<u8> {
        let missing = self.width.saturating_sub(sign.len() + digits.len());
        let zeros = if self.zeros && !self.left { missing } else { 0 };
        self.apply(format!("{sign}{}{digits}", "0".repeat(zeros)).as_bytes())
    }
}

/// The text that a format and its arguments make; `EINVAL` for a format that the kernel does not take, or too few
/// arguments.
pub(super) fn format(run: &Run<'_>, format: &[u8], args: &[u64]) -> Result<Vec<u8>, Errno> {
    let mut reader = Reader { rest: format, args: args.iter() };
    let mut out = Vec::new();
    while let Some(byte) = reader.next() {
        match byte {
            b'%' if reader.accept(b"%") => out.push(b'%'),
            b'%' => out.extend(conversion(run, &mut reader)?),
            b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x20..=0x7e => out.push(byte),
            _ => return Err(Errno::Invalid),
        }
    }
    Ok(out)
}

fn conversion(run: &Run<'_>, reader: &mut Reader<'_>) -> Result<Vec<u8>, Errno> {
    let padding = reader.padding();
    match reader.peek() {
        Some(b'p') => {
            reader.next();
            pointer(run, reader, padding)
        }
        Some(b's') => {
            reader.next();
            string(run, reader, padding)
        }
        Some(b'c') => {
            reader.next();
            let byte = reader.arg()? as u8;
            Ok(padding.apply(&[byte]))
        }
        _ => number(reader, padding),
    }
}

fn string(run: &Run<'_>, reader: &mut Reader<'_>, padding: Padding) -> Result<Vec<u8>, Errno> {
    let text = text_anywhere(run, reader.arg()?, LONGEST);
    Ok(padding.apply(&text.unwrap_or_default()))
}

fn number(reader: &mut Reader<'_>, padding: Padding) -> Result<Vec<u8>, Errno> {
    let long = reader.accept(b"ll") || reader.accept(b"l");
    let kind = reader.next().ok_or(Errno::Invalid)?;
    if !matches!(kind, b'i' | b'd' | b'u' | b'x' | b'X') {
        return Err(Errno::Invalid);
    }
    let arg = reader.arg()?;
    let unsigned = if long { arg } else { u64::from(arg as u32) };
    let signed = if long { arg as i64 } else { i64::from(arg as i32) };
    let sign = match kind {
        b'i' | b'd' if signed < 0 => "-",
        b'i' | b'd' if padding.plus => "+",
        b'i' | b'd' if padding.space => " ",
        _ => "",
    };
    let digits = match kind {
        b'x' => format!("{unsigned:x}"),
        b'X' => format!("{unsigned:X}"),
        b'u' => unsigned.to_string(),
        _ => signed.unsigned_abs().to_string(),
    };
    Ok(padding.number(sign, &digits))
}

/// `%p` and what may follow it. Pointers are shown as they are, symbols as numbers.
fn pointer(run: &Run<'_>, reader: &mut Reader<'_>, padding: Padding) -> Result<Vec<u8>, Errno> {
    if reader.accept(b"ks") || reader.accept(b"us") {
        return string(run, reader, padding);
    }
    for (letters, size) in [(b"i4", 4), (b"I4", 4), (b"i6", 16), (b"I6", 16)] {
        if reader.accept(letters) {
            let bytes = anywhere(run, reader.arg()?, size).unwrap_or([0; 16].get(..size).unwrap_or_default());
            return Ok(padding.apply(internet(*letters, bytes).as_bytes()));
        }
    }
    let symbol = reader.peek().is_some_and(|letter| b"KxsSB".contains(&letter));
    if symbol {
        reader.next();
    }
    Ok(padding.apply(format!("{:016x}", reader.arg()?).as_bytes()))
}

/// An address of the Internet: `i` writes all digits.
fn internet([form, version]: [u8; 2], bytes: &[u8]) -> String {
    let all = form == b'i';
    if version == b'4' {
        let part = |byte: &u8| if all { format!("{byte:03}") } else { byte.to_string() };
        return bytes.iter().map(part).collect::<Vec<_>>().join(".");
    }
    let words = bytes.chunks_exact(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect());
    words.collect::<Vec<String>>().join(if all { "" } else { ":" })
}
