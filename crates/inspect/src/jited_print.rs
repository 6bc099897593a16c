//! Machine code as text and JSON.
use super::program_print::{header_json, header_text};
use super::xlated_print::{source_json, source_text};
use super::{Coded, Extras, Jited, JitedInsn, Json, Program, Xlated, hex};

/// Machine code as bpftool prints it for people; with several programs, each after a line that names it. Where
/// instructions of the programs are given too, each stands before the code that it became.
pub fn jited_text(programs: &[(Program, Jited, Option<Xlated>)], extras: Extras, out: &mut Vec<u8>) {
    for (place, (program, code, xlated)) in programs.iter().enumerate() {
        if place > 0 {
            out.push(b'\n');
        }
        if programs.len() > 1 {
            out.extend(header_text(program).into_bytes());
        }
        let mut slots = Slots::of(xlated.as_ref());
        for function in &code.functions {
            function_text(function, extras, &mut slots, out);
        }
    }
}

fn function_text(function: &Coded, extras: Extras, slots: &mut Slots<'_>, out: &mut Vec<u8>) {
    if let Some(declaration) = &function.declaration {
        out.extend(format!("{declaration}:\n").into_bytes());
    }
    out.extend(format!("{}:\n", function.name).into_bytes());
    for (place, insn) in function.insns.iter().enumerate() {
        if let Some(source) = &insn.source {
            out.extend(source_text(source, extras).into_bytes());
        }
        let next = function.insns.get(place + 1..).unwrap_or_default().iter().find_map(|insn| insn.slot);
        for step in slots.until(insn.slot, next) {
            out.extend(format!("; {step}\n").into_bytes());
        }
        insn_text(insn, extras, out);
    }
    out.push(b'\n');
}

fn insn_text(insn: &JitedInsn, extras: Extras, out: &mut Vec<u8>) {
    let operands = insn.operands.join(", ");
    let gap = if operands.is_empty() { "" } else { "\t" };
    out.extend(format!("{:4x}:\t{}{gap}{operands}", insn.pc, insn.operation).into_bytes());
    if extras.opcodes {
        out.extend(b"\n\t");
        for byte in &insn.bytes {
            hex::push_byte(out, *byte);
            out.push(b' ');
        }
    }
    out.push(b'\n');
}

/// The instructions of a program, each of which is shown once.
struct Slots<'a>(&'a [super::Step]);

impl<'a> Slots<'a> {
    fn of(xlated: Option<&'a Xlated>) -> Self {
        Self(xlated.map_or(&[], |xlated| xlated.steps.as_slice()))
    }

    /// The instructions from one slot up to another (or to the end of its function): ` 12: (61) r0 = …`
    fn until(&mut self, from: Option<u32>, to: Option<u32>) -> Vec<String> {
        let Some(from) = from else { return Vec::new() };
        let begins = |step: &&super::Step| step.slot >= from && to.is_none_or(|to| step.slot < to);
        let ends = self.0.iter().position(|step| step.slot > from && step.function.is_some());
        let own = self.0.iter().take(ends.unwrap_or(self.0.len())).filter(begins);
        let shown: Vec<String> = own.map(|step| format!("{:4}: {}", step.slot, step.text)).collect();
        self.0 = self
            .0
            .iter()
            .position(|step| step.slot >= from)
            .and_then(|at| self.0.get(at..))
            .unwrap_or_default();
        shown
    }
}

/// Machine code as JSON.
pub fn jited_json(programs: &[(Program, Jited, Option<Xlated>)], extras: Extras, json: &mut Json) {
    match programs {
        [(_, code, xlated)] => functions_json(code, extras, xlated.as_ref(), json),
        programs => json.array(|json| {
            for (program, code, xlated) in programs {
                json.object(|json| {
                    header_json(program, json);
                    json.name("insns");
                    functions_json(code, extras, xlated.as_ref(), json);
                });
            }
        }),
    }
}

fn functions_json(code: &Jited, extras: Extras, xlated: Option<&Xlated>, json: &mut Json) {
    let mut slots = Slots::of(xlated);
    json.array(|json| {
        for function in &code.functions {
            json.object(|json| {
                if let Some(declaration) = &function.declaration {
                    json.text_field("proto", declaration);
                }
                json.text_field("name", &function.name);
                json.name("insns");
                json.array(|json| {
                    for (place, insn) in function.insns.iter().enumerate() {
                        let after = function.insns.get(place + 1..).unwrap_or_default();
                        let steps = slots.until(insn.slot, after.iter().find_map(|insn| insn.slot));
                        insn_json(insn, extras, xlated.is_some().then_some(steps), json);
                    }
                });
            });
        }
    });
}

fn insn_json(insn: &JitedInsn, extras: Extras, xlated: Option<Vec<String>>, json: &mut Json) {
    json.object(|json| {
        if let Some(source) = &insn.source {
            source_json(source, extras, json);
        }
        if let Some(steps) = xlated.filter(|steps| !steps.is_empty()) {
            json.name("xlated");
            json.array(|json| steps.iter().for_each(|step| json.string(step.trim_start())));
        }
        json.text_field("pc", &format!("{:#x}", insn.pc));
        json.text_field("operation", &insn.operation);
        json.name("operands");
        json.array(|json| insn.operands.iter().for_each(|operand| json.string(operand)));
        if extras.opcodes {
            json.name("opcodes");
            json.hex(&insn.bytes);
        }
    });
}
