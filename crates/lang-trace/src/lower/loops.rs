//! Loops over maps and ranges. Bodies that the kernel calls back are functions of their own; what they share with the
//! program lies in a frame on the program's stack, whose address they are given.
use super::counted::{changes, changes_of, constant};
use super::cx::{Cx, FRAME_CONTEXT, MEMORY, Place, Result, VarHome};
use super::helpers;
use super::walk::{self, Node};
use crate::typed::{Expr, MapId, MapValue, Stmt, StmtKind, Type, VarId};
use osmia_abi::Feature;
use osmia_base::{Key, Span};
use osmia_ir::{Callee, FunctionId, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use std::collections::BTreeSet;

/// What is said where a `while` would have gone on, but the kernel makes no more turns.
const SPENT: &str = "while loop stopped after 8388608 turns, the most that the kernel makes";

/// The same of a range.
const CUT: &str = "for loop stopped after 8388608 turns, the most that the kernel makes";

/// Which variables a callback shares with the rest of its probe, or with its next call.
pub(super) fn captured(cx: &Cx<'_>) -> Vec<bool> {
    let vars = cx.probe.vars.len();
    let mut all = vec![0; vars];
    walk::probe(cx.probe, &mut |node| mention(node, &mut all));
    let mut shared = vec![false; vars];
    // What a turn leaves for the next one.
    let keeps = |var| !cx.sets_first(VarId::from_index(var));
    walk::probe(cx.probe, &mut |node| {
        let Some(called) = called(cx, node) else { return };
        let mut inside = mentions(called.body, vars);
        if let Some(condition) = called.condition {
            walk::expr(condition, &mut |node| mention(node, &mut inside));
        }
        for (var, shared) in shared.iter_mut().enumerate() {
            let own = usize::from(called.var.is_some_and(|own| own.index() == var));
            let seen_outside = inside[var] + own < all[var];
            *shared |= inside[var] > 0 && (seen_outside || keeps(var));
        }
    });
    shared
}

/// What of a loop the kernel calls.
struct Called<'a> {
    /// The loop's variable.
    var: Option<VarId>,
    /// What is asked before each turn.
    condition: Option<&'a Expr>,
    body: &'a [Stmt],
}

/// What the kernel calls, if this is such a loop.
fn called<'a>(cx: &Cx<'_>, node: Node<'a>) -> Option<Called<'a>> {
    let Node::Stmt(it) = node else { return None };
    match &it.kind {
        StmtKind::ForMap(var, _, body) => Some(Called { var: Some(*var), condition: None, body }),
        StmtKind::ForRange(var, from, to, body) if !cx.is_native(from, to, body) => {
            Some(Called { var: Some(*var), condition: None, body })
        }
        StmtKind::While(condition, body) if !cx.is_native_while(condition, body) => {
            Some(Called { var: None, condition: Some(condition), body })
        }
        _ => None,
    }
}

/// How often each variable is named.
fn mentions(list: &[Stmt], vars: usize) -> Vec<usize> {
    let mut count = vec![0; vars];
    walk::stmts(list, &mut |node| mention(node, &mut count));
    count
}

fn mention(node: Node<'_>, count: &mut [usize]) {
    if let Some(count) = walk::var_of(node).and_then(|var| count.get_mut(var.index())) {
        *count += 1;
    }
}

impl<'a> Cx<'a> {
    /// Makes the verifier forget what it knows of numbers that the turns of a loop change: what it knows exactly it follows
    /// through turn after turn, where one stands for all. It cannot know that a word of global data is always zero.
    fn blur(&mut self, changed: &BTreeSet<VarId>) {
        let is_number = |kind: &Type| kind.is_scalar() && !matches!(kind, Type::Pointer { .. });
        let shared = |cx: &Self, var: &VarId| cx.is_captured(*var) && is_number(&cx.probe.vars[*var].kind);
        let shared: Vec<VarId> = changed.iter().copied().filter(|var| shared(self, var)).collect();
        if shared.is_empty() {
            return;
        }
        let (section, offset) = self.globals.variable("zero", 8);
        let zero = self.b.data(section, offset);
        let zero = self.b.load(Size::DW, zero, 0, Kind::I64);
        for var in shared {
            let VarHome::Frame(_) = self.home(var) else { continue };
            let value = self.load_var(var);
            let value = self.b.alu(AluOp::Or, value, zero);
            self.store_var(var, value);
        }
    }

    /// Whether a range is a loop of the program itself: a short one, in which the kernel calls nothing back. Of a loop
    /// around callbacks the verifier would look at all ways through all turns.
    fn is_native(&self, from: &Expr, to: &Expr, body: &[Stmt]) -> bool {
        let counted = self.counted();
        !self.can(Feature::BpfLoop) || counted.is_short(from, to, body) && !counted.call_back(body)
    }

