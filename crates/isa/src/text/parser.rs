//! What the readers of all syntaxes share: a cursor over tokens, operands, labels and their resolution.
use std::collections::BTreeMap;

use osmia_base::Span;

use super::lex::{self, Kind, Token};
use super::{AsmError, AsmErrorKind, symbols};
use crate::{Callee, Imm64, Insn, Reg, Size, Width};

pub(super) type Parsed<T> = Result<T, AsmError>;

/// What a text was assembled to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assembly {
    /// The instructions.
    pub insns: Vec<Insn>,
    /// Where each was written.
    pub spans: Vec<Span>,
    /// Labels and the slots they stand before.
    pub labels: BTreeMap<String, u32>,
}

/// An instruction that waits for its label.
struct Fixup {
    index: usize,
    /// The slot after the instruction.
    next: u32,
    span: Span,
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    slot: u32,
    out: Assembly,
    fixups: Vec<Fixup>,
    /// The label that the instruction being read refers to.
    wanted: Option<Span>,
    errors: Vec<AsmError>,
    dialect: &'static Dialect,
    /// The slot of the first `exit`.
    first_exit: Option<u32>,
}

/// What differs between the syntaxes.
pub(super) struct Dialect {
    /// Reads one statement.
    pub(super) statement: fn(&mut Parser<'_>) -> Parsed<Insn>,
    /// What an unknown label of a call stands for.
    pub(super) helper: fn(&str) -> Option<u32>,
    /// The label that the first `exit` has unless another place has it.
    pub(super) exit_label: Option<&'static str>,
}

/// Reads `text` statement by statement.
pub(super) fn run(text: &str, dialect: &'static Dialect) -> Result<Assembly, Vec<AsmError>> {
    let (tokens, errors) = lex::lex(text);
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        slot: 0,
        out: Assembly::default(),
        fixups: Vec::new(),
        wanted: None,
        errors,
        dialect,
        first_exit: None,
    };
    while parser.at < parser.tokens.len() {
        if let Err(error) = parser.line() {
            parser.errors.push(error);
            parser.skip_statement();
        }
    }
    parser.resolve();
    parser.errors.sort_by_key(|error| error.span);
    if parser.errors.is_empty() { Ok(parser.out) } else { Err(parser.errors) }
}

impl<'a> Parser<'a> {
    /// line = (label ":")* statement? end
    fn line(&mut self) -> Parsed<()> {
        while self.peek_kind() == Kind::Word && self.kind_at(1) == Kind::Sign(":") {
            self.label()?;
        }
        if self.peek_kind() != Kind::End {
            let start = self.peek().span;
            self.wanted = None;
            let insn = (self.dialect.statement)(self)?;
            let span = start.to(self.previous());
            if self.peek_kind() != Kind::End {
                return self.expected("the end of the instruction");
            }
            self.emit(insn, span);
        }
        self.at += 1;
        Ok(())
    }

    fn label(&mut self) -> Parsed<()> {
        let span = self.peek().span;
        let name = span.of(self.text);
        self.at += 2;
        if self.out.labels.insert(name.to_owned(), self.slot).is_some() {
            return Err(AsmError { span, kind: AsmErrorKind::DuplicateLabel(name.to_owned()) });
        }
        Ok(())
    }

    fn emit(&mut self, insn: Insn, span: Span) {
        if insn == Insn::Exit {
            self.first_exit.get_or_insert(self.slot);
        }
        self.slot += insn.slots();
        if let Some(span) = self.wanted.take() {
            self.fixups.push(Fixup { index: self.out.insns.len(), next: self.slot, span });
        }
        self.out.insns.push(insn);
        self.out.spans.push(span);
    }

    fn skip_statement(&mut self) {
        while self.peek_kind() != Kind::End {
            self.at += 1;
        }
        self.at += 1;
    }

    /// Puts the distances of labels into the instructions that name them.
    fn resolve(&mut self) {
        for Fixup { index, next, span } in std::mem::take(&mut self.fixups) {
            let name = span.of(self.text);
            let implicit = if self.dialect.exit_label == Some(name) { self.first_exit } else { None };
            let found = self.out.labels.get(name).copied().or(implicit);
            let Some(insn) = self.out.insns.get_mut(index) else { continue };
            if let Err(kind) = aim(insn, found, next, name, self.dialect.helper) {
                self.errors.push(AsmError { span, kind });
            }
        }
    }

    pub(super) fn peek(&self) -> Token {
        self.token_at(0)
    }

    fn token_at(&self, ahead: usize) -> Token {
        let end = Span::new(self.text.len() as u32, self.text.len() as u32);
        self.tokens.get(self.at + ahead).copied().unwrap_or(Token { kind: Kind::End, span: end })
    }

    pub(super) fn peek_kind(&self) -> Kind {
        self.peek().kind
    }

    pub(super) fn kind_at(&self, ahead: usize) -> Kind {
        self.token_at(ahead).kind
    }

    /// The text of a token, if it is a word or a number.
    pub(super) fn text_at(&self, ahead: usize) -> &'a str {
        self.token_at(ahead).span.of(self.text)
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    fn previous(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(Span::default(), |token| token.span)
    }

    /// The error at the token just taken.
    pub(super) fn wrong<T>(&self, kind: AsmErrorKind) -> Parsed<T> {
        Err(AsmError { span: self.previous(), kind })
    }

    /// The error that something else should stand here.
    pub(super) fn expected<T>(&self, what: &'static str) -> Parsed<T> {
        Err(AsmError { span: self.peek().span, kind: AsmErrorKind::Expected(what) })
    }

