//! A loaded program's machine code, disassembled.
use super::program::functions;
use super::symbols::{self, Symbols};
use super::types::Types;
use super::xlated::{Line, lines};
use super::{InspectError, OpenProgram, SourceLine, declaration};
use iced_x86::{
    Code, Decoder, DecoderOptions, Formatter as _, FormatterOutput, FormatterTextKind, GasFormatter,
    Instruction, NumberKind,
};
use osmia_btf::Btf;

/// Machine code of a loaded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jited {
    /// The code as bytes.
    pub bytes: Vec<u8>,
    /// Its functions.
    pub functions: Vec<Coded>,
}

/// Machine code of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// Its declaration, where its type is known.
    pub declaration: Option<String>,
    /// Its symbol.
    pub name: String,
    /// Its instructions.
    pub insns: Vec<JitedInsn>,
}

/// One machine instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JitedInsn {
    /// Bytes from the function's start.
    pub pc: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it does: `movq`.
    pub operation: String,
    /// On what: `-8(%rbp)`.
    pub operands: Vec<String>,
    /// The source line that begins here.
    pub source: Option<SourceLine>,
    /// The instruction of the program, by its slot, whose code begins here, where the kernel tells it.
    pub slot: Option<u32>,
}

/// A program's machine code. Only that of x86-64 can be taken apart.
pub fn jited(program: &OpenProgram) -> Result<Jited, InspectError> {
    let detail = &program.raw.detail;
    if detail.jited.is_empty() {
        return Err(InspectError::NoMachineCode);
    }
    if !cfg!(target_arch = "x86_64") {
        return Err(InspectError::OtherMachine);
    }
    let listed = if detail.jited_ksyms.is_empty() { String::new() } else { symbols::read() };
    let symbols = Symbols::parse(&listed);
    let btf = Types::default().get(program.raw.raw.btf_id);
    let declared: Vec<_> = functions(&program.raw.raw, detail).collect();
    let located: Vec<(u64, Line)> = detail.jited_line_info.iter().copied().zip(lines(&program.raw)).collect();
    let whole = [u32::try_from(detail.jited.len()).unwrap_or(u32::MAX)];
    let lens = if detail.jited_func_lens.is_empty() { &whole[..] } else { &detail.jited_func_lens };
    let (mut left, mut coded) = (detail.jited.as_slice(), Vec::new());
    for (place, len) in lens.iter().enumerate() {
        let (code, rest) = left.split_at_checked(*len as usize).unwrap_or((left, &[]));
        left = rest;
        let address = detail.jited_ksyms.get(place).copied();
        let found = address.and_then(|address| symbols.at(address)).map(str::to_owned);
        let numbered = || address.map_or_else(|| "unknown".to_owned(), |address| format!("{address:#018x}"));
        let ty = declared.get(place).map(|(_, ty)| *ty);
        let start = address.unwrap_or(0);
        let own = |(at, _): &&(u64, Line)| (start..start + u64::from(*len)).contains(at);
        let own: Vec<(u64, Line)> = located.iter().filter(own).copied().collect();
        coded.push(Coded {
            declaration: btf.as_ref().zip(ty).and_then(|(btf, ty)| declaration(btf, ty)),
            name: found.unwrap_or_else(numbered),
            insns: insns(code, start, &own, btf.as_ref()),
        });
    }
    Ok(Jited { bytes: detail.jited.clone(), functions: coded })
}

fn insns(code: &[u8], address: u64, lines: &[(u64, Line)], btf: Option<&Btf>) -> Vec<JitedInsn> {
    let mut decoder = Decoder::with_ip(64, code, address, DecoderOptions::NONE);
    let mut formatter = formatter();
    let (mut insn, mut found, mut passed) = (Instruction::default(), Vec::new(), 0);
    while decoder.can_decode() {
        let start = decoder.position();
        decoder.decode_out(&mut insn);
        let (operation, operands) = text(&mut formatter, &insn);
        let at = address + start as u64;
        // Only one line is passed each time: the last of those that begin at or before this instruction.
        let line = lines.get(passed..).unwrap_or_default().iter().take_while(|(line, _)| *line <= at).last();
        passed += usize::from(line.is_some());
        found.push(JitedInsn {
            pc: u32::try_from(start).unwrap_or(u32::MAX),
            bytes: code.get(start..decoder.position()).unwrap_or_default().to_vec(),
            operation,
            operands,
            source: line.zip(btf).map(|((_, line), btf)| line.source(btf)),
            slot: line.filter(|(begins, _)| *begins == at).map(|(_, line)| line.slot),
        });
    }
    found
}

/// AT&T's syntax as LLVM writes it, so far as it is a matter of choice.
fn formatter() -> GasFormatter {
    let mut formatter = GasFormatter::new();
    let options = formatter.options_mut();
    options.set_gas_show_mnemonic_size_suffix(true);
    options.set_space_after_operand_separator(true);
    options.set_number_base(iced_x86::NumberBase::Decimal);
    options.set_signed_immediate_operands(true);
    options.set_rip_relative_addresses(true);
    options.set_use_pseudo_ops(false);
    formatter
}

