//! Which arguments a format takes.
use crate::format::{Conversion, Format, Letter, Piece, Width};
use crate::schema::Type;

/// The place of one argument in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot<'a> {
    /// A conversion's width, `*`: an integer.
    Width,
    /// What a conversion prints.
    Value(&'a Conversion),
}

/// What is wrong between a format and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// There are more or fewer arguments than the format takes.
    Count {
        /// So many there are.
        supplied: usize,
        /// So many it takes.
        expected: usize,
    },
    /// An argument cannot be printed so.
    Class {
        /// Which argument, from 0.
        argument: usize,
        /// How it was to be printed.
        letter: Letter,
    },
    /// Nothing can be printed so.
    Unsupported {
        /// Which argument, from 0.
        argument: usize,
        /// The letter.
        letter: Letter,
    },
    /// An argument that says how wide another one is, but is no integer.
    Width {
        /// Which argument, from 0.
        argument: usize,
    },
}

impl Format {
    /// The arguments it takes, in order.
    pub fn arguments(&self) -> impl Iterator<Item = Slot<'_>> {
        self.pieces.iter().flat_map(|piece| {
            let conversion = match piece {
                Piece::Text(_) => None,
                Piece::Argument(conversion) => Some(conversion),
            };
            let width =
                conversion.filter(|conversion| conversion.width == Width::Argument).map(|_| Slot::Width);
            width.into_iter().chain(conversion.map(Slot::Value))
        })
    }
}

impl Letter {
    /// As the format spells it.
    pub fn spelling(self) -> String {
        let spelling = match self {
            Self::Signed => "d",
            Self::Unsigned => "u",
            Self::Octal => "o",
            Self::Hex => "x",
            Self::UpperHex => "X",
            Self::Char => "c",
            Self::Str => "s",
            Self::Pointer => "p",
            Self::Escaped => "r",
            Self::EscapedHex => "rx",
            Self::Bytes => "rh",
            Self::AllocationFlags => "gr",
            Self::Unsupported(letter) => return letter.to_string(),
        };
        spelling.to_owned()
    }
}

/// Whether values of a type can be printed by a letter.
pub fn accepts(letter: Letter, kind: &Type) -> bool {
    let integer =
        matches!(kind, Type::Int { .. } | Type::Bits { .. } | Type::Enum { .. } | Type::Bool | Type::Pointer);
    match letter {
        Letter::Str => true,
        Letter::Escaped | Letter::EscapedHex | Letter::Bytes => matches!(kind, Type::Buffer { .. }),
        Letter::Unsupported(_) => false,
        _ => integer,
    }
}

/// Everything that is wrong between a format and its arguments. When their number is, nothing else is said.
pub fn check(format: &Format, arguments: &[Type]) -> Vec<Mismatch> {
    let (supplied, expected) = (arguments.len(), format.arguments().count());
    if supplied != expected {
        return vec![Mismatch::Count { supplied, expected }];
    }
    let pairs = format.arguments().zip(arguments).enumerate();
    pairs.filter_map(|(argument, (slot, kind))| mismatch(argument, slot, kind)).collect()
}

fn mismatch(argument: usize, slot: Slot<'_>, kind: &Type) -> Option<Mismatch> {
    match slot {
        Slot::Width => (!matches!(kind, Type::Int { .. })).then_some(Mismatch::Width { argument }),
        Slot::Value(conversion) => {
            let letter = conversion.letter;
            match letter {
                Letter::Unsupported(_) => Some(Mismatch::Unsupported { argument, letter }),
                _ if accepts(letter, kind) => None,
                _ => Some(Mismatch::Class { argument, letter }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    const INT: Type = Type::Int { size: 4, signed: true };
    const TEXT: Type = Type::Str { capacity: 8 };

    #[test]
    fn count_and_class_are_checked() {
        assert_eq!(check(&parse("%d %s %%"), &[INT, TEXT]), []);
        assert_eq!(check(&parse("%d"), &[]), [Mismatch::Count { supplied: 0, expected: 1 }]);
        let wrong = check(&parse("%s %d %f %r"), &[TEXT, TEXT, INT, TEXT]);
        let expected = [
            Mismatch::Class { argument: 1, letter: Letter::Signed },
            Mismatch::Unsupported { argument: 2, letter: Letter::Unsupported('f') },
            Mismatch::Class { argument: 3, letter: Letter::Escaped },
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn a_star_takes_an_argument() {
        assert_eq!(check(&parse("%*d|%-*s"), &[INT, INT, INT, TEXT]), []);
        assert_eq!(check(&parse("%*d"), &[TEXT, INT]), [Mismatch::Width { argument: 0 }]);
    }
}
