//! Functions of the language, a row each, and what a call of each becomes.
use super::body::Body;
use super::comptime;
use super::compute;
use super::convert::convert;
use super::expr::{number, text_literal};
use super::format::format_of;
use crate::ast;
use crate::expand::library_names;
use crate::probes::Provider;
use crate::typed::{Builtin, Expr, ExprKind, MapId, MapValue, NameTable, Space, StmtKind, Type};
use osmia_base::{Diagnostic, Key, Span};
use osmia_event::{Aggregation, Verb};

/// What a call is.
#[derive(Debug)]
pub(super) enum Made {
    /// A value.
    Value(Expr),
    /// Something that is done.
    Stmts(Vec<StmtKind>),
    /// An aggregation, to be assigned to a map, with its operand.
    Aggregation(Aggregation, Option<Expr>),
}

/// How a function is checked.
type Check = fn(&mut Body<'_, '_>, &Call<'_>) -> Option<Made>;

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) args: &'a [ast::Expr],
    pub(super) span: Span,
}

/// What kind of thing a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Value,
    Statement,
    Aggregation,
}

/// One function.
#[derive(Debug)]
struct Function {
    name: &'static str,
    /// How many arguments, at least and at most.
    arity: (usize, usize),
    class: Class,
    /// Whether it changes the machine, and needs `--unsafe`.
    dangerous: bool,
    check: Check,
}

const fn value(name: &'static str, min: usize, max: usize, check: Check) -> Function {
    Function { name, arity: (min, max), class: Class::Value, dangerous: false, check }
}

const fn statement(name: &'static str, min: usize, max: usize, check: Check) -> Function {
    Function { name, arity: (min, max), class: Class::Statement, dangerous: false, check }
}

const fn aggregation(name: &'static str, min: usize, max: usize, check: Check) -> Function {
    Function { name, arity: (min, max), class: Class::Aggregation, dangerous: false, check }
}

const fn dangerous(function: Function) -> Function {
    Function { dangerous: true, ..function }
}

const MANY: usize = 128;