    /// Whether a `while` is a loop of the program itself: one whose turns the verifier can count, and in which the kernel
    /// calls nothing back.
    fn is_native_while(&self, condition: &Expr, body: &[Stmt]) -> bool {
        let counted = self.counted();
        !self.can(Feature::BpfLoop)
            || counted.is_short_while(condition, body)
                && !counted.calls_back(condition)
                && !counted.call_back(body)
    }

    pub(super) fn while_loop(&mut self, condition: &'a Expr, body: &'a [Stmt]) -> Result<()> {
        if self.is_native_while(condition, body) {
            return self.native_while(condition, body);
        }
        self.callback_while(condition, body)
    }

    fn native_while(&mut self, condition: &'a Expr, body: &'a [Stmt]) -> Result<()> {
        let (head, turn, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        self.forget_maps();
        self.maybe(|cx| {
            cx.condition(condition, turn, done)?;
            cx.b.switch_to(turn);
            cx.turn(body, head, done)
        })?;
        self.b.switch_to(done);
        Ok(())
    }

    /// A loop whose turns the kernel calls, as many as it ever calls; the condition ends it. The verifier looks at one turn
    /// until it has seen all that can be, not at turn after turn.
    fn callback_while(&mut self, condition: &'a Expr, body: &'a [Stmt]) -> Result<()> {
        let span = self.span;
        let frame = self.open_frame();
        let params = [("index", Kind::I64), ("frame", MEMORY)];
        let mut changed = changes(body);
        changed.extend(changes_of(condition));
        let callback = self.callback("while", &params, |cx| {
            cx.blur(&changed);
            let (turn, done) = (cx.b.block(), cx.b.block());
            cx.condition(condition, turn, done)?;
            cx.b.switch_to(done);
            let stop = cx.b.int(1);
            cx.b.ret(Some(stop));
            cx.b.switch_to(turn);
            cx.callback_turn(body)
        })?;
        let most = self.b.int(i64::from(osmia_abi::flags::MAX_LOOPS));
        let (function, none) = (self.function(callback), self.b.int(0));
        let turns = self.call(helpers::LOOP, &[most, function, frame, none]);
        let (spent, done) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Eq, turns, most, spent, done);
        self.b.switch_to(spent);
        self.say(SPENT, span);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        self.follow_return(body);
        Ok(())
    }

    pub(super) fn for_range(
        &mut self,
        var: VarId,
        from: &'a Expr,
        to: &'a Expr,
        body: &'a [Stmt],
    ) -> Result<()> {
        let start = self.number(from)?;
        let end = self.number(to)?;
        if self.is_native(from, to, body) {
            return self.native_range(var, start, end, body);
        }
        let known = constant(from).zip(constant(to)).map(|(from, to)| to.saturating_sub(from));
        let may_be_cut = known.is_none_or(|turns| turns > i64::from(osmia_abi::flags::MAX_LOOPS));
        let ends = (start, end, may_be_cut);
        self.callback_range(var, ends, body)
    }

