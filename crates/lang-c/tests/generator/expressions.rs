//! Expressions: each part with its type, so that shifts and divisions stay defined.
use super::types::{INT, TYPES, Type, ULONG};
use super::{FIELDS, Generator, Place};

/// Numbers at which things change.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    7,
    8,
    31,
    63,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 32,
    1 << 63,
];

impl Generator {
    /// A constant that the type has, or is made to fit.
    pub(super) fn literal(&mut self, ty: Type) -> String {
        let edge = EDGES[self.below(EDGES.len())];
        let near = edge.wrapping_add(self.below(3) as u64).wrapping_sub(1);
        let number = if self.one_in(3) { self.below(100) as u64 } else { near };
        match self.below(4) {
            0 => format!("({})0x{number:x}", ty.name),
            1 => format!("({})-{}", ty.name, number & 0x7fff_ffff),
            _ => format!("({}){number}u", ty.name),
        }
    }

    /// An expression that may change one variable, once.
    pub(super) fn full_expression(&mut self) -> String {
        self.hot = if self.one_in(3) && !self.known.counters.is_empty() {
            Some(self.known.counters[self.random.below(self.known.counters.len())].clone())
        } else {
            None
        };
        let cold = self.hot.clone();
        self.known.counters.retain(|place| cold.as_ref().is_none_or(|hot| hot.text != place.text));
        let depth = 2 + self.below(3);
        let text = self.expression(depth).0;
        self.known.counters.extend(cold);
        self.hot = None;
        text
    }

    pub(super) fn expression(&mut self, depth: usize) -> (String, Type) {
        if depth == 0 {
            return self.leaf();
        }
        match self.below(16) {
            0..=4 => self.arithmetic(depth),
            5..=6 => self.shift(depth),
            7 => self.division(depth),
            8..=9 => self.comparison(depth),
            10 => self.logic(depth),
            11 => self.ternary(depth),
            12 => self.unary(depth),
            13 => self.cast(depth),
            14 => self.call(depth),
            _ => self.odd(depth),
        }
    }

    fn leaf(&mut self) -> (String, Type) {
        if let Some(hot) = self.hot.take_if(|_| self.random.below(2) == 0) {
            return self.changed(&hot);
        }
        match self.below(8) {
            0..=1 => {
                let ty = self.ty();
                (self.literal(ty), ty)
            }
            2 if !self.known.constants.is_empty() => self.one_of(|all| &all.known.constants),
            3 if !self.known.arrays.is_empty() => {
                let array = self.known.arrays[self.random.below(self.known.arrays.len())].clone();
                let index = self.index();
                (format!("{}[{index}]", array.text), array.ty)
            }
            4 if !self.known.records.is_empty() => {
                let place = self.field();
                (format!("({}){}", place.ty.name, place.text), place.ty)
            }
            5..=6 if !self.known.counters.is_empty() => self.one_of(|all| &all.known.counters),
            _ if !self.known.places.is_empty() => self.one_of(|all| &all.known.places),
            _ => ("3".to_owned(), INT),
        }
    }

    fn one_of(&mut self, of: impl Fn(&Generator) -> &Vec<Place>) -> (String, Type) {
        let at = self.random.below(of(self).len());
        let place = of(self)[at].clone();
        (place.text, place.ty)
    }

    /// A position in an array of eight.
    pub(super) fn index(&mut self) -> String {
        if self.one_in(2) || self.known.counters.is_empty() {
            return self.below(8).to_string();
        }
        let (text, _) = self.one_of(|all| &all.known.counters);
        format!("{text} & 7")
    }

    /// A member of a record.
    pub(super) fn field(&mut self) -> Place {
        let (name, tag) = self.known.records[self.random.below(self.known.records.len())].clone();
        let fields: Vec<_> = FIELDS.iter().filter(|(of, ..)| *of == tag).collect();
        let (_, field, ty) = fields[self.below(fields.len())];
        let ty = TYPES.iter().find(|known| known.name == *ty).copied().unwrap_or(ULONG);
        Place { text: format!("{name}.{field}"), ty }
    }

    /// A variable that changes where it is read.
    fn changed(&mut self, place: &Place) -> (String, Type) {
        let text = &place.text;
        let text = match self.below(6) {
            0 => format!("{text}++"),
            1 => format!("++{text}"),
            2 => format!("{text}--"),
            3 => format!("--{text}"),
            4 => format!("({text} += {})", self.leaf().0),
            _ => format!("({text} = {})", self.leaf().0),
        };
        (text, place.ty)
    }