/// Gathers an instruction's text: addresses of code in hexadecimal, and each operand apart.
#[derive(Default)]
struct Parts {
    operation: String,
    operands: Vec<String>,
    depth: u32,
    in_operands: bool,
}

impl Parts {
    fn push(&mut self, text: &str) {
        match self.operands.last_mut() {
            Some(operand) if self.in_operands => operand.push_str(text),
            _ => self.operation.push_str(text),
        }
    }
}

impl FormatterOutput for Parts {
    fn write(&mut self, text: &str, kind: FormatterTextKind) {
        match kind {
            FormatterTextKind::Mnemonic | FormatterTextKind::Prefix => self.operation.push_str(text),
            FormatterTextKind::Text if !self.in_operands && text.trim().is_empty() => {
                self.operation.push_str(text)
            }
            FormatterTextKind::Punctuation
                if self.in_operands && self.depth == 0 && text.starts_with(',') =>
            {
                self.operands.push(String::new());
            }
            FormatterTextKind::Text if self.in_operands && text == " " => {}
            _ => {
                if !self.in_operands {
                    self.in_operands = true;
                    self.operands.push(String::new());
                }
                self.depth += text.matches('(').count() as u32;
                self.depth -= (text.matches(')').count() as u32).min(self.depth);
                self.push(text);
            }
        }
    }

    fn write_number(
        &mut self,
        _: &Instruction,
        _: u32,
        _: Option<u32>,
        text: &str,
        value: u64,
        _: NumberKind,
        kind: FormatterTextKind,
    ) {
        match kind {
            FormatterTextKind::LabelAddress | FormatterTextKind::FunctionAddress => {
                self.write(&format!("{value:#x}"), FormatterTextKind::Number);
            }
            // An address that stands alone is shown with its sign.
            _ if value > i64::MAX.cast_unsigned() && text == value.to_string() => {
                self.write(&value.cast_signed().to_string(), FormatterTextKind::Number);
            }
            _ => self.write(text, FormatterTextKind::Number),
        }
    }
}

fn text(formatter: &mut GasFormatter, insn: &Instruction) -> (String, Vec<String>) {
    let mut parts = Parts::default();
    formatter.format(insn, &mut parts);
    let operation = parts.operation.trim_end();
    // LLVM leaves the size out where there is no choice of one.
    let plain = ["jmpq", "leaveq"].iter().find(|name| **name == operation);
    let operation = plain.map_or(operation, |name| name.trim_end_matches('q')).to_owned();
    // LLVM shows what is moved into half a register without a sign.
    if insn.code() == Code::Mov_r32_imm32
        && let Some(first) = parts.operands.first_mut()
    {
        *first = format!("${}", insn.immediate32());
    }
    // LLVM does not say how far a shift goes whose opcode says that it is one bit.
    if ONE_BIT.contains(&insn.code()) {
        parts.operands.retain(|operand| operand != "$1");
    }
    (operation, parts.operands)
}

/// Shifts by one bit, as the kernel writes them.
const ONE_BIT: [Code; 6] = [
    Code::Shl_rm32_1,
    Code::Shl_rm64_1,
    Code::Shr_rm32_1,
    Code::Shr_rm64_1,
    Code::Sar_rm32_1,
    Code::Sar_rm64_1,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &[u8]) -> Vec<String> {
        let insns = insns(code, 0xffff_ffff_c000_0000, &[], None);
        insns.into_iter().map(|insn| format!("{} {}", insn.operation, insn.operands.join(" | "))).collect()
    }

    #[test]
    fn operands_stay_whole() {
        let code = [
            &[0x0f, 0x1f, 0x44, 0, 0][..],
            &[0x8b, 0x47, 0x70],
            &[0x48, 0x81, 0xec, 24, 0, 0, 0],
            &[0xb8, 255, 255, 255, 255],
            &[0x65, 0x48, 0x03, 0x04, 0x25, 0x28, 0, 0, 0x80],
            &[0x48, 0xbf, 0, 0, 0, 0, 0, 201, 255, 255],
            &[0xd1, 0xe0],
            &[0x49, 0xd1, 0xfd],
            &[0xc1, 0xe8, 3],
            &[0xc9],
            &[0xe9, 0, 0, 0, 0],
        ];
        let expected = [
            "nopl (%rax,%rax)",
            "movl 112(%rdi) | %eax",
            "subq $24 | %rsp",
            "movl $4294967295 | %eax",
            "addq %gs:-2147483608 | %rax",
            "movabsq $-60473139527680 | %rdi",
            "shll %eax",
            "sarq %r13",
            "shrl $3 | %eax",
            "leave ",
            "jmp 0xffffffffc0000035",
        ];
        assert_eq!(shown(&code.concat()), expected);
    }
}
