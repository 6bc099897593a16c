//! The BPF programs of a process, as the kernel describes them.
use super::lab::Lab;
use crate::run::output;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One program.
#[derive(Clone)]
pub(super) struct Program {
    id: u64,
    name: String,
    /// What is known of where it is attached: a tracepoint's name, or `uprobe` / `uretprobe`.
    site: Option<String>,
    /// What the kernel runs, after its own rewriting, in units of 8 bytes: the lines of `bpftool prog dump xlated`, with
    /// wide instructions counted twice.
    pub(super) instructions: u64,
    pub(super) runs: u64,
    pub(super) ns: u64,
}

impl Program {
    /// Whether it runs at the script's begin or end: bpftrace calls these `BEGIN` and `END`, osmia `begin_1` and `end_2`.
    pub(super) fn runs_once(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        matches!(name, "begin" | "end" | "begin_trigger" | "end_trigger")
    }
}

/// The programs that a process holds, in the order of its script's probes; an error unless there is just one for each.
pub(super) fn of_probes(lab: &Lab, pid: u32, probes: &[String]) -> Result<Vec<Program>, String> {
    let sites = sites(lab, pid)?;
    let mut programs = Vec::new();
    for id in held(pid) {
        programs.push(describe(lab, id, &sites)?);
    }
    let count = programs.len();
    let ordered: Option<Vec<Program>> = probes
        .iter()
        .map(|probe| {
            let at = programs.iter().position(|program| fits(probe, program))?;
            Some(programs.remove(at))
        })
        .collect();
    ordered
        .filter(|_| programs.is_empty())
        .ok_or_else(|| format!("{count} programs for {}", probes.join(", ")))
}

/// All programs that a process holds.
pub(super) fn all(lab: &Lab, pid: u32) -> Result<Vec<Program>, String> {
    held(pid).into_iter().map(|id| describe(lab, id, &BTreeMap::new())).collect()
}

/// The same programs later.
pub(super) fn again(lab: &Lab, programs: &[Program]) -> Result<Vec<Program>, String> {
    programs.iter().map(|program| describe(lab, program.id, &BTreeMap::new())).collect()
}

/// Numbers of all programs that a process has descriptors of, or of links to.
pub(super) fn held(pid: u32) -> BTreeSet<u64> {
    let program =
        |text: &String| text.lines().find_map(|line| line.strip_prefix("prog_id:")?.trim().parse().ok());
    descriptors(pid).iter().filter_map(program).collect()
}

/// What the kernel tells of each of a process's descriptors.
fn descriptors(pid: u32) -> Vec<String> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fdinfo")).into_iter().flatten().flatten();
    entries.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect()
}

/// Attach points of programs by their numbers: those of perf events by bpftool, those of links by what the kernel tells
/// of the process's descriptors (bpftool 7.1 does not know links of many uprobes).
fn sites(lab: &Lab, pid: u32) -> Result<BTreeMap<u64, String>, String> {
    let list = bpftool(lab, &["perf", "show"])?;
    let sites = list.as_array().into_iter().flatten().filter_map(|entry| {
        let site = entry["tracepoint"].as_str().or_else(|| entry["fd_type"].as_str())?;
        Some((entry["prog_id"].as_u64()?, site.to_owned()))
    });
    Ok(sites.chain(descriptors(pid).iter().filter_map(|text| uprobe_link(text))).collect())
}

/// The program and the side of a link of many uprobes, of the text of its descriptor (`bpf_uprobe_multi_show_fdinfo`).
fn uprobe_link(text: &str) -> Option<(u64, String)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let side = match field("link_type:")? {
        "uprobe_multi" => "uprobe",
        "uretprobe_multi" => "uretprobe",
        _ => return None,
    };
    Some((field("prog_id:")?.parse().ok()?, side.to_owned()))
}

fn describe(lab: &Lab, id: u64, sites: &BTreeMap<u64, String>) -> Result<Program, String> {
    let known = bpftool(lab, &["prog", "show", "id", &id.to_string()])?;
    let number = |name: &str| known[name].as_u64().unwrap_or_default();
    Ok(Program {
        id,
        name: known["name"].as_str().unwrap_or_default().to_owned(),
        site: sites.get(&id).cloned(),
        instructions: number("bytes_xlated") / 8,
        runs: number("run_cnt"),
        ns: number("run_time_ns"),
    })
}

fn bpftool(lab: &Lab, args: &[&str]) -> Result<Value, String> {
    let text = output(&lab.bpftool.to_string_lossy(), &[&["--json"], args].concat())?;
    serde_json::from_str(&text).map_err(|error| format!("bpftool {}: {error}", args.join(" ")))
}

/// Whether a program is a probe's. bpftrace names it after the last part of the attach point, cut to 15 bytes, and osmia
/// after all of it; which side of a function it is on, only its place tells, which is known once it is attached.
fn fits(probe: &str, program: &Program) -> bool {
    let provider = probe.split(':').next().unwrap_or_default();
    let last = probe.rsplit(':').next().unwrap_or_default();
    match &program.site {
        Some(site) => site == last || site == provider,
        None if matches!(provider, "uprobe" | "uretprobe") => false,
        None => {
            let safe: String =
                probe.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            last.starts_with(&program.name) || program.name.starts_with(&safe)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Program, fits};

    fn program(name: &str, site: Option<&str>) -> Program {
        Program { id: 1, name: name.into(), site: site.map(Into::into), instructions: 0, runs: 0, ns: 0 }
    }

    #[test]
    fn begin_and_end_are_no_events() {
        let once = ["BEGIN", "END", "begin_1", "end_2"];
        assert!(once.iter().all(|name| program(name, None).runs_once()));
        assert!(!program("tracepoint_sys_end_1", None).runs_once());
    }

    #[test]
    fn probes_find_their_programs() {
        assert!(fits("uprobe:./load:work", &program("work", Some("uprobe"))));
        assert!(!fits("uprobe:./load:work", &program("work", Some("uretprobe"))));
        assert!(!fits("uprobe:./load:work", &program("work", None)));
        assert!(fits("software:page-faults:1", &program("1", None)));
        assert!(fits("software:page-faults:1", &program("software_page_faults_1_1", None)));
        assert!(!fits("tracepoint:syscalls:sys_enter_read", &program("x", Some("sys_exit_read"))));
    }
}
