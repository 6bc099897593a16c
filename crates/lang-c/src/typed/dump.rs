//! The typed tree as text, for tests and for whoever looks for what went wrong: conversions and steps are written out.
use super::{
    Arg, Body, Builtin, Callee, CoreQuestion, Enter, Expr, ExprKind, Function, Global, GlobalAddress, Inline,
    Linkage, LocalId, Place, PlaceKind, Relocate, Returned, Stmt, StmtKind, Symbol, Unit, Yields,
};
use crate::Names;
use crate::ast::{BinaryOp, Unroll};
use crate::types::{RecordId, Ty};
use std::fmt::Write;

/// A unit as text.
pub fn dump(unit: &Unit, names: &Names) -> String {
    let mut dumper = Dumper { unit, names, body: None, out: String::new() };
    for (id, global) in unit.globals.iter() {
        let _ = write!(dumper.out, "{id} ");
        dumper.global(global);
    }
    for function in unit.functions.values() {
        dumper.function(function);
    }
    dumper.out
}

/// A record's members: where each lies, in bytes and bits.
pub fn dump_record(unit: &Unit, names: &Names, record: RecordId) -> String {
    let name = unit.types.spell_record(record, names);
    let record = &unit.types.records[record];
    let Some(body) = &record.body else { return format!("{name} is only declared\n") };
    let moved = if record.relocatable { ", relocatable" } else { "" };
    let mut out = format!("{name}: {} bytes, aligned to {}{moved}\n", body.size, body.align);
    for field in &body.fields {
        let field_name = field.name.map_or("-", |name| names.text(name));
        let at = if field.bits.is_some() || field.bit_offset % 8 != 0 {
            format!("{}:{}", field.bit_offset / 8, field.bit_offset % 8)
        } else {
            (field.bit_offset / 8).to_string()
        };
        let bits = field.bits.map_or_else(String::new, |bits| format!(" : {bits}"));
        let _ = writeln!(out, "  {at} {field_name} {}{bits}", unit.types.spell(field.ty, names));
    }
    out
}

struct Dumper<'a> {
    unit: &'a Unit,
    names: &'a Names,
    /// The function whose code is being written.
    body: Option<&'a Body>,
    out: String,
}

const fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
    }
}

