//! Bytes to instructions and back.
use osmia_base::Endian;
use osmia_isa::wire::{Field, Slot};
use osmia_isa::{
    AluOp, AtomicOp, Callee, Cond, DecodeError, DecodeErrorKind, Imm64, Insn, Operand, Reg, Size, Swap,
    Width, decode, decode_with, encode, encode_with, property,
};
use proptest::prelude::*;
use proptest::sample::select;

fn reg() -> impl Strategy<Value = Reg> {
    select(Reg::ALL.to_vec())
}

fn width() -> impl Strategy<Value = Width> {
    select(vec![Width::W32, Width::W64])
}

fn size() -> impl Strategy<Value = Size> {
    select(Size::ALL.to_vec())
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![reg().prop_map(Operand::Reg), any::<i32>().prop_map(Operand::Imm)]
}

fn imm64() -> impl Strategy<Value = Imm64> {
    prop_oneof![
        any::<u64>().prop_map(Imm64::Value),
        any::<i32>().prop_map(Imm64::MapFd),
        any::<(i32, u32)>().prop_map(|(fd, offset)| Imm64::MapFdValue { fd, offset }),
        any::<(i32, i32)>().prop_map(|(id, fd)| Imm64::BtfId { id, fd }),
        any::<i32>().prop_map(Imm64::Function),
        any::<u32>().prop_map(Imm64::Map),
        any::<(u32, u32)>().prop_map(|(map, offset)| Imm64::MapValue { map, offset }),
    ]
}

fn callee() -> impl Strategy<Value = Callee> {
    prop_oneof![
        any::<u32>().prop_map(Callee::Helper),
        any::<(i32, i16)>().prop_map(|(id, module)| Callee::Kfunc { id, module }),
        any::<i32>().prop_map(Callee::Local),
        reg().prop_map(Callee::Register),
    ]
}

fn arithmetic() -> impl Strategy<Value = Insn> {
    let sources = select(vec![
        (Width::W32, Size::B),
        (Width::W32, Size::H),
        (Width::W64, Size::B),
        (Width::W64, Size::H),
        (Width::W64, Size::W),
    ]);
    let swaps = (select(Swap::ALL.to_vec()), select(vec![Size::H, Size::W, Size::DW]), reg());
    prop_oneof![
        (select(AluOp::ALL.to_vec()), width(), reg(), operand())
            .prop_map(|(op, width, dst, src)| Insn::Alu { op, width, dst, src }),
        (width(), reg()).prop_map(|(width, dst)| Insn::Neg { width, dst }),
        (sources, reg(), reg()).prop_map(|((width, from), dst, src)| Insn::MovSx { width, from, dst, src }),
        (reg(), reg(), any::<u32>()).prop_map(|(dst, src, spaces)| Insn::AddrSpaceCast { dst, src, spaces }),
        swaps.prop_map(|(kind, size, dst)| Insn::Swap { kind, size, dst }),
        (reg(), imm64()).prop_map(|(dst, value)| Insn::LoadImm64 { dst, value }),
    ]
}

fn memory() -> impl Strategy<Value = Insn> {
    let narrow = || select(vec![Size::B, Size::H, Size::W]);
    let wide = select(vec![Size::W, Size::DW]);
    prop_oneof![
        (size(), reg(), reg(), any::<i16>()).prop_map(|(size, dst, base, off)| Insn::Load {
            size,
            dst,
            base,
            off
        }),
        (narrow(), reg(), reg(), any::<i16>()).prop_map(|(size, dst, base, off)| Insn::LoadSx {
            size,
            dst,
            base,
            off
        }),
        (size(), reg(), any::<i16>(), operand()).prop_map(|(size, base, off, src)| Insn::Store {
            size,
            base,
            off,
            src
        }),
        (select(AtomicOp::ALL.to_vec()), wide, reg(), any::<i16>(), reg())
            .prop_map(|(op, size, base, off, src)| Insn::Atomic { op, size, base, off, src }),
        (size(), reg(), reg(), any::<i16>()).prop_map(|(size, dst, base, off)| Insn::LoadAcquire {
            size,
            dst,
            base,
            off
        }),
        (size(), reg(), any::<i16>(), reg()).prop_map(|(size, base, off, src)| Insn::StoreRelease {
            size,
            base,
            off,
            src
        }),
        (narrow(), proptest::option::of(reg()), any::<i32>())
            .prop_map(|(size, index, imm)| Insn::LoadPacket { size, index, imm }),
    ]
}

