//! Values to text and JSON, in the very form that bpftrace prints them. Nothing is looked up and nothing printed here:
//! values come resolved (`osmia_event::Value::resolve`), the time zone is part of [`Style`], and the result is bytes.
//!
//! A record becomes a [`Message`] ([`Message::of`]); [`text::message`] or [`json::message`] make bytes of that. Text is
//! bytes, not `String`, because what programs send may be any bytes. JSON is always valid, whatever they send.
//! Maps of stacks also become lines for flame graphs ([`folded`]) and profiles for pprof ([`Profile`]).
pub mod folded;
pub mod json;
pub mod ndjson;
pub mod text;

mod allocation;
mod escape;
mod histogram;
mod loss;
mod message;
mod pprof;
mod printf;
mod record;
mod report;
mod series;
mod stack;
mod style;
mod time;

pub use loss::{Loss, LossKind};
pub use message::{Channel, Message, Origin};
pub use pprof::Profile;
pub use printf::printf;
pub use record::printf_record;
pub use report::{BenchResult, TestResult};
pub use style::{Style, Zone};
pub use time::{default_timestamp, duration, strftime};
