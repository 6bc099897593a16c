//! Functions of the language, a row each, and what a call of each becomes.
mod actions;
mod aggregations;
mod machine;
mod maps;
mod objects;
mod printed;
mod text;

use super::body::Body;
use super::comptime;
use super::compute;
use crate::ast;
use crate::expand::library_names;
use crate::typed::{Builtin, Expr, ExprKind, NameTable, Receiver, Space, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
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

/// Functions that are macros of bpftrace's library (src/stdlib), where a wrong number of arguments is told in the words for
/// macros.
const MACROS: &[&str] = &[
    "comm",
    "config",
    "default_str_length",
    "delete",
    "dw_ustack",
    "elf_info",
    "elf_is_exe",
    "has_cpid",
    "has_key",
    "is_array",
    "is_integer",
    "is_literal",
    "is_ptr",
    "is_str",
    "is_unsigned_integer",
    "kfunc_allowed",
    "kfunc_exist",
    "len",
    "memcmp",
    "override",
    "signal",
    "signal_name",
    "signal_thread",
    "static_assert",
    "str_concat",
    "strcap",
    "strcontains",
    "strerror",
    "strlen",
    "strstr",
    "syscall_name",
    "uaddr",
    "usdt_arg",
    "username",
    "write_user",
];

const FUNCTIONS: &[Function] = &[
    aggregation("count", 0, 0, |_, _| Some(Made::Aggregation(Aggregation::Count, None))),
    aggregation("sum", 1, 1, |body, call| {
        aggregations::aggregate(body, call, |signed| Aggregation::Sum { signed })
    }),
    aggregation("min", 1, 1, |body, call| {
        aggregations::aggregate(body, call, |signed| Aggregation::Min { signed })
    }),
    aggregation("max", 1, 1, |body, call| {
        aggregations::aggregate(body, call, |signed| Aggregation::Max { signed })
    }),
    aggregation("avg", 1, 1, |body, call| {
        aggregations::aggregate(body, call, |signed| Aggregation::Avg { signed })
    }),
    aggregation("stats", 1, 1, |body, call| {
        aggregations::aggregate(body, call, |signed| Aggregation::Stats { signed })
    }),
    aggregation("hist", 1, 2, aggregations::hist),
    aggregation("lhist", 4, 4, aggregations::lhist),
    aggregation("tseries", 3, 4, super::series::tseries),
    statement("printf", 1, MANY, |body, call| actions::formatted(body, call, Verb::Printf)),
    statement("errorf", 1, MANY, |body, call| actions::formatted(body, call, Verb::Errorf)),
    statement("warnf", 1, MANY, |body, call| actions::formatted(body, call, Verb::Warnf)),
    statement("cat", 1, MANY, |body, call| actions::formatted(body, call, Verb::Cat)),
    dangerous(statement("system", 1, MANY, |body, call| actions::formatted(body, call, Verb::System))),
    statement("print", 1, 3, maps::print),
    statement("clear", 1, 1, |body, call| maps::whole_map(body, call, |map| Verb::Clear { map })),
    statement("zero", 1, 1, |body, call| maps::whole_map(body, call, |map| Verb::Zero { map })),
    statement("exit", 0, 1, actions::exit),
    statement("time", 0, 1, actions::time),
    statement("unwatch", 1, 1, actions::unwatch),
    statement("join", 1, 2, actions::join),
    value("delete", 1, 2, maps::delete),
    value("has_key", 2, 2, maps::has_key),
    value("len", 1, 1, maps::len),
    value("str", 1, 2, text::str_),
    value("buf", 1, 2, text::buf),
    value("ksym", 1, 1, |body, call| printed::tagged(body, call, Type::KernelSymbol)),
    value("usym", 1, 1, |body, call| printed::tagged(body, call, Type::UserSymbol)),
    value("username", 0, 1, printed::username),
    value("cgroup_path", 1, 2, printed::cgroup_path),
    value("cgroupid", 1, 1, printed::cgroupid),
    value("strftime", 2, 2, printed::strftime),
    value("ntop", 1, 2, printed::ntop),
    value("pton", 1, 1, printed::pton),
    value("macaddr", 1, 1, printed::macaddr),
    value("kstack", 0, 2, super::stack::kernel_stack),
    value("ustack", 0, 2, super::stack::user_stack),
    value("dw_ustack", 0, 2, super::stack::unwound_stack),
    value("reg", 1, 1, super::stack::register),
    value("kaddr", 1, 1, |body, call| {
        Some(Made::Value(Expr {
            kind: ExprKind::Kaddr(literal(body, call, 0)?),
            ty: Type::UINT64,
            span: call.span,
        }))
    }),
    value("uaddr", 1, 1, super::user_points::uaddr),
    value("elf_is_exe", 0, 0, super::user_points::elf_is_exe),
    value("elf_info", 0, 0, super::user_points::elf_inode),
    value("elf_ino", 0, 0, super::user_points::elf_inode),
    value("usdt_arg", 1, 1, super::user_points::usdt_arg),
    value("kptr", 1, 1, |body, call| machine::pointer_in(body, call, Space::Kernel)),
    value("uptr", 1, 1, |body, call| machine::pointer_in(body, call, Space::User)),
    value("bswap", 1, 1, machine::bswap),
    value("nsecs", 0, 1, machine::nsecs),
    value("pid", 0, 1, |body, call| machine::in_namespace(body, call, [Builtin::Pid, Builtin::InitPid])),
    value("tid", 0, 1, |body, call| machine::in_namespace(body, call, [Builtin::Tid, Builtin::InitTid])),
    value("strncmp", 3, 3, text::strncmp),
    value("strcmp", 2, 2, |body, call| text::text_order(body, call, None)),
    value("strlen", 1, 1, text::strlen),
    value("strcontains", 2, 2, |body, call| text::strstr(body, call, text::Found::Whether)),
    value("strstr", 2, 2, |body, call| text::strstr(body, call, text::Found::Where)),
    value("signal", 1, 1, |body, call| super::signals::signal(body, call, Receiver::Process)),
    value("signal_thread", 1, 1, |body, call| super::signals::signal(body, call, Receiver::Thread)),
    value("override", 1, 1, machine::override_),
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
    value("safe_mode", 0, 0, comptime::safe_mode),
    value("signal_num", 1, 1, super::signals::signal_num),
    value("default_str_length", 0, 0, comptime::default_str_length),
    value("kfunc_exist", 1, 1, comptime::kfunc_exist),
    value("kfunc_allowed", 1, 1, comptime::kfunc_allowed),
    value("strerror", 1, 1, |body, call| compute::name(body, call, NameTable::Error)),
    value("signal_name", 1, 1, |body, call| compute::name(body, call, NameTable::Signal)),
    value("syscall_name", 1, 1, |body, call| compute::name(body, call, NameTable::Syscall)),
    value("str_concat", 2, 2, compute::concat),
    value("strcap", 1, 1, compute::strcap),
    value("memcmp", 3, 3, compute::memcmp),
    value("socket_cookie", 1, 1, objects::socket_cookie),
    value("path", 1, 2, objects::path),
    value("comm", 0, 1, objects::comm),
    value("skboutput", 4, 4, objects::skboutput),
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

/// Whether a call of this name is an aggregation.
pub(super) fn aggregates(name: &str) -> bool {
    FUNCTIONS.iter().any(|row| row.name == name && row.class == Class::Aggregation)
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
        if let Some(number) = self.session.functions.iter().position(|it| it.name == name.node) {
            return self.invoke(number, args, span);
        }
        let plain = super::idents::plain_name(&name.node);
        let Some(row) = FUNCTIONS.iter().find(|row| row.name == plain) else {
            if let Some(function) = self.external(&name.node) {
                return self.call_external(function, &name.node, args, span);
            }
            if args.is_empty() && CALLABLE.contains(&plain) {
                return self.ident(plain, span).map(Made::Value);
            }
            let message = Diagnostic::error(span, format!("Unknown function: '{}'", name.node))
                .suggest(&name.node, self.all_functions());
            self.report(message);
            return None;
        };
        let (min, max) = row.arity;
        if args.len() < min || args.len() > max {
            let rule = arity_message(row.name, row.arity, args.len());
            let message = if MACROS.contains(&row.name) {
                let name = row.name;
                let text = format!("Call to {name}() has arguments that do not match any definition.");
                Diagnostic::error(span, text).hint(rule)
            } else {
                Diagnostic::error(span, rule)
            };
            self.report(message);
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

impl Body<'_, '_> {
    /// The names of all functions that can be called here.
    fn all_functions(&self) -> Vec<&str> {
        let imported = self.options().imports.iter().flat_map(|import| import.functions.keys());
        let own = names().chain(CALLABLE.iter().copied()).chain(library_names());
        own.map(|name: &str| name).chain(imported.map(String::as_str)).collect()
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

/// A number that must be known now.
pub(super) fn known(body: &mut Body<'_, '_>, arg: &ast::Expr) -> Option<i64> {
    known_or(body, arg, |_| {
        (arg.span, "a number that is known when the script is compiled is expected here".into())
    })
}

/// A number that must be known now; `complain` says where and what of a value of another kind.
pub(super) fn known_or(
    body: &mut Body<'_, '_>,
    arg: &ast::Expr,
    complain: impl FnOnce(&Expr) -> (Span, String),
) -> Option<i64> {
    let value = body.expr(arg)?;
    if let ExprKind::Number(known) = value.kind {
        return Some(known);
    }
    let (span, text) = complain(&value);
    body.error(span, text);
    None
}

/// An argument that must be an integer.
pub(super) fn integer_arg(body: &mut Body<'_, '_>, call: &Call<'_>, index: usize) -> Option<Expr> {
    body.integer_or(&call.args[index], |body, value| {
        let (name, class) = (call.name, super::types::class(&value.ty));
        body.error(call.span, format!("{name}() only supports int arguments ({class} provided)"));
    })
}

/// A text that must be known now.
pub(super) fn literal(body: &mut Body<'_, '_>, call: &Call<'_>, index: usize) -> Option<String> {
    let arg = &call.args[index];
    // It is not handled while the script runs: it may be as long as it likes.
    if let ast::ExprKind::Str(text) = &arg.kind {
        return Some(String::from_utf8_lossy(text).into_owned());
    }
    let value = body.text_arg(arg)?;
    match value.kind {
        ExprKind::Text(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => {
            let (name, class) = (call.name, super::types::class(&value.ty));
            body.error(call.span, format!("{name}() expects a string literal ({class} provided)"));
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
