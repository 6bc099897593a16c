//! Parsing: one line, one thing.
use super::names::{ALU, ATOMICS, CONDS, SIZES, SWAPS, TYPES, thing};
use crate::{
    Address, Block, BlockData, Callee, Core, Function, FunctionId, Inline, Inst, Jump, Loc, Module, Offset,
    Op, Slot, SlotData, Terminator, Type, Value, ValueData,
};
use osmia_abi::{MapType, ProgramType};
use osmia_base::{Arena, Key};
use osmia_btf::TypeId;
use osmia_isa::{AtomicOp, Size};
use osmia_object::{Attach, Data, DataKind, Extern, Linkage, Map, MapDecl, Pinning, Program};
use std::fmt;

/// Why a text is not a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The line, from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl std::error::Error for TextError {}

/// Numbers of values, blocks and slots end here.
const MOST: u32 = 1 << 20;

/// Reads what [`super::print()`] writes. Lines that begin with `#` are comments. The result may still be invalid.
pub fn parse(text: &str) -> Result<Module, TextError> {
    let mut module = Module { license: "GPL".into(), ..Module::default() };
    let mut function: Option<(Function, Block)> = None;
    for (number, line) in text.lines().enumerate() {
        let fail = |expected: String| TextError { line: number + 1, expected };
        let mut words = Words::new(line).map_err(fail)?;
        if words.rest.is_empty() {
            continue;
        }
        function = match function {
            None => words.top(&mut module).map_err(fail)?,
            Some((function, _)) if words.take("}") => {
                module.functions.push(function);
                None
            }
            Some((mut function, block)) => {
                let block = words.line(&mut function, block).map_err(fail)?;
                Some((function, block))
            }
        };
        words.finish().map_err(fail)?;
    }
    match function {
        None => Ok(module),
        Some(_) => Err(TextError { line: text.lines().count(), expected: "`}`".into() }),
    }
}

type Found<T> = Result<T, String>;

/// The words of one line, last first.
struct Words {
    rest: Vec<String>,
}

impl Words {
    fn new(line: &str) -> Found<Self> {
        let mut words = Vec::new();
        let mut chars = line.chars().peekable();
        while let Some(&c) = chars.peek() {
            let mut word = String::from(c);
            chars.next();
            match c {
                '#' => break,
                c if c.is_whitespace() => continue,
                '"' => loop {
                    match chars.next() {
                        Some('"') => break,
                        Some(c) => word.push(c),
                        None => return Err("a closing quotation mark".into()),
                    }
                },
                c if is_word(c) || c == '*' => {
                    while let Some(c) = chars.next_if(|&c| is_word(c)) {
                        word.push(c);
                    }
                }
                _ => {}
            }
            words.push(word);
        }
        words.reverse();
        Ok(Self { rest: words })
    }

    fn next(&mut self) -> Found<String> {
        self.rest.pop().ok_or_else(|| "more on this line".into())
    }

    fn peek(&self) -> &str {
        self.rest.last().map_or("", String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.rest.pop();
        }
        found
    }

    fn need(&mut self, word: &str) -> Found<()> {
        if self.take(word) { Ok(()) } else { Err(format!("`{word}`, not `{}`", self.peek())) }
    }

