//! What a person may choose about output.
use jiff::tz::TimeZone;
use std::fmt;

/// Choices that hold for a whole run.
#[derive(Clone, Debug)]
pub struct Style {
    /// What follows a text that may have been cut off (`str_trunc_trailer`).
    pub trailer: String,
    /// Where times are shown.
    pub zone: Zone,
}

impl Default for Style {
    fn default() -> Self {
        Self { trailer: "..".into(), zone: Zone::utc() }
    }
}

/// A time zone.
#[derive(Clone)]
pub struct Zone(pub(crate) TimeZone);

impl Zone {
    /// That of this machine (`TZ`, `/etc/localtime`); UTC where it has none. The one thing here that reads the machine:
    /// call it once and put it into the [`Style`].
    pub fn system() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Coordinated universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// So many seconds east of Greenwich all year; `None` where that is more than a day.
    pub fn fixed(seconds: i32) -> Option<Self> {
        Some(Self(TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?)))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
