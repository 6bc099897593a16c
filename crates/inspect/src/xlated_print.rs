//! A loaded program's instructions as text and JSON.
use super::{Json, Program, SourceLine, Step, Xlated, hex, program_print};

/// What to show besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The instructions' bytes.
    pub opcodes: bool,
    /// Files and line numbers.
    pub lines: bool,
}

/// Instructions as bpftool prints them for people; with several programs, each after a line that names it.
pub fn xlated_text(programs: &[(Program, Xlated)], extras: Extras, out: &mut Vec<u8>) {
    for (place, (program, code)) in programs.iter().enumerate() {
        if place > 0 {
            out.push(b'\n');
        }
        if programs.len() > 1 {
            out.extend(program_print::header_text(program).into_bytes());
        }
        code.steps.iter().for_each(|step| step_text(step, &code.bytes, extras, out));
    }
}

fn step_text(step: &Step, bytes: &[u8], extras: Extras, out: &mut Vec<u8>) {
    if let Some(function) = &step.function {
        out.extend(format!("{function}:\n").into_bytes());
    }
    if let Some(source) = &step.source {
        out.extend(source_text(source, extras).into_bytes());
    }
    out.extend(format!(" {:3}: {}\n", step.slot, step.text).into_bytes());
    if extras.opcodes {
        out.extend(b"      ");
        for slot in bytes.get(step.bytes.clone()).unwrap_or_default().chunks(8) {
            out.push(b' ');
            hex::push_rows(out, slot);
        }
        out.push(b'\n');
    }
}

pub(super) fn source_text(source: &SourceLine, extras: Extras) -> String {
    let Some(text) = &source.text else { return String::new() };
    if !extras.lines {
        return format!("; {text}\n");
    }
    let file = source.file.as_deref().unwrap_or_default();
    format!("; {text} [file:{file} line_num:{} line_col:{}]\n", source.line, source.column)
}

/// Instructions as JSON.
pub fn xlated_json(programs: &[(Program, Xlated)], extras: Extras, json: &mut Json) {
    match programs {
        [(_, code)] => code_json(code, extras, json),
        programs => json.array(|json| {
            for (program, code) in programs {
                json.object(|json| {
                    program_print::header_json(program, json);
                    json.name("insns");
                    code_json(code, extras, json);
                });
            }
        }),
    }
}

fn code_json(code: &Xlated, extras: Extras, json: &mut Json) {
    json.array(|json| code.steps.iter().for_each(|step| step_json(step, &code.bytes, extras, json)));
}

fn step_json(step: &Step, bytes: &[u8], extras: Extras, json: &mut Json) {
    json.object(|json| {
        if let Some(function) = &step.function {
            json.text_field("proto", function);
        }
        if let Some(source) = &step.source {
            source_json(source, extras, json);
        }
        json.text_field("disasm", &step.text);
        if extras.opcodes {
            json.name("opcodes");
            opcodes_json(bytes.get(step.bytes.clone()).unwrap_or_default(), json);
        }
    });
}

pub(super) fn source_json(source: &SourceLine, extras: Extras, json: &mut Json) {
    if let Some(text) = &source.text {
        json.text_field("src", text);
    }
    if !extras.lines {
        return;
    }
    if let Some(file) = &source.file {
        json.text_field("file", file);
    }
    for (name, number) in [("line_num", source.line), ("line_col", source.column)] {
        if number != 0 {
            json.field(name, number);
        }
    }
}

/// The fields of an instruction as they lie in memory.
fn opcodes_json(bytes: &[u8], json: &mut Json) {
    let [code, registers, off @ .., _, _, _, _] = bytes.first_chunk::<8>().unwrap_or(&[0; 8]);
    let (low, high) = (registers & 15, registers >> 4);
    let (src, dst) = if cfg!(target_endian = "little") { (high, low) } else { (low, high) };
    json.object(|json| {
        json.name("code");
        json.string(&format!("{code:#04x}"));
        json.name("src_reg");
        json.string(&format!("{src:#x}"));
        json.name("dst_reg");
        json.string(&format!("{dst:#x}"));
        json.name("off");
        json.hex(off);
        json.name("imm");
        json.hex(bytes.get(4..).unwrap_or_default());
    });
}
