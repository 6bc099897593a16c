//! `printf`'s format: literal text and conversions.
use serde::{Deserialize, Serialize};

/// A parsed format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Itself.
    Text(String),
    /// The next argument, so printed.
    Argument(Conversion),
}

/// `%`, flags, width, precision, length, letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// `-`: to the left.
    pub left: bool,
    /// `+`: always a sign.
    pub plus: bool,
    /// A space where a plus would be.
    pub space: bool,
    /// `#`: with `0x` or `0`.
    pub alternate: bool,
    /// `0`: zeros to the left.
    pub zero: bool,
    /// At least so many columns.
    pub width: Width,
    /// `.N`.
    pub precision: Option<u32>,
    /// How much of an integer counts.
    pub length: Length,
    /// The letter.
    pub letter: Letter,
}

/// The least number of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Width {
    /// As many as it takes.
    #[default]
    None,
    /// So many.
    Fixed(u32),
    /// `*`: as the argument before says.
    Argument,
}

/// How many bits of an integer are printed: 32 unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Length {
    /// None given: `int`.
    #[default]
    Int,
    /// `hh`.
    Char,
    /// `h`.
    Short,
    /// `l`, `ll`, `j`, `z`, `t`.
    Long,
}

/// How an argument is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// `d`, `i`.
    #[default]
    Signed,
    /// `u`.
    Unsigned,
    /// `o`.
    Octal,
    /// `x`.
    Hex,
    /// `X`.
    UpperHex,
    /// `c`.
    Char,
    /// `s`: any type, in its usual form.
    Str,
    /// `p`.
    Pointer,
    /// `r`: printable ASCII, other bytes as `\xNN`.
    Escaped,
    /// `rx`: all bytes as `\xNN`.
    EscapedHex,
    /// `rh`: two digits a byte, with spaces.
    Bytes,
    /// `gr`: the flags of an allocation by their names.
    AllocationFlags,
    /// A letter that belongs to the grammar but that nothing can be printed with: floats and `n`.
    Unsupported(char),
}
