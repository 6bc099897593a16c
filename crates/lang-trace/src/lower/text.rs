//! Comparing and searching text.
use super::cx::{Cx, Place, Result};
use super::helpers;
use super::memory::{Fill, pieces};
use crate::typed::{Builtin, Expr, ExprKind};
use osmia_abi::Feature;
use osmia_ir::{Block, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};

/// Texts of at most so many bytes are compared without a loop.
const UNROLLED: u32 = 64;
/// Searches of more turns are left to the kernel's own loop: each way out of a loop has a result that the verifier
/// knows, and it would look at all that follows once for each.
const TURNS: u32 = 8;

/// How text must be written that is read in words: what is behind its NUL is read too, and must not be a pointer that the
/// stack held before. What a helper writes is no pointer, all the way.
const fn in_words(text: &Expr) -> Fill {
    match text.kind {
        ExprKind::Str { .. } | ExprKind::Builtin(Builtin::Comm) => Fill::Text,
        _ => Fill::Whole,
    }
}

impl<'a> Cx<'a> {
    /// Goes to `then` if two texts are equal, else to `other`.
    pub(super) fn text_equal(
        &mut self,
        lhs: &'a Expr,
        rhs: &'a Expr,
        limit: Option<u32>,
        then: Block,
        other: Block,
    ) -> Result<()> {
        let limit = limit.unwrap_or(u32::MAX);
        match (literal(lhs), literal(rhs)) {
            (Some(a), Some(b)) => {
                let equal = text_prefix(a, limit) == text_prefix(b, limit);
                self.b.jump(if equal { then } else { other }, &[]);
                Ok(())
            }
            (Some(text), None) => self.equals_literal(rhs, text, limit, then, other),
            (None, Some(text)) => self.equals_literal(lhs, text, limit, then, other),
            (None, None) => self.equals_text(lhs, rhs, limit, then, other),
        }
    }

    /// Compares with text that is known: its bytes and its NUL, as far as they count.
    fn equals_literal(
        &mut self,
        it: &'a Expr,
        text: &[u8],
        limit: u32,
        then: Block,
        other: Block,
    ) -> Result<()> {
        let capacity = self.size_of(&it.ty);
        let mut wanted = until_nul(text).to_vec();
        wanted.push(0);
        wanted.truncate(limit as usize);
        if wanted.len() as u32 > capacity {
            self.b.jump(other, &[]);
            return Ok(());
        }
        let place = self.memory(it, in_words(it))?;
        self.equals_bytes(place, &wanted, then, other);
        Ok(())
    }

    fn equals_bytes(&mut self, place: Place, wanted: &[u8], then: Block, other: Block) {
        for (at, size) in pieces(place.offset, wanted.len() as u32) {
            let part = &wanted[at as usize..(at + size.bytes()) as usize];
            let mut word = [0; 4];
            word[..part.len()].copy_from_slice(part);
            let found = self.b.load(size, place.base, place.offset + at as i32, Kind::I32);
            let number = self.b.constant(i64::from(i32::from_le_bytes(word)), Kind::I32);
            let same = self.b.block();
            self.b.branch(Cond::Eq, found, number, same, other);
            self.b.switch_to(same);
        }
        self.b.jump(then, &[]);
    }

    fn equals_text(
        &mut self,
        lhs: &'a Expr,
        rhs: &'a Expr,
        limit: u32,
        then: Block,
        other: Block,
    ) -> Result<()> {
        let capacities = (self.size_of(&lhs.ty), self.size_of(&rhs.ty));
        let (a, b) = (self.memory(lhs, Fill::Whole)?, self.memory(rhs, Fill::Whole)?);
        let shorter = capacities.0.min(capacities.1);
        let count = shorter.min(limit);
        match a.offset % 8 == 0 && b.offset % 8 == 0 {
            _ if count <= UNROLLED => self.equals_words(a, b, count, then, other),
            true => {
                let rest = self.b.block();
                self.equals_loop(a, b, Size::DW, count / 8, rest, other);
                self.b.switch_to(rest);
                let done = count / 8 * 8;
                self.equals_words(a.at(done), b.at(done), count - done, then, other);
            }
            false => self.equals_loop(a, b, Size::B, count, then, other),
        }
        Ok(())
    }

    /// Texts are filled up with NULs: equal texts are equal bytes.
    fn equals_words(&mut self, a: Place, b: Place, count: u32, then: Block, other: Block) {
        let aligned = a.offset % 8 == 0 && b.offset % 8 == 0;
        let mut at = 0;
        while at < count {
            let sizes = if aligned { &[Size::DW, Size::W, Size::H, Size::B][..] } else { &[Size::B] };
            let size = sizes.iter().copied().find(|size| size.bytes() <= count - at).unwrap_or(Size::B);
            let x = self.b.load(size, a.base, a.offset + at as i32, Kind::I64);
            let y = self.b.load(size, b.base, b.offset + at as i32, Kind::I64);
            let same = self.b.block();
            self.b.branch(Cond::Eq, x, y, same, other);
            self.b.switch_to(same);
            at += size.bytes();
        }
        self.b.jump(then, &[]);
    }

