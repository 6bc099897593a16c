//! Packets that `skboutput()` sends: a record of three numbers, and the packet's bytes behind it.
use crate::schema::{Schema, Verb};

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The file that it is for.
    pub file: &'a str,
    /// Nanoseconds since boot.
    pub boot_ns: u64,
    /// The bytes that are wanted of it.
    pub bytes: &'a [u8],
}

/// The packet in a record; `None` for records that are none.
pub fn packet<'a>(schema: &'a Schema, record: &'a [u8]) -> Option<Packet<'a>> {
    let stream = schema.stream_of(record)?;
    let Verb::Packet { file } = &stream.verb else { return None };
    let number = |index: usize| {
        let at = stream.fields.get(index)?.offset as usize;
        Some(u64::from_ne_bytes(record.get(at..at.checked_add(8)?)?.try_into().ok()?))
    };
    // The kernel fills records up: behind the packet's bytes there may be more.
    let (boot_ns, length, skipped) = (number(0)?, number(1)?, number(2)?);
    let behind = record.get(stream.size as usize..)?;
    let sent = behind.get(..usize::try_from(length).ok()?.min(behind.len()))?;
    let bytes = sent.get(usize::try_from(skipped).ok()?..).unwrap_or_default();
    Some(Packet { file, boot_ns, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Field, Location, Stream, Type};

    fn schema() -> Schema {
        let field = |offset| Field { name: None, offset, kind: Type::Int { size: 8, signed: false } };
        let verb = Verb::Packet { file: "x.pcap".into() };
        let fields = vec![field(8), field(16), field(24)];
        let stream = Stream { verb, fields, size: 32, location: Location::default() };
        Schema { streams: vec![stream], ..Schema::default() }
    }

    fn record(length: u64, skipped: u64, packet: &[u8]) -> Vec<u8> {
        let numbers = [0, 7, length, skipped].map(u64::to_ne_bytes).concat();
        [&numbers, packet].concat()
    }

    #[test]
    fn finds_the_wanted_bytes() {
        let schema = schema();
        let bytes = |length, skipped| {
            let record = record(length, skipped, b"abcdef\0\0");
            packet(&schema, &record).map(|packet| packet.bytes.to_vec())
        };
        assert_eq!(bytes(6, 0).as_deref(), Some(&b"abcdef"[..]));
        assert_eq!(bytes(6, 4).as_deref(), Some(&b"ef"[..]));
        assert_eq!(bytes(6, 9).as_deref(), Some(&b""[..]));
        assert_eq!(bytes(u64::MAX, 0).as_deref(), Some(&b"abcdef\0\0"[..]));
        assert_eq!(packet(&schema, &[0; 20]), None);
    }
}
