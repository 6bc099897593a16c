//! The tree as text, in parentheses: for tests, and for eyes.
//!
//! Expressions are `(operator operands…)`. A declarator is its name and then, from the name outwards, `*`, `[length]` and
//! `(fn parameters…)`. Attributes are `@name(arguments…)`.
use crate::ast::*;
use crate::{Name, Names};
use std::fmt::Write;

/// The unit as text.
pub fn dump(unit: &Unit, names: &Names) -> String {
    let mut dump = Dump { names, out: String::new(), indent: 0 };
    for item in &unit.items {
        dump.item(item);
        dump.line();
    }
    dump.out
}

struct Dump<'a> {
    names: &'a Names,
    out: String,
    indent: usize,
}

/// Words for operators between operands.
const fn binary(op: BinaryOp) -> &'static str {
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

const fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Complement => "~",
        UnaryOp::Not => "!",
        UnaryOp::Deref => "*",
        UnaryOp::Address => "&",
    }
}

const fn basic(basic: Basic) -> &'static str {
    match basic {
        Basic::Void => "void",
        Basic::Bool => "_Bool",
        Basic::Char => "char",
        Basic::SignedChar => "signed char",
        Basic::UnsignedChar => "unsigned char",
        Basic::Short => "short",
        Basic::UnsignedShort => "unsigned short",
        Basic::Int => "int",
        Basic::UnsignedInt => "unsigned int",
        Basic::Long => "long",
        Basic::UnsignedLong => "unsigned long",
        Basic::LongLong => "long long",
        Basic::UnsignedLongLong => "unsigned long long",
        Basic::Int128 => "__int128",
        Basic::UnsignedInt128 => "unsigned __int128",
        Basic::Float => "float",
        Basic::Double => "double",
        Basic::LongDouble => "long double",
    }
}

/// How an integer of a type ends.
const fn suffix(basic: Basic) -> &'static str {
    match basic {
        Basic::UnsignedInt => "u",
        Basic::Long => "l",
        Basic::UnsignedLong => "ul",
        Basic::LongLong => "ll",
        Basic::UnsignedLongLong => "ull",
        _ => "",
    }
}

