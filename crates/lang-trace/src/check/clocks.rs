//! Which clock a number is of: `strftime()` asks.
use super::body::Body;
use crate::typed::{Builtin, Expr, ExprKind, VarId};

/// What a number of nanoseconds was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// `CLOCK_BOOTTIME`, or nothing that is known.
    Boot,
    /// `CLOCK_MONOTONIC`, which stands still while the machine sleeps: nobody knows how long it did.
    Monotonic,
    /// `CLOCK_TAI`
    Tai,
}

impl Body<'_, '_> {
    /// The clock of a value: of `nsecs()` itself, and of variables and maps that were given it as it is.
    pub(super) fn clock(&self, value: &Expr) -> Clock {
        let known = match &value.kind {
            ExprKind::Builtin(Builtin::NsecsMonotonic) => Some(Clock::Monotonic),
            ExprKind::Builtin(Builtin::NsecsTai) => Some(Clock::Tai),
            ExprKind::Var(var) => self.clocks.get(var).copied(),
            ExprKind::MapValue(map, _) => {
                self.session.maps.at(*map).and_then(|(name, _)| self.session.clocks.get(name).copied())
            }
            _ => None,
        };
        known.unwrap_or(Clock::Boot)
    }

    /// Notes that a variable is given a value.
    pub(super) fn note_clock(&mut self, var: VarId, value: &Expr) {
        let clock = self.clock(value);
        if clock != Clock::Boot {
            self.clocks.insert(var, clock);
        }
    }

    /// Notes that a value is put in a map.
    pub(super) fn note_map_clock(&mut self, name: &str, value: &Expr) {
        let clock = self.clock(value);
        if clock != Clock::Boot {
            self.session.clocks.insert(name.to_owned(), clock);
        }
    }
}
