//! Blocks at many system calls, which one program can be for.
use super::body::Body;
use super::facts::Facts;
use super::points::same_code;
use crate::ast::{self, BinaryOp, Name};
use crate::typed::{Expr, Space};
use osmia_base::Span;
use osmia_object::{Attach, TraceField};

/// `TS_COMPAT` of `thread_info.status`: the current system call is one of 32 bits (`arch/x86/include/asm/thread_info.h`).
const COMPAT: u64 = 2;

/// From so many calls on a program is shown all of them: for fewer, what it costs the others is more than what it saves when they
/// are taken away, each of which takes the kernel tens of milliseconds.
const MANY: usize = 16;

/// Whether a field is the same in the records of all calls that could share a program: they are laid out by one rule
/// (`syscall_enter_define_fields` and `trace_event_fields` of `kernel/trace/trace_syscalls.c`).
pub(super) fn alike(of: &Facts, points: &[Facts], field: &str) -> bool {
    let own = call_field(of, field);
    let mut sharing = points.iter().filter(|point| same_code(of, point));
    own.is_some() && sharing.all(|point| call_field(point, field) == own)
}

/// A field of a call's record, but for those that the record of every event has.
fn call_field<'a>(facts: &'a Facts, field: &str) -> Option<&'a TraceField> {
    let event = facts.event.as_ref().filter(|_| is_call(facts) && !field.starts_with("common_"))?;
    event.fields.iter().find(|known| known.name == field)
}

fn is_call(facts: &Facts) -> bool {
    matches!(&facts.attach, Attach::Tracepoint { category, .. } if category == "syscalls")
}

/// Whether the current call is one of 32 bits: those pass the tracepoint of all system calls too, but none of the single ones
/// (`trace_get_syscall_nr` of `kernel/trace/trace_syscalls.c`). Nothing where a block is at few calls, does what depends on which it is, or
/// where the kernel's types do not tell.
pub(super) fn foreign_call(body: &mut Body<'_, '_>, span: Span) -> Option<Expr> {
    let sharing = body.points.iter().filter(|point| same_code(body.facts, point));
    if !is_call(body.facts) || body.depends_on_point || sharing.count() < MANY {
        return None;
    }
    let types = body.types();
    types.named("struct task_struct").and_then(|task| types.member(task, "thread_info", Space::Kernel))?;
    let make = |kind| ast::Expr { kind, span };
    let member =
        |of, name: &str| make(ast::ExprKind::Field(Box::new(of), Name { node: name.to_owned(), span }));
    let of = |op, a, b| make(ast::ExprKind::Binary(op, Box::new(a), Box::new(b)));
    let number = |number| make(ast::ExprKind::Integer(number));
    let task = make(ast::ExprKind::Ident("curtask".to_owned()));
    let status = member(member(task, "thread_info"), "status");
    body.expr(&of(BinaryOp::NotEqual, of(BinaryOp::BitAnd, status, number(COMPAT)), number(0)))
}
