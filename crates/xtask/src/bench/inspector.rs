//! bpftool's work: start, listing, loading, dumping a large map, the kernel's types as C.
use super::lab::Lab;
use super::report::{Findings, Summary, table};
use super::stats::median;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Elements of the large map.
const ELEMENTS: u32 = 1_000_000;

/// Where things of ours are pinned; nothing stays there.
struct Pins(PathBuf);

impl Pins {
    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        for name in ["map", "program"] {
            let _ = std::fs::remove_file(self.0.join(name));
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Something that both are asked, and what is aimed at.
struct Question {
    what: &'static str,
    words: Vec<String>,
    /// Runs for every round.
    runs: usize,
    aim: f64,
    aim_text: &'static str,
    /// What a run leaves behind, to be removed.
    leaves: Option<String>,
}

/// Milliseconds and MiB of both.
struct Answer {
    peer: (f64, f64),
    ours: (f64, f64),
}

/// All of it. The peer is the `bpftool` on the path, or the one that `OSMIA_BENCH_BPFTOOL` names.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let peer = std::env::var_os("OSMIA_BENCH_BPFTOOL").map_or_else(|| lab.bpftool.clone(), PathBuf::from);
    let ours = lab.dir.join("bpftool");
    let _ = std::fs::remove_file(&ours);
    std::os::unix::fs::symlink(&lab.osmia, &ours).map_err(|error| format!("bpftool: {error}"))?;
    let pins = Pins(PathBuf::from(format!("/sys/fs/bpf/osmia-bench-{}", std::process::id())));
    std::fs::create_dir_all(&pins.0).map_err(|error| format!("{}: {error}", pins.0.display()))?;
    fill(lab, &peer, &pins)?;
    let object =
        lab.compile("clang-19", &["-O2", "-g", "-target", "bpf", "-c"], "core_fields.bpf.c", "core.bpf.o")?;
    let questions = questions(&pins, &object.to_string_lossy());
    let mut findings = Findings::default();
    let mut rows = Vec::new();
    for question in &questions {
        let answer = ask(lab, &peer, &ours, question)?;
        findings.summary.push(summary(question, &answer));
        rows.push(row(question, &answer));
    }
    let dump = [pins.path("map")];
    let calls = [&peer, &ours].map(|program| calls(lab, program, &["map", "dump", "pinned", &dump[0]]));
    findings.summary.push(calls_summary(&calls)?);
    let version = crate::run::output(&peer.to_string_lossy(), &["version"]).unwrap_or_default();
    findings.details = format!(
        "### What is loaded\n\nThe same words to {} and to osmia under the name `bpftool`, in turn, start to exit, output thrown away.\n\n{}",
        version.lines().next().unwrap_or_default(),
        table(&["", "bpftool, ms", "osmia, ms", "bpftool, MiB", "osmia, MiB"], &rows)
    );
    Ok(findings)
}

fn questions(pins: &Pins, object: &str) -> Vec<Question> {
    let question = |what, words: &[&str], runs, aim, aim_text| Question {
        what,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        runs,
        aim,
        aim_text,
        leaves: None,
    };
    let program = pins.path("program");
    vec![
        question("`bpftool version`", &["version"], 3, 5.0, "5 times faster"),
        question("`prog show`", &["prog", "show"], 3, 5.0, "5 times faster"),
        Question {
            leaves: Some(program.clone()),
            ..question(
                "`prog load` of a CO-RE object",
                &["prog", "load", object, &program],
                3,
                5.0,
                "5 times faster, under 10 MB",
            )
        },
        question(
            "`map dump` of 1,000,000 elements",
            &["map", "dump", "pinned", &pins.path("map")],
            1,
            10.0,
            "10 times faster",
        ),
        question(
            "`map dump -j` of the same",
            &["-j", "map", "dump", "pinned", &pins.path("map")],
            1,
            10.0,
            "10 times faster",
        ),
        question(
            "the kernel's types as C",
            &["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"],
            1,
            2.0,
            "2 times faster",
        ),
    ]
}

/// A hash map with so many elements, pinned.
fn fill(lab: &Lab, bpftool: &Path, pins: &Pins) -> Result<(), String> {
    let (path, entries) = (pins.path("map"), ELEMENTS.to_string());
    let words = [
        "map", "create", &path, "type", "hash", "key", "4", "value", "8", "entries", &entries, "name",
        "large",
    ];
    crate::run::output(&bpftool.to_string_lossy(), &words)?;
    let fill = lab.compile("gcc", &["-O2"], "fill.c", "fill")?;
    crate::run::output(&fill.to_string_lossy(), &[&path, &entries]).map(drop)
}

fn ask(lab: &Lab, peer: &Path, ours: &Path, question: &Question) -> Result<Answer, String> {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    let (mut theirs, mut own) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for _ in 0..lab.rounds * question.runs {
        for (program, into) in [(peer, &mut theirs), (ours, &mut own)] {
            let cost = lab.clock(program, &words)?;
            into.0.push(cost.ms);
            into.1.push(cost.mib);
            question.leaves.iter().for_each(|path| drop(std::fs::remove_file(path)));
        }
    }
    let middle = |both: &(Vec<f64>, Vec<f64>)| (median(&both.0), median(&both.1));
    Ok(Answer { peer: middle(&theirs), ours: middle(&own) })
}

fn summary(question: &Question, answer: &Answer) -> Summary {
    let ratio = answer.peer.0 / answer.ours.0;
    Summary {
        what: question.what,
        peer: format!("{:.1} ms, {:.1} MiB", answer.peer.0, answer.peer.1),
        ours: format!("{:.1} ms, {:.1} MiB", answer.ours.0, answer.ours.1),
        ratio: format!("{ratio:.1}×"),
        aim: question.aim_text,
        met: ratio >= question.aim && (question.leaves.is_none() || answer.ours.1 < 10e6 / 1_048_576.0),
    }
}

fn row(question: &Question, answer: &Answer) -> Vec<String> {
    let numbers =
        [answer.peer.0, answer.ours.0, answer.peer.1, answer.ours.1].map(|number| format!("{number:.2}"));
    [question.what.to_owned()].into_iter().chain(numbers).collect()
}

/// How many `bpf()` calls a command makes.
fn calls(lab: &Lab, program: &Path, words: &[&str]) -> Result<u64, String> {
    let list = lab.dir.join("calls");
    let status = Command::new("strace")
        .args(["-f", "-c", "-U", "calls", "-e", "trace=bpf", "-o"])
        .arg(&list)
        .arg(program)
        .args(words)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("strace: {error}; `cargo xtask install` installs it"))?;
    let text = std::fs::read_to_string(&list).map_err(|error| format!("strace ({status}): {error}"))?;
    let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some("bpf"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("strace counted nothing: {text}"))
}

fn calls_summary(calls: &[Result<u64, String>; 2]) -> Result<Summary, String> {
    let [peer, ours] = calls;
    let (peer, ours) = (peer.clone()?, ours.clone()?.max(1));
    Ok(Summary {
        what: "… bpf() calls of that dump",
        peer: peer.to_string(),
        ours: ours.to_string(),
        ratio: format!("{:.0}×", peer as f64 / ours as f64),
        aim: "1,000 times fewer",
        met: peer / ours >= 1000,
    })
}