    fn finish(self) -> Found<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(format!("the line's end, not `{}`", self.peek())) }
    }

    fn string(&mut self) -> Found<String> {
        let word = self.next()?;
        word.strip_prefix('"').map(str::to_owned).ok_or_else(|| "a string".into())
    }

    fn number<T: TryFrom<i128>>(&mut self) -> Found<T> {
        let minus = self.take("-");
        let word = self.next()?;
        let number = match word.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16),
            None => word.parse(),
        };
        let number = number.map_err(|_| format!("a number, not `{word}`"))?;
        T::try_from(if minus { -number } else { number }).map_err(|_| "a smaller number".into())
    }

    fn key<K: Key>(&mut self, prefix: &str) -> Found<K> {
        let word = self.next()?;
        let number = word.strip_prefix(prefix).and_then(|digits| digits.parse::<u32>().ok());
        match number {
            Some(number) if number < MOST => Ok(K::from_index(number as usize)),
            _ => Err(format!("`{prefix}` with a number, not `{word}`")),
        }
    }

    fn kind(&mut self) -> Found<Type> {
        let word = self.next()?;
        thing(TYPES, &word).ok_or_else(|| format!("a type, not `{word}`"))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// Declarations.
impl Words {
    fn top(&mut self, module: &mut Module) -> Found<Option<(Function, Block)>> {
        match self.next()?.as_str() {
            "map" => {
                let map = self.map()?;
                module.maps.push(map);
            }
            "data" => {
                self.key::<osmia_object::DataKey>("data")?;
                let (name, size) = (self.string()?, self.number::<u16>()?);
                let kind = if name.starts_with(".rodata") { DataKind::ReadOnly } else { DataKind::Data };
                let bytes = vec![0; size.into()];
                let type_id = TypeId::default();
                module.data.push(Data {
                    name,
                    kind,
                    bytes,
                    type_id,
                    variables: Vec::new(),
                    relocs: Vec::new(),
                });
            }
            "extern" => {
                self.key::<osmia_object::ExternKey>("extern")?;
                let (name, section) = (self.string()?, self.string()?);
                module.externs.push(Extern { name, section, type_id: TypeId::default(), weak: false });
            }
            "func" => return self.function().map(Some),
            word => return Err(format!("`map`, `data`, `extern` or `func`, not `{word}`")),
        }
        Ok(None)
    }

    fn map(&mut self) -> Found<Map> {
        self.key::<osmia_object::MapKey>("map")?;
        let kind = self.next()?;
        let kind = MapType::from_name(&kind).ok_or_else(|| format!("a kind of map, not `{kind}`"))?;
        let name = self.string()?;
        self.need("key")?;
        let key_size = self.number()?;
        self.need("value")?;
        let value_size = self.number()?;
        self.need("entries")?;
        Ok(Map {
            name,
            decl: MapDecl::Btf,
            kind,
            key_size,
            value_size,
            max_entries: self.number()?,
            flags: 0,
            numa_node: 0,
            extra: 0,
            pinning: Pinning::None,
            key_type: TypeId::default(),
            value_type: TypeId::default(),
            inner: None,
            slots: Vec::new(),
        })
    }

    fn function(&mut self) -> Found<(Function, Block)> {
        let mut function = Function {
            name: self.string()?,
            section: self.string()?,
            linkage: Linkage::Global,
            program: None,
            type_id: TypeId::default(),
            blocks: Arena::new(),
            values: Arena::new(),
            slots: Arena::new(),
            entry: Block::from_index(0),
            result: None,
            inline: Inline::Free,
            unroll: Vec::new(),
        };
        if self.take("static") {
            function.linkage = Linkage::Static;
        } else if self.take("weak") {
            function.linkage = Linkage::Weak;
        }
        if self.take("inline") {
            function.inline = Inline::Liberal;
        } else if self.take("always_inline") {
            function.inline = Inline::Always;
        } else if self.take("noinline") {
            function.inline = Inline::Never;
        }
        if self.take("program") {
            function.program = Some(self.program()?);
        }
        if self.take("-") {
            self.need(">")?;
            function.result = Some(self.kind()?);
        }
        self.need("{")?;
        // No block yet: the first becomes the entry.
        Ok((function, Block::from_index(MOST as usize)))
    }

    fn program(&mut self) -> Found<Program> {
        let kind = self.next()?;
        let kind = ProgramType::from_name(&kind).ok_or_else(|| format!("a kind of program, not `{kind}`"))?;
        let attach = Attach::Nowhere;
        Ok(Program { kind, attach_type: None, attach, sleepable: false, frags: false, autoload: true })
    }
}

fn grow<K: Key, V: Clone>(arena: &mut Arena<K, V>, key: K, fill: &V) {
    while arena.len() <= key.index() {
        arena.push(fill.clone());
    }
}

/// Lines of a function.
impl Words {
    fn line(&mut self, function: &mut Function, block: Block) -> Found<Block> {
        if self.take("slot") {
            let slot: Slot = self.key("s")?;
            let size = self.number()?;
            self.need("align")?;
            let align = self.number()?;
            grow(&mut function.slots, slot, &SlotData { size: 0, align: 1 });
            function.slots[slot] = SlotData { size, align };
            return Ok(block);
        }
        if self.take("unroll") {
            function.unroll.push(self.key("b")?);
            while self.take(",") {
                function.unroll.push(self.key("b")?);
            }
            return Ok(block);
        }
        if self.rest.first().is_some_and(|last| last == ":") {
            return self.block(function, block);
        }
        if block.index() == MOST as usize {
            return Err("a block".into());
        }
        let mut inst = Inst { result: None, op: Op::Const(0), loc: Loc::default() };
        if self.rest.len() > 1 && self.rest[self.rest.len() - 2] == ":" {
            inst.result = Some(self.typed(function)?);
            self.need("=")?;
        } else if let Some(end) = self.end()? {
            let loc = self.loc()?;
            let data = &mut function.blocks[block];
            (data.end, data.end_loc) = (end, loc);
            for jump in data.end.clone().jumps() {
                grow(&mut function.blocks, jump.block, &BlockData::default());
            }
            return Ok(block);
        }
        inst.op = self.op()?;
        inst.loc = self.loc()?;
        function.blocks[block].insts.push(inst);
        Ok(block)
    }

    fn block(&mut self, function: &mut Function, before: Block) -> Found<Block> {
        let block: Block = self.key("b")?;
        grow(&mut function.blocks, block, &BlockData::default());
        if self.take("(") {
            while !self.take(")") {
                let param = self.typed(function)?;
                function.blocks[block].params.push(param);
                self.take(",");
            }
        }
        self.need(":")?;
        if before.index() == MOST as usize {
            function.entry = block;
        }
        Ok(block)
    }

    fn typed(&mut self, function: &mut Function) -> Found<Value> {
        let value = self.value()?;
        self.need(":")?;
        let kind = self.kind()?;
        grow(&mut function.values, value, &ValueData { kind: Type::I64 });
        function.values[value].kind = kind;
        Ok(value)
    }

    fn value(&mut self) -> Found<Value> {
        self.key("v")
    }

    fn values(&mut self) -> Found<Vec<Value>> {
        let mut values = Vec::new();
        if self.take("(") {
            while !self.take(")") {
                values.push(self.value()?);
                self.take(",");
            }
        }
        Ok(values)
    }

    /// `, v1`
    fn also(&mut self) -> Found<Value> {
        self.need(",")?;
        self.value()
    }

    fn loc(&mut self) -> Found<Loc> {
        if !self.take("@") {
            return Ok(Loc::default());
        }
        let file = self.number()?;
        self.need(":")?;
        let line = self.number()?;
        self.need(":")?;
        Ok(Loc { file, line, column: self.number()? })
    }

    fn jump(&mut self) -> Found<Jump> {
        Ok(Jump { block: self.key("b")?, args: self.values()? })
    }

    fn end(&mut self) -> Found<Option<Terminator>> {
        let word = self.peek().to_owned();
        let end = match word.as_str() {
            "jump" => {
                self.next()?;
                Terminator::Jump(self.jump()?)
            }
            "ret" => {
                self.next()?;
                let value = if self.peek().starts_with('v') { Some(self.value()?) } else { None };
                Terminator::Return(value)
            }
            "unreachable" => {
                self.next()?;
                Terminator::Unreachable
            }
            word => {
                let Some(cond) = word.strip_prefix("br.").and_then(|cond| thing(CONDS, cond)) else {
                    return Ok(None);
                };
                self.next()?;
                let (lhs, rhs) = (self.value()?, self.also()?);
                self.need(",")?;
                let then = self.jump()?;
                self.need(",")?;
                Terminator::Branch { cond, lhs, rhs, then, other: self.jump()? }
            }
        };
        Ok(Some(end))
    }

    fn address(&mut self) -> Found<Address> {
        self.need("[")?;
        let base = self.value()?;
        let offset = if self.take("+") {
            if self.take("core") { Offset::Core(self.core()?) } else { Offset::Bytes(self.number()?) }
        } else if self.peek() == "-" {
            Offset::Bytes(self.number()?)
        } else {
            Offset::Bytes(0)
        };
        self.need("]")?;
        Ok(Address { base, offset })
    }

    fn core(&mut self) -> Found<Core> {
        let type_id = TypeId(self.number()?);
        Ok(Core { type_id, access: self.string()?, kind: self.number()?, local: self.number()? })
    }

    fn op(&mut self) -> Found<Op> {
        let word = self.next()?;
        let (name, rest) = word.split_once('.').unwrap_or((&word, ""));
        if let Some(op) = thing(ALU, &word) {
            return Ok(Op::Alu(op, self.value()?, self.also()?));
        }
        if !rest.is_empty() {
            return self.sized(name, rest);
        }
        Ok(match name {
            "const" => Op::Const(self.number()?),
            "core" => Op::Core(self.core()?),
            "neg" => Op::Neg(self.value()?),
            "trunc" => Op::Truncate(self.value()?),
            "cast" => Op::Cast(self.value()?),
            "opaque" => Op::Opaque(self.value()?),
            "barrier" => Op::Barrier,
            "select" => Op::Select(self.value()?, self.also()?, self.also()?),
            "zero" => {
                let at = self.address()?;
                self.need(",")?;
                Op::Zero(at, self.number()?)
            }
            "copy" => {
                let to = self.address()?;
                self.need(",")?;
                let from = self.address()?;
                self.need(",")?;
                Op::Copy { to, from, size: self.number()? }
            }
            "slot" => Op::SlotAddr(self.key("s")?),
            "map" => Op::MapAddr(self.key("map")?),
            "data" => {
                let data = self.key("data")?;
                Op::DataAddr(data, if self.take("+") { self.number()? } else { 0 })
            }
            "extern" => Op::ExternAddr(self.key("extern")?),
            "func" => Op::FunctionAddr(self.key("f")?),
            "call" => Op::Call(self.callee()?, self.values()?),
            _ => return Err(format!("an operation, not `{word}`")),
        })
    }

    fn callee(&mut self) -> Found<Callee> {
        if self.take("helper") {
            return Ok(Callee::Helper(self.number()?));
        }
        if self.take("pointer") {
            return Ok(Callee::Pointer);
        }
        if self.peek().starts_with("extern") {
            return Ok(Callee::Kfunc(self.key("extern")?));
        }
        Ok(Callee::Function(self.key::<FunctionId>("f")?))
    }

    fn sized(&mut self, name: &str, rest: &str) -> Found<Op> {
        let (first, last) = rest.rsplit_once('.').unwrap_or(("", rest));
        if name == "cmp" {
            let cond = thing(CONDS, rest).ok_or("a condition")?;
            return Ok(Op::Compare(cond, self.value()?, self.also()?));
        }
        let size: Size = thing(SIZES, last).ok_or_else(|| format!("a size, not `{last}`"))?;
        if let Some(swap) = thing(SWAPS, name) {
            return Ok(Op::Swap(swap, size, self.value()?));
        }
        Ok(match name {
            "zext" => Op::ZeroExtend(size, self.value()?),
            "sext" => Op::SignExtend(size, self.value()?),
            "load" => Op::Load(size, self.address()?),
            "loads" => Op::LoadSigned(size, self.address()?),
            "store" => Op::Store(size, self.address()?, self.also()?),
            "atomic" => {
                let op: AtomicOp = thing(ATOMICS, first).ok_or("an atomic operation")?;
                Op::Atomic(op, size, self.address()?, self.also()?)
            }
            "cmpxchg" => {
                let at = self.address()?;
                Op::CompareExchange { size, at, expected: self.also()?, new: self.also()? }
            }
            "packet" => {
                let index = if self.peek().starts_with('v') { Some(self.value()?) } else { None };
                if index.is_some() {
                    self.need(",")?;
                }
                Op::LoadPacket(size, index, self.number()?)
            }
            _ => return Err(format!("an operation, not `{name}.{rest}`")),
        })
    }
}
