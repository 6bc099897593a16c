//! Loading the kernel's BTF and resolving one hundred CO-RE fields.
use super::lab::Lab;
use super::report::{Findings, Summary, table};
use super::stats::median;
use std::path::{Path, PathBuf};

const SOURCE: &str = "core_fields.bpf.c";
const AIM: f64 = 5.0;

/// Runs of each for every round of scripts.
const RUNS: usize = 5;

/// The object, and the same without relocations.
struct Objects {
    core: String,
    plain: String,
}

/// Where bpftool pins what it loads; nothing stays there.
struct Pin(PathBuf);

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Milliseconds of each run.
#[derive(Default)]
struct Times {
    libbpf_core: Vec<f64>,
    libbpf_plain: Vec<f64>,
    libbpf_min: Vec<f64>,
    osmia_core: Vec<f64>,
    osmia_plain: Vec<f64>,
}

/// The same object with and without relocations; the difference is what is asked.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let objects = compile(lab)?;
    let mut times = Times::default();
    for _ in 0..lab.rounds * RUNS {
        times.libbpf_core.push(bpftool_load(lab, &objects.core)?);
        times.osmia_core.push(lab.clock(&lab.core_fields, &[&objects.core])?.ms);
        times.libbpf_plain.push(bpftool_load(lab, &objects.plain)?);
        times.osmia_plain.push(lab.clock(&lab.core_fields, &[&objects.plain])?.ms);
        times.libbpf_min.push(min_core_btf(lab, &objects.core)?);
    }
    Ok(findings(&times))
}

fn compile(lab: &Lab) -> Result<Objects, String> {
    let flags = ["-O2", "-g", "-target", "bpf", "-c"];
    let plain = [flags.as_slice(), &["-DPLAIN"]].concat();
    let core = lab.compile("clang-19", &flags, SOURCE, "core.bpf.o")?;
    let plain = lab.compile("clang-19", &plain, SOURCE, "plain.bpf.o")?;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    Ok(Objects { core: text(core), plain: text(plain) })
}

fn bpftool_load(lab: &Lab, object: &str) -> Result<f64, String> {
    let pin = Pin(Path::new("/sys/fs/bpf").join(format!("osmia-bench-{}", std::process::id())));
    Ok(lab.clock(&lab.bpftool, &["prog", "load", object, &pin.0.to_string_lossy()])?.ms)
}

fn min_core_btf(lab: &Lab, object: &str) -> Result<f64, String> {
    let args = ["gen", "min_core_btf", "/sys/kernel/btf/vmlinux", "min.btf", object];
    Ok(lab.clock(&lab.bpftool, &args)?.ms)
}

fn findings(times: &Times) -> Findings {
    let peer = median(&times.libbpf_core) - median(&times.libbpf_plain);
    let ours = median(&times.osmia_core) - median(&times.osmia_plain);
    let summary = Summary {
        what: "kernel BTF and 100 CO-RE fields",
        peer: format!("{peer:.2} ms"),
        ours: format!("{ours:.2} ms"),
        ratio: format!("{:.1}×", peer / ours),
        aim: "5 times faster",
        met: peer / ours >= AIM,
    };
    let row = |name: &str, times: &[f64]| vec![name.to_owned(), format!("{:.2}", median(times))];
    let rows = [
        row("`bpftool prog load`, 100 relocations", &times.libbpf_core),
        row("`bpftool prog load`, the same reads at fixed offsets", &times.libbpf_plain),
        row("`core_fields` (osmia: read, resolve), 100 relocations", &times.osmia_core),
        row("`core_fields`, the same reads at fixed offsets", &times.osmia_plain),
        row(
            "`bpftool gen min_core_btf` (libbpf: read, resolve, write a small BTF; no kernel)",
            &times.libbpf_min,
        ),
    ];
    let details = format!(
        "### CO-RE\n\n`benches/{SOURCE}` by clang-19, {} runs of each in turn, start to exit, median. What is compared is \
         the difference that relocations make: it holds reading the kernel's BTF and resolving, for both; loading into \
         the kernel, which `core_fields` does not do, is in both of bpftool's times and falls out.\n\n{}",
        times.libbpf_core.len(),
        table(&["command", "ms"], &rows)
    );
    Findings { summary: vec![summary], details }
}
