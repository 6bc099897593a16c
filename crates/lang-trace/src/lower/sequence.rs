//! Iterators: what they pass, and the file that their programs write, whose readers see `printf`'s text and nothing else.
use super::cx::{Cached, Cx, Result};
use super::helpers;
use super::memory::Fill;
use crate::typed::{Expr, Type};
use osmia_base::Span;
use osmia_event::{Conversion, Format, Length, Letter, Piece, Width};
use osmia_ir::{Pointee, Type as Kind, Value};
use osmia_isa::Size;
use osmia_object::Attach;

/// `MAX_BPRINTF_VARARGS`.
const MAX_ARGUMENTS: usize = 12;
/// Where `struct bpf_iter_meta` has `seq`, in all kernels that have it.
const SEQUENCE: i32 = 0;
/// What an iterator passes after the numbers of the walk: the thing itself.
const OBJECT: u16 = 1;

impl<'a> Cx<'a> {
    /// After the last thing an iterator's program runs once more, with nothing: then it does nothing.
    pub(super) fn object_there(&mut self) {
        if self.object_is_kernel_type() {
            self.iterated(OBJECT);
        }
    }

    /// Whether the first thing that the iterator passes is a pointer to a type of the kernel.
    fn object_is_kernel_type(&self) -> bool {
        let Some(Attach::Iterator { target, .. }) = self.probe.attach.first() else { return false };
        let Some(btf) = &self.target.btf else { return false };
        let context = btf.find_struct(&format!("{}{target}", crate::attach_point::ITERATOR));
        let found = context.and_then(|id| {
            let member = btf.member(id, OBJECT.into())?;
            let inner = btf.member(member.ty, 0).filter(|_| member.name.is_empty());
            let own = inner.map_or(member.ty, |own| own.ty);
            match btf.get(btf.resolve(own)).ok()?.kind {
                osmia_btf::Kind::Ptr(to) => btf.tag(btf.resolve(to)),
                _ => None,
            }
        });
        found.is_some_and(osmia_btf::KindTag::is_composite)
    }

    /// A pointer that an iterator passes. Where it is null there is nothing to look at, and the program ends; the verifier
    /// wants to see that before anything is read.
    pub(super) fn iterated(&mut self, word: u16) -> Value {
        self.once(Cached::Iterated(word), |cx| {
            let mut found = None;
            cx.prologue(|cx| {
                let context = cx.context();
                let pointer = cx.b.load(Size::DW, context, i32::from(word) * 8, Kind::Ptr(Pointee::Kernel));
                let (there, missing) = (cx.b.block(), cx.b.block());
                cx.b.branch_if(pointer, there, missing);
                cx.b.switch_to(missing);
                cx.leave_program();
                cx.b.switch_to(there);
                found = Some(pointer);
            });
            found.unwrap_or_else(|| cx.b.int(0))
        })
    }

    /// The file.
    fn sequence(&mut self) -> Value {
        self.once(Cached::Sequence, |cx| {
            let context = cx.context();
            let meta = cx.b.load(Size::DW, context, 0, Kind::Ptr(Pointee::Kernel));
            cx.b.load(Size::DW, meta, SEQUENCE, Kind::Ptr(Pointee::Kernel))
        })
    }

    /// `printf` in an iterator.
    pub(super) fn write_sequence(&mut self, format: &Format, args: &'a [Expr], span: Span) -> Result<()> {
        if args.is_empty() {
            let text: String = format.pieces.iter().map(literal).collect();
            let (section, offset) = self.globals.constant(text.as_bytes(), text.len() as u32);
            let (sequence, data) = (self.sequence(), self.b.data(section, offset));
            let size = self.b.int(text.len() as i64);
            self.call(helpers::SEQ_WRITE, &[sequence, data, size]);
            return Ok(());
        }
        if args.len() > MAX_ARGUMENTS {
            return self.error(span, format!("printf in an iterator takes at most {MAX_ARGUMENTS} values"));
        }
        let words = self.temp(8 * args.len() as u32);
        let mut text = String::new();
        let mut rest = args.iter().enumerate();
        for piece in &format.pieces {
            let Piece::Argument(conversion) = piece else {
                text += &literal(piece).replace('%', "%%");
                continue;
            };
            let Some((index, arg)) = rest.next() else { break };
            let Some(kernels) = kernel_conversion(conversion, &arg.ty) else {
                return self.error(
                    arg.span,
                    "an iterator cannot print a value in this form: the kernel writes numbers (%d %u %x, %ld …), \
                     characters (%c), addresses (%p) and text (%s)",
                );
            };
            text += &kernels;
            let value = self.word_of(arg)?;
            self.b.store(Size::DW, words.base, words.offset + 8 * index as i32, value);
        }
        let (section, offset) = self.globals.constant(text.as_bytes(), text.len() as u32 + 1);
        let (sequence, data) = (self.sequence(), self.b.data(section, offset));
        let size = self.b.int(text.len() as i64 + 1);
        let from = self.begin_of(words);
        let length = self.b.int(8 * args.len() as i64);
        self.call(helpers::SEQ_PRINTF, &[sequence, data, size, from, length]);
        Ok(())
    }

    /// A value as the helper wants it: a number, or where the text is.
    fn word_of(&mut self, arg: &'a Expr) -> Result<Value> {
        if arg.ty.is_scalar() {
            return self.number(arg);
        }
        let place = self.memory(arg, Fill::Text)?;
        Ok(self.begin_of(place))
    }
}

fn literal(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::Argument(_) => String::new(),
    }
}

/// A conversion as `bpf_seq_printf` knows it; `None` where it knows none.
fn kernel_conversion(conversion: &Conversion, ty: &Type) -> Option<String> {
    let Conversion { left, plus, space, alternate, zero, width, precision, length, letter } = conversion;
    let width = match width {
        Width::None => String::new(),
        Width::Fixed(columns) => columns.to_string(),
        Width::Argument => return None,
    };
    let flags: String = [(*left, '-'), (*plus, '+'), (*space, ' '), (*zero, '0')]
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag))
        .collect();
    let long = match length {
        Length::Int => "",
        Length::Long => "ll",
        Length::Char | Length::Short => return None,
    };
    if precision.is_some() {
        return None;
    }
    let number = |letter: char| Some(format!("%{flags}{width}{long}{letter}"));
    let text = matches!(ty, Type::Str { .. });
    match letter {
        Letter::Signed if ty.is_scalar() => number('d'),
        Letter::Unsigned if ty.is_scalar() => number('u'),
        Letter::Hex | Letter::UpperHex if ty.is_scalar() => {
            let letter = if *letter == Letter::Hex { 'x' } else { 'X' };
            match alternate {
                true if flags.is_empty() && width.is_empty() => Some(format!("0{letter}%{long}{letter}")),
                true => None,
                false => number(letter),
            }
        }
        // The kernel would hide what it is.
        Letter::Pointer if ty.is_scalar() => Some("0x%llx".to_owned()),
        Letter::Char if ty.is_scalar() => Some("%c".to_owned()),
        Letter::Str if text => Some(format!("%{flags}{width}s")),
        Letter::Str => match ty {
            Type::Int { signed: true, .. } => Some(format!("%{flags}{width}lld")),
            Type::Int { signed: false, .. } | Type::Bool => Some(format!("%{flags}{width}llu")),
            Type::Pointer { .. } => Some("0x%llx".to_owned()),
            _ => None,
        },
        _ => None,
    }
}
