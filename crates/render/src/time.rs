//! Times and durations.
use crate::style::Zone;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::{Timestamp, Zoned};

/// What stands for a time that is not known.
const UNKNOWN: &str = "(?)";

const NANOSECONDS: i64 = 1_000_000_000;

/// The letters of C's `strftime` that are left to the calendar; `%E` and `%O` in front of one mean nothing here.
const CALENDAR: &str = "aAbBcCdDeFgGhHIjmMnpPrRsStTuUVwWxXyYzZ%";

/// What a script's `strftime()` says: C's `strftime` of nanoseconds since 1970 (UTC), with `%f` for microseconds (6 digits),
/// `%k` for nanoseconds (9) and `%l` for milliseconds (3) besides. A letter that means nothing stays as it is. A time that is
/// not known, or zero when counted in seconds, is `(?)`.
pub fn strftime(format: &str, wall: Option<i64>, zone: &Zone) -> String {
    match wall {
        Some(wall) if wall / NANOSECONDS != 0 => calendar(format, wall, zone),
        _ => UNKNOWN.into(),
    }
}

/// The same of any time: 1970 began too.
pub(crate) fn calendar(format: &str, wall: i64, zone: &Zone) -> String {
    written(format, &zoned(wall, zone), fraction)
}

/// What a script's `time()` says: C's `strftime` with nothing besides, where `%k` and `%l` are hours.
pub(crate) fn clock(format: &str, now: i64, zone: &Zone) -> String {
    written(format, &zoned(now, zone), hour)
}

/// `2024-03-01T12:30:00.123456789`.
pub fn default_timestamp(wall: i64, zone: &Zone) -> String {
    calendar("%Y-%m-%dT%H:%M:%S.%k", wall, zone)
}

/// A unit in nanoseconds, its name, and how many digits behind the seconds show it.
const UNITS: [(u64, &str, usize); 4] =
    [(1_000_000_000, "s", 0), (1_000_000, "ms", 3), (1000, "μs", 6), (1, "ns", 9)];

/// A number of the largest unit that is not larger than the duration: `1500` nanoseconds are `1μs`.
pub fn duration(nanoseconds: u64) -> String {
    let (scale, unit, _) = unit(nanoseconds);
    format!("{}{unit}", nanoseconds / scale)
}

/// The unit that tells times apart which are so far from each other, and its digits behind the seconds.
pub(crate) fn precision(nanoseconds: u64) -> (&'static str, usize) {
    let (_, unit, digits) = unit(nanoseconds);
    (unit, digits)
}

/// The largest unit that is not larger than the duration.
fn unit(nanoseconds: u64) -> (u64, &'static str, usize) {
    UNITS.into_iter().find(|(scale, ..)| nanoseconds >= *scale).unwrap_or((1, "ns", 9))
}

fn zoned(wall: i64, zone: &Zone) -> Zoned {
    // Every `i64` of nanoseconds lies between the years 1677 and 2262, well within the calendar's bounds.
    Timestamp::from_nanosecond(wall.into()).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.0.clone())
}

/// Letters that the calendar's table leaves open.
type Letters = fn(char, &Zoned) -> Option<String>;

fn fraction(letter: char, time: &Zoned) -> Option<String> {
    let nanoseconds = time.subsec_nanosecond();
    match letter {
        'f' => Some(format!("{:06}", nanoseconds / 1000)),
        'k' => Some(format!("{nanoseconds:09}")),
        'l' => Some(format!("{:03}", nanoseconds / 1_000_000)),
        _ => None,
    }
}

fn hour(letter: char, time: &Zoned) -> Option<String> {
    let hour = time.hour();
    match letter {
        'k' => Some(format!("{hour:2}")),
        'l' => Some(format!("{:2}", (hour + 11) % 12 + 1)),
        _ => None,
    }
}

fn written(format: &str, time: &Zoned, letters: Letters) -> String {
    let config = Config::new().custom(PosixCustom::new()).lenient(true);
    let format = expand(format, time, letters);
    BrokenDownTime::from(time).to_string_with_config(&config, &format).unwrap_or_else(|_| UNKNOWN.into())
}

/// The format with such letters replaced, and with what no calendar knows made literal.
fn expand(format: &str, time: &Zoned, letters: Letters) -> String {
    let mut expanded = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        let mut letter = rest.next();
        if matches!(letter, Some('E' | 'O'))
            && rest.clone().next().is_some_and(|next| CALENDAR.contains(next))
        {
            letter = rest.next();
        }
        if let Some(text) = letter.and_then(|letter| letters(letter, time)) {
            expanded += &text;
            continue;
        }
        match letter {
            Some(letter) if CALENDAR.contains(letter) => expanded.extend(['%', letter]),
            letter => expanded.extend(['%', '%'].into_iter().chain(letter)),
        }
    }
    expanded
}
