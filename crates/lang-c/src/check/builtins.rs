//! What the compiler itself does: `__builtin_…`, `__sync_…`, `__atomic_…`.
use super::Checker;
use super::make::Value;
use super::scope::Entity;
use crate::Name;
use crate::ast::{self, Basic};
use crate::typed::{Builtin, Expr, ExprKind, Stmt, StmtKind};
use osmia_base::{Diagnostic, Span};

/// A function of the compiler's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Memset,
    Memcpy,
    Memmove,
    Memcmp,
    /// Bytes.
    Swap(u32),
    Expect,
    ConstantP,
    /// What it is asked is taken to be unknown: this number.
    Unknown(i64),
    Ignore,
    Strlen,
    Strcmp,
    AccessIndex,
    FieldInfo,
    TypeInfo,
    EnumValue,
    TypeId,
    Unreachable,
    Barrier,
    Atomic(super::atomics::Known),
    Numbers(super::numbers::Known),
    /// It is known that there is such a function, and not what it does.
    Refused,
}

/// Functions by name.
const TABLE: &[(&str, Known)] = &[
    ("__builtin_memset", Known::Memset),
    ("__builtin_memcpy", Known::Memcpy),
    ("__builtin_memcpy_inline", Known::Memcpy),
    ("__builtin_memmove", Known::Memmove),
    ("__builtin_memcmp", Known::Memcmp),
    ("__builtin_bcmp", Known::Memcmp),
    ("__builtin_bswap16", Known::Swap(2)),
    ("__builtin_bswap32", Known::Swap(4)),
    ("__builtin_bswap64", Known::Swap(8)),
    ("__builtin_expect", Known::Expect),
    ("__builtin_expect_with_probability", Known::Expect),
    ("__builtin_constant_p", Known::ConstantP),
    ("__builtin_object_size", Known::Unknown(-1)),
    ("__builtin_dynamic_object_size", Known::Unknown(-1)),
    ("__builtin_prefetch", Known::Ignore),
    ("__builtin_assume", Known::Ignore),
    ("__builtin_strlen", Known::Strlen),
    ("__builtin_strcmp", Known::Strcmp),
    ("__builtin_preserve_access_index", Known::AccessIndex),
    ("__builtin_preserve_field_info", Known::FieldInfo),
    ("__builtin_preserve_type_info", Known::TypeInfo),
    ("__builtin_preserve_enum_value", Known::EnumValue),
    ("__builtin_btf_type_id", Known::TypeId),
    ("__builtin_unreachable", Known::Unreachable),
    ("__builtin_trap", Known::Unreachable),
    ("__builtin_debugtrap", Known::Unreachable),
    ("__sync_synchronize", Known::Barrier),
    ("__atomic_signal_fence", Known::Barrier),
    ("__atomic_thread_fence", Known::Barrier),
];

/// Functions of the C library that the compiler takes for its own where the unit has none of that name.
const LIBRARY: &[(&str, Known)] = &[
    ("memset", Known::Memset),
    ("memcpy", Known::Memcpy),
    ("memmove", Known::Memmove),
    ("memcmp", Known::Memcmp),
    ("bcmp", Known::Memcmp),
];

fn row(table: &[(&str, Known)], text: &str) -> Option<Known> {
    table.iter().find(|(name, _)| *name == text).map(|(_, known)| *known)
}