const FUNCTIONS: &[Function] = &[
    aggregation("count", 0, 0, |_, _| Some(Made::Aggregation(Aggregation::Count, None))),
    aggregation("sum", 1, 1, |body, call| aggregate(body, call, |signed| Aggregation::Sum { signed })),
    aggregation("min", 1, 1, |body, call| aggregate(body, call, |signed| Aggregation::Min { signed })),
    aggregation("max", 1, 1, |body, call| aggregate(body, call, |signed| Aggregation::Max { signed })),
    aggregation("avg", 1, 1, |body, call| aggregate(body, call, |signed| Aggregation::Avg { signed })),
    aggregation("stats", 1, 1, |body, call| aggregate(body, call, |signed| Aggregation::Stats { signed })),
    aggregation("hist", 1, 2, hist),
    aggregation("lhist", 4, 4, lhist),
    aggregation("tseries", 3, 4, super::series::tseries),
    statement("printf", 1, MANY, |body, call| formatted(body, call, Verb::Printf)),
    statement("errorf", 1, MANY, |body, call| formatted(body, call, Verb::Errorf)),
    statement("warnf", 1, MANY, |body, call| formatted(body, call, Verb::Warnf)),
    statement("cat", 1, MANY, |body, call| formatted(body, call, Verb::Cat)),
    dangerous(statement("system", 1, MANY, |body, call| formatted(body, call, Verb::System))),
    statement("print", 1, 3, print),
    statement("clear", 1, 1, |body, call| whole_map(body, call, |map| Verb::Clear { map })),
    statement("zero", 1, 1, |body, call| whole_map(body, call, |map| Verb::Zero { map })),
    statement("exit", 0, 1, exit),
    statement("time", 0, 1, time),
    statement("join", 1, 2, join),
    value("delete", 1, 2, delete),
    value("has_key", 2, 2, has_key),
    value("len", 1, 1, len),
    value("str", 1, 2, str_),
    value("buf", 1, 2, buf),
    value("ksym", 1, 1, |body, call| tagged(body, call, Type::KernelSymbol)),
    value("usym", 1, 1, |body, call| tagged(body, call, Type::UserSymbol)),
    value("username", 0, 1, username),
    value("cgroup_path", 1, 2, |body, call| tagged(body, call, Type::CgroupPath)),
    value("cgroupid", 1, 1, cgroupid),
    value("strftime", 2, 2, strftime),
    value("ntop", 1, 2, ntop),
    value("macaddr", 1, 1, macaddr),
    value("kstack", 0, 2, super::stack::kernel_stack),
    value("ustack", 0, 2, super::stack::user_stack),
    value("reg", 1, 1, super::stack::register),
    value("kaddr", 1, 1, |body, call| {
        Some(Made::Value(Expr {
            kind: ExprKind::Kaddr(literal(body, call, 0)?),
            ty: Type::UINT64,
            span: call.span,
        }))
    }),
    value("uaddr", 1, 1, super::user_points::uaddr),
    value("kptr", 1, 1, |body, call| pointer_in(body, call, Space::Kernel)),
    value("uptr", 1, 1, |body, call| pointer_in(body, call, Space::User)),
    value("bswap", 1, 1, bswap),
    value("nsecs", 0, 1, nsecs),
    value("pid", 0, 1, |body, call| in_namespace(body, call, [Builtin::Pid, Builtin::InitPid])),
    value("tid", 0, 1, |body, call| in_namespace(body, call, [Builtin::Tid, Builtin::InitTid])),
    value("strncmp", 3, 3, strncmp),
    value("strcmp", 2, 2, |body, call| text_order(body, call, None)),
    value("strlen", 1, 1, strlen),
    value("strcontains", 2, 2, |body, call| strstr(body, call, Found::Whether)),
    value("strstr", 2, 2, |body, call| strstr(body, call, Found::Where)),
    dangerous(value("signal", 1, 1, super::signals::signal)),
    dangerous(value("override", 1, 1, override_)),
    value("is_ptr", 1, 1, |body, call| comptime::is(body, call, |ty| matches!(ty, Type::Pointer { .. }))),
    value("is_str", 1, 1, |body, call| comptime::is(body, call, |ty| matches!(ty, Type::Str { .. }))),
    value("is_array", 1, 1, |body, call| comptime::is(body, call, |ty| matches!(ty, Type::Array { .. }))),
    value("is_integer", 1, 1, |body, call| comptime::is(body, call, |ty| matches!(ty, Type::Int { .. }))),
    value("is_unsigned_integer", 1, 1, |body, call| {
        comptime::is(body, call, |ty| matches!(ty, Type::Int { signed: false, .. }))
    }),
    value("is_literal", 1, 1, comptime::is_literal),
    value("is_scalar", 1, 1, comptime::is_scalar),
    value("typeinfo", 1, 1, comptime::typeinfo),
    value("getopt", 1, 3, comptime::getopt),
    value("config", 0, 0, comptime::config),
    value("has_cpid", 0, 0, comptime::has_cpid),
    value("default_str_length", 0, 0, comptime::default_str_length),
    value("kfunc_exist", 1, 1, comptime::kfunc_exist),
    value("strerror", 1, 1, |body, call| compute::name(body, call, NameTable::Error)),
    value("signal_name", 1, 1, |body, call| compute::name(body, call, NameTable::Signal)),
    value("syscall_name", 1, 1, |body, call| compute::name(body, call, NameTable::Syscall)),
    value("str_concat", 2, 2, compute::concat),
    value("strcap", 1, 1, compute::strcap),
    value("memcmp", 3, 3, compute::memcmp),
    value("socket_cookie", 1, 1, compute::socket_cookie),
    value("write_user", 3, 3, compute::write_user),
    statement("debugf", 1, MANY, compute::debugf),
    statement("fail", 1, MANY, comptime::fail),
    statement("static_assert", 2, 2, comptime::static_assert),
];

/// Builtins that may also be written as calls without arguments.
const CALLABLE: &[&str] = &[
    "pid",
    "tid",
    "uid",
    "gid",
    "comm",
    "cpu",
    "ncpus",
    "numaid",
    "curtask",
    "cgroup",
    "rand",
    "elapsed",
    "jiffies",
    "func",
    "probe",
    "probetype",
    "retval",
    "usermode",
    "cpid",
];

