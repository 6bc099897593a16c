//! A program's blocks as a picture: Graphviz's language.
use super::xlated_print::source_text;
use super::{Extras, Program, Step, Xlated, hex};
use std::collections::BTreeSet;

/// The blocks of a program's functions, as `dot` takes them. A function is a box with its blocks, which are joined from
/// ENTRY to EXIT.
pub fn graph_text(programs: &[(Program, Xlated)], extras: Extras, out: &mut Vec<u8>) {
    out.extend(b"digraph \"DOT graph for eBPF program\" {\n");
    let mut number = 0;
    for (_, code) in programs {
        let starts: Vec<usize> = starts(&code.steps);
        for (place, start) in starts.iter().enumerate() {
            let end = starts.get(place + 1).copied().unwrap_or(code.steps.len());
            function(number, code.steps.get(*start..end).unwrap_or_default(), &code.bytes, extras, out);
            number += 1;
        }
    }
    out.extend(b"}\n");
}

/// Where functions begin. Without types there is one.
fn starts(steps: &[Step]) -> Vec<usize> {
    let begins = steps.iter().enumerate().filter(|(place, step)| *place == 0 || step.function.is_some());
    begins.map(|(place, _)| place).collect()
}

/// The slots where blocks begin: after a jump, and where one leads to.
fn blocks(steps: &[Step]) -> BTreeSet<u32> {
    let mut found: BTreeSet<u32> = steps.first().map(|step| step.slot).into_iter().collect();
    for (step, next) in steps.iter().zip(steps.iter().skip(1)) {
        if !step.flow.falls || step.flow.jumps.is_some() {
            found.insert(next.slot);
        }
    }
    let inside = |slot: &u32| steps.iter().any(|step| step.slot == *slot);
    found.extend(steps.iter().filter_map(|step| step.flow.jumps).filter(inside));
    found
}

fn function(number: usize, steps: &[Step], bytes: &[u8], extras: Extras, out: &mut Vec<u8>) {
    let head = format!(
        "subgraph \"cluster_{number}\" {{\n\tstyle=\"dashed\";\n\tcolor=\"black\";\n\tlabel=\"func_{number} ()\";\n\t\
        fn_{number}_entry [shape=Mdiamond,style=filled,label=\"ENTRY\"];\n"
    );
    out.extend(head.into_bytes());
    let begins = blocks(steps);
    let name = |slot: u32| format!("fn_{number}_bb_{slot}");
    let mut edges = String::new();
    if let Some(first) = begins.first() {
        edges += &edge(&format!("fn_{number}_entry"), &name(*first));
    }
    for (place, start) in begins.iter().enumerate() {
        let end = begins.iter().nth(place + 1).copied();
        let own: Vec<&Step> = steps
            .iter()
            .filter(|step| step.slot >= *start && end.is_none_or(|end| step.slot < end))
            .collect();
        let label: String = own.iter().map(|step| lines(step, bytes, extras)).collect();
        out.extend(format!("\t{} [shape=box,style=filled,label=\"{label}\"];\n", name(*start)).into_bytes());
        let Some(last) = own.last() else { continue };
        let ends = [end.filter(|_| last.flow.falls), last.flow.jumps];
        for to in ends.into_iter().flatten().filter(|to| begins.contains(to)) {
            edges += &edge(&name(*start), &name(to));
        }
        if last.flow.leaves {
            edges += &edge(&name(*start), &format!("fn_{number}_exit"));
        }
    }
    out.extend(
        format!("\tfn_{number}_exit [shape=Mdiamond,style=filled,label=\"EXIT\"];\n{edges}}}\n").into_bytes(),
    );
}

fn edge(from: &str, to: &str) -> String {
    format!("\t{from}:s -> {to}:n [style=\"solid,bold\", color=black, weight=10, constraint=true];\n")
}

/// An instruction's lines, each with the mark that sets it to the left.
fn lines(step: &Step, bytes: &[u8], extras: Extras) -> String {
    let function = step.function.iter().map(|function| format!("; {function}:"));
    let source = step.source.iter().map(|source| source_text(source, extras).trim_end().to_owned());
    let mut lines: Vec<String> = function.chain(source).filter(|line| !line.is_empty()).collect();
    lines.push(format!("{}: {}", step.slot, step.text));
    if extras.opcodes {
        lines.push(format!("    {}", hex::digits(bytes.get(step.bytes.clone()).unwrap_or_default())));
    }
    lines.iter().map(|line| format!("{}\\l", line.replace('\\', "\\\\").replace('"', "\\\""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flow;

    fn step(slot: u32, falls: bool, jumps: Option<u32>, leaves: bool) -> Step {
        let text = format!("\"{slot}\"");
        Step { slot, bytes: 0..0, function: None, source: None, text, flow: Flow { falls, jumps, leaves } }
    }

    #[test]
    fn blocks_are_joined() {
        let steps =
            vec![step(0, true, Some(3), false), step(1, true, None, false), step(3, false, None, true)];
        assert_eq!(blocks(&steps), BTreeSet::from([0, 1, 3]));
        let mut out = Vec::new();
        function(0, &steps, &[], Extras::default(), &mut out);
        let text = String::from_utf8(out).unwrap();
        for (from, to) in
            [("entry", "bb_0"), ("bb_0", "bb_1"), ("bb_0", "bb_3"), ("bb_1", "bb_3"), ("bb_3", "exit")]
        {
            assert_eq!(text.matches(&format!("fn_0_{from}:s -> fn_0_{to}:n")).count(), 1, "{text}");
        }
        assert_eq!(text.matches(" -> ").count(), 5);
        assert!(text.contains("label=\"0: \\\"0\\\"\\l\""), "{text}");
    }
}
