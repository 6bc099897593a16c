//! Programs made at random do the same here and in the running kernel: results, maps and errors. Needs root and a kernel
//! with BPF.
mod common;

use common::{Kernel, Left, Random, left, options, stay_on_cpu_0};
use osmia_abi::{MapType, ProgramType};
use osmia_isa::text::{Names, kernel};
use osmia_isa::{AluOp, AtomicOp, Callee, Cond, Imm64, Insn, Operand, Reg, Size, Swap, Width};
use osmia_object::Image;
use osmia_vm::{Machine, property};

/// Runs the only program of an image in both machines, so many times; what the last run left.
fn both(image: &Image, context: &[u8], times: usize) -> (Left, Left) {
    let kernel = Kernel::load(image).unwrap_or_else(|refused| panic!("{refused}"));
    let mut machine = Machine::new(image.clone(), options()).expect("a machine");
    let (mut theirs, mut ours) = (None, None);
    for _ in 0..times {
        theirs = Some(kernel.run(image, 0, context, &[]));
        ours = Some(machine.run(0, context).unwrap_or_else(|fault| panic!("{fault}")));
    }
    let theirs = kernel.left(image, &theirs.expect("a run"));
    (theirs, left(&mut machine, ours.expect("a run"), Vec::new()))
}

fn mov(dst: Reg, src: Operand) -> Insn {
    alu(AluOp::Mov, dst, src)
}

const fn alu(op: AluOp, dst: Reg, src: Operand) -> Insn {
    Insn::Alu { op, width: Width::W64, dst, src }
}

const fn call(helper: u32) -> Insn {
    Insn::Call(Callee::Helper(helper))
}

/// `r0` becomes both halves of `from`, one on the other.
fn fold(from: Reg) -> Vec<Insn> {
    vec![
        mov(Reg::R0, Operand::Reg(from)),
        alu(AluOp::Rsh, Reg::R0, Operand::Imm(32)),
        alu(AluOp::Xor, Reg::R0, Operand::Reg(from)),
        Insn::Exit,
    ]
}

/// Registers that hold numbers.
const NUMBERS: [Reg; 9] = [Reg::R0, Reg::R2, Reg::R3, Reg::R4, Reg::R5, Reg::R6, Reg::R7, Reg::R8, Reg::R9];

fn arithmetic(random: &mut Random, registers: &[Reg]) -> Insn {
    let (dst, src) = (random.pick(registers), random.pick(registers));
    let width = random.pick(&[Width::W32, Width::W64]);
    match random.below(10) {
        0 => Insn::Neg { width, dst },
        1 => {
            let from = random.pick(&[Size::B, Size::H, Size::W]);
            let width = if from == Size::W { Width::W64 } else { width };
            Insn::MovSx { width, from, dst, src }
        }
        2 => Insn::Swap {
            kind: random.pick(&Swap::ALL),
            size: random.pick(&[Size::H, Size::W, Size::DW]),
            dst,
        },
        3 => Insn::LoadImm64 { dst, value: Imm64::Value(random.next()) },
        _ => {
            let op = random.pick(&AluOp::ALL);
            let src = if random.below(2) == 0 { Operand::Reg(src) } else { immediate(random, op) };
            Insn::Alu { op, width, dst, src }
        }
    }
}

/// A constant that the verifier lets be the second operand.
fn immediate(random: &mut Random, op: AluOp) -> Operand {
    Operand::Imm(match op {
        AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => random.below(32) as i32,
        AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod => {
            random.pick(&[-7, -1, 1, 2, 3, 1000, i32::MIN])
        }
        AluOp::Add | AluOp::Sub | AluOp::Mul | AluOp::Or | AluOp::And | AluOp::Xor | AluOp::Mov => {
            random.next() as i32
        }
    })
}