/// Whether a bare word of this name is a statement (`exit;`).
pub(super) fn is_statement(name: &str) -> bool {
    FUNCTIONS.iter().any(|row| row.name == name && row.class == Class::Statement && row.arity.0 == 0)
}

/// Whether a bare word of this name is a value (`username`).
pub(super) fn is_bare_value(name: &str) -> bool {
    FUNCTIONS.iter().any(|row| row.name == name && row.class == Class::Value && row.arity.0 == 0)
}

/// Whether a bare word of this name is an aggregation (`@ = count;`).
pub(super) fn is_aggregation(name: &str) -> bool {
    FUNCTIONS.iter().any(|row| row.name == name && row.class == Class::Aggregation && row.arity.0 == 0)
}

/// Whether there is a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    CALLABLE.contains(&name) || names().any(|known| known == name)
}

/// All names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|row| row.name)
}

impl Body<'_, '_> {
    /// A call of a function.
    pub(super) fn call(&mut self, name: &ast::Name, args: &[ast::Expr], span: Span) -> Option<Made> {
        let plain = super::idents::plain_name(&name.node);
        let Some(row) = FUNCTIONS.iter().find(|row| row.name == plain) else {
            if args.is_empty() && CALLABLE.contains(&plain) {
                return self.ident(plain, span).map(Made::Value);
            }
            let message = Diagnostic::error(name.span, format!("Unknown function: '{}'", name.node))
                .suggest(&name.node, names().chain(CALLABLE.iter().copied()).chain(library_names()));
            self.report(message);
            return None;
        };
        let (min, max) = row.arity;
        if args.len() < min || args.len() > max {
            self.error(span, arity_message(row.name, row.arity, args.len()));
            return None;
        }
        if row.dangerous && !self.options().unsafe_allowed {
            let message = Diagnostic::error(
                span,
                format!("{}() is an unsafe function being used in safe mode", row.name),
            )
            .hint("run with --unsafe to allow it");
            self.report(message);
            return None;
        }
        (row.check)(self, &Call { name: row.name, args, span })
    }
}

fn arity_message(name: &str, (min, max): (usize, usize), got: usize) -> String {
    let arguments = |count: usize| match count {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        count => format!("{count} arguments"),
    };
    let rule = match (min, max) {
        _ if min == max => format!("requires {}", arguments(min)),
        _ if got < min => format!("requires at least {}", arguments(min)),
        (_, 0) => "requires no arguments".to_owned(),
        _ => format!("takes up to {}", arguments(max)),
    };
    format!("{name}() {rule} ({got} provided)")
}

fn aggregate(body: &mut Body<'_, '_>, call: &Call<'_>, of: fn(bool) -> Aggregation) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let signed = match (&value.kind, &value.ty) {
        (_, Type::Int { signed, .. } | Type::Enum { signed, .. }) => *signed,
        _ => false,
    };
    let value = convert(value, &Type::int(8, signed))?;
    Some(Made::Aggregation(of(signed), Some(value)))
}

fn hist(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let signed = matches!(value.ty, Type::Int { signed: true, .. } | Type::Enum { signed: true, .. });
    let bits = match call.args.get(1) {
        None => 0,
        Some(bits) => match known(body, bits)? {
            bits @ 0..=5 => bits as u8,
            other => {
                body.error(bits.span, format!("hist: bits {other} must be 0..5"));
                return None;
            }
        },
    };
    let value = convert(value, &Type::int(8, signed))?;
    Some(Made::Aggregation(Aggregation::Hist { bits }, Some(value)))
}

fn lhist(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let [min, max, step] = [1, 2, 3].map(|index| known(body, &call.args[index]));
    let (min, max, step) = (min?, max?, step?);
    let wrong = if step <= 0 {
        Some(format!("lhist() step must be >= 1 ({step} provided)"))
    } else if min >= max {
        Some(format!("lhist() min must be less than max (provided min {min} and max {max})"))
    } else if max.checked_sub(min).is_none_or(|range| range / step > 1000) {
        Some("lhist() too many buckets, must be <= 1000".to_owned())
    } else if max - min < step {
        Some(format!("lhist() step is too big: {step} is more than the range {}", max - min))
    } else {
        None
    };
    if let Some(wrong) = wrong {
        body.error(call.span, wrong);
        return None;
    }
    let value = convert(value, &Type::INT64)?;
    Some(Made::Aggregation(Aggregation::Lhist { min, max, step }, Some(value)))
}

