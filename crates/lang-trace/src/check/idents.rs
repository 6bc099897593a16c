//! Bare words: builtins, constants of enumerations, `#define`s.
use super::body::Body;
use super::expr::{number, text_literal};
use super::points::{Names, names};
use super::stack::DEFAULT_LIMIT;
use crate::probes::Provider;
use crate::typed::{Builtin, Expr, ExprKind, Space, Type};
use osmia_abi::{Answer, Feature};
use osmia_base::{Diagnostic, Span};

/// Builtins that are one question to the machine, and the type of its answer.
const BUILTINS: &[(&str, Builtin, Type)] = &[
    ("pid", Builtin::Pid, Type::UINT32),
    ("tid", Builtin::Tid, Type::UINT32),
    ("uid", Builtin::Uid, Type::UINT32),
    ("gid", Builtin::Gid, Type::UINT32),
    ("comm", Builtin::Comm, Type::Str { capacity: 16 }),
    ("cpu", Builtin::Cpu, Type::UINT32),
    ("ncpus", Builtin::Ncpus, Type::UINT32),
    ("numaid", Builtin::Numaid, Type::UINT32),
    ("cgroup", Builtin::Cgroup, Type::UINT64),
    ("rand", Builtin::Rand, Type::UINT32),
    ("nsecs", Builtin::Nsecs, Type::UINT64),
    ("elapsed", Builtin::Elapsed, Type::UINT64),
    ("jiffies", Builtin::Jiffies, Type::UINT64),
    ("usermode", Builtin::Usermode, Type::int(1, false)),
    ("cpid", Builtin::Cpid, Type::UINT32),
];

/// How often macros are replaced by what they stand for, in one reading.
const MAX_EXPANSIONS: u32 = 10_000;

/// Unknown words for which the kernel's types are searched.
const MAX_MISSES: usize = 20;

/// Builtins with rules of their own.
const SPECIAL: &[&str] =
    &["args", "curtask", "ctx", "retval", "func", "probe", "probetype", "kstack", "ustack", "arg0"];

/// A builtin's name: `__builtin_cpu` means `cpu` even where a macro has that name.
pub(crate) fn plain_name(name: &str) -> &str {
    name.strip_prefix("__builtin_").unwrap_or(name)
}

/// Whether there is a builtin of this name.
pub(super) fn is_known(name: &str) -> bool {
    let argument = name.trim_start_matches('s').strip_prefix("arg");
    SPECIAL.contains(&name)
        || BUILTINS.iter().any(|(known, ..)| *known == name)
        || argument.is_some_and(|rest| rest.parse::<u16>().is_ok())
}

impl Body<'_, '_> {
    /// What a bare word stands for.
    pub(super) fn ident(&mut self, name: &str, span: Span) -> Option<Expr> {
        if let Some(given) = self.functions.given(name) {
            return Some(given);
        }
        let name = plain_name(name);
        if let Some((_, builtin, ty)) = BUILTINS.iter().find(|(known, ..)| *known == name) {
            return self.plain_builtin(*builtin, ty.clone(), span);
        }
        if let Some(special) = self.special(name, span) {
            return special;
        }
        if super::calls::is_bare_value(name) {
            return self.bare_call(name, span);
        }
        if let Some(value) = self.session.defines.get(name).cloned() {
            return self.expand(&value, span);
        }
        if let Some((ty, value)) = self.enumerator(name) {
            // By itself it has 64 bits, whatever a variable of its enumeration has.
            let ty = match ty {
                Type::Enum { names, signed, .. } => Type::Enum { names, size: 8, signed },
                other => other,
            };
            return Some(Expr { ty, ..number(value, span) });
        }
        if !self.session.last_reading || self.is_full() {
            return None;
        }
        match osmia_abi::headers::constant(name) {
            Some((value, _)) if self.session.includes => return Some(number(value, span)),
            Some((_, header)) => {
                let message = Diagnostic::error(span, format!("Unknown identifier: '{name}'"))
                    .hint(format!("it is in a C header: write `#include <{header}>` in front of the probes"));
                self.report(message);
                return None;
            }
            None => {}
        }
        if super::calls::is_known(name) {
            let message = Diagnostic::error(span, format!("Unknown identifier: '{name}'"))
                .hint(format!("it is a function: write {name}(…), with what it takes"));
            self.report(message);
            return None;
        }
        let names = BUILTINS
            .iter()
            .map(|(known, ..)| *known)
            .chain(SPECIAL.iter().copied())
            .chain(super::calls::names());
        let message = Diagnostic::error(span, format!("Unknown identifier: '{name}'")).suggest(name, names);
        self.report(message);
        None
    }

