//! What the kernel says of processes' memory: records of perf events, `/proc/PID/maps`.
use super::timeline::{Change, Event, Identity, MappedFile};
use osmia_abi::perf;
use osmia_base::{Bytes, Endian, Truncated};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

const NATIVE: Endian = if cfg!(target_endian = "big") { Endian::Big } else { Endian::Little };
/// Every record ends with its time.
const TIME: usize = 8;
/// Room for a file's identity in a record.
const IDENTITY: usize = 24;

/// A record by its kind, the flags in its header and what follows; `None` where it is of another kind, broken, or says
/// nothing of a process's memory.
pub(super) fn event(kind: u32, flags: u16, body: &[u8]) -> Option<Event> {
    let (body, time) = body.split_last_chunk::<TIME>()?;
    let (pid, change) = match kind {
        perf::RECORD_MMAP2 => mapped(flags, body),
        perf::RECORD_COMM => executed(flags, body),
        perf::RECORD_FORK => forked(body),
        perf::RECORD_EXIT => ended(body),
        _ => return None,
    }
    .ok()??;
    Some(Event { time: u64::from_ne_bytes(*time), pid, change })
}

type Decoded = Result<Option<(u32, Change)>, Truncated>;

fn mapped(flags: u16, body: &[u8]) -> Decoded {
    let mut bytes = Bytes::new(body, NATIVE);
    let (pid, _tid) = (bytes.u32()?, bytes.u32()?);
    let (start, len, offset) = (bytes.u64()?, bytes.u64()?, bytes.u64()?);
    let identity = identity(flags, bytes.take(IDENTITY)?)?;
    bytes.skip(8)?; // protection and flags
    let path = bytes.cstr()?;
    let file = path.starts_with(b"/").then(|| file(path, identity)).flatten();
    Ok(start.checked_add(len).map(|end| (pid, Change::Mapped { start, end, offset, file })))
}

/// The build id, or else the inode's number; which device has it, the path says.
fn identity(flags: u16, raw: &[u8]) -> Result<Identity, Truncated> {
    let mut bytes = Bytes::new(raw, NATIVE);
    if u32::from(flags) & perf::RECORD_MISC_MMAP_BUILD_ID != 0 {
        let len = bytes.u8()?;
        bytes.skip(3)?;
        return Ok(Identity::BuildId(bytes.take(len.into())?.to_vec()));
    }
    bytes.skip(8)?;
    Ok(Identity::Inode(bytes.u64()?))
}

/// A file; what looks like one and is not (`//anon`) has no number.
fn file(path: &[u8], identity: Identity) -> Option<MappedFile> {
    let path = PathBuf::from(OsString::from_vec(path.to_vec()));
    (identity != Identity::Inode(0)).then_some(MappedFile { path, identity })
}

fn executed(flags: u16, body: &[u8]) -> Decoded {
    let pid = Bytes::new(body, NATIVE).u32()?;
    let began = u32::from(flags) & perf::RECORD_MISC_COMM_EXEC != 0;
    Ok(began.then_some((pid, Change::Executed)))
}

/// A new thread is none of our business, a new process is.
fn forked(body: &[u8]) -> Decoded {
    let mut bytes = Bytes::new(body, NATIVE);
    let (pid, parent) = (bytes.u32()?, bytes.u32()?);
    Ok((pid != parent).then_some((pid, Change::Forked { parent })))
}

/// The end of a process is that of its first thread.
fn ended(body: &[u8]) -> Decoded {
    let mut bytes = Bytes::new(body, NATIVE);
    let (pid, _parent, tid) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
    Ok((pid == tid).then_some((pid, Change::Ended)))
}

