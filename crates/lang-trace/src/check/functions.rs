//! Functions of the script that stay functions: each is read once for each probe that calls it, with the probe's facts, and
//! keeps its variables among the probe's. What they are given are numbers, each of the type that is declared.
use super::body::Body;
use super::calls::Made;
use super::convert::kept;
use crate::ast;
use crate::typed::{Expr, ExprKind, Function, StmtKind, Type};
use osmia_base::{Diagnostic, Span};
use std::collections::BTreeMap;

/// A function of the script, with its body as an expression.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) name: String,
    params: Vec<(ast::Name, ast::TypeName)>,
    body: ast::Expr,
}

impl Prepared {
    fn returns_value(&self) -> bool {
        !matches!(&self.body.kind, ast::ExprKind::Block(block) if block.tail.is_none())
    }
}

/// What expansion left of a function.
pub(super) fn prepare(function: &ast::Function) -> Prepared {
    let span = function.body.span;
    let body = ast::Expr { kind: ast::ExprKind::Block(Box::new(function.body.clone())), span };
    Prepared { name: function.name.node.clone(), params: function.params.clone(), body }
}

/// The functions of one probe, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Functions {
    made: Vec<Function>,
    /// Where each is among those made, by its number in the script.
    known: BTreeMap<usize, usize>,
    /// Those that are being read, outer before inner.
    open: Vec<usize>,
    /// What the innermost of them is given, by the names that its body has for it.
    given: BTreeMap<String, Expr>,
}

impl Functions {
    /// All, in the order of their numbers in calls.
    pub(super) fn take(&mut self) -> Vec<Function> {
        std::mem::take(&mut self.made)
    }

    /// Which function of the script is being read, if one is.
    pub(super) fn innermost(&self) -> Option<usize> {
        self.open.last().copied()
    }

    /// Which function of the script one of those made is.
    pub(super) fn number(&self, made: usize) -> Option<usize> {
        self.known.iter().find(|(_, known)| **known == made).map(|(number, _)| *number)
    }

    /// What a word stands for inside a function.
    pub(super) fn given(&self, name: &str) -> Option<Expr> {
        self.given.get(name).cloned()
    }
}

impl<'a> Body<'_, 'a> {
    /// A call of function `number` of the script. How many arguments there are was seen when macros were expanded.
    pub(super) fn invoke(&mut self, number: usize, args: &[ast::Expr], span: Span) -> Option<Made> {
        let functions: &'a [Prepared] = self.session.functions;
        let function = functions.get(number)?;
        let given: Vec<Option<Expr>> = function
            .params
            .iter()
            .zip(args)
            .map(|((name, ty), arg)| self.handed(function, (name, ty), arg))
            .collect();
        let made = self.instance(number, function, span)?;
        let args = given.into_iter().collect::<Option<Vec<Expr>>>()?;
        for (at, arg) in (0..).zip(&args) {
            self.note_argument_time(number, at, arg);
        }
        let ty = self.functions.made[made].value.as_ref().map(|value| value.ty.clone());
        // What is wrong with its value was said where that is.
        if ty.is_none() && function.returns_value() {
            return None;
        }
        let kind = ExprKind::Invoke { function: made, args };
        Some(match ty {
            Some(ty) => Made::Value(Expr { kind, ty, span }),
            None => Made::Stmts(vec![StmtKind::Expr(Expr { kind, ty: Type::None, span })]),
        })
    }

    /// An argument, as the parameter's type has it.
    fn handed(
        &mut self,
        function: &Prepared,
        (name, ty): (&ast::Name, &ast::TypeName),
        arg: &ast::Expr,
    ) -> Option<Expr> {
        let value = kept(self.expr(arg)?);
        let want = self.declared_type(ty)?;
        let have = value.ty.clone();
        let fitting = self.fit(value, &want);
        if fitting.is_none() {
            let [want, have] = [&want, &have].map(|ty| self.type_text(ty));
            let text =
                format!("{}() takes a value of type '{want}' for {}, not '{have}'", function.name, name.node);
            self.error(arg.span, text);
        }
        fitting
    }

    /// The function as it is in this probe; it is read where it is called first.
    fn instance(&mut self, number: usize, function: &'a Prepared, call: Span) -> Option<usize> {
        if let Some(at) = self.functions.open.iter().position(|open| *open == number) {
            let all = self.session.functions;
            let open = self.functions.open[at..].iter().chain([&number]).map(|open| all[*open].name.as_str());
            let chain: Vec<&str> = open.collect();
            let message = Diagnostic::error(
                call,
                format!("Recursive function call detected. Call chain: {}", chain.join(" > ")),
            );
            self.report(message.hint("the kernel takes no program that calls itself: write it as a loop"));
            return None;
        }
        if let Some(made) = self.functions.known.get(&number) {
            return Some(*made);
        }
        let made = self.functions.made.len();
        self.functions.made.push(Function { name: function.name.clone(), ..Function::default() });
        self.functions.known.insert(number, made);
        let mut given = BTreeMap::new();
        for (at, (name, ty)) in (0..).zip(&function.params) {
            let ty = self.declared_type(ty)?;
            let value = Expr { kind: ExprKind::Given(at), ty, span: name.span };
            given.insert(crate::expand::given_name(&name.node), value);
        }
        let given = std::mem::replace(&mut self.functions.given, given);
        let scopes = std::mem::replace(&mut self.scopes, vec![BTreeMap::new()]);
        let times = std::mem::take(&mut self.times);
        let (loops, asks) = (std::mem::take(&mut self.loops), self.asks_types.take());
        let copies = std::mem::replace(&mut self.copies, 1);
        self.functions.open.push(number);
        let (body, value) = match &function.body.kind {
            ast::ExprKind::Block(block) if !function.returns_value() => (self.stmts(block), None),
            _ => (Vec::new(), self.expr(&function.body)),
        };
        if let Some(value) = &value {
            self.note_returned_time(value);
        }
        self.functions.open.pop();
        (self.functions.given, self.scopes, self.loops, self.times) = (given, scopes, loops, times);
        (self.asks_types, self.copies) = (asks, copies);
        let slot = &mut self.functions.made[made];
        (slot.body, slot.value) = (body, value);
        Some(made)
    }
}
