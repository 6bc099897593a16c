//! Whatever the code, the machine neither panics nor runs for ever.
use osmia_isa::text::assemble_ubpf;
use osmia_isa::{Callee, Imm64, Insn, Reg, decode, encode};
use osmia_vm::{Input, property};
use proptest::prelude::*;
use std::fs;

fn input() -> Input {
    Input { context: (0..64).collect(), packet: (0..64).collect() }
}

/// Instructions of the bytes; slots that decode to nothing are left out.
fn salvage(bytes: &[u8]) -> Vec<Insn> {
    let mut insns = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= 8) {
        let one = decode(&rest[..8]).or_else(|error| rest.get(..16).map_or(Err(error), decode));
        let slots = one.as_ref().map_or(1, |insns| insns.iter().map(Insn::slots).sum());
        insns.extend(one.unwrap_or_default());
        at += 8 * slots as usize;
    }
    insns
}

/// An instruction of eight bytes that are not all unlikely.
fn slot() -> impl Strategy<Value = [u8; 8]> {
    let opcode = prop::sample::select((0..=255_u8).filter(|code| code & 7 != 0).collect::<Vec<_>>());
    let imm = prop_oneof![Just(0), 0..16_i32, any::<i32>(), -64..64_i32];
    let off = prop_oneof![Just(0), -32..32_i16, any::<i16>()];
    (opcode, 0..11_u8, 0..11_u8, off, imm).prop_map(|(opcode, dst, src, off, imm)| {
        let src = if opcode & 8 == 0 && matches!(opcode & 7, 4..=7) { 0 } else { src };
        let imm = if opcode & 8 == 8 && matches!(opcode & 7, 4..=7) && opcode != 0x85 { 0 } else { imm };
        let mut bytes = [opcode, src << 4 | dst, 0, 0, 0, 0, 0, 0];
        bytes[2..4].copy_from_slice(&off.to_le_bytes());
        bytes[4..].copy_from_slice(&imm.to_le_bytes());
        bytes
    })
}

/// What makes code reach something: maps, pointers, helpers, functions.
fn useful() -> impl Strategy<Value = Vec<Insn>> {
    let reg = prop::sample::select(Reg::ALL[..6].to_vec());
    let maps = property::MAPS.len() as u32 + 1;
    prop_oneof![
        (reg.clone(), 0..maps).prop_map(|(dst, map)| vec![Insn::LoadImm64 { dst, value: Imm64::Map(map) }]),
        (reg.clone(), 0..maps, 0..24_u32).prop_map(|(dst, map, offset)| vec![Insn::LoadImm64 {
            dst,
            value: Imm64::MapValue { map, offset }
        }]),
        (reg.clone(), -8..8_i32)
            .prop_map(|(dst, to)| vec![Insn::LoadImm64 { dst, value: Imm64::Function(to) }]),
        (reg.clone(), 0..80_i32).prop_map(|(dst, back)| {
            assemble_ubpf(&format!("mov %r{0}, %r10\nsub %r{0}, {back}", dst.number())).expect("code").insns
        }),
        (reg, -4..64_i32).prop_map(|(dst, imm)| {
            assemble_ubpf(&format!("mov %r{}, {imm}", dst.number())).expect("code").insns
        }),
        (0..220_u32).prop_map(|helper| vec![Insn::Call(Callee::Helper(helper))]),
        prop::sample::select(vec![1, 2, 3, 12, 25, 87, 88, 89, 130, 131, 132, 133, 134, 164, 165, 181, 195])
            .prop_map(|helper| vec![Insn::Call(Callee::Helper(helper))]),
        (-6..6_i32).prop_map(|to| vec![Insn::Call(Callee::Local(to))]),
        slot().prop_map(|bytes| salvage(&bytes)),
        Just(vec![Insn::Exit]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        property::ends(salvage(&bytes), &input());
    }

    #[test]
    fn random_instructions_end(slots in prop::collection::vec(slot(), 0..60)) {
        property::ends(salvage(&slots.concat()), &input());
    }

    #[test]
    fn code_that_reaches_something_ends(parts in prop::collection::vec(useful(), 0..40)) {
        property::ends(parts.concat(), &input());
    }

    #[test]
    fn mutated_cases_end(case in 0..313_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let path = osmia_testkit::cases("../isa/tests/conformance/tests").swap_remove(case);
        let text = fs::read_to_string(path).expect("a case");
        let asm = text.split("-- asm").nth(1).and_then(|rest| rest.split("\n-- ").next()).expect("code");
        let mut bytes = encode(&assemble_ubpf(asm).expect("code").insns);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        property::ends(salvage(&bytes), &input());
    }
}
