//! The text form of functions and modules: what tests are written in and what `-d ir` shows.
mod names;
mod parse;
mod print;

pub use parse::{TextError, parse};
pub use print::{print, print_function};
