//! Where a user function finds its parameters when it begins: System V's rules for x86-64.
use super::types::Types;
use crate::typed::{Expr, ExprKind, Space, Type, TypeSet};
use osmia_base::Span;
use osmia_btf::{Btf, Kind, TypeId};

/// So many words are passed in registers.
const REGISTERS: u16 = 6;
/// Larger structures are passed on the stack.
const IN_REGISTERS: u64 = 16;
/// `struct pt_regs` keeps the stack pointer here.
const STACK_POINTER: u16 = 152;
/// Structures may nest so deep.
const MAX_DEPTH: u32 = 32;

/// Where one parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In words, from this one on: the first six are registers, the others are on the stack.
    Words { first: u16, count: u16 },
    /// In a structure on the stack, so many bytes above the return address.
    Stack(u64),
    /// In registers that probes do not see.
    Vector,
}

/// What the eight bytes of a word hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Integer,
    Vector,
}

/// Parameter number `index` of a function whose parameters have the types `params`; `None` where a probe cannot see it.
pub(super) fn argument(
    types: &Types<'_>,
    (file, prototype): (u16, TypeId),
    params: &[TypeId],
    index: usize,
    span: Span,
) -> Option<Expr> {
    let set = TypeSet::File(file);
    let btf = types.set(set)?;
    let ty = types.convert(set, *params.get(index)?, Space::User);
    match *places(btf, prototype, params).get(index)? {
        Place::Vector => None,
        Place::Words { first, .. } if ty.is_scalar() => {
            Some(Expr { kind: ExprKind::Argument(first), ty, span })
        }
        Place::Words { first, count } => {
            let word = |index| Expr { kind: ExprKind::Argument(index), ty: Type::UINT64, span };
            let ty = super::types::moved(&ty, Space::Bpf);
            Some(Expr { kind: ExprKind::Words((first..first + count).map(word).collect()), ty, span })
        }
        Place::Stack(offset) => Some(on_stack(ty, offset, span)),
    }
}

/// What is so many bytes above the return address.
fn on_stack(ty: Type, offset: u64, span: Span) -> Expr {
    let pointer = Type::Pointer { to: Box::new(ty.clone()), space: Space::User };
    let of = |kind, ty| Expr { kind, ty, span };
    let stack = of(ExprKind::Register(STACK_POINTER), Type::UINT64);
    let stack = of(ExprKind::Cast(Box::new(stack)), pointer.clone());
    let bytes = of(ExprKind::Number(offset as i64 + 8), Type::INT64);
    let place = of(ExprKind::PointerAdd(Box::new(stack), Box::new(bytes)), pointer);
    of(ExprKind::Deref(Box::new(place)), ty)
}

/// Where all parameters are.
fn places(btf: &Btf, prototype: TypeId, params: &[TypeId]) -> Vec<Place> {
    // The first register holds the address of a result that is returned in memory.
    let mut registers = u16::from(returns_in_memory(btf, prototype));
    let (mut vectors, mut stack) = (0, 0_u64);
    let mut places = Vec::new();
    for id in params {
        let size = btf.size_of(*id).unwrap_or(8).max(1);
        let words = u16::try_from(size.div_ceil(8)).unwrap_or(u16::MAX);
        let classes = classes(btf, *id);
        let needs = |class| classes.iter().flatten().filter(|own| **own == class).count() as u16;
        let (integers, floats) = (needs(Class::Integer), needs(Class::Vector));
        let fits = classes.is_some() && registers + integers <= REGISTERS && vectors + floats <= 8;
        places.push(if !fits {
            let offset = stack.next_multiple_of(if aligned_to_16(btf, *id) { 16 } else { 8 });
            stack = offset.saturating_add(u64::from(words) * 8);
            Place::Stack(offset)
        } else if floats > 0 {
            Place::Vector
        } else {
            Place::Words { first: registers, count: words }
        });
        if fits {
            registers += integers;
            vectors += floats;
        }
    }
    places
}

fn returns_in_memory(btf: &Btf, prototype: TypeId) -> bool {
    let Ok(Kind::FuncProto { ret, .. }) = btf.get(btf.resolve(prototype)).map(|ty| ty.kind) else {
        return false;
    };
    !btf.resolve(ret).is_void() && classes(btf, ret).is_none()
}

fn aligned_to_16(btf: &Btf, id: TypeId) -> bool {
    matches!(
        btf.get(btf.resolve(id)).map(|ty| ty.kind),
        Ok(Kind::Int { size: 16, .. } | Kind::Float { size: 16 })
    )
}