/// A number that must be known now.
pub(super) fn known(body: &mut Body<'_, '_>, arg: &ast::Expr) -> Option<i64> {
    match body.expr(arg)?.kind {
        ExprKind::Number(value) => Some(value),
        _ => {
            body.error(arg.span, "a number that is known when the script is compiled is expected here");
            None
        }
    }
}

/// A text that must be known now.
pub(super) fn literal(body: &mut Body<'_, '_>, call: &Call<'_>, index: usize) -> Option<String> {
    let arg = &call.args[index];
    match body.text_arg(arg)?.kind {
        ExprKind::Text(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => {
            body.error(arg.span, format!("{}() expects a string literal", call.name));
            None
        }
    }
}

impl Body<'_, '_> {
    /// An argument that may be `str($1)` as well as a literal.
    pub(super) fn text_arg(&mut self, arg: &ast::Expr) -> Option<Expr> {
        let value = self.expr(arg)?;
        Some(value)
    }
}

fn formatted(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    verb: fn(osmia_event::Format) -> Verb,
) -> Option<Made> {
    let text = literal(body, call, 0)?;
    let args: Vec<Option<Expr>> = call.args[1..].iter().map(|arg| body.expr(arg)).collect();
    let args: Vec<Expr> = args.into_iter().collect::<Option<Vec<_>>>()?;
    let format = format_of(body, call, &text, &args)?;
    Some(Body::send(verb(format), args))
}

/// What is printed of a map is what it holds when the reader comes to it.
fn warn_of_print(body: &mut Body<'_, '_>, call: &Call<'_>, value: Option<&MapValue>) {
    if body.in_loop() {
        body.warn(call.span, "Due to it's asynchronous nature using 'print()' in a loop can lead to unexpected behavior. The map will likely be updated before the runtime can 'print' it.");
    }
    if matches!(value, Some(MapValue::Aggregate(Aggregation::Stats { .. }))) && call.args.len() > 1 {
        body.warn(call.span, "print()'s top and div arguments are ignored when used on stats() maps.");
    }
}

fn print(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let numbers: Option<Vec<i64>> = call.args[1..].iter().map(|arg| known(body, arg)).collect();
    let numbers = numbers?;
    let number = |index: usize| numbers.get(index).copied().unwrap_or(0).clamp(0, i64::from(u32::MAX)) as u32;
    if let ast::ExprKind::Map { name, keys } = &call.args[0].kind {
        let value = body.session.maps.get(name).and_then(|known| known.value.clone());
        let keyed = body.session.maps.get(name).and_then(|known| known.key.clone()).flatten().is_some();
        let aggregate = matches!(value, Some(MapValue::Aggregate(_)));
        if keys.is_empty() && (keyed || aggregate || value.is_none() || !numbers.is_empty()) {
            warn_of_print(body, call, value.as_ref());
            let map = known_map(body, name, call.args[0].span)?;
            return Some(Body::send(
                Verb::PrintMap { map: map.index(), top: number(0), div: number(1) },
                Vec::new(),
            ));
        }
        if keys.is_empty() {
            let map = known_map(body, name, call.args[0].span)?;
            return Some(Body::send(Verb::PrintMap { map: map.index(), top: 0, div: 0 }, Vec::new()));
        }
        if aggregate {
            let (map, key) = body.map_key(name, keys, call.args[0].span)?;
            return Some(Body::send(Verb::PrintEntry { map: map.index() }, key.into_iter().collect()));
        }
    }
    if !numbers.is_empty() {
        body.error(call.span, format!("Non-map print() only takes 1 argument, {} found", call.args.len()));
        return None;
    }
    let value = body.expr(&call.args[0])?;
    if value.ty == Type::None && body.session.last_reading {
        body.error(call.args[0].span, "there is nothing to print");
        return None;
    }
    Some(Body::send(Verb::Print, vec![value]))
}

/// A map that is given a value somewhere.
fn known_map(body: &mut Body<'_, '_>, name: &str, span: Span) -> Option<MapId> {
    let map = body.maps().id(name, span);
    let used = body.session.maps.get(name).is_some_and(|known| known.value.is_some());
    if !used && body.session.last_reading {
        let names: Vec<String> =
            body.session.maps.names().filter(|other| *other != name).map(str::to_owned).collect();
        let message = Diagnostic::error(span, format!("Undefined map: {name}"))
            .suggest(name, names.iter().map(String::as_str));
        body.report(message);
        return None;
    }
    Some(map)
}

/// An argument that must be a whole map.
fn map_arg(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<MapId> {
    match &call.args[0].kind {
        ast::ExprKind::Map { name, keys } if keys.is_empty() => known_map(body, name, call.args[0].span),
        ast::ExprKind::Map { .. } => {
            body.error(call.args[0].span, format!("{}() takes a whole map, without a key", call.name));
            None
        }
        _ => {
            body.error(call.args[0].span, format!("{}() expects a map to be provided", call.name));
            None
        }
    }
}

fn whole_map(body: &mut Body<'_, '_>, call: &Call<'_>, verb: fn(usize) -> Verb) -> Option<Made> {
    let map = map_arg(body, call)?;
    Some(Body::send(verb(map.index()), Vec::new()))
}

fn exit(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let code = match call.args.first() {
        None => None,
        Some(code) => Some(convert(body.integer(code)?, &Type::INT64)?),
    };
    Some(Made::Stmts(vec![StmtKind::Send(Verb::Exit, code.into_iter().collect()), StmtKind::Return(None)]))
}

fn time(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let format = if call.args.is_empty() { "%H:%M:%S\n".to_owned() } else { literal(body, call, 0)? };
    Some(Body::send(Verb::Time(format), Vec::new()))
}

fn join(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let separator = if call.args.len() > 1 { literal(body, call, 1)? } else { " ".to_owned() };
    let array = body.integer(&call.args[0])?;
    Some(Made::Stmts(vec![StmtKind::Join(array, separator)]))
}

fn delete(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let ast::ExprKind::Map { name, keys } = &call.args[0].kind else {
        body.error(call.args[0].span, "delete() expects a map to be provided");
        return None;
    };
    let (map, key) = match (call.args.get(1), keys.as_slice()) {
        (Some(key), []) => {
            let map = keyed_map(body, name, "delete() with two arguments", call)?;
            let key = body.expr(key)?;
            (map, body.typed_key(name, Some(key), call.span)?)
        }
        (Some(_), _) => {
            body.error(call.span, format!("delete() takes the map and the key apart: delete({name}, key)"));
            return None;
        }
        (None, []) if matches!(key_of(body, name), Some(Some(_))) => {
            body.error(
                call.span,
                "call to delete() with a single argument expects a map without explicit keys (scalar map)",
            );
            return None;
        }
        (None, keys) => body.map_key(name, keys, call.args[0].span)?,
    };
    let kind = ExprKind::Delete(map, key.map(Box::new));
    Some(Made::Value(Expr { kind, ty: Type::Bool, span: call.span }))
}

/// The key of a map: the inner `None` for a map without one.
fn key_of(body: &Body<'_, '_>, name: &str) -> Option<Option<Type>> {
    body.session.maps.get(name).and_then(|known| known.key.clone())
}

/// A map that must have keys.
fn keyed_map(body: &mut Body<'_, '_>, name: &str, what: &str, call: &Call<'_>) -> Option<MapId> {
    if key_of(body, name) == Some(None) {
        body.error(call.span, format!("call to {what} expects a map with explicit keys (non-scalar map)"));
        return None;
    }
    known_map(body, name, call.args[0].span)
}

fn has_key(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    map_arg(body, call)?;
    let ast::ExprKind::Map { name, .. } = &call.args[0].kind else { return None };
    let map = keyed_map(body, name, "has_key()", call)?;
    let key = body.expr(&call.args[1])?;
    let key = body.typed_key(name, Some(key), call.span)??;
    Some(Made::Value(Expr { kind: ExprKind::HasKey(map, Box::new(key)), ty: Type::Bool, span: call.span }))
}

fn len(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let map = map_arg(body, call)?;
    Some(Made::Value(Expr { kind: ExprKind::Len(map), ty: Type::INT64, span: call.span }))
}

/// `str(x)`: of a pointer, a number, an array of characters, a text, or a parameter of the command line.
fn str_(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let source = match (&call.args[0].kind, positional_text(body, &call.args[0])) {
        (ast::ExprKind::Positional(index), _) if body.options().portable => body.open_text(*index, call.span),
        (ast::ExprKind::Binary(..), Some(_)) if body.options().portable => {
            let text = "a part of a parameter cannot be left open in an object: use str($1) here";
            body.error(call.args[0].span, text);
            return None;
        }
        (_, Some(text)) => text_literal(text, call.span),
        (_, None) => body.expr(&call.args[0])?,
    };
    let limit = i64::from(body.config().max_strlen);
    let length = match call.args.get(1) {
        None => None,
        Some(length) => Some(body.integer(length)?),
    };
    let capacity = match length.as_ref().map(|length| &length.kind) {
        Some(ExprKind::Number(known)) if *known < 0 => {
            body.error(call.args[1].span, format!("str cannot use negative length ({known})"));
            return None;
        }
        Some(ExprKind::Number(known)) => known.saturating_add(1).min(limit),
        _ => match &source.ty {
            Type::Str { capacity } => i64::from(*capacity),
            _ => limit,
        },
    } as u32;
    let ty = Type::Str { capacity };
    let pointer = match &source.ty {
        Type::Str { .. } => return shortened(source, &ty).map(Made::Value),
        Type::Array { .. } | Type::Composite { .. } => body.address(source),
        Type::Pointer { .. } => source,
        Type::Int { .. } | Type::Enum { .. } | Type::None => {
            let space = match body.facts.provider {
                Provider::Kprobe | Provider::Kretprobe => Space::Unknown,
                _ => body.facts.pointer_space(),
            };
            convert(source, &Type::Pointer { to: Box::new(Type::int(1, true)), space })?
        }
        other => {
            let text = body.type_text(other);
            body.error(
                call.args[0].span,
                format!("str() expects an integer or a pointer type as first argument ({text} provided)"),
            );
            return None;
        }
    };
    let length = match length {
        None => None,
        Some(Expr { kind: ExprKind::Number(_), .. }) => Some(number(i64::from(capacity), call.span)),
        Some(length) => {
            let one = number(1, call.span);
            Some(body.binary(ast::BinaryOp::Add, length, one, call.span)?)
        }
    };
    let kind = ExprKind::Str { pointer: Box::new(pointer), length: length.map(Box::new) };
    Some(Made::Value(Expr { kind, ty, span: call.span }))
}

/// Text, of which no more is kept than a type holds.
fn shortened(source: Expr, ty: &Type) -> Option<Expr> {
    match (source, ty) {
        (Expr { kind: ExprKind::Text(mut text), span, .. }, Type::Str { capacity }) => {
            text.truncate((*capacity as usize).saturating_sub(1));
            Some(text_literal(text, span))
        }
        (source, _) => convert(source, ty),
    }
}

/// `$1`, and `$1 + 2` (without its first two bytes), as text.
fn positional_text(body: &Body<'_, '_>, arg: &ast::Expr) -> Option<Vec<u8>> {
    let param = |index: u32| {
        let text = (index as usize).checked_sub(1).and_then(|at| body.options().params.get(at));
        text.map_or_else(Vec::new, |text| text.clone().into_bytes())
    };
    match &arg.kind {
        ast::ExprKind::Positional(index) => Some(param(*index)),
        ast::ExprKind::Binary(ast::BinaryOp::Add, base, skip) => match (&base.kind, &skip.kind) {
            (ast::ExprKind::Positional(index), ast::ExprKind::Integer(skip)) => {
                let text = param(*index);
                Some(text.get(*skip as usize..).unwrap_or_default().to_vec())
            }
            _ => None,
        },
        _ => None,
    }
}

fn buf(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let source = body.expr(&call.args[0])?;
    let limit = body.config().max_strlen;
    let length = match (call.args.get(1), &source.ty) {
        (Some(length), _) => body.integer(length)?,
        (None, Type::Array { .. } | Type::Composite { .. }) => {
            number(i64::from(body.size_of(&source.ty)), call.span)
        }
        (None, Type::Str { capacity }) => number(i64::from(capacity.saturating_sub(1)), call.span),
        (None, _) => number(i64::from(limit), call.span),
    };
    let most = match &source.ty {
        Type::Str { capacity } => limit.min(capacity.saturating_sub(1)).max(1),
        _ => limit,
    };
    let capacity = match length.kind {
        ExprKind::Number(known) => known.clamp(1, i64::from(most)) as u32,
        _ => most,
    };
    let pointer = match &source.ty {
        Type::Str { .. } => source,
        Type::Array { .. } | Type::Composite { .. } => body.address(source),
        _ => {
            let space = body.facts.pointer_space();
            match source.ty {
                Type::Pointer { .. } => source,
                _ => convert(source, &Type::Pointer { to: Box::new(Type::int(1, false)), space })?,
            }
        }
    };
    let length = convert(length, &Type::UINT64)?;
    let kind = ExprKind::Buf { pointer: Box::new(pointer), length: Box::new(length) };
    Some(Made::Value(Expr { kind, ty: Type::Buffer { capacity }, span: call.span }))
}

fn tagged(body: &mut Body<'_, '_>, call: &Call<'_>, ty: Type) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let value = convert(value, &Type::UINT64)?;
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(value)), ty, span: call.span }))
}