impl Dumper<'_> {
    fn ty(&self, ty: Ty) -> String {
        self.unit.types.spell(ty, self.names)
    }

    fn symbol(&mut self, symbol: &Symbol) {
        let linkage = match symbol.linkage {
            Linkage::Static => "static",
            Linkage::Global => "global",
            Linkage::Weak => "weak",
        };
        self.out.push_str(linkage);
        if symbol.hidden {
            self.out.push_str(" hidden");
        }
        if let Some(section) = &symbol.section {
            let _ = write!(self.out, " in {section:?}");
        }
        if let Some(align) = symbol.align {
            let _ = write!(self.out, " aligned {align}");
        }
        for tag in &symbol.tags {
            let _ = write!(self.out, " tag {tag:?}");
        }
    }

    fn global(&mut self, global: &Global) {
        self.symbol(&global.symbol);
        let (name, ty) = (global.name.as_deref().unwrap_or("-"), self.ty(global.ty));
        let _ = write!(self.out, " {name}: {ty}");
        let Some(data) = &global.data else {
            self.out.push_str(" elsewhere\n");
            return;
        };
        if data.bytes.iter().all(|byte| *byte == 0) {
            let _ = write!(self.out, " = {} zeros", data.bytes.len());
        } else {
            let text: String = data
                .bytes
                .iter()
                .flat_map(|byte| std::ascii::escape_default(*byte))
                .map(char::from)
                .collect();
            let _ = write!(self.out, " = \"{text}\"");
        }
        for (at, address) in &data.addresses {
            let _ = match address {
                GlobalAddress::Global(global, 0) => write!(self.out, ", {at}: &{global}"),
                GlobalAddress::Global(global, by) => write!(self.out, ", {at}: &{global}+{by}"),
                GlobalAddress::Function(function) => {
                    let name = self
                        .unit
                        .functions
                        .get(*function)
                        .map_or("?", |function| self.names.text(function.name));
                    write!(self.out, ", {at}: &{name}")
                }
            };
        }
        self.out.push('\n');
    }

    fn function(&mut self, function: &Function) {
        self.symbol(&function.symbol);
        self.out.push_str(match function.inline {
            Inline::Free => "",
            Inline::Always => " inline",
            Inline::Never => " noinline",
        });
        let _ = write!(self.out, " {}: {}", self.names.text(function.name), self.ty(function.ty));
        for (param, tag) in &function.param_tags {
            let _ = write!(self.out, " parameter {param} tag {tag:?}");
        }
        let Some(body) = &function.body else {
            self.out.push_str(" elsewhere\n");
            return;
        };
        self.out.push('\n');
        for (id, local) in body.locals.iter() {
            let name = local.name.map_or("-", |name| self.names.text(name));
            let align = local.align.map_or_else(String::new, |align| format!(" aligned {align}"));
            let _ = writeln!(self.out, "  {id} {name}: {}{align}", self.ty(local.ty));
        }
        let outer = Dumper {
            unit: self.unit,
            names: self.names,
            body: Some(body),
            out: std::mem::take(&mut self.out),
        };
        self.out = outer.code(&body.stmts);
    }

    fn code(mut self, stmts: &[Stmt]) -> String {
        self.stmts(stmts, 1);
        self.out
    }

    fn stmts(&mut self, stmts: &[Stmt], depth: usize) {
        for stmt in stmts {
            self.stmt(stmt, depth);
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", depth * 2);
    }

    fn stmt(&mut self, stmt: &Stmt, depth: usize) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.line(depth, &self.expr(expr)),
            StmtKind::Declare { local, zero, stores } => {
                let zero = if *zero { " zero" } else { "" };
                let stores: Vec<String> = stores.iter().map(|store| self.expr(store)).collect();
                let gap = if stores.is_empty() { "" } else { " " };
                self.line(depth, &format!("begin {}{zero}{gap}{}", self.local(*local), stores.join("; ")));
            }
            StmtKind::Block(stmts) => {
                self.line(depth, "block");
                self.stmts(stmts, depth + 1);
            }
            StmtKind::If(condition, yes, no) => {
                self.line(depth, &format!("if {}", self.expr(condition)));
                self.stmt(yes, depth + 1);
                if let Some(no) = no {
                    self.line(depth, "else");
                    self.stmt(no, depth + 1);
                }
            }
            StmtKind::Loop { enter, condition, step, body, unroll } => {
                let word = if *enter == Enter::Asked { "loop" } else { "do" };
                let condition =
                    condition.as_ref().map_or_else(|| "always".to_owned(), |expr| self.expr(expr));
                let step =
                    step.as_ref().map_or_else(String::new, |step| format!(" step {}", self.expr(step)));
                let unroll = match unroll {
                    Unroll::Free => String::new(),
                    Unroll::Full => " unrolled".to_owned(),
                    Unroll::Never => " rolled".to_owned(),
                    Unroll::Count(count) => format!(" unrolled by {count}"),
                };
                self.line(depth, &format!("{word} {condition}{step}{unroll}"));
                self.stmt(body, depth + 1);
            }
            StmtKind::Switch { value, body, cases, default } => {
                let cases: Vec<String> = cases
                    .iter()
                    .map(|(first, last, to)| {
                        if first == last {
                            format!("{first}: {to}")
                        } else {
                            format!("{first}..={last}: {to}")
                        }
                    })
                    .collect();
                let default = default.map_or_else(String::new, |to| format!(" else: {to}"));
                self.line(depth, &format!("switch {} [{}]{default}", self.expr(value), cases.join(", ")));
                self.stmt(body, depth + 1);
            }
            StmtKind::Case(number) => self.line(depth, &format!("case {number}")),
            StmtKind::Label(number) => self.line(depth, &format!("label {number}")),
            StmtKind::Goto(number) => self.line(depth, &format!("goto {number}")),
            StmtKind::Break => self.line(depth, "break"),
            StmtKind::Continue => self.line(depth, "continue"),
            StmtKind::Return(None) => self.line(depth, "return"),
            StmtKind::Return(Some(Returned::Scalar(expr))) => {
                self.line(depth, &format!("return {}", self.expr(expr)))
            }
            StmtKind::Return(Some(Returned::Record(place))) => {
                self.line(depth, &format!("return record {}", self.place(place)));
            }
            StmtKind::MemoryBarrier => self.line(depth, "barrier"),
            StmtKind::Opaque(place) => self.line(depth, &format!("opaque {}", self.place(place))),
        }
    }

    fn local(&self, local: LocalId) -> String {
        let found = self.body.and_then(|body| body.locals.get(local)).and_then(|local| local.name);
        found.map_or_else(|| local.to_string(), |name| format!("{}.{local}", self.names.text(name)))
    }

    /// Statements within an expression.
    fn inside(&self, stmts: &[Stmt]) -> String {
        let mut inner = Dumper { unit: self.unit, names: self.names, body: self.body, out: String::new() };
        inner.stmts(stmts, 0);
        inner.out.trim_end().replace('\n', "; ")
    }

    fn list(&self, word: &str, parts: &[&Expr]) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.expr(part)).collect();
        format!("{word}({})", parts.join(", "))
    }

    /// A value; its type is written where it is made.
    fn expr(&self, expr: &Expr) -> String {
        let here = |expr: &Expr| self.expr(expr);
        match &expr.kind {
            ExprKind::Int(value) => format!("{value}:{}", self.ty(expr.ty)),
            ExprKind::Load(place) => self.place(place),
            ExprKind::AddressOf(place) => format!("&{}", self.place(place)),
            ExprKind::FunctionAddress(function) => {
                let name =
                    self.unit.functions.get(*function).map_or("?", |function| self.names.text(function.name));
                format!("&{name}")
            }
            ExprKind::Negate(of) => format!("-{}", here(of)),
            ExprKind::Complement(of) => format!("~{}", here(of)),
            ExprKind::Not(of) => format!("!{}", here(of)),
            ExprKind::Binary(op, a, b) => format!("({} {} {})", here(a), sign(*op), here(b)),
            ExprKind::PointerAdd(pointer, steps, size) => {
                format!("({} + {} * {size})", here(pointer), here(steps))
            }
            ExprKind::PointerDiff(a, b, size) => format!("(({} - {}) / {size})", here(a), here(b)),
            ExprKind::Convert(of) => format!("({}){}", self.ty(expr.ty), here(of)),
            ExprKind::Assign(place, value) => format!("{} = {}", self.place(place), here(value)),
            ExprKind::AssignOp { place, op, in_type, value, yields } => {
                let before = if *yields == Yields::Before { "before " } else { "" };
                let (place, in_type) = (self.place(place), self.ty(*in_type));
                format!("{before}{place} {}= {} in {in_type}", sign(*op), here(value))
            }
            ExprKind::Copy(to, from) => format!("{} <- {}", self.place(to), self.place(from)),
            ExprKind::And(a, b) => format!("({} && {})", here(a), here(b)),
            ExprKind::Or(a, b) => format!("({} || {})", here(a), here(b)),
            ExprKind::Conditional(condition, yes, no) => {
                format!("({} ? {} : {})", here(condition), here(yes), here(no))
            }
            ExprKind::Elvis(yes, no) => format!("({} ?: {})", here(yes), here(no)),
            ExprKind::Comma(a, b) => format!("({}, {})", here(a), here(b)),
            ExprKind::Call(callee, args) => self.call(callee, args),
            ExprKind::Block(stmts, value) => {
                let value = value.as_ref().map_or_else(String::new, |value| format!(" => {}", here(value)));
                format!("{{ {}{value} }}", self.inside(stmts))
            }
            ExprKind::Builtin(builtin) => self.builtin(builtin),
        }
    }

    fn call(&self, callee: &Callee, args: &[Arg]) -> String {
        let callee = match callee {
            Callee::Function(function) => self
                .unit
                .functions
                .get(*function)
                .map_or("?", |function| self.names.text(function.name))
                .to_owned(),
            Callee::Helper(number) => format!("helper {number}"),
            Callee::Pointer(pointer) => format!("(*{})", self.expr(pointer)),
        };
        let args: Vec<String> = args
            .iter()
            .map(|arg| match arg {
                Arg::Scalar(expr) => self.expr(expr),
                Arg::Record(place) => format!("record {}", self.place(place)),
            })
            .collect();
        format!("{callee}({})", args.join(", "))
    }

    fn builtin(&self, builtin: &Builtin) -> String {
        match builtin {
            Builtin::Fill(place, byte, size) => self.list("fill", &[place, byte, size]),
            Builtin::Copy(to, from, size) => self.list("copy", &[to, from, size]),
            Builtin::Move(to, from, size) => self.list("move", &[to, from, size]),
            Builtin::Compare(a, b, size) => self.list("compare", &[a, b, size]),
            Builtin::Swap(bytes, of) => self.list(&format!("swap{}", u64::from(*bytes) * 8), &[of]),
            Builtin::Count(count, of) => self.list(&format!("count {count:?}"), &[of]),
            Builtin::Overflow(op, a, b, to) => self.list(&format!("overflow {}", sign(*op)), &[a, b, to]),
            Builtin::Atomic(op, pointer, value) => {
                self.list(&format!("atomic_{}", format!("{op:?}").to_lowercase()), &[pointer, value])
            }
            Builtin::CompareExchange(pointer, old, new) => {
                self.list("compare_exchange", &[pointer, old, new])
            }
            Builtin::Core(CoreQuestion::Field(place, kind)) => {
                format!("core_field({}, {kind})", self.place(place))
            }
            Builtin::Core(CoreQuestion::Type(ty, kind)) => format!("core_type({}, {kind})", self.ty(*ty)),
            Builtin::Core(CoreQuestion::Enumerator(ty, index, kind)) => {
                format!("core_enumerator({}, {index}, {kind})", self.ty(*ty))
            }
            Builtin::TypeId(ty, kind) => format!("type_id({}, {kind})", self.ty(*ty)),
            Builtin::Unreachable => "unreachable".to_owned(),
        }
    }

    fn place(&self, place: &Place) -> String {
        let mark = |relocate: &Relocate| if *relocate == Relocate::Yes { "~" } else { "" };
        match &place.kind {
            PlaceKind::Local(local) => self.local(*local),
            PlaceKind::Global(global) => {
                let name = self.unit.globals.get(*global).and_then(|global| global.name.as_deref());
                name.map_or_else(|| global.to_string(), str::to_owned)
            }
            PlaceKind::Deref(pointer) => format!("*{}", self.expr(pointer)),
            PlaceKind::Field { of, record, index, relocate } => {
                let body = self.unit.types.records.get(*record).and_then(|record| record.body.as_ref());
                let field = body.and_then(|body| body.fields.get(*index));
                let name = field.and_then(|field| field.name).map(|name| self.names.text(name).to_owned());
                let name = name.unwrap_or_else(|| format!("[{index}]"));
                let of = match of.kind {
                    PlaceKind::Deref(_) => format!("({})", self.place(of)),
                    _ => self.place(of),
                };
                format!("{of}.{}{name}", mark(relocate))
            }
            PlaceKind::Index { of, index, relocate } => {
                format!("{}[{}{}]", self.place(of), mark(relocate), self.expr(index))
            }
            PlaceKind::After(stmts, of) => format!("{{ {} => {} }}", self.inside(stmts), self.place(of)),
            PlaceKind::Conditional(condition, yes, no) => {
                format!("({} ? {} : {})", self.expr(condition), self.place(yes), self.place(no))
            }
            PlaceKind::Call(call, local) => format!("{{{} = {}}}", self.local(*local), self.expr(call)),
        }
    }
}