/// Something with one of four stack slots.
fn on_the_stack(random: &mut Random) -> Insn {
    let (base, reg) = (Reg::R10, random.pick(&NUMBERS));
    let slot = -8 * (1 + random.below(4) as i16);
    let size = random.pick(&Size::ALL);
    let off = slot + (random.below(8 / u64::from(size.bytes())) as i16) * size.bytes() as i16;
    let wide = random.pick(&[Size::W, Size::DW]);
    match random.below(6) {
        0 => Insn::Store { size, base, off, src: Operand::Reg(reg) },
        1 => Insn::Store { size, base, off, src: Operand::Imm(random.next() as i32) },
        2 if size != Size::DW => Insn::LoadSx { size, dst: reg, base, off },
        3 => Insn::Atomic { op: random.pick(&AtomicOp::ALL), size: wide, base, off: slot, src: reg },
        4 if random.below(2) == 0 => Insn::LoadAcquire { size, dst: reg, base, off },
        4 => Insn::StoreRelease { size, base, off, src: reg },
        _ => Insn::Load { size, dst: reg, base, off },
    }
}

fn jump(random: &mut Random, off: i16) -> Insn {
    let rhs = match random.below(2) {
        0 => Operand::Reg(random.pick(&NUMBERS)),
        _ => Operand::Imm(random.next() as i32),
    };
    Insn::Jump {
        cond: random.pick(&Cond::ALL),
        width: random.pick(&[Width::W32, Width::W64]),
        lhs: random.pick(&NUMBERS),
        rhs,
        off,
    }
}

/// Numbers from the context, arithmetic, jumps forward, the stack, and a call of a function.
fn computing(random: &mut Random) -> Image {
    let mut insns = Vec::new();
    for (at, &dst) in NUMBERS.iter().enumerate() {
        insns.push(Insn::Load { size: Size::DW, dst, base: Reg::R1, off: 8 * (at % 4) as i16 });
    }
    for slot in 1..=4 {
        let src = Operand::Reg(random.pick(&NUMBERS));
        insns.push(Insn::Store { size: Size::DW, base: Reg::R10, off: -8 * slot, src });
    }
    for _ in 0..random.below(5) + 1 {
        block(random, &mut insns);
    }
    // r6 folds the others.
    for reg in [Reg::R0, Reg::R2, Reg::R3, Reg::R7, Reg::R8, Reg::R9] {
        insns.push(alu(AluOp::Mul, Reg::R6, Operand::Imm(0x0100_0193)));
        insns.push(alu(AluOp::Add, Reg::R6, Operand::Reg(reg)));
    }
    for (dst, src) in [(Reg::R1, Reg::R7), (Reg::R3, Reg::R8), (Reg::R5, Reg::R9)] {
        insns.push(mov(dst, Operand::Reg(src)));
    }
    insns.push(Insn::Call(Callee::Local(5)));
    insns.push(alu(AluOp::Xor, Reg::R6, Operand::Reg(Reg::R0)));
    insns.extend(fold(Reg::R6));
    insns.push(mov(Reg::R0, Operand::Reg(Reg::R1)));
    const INNER: [Reg; 6] = [Reg::R0, Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5];
    let body: Vec<Insn> = (0..8).map(|_| arithmetic(random, &INNER)).collect();
    insns.extend(body);
    insns.push(Insn::Exit);
    property::image(ProgramType::RawTracepoint, insns, &[])
}

/// Some instructions, and perhaps a jump over them.
fn block(random: &mut Random, insns: &mut Vec<Insn>) {
    let one = |random: &mut Random| match random.below(4) {
        0 => on_the_stack(random),
        _ => arithmetic(random, &NUMBERS),
    };
    let body: Vec<Insn> = (0..random.below(6) + 1).map(|_| one(random)).collect();
    let slots: u32 = body.iter().map(Insn::slots).sum();
    match random.below(3) {
        0 => insns.push(jump(random, slots as i16)),
        1 => insns.push(Insn::MayGoto { off: slots as i16 }),
        _ => {}
    }
    insns.extend(body);
}