fn username(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let uid = match call.args.first() {
        Some(uid) => body.integer(uid)?,
        None => Expr { kind: ExprKind::Builtin(Builtin::Uid), ty: Type::UINT32, span: call.span },
    };
    let uid = convert(uid, &Type::UINT32)?;
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(uid)), ty: Type::Username, span: call.span }))
}

/// `cgroupid("/sys/fs/cgroup/x")`: asked of the machine before checking.
fn cgroupid(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let path = literal(body, call, 0)?;
    match body.options().cgroup_ids.get(&path) {
        Some(id) => Some(Made::Value(Expr { ty: Type::UINT64, ..number(*id as i64, call.span) })),
        None => {
            body.error(call.args[0].span, format!("cgroupid(): there is no cgroup at '{path}'"));
            None
        }
    }
}

fn strftime(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let format = literal(body, call, 0)?;
    let value = body.integer(&call.args[1])?;
    let value = convert(value, &Type::UINT64)?;
    let ty = Type::Timestamp { format };
    Some(Made::Value(Expr { kind: ExprKind::Tagged(Box::new(value)), ty, span: call.span }))
}

fn ntop(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let (family, address) = match call.args {
        [address] => (None, body.expr(address)?),
        [family, address, ..] => (Some(body.integer(family)?), body.expr(address)?),
        [] => return None,
    };
    let address = match &address.ty {
        Type::Int { .. } => convert(address, &Type::UINT32)?,
        Type::Array { .. } | Type::Str { .. } if matches!(body.size_of(&address.ty), 4 | 16) => address,
        other => {
            let text = body.type_text(other);
            body.error(
                call.span,
                format!("ntop() expects an integer or an array of 4 or 16 bytes, not {text}"),
            );
            return None;
        }
    };
    let kind = ExprKind::Ntop(family.map(Box::new), Box::new(address));
    Some(Made::Value(Expr { kind, ty: Type::Inet, span: call.span }))
}

