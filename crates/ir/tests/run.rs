//! Random functions, run as IR, as compiled instructions, and in the kernel.
mod machine;
mod random;

use osmia_base::Key;
use osmia_ir::interpret::World;
use osmia_ir::{FunctionId, Isa, Module, Options, emit, optimize_with, text, validate_module};
use osmia_object::Object;

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
    let object =
        emit(module, &Options { isa, ..Options::default() }).unwrap_or_else(|error| panic!("{error} {seed}"));
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
