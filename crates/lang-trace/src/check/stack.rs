//! Stacks and registers.
use super::body::Body;
use super::calls::{Call, Made, literal};
use crate::ast;
use crate::typed::{Expr, ExprKind, Type};
use osmia_base::Diagnostic;
use osmia_event::StackMode;

/// Frames where nothing else is said.
pub(super) const DEFAULT_LIMIT: u32 = 127;

/// Ways to print a stack.
const MODES: &[(&str, StackMode)] =
    &[("bpftrace", StackMode::Bpftrace), ("perf", StackMode::Perf), ("raw", StackMode::Raw)];

/// The word for a way to print a stack.
pub(super) fn mode_name(mode: StackMode) -> &'static str {
    MODES.iter().find(|(_, known)| *known == mode).map_or("", |(name, _)| name)
}

pub(super) fn kernel_stack(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (mode, limit) = arguments(body, call)?;
    Some(Made::Value(Expr { kind: ExprKind::Stack, ty: Type::KernelStack { mode, limit }, span: call.span }))
}

pub(super) fn user_stack(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (mode, limit) = arguments(body, call)?;
    Some(Made::Value(Expr { kind: ExprKind::Stack, ty: Type::UserStack { mode, limit }, span: call.span }))
}

/// `(mode, limit)`, `(mode)`, `(limit)` or nothing.
fn arguments(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<(StackMode, u32)> {
    let mut mode = body.config().stack_mode;
    let mut limit = DEFAULT_LIMIT;
    for (index, arg) in call.args.iter().enumerate() {
        match &arg.kind {
            ast::ExprKind::Ident(word) if index == 0 && MODES.iter().any(|(name, _)| name == word) => {
                mode = MODES.iter().find(|(name, _)| name == word)?.1;
            }
            ast::ExprKind::Ident(word) if index == 0 => {
                let message = Diagnostic::error(arg.span, format!("Unknown stack mode: '{word}'"))
                    .suggest(word, MODES.iter().map(|(name, _)| *name))
                    .hint("there are: bpftrace, perf, raw");
                body.report(message);
                return None;
            }
            _ => match body.expr(arg)?.kind {
                ExprKind::Number(frames @ 1..=1024) => limit = frames as u32,
                ExprKind::Number(frames) => {
                    body.error(arg.span, format!("{}({frames}): a stack has 1 to 1024 frames", call.name));
                    return None;
                }
                _ => {
                    body.error(arg.span, format!("{}() expects a literal number of frames", call.name));
                    return None;
                }
            },
        }
    }
    Some((mode, limit))
}

pub(super) fn register(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = literal(body, call, 0)?;
    if !body.facts.provider.has_registers() {
        let text = format!("reg can not be used with \"{}\" probes", body.facts.provider.name());
        body.report(
            Diagnostic::error(call.span, text)
                .hint("only probes that interrupt code are given its registers"),
        );
        return None;
    }
    match osmia_abi::pt_regs(&name) {
        Some(offset) => {
            Some(Made::Value(Expr { kind: ExprKind::Register(offset), ty: Type::UINT64, span: call.span }))
        }
        None => {
            let message = Diagnostic::error(
                call.args[0].span,
                format!("'{name}' is not a valid register on this architecture (x86_64)"),
            )
            .suggest(&name, osmia_abi::PT_REGS.iter().map(|(known, _)| *known));
            body.report(message);
            None
        }
    }
}
