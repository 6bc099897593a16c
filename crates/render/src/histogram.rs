//! The rows of histograms and what their bounds are called.
use osmia_event::{Aggregation, Bucket, Histogram};

const BAR: usize = 52;
const LABEL: usize = 16;
const COUNT: usize = 8;

/// All rows, each a line.
pub(crate) fn rows(histogram: &Histogram) -> String {
    let rows = histogram.rows();
    let largest = rows.iter().map(|row| row.count).max().unwrap_or(0);
    rows.iter().map(|row| line(&histogram.scale, row, largest)).collect()
}

fn line(scale: &Aggregation, row: &Bucket, largest: u64) -> String {
    let bar = "@".repeat(bar_length(row.count, largest));
    format!("{:<LABEL$}{:>COUNT$} |{bar:<BAR$}|\n", label(scale, row), row.count)
}

/// In single precision, as scripts' users compare it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rule"
)]
fn bar_length(count: u64, largest: u64) -> usize {
    if largest == 0 { 0 } else { (count as f32 / largest as f32 * BAR as f32) as usize }
}

fn label(scale: &Aggregation, row: &Bucket) -> String {
    let bound = |value| bound(scale, value);
    match (row.lower, row.upper) {
        (Some(lower), Some(upper))
            if is_plain(scale, lower) && is_plain(scale, upper) && lower + 1 == upper =>
        {
            format!("[{lower}]")
        }
        (Some(lower), Some(upper)) => format!("[{}, {})", bound(lower), bound(upper)),
        (None, Some(upper)) => format!("(..., {})", bound(upper)),
        (Some(lower), None) => format!("[{}, ...)", bound(lower)),
        (None, None) => "(..., ...)".into(),
    }
}

/// Whether a bound is shown as a mere number by nature: only such make one-value labels.
fn is_plain(scale: &Aggregation, value: i128) -> bool {
    match *scale {
        Aggregation::Hist { bits } => value <= 2 << bits.min(5),
        Aggregation::Lhist { step, .. } => step % 1024 != 0,
        _ => true,
    }
}

fn bound(scale: &Aggregation, value: i128) -> String {
    if is_plain(scale, value) {
        return value.to_string();
    }
    match *scale {
        Aggregation::Hist { bits } => power_bound(value, u32::from(bits.min(5))),
        _ => linear_bound(value),
    }
}

/// The suffix is that of the power of two behind the leading bits, not of the number: with k = 5, 32·512 is `16384`.
fn power_bound(value: i128, bits: u32) -> String {
    const SUFFIXES: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    let decade = value.ilog2().saturating_sub(bits) / 10;
    let suffix = usize::try_from(decade).ok().and_then(|at| SUFFIXES.get(at)).copied().unwrap_or_default();
    format!("{}{suffix}", value >> (10 * decade))
}

fn linear_bound(value: i128) -> String {
    match value {
        0 => "0".into(),
        _ if value % (1 << 20) == 0 => format!("{}M", value >> 20),
        _ if value % (1 << 10) == 0 => format!("{}K", value >> 10),
        _ => value.to_string(),
    }
}
