//! Text: comparing, and printing by a format.
use super::read::text_anywhere;
use super::{Answer, Args, length, printf, returned};
use crate::interpreter::Run;
use crate::{Errno, FaultKind};

/// Arguments that `snprintf` takes at most, `MAX_BPRINTF_VARARGS`.
const MOST_ARGS: usize = 12;
/// Formats are no longer than this.
const LONGEST: usize = 4096;
/// Characters of a line of the trace, `MAX_BPRINTF_BUF`.
const TRACE_LINE: usize = 1023;

/// `trace_printk(fmt, size, a, b, c)`: how many characters.
pub(super) fn trace_printk(run: &mut Run<'_>, [format, size, a, b, c]: Args) -> Answer {
    let format = run.memory.read(format, length(size))?.to_vec();
    trace(run, &format, &[a, b, c])
}

/// `trace_vprintk(fmt, size, data, len)`.
pub(super) fn trace_vprintk(run: &mut Run<'_>, [format, size, data, len, _]: Args) -> Answer {
    let format = run.memory.read(format, length(size))?.to_vec();
    match arguments(run, data, length(len))? {
        Some(args) => trace(run, &format, &args),
        None => returned(Err(Errno::Invalid)),
    }
}

fn trace(run: &mut Run<'_>, format: &[u8], args: &[u64]) -> Answer {
    let Some((0, format)) = format.split_last() else { return returned(Err(Errno::Invalid)) };
    match printf::format(run, format, args) {
        Ok(mut line) => {
            line.truncate(TRACE_LINE);
            run.trace.push(String::from_utf8_lossy(&line).into_owned());
            Ok(line.len() as u64)
        }
        Err(errno) => Ok(errno.returned()),
    }
}

/// Numbers of eight bytes each; none where that is not what they are.
fn arguments(run: &Run<'_>, data: u64, len: usize) -> Result<Option<Vec<u64>>, FaultKind> {
    if !len.is_multiple_of(8) || len > MOST_ARGS * 8 || (len > 0 && data == 0) {
        return Ok(None);
    }
    let bytes = if len == 0 { &[] } else { run.memory.read(data, len)? };
    let (numbers, _) = bytes.as_chunks::<8>();
    Ok(Some(numbers.iter().map(|number| u64::from_le_bytes(*number)).collect()))
}

/// `snprintf(str, size, fmt, data, len)`: how many bytes it would take, with the closing zero.
pub(super) fn snprintf(run: &mut Run<'_>, [to, size, format, data, len]: Args) -> Answer {
    let size = length(size);
    let Some(args) = arguments(run, data, length(len))? else { return returned(Err(Errno::Invalid)) };
    let format = constant(run, format)?;
    let text = match printf::format(run, &format, &args) {
        Ok(text) => text,
        Err(errno) => return Ok(errno.returned()),
    };
    if size > 0 {
        let place = run.memory.write(to, size)?;
        let kept = text.len().min(size - 1);
        place.iter_mut().zip(text.iter().take(kept).chain(&[0])).for_each(|(place, &byte)| *place = byte);
    }
    Ok(text.len() as u64 + 1)
}

/// A string that ends with a zero, in the machine's own memory.
fn constant(run: &Run<'_>, address: u64) -> Result<Vec<u8>, FaultKind> {
    run.memory.read(address, 1)?;
    Ok(text_anywhere(run, address, LONGEST).unwrap_or_default())
}

/// `strncmp(s1, size, s2)`: -1, 0 or 1.
pub(super) fn strncmp(run: &mut Run<'_>, [a, size, b, ..]: Args) -> Answer {
    let a = run.memory.read(a, length(size))?;
    let b = constant(run, b)?;
    let (until_zero, b) = (a.split(|&byte| byte == 0).next().unwrap_or_default(), b.as_slice());
    let b = b.get(..a.len()).unwrap_or(b);
    Ok(until_zero.cmp(b) as i64 as u64)
}