fn macaddr(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let place = body.expr(&call.args[0])?;
    let place = match &place.ty {
        Type::Array { .. } | Type::Str { .. } if body.size_of(&place.ty) >= 6 => place,
        Type::Pointer { space, .. } => {
            let space = *space;
            let element = Box::new(Type::int(1, false));
            let array = Type::Array { element, count: 6, space };
            let pointer = convert(place, &Type::Pointer { to: Box::new(array), space })?;
            body.deref(pointer, call.span)?
        }
        other => {
            let text = body.type_text(other);
            body.error(call.span, format!("macaddr() expects an array of 6 bytes, not {text}"));
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Macaddr(Box::new(place)), ty: Type::Mac, span: call.span }))
}

fn pointer_in(body: &mut Body<'_, '_>, call: &Call<'_>, space: Space) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let to = match &value.ty {
        Type::Pointer { to, .. } => super::types::moved(to, space),
        _ => Type::int(1, true),
    };
    convert(value, &Type::Pointer { to: Box::new(to), space }).map(Made::Value)
}

fn bswap(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let value = body.integer(&call.args[0])?;
    let size = match (&value.kind, &value.ty) {
        (_, Type::Int { size, .. }) => *size,
        _ => 8,
    };
    let ty = Type::int(size, false);
    let value = convert(value, &ty)?;
    Some(Made::Value(Expr { kind: ExprKind::Bswap(Box::new(value)), ty, span: call.span }))
}

