//! The verifier's log in plain words: what was wrong, where, where the bad value came from, what to write instead. Text
//! in, values out: a log is read line by line (`line`) into the way that the verifier went (`path`) and what it said at its
//! end; what it said is looked up in tables (`messages`), and the value that it names is followed back (`origin`).
mod explain;
mod line;
mod messages;
mod origin;
mod path;
mod pattern;
mod print;
mod registers;
mod report;
mod types;

pub use explain::{Explanation, Refused, explain};
pub use messages::{Class, Meaning, meaning};
pub use origin::Station;
pub use path::Place;
