//! What is kept: what others see, and what that needs. All else costs nothing.
use crate::typed::{
    Arg, Body, Builtin, Callee, CoreQuestion, Expr, ExprKind, Function, FunctionId, Global, GlobalAddress,
    GlobalId, Linkage, Place, PlaceKind, Returned, Stmt, StmtKind, Unit,
};
use osmia_base::Arena;
use std::collections::{BTreeMap, BTreeSet};

/// A mention of a symbol in code.
#[derive(Debug)]
enum Mention<'b> {
    Function(&'b mut FunctionId),
    Global(&'b mut GlobalId),
}

/// A symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Symbol {
    Function(FunctionId),
    Global(GlobalId),
}

/// Removes from a unit whatever nobody outside sees and nothing that is kept mentions; the functions that stay.
pub(super) fn keep_reachable(
    unit: &mut Unit,
    used_functions: &BTreeSet<FunctionId>,
    used_globals: &BTreeSet<GlobalId>,
) -> BTreeSet<FunctionId> {
    let functions =
        unit.functions.iter().filter(|(id, function)| is_root(function) || used_functions.contains(id));
    let globals = unit.globals.iter().filter(|(id, global)| is_seen(global) || used_globals.contains(id));
    let mut queue: Vec<Symbol> = functions.map(|(id, _)| Symbol::Function(id)).collect();
    queue.extend(globals.map(|(id, _)| Symbol::Global(id)));
    let mut kept = BTreeSet::new();
    while let Some(symbol) = queue.pop() {
        if kept.insert(symbol) {
            queue.extend(mentioned(unit, symbol));
        }
    }
    renumber(unit, &kept);
    kept.into_iter()
        .filter_map(|symbol| match symbol {
            Symbol::Function(function) => Some(function),
            Symbol::Global(_) => None,
        })
        .collect()
}

fn is_root(function: &Function) -> bool {
    function.body.is_some()
        && (function.symbol.linkage != Linkage::Static || function.symbol.section.is_some())
}

fn is_seen(global: &Global) -> bool {
    global.data.is_some() && global.symbol.linkage != Linkage::Static
}

fn mentioned(unit: &mut Unit, symbol: Symbol) -> Vec<Symbol> {
    let mut found = Vec::new();
    match symbol {
        Symbol::Function(function) => {
            if let Some(body) = &mut unit.functions[function].body {
                walk_body(body, &mut |mention| {
                    found.push(match mention {
                        Mention::Function(function) => Symbol::Function(*function),
                        Mention::Global(global) => Symbol::Global(*global),
                    });
                });
            }
        }
        Symbol::Global(global) => {
            let data = unit.globals[global].data.iter();
            found.extend(data.flat_map(|data| &data.addresses).map(|(_, address)| match address {
                GlobalAddress::Global(global, _) => Symbol::Global(*global),
                GlobalAddress::Function(function) => Symbol::Function(*function),
            }));
        }
    }
    found
}

/// Gives those that stay the numbers without gaps.
fn renumber(unit: &mut Unit, kept: &BTreeSet<Symbol>) {
    let (mut functions, mut globals) = (BTreeMap::new(), BTreeMap::new());
    let mut new_functions = Arena::new();
    let mut new_globals = Arena::new();
    for (id, function) in unit.functions.iter().filter(|(id, _)| kept.contains(&Symbol::Function(*id))) {
        functions.insert(id, new_functions.push(function.clone()));
    }
    for (id, global) in unit.globals.iter().filter(|(id, _)| kept.contains(&Symbol::Global(*id))) {
        globals.insert(id, new_globals.push(global.clone()));
    }
    let mut change = |mention: Mention<'_>| match mention {
        Mention::Function(function) => *function = functions.get(function).copied().unwrap_or(*function),
        Mention::Global(global) => *global = globals.get(global).copied().unwrap_or(*global),
    };
    for (_, function) in new_functions.iter_mut() {
        let function: &mut Function = function;
        if let Some(body) = &mut function.body {
            walk_body(body, &mut change);
        }
    }
    for (_, global) in new_globals.iter_mut() {
        let global: &mut Global = global;
        for (_, address) in global.data.iter_mut().flat_map(|data| &mut data.addresses) {
            match address {
                GlobalAddress::Global(global, _) => change(Mention::Global(global)),
                GlobalAddress::Function(function) => change(Mention::Function(function)),
            }
        }
    }
    (unit.functions, unit.globals) = (new_functions, new_globals);
}

/// Who is told of each mention.
type See<'s> = dyn FnMut(Mention<'_>) + 's;

fn walk_body(body: &mut Body, see: &mut See<'_>) {
    walk_stmts(&mut body.stmts, see);
}

fn walk_stmts(stmts: &mut [Stmt], see: &mut See<'_>) {
    stmts.iter_mut().for_each(|stmt| walk_stmt(stmt, see));
}

