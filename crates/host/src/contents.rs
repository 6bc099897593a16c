//! What files and pipes have, as far as they may go.
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No script and no object that comes through a pipe is longer; what has no end (`/dev/zero`) is not read for ever.
const MOST: u64 = 256 << 20;

/// A file's content. What is no regular file need not have an end, and may have at most 256 MiB.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return read_stream(file);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All that comes, up to 256 MiB.
pub fn read_stream(from: impl Read) -> io::Result<Vec<u8>> {
    up_to(MOST, from)
}

fn up_to(most: u64, from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_read_for_ever() {
        assert_eq!(up_to(1000, io::repeat(0)).unwrap_err().to_string(), "it is longer than 1000 bytes");
        assert_eq!(up_to(9, &b"all of it"[..]).unwrap(), b"all of it");
        assert_eq!(read_file(Path::new("/dev/zero")).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