impl Dump<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: Name) {
        let text = self.names.text(name);
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
    }

    /// What `inner` writes, on lines of its own, further to the right.
    fn below(&mut self, inner: impl FnOnce(&mut Self)) {
        self.indent += 1;
        self.line();
        inner(self);
        self.indent -= 1;
    }

    fn text(&mut self, bytes: &[u8]) {
        let _ = write!(self.out, "\"{}\"", bytes.escape_ascii());
    }

    /// `(word operands…)`
    fn group(&mut self, word: &str, operands: &[&Expr]) {
        let _ = write!(self.out, "({word}");
        for operand in operands {
            self.put(" ");
            self.expr(operand);
        }
        self.put(")");
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Function(function) => {
                self.put("(function ");
                self.specifiers(&function.specifiers);
                self.put(" ");
                self.declarator(&function.declarator);
                self.below(|dump| dump.block(&function.body));
                self.put(")");
            }
            Item::Declaration(declaration) => self.declaration("declare", declaration),
            Item::Assert(assert) => self.assert(assert),
            Item::Kernel => self.put("(kernel)"),
        }
    }

    fn assert(&mut self, assert: &StaticAssert) {
        self.put("(assert ");
        self.expr(&assert.condition);
        if let Some(text) = &assert.text {
            self.put(" ");
            self.text(text);
        }
        self.put(")");
    }

    fn declaration(&mut self, word: &str, declaration: &Declaration) {
        let _ = write!(self.out, "({word} ");
        self.specifiers(&declaration.specifiers);
        for declared in &declaration.declarators {
            self.put(" ");
            self.declarator(&declared.declarator);
            if let Some(bits) = &declared.bits {
                self.put(" : ");
                self.expr(bits);
            }
            if let Some(initializer) = &declared.initializer {
                self.put(" = ");
                self.initializer(initializer);
            }
        }
        self.put(")");
    }

    fn specifiers(&mut self, specifiers: &Specifiers) {
        self.put(match specifiers.storage {
            Storage::None => "",
            Storage::Typedef => "typedef ",
            Storage::Extern => "extern ",
            Storage::Static => "static ",
        });
        self.put(if specifiers.inline { "inline " } else { "" });
        self.qualifiers(specifiers.qualifiers);
        self.type_spec(&specifiers.ty);
        self.attributes(&specifiers.attributes);
    }

    fn qualifiers(&mut self, qualifiers: Qualifiers) {
        self.put(if qualifiers.constant { "const " } else { "" });
        self.put(if qualifiers.volatile { "volatile " } else { "" });
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            self.put(" @");
            self.name(attribute.name);
            if !attribute.args.is_empty() {
                self.put("(");
                self.attribute_args(&attribute.args);
                self.put(")");
            }
        }
    }

    fn attribute_args(&mut self, args: &[AttributeArg]) {
        for (at, arg) in args.iter().enumerate() {
            self.put(if at > 0 { ", " } else { "" });
            match arg {
                AttributeArg::Word(name) => self.name(*name),
                AttributeArg::Text(text) => self.text(text),
                AttributeArg::Expr(expr) => self.expr(expr),
            }
        }
    }

    fn type_spec(&mut self, ty: &TypeSpec) {
        match ty {
            TypeSpec::Basic(ty) => self.put(basic(*ty)),
            TypeSpec::Record(record) => self.record(record),
            TypeSpec::Enum(spec) => self.enumeration(spec),
            TypeSpec::Named(name) => self.name(name.node),
            TypeSpec::TypeofExpr(expr) => self.group("typeof", &[expr]),
            TypeSpec::TypeofType(ty) => {
                self.put("(typeof ");
                self.type_name(ty);
                self.put(")");
            }
            TypeSpec::Unqualified(ty) => {
                self.put("(unqualified ");
                self.type_spec(ty);
                self.put(")");
            }
            TypeSpec::Auto => self.put("auto"),
        }
    }

    fn record(&mut self, record: &RecordSpec) {
        self.put(if record.kind == RecordKind::Struct { "(struct" } else { "(union" });
        if let Some(tag) = record.tag {
            self.put(" ");
            self.name(tag.node);
        }
        self.attributes(&record.attributes);
        if let Some(members) = &record.members {
            self.put(" {");
            for member in members {
                self.below(|dump| match member {
                    Member::Declaration(declaration) => dump.declaration("member", declaration),
                    Member::Assert(assert) => dump.assert(assert),
                });
            }
            self.put("}");
        }
        self.put(")");
    }

    fn enumeration(&mut self, spec: &EnumSpec) {
        self.put("(enum");
        if let Some(tag) = spec.tag {
            self.put(" ");
            self.name(tag.node);
        }
        if let Some(ty) = &spec.underlying {
            self.put(" : ");
            self.type_name(ty);
        }
        self.attributes(&spec.attributes);
        if let Some(names) = &spec.names {
            self.put(" {");
            for enumerator in names {
                self.put(" ");
                self.name(enumerator.name.node);
                if let Some(value) = &enumerator.value {
                    self.put("=");
                    self.expr(value);
                }
            }
            self.put(" }");
        }
        self.put(")");
    }

    fn type_name(&mut self, ty: &TypeName) {
        self.specifiers(&ty.specifiers);
        self.parts(&ty.declarator);
    }

    fn declarator(&mut self, declarator: &Declarator) {
        match declarator.name {
            Some(name) => self.name(name.node),
            None => self.put("_"),
        }
        self.parts(declarator);
    }

    fn parts(&mut self, declarator: &Declarator) {
        for part in &declarator.parts {
            self.put(" ");
            match part {
                Part::Pointer { qualifiers, attributes } => {
                    self.put("*");
                    self.put(if qualifiers.constant { "const" } else { "" });
                    self.put(if qualifiers.volatile { "volatile" } else { "" });
                    self.attributes(attributes);
                }
                Part::Array { length } => {
                    self.put("[");
                    if let Some(length) = length {
                        self.expr(length);
                    }
                    self.put("]");
                }
                Part::Function { params, variadic } => {
                    self.params(params);
                    self.put(if *variadic { " ...)" } else { ")" });
                }
            }
        }
        self.attributes(&declarator.attributes);
    }

    fn params(&mut self, params: &[Param]) {
        self.put("(fn");
        for param in params {
            self.put(" (");
            self.specifiers(&param.specifiers);
            self.put(" ");
            self.declarator(&param.declarator);
            self.put(")");
        }
    }

    fn initializer(&mut self, initializer: &Initializer) {
        match initializer {
            Initializer::Expr(expr) => self.expr(expr),
            Initializer::List(list, _) => {
                self.put("{");
                for (at, initial) in list.iter().enumerate() {
                    self.put(if at > 0 { ", " } else { "" });
                    if !initial.designators.is_empty() {
                        self.designators(&initial.designators);
                        self.put(" = ");
                    }
                    self.initializer(&initial.value);
                }
                self.put("}");
            }
        }
    }

    fn designators(&mut self, designators: &[Designator]) {
        for designator in designators {
            match designator {
                Designator::Member(name) => {
                    self.put(".");
                    self.name(name.node);
                }
                Designator::Index(index) => {
                    self.put("[");
                    self.expr(index);
                    self.put("]");
                }
                Designator::Range(first, last) => {
                    self.put("[");
                    self.expr(first);
                    self.put(" ... ");
                    self.expr(last);
                    self.put("]");
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(*name),
            ExprKind::Int(value, basic) => {
                let value = *value as i64;
                let _ = match basic {
                    Basic::Int => write!(self.out, "{value}"),
                    _ => write!(self.out, "{}{}", value as u64, suffix(*basic)),
                };
            }
            ExprKind::Float => self.put("float"),
            ExprKind::Text(text) => self.text(text),
            ExprKind::Unary(op, a) => self.group(unary(*op), &[a]),
            ExprKind::Step(Step::BeforeUp, a) => self.group("++_", &[a]),
            ExprKind::Step(Step::BeforeDown, a) => self.group("--_", &[a]),
            ExprKind::Step(Step::AfterUp, a) => self.group("_++", &[a]),
            ExprKind::Step(Step::AfterDown, a) => self.group("_--", &[a]),
            ExprKind::Binary(op, a, b) => self.group(binary(*op), &[a, b]),
            ExprKind::And(a, b) => self.group("&&", &[a, b]),
            ExprKind::Or(a, b) => self.group("||", &[a, b]),
            ExprKind::Assign(a, b) => self.group("=", &[a, b]),
            ExprKind::AssignOp(op, a, b) => self.group(&format!("{}=", binary(*op)), &[a, b]),
            ExprKind::Conditional(a, Some(b), c) => self.group("?", &[a, b, c]),
            ExprKind::Conditional(a, None, c) => self.group("?:", &[a, c]),
            ExprKind::Comma(a, b) => self.group(",", &[a, b]),
            ExprKind::Index(a, b) => self.group("[]", &[a, b]),
            ExprKind::Choose(a, b, c) => self.group("choose", &[a, b, c]),
            ExprKind::SizeofExpr(a) => self.group("sizeof", &[a]),
            ExprKind::AlignofExpr(a) => self.group("alignof", &[a]),
            ExprKind::Error => self.put("error"),
            _ => self.special(expr),
        }
    }

    /// Expressions that have more in them than expressions.
    fn special(&mut self, expr: &Expr) {
        self.put("(");
        match &expr.kind {
            ExprKind::Call(function, args) => {
                self.put("call ");
                self.expr(function);
                for arg in args {
                    self.put(" ");
                    self.expr(arg);
                }
            }
            ExprKind::Member(of, name) => self.member(".", of, name.node),
            ExprKind::Arrow(of, name) => self.member("->", of, name.node),
            ExprKind::Cast(ty, of) => {
                self.of_type("cast", ty);
                self.put(" ");
                self.expr(of);
            }
            ExprKind::Literal(ty, list) => {
                self.of_type("literal", ty);
                self.put(" ");
                self.initializer(list);
            }
            ExprKind::SizeofType(ty) => self.of_type("sizeof", ty),
            ExprKind::AlignofType(ty) => self.of_type("alignof", ty),
            ExprKind::Offsetof(ty, steps) => {
                self.of_type("offsetof", ty);
                self.put(" ");
                self.designators(steps);
            }
            ExprKind::TypesCompatible(a, b) => {
                self.of_type("compatible", a);
                self.of_type("", b);
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Generic(of, choices) => self.generic(of, choices),
            _ => (),
        }
        self.put(")");
    }

    fn member(&mut self, word: &str, of: &Expr, name: Name) {
        self.put(word);
        self.put(" ");
        self.expr(of);
        self.put(" ");
        self.name(name);
    }

    fn of_type(&mut self, word: &str, ty: &TypeName) {
        let _ = write!(self.out, "{word} <");
        self.type_name(ty);
        self.put(">");
    }

    fn generic(&mut self, of: &Expr, choices: &[(Option<TypeName>, Expr)]) {
        self.put("generic ");
        self.expr(of);
        for (ty, value) in choices {
            match ty {
                Some(ty) => self.of_type("", ty),
                None => self.put(" default"),
            }
            self.put(" ");
            self.expr(value);
        }
    }

    fn block(&mut self, block: &Block) {
        self.put("{");
        for stmt in &block.stmts {
            self.below(|dump| dump.stmt(stmt));
        }
        self.put("}");
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => return self.expr(expr),
            StmtKind::Empty => return self.put("()"),
            StmtKind::Declaration(declaration) => return self.declaration("declare", declaration),
            StmtKind::Assert(assert) => return self.assert(assert),
            StmtKind::Block(block) => return self.block(block),
            _ => (),
        }
        self.put("(");
        match &stmt.kind {
            StmtKind::If(condition, then, otherwise) => {
                self.headed("if", &[condition], then);
                if let Some(otherwise) = otherwise {
                    self.below(|dump| dump.stmt(otherwise));
                }
            }
            StmtKind::While(condition, body, unroll) => {
                self.headed("while", &[condition], body);
                self.unroll(*unroll);
            }
            StmtKind::Do(body, condition, unroll) => {
                self.headed("do", &[], body);
                self.put(" ");
                self.expr(condition);
                self.unroll(*unroll);
            }
            StmtKind::For(first, condition, step, body, unroll) => {
                self.put("for ");
                self.stmt(first);
                for expr in [condition, step] {
                    self.put(" ");
                    match expr {
                        Some(expr) => self.expr(expr),
                        None => self.put("()"),
                    }
                }
                self.below(|dump| dump.stmt(body));
                self.unroll(*unroll);
            }
            _ => self.jump(&stmt.kind),
        }
        self.put(")");
    }

    /// Labels, what goes there, and assembly.
    fn jump(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::Switch(value, body) => self.headed("switch", &[value], body),
            StmtKind::Case(first, None, body) => self.headed("case", &[first], body),
            StmtKind::Case(first, Some(last), body) => self.headed("case", &[first, last], body),
            StmtKind::Default(body) => self.headed("default", &[], body),
            StmtKind::Label(name, body) => {
                self.put("label ");
                self.name(name.node);
                self.headed("", &[], body);
            }
            StmtKind::Goto(name) => {
                self.put("goto ");
                self.name(name.node);
            }
            StmtKind::Break => self.put("break"),
            StmtKind::Continue => self.put("continue"),
            StmtKind::Return(value) => {
                self.put("return");
                if let Some(value) = value {
                    self.put(" ");
                    self.expr(value);
                }
            }
            StmtKind::Asm(asm) => self.asm(asm),
            _ => (),
        }
    }

    /// What stands before a statement, and the statement below it; nothing of an empty one.
    fn headed(&mut self, word: &str, exprs: &[&Expr], body: &Stmt) {
        self.put(word);
        for expr in exprs {
            self.put(" ");
            self.expr(expr);
        }
        if !matches!(body.kind, StmtKind::Empty) {
            self.below(|dump| dump.stmt(body));
        }
    }

    fn unroll(&mut self, unroll: Unroll) {
        let _ = match unroll {
            Unroll::Free => Ok(()),
            Unroll::Full => write!(self.out, " #unroll"),
            Unroll::Never => write!(self.out, " #never"),
            Unroll::Count(count) => write!(self.out, " #unroll({count})"),
        };
    }

    fn asm(&mut self, asm: &Asm) {
        self.put("asm ");
        self.text(&asm.template);
        for operands in [&asm.outputs, &asm.inputs] {
            self.put(" :");
            for operand in operands {
                self.put(" ");
                if let Some(name) = operand.name {
                    self.name(name);
                    self.put("=");
                }
                self.text(&operand.constraint);
                self.put(" ");
                self.expr(&operand.expr);
            }
        }
        self.put(" :");
        for clobber in &asm.clobbers {
            self.put(" ");
            self.text(clobber);
        }
    }
}
