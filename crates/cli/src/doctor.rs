//! `osmia doctor` and `osmia graph`: the machine at a glance.
use crate::flags::{Doctor, Graph, GraphForm};
use crate::out::say;
use crate::trace::fail;
use osmia::inspect;
use std::process::ExitCode;

/// Tells what this machine allows.
pub(crate) fn doctor(args: &Doctor) -> ExitCode {
    let report = osmia::doctor(args.clean);
    say(&if args.json { report.json() } else { report.text() })
}

/// Tells what is loaded and how it hangs together.
pub(crate) fn graph(args: &Graph) -> ExitCode {
    let graph = match inspect::Graph::gather() {
        Ok(graph) => graph,
        Err(error) => return fail(&error.to_string()),
    };
    let text = match args.format {
        GraphForm::Text => inspect::ties_text(&graph),
        GraphForm::Json => {
            String::from_utf8_lossy(&inspect::ties_json(&graph, inspect::Form::PrettyJson)).into_owned()
        }
        GraphForm::Dot => inspect::ties_dot(&graph),
    };
    say(&text)
}
