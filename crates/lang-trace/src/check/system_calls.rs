//! Blocks at many system calls, which one program can be for.
use super::body::Body;
use super::points::{FEW, same_code};
use crate::ast::{self, BinaryOp, Name};
use crate::typed::{Expr, Space};
use osmia_base::Span;
use osmia_object::Attach;

/// `TS_COMPAT` of `thread_info.status`: the current system call is one of 32 bits (`arch/x86/include/asm/thread_info.h`).
const COMPAT: u64 = 2;

/// Whether the current call is one of 32 bits: those pass the tracepoint of all system calls too, but none of the single ones
/// (`trace_get_syscall_nr` of `kernel/trace/trace_syscalls.c`). Nothing where a block is at few calls, does what depends on which it is, or
/// where the kernel's types do not tell.
pub(super) fn foreign_call(body: &mut Body<'_, '_>, span: Span) -> Option<Expr> {
    let at_call = matches!(&body.facts.attach, Attach::Tracepoint { category, .. } if category == "syscalls");
    let sharing = body.points.iter().filter(|point| same_code(body.facts, point));
    if !at_call || body.depends_on_point || sharing.count() <= FEW {
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