impl Checker<'_> {
    /// The function of the compiler's own that a name means here.
    pub(super) fn builtin(&mut self, name: Name) -> Option<Known> {
        let text = self.names.text(name);
        let library = row(LIBRARY, text);
        let ours = ["__builtin_", "__sync_", "__atomic_", "__c11_atomic_"]
            .iter()
            .any(|begin| text.starts_with(begin));
        let found = row(TABLE, text).or_else(|| super::atomics::find(text).map(Known::Atomic));
        let found = found.or_else(|| super::numbers::find(text).map(Known::Numbers)).or(library);
        let found = found.or(ours.then_some(Known::Refused))?;
        match self.scopes.name(name) {
            None => Some(found),
            // A declaration alone is the library's header.
            Some((Entity::Function(function), _)) if library.is_some() => {
                self.functions[function].body.is_none().then_some(found)
            }
            Some(_) => None,
        }
    }

    pub(super) fn call_builtin(
        &mut self,
        builtin: Known,
        name: Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Value> {
        let text = self.text(name);
        let call = Called { text: &text, args, span };
        if builtin == Known::AccessIndex {
            return self.access_index(call);
        }
        let expr = match builtin {
            Known::Memset => self.fill_memory(call),
            Known::Memcpy => self.move_memory(call, Builtin::Copy),
            Known::Memmove => self.move_memory(call, Builtin::Move),
            Known::Memcmp => self.compare_memory(call),
            Known::Swap(bytes) => self.swap(bytes, call),
            Known::Expect => self.expect(call),
            Known::ConstantP => self.constant_p(call),
            Known::Unknown(value) => Some(self.int(value, Basic::UnsignedLong, span)),
            Known::Ignore => Some(self.nothing(span)),
            Known::Strlen => self.strlen(call),
            Known::Strcmp => self.strcmp(call),
            Known::FieldInfo => self.field_info(call),
            Known::TypeInfo => self.type_info(call),
            Known::EnumValue => self.enum_value(call),
            Known::TypeId => self.type_id(call),
            Known::Unreachable => Some(self.built(Builtin::Unreachable, Basic::Void, span)),
            Known::Barrier => Some(self.barrier(span)),
            Known::Atomic(atomic) => self.atomic(atomic, call),
            Known::Numbers(numbers) => self.of_numbers(numbers, call),
            Known::AccessIndex | Known::Refused => {
                self.later(Diagnostic::error(span, format!("`{text}` is not known yet")));
                None
            }
        };
        expr.map(Value::Scalar)
    }

    /// The arguments, of which there are so many.
    pub(super) fn exactly<'b, const N: usize>(&mut self, call: Called<'b>) -> Option<&'b [ast::Expr; N]> {
        let args = <&[ast::Expr; N]>::try_from(call.args).ok();
        if args.is_none() {
            let plural = if N == 1 { "" } else { "s" };
            let text =
                format!("`{}` takes {N} argument{plural}, and has {} here", call.text, call.args.len());
            self.error(call.span, text);
        }
        args
    }

    pub(super) fn built(&mut self, builtin: Builtin, basic: Basic, span: Span) -> Expr {
        let ty = self.types.basic(basic);
        Expr { kind: ExprKind::Builtin(builtin), ty, span }
    }

    /// Nothing, as an expression.
    fn nothing(&mut self, span: Span) -> Expr {
        let ty = self.void();
        Expr { kind: ExprKind::Block(Vec::new(), None), ty, span }
    }

    pub(super) fn barrier(&mut self, span: Span) -> Expr {
        let ty = self.void();
        Expr { kind: ExprKind::Block(vec![Stmt { kind: StmtKind::MemoryBarrier, span }], None), ty, span }
    }

    /// An address of what is written to or read, as `void *`.
    fn memory(&mut self, expr: &ast::Expr, written: bool) -> Option<Expr> {
        let value = self.scalar(expr)?;
        let void = self.types.basic(Basic::Void);
        let all = ast::Qualifiers { constant: !written, volatile: true };
        let void = self.types.qualified(all, void);
        let pointer = self.types.pointer(void);
        if !self.is_pointer(value.ty) {
            return self.assigned(value, pointer, "this parameter", expr.span);
        }
        // What it points to says how it is aligned: the pointer keeps its type.
        self.assigned(value.clone(), pointer, "this parameter", expr.span)?;
        Some(value)
    }

    pub(super) fn converted(&mut self, expr: &ast::Expr, basic: Basic) -> Option<Expr> {
        let value = self.scalar(expr)?;
        let ty = self.types.basic(basic);
        self.assigned(value, ty, "this parameter", expr.span)
    }

    fn fill_memory(&mut self, call: Called<'_>) -> Option<Expr> {
        let [place, byte, size] = self.exactly(call)?;
        let (place, byte) = (self.memory(place, true), self.converted(byte, Basic::Int));
        let size = self.converted(size, Basic::UnsignedLong);
        self.with_address(place?, call.span, |place| {
            Some(Builtin::Fill(Box::new(place), Box::new(byte?), Box::new(size?)))
        })
    }

    fn move_memory(
        &mut self,
        call: Called<'_>,
        make: fn(Box<Expr>, Box<Expr>, Box<Expr>) -> Builtin,
    ) -> Option<Expr> {
        let [place, from, size] = self.exactly(call)?;
        let (place, from) = (self.memory(place, true), self.memory(from, false));
        let size = self.converted(size, Basic::UnsignedLong);
        self.with_address(place?, call.span, |place| {
            Some(make(Box::new(place), Box::new(from?), Box::new(size?)))
        })
    }

    /// What writes to a place, and is the place's address.
    fn with_address(
        &mut self,
        place: Expr,
        span: Span,
        make: impl FnOnce(Expr) -> Option<Builtin>,
    ) -> Option<Expr> {
        let builtin = make(place)?;
        Some(self.built(builtin, Basic::Void, span))
    }

    fn compare_memory(&mut self, call: Called<'_>) -> Option<Expr> {
        let [a, b, size] = self.exactly(call)?;
        let (a, b) = (self.memory(a, false), self.memory(b, false));
        let size = self.converted(size, Basic::UnsignedLong);
        let builtin = Builtin::Compare(Box::new(a?), Box::new(b?), Box::new(size?));
        Some(self.built(builtin, Basic::Int, call.span))
    }

    fn swap(&mut self, bytes: u32, call: Called<'_>) -> Option<Expr> {
        let [value] = self.exactly(call)?;
        let basic = match bytes {
            2 => Basic::UnsignedShort,
            4 => Basic::UnsignedInt,
            _ => Basic::UnsignedLong,
        };
        let value = self.converted(value, basic)?;
        let swap = self.built(Builtin::Swap(bytes, Box::new(value)), basic, call.span);
        Some(self.folded(swap))
    }

    /// The first argument; the others say what it probably is.
    fn expect(&mut self, call: Called<'_>) -> Option<Expr> {
        let Some((value, hints)) = call.args.split_first() else {
            self.exactly::<2>(call)?;
            return None;
        };
        let value = self.converted(value, Basic::Long);
        for hint in hints {
            self.unevaluated(|checker| checker.value(hint));
        }
        value
    }

    fn constant_p(&mut self, call: Called<'_>) -> Option<Expr> {
        let [value] = self.exactly(call)?;
        let value = self.unevaluated(|checker| checker.value(value).and_then(|value| checker.decay(value)));
        let known = match value? {
            Value::Scalar(expr) => self.fold(&expr).is_some(),
            _ => false,
        };
        Some(self.int(known.into(), Basic::Int, call.span))
    }

    fn strlen(&mut self, call: Called<'_>) -> Option<Expr> {
        let [text] = self.exactly(call)?;
        let length = self.text_of(text, call)?.len();
        Some(self.int(length as i64, Basic::UnsignedLong, call.span))
    }

    fn strcmp(&mut self, call: Called<'_>) -> Option<Expr> {
        let [a, b] = self.exactly(call)?;
        let (a, b) = (self.text_of(a, call)?, self.text_of(b, call)?);
        Some(self.int(a.cmp(b) as i64, Basic::Int, call.span))
    }

    /// The bytes of a text in quotes, up to the first zero.
    fn text_of<'b>(&mut self, expr: &'b ast::Expr, call: Called<'_>) -> Option<&'b [u8]> {
        let ast::ExprKind::Text(bytes) = &expr.kind else {
            let text = format!("`{}` of what is no text in quotes is not known yet", call.text);
            self.later(Diagnostic::error(call.span, text));
            return None;
        };
        bytes.split(|byte| *byte == 0).next()
    }
}

/// A call of a function of the compiler's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called<'b> {
    pub(super) text: &'b str,
    pub(super) args: &'b [ast::Expr],
    pub(super) span: Span,
}
