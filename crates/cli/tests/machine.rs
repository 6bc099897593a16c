//! `osmia doctor`, `osmia graph`, `osmia top`: what is there, how it hangs together, what it costs.
mod common;

use common::{Live, osmia, run};
use serde_json::Value;

fn json(words: &[&str]) -> Value {
    let text = run(osmia().args(words)).ok();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_doctor_tells_what_is_allowed() {
    let report = json(&["doctor", "--json"]);
    let topics: Vec<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|one| one["topic"].as_str()).collect();
    for topic in ["kernel", "rights", "types", "kprobes", "fentry", "mounts", "features"] {
        assert!(topics.contains(&topic), "{topics:?}");
    }
    // What does not work has a reason and something to do.
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["state"] == "good" || finding["advice"].is_string(), "{finding}");
    }
}

#[test]
fn the_graph_ties_a_running_script_together() {
    let session = Live::attached(&["-e", "interval:s:9 { @graph_test[1] = count(); }"]);
    let graph = json(&["graph", "-f", "json"]);
    let process = format!("process:{}", session.pid());
    let edges = graph["edges"].as_array().unwrap();
    let towards = |from: &str, kind: &str| -> Vec<String> {
        let fits = |edge: &&Value| edge["from"] == from && edge["kind"] == kind;
        edges.iter().filter(fits).filter_map(|edge| Some(edge["to"].as_str()?.to_owned())).collect()
    };
    let held = towards(&process, "holds");
    let programs: Vec<&String> = held.iter().filter(|node| node.starts_with("prog:")).collect();
    assert!(!programs.is_empty(), "{held:?}");
    let used = programs.iter().flat_map(|program| towards(program, "uses")).any(|map| held.contains(&map));
    assert!(used, "{graph}");
    let dot = run(osmia().args(["graph", "-f", "dot"])).ok();
    assert!(dot.starts_with("digraph bpf {") && dot.contains(&process), "{dot}");
    let text = run(osmia().arg("graph")).ok();
    assert!(text.contains(&format!("({})", session.pid())), "{text}");
}

#[test]
fn top_counts_only_while_it_runs() {
    let _session = Live::attached(&["-e", "profile:hz:199 { @top_test = count(); }"]);
    let text = run(osmia().args(["top", "--json", "-d", "0.4", "-n", "2"])).ok();
    let samples: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(samples.len(), 2);
    let ran = samples.iter().flat_map(|sample| sample["programs"].as_array().unwrap()).any(|program| {
        program["type"] == "perf_event"
            && program["runs"].as_u64() > Some(10)
            && program["average_ns"].as_u64() > Some(0)
    });
    assert!(ran, "{text}");
    assert_eq!(std::fs::read_to_string("/proc/sys/kernel/bpf_stats_enabled").unwrap().trim(), "0");
}