fn walk_stmt(stmt: &mut Stmt, see: &mut See<'_>) {
    match &mut stmt.kind {
        StmtKind::Expr(expr) | StmtKind::Return(Some(Returned::Scalar(expr))) => walk(expr, see),
        StmtKind::Declare { stores, .. } => stores.iter_mut().for_each(|store| walk(store, see)),
        StmtKind::Block(stmts) => walk_stmts(stmts, see),
        StmtKind::If(condition, yes, no) => {
            walk(condition, see);
            walk_stmt(yes, see);
            no.iter_mut().for_each(|no| walk_stmt(no, see));
        }
        StmtKind::Loop { condition, step, body, .. } => {
            condition.iter_mut().chain(step).for_each(|expr| walk(expr, see));
            walk_stmt(body, see);
        }
        StmtKind::Switch { value, body, .. } => {
            walk(value, see);
            walk_stmt(body, see);
        }
        StmtKind::Return(Some(Returned::Record(place))) | StmtKind::Opaque(place) => walk_place(place, see),
        StmtKind::Case(_)
        | StmtKind::Label(_)
        | StmtKind::Goto(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Return(None)
        | StmtKind::MemoryBarrier => {}
    }
}

fn walk(expr: &mut Expr, see: &mut See<'_>) {
    match &mut expr.kind {
        ExprKind::Int(_) => {}
        ExprKind::Load(place) | ExprKind::AddressOf(place) => walk_place(place, see),
        ExprKind::FunctionAddress(function) => see(Mention::Function(function)),
        ExprKind::Negate(of) | ExprKind::Complement(of) | ExprKind::Not(of) | ExprKind::Convert(of) => {
            walk(of, see)
        }
        ExprKind::Binary(_, a, b)
        | ExprKind::PointerAdd(a, b, _)
        | ExprKind::PointerDiff(a, b, _)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Elvis(a, b)
        | ExprKind::Comma(a, b) => {
            walk(a, see);
            walk(b, see);
        }
        ExprKind::Assign(place, value) | ExprKind::AssignOp { place, value, .. } => {
            walk_place(place, see);
            walk(value, see);
        }
        ExprKind::Copy(to, from) => {
            walk_place(to, see);
            walk_place(from, see);
        }
        ExprKind::Conditional(condition, yes, no) => {
            walk(condition, see);
            walk(yes, see);
            walk(no, see);
        }
        ExprKind::Call(callee, args) => {
            walk_callee(callee, see);
            for arg in args {
                match arg {
                    Arg::Scalar(expr) => walk(expr, see),
                    Arg::Record(place) => walk_place(place, see),
                }
            }
        }
        ExprKind::Block(stmts, value) => {
            walk_stmts(stmts, see);
            value.iter_mut().for_each(|value| walk(value, see));
        }
        ExprKind::Builtin(builtin) => walk_builtin(builtin, see),
    }
}

fn walk_callee(callee: &mut Callee, see: &mut See<'_>) {
    match callee {
        Callee::Function(function) => see(Mention::Function(function)),
        Callee::Helper(_) => {}
        Callee::Pointer(expr) => walk(expr, see),
    }
}

fn walk_builtin(builtin: &mut Builtin, see: &mut See<'_>) {
    match builtin {
        Builtin::Fill(a, b, c)
        | Builtin::Copy(a, b, c)
        | Builtin::Move(a, b, c)
        | Builtin::Compare(a, b, c)
        | Builtin::CompareExchange(a, b, c)
        | Builtin::Overflow(_, a, b, c) => {
            walk(a, see);
            walk(b, see);
            walk(c, see);
        }
        Builtin::Swap(_, of) | Builtin::Count(_, of) => walk(of, see),
        Builtin::Atomic(_, a, b) => {
            walk(a, see);
            walk(b, see);
        }
        // The place is only asked about; what it begins with is not looked at.
        Builtin::Core(CoreQuestion::Field(place, _)) => walk_place(place, see),
        Builtin::Core(CoreQuestion::Type(..) | CoreQuestion::Enumerator(..))
        | Builtin::TypeId(..)
        | Builtin::Unreachable => {}
    }
}

fn walk_place(place: &mut Place, see: &mut See<'_>) {
    match &mut place.kind {
        PlaceKind::Local(_) => {}
        PlaceKind::Global(global) => see(Mention::Global(global)),
        PlaceKind::Deref(pointer) | PlaceKind::Call(pointer, _) => walk(pointer, see),
        PlaceKind::Field { of, .. } => walk_place(of, see),
        PlaceKind::Index { of, index, .. } => {
            walk_place(of, see);
            walk(index, see);
        }
        PlaceKind::After(stmts, of) => {
            walk_stmts(stmts, see);
            walk_place(of, see);
        }
        PlaceKind::Conditional(condition, yes, no) => {
            walk(condition, see);
            walk_place(yes, see);
            walk_place(no, see);
        }
    }
}
