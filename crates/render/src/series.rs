//! Time series as a graph: time goes down, numbers go to the right.
use crate::style::Zone;
use crate::time::{calendar, precision};
use osmia_event::{Point, Series, Value};

/// Columns of the graph, its edges included.
const WIDTH: usize = 53;
/// Columns of the smallest number above and below it; the largest has the others.
const LEAST: usize = 21;

/// All lines. Where there is no number at all, a word without a newline says so.
pub(crate) fn graph(series: &Series, zone: &Zone) -> String {
    let Some(range) = Range::of(&series.points) else { return "<no data>".into() };
    let (unit, digits) = precision(series.interval);
    let heading = if digits == 0 { "hh:mm:ss".to_owned() } else { format!("hh:mm:ss.{unit}") };
    let time = if digits == 0 { 8 } else { 9 + digits };
    let most = WIDTH - LEAST;
    let bounds = format!("{:time$} {:<LEAST$}{:>most$}\n", "", range.low, range.high);
    let mut out = format!("{bounds}{heading:<time$} |{}|\n", "_".repeat(WIDTH - 2));
    for point in &series.points {
        out += &clock(point.start, digits, zone);
        out += &line(point, &range);
    }
    out + &format!("{:time$} v{}v\n{bounds}", "", "_".repeat(WIDTH - 2))
}

/// The time of day.
fn clock(start: i64, digits: usize, zone: &Zone) -> String {
    let fraction = match digits {
        0 => "",
        3 => ".%l",
        6 => ".%f",
        _ => ".%k",
    };
    calendar(&format!("%H:%M:%S{fraction}"), start, zone)
}

fn line(point: &Point, range: &Range) -> String {
    let mut row = vec![b' '; WIDTH];
    let mut put = |column: usize, mark| {
        if let Some(place) = row.get_mut(column) {
            *place = mark;
        }
    };
    put(0, b'|');
    put(WIDTH - 1, b'|');
    // A zero at the very edge is not marked.
    if range.low < 0 && range.high > 0 && range.column(0, WIDTH) > 0 {
        put(range.column(0, WIDTH), b'.');
    }
    let value = point.value.as_ref().and_then(number);
    if let Some(value) = value {
        put(range.column(value, WIDTH - 1).min(WIDTH - 1), b'*');
    }
    let value = value.map_or_else(|| "-".into(), |value| value.to_string());
    format!(" {} {value}\n", String::from_utf8_lossy(&row))
}

/// From the smallest number to the largest.
struct Range {
    low: i128,
    high: i128,
}

impl Range {
    /// The numbers' range; a single number stands in the middle of one, as far as its type has neighbours of it.
    fn of(points: &[Point]) -> Option<Self> {
        let mut values = points.iter().filter_map(|point| point.value.as_ref());
        let first = values.next()?;
        let start = number(first)?;
        let numbers = values.filter_map(number);
        let (low, high) =
            numbers.fold((start, start), |(low, high), value| (low.min(value), high.max(value)));
        if low < high {
            return Some(Self { low, high });
        }
        let (least, most) = match first {
            Value::Uint { .. } => (0, i128::from(u64::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        Some(Self { low: (low - 1).max(least), high: (high + 1).min(most) })
    }

    /// Where in so many columns a number stands, in single precision.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the rule"
    )]
    fn column(&self, value: i128, columns: usize) -> usize {
        (columns as f32 * (value - self.low) as f32 / (self.high - self.low) as f32) as usize
    }
}

fn number(value: &Value) -> Option<i128> {
    match *value {
        Value::Int { value, .. } => Some(value.into()),
        Value::Uint { value, .. } => Some(value.into()),
        _ => None,
    }
}
