//! Numbers, truth values and addresses. They are held in 64 bits, extended as their types say.
use super::cx::{Cx, Place, Result, VarHome};
use super::helpers;
use super::memory::Fill;
use super::types::scalar;
use crate::typed::{Builtin, Expr, ExprKind, Receiver, Type, VarId};
use osmia_base::Key;
use osmia_ir::{Block, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size, Swap};
use osmia_object::{Extern, TraceField};

impl<'a> Cx<'a> {
    /// A scalar: a number of 64 bits, or a pointer that the verifier knows.
    pub(super) fn scalar(&mut self, it: &'a Expr) -> Result<Value> {
        self.within(it.span, |cx| cx.scalar_here(it))
    }

    /// Does something whose instructions come from a part of what is being lowered.
    pub(super) fn within<T>(&mut self, span: osmia_base::Span, part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (self.b.loc(), self.span);
        self.at(span);
        let value = part(self);
        self.b.at(outer.0);
        self.span = outer.1;
        value
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of expression")]
    fn scalar_here(&mut self, it: &'a Expr) -> Result<Value> {
        Ok(match &it.kind {
            ExprKind::Number(number) => self.b.int(*number),
            ExprKind::Var(var) => self.load_var(*var),
            ExprKind::VarAddress(var) => return self.var_address(*var),
            ExprKind::MapAddress(map, key) => {
                let place = self.map_place(*map, key.as_deref())?;
                self.begin_of(place)
            }
            ExprKind::MapItself(map) => match self.map_home(*map).map {
                Some(handle) => self.b.map(handle),
                None => self.b.int(0),
            },
            ExprKind::MapValue(map, key) => return self.map_number(*map, key.as_deref(), &it.ty),
            ExprKind::MapNumber(map, key) => return self.aggregated(*map, key.as_deref(), it.span),
            ExprKind::Builtin(builtin) => return self.builtin(*builtin, it.span),
            ExprKind::Arithmetic(op, a, b) => {
                let (a, by) = (self.number(a)?, self.number(b)?);
                let value = self.b.alu(*op, a, by);
                if matches!(op, AluOp::Div | AluOp::SDiv | AluOp::Mod | AluOp::SMod) && !known_divisor(b) {
                    return Ok(self.one_for_zero(value, by, it.span));
                }
                let grows = matches!(op, AluOp::Add | AluOp::Sub | AluOp::Mul | AluOp::Lsh | AluOp::SDiv);
                if grows { self.extend_to(value, &it.ty) } else { value }
            }
            ExprKind::PointerAdd(pointer, bytes) => return self.pointer_add(pointer, bytes),
            ExprKind::Negate(a) => {
                let a = self.number(a)?;
                let value = self.b.push(Op::Neg(a), Kind::I64);
                self.extend_to(value, &it.ty)
            }
            ExprKind::Complement(a) => {
                let (a, ones) = (self.number(a)?, self.b.int(-1));
                let value = self.b.alu(AluOp::Xor, a, ones);
                self.extend_to(value, &it.ty)
            }
            ExprKind::Not(a) => {
                let (a, zero) = (self.number(a)?, self.b.int(0));
                self.b.compare(Cond::Eq, a, zero)
            }
            ExprKind::Compare(cond, a, b) => {
                let (a, b) = self.compared(a, b)?;
                self.b.compare(*cond, a, b)
            }
            ExprKind::TextEqual { .. } | ExprKind::And(..) | ExprKind::Or(..) => return self.truth(it),
            ExprKind::Ternary(condition, a, b) => return self.either(condition, a, b),
            ExprKind::Cast(inner) => return self.cast(inner, &it.ty),
            ExprKind::Deref(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                let place = self.place(it)?;
                return self.read(&place, &it.ty);
            }
            ExprKind::TracepointField(field, _) => return self.trace_field(field, it),
            ExprKind::Part(..) => {
                let place = self.memory(it, Fill::Text)?;
                self.load_from(place, &it.ty)
            }
            ExprKind::StepVar { var, by, prefix } => self.step_var(*var, *by, *prefix),
            ExprKind::StepMap { map, key, by, prefix } => {
                let value = self.step_map(*map, key.as_deref(), *by, Some(*prefix))?;
                self.extend_to(value, &it.ty)
            }
            ExprKind::Delete(map, key) => return self.delete(*map, key.as_deref(), it.span),
            ExprKind::HasKey(map, key) => return self.has_key(*map, key),
            ExprKind::Frames(stack) => return self.frames(stack),
            ExprKind::Len(map) => return self.length_of(*map, it),
            ExprKind::Argument(number) => return self.argument(*number, it),
            ExprKind::Retval => return self.returned(it),
            ExprKind::Register(offset) => {
                let context = self.context();
                let value = self.b.load(Size::DW, context, i32::from(*offset), Kind::I64);
                self.extend_to(value, &it.ty)
            }
            ExprKind::Kaddr(name) => self.kernel_symbol(name),
            ExprKind::Uaddr(name) => return self.user_symbol(name, it.span),
            ExprKind::Bswap(a) => {
                let size = scalar(&a.ty).and_then(|(size, _)| Size::from_bytes(size)).unwrap_or(Size::DW);
                let a = self.number(a)?;
                if size == Size::B { a } else { self.b.push(Op::Swap(Swap::Always, size, a), Kind::I64) }
            }
            ExprKind::Signal(number, to) => {
                let number = self.number(number)?;
                let helper = match to {
                    Receiver::Process => helpers::SEND_SIGNAL,
                    Receiver::Thread => helpers::SEND_SIGNAL_THREAD,
                };
                self.call(helper, &[number])
            }
            ExprKind::Override(value) => {
                let (context, value) = (self.context(), self.number(value)?);
                self.call(helpers::OVERRIDE_RETURN, &[context, value])
            }
            ExprKind::Strlen(text) => return self.text_length(text),
            ExprKind::Memcmp { lhs, rhs, count } => return self.compare_memory(lhs, rhs, *count),
            ExprKind::SocketCookie(socket) => {
                let socket = self.scalar(socket)?;
                self.call(helpers::SOCKET_COOKIE, &[socket])
            }
            ExprKind::SkbOutput { file, skb, length, offset } => {
                return self.send_packet(file, skb, (length, offset), it.span);
            }
            ExprKind::WriteUser { to, from, length } => return self.write_user(to, from, length),
            ExprKind::Strstr(hay, needle) => return self.find_text(hay, needle),
            ExprKind::Given(number) => self.b.param(usize::from(*number)),
            ExprKind::Invoke { function, args } => return self.invoke(*function, args),
            ExprKind::External { import, function, args } => {
                let answer = self.call_external(*import, function, args)?;
                self.extend_to(answer, &it.ty)
            }
            ExprKind::Block(body, value) => {
                self.body(body)?;
                if self.b.ended() {
                    // The program has ended; what follows is never reached.
                    let dead = self.b.block();
                    self.b.switch_to(dead);
                }
                return self.scalar(value);
            }
            ExprKind::Text(_)
            | ExprKind::Bytes(_)
            | ExprKind::Path(_)
            | ExprKind::CommOf { .. }
            | ExprKind::NameOf(..)
            | ExprKind::Concat(..)
            | ExprKind::Param(_)
            | ExprKind::Tuple(_)
            | ExprKind::Words(_)
            | ExprKind::Str { .. }
            | ExprKind::Buf { .. }
            | ExprKind::Tagged(_)
            | ExprKind::Ntop(..)
            | ExprKind::Macaddr(_)
            | ExprKind::Unwound
            | ExprKind::Stack => {
                let place = self.memory(it, Fill::Text)?;
                self.load_from(place, &it.ty)
            }
        })
    }

    /// A quotient or remainder, or 1 where the divisor is zero: so the language has it, and says so.
    fn one_for_zero(&mut self, value: Value, by: Value, span: osmia_base::Span) -> Value {
        let (defined, undefined, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        self.b.branch_if(by, defined, undefined);
        self.b.switch_to(defined);
        self.b.jump(done, &[value]);
        self.b.switch_to(undefined);
        self.say(
            "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.",
            span,
        );
        let one = self.b.int(1);
        self.b.jump(done, &[one]);
        self.b.switch_to(done);
        result
    }

    fn var_address(&mut self, var: VarId) -> Result<Value> {
        let place = match self.home(var) {
            VarHome::Pair { key, value } => {
                let ty = self.probe.vars[var].kind.clone();
                self.join_pair(key, value, &ty)?
            }
            home => self.place_of(home),
        };
        Ok(self.begin_of(place))
    }

    /// A scalar as a number.
    pub(super) fn number(&mut self, it: &'a Expr) -> Result<Value> {
        let value = self.scalar(it)?;
        Ok(self.number_of(value))
    }

    /// A value as a number.
    pub(super) fn number_of(&mut self, value: Value) -> Value {
        if self.b.kind(value) == Kind::I64 { value } else { self.b.push(Op::Cast(value), Kind::I64) }
    }

    /// A number from memory, as its type says.
    pub(super) fn load_from(&mut self, from: Place, ty: &Type) -> Value {
        let (bytes, signed) = scalar(ty).unwrap_or((8, false));
        let size = Size::from_bytes(bytes).unwrap_or(Size::DW);
        if signed && bytes < 8 {
            return self.b.load_signed(size, from.base, from.offset, Kind::I64);
        }
        self.b.load(size, from.base, from.offset, Kind::I64)
    }

    /// The low bytes of a number, extended as its type says.
    pub(super) fn extend_to(&mut self, value: Value, ty: &Type) -> Value {
        let Some((bytes, signed)) = scalar(ty).filter(|&(bytes, _)| bytes < 8) else { return value };
        let size = Size::from_bytes(bytes).unwrap_or(Size::DW);
        let op = if signed { Op::SignExtend(size, value) } else { Op::ZeroExtend(size, value) };
        self.b.push(op, Kind::I64)
    }

    fn pointer_add(&mut self, pointer: &'a Expr, bytes: &'a Expr) -> Result<Value> {
        let base = self.scalar(pointer)?;
        if let ExprKind::Number(number) = bytes.kind
            && !matches!(self.b.kind(base), Kind::Ptr(Pointee::Kernel))
        {
            return Ok(self.b.offset(base, number));
        }
        let base = match bytes.kind {
            ExprKind::Number(_) => self.number_of(base),
            _ => self.reckonable(base),
        };
        let bytes = self.number(bytes)?;
        Ok(self.b.alu(AluOp::Add, base, bytes))
    }

    fn cast(&mut self, inner: &'a Expr, ty: &Type) -> Result<Value> {
        if !inner.ty.is_scalar() {
            return self.cast_place(inner, ty);
        }
        if *ty == Type::Bool {
            let value = self.number(inner)?;
            return Ok(match inner.ty {
                Type::Bool => value,
                _ => {
                    let zero = self.b.int(0);
                    self.b.compare(Cond::Ne, value, zero)
                }
            });
        }
        if matches!(ty, Type::Pointer { .. }) {
            return self.for_storing(inner);
        }
        let value = match inner.kind {
            // Of the two helpers this is the one that gives a number.
            ExprKind::Builtin(Builtin::Curtask) => self.call(helpers::CURRENT_TASK, &[]),
            _ => self.scalar(inner)?,
        };
        let value = self.reckonable(value);
        let (Some(had), Some(wanted)) = (scalar(&inner.ty), scalar(ty)) else { return Ok(value) };
        let same = had == wanted || (had.0 < wanted.0 && (!had.1 || wanted.1));
        Ok(if same { value } else { self.extend_to(value, ty) })
    }

    /// A place cast to a pointer is its address; cast to an integer, its bytes.
    fn cast_place(&mut self, inner: &'a Expr, ty: &Type) -> Result<Value> {
        if matches!(ty, Type::Pointer { .. }) {
            return Ok(self.address_of(inner)?.0);
        }
        if matches!(inner.ty, Type::Composite { .. } | Type::Array { .. }) {
            let place = self.place(inner)?;
            let size = self.size_of(ty).max(1);
            return match place.direct_copy(size) {
                // An array may lie where a number as wide as it may not.
                Some(from) if from.offset.rem_euclid(size as i32) != 0 => {
                    let value = self.load_pieces(from, size);
                    Ok(self.extend_to(value, ty))
                }
                _ => self.read(&place, ty),
            };
        }
        let place = self.memory(inner, Fill::Text)?;
        Ok(self.load_from(place, ty))
    }

    /// Goes to `then` if an expression is true, else to `other`.
    pub(super) fn condition(&mut self, it: &'a Expr, then: Block, other: Block) -> Result<()> {
        self.at(it.span);
        match &it.kind {
            ExprKind::Not(inner) => self.condition(inner, other, then),
            ExprKind::And(a, b) => {
                let middle = self.b.block();
                self.condition(a, middle, other)?;
                self.b.switch_to(middle);
                self.second_condition(b, then, other)
            }
            ExprKind::Or(a, b) => {
                let middle = self.b.block();
                self.condition(a, then, middle)?;
                self.b.switch_to(middle);
                self.second_condition(b, then, other)
            }
            ExprKind::Compare(cond, a, b) => {
                let (a, b) = self.compared(a, b)?;
                self.b.branch(*cond, a, b, then, other);
                Ok(())
            }
            ExprKind::TextEqual { lhs, rhs, limit } => self.text_equal(lhs, rhs, *limit, then, other),
            ExprKind::Cast(inner) if it.ty == Type::Bool && inner.ty.is_scalar() => {
                self.condition(inner, then, other)
            }
            _ => {
                let value = self.number(it)?;
                self.b.branch_if(value, then, other);
                Ok(())
            }
        }
    }

    /// A condition that is only asked after another; what it needs of memory is free again at once.
    fn second_condition(&mut self, it: &'a Expr, then: Block, other: Block) -> Result<()> {
        self.maybe(|cx| cx.statement(|cx| cx.condition(it, then, other)))
    }

    /// A condition as a number.
    fn truth(&mut self, it: &'a Expr) -> Result<Value> {
        let (yes, no, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        self.maybe(|cx| cx.condition(it, yes, no))?;
        for (block, number) in [(yes, 1), (no, 0)] {
            self.b.switch_to(block);
            let number = self.b.int(number);
            self.b.jump(done, &[number]);
        }
        self.b.switch_to(done);
        Ok(result)
    }

    fn either(&mut self, condition: &'a Expr, a: &'a Expr, b: &'a Expr) -> Result<Value> {
        let (yes, no, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        self.condition(condition, yes, no)?;
        for (block, value) in [(yes, a), (no, b)] {
            self.b.switch_to(block);
            let value = self.maybe(|cx| cx.number(value))?;
            self.b.jump(done, &[value]);
        }
        self.b.switch_to(done);
        Ok(result)
    }

    fn step_var(&mut self, var: VarId, by: i64, prefix: bool) -> Value {
        let old = self.load_var(var);
        let old = self.number_of(old);
        let by = self.b.int(by);
        let new = self.b.alu(AluOp::Add, old, by);
        let new = self.extend_to(new, &self.probe.vars[var].kind.clone());
        self.store_var(var, new);
        if prefix { new } else { old }
    }

    fn trace_field(&mut self, field: &TraceField, it: &'a Expr) -> Result<Value> {
        let place = self.place(it)?;
        if field.kind.starts_with("__data_loc") || field.kind.starts_with("__rel_loc") {
            return Ok(self.address(&place));
        }
        let declared = scalar(&it.ty).map_or(8, |(size, _)| size);
        if declared <= field.size || !matches!(field.size, 1 | 2 | 4) {
            return self.read(&place, &it.ty);
        }
        let narrow = Type::int(field.size as u8, field.signed);
        let value = self.read(&place, &narrow)?;
        Ok(self.extend_to(value, &it.ty))
    }

    fn length_of(&mut self, map: crate::typed::MapId, it: &'a Expr) -> Result<Value> {
        self.elements(map, it.span)
    }

    /// The address of a kernel symbol, found when the object is loaded.
    fn kernel_symbol(&mut self, name: &str) -> Value {
        let known = self.globals.module.externs.iter().find(|(_, it)| it.name == name).map(|(key, _)| key);
        let key = known.unwrap_or_else(|| {
            let btf = &mut self.globals.module.btf;
            let nothing =
                btf.add(osmia_btf::Type::anonymous(osmia_btf::Kind::Const(osmia_btf::TypeId::VOID)));
            let type_id = btf.add_var(name, nothing, osmia_btf::Linkage::Extern);
            let section = ".ksyms".to_owned();
            self.globals.module.externs.push(Extern { name: name.to_owned(), type_id, weak: false, section })
        });
        debug_assert!(key.index() < self.globals.module.externs.len());
        let address = self.b.push(Op::ExternAddr(key), Kind::Ptr(Pointee::Kernel));
        self.number_of(address)
    }
}

/// Whether a divisor is a number other than zero.
const fn known_divisor(by: &Expr) -> bool {
    matches!(by.kind, ExprKind::Number(number) if number != 0)
}
