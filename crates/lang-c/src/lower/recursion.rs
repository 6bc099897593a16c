//! Functions that call themselves, over others too: there is no stack for that.
use super::cx::Cx;
use crate::typed::FunctionId;
use osmia_base::{Key, Span};

/// What a function calls, and where.
type Calls = Vec<(FunctionId, Span)>;

/// Tells of calls that lead back to where they came from.
pub(super) fn check(cx: &mut Cx<'_>) {
    let mut calls: Vec<Calls> = vec![Calls::new(); cx.unit.functions.len()];
    for &(from, to, span) in &cx.calls {
        calls[from.index()].push((to, span));
    }
    let mut done = vec![false; calls.len()];
    for root in cx.unit.functions.keys() {
        walk(cx, &calls, root, &mut done);
    }
}

/// Follows all calls from a function.
fn walk(cx: &mut Cx<'_>, calls: &[Calls], root: FunctionId, done: &mut [bool]) {
    if done[root.index()] {
        return;
    }
    let mut path = vec![(root, calls[root.index()].clone())];
    while let Some((id, rest)) = path.last_mut() {
        let id = *id;
        match rest.pop() {
            Some((next, span)) if path.iter().any(|(on_path, _)| *on_path == next) => {
                cx.error(span, "this call leads back to the function that it stands in")
                    .hints
                    .push("functions for BPF may not call themselves: write a loop".into());
            }
            Some((next, _)) if !done[next.index()] => path.push((next, calls[next.index()].clone())),
            Some(_) => {}
            None => {
                done[id.index()] = true;
                path.pop();
            }
        }
    }
}
