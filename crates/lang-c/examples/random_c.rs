//! Writes random programs as one file for any compiler of C, which then prints what each returns: `random_c FROM TO`. What
//! `cc -w -fwrapv -fno-strict-aliasing` makes of it says `tests/meaning/answers.txt`, or a longer list that the test `meaning` is given.
#![allow(clippy::print_stdout, reason = "that is what it is for")]
#[path = "../tests/generator/mod.rs"]
mod generator;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|number| number.parse::<u64>().ok());
    let (from, to) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(101));
    println!("#include <stdio.h>\n#define SEC(x)\n{}", generator::PRELUDE);
    (from..to).for_each(|seed| println!("{}", generator::program(seed)));
    println!("int main(void)\n{{");
    (from..to).for_each(|seed| println!("\tprintf(\"{seed} %d\\n\", prog_{seed}(0));"));
    println!("\treturn 0;\n}}");
}
