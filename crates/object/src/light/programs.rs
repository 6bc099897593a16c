//! Programs: what they ask of the kernel is looked up, then they are loaded.
use super::emit::{ALSO_KEPT, ANSWER, At, Emitter};
use super::{LightError, Places, context, name, put};
use crate::{AttachTypes, FUNCTION_RECORD, Image, ImageProgram, LINE_RECORD, Later, LaterSymbol};
use osmia_abi::Command;
use osmia_abi::attr::ProgLoadAttr;
use osmia_btf::KindTag;
use osmia_isa::{Cond, Imm64, Insn, Operand, Reg, Size, encode};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;

/// What all kernels with such programs (5.17) read: up to the relocations that they apply themselves.
const LOAD: usize = offset_of!(ProgLoadAttr, core_relo_rec_size) + 4;
/// `struct bpf_core_relo`
const CORE_RECORD: u32 = 16;
/// `BPF_PSEUDO_BTF_ID`
const BTF_ID: u8 = 3;
/// Places in an instruction (`struct bpf_insn`).
const REGISTERS: usize = 1;
const OFFSET: usize = 2;
const IMMEDIATE: usize = 4;
const NEXT_IMMEDIATE: usize = 12;

/// How many kernel functions a program names.
pub(super) fn functions(later: &Later) -> usize {
    names(later, KindTag::Func)
}

/// How many kernel variables a program names.
pub(super) fn variables(later: &Later) -> usize {
    names(later, KindTag::Var)
}

fn names(later: &Later, tag: KindTag) -> usize {
    let of_tag = later.symbols.iter().filter(|symbol| symbol.tag == Some(tag));
    of_tag.map(|symbol| symbol.name.as_str()).collect::<BTreeSet<_>>().len()
}

/// Loads all programs that are loaded by themselves.
pub(super) fn load(image: &Image, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    let wanted = image.programs.iter().enumerate().filter(|(_, program)| program.autoload);
    for (at, program) in wanted {
        if program.attach_types != AttachTypes::Kernel {
            let what = "what is attached to another program or a named module";
            return Err(LightError::Unable { name: program.name.clone(), what });
        }
        load_one(image, program, places, out)?;
        out.keep(Size::W, ANSWER, places.program(at));
        let used = (0..functions(&program.later)).map(|at| places.module(at));
        let used = used.chain((0..variables(&program.later)).map(|at| places.variable(at)));
        used.chain([places.owner]).try_for_each(|at| out.close(at))?;
    }
    Ok(())
}

fn load_one(
    image: &Image,
    program: &ImageProgram,
    places: &Places,
    out: &mut Emitter,
) -> Result<(), LightError> {
    let insns = out.data(&encode(&unfilled(program)));
    let (license, _) = out.text(&image.license);
    let parts = [
        (out.data(&program.function_records()), offset_of!(ProgLoadAttr, func_info)),
        (out.data(&program.line_records()), offset_of!(ProgLoadAttr, line_info)),
        (out.data(&core_records(&program.later)), offset_of!(ProgLoadAttr, core_relos)),
        (insns, offset_of!(ProgLoadAttr, insns)),
        (license, offset_of!(ProgLoadAttr, license)),
        (places.table, offset_of!(ProgLoadAttr, fd_array)),
    ];
    let attr = out.data(&attributes(image, program));
    for (part, offset) in parts {
        out.point(part, attr.plus(offset));
    }
    out.fetch(Size::W, context::LOG_LEVEL, attr.plus(offset_of!(ProgLoadAttr, log_level)));
    out.fetch(Size::W, context::LOG_SIZE, attr.plus(offset_of!(ProgLoadAttr, log_size)));
    out.fetch(Size::DW, context::LOG_BUFFER, attr.plus(offset_of!(ProgLoadAttr, log_buf)));
    out.copy(Size::W, places.btf, attr.plus(offset_of!(ProgLoadAttr, prog_btf_fd)));
    if let Some((name, tag)) = &program.later.attach {
        find(name, *tag, out)?;
        out.check();
        out.keep(Size::W, ANSWER, attr.plus(offset_of!(ProgLoadAttr, attach_btf_id)));
        out.shift_right(ANSWER, 32);
        out.keep(Size::W, ANSWER, places.owner);
        out.keep(Size::W, ANSWER, attr.plus(offset_of!(ProgLoadAttr, attach_prog_fd)));
    }
    symbols(&program.later, insns, places, out)?;
    out.bpf(Command::ProgLoad, attr, LOAD)?;
    out.check();
    Ok(())
}

/// The instructions, in which what is looked up later is the number 0, as it stays where it is missing.
fn unfilled(program: &ImageProgram) -> Vec<Insn> {
    let mut insns = program.insns.clone();
    for insn in &mut insns {
        if let Insn::LoadImm64 { value: value @ Imm64::BtfId { .. }, .. } = insn {
            *value = Imm64::Value(0);
        }
    }
    insns
}

fn core_records(later: &Later) -> Vec<u8> {
    let record = |(slot, core): &(u32, crate::LaterCore)| [slot * 8, core.type_id.0, core.access, core.kind];
    later.core.iter().flat_map(record).flat_map(u32::to_ne_bytes).collect()
}

