//! `perf`: programs at perf events.
use super::{Done, Failure, Object, Session, Words, row};
use crate::{perf_json, perf_programs, perf_text};

pub(super) const OBJECT: Object = Object {
    name: "perf",
    help: "programs at tracepoints, kprobes and uprobes",
    rows: &[row(&["show", "list"], "", "tell which processes or links keep programs at which events", show)],
    terms: &[],
};

fn show(session: &mut Session<'_>, _: Words<'_>) -> Done {
    let programs = perf_programs().map_err(|errno| {
        let words =
            format!("perf_query_support: {} (this needs root and a kernel from 4.18 on)", errno.text());
        Failure::words(words)
    })?;
    session.print(programs.as_slice(), perf_text, perf_json)
}
