//! Measuring beside the peers: both tools in turn on one machine, and medians of what came out. Nothing is asserted.
mod binary;
mod compile;
mod core_fields;
mod hello;
mod inspector;
mod lab;
mod machine;
mod printing;
mod programs;
mod report;
mod script;
mod scripts;
mod stats;
mod tool;
mod tools;

use lab::Lab;
use report::Findings;

/// One thing that is measured.
struct Section {
    name: &'static str,
    measure: fn(&Lab) -> Result<Findings, String>,
}

const SECTIONS: &[Section] = &[
    Section { name: "hello", measure: hello::measure },
    Section { name: "binary", measure: binary::measure },
    Section { name: "scripts", measure: scripts::measure },
    Section { name: "core", measure: core_fields::measure },
    Section { name: "compile", measure: compile::measure },
    Section { name: "printing", measure: printing::measure },
    Section { name: "inspector", measure: inspector::measure },
];

/// What is measured only where it is asked for: it needs what not every kernel has.
const ELSEWHERE: &[Section] = &[Section { name: "tools", measure: tools::measure }];

const USAGE: &str = "usage: cargo xtask bench [--rounds N] [--no-build] [--record] [SECTION]...\n\
    --rounds N   how often both tools run each script (7)\n\
    --no-build   take the release as it is\n\
    --record     write the tables into BENCHMARKS.md; needs all sections\n\
    sections: hello, binary, scripts, core, compile, printing, inspector; and tools, which needs kprobes";

/// What is asked for.
struct Options {
    rounds: usize,
    build: bool,
    record: bool,
    chosen: Vec<&'static Section>,
}

/// Prints the tables of `BENCHMARKS.md`.
pub(crate) fn bench(args: &[String]) -> Result<(), String> {
    let options = parse(args)?;
    let lab = Lab::open(options.rounds, options.build)?;
    let header = machine::describe();
    let mut all = Findings::default();
    for section in &options.chosen {
        eprintln!("── measuring: {}", section.name);
        all.add((section.measure)(&lab)?);
    }
    let text = format!("{header}\n{}", all.markdown());
    println!("{text}");
    if options.record { report::record(&text) } else { Ok(()) }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options { rounds: 7, build: true, record: false, chosen: Vec::new() };
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--rounds" => {
                let number = words.next().and_then(|number| number.parse().ok());
                options.rounds = number.filter(|number| *number > 0).ok_or(USAGE)?;
            }
            "--no-build" => options.build = false,
            "--record" => options.record = true,
            "--help" | "-h" => return Err(USAGE.into()),
            name => options
                .chosen
                .push(SECTIONS.iter().chain(ELSEWHERE).find(|section| section.name == name).ok_or(USAGE)?),
        }
    }
    if options.chosen.is_empty() {
        options.chosen = SECTIONS.iter().collect();
    }
    if options.record && options.chosen.len() < SECTIONS.len() {
        return Err("--record needs all sections".into());
    }
    Ok(options)
}
