//! What the kernel is told beside a program's instructions: where its functions begin and its lines come from.
use super::lacks;
use super::layout::{Layout, function, starts};
use super::types::Types;
use crate::{FunctionInfo, FunctionKey, Line, LineInfo, Object, Target};
use osmia_abi::{Feature, ProgramType};

/// Where each function begins and its type. The kernel wants all of them or none.
pub(super) fn functions(
    object: &Object,
    target: &Target,
    types: &mut Types,
    kind: ProgramType,
    layout: &Layout,
) -> Vec<FunctionInfo> {
    if !types.exist() || lacks(target, Feature::BtfFunc) {
        return Vec::new();
    }
    let info = |key: &FunctionKey| {
        let type_id = function(object, *key).ok()?.type_id;
        (!type_id.is_void()).then_some(FunctionInfo { slot: layout.base.get(key).copied()?, type_id })
    };
    let mut all: Vec<FunctionInfo> = layout.order.iter().map(info).collect::<Option<_>>().unwrap_or_default();
    if lacks(target, Feature::ArgCtxTag) {
        types.name_contexts(kind, &mut all);
    }
    all
}

/// Lines. The kernel wants one at the start of each function, and at most one per instruction.
pub(super) fn lines(object: &Object, types: &mut Types, layout: &Layout) -> Vec<LineInfo> {
    let parts: Vec<_> =
        layout.order.iter().filter_map(|&key| Some((key, function(object, key).ok()?))).collect();
    if parts.iter().all(|(_, function)| function.lines.is_empty()) {
        return Vec::new();
    }
    let mut all: Vec<LineInfo> = Vec::new();
    for (key, function) in parts {
        let base = layout.base.get(&key).copied().unwrap_or(0);
        let starts = starts(&function.insns, base);
        let first = all.len();
        for line in &function.lines {
            let Some(&slot) = starts.get(line.insn as usize) else { continue };
            let slot = if all.len() == first { base } else { slot };
            if all.get(first..).and_then(<[_]>::last).is_some_and(|last| last.slot >= slot) {
                continue;
            }
            all.push(info(types, slot, line));
        }
        if all.len() == first {
            all.push(info(types, base, &Line::default()));
        }
    }
    all
}

fn info(types: &mut Types, slot: u32, line: &Line) -> LineInfo {
    LineInfo {
        slot,
        file: line.file.clone(),
        text: line.text.clone(),
        file_offset: types.string(&line.file),
        text_offset: types.string(&line.text),
        line: line.line,
        column: line.column,
    }
}