fn nsecs(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let clock = match call.args.first().map(|arg| &arg.kind) {
        None => Builtin::Nsecs,
        Some(ast::ExprKind::Ident(word)) => match word.as_str() {
            "boot" => Builtin::Nsecs,
            "monotonic" => Builtin::NsecsMonotonic,
            "tai" | "sw_tai" => Builtin::NsecsTai,
            other => {
                let message =
                    Diagnostic::error(call.args[0].span, format!("Invalid timestamp mode: {other}"))
                        .hint("there are: boot, monotonic, tai");
                body.report(message);
                return None;
            }
        },
        Some(_) => {
            body.error(call.span, "nsecs() expects boot, monotonic or tai");
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Builtin(clock), ty: Type::UINT64, span: call.span }))
}

/// `pid(curr_ns)`, in the reader's pid namespace; `pid(init)`, in the initial one.
fn in_namespace(body: &mut Body<'_, '_>, call: &Call<'_>, [own, initial]: [Builtin; 2]) -> Option<Made> {
    let builtin = match call.args.first().map(|arg| &arg.kind) {
        None => own,
        Some(ast::ExprKind::Ident(word)) if word == "curr_ns" => own,
        Some(ast::ExprKind::Ident(word)) if word == "init" => initial,
        _ => {
            let span = call.args.first().map_or(call.span, |arg| arg.span);
            let message =
                Diagnostic::error(span, "Invalid PID namespace mode").hint("there are: curr_ns, init");
            body.report(message);
            return None;
        }
    };
    Some(Made::Value(Expr { kind: ExprKind::Builtin(builtin), ty: Type::UINT32, span: call.span }))
}