    /// Takes this sign if it is next.
    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek_kind(), Kind::Sign(next) if next == sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: &'static str) -> Parsed<()> {
        if self.eat(sign) {
            return Ok(());
        }
        Err(AsmError { span: self.peek().span, kind: AsmErrorKind::Sign(sign) })
    }

    /// Takes this word if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_kind() == Kind::Word && self.text_at(0) == word;
        self.at += usize::from(found);
        found
    }

    pub(super) fn word(&mut self, what: &'static str) -> Parsed<&'a str> {
        if self.peek_kind() != Kind::Word {
            return self.expected(what);
        }
        let text = self.text_at(0);
        self.at += 1;
        Ok(text)
    }

    /// number = ("+" | "-")? digits
    pub(super) fn number(&mut self) -> Parsed<i128> {
        let negative = self.eat("-");
        if !negative {
            self.eat("+");
        }
        if self.peek_kind() != Kind::Number {
            return self.expected("a number");
        }
        let text = self.text_at(0);
        self.at += 1;
        match lex::value(text) {
            Ok(value) => Ok(if negative { -value } else { value }),
            Err(kind) => self.wrong(kind),
        }
    }

    /// A number that fits so many bits, with or without a sign.
    fn bits(&mut self, bits: u32) -> Parsed<i128> {
        let value = self.number()?;
        if value < -(1 << (bits - 1)) || value >= 1 << bits {
            return self.wrong(AsmErrorKind::Range { value, bits });
        }
        Ok(value)
    }

    pub(super) fn imm32(&mut self) -> Parsed<i32> {
        Ok(self.bits(32)? as i32)
    }

    pub(super) fn unsigned32(&mut self) -> Parsed<u32> {
        Ok(self.bits(32)? as u32)
    }

    pub(super) fn imm64(&mut self) -> Parsed<u64> {
        Ok(self.bits(64)? as u64)
    }

    /// A distance in a field of 16 bits.
    pub(super) fn off16(&mut self) -> Parsed<i16> {
        let value = self.number()?;
        match i16::try_from(value) {
            Ok(off) => Ok(off),
            Err(_) => self.wrong(AsmErrorKind::Range { value, bits: 16 }),
        }
    }

    /// A register of either width.
    pub(super) fn register(&mut self) -> Parsed<(Width, Reg)> {
        match register_named(self.text_at(0)) {
            Some(found) if self.peek_kind() == Kind::Word => {
                self.at += 1;
                Ok(found)
            }
            _ => self.expected("a register"),
        }
    }

    /// A register of this width.
    pub(super) fn register_of(&mut self, width: Width) -> Parsed<Reg> {
        let (found, reg) = self.register()?;
        if found != width {
            return self.wrong(AsmErrorKind::Width);
        }
        Ok(reg)
    }

    /// The place of a label as the target; the distance is put in when all labels are known.
    pub(super) fn wanted_label(&mut self) -> Parsed<()> {
        self.wanted = Some(self.peek().span);
        self.word("a label or a distance").map(drop)
    }
}

/// `r0` to `r10`, `w0` to `w10`.
pub(super) fn register_named(word: &str) -> Option<(Width, Reg)> {
    let width = match word.as_bytes().first()? {
        b'r' => Width::W64,
        b'w' => Width::W32,
        _ => return None,
    };
    let digits = word.get(1..)?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Reg::new(digits.parse().ok()?).map(|reg| (width, reg))
}

/// `u8` to `u64`, `s8` to `s64`: whether it is signed, and its size.
pub(super) fn type_named(word: &str) -> Option<(bool, Size)> {
    let named = |size: &Size| symbols::unsigned(*size) == word || symbols::signed(*size) == word;
    Size::ALL.into_iter().find(named).map(|size| (word.starts_with('s'), size))
}

/// Puts the distance from slot `next` to the label into the instruction.
fn aim(
    insn: &mut Insn,
    label: Option<u32>,
    next: u32,
    name: &str,
    helper: fn(&str) -> Option<u32>,
) -> Result<(), AsmErrorKind> {
    let Some(goal) = label else {
        let known = if matches!(insn, Insn::Call(_)) { helper(name) } else { None };
        *insn = Insn::Call(Callee::Helper(known.ok_or_else(|| AsmErrorKind::UnknownLabel(name.to_owned()))?));
        return Ok(());
    };
    let distance = i64::from(goal) - i64::from(next);
    let long = i32::try_from(distance).map_err(|_| range(distance, 32))?;
    let short = i16::try_from(distance).map_err(|_| range(distance, 16));
    match insn {
        Insn::Jump { off, .. } | Insn::Goto { off } | Insn::MayGoto { off } => *off = short?,
        Insn::GotoLong { off } => *off = long,
        Insn::LoadImm64 { value, .. } => *value = Imm64::Function(long + 1),
        Insn::Call(callee) => *callee = Callee::Local(long),
        Insn::Alu { .. }
        | Insn::Neg { .. }
        | Insn::MovSx { .. }
        | Insn::AddrSpaceCast { .. }
        | Insn::Swap { .. }
        | Insn::Load { .. }
        | Insn::LoadSx { .. }
        | Insn::Store { .. }
        | Insn::Atomic { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::LoadPacket { .. }
        | Insn::GotoRegister { .. }
        | Insn::Exit => return Err(AsmErrorKind::Expected("a distance")),
    }
    Ok(())
}

fn range(distance: i64, bits: u32) -> AsmErrorKind {
    AsmErrorKind::Range { value: distance.into(), bits }
}