    fn native_range(&mut self, var: VarId, start: Value, end: Value, body: &'a [Stmt]) -> Result<()> {
        let counter = self.b.slot(8, 8);
        let at = self.b.slot_addr(counter);
        self.b.store(Size::DW, at, 0, start);
        let (head, turn, next, done) = (self.b.block(), self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        self.forget_maps();
        let now = self.b.load(Size::DW, at, 0, Kind::I64);
        self.b.branch(Cond::Slt, now, end, turn, done);
        self.b.switch_to(turn);
        self.maybe(|cx| {
            cx.store_var(var, now);
            cx.turn(body, next, done)
        })?;
        self.b.switch_to(next);
        let now = self.b.load(Size::DW, at, 0, Kind::I64);
        let one = self.b.int(1);
        let more = self.b.alu(AluOp::Add, now, one);
        self.b.store(Size::DW, at, 0, more);
        self.b.jump(head, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// `ends` are the first number, the one after the last, and whether these may be further apart than the kernel goes.
    fn callback_range(
        &mut self,
        var: VarId,
        (start, end, may_be_cut): (Value, Value, bool),
        body: &'a [Stmt],
    ) -> Result<()> {
        let span = self.span;
        let frame = self.open_frame();
        let first = self.frame_word();
        self.b.store(Size::DW, frame, first, start);
        let params = [("index", Kind::I64), ("frame", MEMORY)];
        let callback = self.callback("for_range", &params, |cx| {
            cx.blur(&changes(body));
            let (index, frame) = (cx.b.param(0), cx.b.param(1));
            let start = cx.b.load(Size::DW, frame, first, Kind::I64);
            // The helper counts in 32 bits.
            let index = cx.b.push(Op::ZeroExtend(Size::W, index), Kind::I64);
            let now = cx.b.alu(AluOp::Add, start, index);
            cx.store_var(var, now);
            cx.callback_turn(body)
        })?;
        let (run, done) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Slt, start, end, run, done);
        self.b.switch_to(run);
        let wanted = self.b.alu(AluOp::Sub, end, start);
        let most = self.b.int(i64::from(osmia_abi::flags::MAX_LOOPS));
        let few = self.b.compare(Cond::Lt, wanted, most);
        let count = self.b.push(Op::Select(few, wanted, most), Kind::I64);
        let function = self.function(callback);
        let none = self.b.int(0);
        let turns = self.call(helpers::LOOP, &[count, function, frame, none]);
        if may_be_cut {
            // Turns that a `break` left out are not missed.
            let (all, cut) = (self.b.block(), self.b.block());
            self.b.branch(Cond::Eq, turns, most, all, done);
            self.b.switch_to(all);
            self.b.branch(Cond::Gt, wanted, most, cut, done);
            self.b.switch_to(cut);
            self.say(CUT, span);
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        self.follow_return(body);
        Ok(())
    }

    fn function(&mut self, id: FunctionId) -> Value {
        self.b.push(Op::FunctionAddr(id), Kind::Ptr(Pointee::Function))
    }

    /// The frame, fit for callbacks: it tells them the context.
    pub(super) fn open_frame(&mut self) -> Value {
        let frame = self.frame();
        if !self.f.is_callback() {
            let context = self.context();
            self.b.store(Size::DW, frame, FRAME_CONTEXT, context);
        }
        frame
    }

    /// The rest of a callback: the loop's body, then the next turn.
    fn callback_turn(&mut self, body: &'a [Stmt]) -> Result<()> {
        self.body(body)?;
        if !self.b.ended() {
            let zero = self.b.int(0);
            self.b.ret(Some(zero));
        }
        Ok(())
    }

    pub(super) fn for_map(&mut self, var: VarId, map: MapId, body: &'a [Stmt], span: Span) -> Result<()> {
        let Some(handle) = self.maps[map.index()].map.filter(|_| self.program.maps[map].key.is_some()) else {
            return self.error(span, "a map without keys has nothing to go through");
        };
        let frame = self.open_frame();
        let params =
            [("map", Kind::Ptr(Pointee::Map)), ("key", MEMORY), ("value", MEMORY), ("frame", MEMORY)];
        let callback = self.callback("for_map", &params, |cx| {
            cx.blur(&changes(body));
            let (key, value) = (Place::new(cx.b.param(1)), Place::new(cx.b.param(2)));
            let value = cx.element_value(map, key, value, span)?;
            cx.set_pair(var, key, value);
            cx.callback_turn(body)
        })?;
        let (handle, function, none) = (self.b.map(handle), self.function(callback), self.b.int(0));
        self.call(helpers::FOR_EACH_MAP, &[handle, function, frame, none]);
        self.follow_return(body);
        Ok(())
    }

    /// A loop's variable is its key and value where they are; a copy of them where other callbacks want it.
    fn set_pair(&mut self, var: VarId, key: Place, value: Place) {
        if !self.is_captured(var) {
            return self.set_home(var, VarHome::Pair { key, value });
        }
        let home = self.home(var);
        let to = self.place_of(home);
        self.copy_pair(key, value, &self.probe.vars[var].kind, to);
    }

    /// What a loop sees of an element's value: itself, or the number that an aggregation amounts to.
    fn element_value(&mut self, map: MapId, key: Place, value: Place, span: Span) -> Result<Place> {
        if matches!(self.program.maps[map].value, MapValue::Plain(_)) {
            return Ok(value);
        }
        let number = self.reduce(map, key.base, span)?;
        let to = self.temp(8);
        self.b.store(Size::DW, to.base, to.offset, number);
        Ok(to)
    }

    /// `len(@m)`: how many elements a walk over the map meets.
    pub(super) fn elements(&mut self, map: MapId, span: Span) -> Result<Value> {
        let Some(handle) = self.maps[map.index()].map else {
            return self.error(span, "call to len() expects a map with explicit keys (non-scalar map)");
        };
        let params =
            [("map", Kind::Ptr(Pointee::Map)), ("key", MEMORY), ("value", MEMORY), ("frame", MEMORY)];
        let callback = self.callback("count", &params, |cx| cx.callback_turn(&[]))?;
        let (handle, function, none) = (self.b.map(handle), self.function(callback), self.b.int(0));
        let frame = self.temp(8);
        self.b.store(Size::DW, frame.base, 0, none);
        Ok(self.call(helpers::FOR_EACH_MAP, &[handle, function, frame.base, none]))
    }

    /// Calls a function of the module.
    pub(super) fn call_function(&mut self, id: FunctionId, args: &[Value]) -> Value {
        self.b.push(Op::Call(Callee::Function(id), args.to_vec()), Kind::I64)
    }
}