fn strncmp(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let limit = match known(body, &call.args[2])? {
        limit @ 0..=4096 => limit as u32,
        other => {
            body.error(call.args[2].span, format!("strncmp cannot compare {other} bytes"));
            return None;
        }
    };
    text_order(body, call, Some(limit))
}

/// 0 where the texts are equal, else 1.
fn text_order(body: &mut Body<'_, '_>, call: &Call<'_>, limit: Option<u32>) -> Option<Made> {
    let lhs = compute::text(body, call, 0)?;
    let rhs = compute::text(body, call, 1)?;
    let span = call.span;
    let equal = ExprKind::TextEqual { lhs: Box::new(lhs), rhs: Box::new(rhs), limit };
    let equal = Expr { kind: equal, ty: Type::Bool, span };
    let differs = Expr { kind: ExprKind::Not(Box::new(equal)), ty: Type::Bool, span };
    convert(differs, &Type::UINT64).map(Made::Value)
}

fn strlen(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let text = compute::text(body, call, 0)?;
    Some(Made::Value(Expr { kind: ExprKind::Strlen(Box::new(text)), ty: Type::UINT64, span: call.span }))
}

/// What a search answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Whether,
    Where,
}

fn strstr(body: &mut Body<'_, '_>, call: &Call<'_>, answer: Found) -> Option<Made> {
    let hay = compute::text(body, call, 0)?;
    let needle = compute::text(body, call, 1)?;
    let kind = ExprKind::Strstr(Box::new(hay), Box::new(needle));
    let place = Expr { kind, ty: Type::INT64, span: call.span };
    if answer == Found::Where {
        return Some(Made::Value(place));
    }
    let zero = number(0, call.span);
    body.binary(ast::BinaryOp::GreaterEqual, place, zero, call.span).map(Made::Value)
}

fn override_(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if body.facts.provider != Provider::Kprobe {
        body.error(call.span, "override() works in kprobes only");
        return None;
    }
    let value = body.integer(&call.args[0])?;
    let value = convert(value, &Type::UINT64)?;
    Some(Made::Value(Expr { kind: ExprKind::Override(Box::new(value)), ty: Type::None, span: call.span }))
}
