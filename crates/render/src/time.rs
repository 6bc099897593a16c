//! Times and durations.
use crate::style::Zone;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::{Timestamp, Zoned};

/// What stands for a time that is not known.
const UNKNOWN: &str = "(?)";

/// The letters of C's `strftime` that are left to the calendar; `%E` and `%O` in front of one mean nothing here.
const CALENDAR: &str = "aAbBcCdDeFgGhHIjmMnpPrRsStTuUVwWxXyYzZ%";

/// C's `strftime` of nanoseconds since 1970 (UTC), with `%f` for microseconds (6 digits), `%k` for nanoseconds (9) and
/// `%l` for milliseconds (3) besides. A letter that means nothing stays as it is.
pub fn strftime(format: &str, wall: Option<i64>, zone: &Zone) -> String {
    let Some(time) = wall.map(|wall| zoned(wall, zone)) else { return UNKNOWN.into() };
    let config = Config::new().custom(PosixCustom::new()).lenient(true);
    let format = expand(format, &time);
    BrokenDownTime::from(&time).to_string_with_config(&config, &format).unwrap_or_else(|_| UNKNOWN.into())
}

/// `2024-03-01T12:30:00.123456789`.
pub fn default_timestamp(wall: i64, zone: &Zone) -> String {
    strftime("%Y-%m-%dT%H:%M:%S.%k", Some(wall), zone)
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

/// The format with our own letters replaced, and with what no calendar knows made literal.
fn expand(format: &str, time: &Zoned) -> String {
    let nanoseconds = time.subsec_nanosecond();
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
        match letter {
            Some('f') => expanded += &format!("{:06}", nanoseconds / 1000),
            Some('k') => expanded += &format!("{nanoseconds:09}"),
            Some('l') => expanded += &format!("{:03}", nanoseconds / 1_000_000),
            Some(letter) if CALENDAR.contains(letter) => expanded.extend(['%', letter]),
            letter => expanded.extend(['%', '%'].into_iter().chain(letter)),
        }
    }
    expanded
}
