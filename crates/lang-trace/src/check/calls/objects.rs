//! Objects of the kernel: paths, tasks, sockets, packets.
use super::{Call, Made, known, literal};
use crate::check::body::Body;
use crate::check::convert::convert;
use crate::probes::{Provider, TASK_FROM_PID};
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_base::Diagnostic;

/// As many bytes of a name as a task has.
const NAME: u32 = 16;

fn made(kind: ExprKind, ty: Type, call: &Call<'_>) -> Option<Made> {
    Some(Made::Value(Expr { kind, ty, span: call.span }))
}

/// Whether the probe's programs know kernel objects by their types; says so where they do not.
fn knows_objects(body: &mut Body<'_, '_>, call: &Call<'_>) -> bool {
    // Raw tracepoints come in two kinds; the kind that knows types is taken from now on.
    body.needs_tracing = true;
    let provider = body.facts.provider;
    if matches!(provider, Provider::Fentry | Provider::Fexit | Provider::RawTracepoint | Provider::Iter) {
        return true;
    }
    let text = match call.name {
        "path" => "The path function can only be used with 'fentry', 'fexit', 'iter' probes".to_owned(),
        name => format!("{name} can not be used with \"{}\" probes", provider.name()),
    };
    let hint = "only fentry, fexit, rawtracepoint and iter are given kernel objects that are surely there";
    body.report(Diagnostic::error(call.span, text).hint(hint));
    false
}

/// Whether what a pointer leads to is the structure of this name, or begins with it: the kernel takes the one for the other.
fn leads_to(body: &Body<'_, '_>, to: &Type, name: &str) -> bool {
    matches!(to, Type::Composite { of, .. } if body.types().begins_with(*of, name))
}

/// `socket_cookie(sk)`.
pub(super) fn socket_cookie(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !knows_objects(body, call) {
        return None;
    }
    let socket = body.expr(&call.args[0])?;
    match &socket.ty {
        Type::Pointer { to, space: Space::Trusted } if leads_to(body, to, "sock_common") => {
            made(ExprKind::SocketCookie(Box::new(socket)), Type::UINT64, call)
        }
        Type::Pointer { space: Space::Trusted, .. } => {
            let text = body.type_text(&socket.ty);
            let message =
                format!("socket_cookie() only supports 'struct sock *' as the argument ('{text}' provided)");
            body.error(call.args[0].span, message);
            None
        }
        Type::None if !body.session.last_reading => None,
        other => {
            let text = body.type_text(other);
            let message = format!(
                "socket_cookie() only supports pointer arguments that the kernel vouches for ('{text}' provided)"
            );
            body.report(
                Diagnostic::error(call.args[0].span, message)
                    .hint("give it an argument of fentry, fexit or a raw tracepoint: socket_cookie(args.sk)"),
            );
            None
        }
    }
}

/// `path(p)`, `path(p, size)`: of a `struct path`, or of a pointer to one.
pub(super) fn path(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !knows_objects(body, call) {
        return None;
    }
    let limit = body.config().max_strlen;
    let capacity = match call.args.get(1) {
        None => limit,
        Some(size) => match u32::try_from(known(body, size)?) {
            Ok(size) if (1..=limit).contains(&size) => size,
            _ => {
                body.error(size.span, format!("path() size must be between 1 and {limit}"));
                return None;
            }
        },
    };
    let object = body.expr(&call.args[0])?;
    match &object.ty {
        Type::Pointer { to, .. } if leads_to(body, to, "path") => {
            made(ExprKind::Path(Box::new(object)), Type::Str { capacity }, call)
        }
        Type::Composite { .. } if leads_to(body, &object.ty, "path") => {
            made(ExprKind::Path(Box::new(object)), Type::Str { capacity }, call)
        }
        Type::None if !body.session.last_reading => None,
        other => {
            let text = body.type_text(other);
            let message = match other {
                Type::Composite { .. } | Type::Pointer { .. } => {
                    format!("path() only supports 'struct path' as the argument ('{text}' provided)")
                }
                _ => format!("path() only supports pointer or C type argument ({text} provided)"),
            };
            body.report(
                Diagnostic::error(call.args[0].span, message)
                    .hint("give it a `struct path` of a kernel function's argument: path(args.file.f_path)"),
            );
            None
        }
    }
}

/// `comm`, `comm()`: the current task's name. `comm(pid)`: that of another process.
pub(super) fn comm(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let Some(pid) = call.args.first() else {
        return body.ident(call.name, call.span).map(Made::Value);
    };
    body.needs_tracing = true;
    let callers = body.session.target.kfuncs.get(TASK_FROM_PID);
    if callers.is_some_and(|callers| !callers.contains(&body.facts.provider.program_type())) {
        let kind = body.facts.probe_type();
        let text = format!("Syntax comm(PID) is not supported in this probe type yet. Type: {kind}");
        let hint = match callers.is_some_and(Vec::is_empty) {
            true => format!("it needs a function that this kernel does not have: {TASK_FROM_PID}()"),
            false => format!("this kernel does not let these programs call its function {TASK_FROM_PID}()"),
        };
        body.report(Diagnostic::error(call.span, text).hint(hint));
        return None;
    }
    let pid = body.expr(pid)?;
    let pid = match pid.ty {
        Type::Int { .. } | Type::Enum { .. } => convert(pid, &Type::int(4, true))?,
        Type::None if !body.session.last_reading => return None,
        _ => {
            body.error(pid.span, "Only integer supported for comm()'s pid");
            return None;
        }
    };
    let types = body.types();
    let task = types.named("struct task_struct").and_then(|task| types.member(task, "comm", Space::Kernel));
    let Some((name, _)) = task else {
        body.error(call.span, "comm(pid) needs the kernel's types (BTF), and this kernel has none");
        return None;
    };
    made(ExprKind::CommOf { pid: Box::new(pid), name }, Type::Str { capacity: NAME }, call)
}

/// `skboutput("file.pcap", skb, length, offset)`: 0, or a negative error.
pub(super) fn skboutput(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if !knows_objects(body, call) {
        return None;
    }
    let file = literal(body, call, 0)?;
    let skb = body.expr(&call.args[1])?;
    let text = body.type_text(&skb.ty);
    match &skb.ty {
        Type::Pointer { to, .. } if leads_to(body, to, "sk_buff") => {}
        Type::Pointer { .. } => {
            body.error(
                skb.span,
                format!("skboutput() only supports 'struct sk_buff *' as the argument ('{text}' provided)"),
            );
            return None;
        }
        _ => {
            if body.session.last_reading {
                body.error(skb.span, format!("skboutput() expects a pointer argument ({text} provided)"));
            }
            return None;
        }
    }
    let [length, offset] =
        [2, 3].map(|index| body.integer(&call.args[index]).and_then(|it| convert(it, &Type::UINT64)));
    let kind = ExprKind::SkbOutput {
        file,
        skb: Box::new(skb),
        length: Box::new(length?),
        offset: Box::new(offset?),
    };
    made(kind, Type::INT64, call)
}
