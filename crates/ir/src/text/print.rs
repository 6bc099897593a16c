//! Printing.
use super::names::{ALU, ATOMICS, CONDS, SIZES, SWAPS, TYPES, name};
use crate::cfg::Cfg;
use crate::{
    Address, Callee, Core, Function, Inline, Inst, Jump, Loc, Module, Offset, Op, Terminator, Value,
};
use osmia_object::Linkage;
use std::fmt::Write;

/// A module: its maps, data and externs by name and size, then its functions.
pub fn print(module: &Module) -> String {
    let mut out = String::new();
    for (key, map) in module.maps.iter() {
        let (kind, name) = (map.kind.name(), &map.name);
        let _ = writeln!(
            out,
            "map {key} {kind} {name:?} key {} value {} entries {}",
            map.key_size, map.value_size, map.max_entries
        );
    }
    for (key, data) in module.data.iter() {
        let _ = writeln!(out, "data {key} {:?} {}", data.name, data.bytes.len());
    }
    for (key, symbol) in module.externs.iter() {
        let _ = writeln!(out, "extern {key} {:?} {:?}", symbol.name, symbol.section);
    }
    for function in module.functions.values() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&print_function(function));
    }
    out
}

/// One function; blocks that cannot be reached are left out.
pub fn print_function(function: &Function) -> String {
    let mut print = Print { function, out: String::new() };
    print.function();
    print.out
}

struct Print<'a> {
    function: &'a Function,
    out: String,
}

fn commas<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

impl Print<'_> {
    fn function(&mut self) {
        let function = self.function;
        let linkage = match function.linkage {
            Linkage::Static => " static",
            Linkage::Global => "",
            Linkage::Weak => " weak",
        };
        let program =
            function.program.as_ref().map_or(String::new(), |p| format!(" program {}", p.kind.name()));
        let result = function.result.map_or(String::new(), |kind| format!(" -> {}", name(TYPES, &kind)));
        let inline = match function.inline {
            Inline::Free => "",
            Inline::Liberal => " inline",
            Inline::Always => " always_inline",
            Inline::Never => " noinline",
        };
        let _ = writeln!(
            self.out,
            "func {:?} {:?}{linkage}{inline}{program}{result} {{",
            function.name, function.section
        );
        for (slot, data) in function.slots.iter() {
            let _ = writeln!(self.out, "  slot {slot} {} align {}", data.size, data.align);
        }
        if !function.unroll.is_empty() {
            let _ = writeln!(self.out, "  unroll {}", commas(&function.unroll));
        }
        for &block in &Cfg::new(function).order {
            let data = &function.blocks[block];
            let params = commas(data.params.iter().map(|&param| self.typed(param)));
            let params = if params.is_empty() { params } else { format!("({params})") };
            let _ = writeln!(self.out, "{block}{params}:");
            for inst in &data.insts {
                let text = self.inst(inst);
                let _ = writeln!(self.out, "  {text}{}", place(inst.loc));
            }
            let _ = writeln!(self.out, "  {}{}", end(&data.end), place(data.end_loc));
        }
        self.out.push_str("}\n");
    }

    fn typed(&self, value: Value) -> String {
        format!("{value}: {}", name(TYPES, &self.function.kind(value)))
    }

    fn inst(&self, inst: &Inst) -> String {
        let result = inst.result.map_or(String::new(), |value| format!("{} = ", self.typed(value)));
        format!("{result}{}", op(&inst.op))
    }
}

fn place(loc: Loc) -> String {
    if loc == Loc::default() { String::new() } else { format!(" @{}:{}:{}", loc.file, loc.line, loc.column) }
}

fn core(core: &Core) -> String {
    format!("core {} {:?} {} {}", core.type_id.0, core.access, core.kind, core.local)
}

fn address(at: &Address) -> String {
    let base = at.base;
    match &at.offset {
        Offset::Bytes(0) => format!("[{base}]"),
        Offset::Bytes(bytes) if *bytes < 0 => format!("[{base} - {}]", bytes.unsigned_abs()),
        Offset::Bytes(bytes) => format!("[{base} + {bytes}]"),
        Offset::Core(question) => format!("[{base} + {}]", core(question)),
    }
}

fn jump(jump: &Jump) -> String {
    let args = commas(&jump.args);
    if args.is_empty() { jump.block.to_string() } else { format!("{}({args})", jump.block) }
}

fn end(end: &Terminator) -> String {
    match end {
        Terminator::Missing => "missing".into(),
        Terminator::Jump(to) => format!("jump {}", jump(to)),
        Terminator::Branch { cond, lhs, rhs, then, other } => {
            format!("br.{} {lhs}, {rhs}, {}, {}", name(CONDS, cond), jump(then), jump(other))
        }
        Terminator::Return(Some(value)) => format!("ret {value}"),
        Terminator::Return(None) => "ret".into(),
        Terminator::Unreachable => "unreachable".into(),
    }
}

fn op(op: &Op) -> String {
    let size = |size| name(SIZES, size);
    match op {
        Op::Const(number) => format!("const {number}"),
        Op::Core(question) => core(question),
        Op::Alu(op, a, b) => format!("{} {a}, {b}", name(ALU, op)),
        Op::Neg(a) => format!("neg {a}"),
        Op::ZeroExtend(from, a) => format!("zext.{} {a}", size(from)),
        Op::SignExtend(from, a) => format!("sext.{} {a}", size(from)),
        Op::Truncate(a) => format!("trunc {a}"),
        Op::Cast(a) => format!("cast {a}"),
        Op::Opaque(a) => format!("opaque {a}"),
        Op::Barrier => "barrier".into(),
        Op::Swap(swap, of, a) => format!("{}.{} {a}", name(SWAPS, swap), size(of)),
        Op::Compare(cond, a, b) => format!("cmp.{} {a}, {b}", name(CONDS, cond)),
        Op::Select(condition, a, b) => format!("select {condition}, {a}, {b}"),
        Op::Load(of, at) => format!("load.{} {}", size(of), address(at)),
        Op::LoadSigned(of, at) => format!("loads.{} {}", size(of), address(at)),
        Op::Store(of, at, value) => format!("store.{} {}, {value}", size(of), address(at)),
        Op::Zero(at, bytes) => format!("zero {}, {bytes}", address(at)),
        Op::Copy { to, from, size } => format!("copy {}, {}, {size}", address(to), address(from)),
        Op::Atomic(op, of, at, value) => {
            format!("atomic.{}.{} {}, {value}", name(ATOMICS, op), size(of), address(at))
        }
        Op::CompareExchange { size: of, at, expected, new } => {
            format!("cmpxchg.{} {}, {expected}, {new}", size(of), address(at))
        }
        Op::SlotAddr(slot) => format!("slot {slot}"),
        Op::MapAddr(map) => format!("map {map}"),
        Op::DataAddr(data, 0) => format!("data {data}"),
        Op::DataAddr(data, offset) => format!("data {data} + {offset}"),
        Op::ExternAddr(symbol) => format!("extern {symbol}"),
        Op::FunctionAddr(id) => format!("func {id}"),
        Op::Call(callee, args) => {
            let callee = match callee {
                Callee::Helper(number) => format!("helper {number}"),
                Callee::Kfunc(symbol) => symbol.to_string(),
                Callee::Pointer => "pointer".into(),
                Callee::Function(id) => id.to_string(),
            };
            format!("call {callee}({})", commas(args))
        }
        Op::LoadPacket(of, None, bytes) => format!("packet.{} {bytes}", size(of)),
        Op::LoadPacket(of, Some(index), bytes) => format!("packet.{} {index}, {bytes}", size(of)),
    }
}