fn attributes(image: &Image, program: &ImageProgram) -> [u8; LOAD] {
    let mut raw = [0; LOAD];
    let slots: u32 = program.insns.iter().map(Insn::slots).sum();
    let count = |bytes: Vec<u8>, record: u32| bytes.len() as u32 / record;
    let attach = program.member.or(program.attach_type.map(|it| it.raw())).unwrap_or(0);
    let numbers = [
        (offset_of!(ProgLoadAttr, prog_type), program.kind.raw()),
        (offset_of!(ProgLoadAttr, insn_cnt), slots),
        (offset_of!(ProgLoadAttr, kern_version), image.version),
        (offset_of!(ProgLoadAttr, prog_flags), program.flags),
        (offset_of!(ProgLoadAttr, expected_attach_type), attach),
        (offset_of!(ProgLoadAttr, func_info_rec_size), FUNCTION_RECORD),
        (offset_of!(ProgLoadAttr, func_info_cnt), count(program.function_records(), FUNCTION_RECORD)),
        (offset_of!(ProgLoadAttr, line_info_rec_size), LINE_RECORD),
        (offset_of!(ProgLoadAttr, line_info_cnt), count(program.line_records(), LINE_RECORD)),
        (offset_of!(ProgLoadAttr, core_relo_rec_size), CORE_RECORD),
        (offset_of!(ProgLoadAttr, core_relo_cnt), program.later.core.len() as u32),
    ];
    for (offset, number) in numbers {
        put(&mut raw, offset, &number.to_ne_bytes());
    }
    put(&mut raw, offset_of!(ProgLoadAttr, prog_name), &name(&program.name));
    raw
}

/// Looks a type up by its name, in the kernel and then in modules; the answer is its id, with a descriptor of the module above
/// it.
fn find(name: &str, tag: KindTag, out: &mut Emitter) -> Result<(), LightError> {
    let (name, length) = out.text(name);
    out.address(Reg::R1, name);
    out.set(Reg::R2, length);
    out.set(Reg::R3, tag as i32);
    out.set(Reg::R4, 0);
    out.call("btf_find_by_name_kind")?;
    out.mov(ANSWER, Operand::Reg(Reg::R0));
    Ok(())
}

/// Looks up each kernel symbol once, and writes it into all instructions that hold it.
fn symbols(later: &Later, insns: At, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    let mut all: BTreeMap<(Option<KindTag>, &str), Vec<&LaterSymbol>> = BTreeMap::new();
    for symbol in &later.symbols {
        all.entry((symbol.tag, &symbol.name)).or_default().push(symbol);
    }
    let (mut functions, mut variables) = (0, 0);
    for ((tag, name), uses) in all {
        let weak = uses.iter().all(|symbol| symbol.weak);
        let Some(tag) = tag else {
            address(name, weak, &uses, insns, out)?;
            continue;
        };
        find(name, tag, out)?;
        let (index, slot) = match tag {
            KindTag::Func => {
                functions += 1;
                (places.maps + functions - 1, places.module(functions - 1))
            }
            _ => {
                variables += 1;
                (0, places.variable(variables - 1))
            }
        };
        if !weak {
            out.check();
        }
        out.unless((Cond::Slt, ANSWER, 0), |out| {
            out.mov(ALSO_KEPT, Operand::Reg(ANSWER));
            out.shift_right(ALSO_KEPT, 32);
            out.keep(Size::W, ALSO_KEPT, slot);
            uses.iter().try_for_each(|symbol| fill(symbol, insns, index, out))
        })?;
    }
    Ok(())
}

/// Writes an id into an instruction.
fn fill(symbol: &LaterSymbol, insns: At, index: usize, out: &mut Emitter) -> Result<(), LightError> {
    let insn = insns.plus(8 * symbol.slot as usize);
    out.keep(Size::W, ANSWER, insn.plus(IMMEDIATE));
    if symbol.call {
        // 0 is the kernel itself.
        return out.unless((Cond::Eq, ALSO_KEPT, 0), |out| {
            out.set(Reg::R0, index as i32);
            out.keep(Size::H, Reg::R0, insn.plus(OFFSET));
            Ok(())
        });
    }
    out.keep(Size::W, ALSO_KEPT, insn.plus(NEXT_IMMEDIATE));
    out.address(Reg::R1, insn.plus(REGISTERS));
    out.load(Size::B, Reg::R0, Reg::R1, 0);
    out.insn(Insn::Alu {
        op: osmia_isa::AluOp::Or,
        width: osmia_isa::Width::W64,
        dst: Reg::R0,
        src: Operand::Imm((BTF_ID << 4).into()),
    });
    out.store(Size::B, Reg::R1, 0, Operand::Reg(Reg::R0));
    Ok(())
}

/// `-ENOENT`
const NO_SUCH: i32 = -2;

/// Looks up the address of a symbol without a type.
fn address(
    name: &str,
    weak: bool,
    uses: &[&LaterSymbol],
    insns: At,
    out: &mut Emitter,
) -> Result<(), LightError> {
    let (name, length) = out.text(name);
    let found = out.data(&[0; 8]);
    out.address(Reg::R1, name);
    out.set(Reg::R2, length);
    out.set(Reg::R3, 0);
    out.address(Reg::R4, found);
    out.call("kallsyms_lookup_name")?;
    out.mov(ANSWER, Operand::Reg(Reg::R0));
    if weak {
        out.unless((Cond::Eq, ANSWER, NO_SUCH), |out| {
            out.check();
            Ok(())
        })?;
    } else {
        out.check();
    }
    for symbol in uses {
        let insn = insns.plus(8 * symbol.slot as usize);
        out.copy(Size::W, found, insn.plus(IMMEDIATE));
        out.copy(Size::W, found.plus(4), insn.plus(NEXT_IMMEDIATE));
    }
    Ok(())
}