fn control() -> impl Strategy<Value = Insn> {
    prop_oneof![
        (select(Cond::ALL.to_vec()), width(), reg(), operand(), any::<i16>())
            .prop_map(|(cond, width, lhs, rhs, off)| Insn::Jump { cond, width, lhs, rhs, off }),
        any::<i16>().prop_map(|off| Insn::Goto { off }),
        any::<i32>().prop_map(|off| Insn::GotoLong { off }),
        any::<i16>().prop_map(|off| Insn::MayGoto { off }),
        reg().prop_map(|dst| Insn::GotoRegister { dst }),
        callee().prop_map(Insn::Call),
        Just(Insn::Exit),
    ]
}

fn code() -> impl Strategy<Value = Vec<Insn>> {
    proptest::collection::vec(prop_oneof![arithmetic(), memory(), control()], 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn instructions_survive_encoding(insns in code()) {
        for endian in [Endian::Little, Endian::Big] {
            let bytes = encode_with(&insns, endian);
            prop_assert_eq!(decode_with(&bytes, endian), Ok(insns.clone()));
        }
        property::roundtrip(&encode(&insns));
    }

    #[test]
    fn any_bytes_decode_to_themselves_or_fail(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        property::roundtrip(&bytes);
    }

    #[test]
    fn any_text_assembles_or_fails(text in "\\PC{0,60}") {
        property::assembles(&text);
    }

    #[test]
    fn any_tokens_assemble_or_fail(words in proptest::collection::vec(select(TOKENS.to_vec()), 0..12)) {
        property::assembles(&words.concat());
        property::assembles(&words.join(" "));
    }
}

const TOKENS: &[&str] = &[
    "r0",
    "w1",
    "r10",
    "%r3",
    "=",
    "+=",
    "s>>=",
    "-",
    "*",
    "(",
    ")",
    "u32",
    "u64",
    "s8",
    "[",
    "]",
    "skb",
    "if",
    "goto",
    "pc",
    "+1",
    "-1",
    "0x10",
    "4294967295",
    "ll",
    "lock",
    "call",
    "exit",
    "label",
    ":",
    "\n",
    ";",
    "#",
    "map",
    "id",
    "subprog",
    "atomic_fetch_add",
    "cmpxchg_64",
    ",",
    "mov",
    "jne32",
    "ldxdw",
    "stxb",
    "le16",
    "bswap64",
    "(18)",
    "5:",
];

/// The opcodes of RFC 9669, with `may_goto` (0xe5), `gotox` (0x0d) and `callx` (0x8d), by class.
const OPCODES: [&[u8]; 8] = [
    &[0x18, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50],
    &[0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91],
    &[0x62, 0x6a, 0x72, 0x7a],
    &[0x63, 0x6b, 0x73, 0x7b, 0xc3, 0xcb, 0xd3, 0xdb],
    &[
        0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84,
        0x94, 0x9c, 0xa4, 0xac, 0xb4, 0xbc, 0xc4, 0xcc, 0xd4, 0xdc,
    ],
    &[
        0x05, 0x0d, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x55, 0x5d, 0x65, 0x6d, 0x75, 0x7d, 0x85,
        0x8d, 0x95, 0xa5, 0xad, 0xb5, 0xbd, 0xc5, 0xcd, 0xd5, 0xdd, 0xe5,
    ],
    &[
        0x06, 0x16, 0x1e, 0x26, 0x2e, 0x36, 0x3e, 0x46, 0x4e, 0x56, 0x5e, 0x66, 0x6e, 0x76, 0x7e, 0xa6, 0xae,
        0xb6, 0xbe, 0xc6, 0xce, 0xd6, 0xde,
    ],
    &[
        0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x47, 0x4f, 0x57, 0x5f, 0x67, 0x6f, 0x77, 0x7f, 0x87,
        0x97, 0x9f, 0xa7, 0xaf, 0xb7, 0xbf, 0xc7, 0xcf, 0xd7,
    ],
];

/// All opcodes and registers with telling offsets and constants: what decodes encodes to the same bytes.
#[test]
fn every_opcode_and_field_is_judged() {
    let mut valid = std::collections::BTreeSet::new();
    let next = Slot::default().bytes(Endian::Little);
    for opcode in 0..=u8::MAX {
        for registers in 0..=u8::MAX {
            for off in [0_i16, 1, 8, 16, 32, -1] {
                for imm in [0_i32, 1, 16, 32, 64, 0x41, 0xe1, 0xf1, 0x100, 0x110, -1] {
                    let slot = Slot { opcode, dst: registers & 15, src: registers >> 4, off, imm };
                    let mut bytes = slot.bytes(Endian::Little).to_vec();
                    bytes.extend(next);
                    // The second slot is no instruction of its own (ld with opcode 0), so only 64-bit constants pass.
                    let alone = decode(&bytes[..8]);
                    match alone.or_else(|_| decode(&bytes)) {
                        Ok(insns) => {
                            valid.insert(opcode);
                            assert!(bytes.starts_with(&encode(&insns)), "{slot:?}");
                        }
                        Err(error) => assert!(error.slot < 2, "{slot:?}"),
                    }
                }
            }
        }
    }
    let expected: std::collections::BTreeSet<u8> = OPCODES.into_iter().flatten().copied().collect();
    assert_eq!(valid, expected);
}

#[track_caller]
fn fails(bytes: &[u8], slot: usize, kind: DecodeErrorKind) {
    assert_eq!(decode(bytes), Err(DecodeError { slot, kind }));
}

#[test]
fn errors_name_the_slot_and_the_reason() {
    let exit = encode(&[Insn::Exit]);
    let after_exit = |bytes: [u8; 8]| [exit.as_slice(), &bytes].concat();
    fails(&exit[..7], 0, DecodeErrorKind::Partial(7));
    fails(&after_exit([0xff, 0, 0, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Opcode(0xff));
    fails(&after_exit([0xbf, 0x1b, 0, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Register(11));
    fails(&after_exit([0xb7, 0x10, 0, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Reserved(Field::Src));
    fails(&after_exit([0xbf, 0x10, 0, 0, 1, 0, 0, 0]), 1, DecodeErrorKind::Reserved(Field::Imm));
    fails(&after_exit([0xbc, 0x10, 32, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Value(Field::Off, 32));
    fails(&after_exit([0x95, 0, 1, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Reserved(Field::Off));
    fails(&after_exit([0x85, 0x30, 0, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::Value(Field::Src, 3));
    fails(&after_exit([0xdb, 0x10, 0, 0, 2, 0, 0, 0]), 1, DecodeErrorKind::Value(Field::Imm, 2));
    fails(&after_exit([0x18, 0, 0, 0, 0, 0, 0, 0]), 1, DecodeErrorKind::HalfLoadImm64);
    let half = [[0x18, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0]].concat();
    fails(&half, 0, DecodeErrorKind::SecondSlot(Field::Off));
    let fd = [[0x18, 0x10, 0, 0, 3, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0]].concat();
    fails(&fd, 0, DecodeErrorKind::SecondSlot(Field::Imm));
    let text = decode(&half).unwrap_err().to_string();
    assert_eq!(text, "instruction 0: the field off in the second half of a 64-bit constant must be 0");
}

#[test]
fn instructions_that_do_not_exist_do_not_decode() {
    let wrong = [
        Insn::Swap { kind: Swap::Always, size: Size::B, dst: Reg::R0 },
        Insn::MovSx { width: Width::W32, from: Size::W, dst: Reg::R0, src: Reg::R1 },
        Insn::MovSx { width: Width::W64, from: Size::DW, dst: Reg::R0, src: Reg::R1 },
        Insn::LoadSx { size: Size::DW, dst: Reg::R0, base: Reg::R1, off: 0 },
        Insn::LoadPacket { size: Size::DW, index: None, imm: 0 },
        Insn::Atomic { op: AtomicOp::Xchg, size: Size::B, base: Reg::R1, off: 0, src: Reg::R2 },
    ];
    for insn in wrong {
        assert!(decode(&encode(&[insn])).is_err(), "{insn:?}");
    }
}

#[test]
fn big_endian_is_the_mirror() {
    let insns =
        [Insn::Store { size: Size::W, base: Reg::R10, off: -4, src: Operand::Reg(Reg::R1) }, Insn::Exit];
    assert_eq!(encode_with(&insns, Endian::Big)[..8], [0x63, 0xa1, 0xff, 0xfc, 0, 0, 0, 0]);
    assert_eq!(encode(&insns)[..8], [0x63, 0x1a, 0xfc, 0xff, 0, 0, 0, 0]);
}