    /// What a macro stands for; not without end, since each may stand for twice the one before.
    fn expand(&mut self, value: &crate::ast::Expr, span: Span) -> Option<Expr> {
        self.session.expansions += 1;
        if self.session.expansions > MAX_EXPANSIONS {
            if self.session.expansions == MAX_EXPANSIONS + 1 {
                self.error(span, format!("macros are expanded more than {MAX_EXPANSIONS} times"));
            }
            return None;
        }
        self.expr(value)
    }

    /// The constant of this name of some enumeration. All types are searched for it: once, and not for ever new names.
    fn enumerator(&mut self, name: &str) -> Option<(Type, i64)> {
        if let Some(known) = self.session.words.get(name) {
            return known.clone();
        }
        if self.session.words.values().filter(|found| found.is_none()).count() >= MAX_MISSES {
            return None;
        }
        let found = self.types().enumerator(name).map(|(_, ty, value)| (ty, value));
        self.session.words.insert(name.to_owned(), found.clone());
        found
    }

    /// A function of which no argument is needed, written without parentheses.
    fn bare_call(&mut self, name: &str, span: Span) -> Option<Expr> {
        let name = crate::ast::Name { node: name.to_owned(), span };
        match self.call(&name, &[], span)? {
            super::calls::Made::Value(value) => Some(value),
            super::calls::Made::Stmts(_) | super::calls::Made::Aggregation(..) => None,
        }
    }

    fn plain_builtin(&mut self, builtin: Builtin, ty: Type, span: Span) -> Option<Expr> {
        if builtin == Builtin::Cpid && !self.options().has_child {
            return Some(Expr { ty, ..number(0, span) });
        }
        if builtin == Builtin::Usermode && !self.facts.provider.has_registers() {
            // Known without registers: what runs by request was asked by a process, the others are the kernel's own places.
            self.depends_on_point = true;
            let by_request = matches!(self.facts.provider, Provider::Begin | Provider::End | Provider::Own);
            return Some(Expr { ty, ..number(by_request.into(), span) });
        }
        Some(Expr { kind: ExprKind::Builtin(builtin), ty, span })
    }

    /// A builtin with rules of its own; the outer `None` where it is none.
    fn special(&mut self, name: &str, span: Span) -> Option<Option<Expr>> {
        let stack = |ty| Some(Expr { kind: ExprKind::Stack, ty, span });
        let mode = self.config().stack_mode;
        Some(match name {
            "curtask" => self.curtask(span),
            "ctx" if matches!(self.facts.provider, Provider::Begin | Provider::End | Provider::Own) => {
                let probe = self.facts.provider.name();
                self.error(span, format!("The ctx builtin can not be used with '{probe}' probes"));
                None
            }
            "ctx" => {
                let ty = Type::Pointer { to: Box::new(Type::None), space: Space::Context };
                Some(Expr { kind: ExprKind::Builtin(Builtin::Ctx), ty, span })
            }
            "retval" => self.retval(span),
            "func" => self.func(span),
            "probe" => Some(self.probe_name(span)),
            "probetype" => Some(text_literal(self.facts.probe_type().as_bytes().to_vec(), span)),
            "kstack" | "ustack" if !super::stack::knows_stacks(self, name, span) => return None,
            "kstack" => {
                let mode = super::stack::kernel_mode(self, span);
                stack(Type::KernelStack { mode, limit: DEFAULT_LIMIT })
            }
            "ustack" => stack(Type::UserStack { mode, limit: DEFAULT_LIMIT }),
            "args" => self.arguments(span),
            _ => {
                if let Some(index) = name.strip_prefix("sarg").and_then(|rest| rest.parse::<u16>().ok()) {
                    self.stack_argument(index, span)
                } else {
                    let index = name.strip_prefix("arg").and_then(|rest| rest.parse::<u16>().ok())?;
                    self.numbered_argument(index, span)
                }
            }
        })
    }

    /// `probe`: known where the code is for one point, looked up where it is for many.
    fn probe_name(&mut self, span: Span) -> Expr {
        let known = self.session.target.features.get(Feature::AttachCookie);
        match names(self.facts, self.points) {
            Names::Many { longest } if known != Answer::No => {
                self.asks_name = true;
                let ty = Type::Str { capacity: longest + 1 };
                return Expr { kind: ExprKind::Builtin(Builtin::ProbeName), ty, span };
            }
            Names::Same => {}
            Names::Many { .. } | Names::Few => self.depends_on_point = true,
        }
        text_literal(self.facts.name.clone().into_bytes(), span)
    }

    /// All of `args`.
    fn arguments(&mut self, span: Span) -> Option<Expr> {
        self.depends_on_point = true;
        let found = self.facts.arguments(&self.types(), span);
        if found.is_none() {
            let text = self.facts.no_arguments();
            self.error(span, text);
        }
        found
    }

