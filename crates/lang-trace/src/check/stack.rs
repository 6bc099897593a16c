//! Stacks and registers.
use super::body::Body;
use super::calls::{Call, Made, literal};
use crate::ast;
use crate::typed::{Expr, ExprKind, Type};
use osmia_abi::ProgramType;
use osmia_base::{Diagnostic, Span};
use osmia_event::StackMode;

/// Frames where nothing else is said.
pub(super) const DEFAULT_LIMIT: u32 = 127;
/// No script gets more.
const MOST_FRAMES: i64 = 1024;

/// Ways to print a stack.
const MODES: &[(&str, StackMode)] = &[
    ("bpftrace", StackMode::Bpftrace),
    ("raw", StackMode::Raw),
    ("perf", StackMode::Perf),
    ("build_id", StackMode::BuildId),
];

/// What is said of a word that is none of them.
pub(super) const VALID_MODES: &str = "stack_mode: valid values are bpftrace, raw, perf, and build_id.";

/// The way to print a stack that a word stands for.
pub(super) fn mode(word: &str) -> Option<StackMode> {
    MODES.iter().find(|(name, _)| *name == word).map(|(_, mode)| *mode)
}

/// The word for a way to print a stack.
pub(super) fn mode_name(mode: StackMode) -> &'static str {
    MODES.iter().find(|(_, known)| *known == mode).map_or("", |(name, _)| name)
}

/// Whether the probe's programs may ask for stacks; says so where they may not.
pub(super) fn knows_stacks(body: &mut Body<'_, '_>, name: &str, span: Span) -> bool {
    let provider = body.facts.provider;
    let knows = provider.program_type() != ProgramType::Xdp;
    if !knows {
        let text = format!("{name} can not be used with \"{}\" probes", provider.name());
        body.report(Diagnostic::error(span, text).hint("the kernel gives programs of that kind no stacks"));
    }
    knows
}

pub(super) fn kernel_stack(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !knows_stacks(body, call.name, call.span) {
        return None;
    }
    let (mode, limit) = arguments(body, call)?;
    if mode == StackMode::BuildId {
        body.error(call.span, "'build_id' stack mode can only be used for ustack");
        return None;
    }
    Some(Made::Value(Expr { kind: ExprKind::Stack, ty: Type::KernelStack { mode, limit }, span: call.span }))
}

pub(super) fn user_stack(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !knows_stacks(body, call.name, call.span) {
        return None;
    }
    let (mode, limit) = arguments(body, call)?;
    Some(Made::Value(Expr { kind: ExprKind::Stack, ty: Type::UserStack { mode, limit }, span: call.span }))
}

/// `dw_ustack()`: without frame pointers.
pub(super) fn unwound_stack(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let how = body.config().unstable_dw_ustack;
    if !body.unstable("dw_ustack (DWARF stack unwinding)", "unstable_dw_ustack", how, call.span) {
        return None;
    }
    if !knows_stacks(body, call.name, call.span) {
        return None;
    }
    let (mode, limit) = arguments(body, call)?;
    if mode == StackMode::BuildId {
        body.error(call.span, "'build_id' stack mode can only be used for ustack");
        return None;
    }
    Some(Made::Value(Expr { kind: ExprKind::Unwound, ty: Type::UserStack { mode, limit }, span: call.span }))
}

/// `len(stack)`: how many frames it has.
pub(super) fn length(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let stack = body.expr(&call.args[0])?;
    if !matches!(stack.ty, Type::KernelStack { .. } | Type::UserStack { .. }) {
        body.error(call.args[0].span, "call to len() expects a map, ustack, or kstack");
        return None;
    }
    let kind = ExprKind::Frames(Box::new(stack));
    Some(Made::Value(Expr { kind, ty: Type::INT64, span: call.span }))
}

/// How the kernel's stack is printed where the script says nothing at the place.
pub(super) fn kernel_mode(body: &mut Body<'_, '_>, span: Span) -> StackMode {
    match body.config().stack_mode {
        StackMode::BuildId => {
            let text = "'build_id' stack mode can only be used for ustack. Falling back to 'raw' mode.";
            body.report(Diagnostic::warning(span, text));
            StackMode::Raw
        }
        mode => mode,
    }
}

/// `(mode, limit)`, `(mode)`, `(limit)` or nothing.
fn arguments(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<(StackMode, u32)> {
    let (named, limit) = match call.args {
        [] => (None, None),
        [mode] if matches!(mode.kind, ast::ExprKind::Ident(_)) => (Some(mode), None),
        [limit] => (None, Some(limit)),
        [mode, limit, ..] => (Some(mode), Some(limit)),
    };
    let mode = match named {
        Some(word) => mode_of(body, call, word)?,
        None => body.config().stack_mode,
    };
    let limit = match limit {
        Some(limit) => limit_of(body, call, limit)?,
        None => DEFAULT_LIMIT,
    };
    Some((mode, limit))
}

fn mode_of(body: &mut Body<'_, '_>, call: &Call<'_>, arg: &ast::Expr) -> Option<StackMode> {
    let ast::ExprKind::Ident(word) = &arg.kind else {
        body.error(arg.span, "Expected stack mode as first argument");
        return None;
    };
    let found = mode(word);
    if found.is_none() {
        let text = format!("Error parsing stack mode: {}: Invalid value for {VALID_MODES}", call.name);
        body.report(Diagnostic::error(arg.span, text).suggest(word, MODES.iter().map(|(name, _)| *name)));
    }
    found
}

fn limit_of(body: &mut Body<'_, '_>, call: &Call<'_>, arg: &ast::Expr) -> Option<u32> {
    let name = call.name;
    let text = match body.expr(arg)?.kind {
        ExprKind::Number(frames @ 0..=MOST_FRAMES) => return u32::try_from(frames).ok(),
        ExprKind::Number(frames) if frames < 0 => format!("{name}: invalid limit value"),
        ExprKind::Number(frames) => {
            format!("{name}([int limit]): limit shouldn't exceed {MOST_FRAMES}, {frames} given")
        }
        _ => format!("{name}: invalid limit value"),
    };
    body.error(call.span, text);
    None
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
                call.span,
                format!("'{name}' is not a valid register on this architecture (x86_64)"),
            )
            .suggest(&name, osmia_abi::PT_REGS.iter().map(|(known, _)| *known));
            body.report(message);
            None
        }
    }
}
