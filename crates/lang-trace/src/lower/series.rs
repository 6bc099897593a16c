//! `tseries()`: each processor keeps numbers of its own for the last intervals, in buckets that are used in turn.
use super::cx::{Cx, Place, Result};
use super::maps::MapHome;
use crate::typed::{Expr, MapId, MapValue, Type};
use osmia_base::Span;
use osmia_event::{Aggregation, Merge};
use osmia_ir::{Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};

/// Where an element has its second word, and the number of its interval.
const SECOND: i32 = 8;
const NUMBER: i32 = 16;
/// Bytes of an element.
const ELEMENT: u32 = 24;

/// What is to be noted of one number.
#[derive(Clone, Copy, Debug)]
struct Sample {
    value: Value,
    /// The element's second word where it is the first one of its interval.
    second: Value,
    /// The interval.
    number: Value,
}

impl<'a> Cx<'a> {
    /// `@m[key] = tseries(number, …)`.
    pub(super) fn add_to_series(
        &mut self,
        map: MapId,
        home: &MapHome,
        key: Option<&'a Expr>,
        value: Value,
        span: Span,
    ) -> Result<()> {
        let (Some(handle), Aggregation::TimeSeries { signed, interval, intervals, merge }) =
            (home.map, &home.value)
        else {
            return Ok(());
        };
        let now = self.wall_clock(span)?;
        let length = self.b.int(interval.cast_signed());
        let number = self.b.alu(AluOp::Div, now, length);
        let turns = self.b.int(i64::from(*intervals));
        let bucket = self.b.alu(AluOp::Mod, number, turns);
        let second = if *merge == Merge::Last { now } else { self.b.int(1) };
        let sample = Sample { value, second, number };
        let address = self.bucket_address(home, key, bucket)?;
        let found = self.lookup(handle, address);
        let (hit, miss, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(hit);
        self.note(Place::new(found), sample, *merge, *signed);
        self.b.jump(done, &[]);
        self.b.switch_to(miss);
        if key.is_some() {
            self.maybe(|cx| {
                let new = cx.temp(ELEMENT);
                cx.begin(new, sample);
                let new = cx.begin_of(new);
                cx.update(map, address, new);
            });
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// Adds a number to an element, which may be of an interval that is over.
    fn note(&mut self, at: Place, sample: Sample, merge: Merge, signed: bool) {
        if merge == Merge::Last {
            return self.begin(at, sample);
        }
        let (same, over, done) = (self.b.block(), self.b.block(), self.b.block());
        let number = self.b.load(Size::DW, at.base, at.offset + NUMBER, Kind::I64);
        self.b.branch(Cond::Eq, number, sample.number, same, over);
        self.b.switch_to(over);
        self.begin(at, sample);
        self.b.jump(done, &[]);
        self.b.switch_to(same);
        match (merge, signed) {
            (Merge::Min, true) => self.keep(at, sample.value, Cond::Slt),
            (Merge::Min, false) => self.keep(at, sample.value, Cond::Lt),
            (Merge::Max, true) => self.keep(at, sample.value, Cond::Sgt),
            (Merge::Max, false) => self.keep(at, sample.value, Cond::Gt),
            (Merge::Sum | Merge::Avg | Merge::Last, _) => {
                self.add_word(at, sample.value);
                self.add_word(Place { base: at.base, offset: at.offset + SECOND }, sample.second);
            }
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// The first number of an interval.
    fn begin(&mut self, at: Place, Sample { value, second, number }: Sample) {
        for (offset, word) in [(0, value), (SECOND, second), (NUMBER, number)] {
            self.b.store(Size::DW, at.base, at.offset + offset, word);
        }
    }

    /// Nanoseconds since 1970, or what the test that winds the clock says.
    fn wall_clock(&mut self, span: Span) -> Result<Value> {
        if let Some(name) = &self.options.clock_map {
            return self.wound_clock(name, span);
        }
        let now = self.now();
        let (section, offset) = self.globals.variable("boot_to_wall_ns", 8);
        let address = self.b.data(section, offset);
        let difference = self.b.load(Size::DW, address, 0, Kind::I64);
        Ok(self.b.alu(AluOp::Add, now, difference))
    }

    fn wound_clock(&mut self, name: &str, span: Span) -> Result<Value> {
        let mut maps = self.program.maps.iter();
        let found = maps.find_map(|(id, map)| match &map.value {
            MapValue::Plain(ty @ Type::Int { .. }) if map.name == name && map.key.is_none() => Some((id, ty)),
            _ => None,
        });
        match found {
            Some((id, ty)) => self.map_number(id, None, &ty.clone()),
            None => self.error(span, format!("the clock {name} is no map with one integer")),
        }
    }
}