/// The executable mappings of files in the text of `/proc/PID/maps`: start, end, offset, file.
pub(super) fn maps(text: &[u8]) -> Vec<(u64, u64, u64, MappedFile)> {
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// `7f0000000000-7f0000001000 r-xp 00002000 08:01 1234      /usr/lib/libc.so.6`
fn line(line: &[u8]) -> Option<(u64, u64, u64, MappedFile)> {
    let path = line.iter().position(|byte| *byte == b'/')?;
    let (facts, path) = line.split_at_checked(path)?;
    let mut facts = std::str::from_utf8(facts).ok()?.split_ascii_whitespace();
    let (start, end) = facts.next()?.split_once('-')?;
    let hex = |text| u64::from_str_radix(text, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
    facts.next().filter(|permissions| permissions.contains('x'))?;
    let offset = hex(facts.next()?)?;
    let _device = facts.next()?;
    let inode = facts.next()?.parse().ok()?;
    Some((start, end, offset, file(&unescape(path), Identity::Inode(inode))?))
}

/// A newline in a name is written as `\012`.
fn unescape(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"\\012") {
            plain.push(b'\n');
            rest = after;
        } else {
            plain.push(byte);
            rest = after;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(words: &[u32], path: &[u8]) -> Vec<u8> {
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        body.extend(path);
        body.resize(body.len().next_multiple_of(8), 0);
        body.extend(99_u64.to_ne_bytes());
        body
    }

    #[test]
    fn records_of_processes() {
        let change =
            |kind, flags, words: &[u32]| event(kind, flags, &record(words, b"")).map(|event| event.change);
        let exec = perf::RECORD_MISC_COMM_EXEC as u16;
        assert_eq!(change(perf::RECORD_COMM, exec, &[7, 7]), Some(Change::Executed));
        assert_eq!(change(perf::RECORD_COMM, 0, &[7, 7]), None);
        assert_eq!(change(perf::RECORD_FORK, 0, &[8, 7, 8, 7]), Some(Change::Forked { parent: 7 }));
        assert_eq!(change(perf::RECORD_FORK, 0, &[7, 7, 9, 7]), None);
        assert_eq!(change(perf::RECORD_EXIT, 0, &[7, 1, 7, 1]), Some(Change::Ended));
        assert_eq!(change(perf::RECORD_EXIT, 0, &[7, 1, 9, 7]), None);
        assert_eq!(change(perf::RECORD_SAMPLE, 0, &[7, 1, 9, 7]), None);
    }

    /// pid, tid, start, length, offset, identity, protection, flags.
    fn mapping(identity: [u32; 6]) -> Vec<u32> {
        let mut words = vec![7, 8, 0x1000, 1, 0x2000, 0, 0x3000, 0];
        words.extend(identity);
        words.extend([5, 2]);
        words
    }

    #[test]
    fn records_of_mappings() {
        let inode = record(&mapping([8, 1, 1234, 0, 1, 0]), b"/bin/ls\0");
        let found = event(perf::RECORD_MMAP2, 0, &inode).unwrap();
        let ls = MappedFile { path: "/bin/ls".into(), identity: Identity::Inode(1234) };
        let (start, end, offset) = (1 << 32 | 0x1000, (1 << 32 | 0x1000) + 0x2000, 0x3000);
        let change = Change::Mapped { start, end, offset, file: Some(ls) };
        assert_eq!(found, Event { time: 99, pid: 7, change });
        let flags = perf::RECORD_MISC_MMAP_BUILD_ID as u16;
        let built = record(&mapping([20, 1, 2, 3, 4, 5]), b"/bin/ls\0");
        let Some(Change::Mapped { file: Some(file), .. }) =
            event(perf::RECORD_MMAP2, flags, &built).map(|event| event.change)
        else {
            panic!("a mapping of a file")
        };
        let id: Vec<u8> = (1..=5_u32).flat_map(u32::to_ne_bytes).collect();
        assert_eq!(file.identity, Identity::BuildId(id));
        for path in [&b"[vdso]\0"[..], b"//anon\0"] {
            let nameless = event(perf::RECORD_MMAP2, 0, &record(&mapping([0; 6]), path)).unwrap();
            assert!(matches!(nameless.change, Change::Mapped { file: None, .. }), "{nameless:?}");
        }
    }

    #[test]
    fn broken_records_are_none() {
        let whole = record(&mapping([255, 1, 2, 3, 4, 5]), b"/bin/ls\0");
        for kind in 0..20 {
            for len in 0..=whole.len() {
                for flags in [0, u16::MAX] {
                    let _ = event(kind, flags, &whole[..len]);
                }
            }
        }
        assert_eq!(event(perf::RECORD_MMAP2, u16::MAX, &whole), None, "no build id is so long");
    }

    #[test]
    fn lines_of_maps() {
        let text = b"00400000-00401000 r-xp 00001000 08:01 77                 /tmp/a b\\012c\n\
            00401000-00402000 rw-p 00002000 08:01 77                 /tmp/data\n\
            7ff000-800000 r-xp 00000000 00:00 0                      [vdso]\n\
            7ff000-800000 r-xp 00000000 00:00 0\n\
            zz-800000 r-xp 00000000 00:00 9 /broken\n/\n-\n\xff\xfe /\n";
        let identity = Identity::Inode(77);
        let want = MappedFile { path: "/tmp/a b\nc".into(), identity };
        assert_eq!(maps(text), [(0x40_0000, 0x40_1000, 0x1000, want)]);
    }
}