#[test]
fn arithmetic_jumps_and_the_stack_agree() {
    const PROGRAMS: u64 = 1500;
    stay_on_cpu_0();
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let image = computing(&mut random);
        let context: Vec<u8> = (0..12)
            .flat_map(|_| {
                let number = random.next();
                random.pick(&[number, number & 0xff, 0, u64::MAX, 1 << 63]).to_le_bytes()
            })
            .collect();
        let (theirs, ours) = both(&image, &context, 1);
        assert_eq!(theirs, ours, "seed {seed}");
    }
}

/// Maps that programs work on: name, kind, bytes of keys and values, entries.
const TABLES: &[(&str, MapType, u32, u32, u32)] = &[
    ("hash", MapType::Hash, 4, 8, 3),
    ("array", MapType::Array, 4, 8, 3),
    ("percpu_hash", MapType::PercpuHash, 4, 8, 3),
    ("percpu_array", MapType::PercpuArray, 4, 8, 3),
    ("trie", MapType::LpmTrie, 8, 8, 4),
    ("lru", MapType::LruHash, 4, 8, 500),
    ("lru_percpu", MapType::LruPercpuHash, 4, 8, 500),
];
const QUEUES: &[(&str, MapType, u32, u32, u32)] =
    &[("queue", MapType::Queue, 0, 8, 3), ("stack", MapType::Stack, 0, 8, 3)];

/// Where keys and values are.
const KEY: i16 = -8;
const VALUE: i16 = -16;
/// Collects results.
const FOLD: Reg = Reg::R6;

struct Writer<'a> {
    random: &'a mut Random,
    insns: Vec<Insn>,
}

