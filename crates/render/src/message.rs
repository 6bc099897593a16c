//! What there is to say, before it is known in which form.
use crate::loss::Loss;
use crate::printf::printf;
use crate::report::{BenchResult, TestResult};
use crate::style::Style;
use crate::text;
use crate::time::clock;
use osmia_event::{Location, Stream, Table, Trouble, TroubleKind, Value, Verb};

/// One thing to say to the person.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// So many probes are attached.
    Attached(u64),
    /// So many events were lost.
    Lost(u64),
    /// What was lost in all the run, kind by kind.
    Loss(Loss),
    /// A map's contents.
    Table(Table),
    /// `print(value)`.
    Value(Value),
    /// Text, as it is.
    Text {
        /// What made it.
        origin: Origin,
        /// The text.
        text: Vec<u8>,
    },
    /// `errorf()`.
    Errorf {
        /// The text.
        text: Vec<u8>,
        /// Where in the script.
        location: Location,
    },
    /// `warnf()`.
    Warnf {
        /// The text.
        text: Vec<u8>,
        /// Where in the script.
        location: Location,
    },
    /// A helper failed.
    HelperError {
        /// Its name, without `bpf_`.
        helper: String,
        /// What it returned.
        code: i32,
        /// Where in the script.
        location: Location,
        /// How often so far.
        times: u64,
    },
    /// Something else went wrong while the program ran.
    RuntimeError {
        /// What.
        text: String,
        /// Where in the script.
        location: Location,
        /// How often so far.
        times: u64,
    },
    /// So many tests are going to run.
    TestsStart(usize),
    /// A test begins to run.
    TestStart(String),
    /// A test ran.
    Test(TestResult),
    /// All tests ran: how many passed, and the names of the others.
    TestsEnd(usize, Vec<String>),
    /// The head of a table of benchmarks, of which the longest name has so many bytes.
    BenchHead(usize),
    /// A benchmark ran: a row of that table.
    Bench(usize, BenchResult),
    /// The end of tracing: what follows are the maps.
    End,
}

/// What makes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// `printf()`.
    Printf,
    /// `time()`.
    Time,
    /// `join()`; the text ends without a newline here.
    Join,
    /// `cat()`: a file's content.
    Cat,
    /// `system()`: what the command printed.
    System,
}

/// Where text goes. JSON all goes to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Standard output, or the file that stands for it.
    Output,
    /// Standard error.
    Errors,
}

impl Message {
    /// What a record says, its values resolved; `now` is in nanoseconds since 1970 (UTC). `None` for those that ask the
    /// reader to do more than to say something: `cat` and `system` (their argument is [`printf`]'s), whole maps, `exit`.
    pub fn of(stream: &Stream, values: &[Value], now: i64, style: &Style) -> Option<Self> {
        let location = || stream.location.clone();
        Some(match &stream.verb {
            Verb::Printf(format) => Self::text(Origin::Printf, printf(format, values, style)),
            Verb::Errorf(format) => {
                Self::Errorf { text: printf(format, values, style), location: location() }
            }
            Verb::Warnf(format) => Self::Warnf { text: printf(format, values, style), location: location() },
            Verb::Time(format) => Self::text(Origin::Time, clock(format, now, &style.zone)),
            Verb::Join(separator) => Self::text(Origin::Join, text::join(values, separator, style)),
            Verb::Print => Self::Value(values.first()?.clone()),
            Verb::Cat(_) | Verb::System(_) | Verb::Exit => return None,
            Verb::PrintMap { .. } | Verb::PrintEntry { .. } | Verb::Clear { .. } | Verb::Zero { .. } => {
                return None;
            }
            Verb::Spill { .. } | Verb::Forget { .. } | Verb::Unwatch | Verb::Packet { .. } => return None,
        })
    }

    /// What went wrong so often, and what a helper returned the last time.
    pub fn of_trouble(trouble: &Trouble, code: i64, times: u64) -> Self {
        let location = trouble.location.clone();
        match &trouble.kind {
            TroubleKind::Helper { helper, .. } => {
                Self::HelperError { helper: helper.clone(), code: helper_code(code), location, times }
            }
            TroubleKind::Error(text) => Self::RuntimeError { text: text.clone(), location, times },
        }
    }

    /// Text as it is.
    pub fn text(origin: Origin, text: impl Into<Vec<u8>>) -> Self {
        Self::Text { origin, text: text.into() }
    }

    /// Where it goes as text.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Table(_) | Self::Value(_) | Self::Text { .. } | Self::End => Channel::Output,
            Self::Attached(_) | Self::Lost(_) | Self::Errorf { .. } | Self::Warnf { .. } => Channel::Errors,
            Self::HelperError { .. } | Self::RuntimeError { .. } | Self::Loss(_) => Channel::Errors,
            Self::TestsStart(_) | Self::TestStart(_) | Self::Test(_) | Self::TestsEnd(..) => Channel::Output,
            Self::BenchHead(_) | Self::Bench(..) => Channel::Output,
        }
    }
}

fn helper_code(bits: i64) -> i32 {
    i32::try_from(bits).unwrap_or(if bits < 0 { i32::MIN } else { i32::MAX })
}

/// What a helper's failure means to the person.
pub(crate) fn helper_text(helper: &str, code: i32) -> String {
    const E2BIG: i32 = -7;
    const ENOENT: i32 = -2;
    match (helper, code) {
        ("map_update_elem", E2BIG) => {
            "Map full; can't update element. Try increasing max_map_keys config or manually \
            setting the max entries in a map declaration e.g. `let @a = hash(5000)`"
                .into()
        }
        ("map_delete_elem", ENOENT) => "Can't delete map element because it does not exist.".into(),
        ("map_lookup_elem", _) => "Can't lookup map element because it does not exist.".into(),
        _ => error_text(code),
    }
}

/// The C library's text for a negative errno.
pub(crate) fn error_text(code: i32) -> String {
    let text = std::io::Error::from_raw_os_error(code.saturating_neg()).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