/// What each word of a parameter holds; `None` for what is passed in memory.
fn classes(btf: &Btf, id: TypeId) -> Option<Vec<Class>> {
    let size = btf.size_of(id).unwrap_or(8);
    if size > IN_REGISTERS
        || matches!(btf.get(btf.resolve(id)).map(|ty| ty.kind), Ok(Kind::Float { size: 16 }))
    {
        return None;
    }
    // A word with anything in it that is no floating-point number goes in a register that we see.
    let mut words: Vec<Option<Class>> = vec![None; usize::try_from(size.div_ceil(8)).ok()?.max(1)];
    classify(btf, id, 0, &mut words, MAX_DEPTH);
    Some(words.into_iter().map(|class| class.unwrap_or(Class::Integer)).collect())
}

/// Notes what is in the words that a value covers, which begins so many bits after their start.
fn classify(btf: &Btf, id: TypeId, start: u64, words: &mut [Option<Class>], depth: u32) {
    let id = btf.resolve(id);
    let Some(kind) = btf.get(id).ok().map(|ty| ty.kind).filter(|_| depth > 0) else { return };
    match kind {
        Kind::Struct(body) | Kind::Union(body) => {
            for member in body.members {
                classify(btf, member.ty, start + u64::from(member.bit_offset), words, depth - 1);
            }
        }
        Kind::Array { element, len, .. } => {
            let size = btf.size_of(element).unwrap_or(0) * 8;
            for index in 0..u64::from(len).min(IN_REGISTERS) {
                classify(btf, element, start + index * size, words, depth - 1);
            }
        }
        kind => {
            let class = if matches!(kind, Kind::Float { .. }) { Class::Vector } else { Class::Integer };
            let bits = btf.size_of(id).unwrap_or(8).max(1) * 8;
            let (first, last) = (start / 64, (start + bits - 1) / 64);
            for word in (first..=last).filter_map(|word| usize::try_from(word).ok()) {
                if let Some(known) = words.get_mut(word) {
                    *known = if *known == Some(Class::Integer) { *known } else { Some(class) };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_btf::{Builder, IntEncoding, Member, Param, Type as BtfType};

    /// Types of C by what they are made of.
    struct Made {
        builder: Builder,
        int: TypeId,
        long: TypeId,
        double: TypeId,
    }

    impl Made {
        fn new() -> Self {
            let mut builder = Builder::new();
            let int = builder.add_int("int", 4, IntEncoding::SIGNED);
            let long = builder.add_int("long", 8, IntEncoding::SIGNED);
            let double = builder.add(BtfType::new("double", Kind::Float { size: 8 }));
            Self { builder, int, long, double }
        }

        fn structure(&mut self, members: &[(TypeId, u32)], size: u32) -> TypeId {
            let members = members.iter().map(|(ty, offset)| Member::at("m", *ty, *offset)).collect();
            self.builder.add_struct("s", size, members)
        }

        fn places(mut self, ret: TypeId, params: &[TypeId]) -> Vec<Place> {
            let named = params.iter().map(|ty| Param { name: "p".into(), ty: *ty }).collect();
            let proto = self.builder.add_func_proto(ret, named);
            places(&Btf::parse(self.builder.finish()).unwrap(), proto, params)
        }
    }

    const fn words(first: u16, count: u16) -> Place {
        Place::Words { first, count }
    }

    #[test]
    fn numbers_in_order_then_the_stack() {
        let made = Made::new();
        let (int, long) = (made.int, made.long);
        let places = made.places(int, &[int, long, int, int, int, int, long, int]);
        let expected = [0, 1, 2, 3, 4, 5].map(|first| words(first, 1));
        assert_eq!(places[..6], expected);
        assert_eq!(places[6..], [Place::Stack(0), Place::Stack(8)]);
    }

    #[test]
    fn structures_by_their_size_and_content() {
        let mut made = Made::new();
        let (int, long, double) = (made.int, made.long, made.double);
        let small = made.structure(&[(int, 0), (int, 4)], 8);
        let pair = made.structure(&[(long, 0), (int, 8)], 16);
        let large = made.structure(&[(long, 0), (long, 8), (long, 16)], 24);
        let floats = made.structure(&[(double, 0), (double, 8)], 16);
        let places = made.places(int, &[small, pair, large, floats, double, int]);
        let expected = [words(0, 1), words(1, 2), Place::Stack(0), Place::Vector, Place::Vector, words(3, 1)];
        assert_eq!(places, expected);
    }

    #[test]
    fn what_does_not_fit_leaves_registers_to_others() {
        let mut made = Made::new();
        let (int, long) = (made.int, made.long);
        let pair = made.structure(&[(long, 0), (long, 8)], 16);
        let places = made.places(int, &[int, int, int, int, int, pair, int]);
        assert_eq!(places[5..], [Place::Stack(0), words(5, 1)]);
    }

    #[test]
    fn a_result_in_memory_takes_the_first_register() {
        let mut made = Made::new();
        let (int, long) = (made.int, made.long);
        let large = made.structure(&[(long, 0), (long, 8), (long, 16)], 24);
        assert_eq!(made.places(large, &[int]), [words(1, 1)]);
    }
}