impl Writer<'_> {
    fn fold_r0(&mut self) {
        self.insns.push(alu(AluOp::Mul, FOLD, Operand::Imm(0x0100_0193)));
        self.insns.push(alu(AluOp::Add, FOLD, Operand::Reg(Reg::R0)));
    }

    fn pointer(&mut self, dst: Reg, off: i16) {
        self.insns.push(mov(dst, Operand::Reg(Reg::R10)));
        self.insns.push(alu(AluOp::Add, dst, Operand::Imm(off.into())));
    }

    fn map(&mut self, map: usize) {
        self.insns.push(Insn::LoadImm64 { dst: Reg::R1, value: Imm64::Map(map as u32) });
    }

    fn store(&mut self, size: Size, off: i16, value: i32) {
        self.insns.push(Insn::Store { size, base: Reg::R10, off, src: Operand::Imm(value) });
    }

    /// A key; for tries a prefix and four bytes.
    fn key(&mut self, map: usize) {
        let trie = TABLES[map].1 == MapType::LpmTrie;
        let key = self.random.below(5) as i32;
        self.store(Size::W, KEY, if trie { key * 9 } else { key });
        let data = self.random.pick(&[0, 0x0101, 0x00ff_0101, -1]);
        self.store(Size::W, KEY + 4, data);
    }

    fn value(&mut self) {
        let value = self.random.next() as i32;
        self.store(Size::DW, VALUE, value);
    }

    /// `r0` is a pointer to a value or null: reads it, and perhaps writes.
    fn look(&mut self, base: Reg) {
        let value = self.random.next() as i32;
        let write = match self.random.below(3) {
            0 => Insn::Store { size: Size::W, base, off: 4, src: Operand::Imm(value) },
            1 => {
                Insn::Atomic { op: AtomicOp::Add { fetch: true }, size: Size::DW, base, off: 0, src: Reg::R7 }
            }
            _ => mov(Reg::R8, Operand::Imm(value)),
        };
        let body = [
            Insn::Load { size: Size::DW, dst: Reg::R7, base, off: 0 },
            alu(AluOp::Mul, FOLD, Operand::Imm(0x0100_0193)),
            alu(AluOp::Add, FOLD, Operand::Reg(Reg::R7)),
            write,
        ];
        let (cond, width) = (Cond::Eq, Width::W64);
        self.insns.push(Insn::Jump { cond, width, lhs: base, rhs: Operand::Imm(0), off: body.len() as i16 });
        self.insns.extend(body);
    }

    fn lookup(&mut self, map: usize) {
        self.map(map);
        self.pointer(Reg::R2, KEY);
        self.insns.push(call(1));
    }

    fn update(&mut self, map: usize) {
        self.value();
        self.map(map);
        self.pointer(Reg::R2, KEY);
        self.pointer(Reg::R3, VALUE);
        let flags = self.random.pick(&[0, 0, 0, 1, 2, 3, 8]);
        self.insns.push(mov(Reg::R4, Operand::Imm(flags)));
        self.insns.push(call(2));
    }

    /// Something with a map.
    fn table(&mut self) {
        let map = self.random.below(TABLES.len() as u64) as usize;
        self.key(map);
        match self.random.below(5) {
            0 | 1 => {
                self.update(map);
                self.fold_r0();
            }
            2 => {
                self.map(map);
                self.pointer(Reg::R2, KEY);
                self.insns.push(call(3));
                self.fold_r0();
            }
            3 => {
                self.lookup(map);
                self.look(Reg::R0);
            }
            _ => {
                // What a pointer shows after its key got a new value.
                self.lookup(map);
                self.insns.push(mov(Reg::R9, Operand::Reg(Reg::R0)));
                self.update(map);
                self.fold_r0();
                self.look(Reg::R9);
            }
        }
    }

    /// Something with a queue or stack.
    fn queue(&mut self) {
        let map = TABLES.len() + self.random.below(2) as usize;
        let helper = self.random.pick(&[87, 87, 88, 89]);
        self.value();
        self.map(map);
        self.pointer(Reg::R2, VALUE);
        let flags = self.random.pick(&[0, 0, 2, 1]);
        self.insns.push(mov(Reg::R3, Operand::Imm(flags)));
        self.insns.push(call(helper));
        self.fold_r0();
        self.insns.push(Insn::Load { size: Size::DW, dst: Reg::R0, base: Reg::R10, off: VALUE });
        self.fold_r0();
    }
}

fn using_maps(random: &mut Random, operations: u32) -> Image {
    let start = vec![mov(FOLD, Operand::Imm(0)), mov(Reg::R7, Operand::Imm(0))];
    let mut writer = Writer { random, insns: start };
    for _ in 0..operations {
        if writer.random.below(4) == 0 { writer.queue() } else { writer.table() }
    }
    let mut insns = writer.insns;
    insns.extend(fold(FOLD));
    property::image(ProgramType::RawTracepoint, insns, &[TABLES, QUEUES].concat())
}

/// The end of the shortest program of this seed that does not agree.
fn shortest(seed: u64, operations: u32) -> String {
    let differs = |&operations: &u32| {
        let (theirs, ours) = both(&using_maps(&mut Random(seed), operations), &[0; 96], 3);
        theirs != ours
    };
    let operations = (0..operations).find(differs).unwrap_or(operations);
    let insns = &using_maps(&mut Random(seed), operations).programs[0].insns;
    kernel::disassemble(&insns[insns.len().saturating_sub(60)..], &Names::of_helpers())
}

#[test]
fn maps_agree() {
    const PROGRAMS: u64 = 1000;
    const OPERATIONS: u32 = 20;
    stay_on_cpu_0();
    for seed in 0..PROGRAMS {
        let image = using_maps(&mut Random(seed), OPERATIONS);
        let (theirs, ours) = both(&image, &[0; 96], 3);
        assert!(theirs == ours, "seed {seed}: {theirs:?}\n{ours:?}\n{}", shortest(seed, OPERATIONS));
    }
}
