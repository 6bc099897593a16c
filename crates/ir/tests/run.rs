//! Random functions, run as IR, as compiled instructions, and in the kernel.
mod machine;
mod random;

use osmia_base::Key;
use osmia_ir::interpret::World;
use osmia_ir::{FunctionId, Isa, Module, Options, emit, optimize_with, text, validate_module};
use osmia_isa::{Callee, Insn};
use osmia_object::{Object, Symbol};
use osmia_sys::bpf::{ProgLoad, TestRun};

/// Where the context lies.
const CONTEXT: u64 = 0x10_0000;
const ISAS: [Isa; 4] = [Isa::V1, Isa::V2, Isa::V3, Isa::V4];

fn context(seed: u64) -> Vec<u8> {
    let mut random = random::Random(seed | 1);
    (0..64).map(|_| random.next() as u8).collect()
}

fn helper(number: u32, args: &[u64]) -> u64 {
    args.iter().fold(u64::from(number), |sum, arg| (sum ^ arg).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn interpret(module: &Module, context: &[u8]) -> u64 {
    let mut world = World { base: CONTEXT, memory: context.to_vec(), helper, module, steps: 200_000 };
    world
        .call(FunctionId::from_index(0), &[CONTEXT])
        .unwrap_or_else(|fault| panic!("{fault:?}\n{}", text::print(module)))
}

fn compiled(seed: u64, isa: Isa, optimized: bool, shape: random::Shape) -> (Module, Object) {
    let mut module = random::module(seed, shape);
    validate_module(&module).unwrap_or_else(|error| panic!("{error}\n{}", text::print(&module)));
    if optimized {
        optimize_with(&mut module, |_, _| {});
    }
    let copy = text::parse(&text::print(&module)).unwrap();
    let object = emit(module, &Options { isa }).unwrap_or_else(|error| panic!("{error} {seed}"));
    (copy, object)
}

/// What the IR means, what passes make of it, and what the instructions do are the same.
fn agree(seed: u64, shape: random::Shape) -> (usize, usize) {
    let original = random::module(seed, shape);
    let context = context(seed);
    let want = interpret(&original, &context);
    let isa = ISAS[(seed % 4) as usize];
    let mut sizes = [0, 0];
    for optimized in [false, true] {
        let (module, object) = compiled(seed, isa, optimized, shape);
        let show = || format!("seed {seed}, {isa:?}, optimized {optimized}:\n{}", text::print(&original));
        assert_eq!(interpret(&module, &context), want, "IR differs, {}", show());
        let got = machine::run(&object, CONTEXT, &context, helper);
        assert_eq!(got, Ok(want), "instructions differ, {}\n{}", show(), machine::listing(&object));
        sizes[usize::from(optimized)] = object.functions.values().map(|function| function.insns.len()).sum();
    }
    (sizes[0], sizes[1])
}

/// Random loops end after five rounds: unrolled, none is left, and the rest means the same.
#[test]
fn unrolled_functions_agree() {
    for seed in 1..=60 {
        let shape = random::Shape {
            statements: 2 + seed % 12,
            variables: 1 + seed % 5,
            helpers: true,
            atomics: true,
        };
        let mut module = random::module(seed, shape);
        let context = context(seed);
        let want = interpret(&module, &context);
        for id in module.functions.keys().collect::<Vec<_>>() {
            let all = osmia_ir::unroll(&mut module.functions[id], 8);
            assert!(all, "seed {seed}: {}", text::print_function(&module.functions[id]));
        }
        validate_module(&module).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(interpret(&module, &context), want, "seed {seed}");
    }
}

/// Divisions that addresses are computed from are the same numbers as multiplications, up to the largest ones.
#[test]
fn divisions_in_addresses_agree() {
    let mut random = random::Random(7);
    for divisor in [3, 5, 6, 7, 10, 100, 641, 1000, 4095, 65_534, 65_535] {
        for (op, bits) in [("div", 8), ("div", 15), ("mod", 8), ("mod", 16), ("mod", 31), ("mod", 64)] {
            let text = format!(
                "func \"f\" \".text\" -> i64 {{\nb0(v0: *ctx, v1: i64):\n  v2: i64 = const {}\n  v3: i64 = and v1, v2\n  \
                 v4: i64 = const {divisor}\n  v5: i64 = {op} v3, v4\n  v6: *ctx = add v0, v5\n  v7: i64 = cast v6\n  \
                 ret v7\n}}\n",
                (u64::MAX >> (64 - bits)).cast_signed()
            );
            let before = text::parse(&text).unwrap();
            let mut after = text::parse(&text).unwrap();
            osmia_ir::run_pass(&mut after, "division");
            let edge = (u64::MAX >> (64 - bits)) / divisor * divisor;
            let mut numbers = vec![0, 1, divisor - 1, divisor, edge.wrapping_sub(1), edge, u64::MAX];
            numbers.extend((0..50).map(|_| random.next()));
            for number in numbers {
                let run = |module: &Module| {
                    let mut world = World { base: CONTEXT, memory: context(1), helper, module, steps: 1000 };
                    world.call(FunctionId::from_index(0), &[CONTEXT, number])
                };
                assert_eq!(run(&before), run(&after), "{number} {op} {divisor}\n{}", text::print(&after));
            }
        }
    }
}

#[test]
fn random_functions_agree() {
    let count = std::env::var("OSMIA_RANDOM").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let start = std::env::var("OSMIA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (mut plain, mut optimized) = (0, 0);
    for seed in start..start + count {
        let sizes = agree(seed, random::Shape::of(seed));
        plain += sizes.0;
        optimized += sizes.1;
    }
    assert!(optimized <= plain, "the optimizer makes code longer: {plain} to {optimized}");
}

/// What the kernel's own test run gives a socket filter: a packet of 64 bytes, 14 of them its header.
fn kernel_context(mark: u32) -> Vec<u8> {
    let mut context = vec![0; 64];
    context[0] = 50;
    context[8..12].copy_from_slice(&mark.to_le_bytes());
    context
}

/// Puts the first function of an object and those it calls behind each other. The kernel refuses code that nothing
/// leads to.
fn link(object: &Object) -> Vec<Insn> {
    let symbol = |function: &osmia_object::Function, at| {
        let reloc = function.relocs.iter().find(|reloc| reloc.insn as usize == at)?;
        if let Symbol::Function(key) = reloc.symbol { Some(key) } else { None }
    };
    let mut keys: Vec<_> = object.functions.keys().take(1).collect();
    let mut starts = std::collections::HashMap::new();
    let (mut end, mut next) = (0, 0);
    while let Some(&key) = keys.get(next) {
        let function = &object.functions[key];
        starts.insert(key, end);
        end += function.insns.iter().map(Insn::slots).sum::<u32>() as i32;
        for callee in (0..function.insns.len()).filter_map(|at| symbol(function, at)) {
            if !keys.contains(&callee) {
                keys.push(callee);
            }
        }
        next += 1;
    }
    let mut linked = Vec::new();
    let mut slot = 0;
    for function in keys.iter().map(|&key| &object.functions[key]) {
        for (at, insn) in function.insns.iter().enumerate() {
            slot += insn.slots() as i32;
            let callee = symbol(function, at).map(|key| Insn::Call(Callee::Local(starts[&key] - slot)));
            linked.push(callee.unwrap_or(*insn));
        }
    }
    linked
}

/// The kernel takes what is compiled, and computes the same.
#[test]
fn the_kernel_agrees() {
    let count = std::env::var("OSMIA_RANDOM").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    for seed in 1..=count {
        let shape = random::Shape {
            statements: 2 + seed % 14,
            variables: 1 + seed % 11,
            helpers: false,
            atomics: true,
        };
        let isa = if seed % 2 == 0 { Isa::V3 } else { Isa::V4 };
        let mark = seed as u32 * 0x0101;
        for optimized in [false, true] {
            let (_, object) = compiled(seed, isa, optimized, shape);
            let want = interpret(&random::module(seed, shape), &kernel_context(mark));
            let got =
                kernel_run(&object, mark).unwrap_or_else(|error| panic!("seed {seed} {optimized}: {error}"));
            assert_eq!(
                got,
                want as u32,
                "seed {seed}, {isa:?}, optimized {optimized}\n{}",
                machine::listing(&object)
            );
        }
    }
}

fn kernel_run(object: &Object, mark: u32) -> Result<u32, String> {
    let bytes = osmia_isa::encode(&link(object));
    let load =
        ProgLoad { log_level: 1, ..ProgLoad::new(osmia_abi::ProgramType::SocketFilter, &bytes, c"GPL") };
    let loaded = load.call().map_err(|error| {
        let end: Vec<&str> = error.log.lines().rev().take(30).collect();
        format!("{}\n{}", error.errno, end.into_iter().rev().collect::<Vec<_>>().join("\n"))
    })?;
    let mut context = vec![0; 192];
    context[8..12].copy_from_slice(&mark.to_le_bytes());
    let run = TestRun { data: &[0; 64], context: &context, ..TestRun::default() };
    run.call(&loaded.fd).map(|result| result.returned).map_err(|error| error.to_string())
}

/// A function of thousands of statements compiles in time that is in proportion.
#[test]
fn long_functions_compile() {
    let shape = random::Shape { statements: 3000, variables: 12, helpers: true, atomics: true };
    let (_, object) = compiled(1, Isa::V4, true, shape);
    assert!(object.functions.values().any(|function| function.insns.len() > 10_000));
}
