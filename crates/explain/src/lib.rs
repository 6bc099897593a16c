//! The verifier's log in plain words: what was wrong, and what to do about it. Text in, values out.
mod hints;

pub use hints::{Hint, hint};