    /// Piece by piece: texts are filled up with NULs, so that whole words can be compared.
    fn equals_loop(&mut self, a: Place, b: Place, size: Size, count: u32, then: Block, other: Block) {
        let (at, head, next) = self.start_loop(count, then);
        let (x, y) = (self.piece(a, at, size), self.piece(b, at, size));
        let same = self.b.block();
        self.b.branch(Cond::Eq, x, y, same, other);
        self.b.switch_to(same);
        self.next_turn(head, next);
    }

    /// The head of a loop with a counter: goes to `done` after `count` turns. Gives the counter, and what
    /// [`Self::next_turn`] wants.
    pub(super) fn start_loop(&mut self, count: u32, done: Block) -> (Value, Block, Place) {
        let counter = self.temp(8);
        let zero = self.b.int(0);
        self.b.store(Size::DW, counter.base, 0, zero);
        let (head, turn) = (self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let at = self.b.load(Size::DW, counter.base, 0, Kind::I64);
        let most = self.b.int(i64::from(count));
        self.b.branch(Cond::Lt, at, most, turn, done);
        self.b.switch_to(turn);
        (at, head, counter)
    }

    pub(super) fn next_turn(&mut self, head: Block, counter: Place) {
        let at = self.b.load(Size::DW, counter.base, 0, Kind::I64);
        let one = self.b.int(1);
        let next = self.b.alu(AluOp::Add, at, one);
        self.b.store(Size::DW, counter.base, 0, next);
        self.b.jump(head, &[]);
    }

    fn byte(&mut self, place: Place, at: Value) -> Value {
        self.piece(place, at, Size::B)
    }

    /// Number `at` of the pieces of some size.
    pub(super) fn piece(&mut self, place: Place, at: Value, size: Size) -> Value {
        let bytes = self.b.int(i64::from(size.bytes()));
        let distance = if size == Size::B { at } else { self.b.alu(AluOp::Mul, at, bytes) };
        let address = self.b.alu(AluOp::Add, place.base, distance);
        self.b.load(size, address, place.offset, Kind::I64)
    }

    /// `strlen(s)`.
    pub(super) fn text_length(&mut self, text: &'a Expr) -> Result<Value> {
        if let Some(text) = literal(text) {
            return Ok(self.b.int(until_nul(text).len() as i64));
        }
        let capacity = self.size_of(&text.ty);
        let place = self.memory(text, in_words(text))?;
        let (words, rest) = (capacity / 8, capacity % 8);
        if place.offset % 8 != 0 {
            return Ok(self.first_nul(place, capacity));
        }
        let (missing, done) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        if words <= TURNS || !self.can(Feature::BpfLoop) {
            let (at, head, counter) = self.start_loop(words, missing);
            let (found, more) = (self.b.block(), self.b.block());
            let position = self.nul_in_word(place, at, found, more);
            self.b.switch_to(found);
            self.b.jump(done, &[position]);
            self.b.switch_to(more);
            self.next_turn(head, counter);
        } else {
            let position = self.scan_by_callback(place, None, words, Self::length_turn)?;
            let (zero, found) = (self.b.int(0), self.b.block());
            self.b.branch(Cond::Slt, position, zero, missing, found);
            self.b.switch_to(found);
            self.b.jump(done, &[position]);
        }
        self.b.switch_to(missing);
        let tail = self.first_nul(place.at(words * 8), rest);
        let whole = self.b.int(i64::from(words * 8));
        let tail = self.b.alu(AluOp::Add, whole, tail);
        self.b.jump(done, &[tail]);
        self.b.switch_to(done);
        Ok(result)
    }

    /// Looks for a NUL in word number `at`: goes to `found`, where its position is the result, or to `more`.
    fn nul_in_word(&mut self, place: Place, at: Value, found: Block, more: Block) -> Value {
        let word = self.piece(place, at, Size::DW);
        let low = self.b.int(0x0101_0101_0101_0101);
        let high = self.b.int(0x8080_8080_8080_8080_u64 as i64);
        let ones = self.b.int(-1);
        // The lowest zero byte, and no byte below it, has its highest bit set in this.
        let borrowed = self.b.alu(AluOp::Sub, word, low);
        let inverse = self.b.alu(AluOp::Xor, word, ones);
        let zeros = self.b.alu(AluOp::And, borrowed, inverse);
        let zeros = self.b.alu(AluOp::And, zeros, high);
        let here = self.b.block();
        self.b.branch_if(zeros, here, more);
        self.b.switch_to(here);
        // One bit is left, the lowest of byte k; the product has k in its highest byte.
        let negative = self.b.push(Op::Neg(zeros), Kind::I64);
        let lowest = self.b.alu(AluOp::And, zeros, negative);
        let (seven, table, top, eight) =
            (self.b.int(7), self.b.int(0x0001_0203_0405_0607), self.b.int(56), self.b.int(8));
        let lowest = self.b.alu(AluOp::Rsh, lowest, seven);
        let product = self.b.alu(AluOp::Mul, lowest, table);
        let byte = self.b.alu(AluOp::Rsh, product, top);
        let start = self.b.alu(AluOp::Mul, at, eight);
        let position = self.b.alu(AluOp::Add, start, byte);
        self.b.jump(found, &[]);
        position
    }

    /// Where the first NUL is, byte by byte; `most` if there is none.
    fn first_nul(&mut self, place: Place, most: u32) -> Value {
        if most == 0 {
            return self.b.int(0);
        }
        let done = self.b.block();
        let (at, head, counter) = self.start_loop(most, done);
        let byte = self.byte(place, at);
        let more = self.b.block();
        self.b.branch_if(byte, more, done);
        self.b.switch_to(more);
        self.next_turn(head, counter);
        self.b.switch_to(done);
        self.b.load(Size::DW, counter.base, 0, Kind::I64)
    }

    /// `strstr(hay, needle)`: where it begins, or -1.
    pub(super) fn find_text(&mut self, hay: &'a Expr, needle: &'a Expr) -> Result<Value> {
        let capacity = self.size_of(&hay.ty);
        let place = self.memory(hay, Fill::Whole)?;
        let known = literal(needle).map(|text| until_nul(text).to_vec());
        let (second, length) = match &known {
            Some(text) => (None, text.len() as u32),
            None => (Some(self.memory(needle, Fill::Whole)?), self.size_of(&needle.ty)),
        };
        let turns = match second {
            None => capacity.saturating_sub(length).max(u32::from(length == 0)),
            Some(_) => capacity,
        };
        let search = Search { hay: place, capacity, known, second, length, turns };
        if turns <= TURNS || !self.can(Feature::BpfLoop) {
            return Ok(self.search_here(&search));
        }
        self.scan_by_callback(place, second, turns, |cx, hay, second, at, words| {
            cx.search_turn(&Search { hay, second, ..search.clone() }, at, words);
        })
    }

    fn search_here(&mut self, search: &Search) -> Value {
        let (missing, found, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let (at, head, counter) = self.start_loop(search.turns, missing);
        let next = self.b.block();
        self.matches(search, at, found, next);
        self.b.switch_to(next);
        let byte = self.byte(search.hay, at);
        let more = self.b.block();
        self.b.branch_if(byte, more, missing);
        self.b.switch_to(more);
        self.next_turn(head, counter);
        self.b.switch_to(found);
        self.b.jump(done, &[at]);
        self.b.switch_to(missing);
        let none = self.b.int(-1);
        self.b.jump(done, &[none]);
        self.b.switch_to(done);
        result
    }

    /// A long loop is verified once where the kernel calls its body. What it needs is in three words on the stack: where
    /// the texts are, and the result, -1 at first.
    fn scan_by_callback(
        &mut self,
        first: Place,
        second: Option<Place>,
        turns: u32,
        turn: impl Fn(&mut Self, Place, Option<Place>, Value, Value),
    ) -> Result<Value> {
        let words = self.b.slot(24, 8);
        let words = self.b.slot_addr(words);
        let (none, limit) = (self.b.int(-1), turns);
        let address = self.begin_of(first);
        self.b.store(Size::DW, words, 0, address);
        let other = second.map_or(address, |second| self.begin_of(second));
        self.b.store(Size::DW, words, 8, other);
        self.b.store(Size::DW, words, 16, none);
        let memory = Kind::Ptr(Pointee::Memory);
        let callback = self.callback("scan", &[("index", Kind::I64), ("words", memory)], |cx| {
            let (index, words) = (cx.b.param(0), cx.b.param(1));
            let first = Place::new(cx.b.load(Size::DW, words, 0, memory));
            let second = second.map(|_| Place::new(cx.b.load(Size::DW, words, 8, memory)));
            let at = cx.b.push(Op::ZeroExtend(Size::W, index), Kind::I64);
            let (inside, stop) = (cx.b.block(), cx.b.block());
            let (limit, one) = (cx.b.int(i64::from(limit)), cx.b.int(1));
            cx.b.branch(Cond::Lt, at, limit, inside, stop);
            cx.b.switch_to(stop);
            cx.b.ret(Some(one));
            cx.b.switch_to(inside);
            turn(cx, first, second, at, words);
            Ok(())
        })?;
        let (turns, zero) = (self.b.int(i64::from(turns)), self.b.int(0));
        let function = self.b.push(Op::FunctionAddr(callback), Kind::Ptr(Pointee::Function));
        self.call(helpers::LOOP, &[turns, function, words, zero]);
        Ok(self.b.load(Size::DW, words, 16, Kind::I64))
    }

    /// One turn of `strlen`'s loop.
    fn length_turn(&mut self, text: Place, _: Option<Place>, at: Value, words: Value) {
        let (found, more) = (self.b.block(), self.b.block());
        let position = self.nul_in_word(text, at, found, more);
        self.b.switch_to(more);
        let zero = self.b.int(0);
        self.b.ret(Some(zero));
        self.b.switch_to(found);
        let one = self.b.int(1);
        self.b.store(Size::DW, words, 16, position);
        self.b.ret(Some(one));
    }

    fn search_turn(&mut self, search: &Search, at: Value, words: Value) {
        let (found, next, stop) = (self.b.block(), self.b.block(), self.b.block());
        let (zero, one) = (self.b.int(0), self.b.int(1));
        self.matches(search, at, found, next);
        self.b.switch_to(next);
        let byte = self.byte(search.hay, at);
        let more = self.b.block();
        self.b.branch_if(byte, more, stop);
        self.b.switch_to(more);
        self.b.ret(Some(zero));
        self.b.switch_to(found);
        self.b.store(Size::DW, words, 16, at);
        self.b.jump(stop, &[]);
        self.b.switch_to(stop);
        self.b.ret(Some(one));
    }

    fn matches(&mut self, search: &Search, at: Value, found: Block, next: Block) {
        match (&search.known, search.second) {
            (Some(text), _) => self.matches_literal(search.hay, at, text, found, next),
            (None, Some(second)) => {
                self.matches_text(search.hay, at, second, (search.capacity, search.length), found, next);
            }
            (None, None) => self.b.jump(next, &[]),
        }
    }

    fn matches_literal(&mut self, place: Place, at: Value, text: &[u8], found: Block, next: Block) {
        let address = self.b.alu(AluOp::Add, place.base, at);
        for (index, &wanted) in text.iter().enumerate() {
            let byte = self.b.load(Size::B, address, place.offset + index as i32, Kind::I64);
            let wanted = self.b.int(i64::from(wanted));
            let same = self.b.block();
            self.b.branch(Cond::Eq, byte, wanted, same, next);
            self.b.switch_to(same);
        }
        self.b.jump(found, &[]);
    }

    /// Compares from position `at` on, up to the second text's end.
    fn matches_text(
        &mut self,
        hay: Place,
        at: Value,
        needle: Place,
        sizes: (u32, u32),
        found: Block,
        next: Block,
    ) {
        let (index, head, counter) = self.start_loop(sizes.1, found);
        let wanted = self.byte(needle, index);
        let (more, inside, same) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(wanted, more, found);
        self.b.switch_to(more);
        let sum = self.b.alu(AluOp::Add, at, index);
        // The verifier of 6.11 to 6.13 draws wrong conclusions for `at` from the comparison of a sum with a constant; that
        // the sum is one is not seen behind a mask, which changes nothing.
        let mask = self.b.int(i64::from((sizes.0 + sizes.1).next_power_of_two()) - 1);
        let position = self.b.alu(AluOp::And, sum, mask);
        let capacity = self.b.int(i64::from(sizes.0));
        self.b.branch(Cond::Lt, position, capacity, inside, next);
        self.b.switch_to(inside);
        let byte = self.byte(hay, position);
        self.b.branch(Cond::Eq, byte, wanted, same, next);
        self.b.switch_to(same);
        self.next_turn(head, counter);
    }
}

/// A text to be searched, and what for.
#[derive(Clone, Debug)]
struct Search {
    hay: Place,
    capacity: u32,
    /// The needle, if it is known.
    known: Option<Vec<u8>>,
    /// The needle's place, if not.
    second: Option<Place>,
    /// Bytes of the needle, or of its place.
    length: u32,
    /// How many positions there are to look at.
    turns: u32,
}

fn literal(it: &Expr) -> Option<&[u8]> {
    match &it.kind {
        ExprKind::Text(text) => Some(text),
        ExprKind::Cast(inner) => literal(inner),
        _ => None,
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn text_prefix(text: &[u8], limit: u32) -> &[u8] {
    let text = until_nul(text);
    text.get(..limit as usize).unwrap_or(text)
}