    /// The current task: typed where the kernel's types are known.
    fn curtask(&mut self, span: Span) -> Option<Expr> {
        let ty = match self.types().named("struct task_struct") {
            Some(of) => {
                let to = self.types().convert(of.set, of.id, Space::Trusted);
                Type::Pointer { to: Box::new(to), space: Space::Trusted }
            }
            None => Type::UINT64,
        };
        Some(Expr { kind: ExprKind::Builtin(Builtin::Curtask), ty, span })
    }

    fn retval(&mut self, span: Span) -> Option<Expr> {
        let ty = match self.facts.provider {
            Provider::Kretprobe | Provider::Uretprobe => Type::UINT64,
            Provider::Fexit => self.facts.result(&self.types()).unwrap_or(Type::UINT64),
            _ => {
                let message = Diagnostic::error(
                    span,
                    "The retval builtin can only be used with 'kretprobe', 'uretprobe' and 'fexit' probes",
                );
                self.report(message);
                return None;
            }
        };
        if self.facts.provider == Provider::Fexit {
            self.depends_on_point = true;
        }
        Some(Expr { kind: ExprKind::Retval, ty, span })
    }

    fn func(&mut self, span: Span) -> Option<Expr> {
        let ty = match self.facts.provider {
            Provider::Kprobe | Provider::Kretprobe => Type::KernelSymbol,
            Provider::Uprobe | Provider::Uretprobe => Type::UserSymbol,
            Provider::Fentry | Provider::Fexit => {
                self.depends_on_point = true;
                let name = self.facts.name.rsplit(':').next().unwrap_or_default().to_owned();
                return Some(text_literal(name.into_bytes(), span));
            }
            _ => {
                let probe = self.facts.provider.name();
                self.error(span, format!("The func builtin can not be used with '{probe}' probes"));
                return None;
            }
        };
        let address = Expr { kind: ExprKind::Builtin(Builtin::FuncAddress), ty: Type::UINT64, span };
        Some(Expr { kind: ExprKind::Tagged(Box::new(address)), ty, span })
    }

    /// `argN`.
    fn numbered_argument(&mut self, index: u16, span: Span) -> Option<Expr> {
        let allowed = match self.facts.provider {
            Provider::Kprobe | Provider::Uprobe => index < 128,
            Provider::RawTracepoint | Provider::Fentry | Provider::Fexit => index < 12,
            Provider::Usdt => return self.usdt_argument(index, span),
            _ => false,
        };
        if !allowed {
            let text = format!(
                "The arg{index} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes"
            );
            let message = Diagnostic::error(span, text)
                .hint("argN is for kprobe, uprobe, rawtracepoint and fentry; retval is for their returns; tracepoints have args.name");
            self.report(message);
            return None;
        }
        if let Some(count) = self.facts.words(&self.types()) {
            // Another function may have more of them, or less.
            self.depends_on_point = true;
            if index >= count {
                let text = format!("{} has {count} arguments, and no arg{index}", self.facts.name);
                self.error(span, text);
                return None;
            }
            if let Some(address) = self.facts.address_of_word(&self.types(), index, span) {
                return Some(address);
            }
        }
        Some(Expr { kind: ExprKind::Argument(index), ty: Type::UINT64, span })
    }

    /// `argN` of a probe that a file's author put in: as wide and as signed as its sites say.
    pub(super) fn usdt_argument(&mut self, index: u16, span: Span) -> Option<Expr> {
        self.depends_on_point = true;
        match super::user_points::argument_type(&self.facts.attach, index, self.session.target) {
            Ok(ty) => Some(Expr { kind: ExprKind::Argument(index), ty, span }),
            Err(text) => {
                self.report(Diagnostic::error(span, format!("{}: {text}", self.facts.name)));
                None
            }
        }
    }

    /// `sargN`: the Nth eight bytes above the return address on the stack.
    fn stack_argument(&mut self, index: u16, span: Span) -> Option<Expr> {
        if !matches!(self.facts.provider, Provider::Kprobe | Provider::Uprobe) {
            self.error(
                span,
                format!("The sarg{index} builtin can only be used with 'kprobe' and 'uprobe' probes"),
            );
            return None;
        }
        let space = self.facts.pointer_space();
        let pointer = Type::Pointer { to: Box::new(Type::UINT64), space };
        let stack = Expr {
            kind: ExprKind::Cast(Box::new(Expr { kind: ExprKind::Register(152), ty: Type::UINT64, span })),
            ty: pointer.clone(),
            span,
        };
        let bytes = number(8 * (i64::from(index) + 1), span);
        let at = Expr { kind: ExprKind::PointerAdd(Box::new(stack), Box::new(bytes)), ty: pointer, span };
        Some(Expr { kind: ExprKind::Deref(Box::new(at)), ty: Type::UINT64, span })
    }
}
