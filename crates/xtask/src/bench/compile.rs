//! How long scripts take to compile: from start to exit of `-d`, which loads nothing.
use super::lab::{Cost, Lab, find};
use super::report::{Findings, Summary, table};
use super::stats::median;
use crate::run::{output, root};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Map assignments of the long scripts, for either tool: bpftrace's time grows with the square.
const PEER_LENGTHS: [usize; 3] = [250, 500, 1000];
const OUR_LENGTHS: [usize; 4] = [750, 1500, 3000, 6000];

/// How long 3,000 assignments may take.
const LONG_MS: f64 = 1000.0;

/// What is slower than this for twice as much is nearer to a square (four times) than to a line (twice). The instructions of
/// twice as many assignments are twice as many; caches have their own say in the time.
const NEARER_TO_A_LINE: f64 = 2.0 * std::f64::consts::SQRT_2;

/// A program in C of `benches/`.
const IN_C: &str = "core_fields.bpf.c";

/// How much faster a program in C is to be compiled than by clang.
const C_AIM: f64 = 10.0;

/// The largest of bpftrace's own tools, scripts of many assignments, and a program in C.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let mut findings = scripts(lab)?;
    findings.summary.push(in_c(lab)?);
    Ok(findings)
}

/// Both compilers make an object of the same text.
fn in_c(lab: &Lab) -> Result<Summary, String> {
    let source = root().join("benches").join(IN_C);
    let source = source.to_string_lossy();
    let clang = find("clang-19")?;
    let peer_args = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-c", &source, "-o", "peer.o"];
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for _ in 0..lab.rounds {
        theirs.push(lab.clock(&clang, &peer_args)?);
        own.push(lab.clock(&lab.osmia, &["compile", "-o", "own.o", &source])?);
    }
    let ms = |costs: &[Cost]| median(&costs.iter().map(|cost| cost.ms).collect::<Vec<f64>>());
    let mib = |costs: &[Cost]| median(&costs.iter().map(|cost| cost.mib).collect::<Vec<f64>>());
    let (peer, ours) = (ms(&theirs), ms(&own));
    Ok(Summary {
        what: "compile of a program in C (clang-19)",
        peer: format!("{peer:.1} ms, {:.0} MiB", mib(&theirs)),
        ours: format!("{ours:.1} ms, {:.0} MiB", mib(&own)),
        ratio: format!("{:.1}×", peer / ours),
        aim: "10 times faster",
        met: peer / ours >= C_AIM,
    })
}

fn scripts(lab: &Lab) -> Result<Findings, String> {
    let tool = largest_tool()?;
    let path = tool.to_string_lossy();
    let (peer, ours) = (["-d", &path], ["trace", "-d", "bytecode", &path]);
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for _ in 0..lab.rounds {
        theirs.push(lab.clock(&lab.bpftrace, &peer)?.ms);
        own.push(lab.clock(&lab.osmia, &ours)?.ms);
    }
    let (peer, ours) = (median(&theirs), median(&own));
    let peer_long = PEER_LENGTHS.map(|length| long(lab, &lab.bpftrace, &["-d"], length));
    let own_long = OUR_LENGTHS.map(|length| long(lab, &lab.osmia, &["trace", "-d", "bytecode"], length));
    let peer_long = peer_long.into_iter().collect::<Result<Vec<f64>, String>>()?;
    let own_long = own_long.into_iter().collect::<Result<Vec<f64>, String>>()?;
    let three_thousand = own_long[2];
    let summary = vec![
        Summary {
            what: "compile of the largest of bpftrace's tools",
            peer: format!("{peer:.1} ms"),
            ours: format!("{ours:.1} ms"),
            ratio: format!("{:.1}×", peer / ours),
            aim: "20 times faster",
            met: peer / ours >= 20.0,
        },
        Summary {
            what: "a script of 3,000 map assignments",
            peer: format!("{:.0} ms for 1,000", peer_long[2]),
            ours: format!("{three_thousand:.0} ms"),
            ratio: format!("{:.1} for twice as many", own_long[3] / three_thousand),
            aim: "linear, under 1 s",
            met: three_thousand < LONG_MS && own_long[3] / three_thousand < NEARER_TO_A_LINE,
        },
    ];
    let row =
        |name: &str, length: usize, ms: f64| vec![name.to_owned(), length.to_string(), format!("{ms:.1}")];
    let rows: Vec<Vec<String>> = (PEER_LENGTHS.iter().zip(&peer_long))
        .map(|(length, ms)| row("bpftrace", *length, *ms))
        .chain(OUR_LENGTHS.iter().zip(&own_long).map(|(length, ms)| row("osmia", *length, *ms)))
        .collect();
    let details = format!(
        "### Compiling\n\n`-d` of `{}`, {} runs of each in turn, start to exit; and of scripts of so many lines `@a[N] = N;` in one \
         block.\n\n{}",
        tool.file_name().unwrap_or_default().to_string_lossy(),
        lab.rounds,
        table(&["assignments", "number", "ms"], &rows)
    );
    Ok(Findings { summary, details })
}

/// The largest tool that the distribution's bpftrace comes with.
fn largest_tool() -> Result<PathBuf, String> {
    let files = output("dpkg", &["-L", "bpftrace"])?;
    let scripts = files.lines().map(Path::new).filter(|path| path.extension().is_some_and(|it| it == "bt"));
    let size = |path: &&Path| std::fs::metadata(path).map_or(0, |it| it.len());
    scripts.max_by_key(size).map(Path::to_owned).ok_or_else(|| "the package bpftrace has no tools".to_owned())
}

/// One script of so many assignments.
fn long(lab: &Lab, program: &Path, args: &[&str], length: usize) -> Result<f64, String> {
    let path = lab.dir.join("long.bt");
    let mut text = String::from("BEGIN {\n");
    for number in 0..length {
        let _ = writeln!(text, "    @a[{number}] = {number};");
    }
    text.push_str("}\n");
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(lab.clock(program, &[args, &[&path.to_string_lossy()]].concat())?.ms)
}
