//! Messages and attributes as bytes.

/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// `struct nlattr`.
const ATTRIBUTE: usize = 4;
/// `NLA_F_NESTED`.
const NESTED: u16 = 1 << 15;
/// `NLA_TYPE_MASK`: the type without flags.
const TYPE: u16 = 0x3fff;

/// Where the next message or attribute begins.
const fn aligned(len: usize) -> usize {
    (len + 3) & !3
}

/// A message that is being written.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A message of this type with these flags; `fixed` is the structure that comes before the attributes.
    pub fn new(kind: u16, flags: u16, fixed: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(fixed);
        bytes.resize(aligned(bytes.len()), 0);
        Self { bytes }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let len = (ATTRIBUTE + value.len()) as u16;
        self.bytes.extend_from_slice(&len.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(aligned(self.bytes.len()), 0);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn with_u32(self, kind: u16, value: u32) -> Self {
        self.with(kind, &value.to_ne_bytes())
    }

    /// Adds a text, with the zero at its end.
    #[must_use]
    pub fn with_text(self, kind: u16, text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.with(kind, &bytes)
    }

    /// Adds an attribute that is made of attributes.
    #[must_use]
    pub fn with_nest(mut self, kind: u16, inside: impl FnOnce(Self) -> Self) -> Self {
        let start = self.bytes.len();
        self = inside(self.with(kind | NESTED, &[]));
        let len = (self.bytes.len() - start) as u16;
        self.bytes[start..start + 2].copy_from_slice(&len.to_ne_bytes());
        self
    }

    /// The bytes to send, under this number.
    pub(super) fn finish(mut self, sequence: u32) -> Vec<u8> {
        let len = self.bytes.len() as u32;
        self.bytes[0..4].copy_from_slice(&len.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.bytes
    }
}

/// A message that was received.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    /// What follows the header.
    pub(super) body: &'a [u8],
}

/// The messages of a datagram; what is cut off at its end is left out.
pub(super) fn messages(bytes: &[u8]) -> impl Iterator<Item = Received<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let len = u32_at(rest, 0)? as usize;
        let body = rest.get(HEADER..len)?;
        let message =
            Received { kind: u16_at(rest, 4)?, flags: u16_at(rest, 6)?, sequence: u32_at(rest, 8)?, body };
        rest = rest.get(aligned(len)..).unwrap_or_default();
        Some(message)
    })
}

/// The attributes in these bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// The attributes after the structure of `fixed` bytes that a message begins with.
    pub fn after(body: &'a [u8], fixed: usize) -> Self {
        Self(body.get(aligned(fixed)..).unwrap_or_default())
    }

    /// The value of the first attribute of this type.
    pub fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// The attributes that one is made of; none where it is missing.
    #[must_use]
    pub fn nest(self, kind: u16) -> Self {
        Self(self.get(kind).unwrap_or_default())
    }

    /// A number.
    pub fn u32(self, kind: u16) -> Option<u32> {
        u32_at(self.get(kind)?, 0)
    }

    /// One byte.
    pub fn u8(self, kind: u16) -> Option<u8> {
        self.get(kind)?.first().copied()
    }

    /// A text, up to its zero.
    pub fn text(self, kind: u16) -> Option<String> {
        self.get(kind).map(crate::bpf::text)
    }

    /// All, with their types.
    pub fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let len = usize::from(u16_at(rest, 0)?);
            let kind = u16_at(rest, 2)? & TYPE;
            let value = rest.get(ATTRIBUTE..len)?;
            rest = rest.get(aligned(len)..).unwrap_or_default();
            Some((kind, value))
        })
    }
}

/// A number in the machine's byte order; `None` where the bytes end before.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// The same for two bytes.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let message = Message::new(20, 5, &[7; 6])
            .with_u32(1, 99)
            .with_nest(2, |inside| inside.with_text(3, "lo").with(4, &[1]))
            .with_text(5, "end");
        let bytes = message.finish(42);
        let read: Vec<Received<'_>> = messages(&bytes).collect();
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].kind, read[0].flags, read[0].sequence), (20, 5, 42));
        let all = Attributes::after(read[0].body, 6);
        assert_eq!(all.u32(1), Some(99));
        assert_eq!(all.nest(2).text(3).as_deref(), Some("lo"));
        assert_eq!(all.nest(2).u8(4), Some(1));
        assert_eq!(all.text(5).as_deref(), Some("end"));
        assert_eq!(all.get(9), None);
    }

    #[test]
    fn bytes_that_are_cut_off_end_quietly() {
        let bytes = Message::new(20, 0, &[0; 12]).with_text(1, "name").finish(1);
        for len in 0..bytes.len() {
            for message in messages(&bytes[..len]) {
                let _ = Attributes::after(message.body, 12).iter().count();
            }
        }
        for byte in [0, 1, 2, 0xff] {
            let junk = vec![byte; 64];
            assert!(messages(&junk).count() <= 64);
            assert!(Attributes(&junk).iter().count() <= 64);
        }
    }
}