    fn arithmetic(&mut self, depth: usize) -> (String, Type) {
        let ((left, a), (right, b)) = (self.expression(depth - 1), self.expression(depth - 1));
        let op = self.pick(&["+", "-", "*", "&", "|", "^"]);
        (format!("({left} {op} {right})"), a.common(b))
    }

    fn shift(&mut self, depth: usize) -> (String, Type) {
        let ((left, ty), (right, _)) = (self.expression(depth - 1), self.leaf());
        let ty = ty.promoted();
        let op = self.pick(&["<<", ">>"]);
        let by = if self.one_in(2) {
            self.below(ty.bits as usize).to_string()
        } else {
            format!("({right} & {})", ty.bits - 1)
        };
        (format!("({left} {op} {by})"), ty)
    }

    /// A division by what is neither 0 nor -1.
    fn division(&mut self, depth: usize) -> (String, Type) {
        let (left, a) = self.expression(depth - 1);
        let op = self.pick(&["/", "%"]);
        if self.one_in(2) {
            let by = self.pick(&[
                "2",
                "3",
                "7",
                "8",
                "10u",
                "64",
                "1000",
                "-3",
                "-4",
                "0x80000000",
                "1",
                "16ul",
                "-8l",
                "255",
            ]);
            let b = match by {
                "10u" | "0x80000000" => Type { signed: false, ..INT },
                "16ul" => ULONG,
                "-8l" => Type { signed: true, ..ULONG },
                _ => INT,
            };
            return (format!("({left} {op} {by})"), a.common(b));
        }
        let (right, b) = self.leaf();
        (format!("({left} {op} (({right} & 63) + 1))"), a.common(b))
    }

    fn comparison(&mut self, depth: usize) -> (String, Type) {
        let ((left, _), (right, _)) = (self.expression(depth - 1), self.expression(depth - 1));
        let op = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
        (format!("({left} {op} {right})"), INT)
    }

    fn logic(&mut self, depth: usize) -> (String, Type) {
        let ((left, _), (right, _)) = (self.expression(depth - 1), self.expression(depth - 1));
        let op = self.pick(&["&&", "||"]);
        (format!("({left} {op} {right})"), INT)
    }

    fn ternary(&mut self, depth: usize) -> (String, Type) {
        let (condition, _) = self.expression(depth - 1);
        let ((left, a), (right, b)) = (self.expression(depth - 1), self.expression(depth - 1));
        if self.one_in(5) {
            // The condition is the value.
            let (first, c) = self.leaf();
            return (format!("({first} ?: {right})"), c.common(b));
        }
        (format!("({condition} ? {left} : {right})"), a.common(b))
    }

    fn unary(&mut self, depth: usize) -> (String, Type) {
        let (text, ty) = self.expression(depth - 1);
        match self.below(3) {
            0 => (format!("(- {text})"), ty.promoted()),
            1 => (format!("(~{text})"), ty.promoted()),
            _ => (format!("(!{text})"), INT),
        }
    }

    fn cast(&mut self, depth: usize) -> (String, Type) {
        let (text, _) = self.expression(depth - 1);
        let ty = self.ty();
        (format!("(({}){text})", ty.name), ty)
    }

    /// A call of a function without effects.
    fn call(&mut self, depth: usize) -> (String, Type) {
        let pure: Vec<_> =
            self.known.functions.iter().filter(|function| !function.has_effects).cloned().collect();
        if pure.is_empty() {
            return self.arithmetic(depth);
        }
        let function = self.pick(&pure);
        let args: Vec<_> = (0..function.params).map(|_| self.expression(depth.min(2) - 1).0).collect();
        (format!("{}({})", function.name, args.join(", ")), function.result)
    }

    /// What else is an expression.
    fn odd(&mut self, depth: usize) -> (String, Type) {
        let (text, ty) = self.expression(depth - 1);
        match self.below(6) {
            0 => {
                let other = self.leaf().0;
                (format!("((void){other}, {text})"), ty)
            }
            1 => {
                let (name, to) = (self.name("t"), self.ty());
                (format!("({{ {} {name} = {text}; {name}; }})", to.name), to)
            }
            2 => (format!("__builtin_bswap32({text})"), Type { signed: false, ..INT }),
            3 => (format!("__builtin_bswap64({text})"), ULONG),
            4 => (
                format!("__builtin_bswap16({text})"),
                Type { name: "unsigned short", bits: 16, signed: false },
            ),
            _ => (format!("(sizeof({text}) * {text})"), ULONG),
        }
    }
}
