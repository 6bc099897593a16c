//! Files of packets, as `tcpdump -r` reads them: raw IP packets with microseconds.
use osmia_event::Packet;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

/// `LINKTYPE_RAW`: each packet begins with its IP header.
const RAW_IP: u32 = 101;
/// No packet is longer.
const LONGEST: u32 = 65_535;

/// The files that a script writes packets to.
#[derive(Debug, Default)]
pub(crate) struct Captures {
    /// By name; `None` where the file cannot be written, which was told once.
    files: BTreeMap<String, Option<File>>,
}

impl Captures {
    /// Writes a packet; `wall` is when it was seen, in nanoseconds since 1970. An error is told once a file.
    pub(crate) fn write(&mut self, packet: &Packet<'_>, wall: i64) -> Result<(), String> {
        let file = match self.files.get_mut(packet.file) {
            Some(file) => file,
            None => {
                let made = begin(packet.file);
                let (file, failure) = match made {
                    Ok(file) => (Some(file), None),
                    Err(error) => (None, Some(error)),
                };
                let file = self.files.entry(packet.file.to_owned()).or_insert(file);
                if let Some(error) = failure {
                    return Err(format!("skboutput(): {}: {error}", packet.file));
                }
                file
            }
        };
        let Some(open) = file else { return Ok(()) };
        if let Err(error) = open.write_all(&frame(packet.bytes, wall)) {
            *file = None;
            return Err(format!("skboutput(): {}: {error}", packet.file));
        }
        Ok(())
    }
}

/// A file with its header: magic number of microseconds, version 2.4.
fn begin(name: &str) -> io::Result<File> {
    let mut file = File::create(name)?;
    let mut header = Vec::new();
    header.extend_from_slice(&0xa1b2_c3d4_u32.to_ne_bytes());
    header.extend_from_slice(&2_u16.to_ne_bytes());
    header.extend_from_slice(&4_u16.to_ne_bytes());
    for word in [0, 0, LONGEST, RAW_IP] {
        header.extend_from_slice(&word.to_ne_bytes());
    }
    file.write_all(&header)?;
    Ok(file)
}

/// A packet behind its time and its length, twice: of what is there, and of what there was.
fn frame(bytes: &[u8], wall: i64) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (seconds, rest) = (wall.div_euclid(1_000_000_000), wall.rem_euclid(1_000_000_000));
    let mut frame: Vec<u8> = [seconds as u32, (rest / 1000) as u32, length, length]
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    frame.extend_from_slice(bytes);
    frame
}
