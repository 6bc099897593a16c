//! Stacks.
use osmia_event::{Frame, StackMode, StackSource, Symbol};

/// Stands for an address of all ones: from there on nobody knows who called. It looks the same in every mode.
const LOST: &str = "        <unwind failure>";

/// An address where a name would stand; the prefix is not put in front of zero, as C++ has it.
pub(crate) fn nameless(address: u64) -> String {
    if address == 0 { "0".into() } else { format!("{address:#x}") }
}

/// A newline, then a line for each frame.
pub(crate) fn stack(mode: StackMode, source: StackSource, frames: &[Frame]) -> String {
    let mut text = String::from("\n");
    for frame in frames {
        text += &line(mode, source, frame);
        text.push('\n');
        if frame.address == u64::MAX {
            break;
        }
    }
    text
}

fn line(mode: StackMode, source: StackSource, frame: &Frame) -> String {
    let address = frame.address;
    match mode {
        StackMode::BuildId => place_in_file(frame),
        _ if address == u64::MAX => LOST.into(),
        StackMode::Raw => format!("{address:x}"),
        StackMode::Bpftrace => format!("        {}", name(frame)),
        StackMode::Perf => format!("\t{address:x} {}", perf_name(source, frame)),
    }
}

/// What a frame without a name is called among others that have one.
pub(crate) fn bare(frame: &Frame) -> String {
    if frame.build_id.is_some() { place_in_file(frame) } else { format!("{:#x}", frame.address) }
}

/// `01234567… 0x1a2b`; an address that belongs to no file stands alone.
fn place_in_file(frame: &Frame) -> String {
    let Some(build_id) = &frame.build_id else { return format!("{:x}", frame.address) };
    let digits: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits} 0x{:02x}", frame.address)
}

/// `name+offset@file:line`, `[inlined] name@file:line`, or the address.
fn name(frame: &Frame) -> String {
    let Some(symbol) = &frame.symbol else { return nameless(frame.address) };
    let line = frame.line.as_ref().map(|line| format!("@{}:{}", line.file, line.line)).unwrap_or_default();
    if frame.inlined {
        format!("[inlined] {}{line}", symbol.name)
    } else {
        format!("{}+{}{line}", symbol.name, symbol.offset)
    }
}

/// `name+offset`, and in user space the file: ` (/usr/lib/libc.so)`.
fn perf_name(source: StackSource, frame: &Frame) -> String {
    let name = match &frame.symbol {
        None => nameless(frame.address),
        Some(Symbol { name, .. }) if frame.inlined => format!("{name} (inlined)"),
        Some(Symbol { name, offset, .. }) => format!("{name}+{offset}"),
    };
    let module = frame.symbol.as_ref().and_then(|symbol| symbol.module.as_deref()).unwrap_or("[unknown]");
    match source {
        StackSource::User(_) if !frame.inlined => format!("{name} ({module})"),
        _ => name,
    }
}
