//! Aggregations: `count`, `sum`, `min`, `max`, `avg`, `stats`, `hist`, `lhist`. Each processor
//! adds to values of its own.
use super::cx::{Cx, Place, Result};
use super::helpers;
use super::maps::MapHome;
use super::memory::Fill;
use crate::typed::{Expr, MapId};
use osmia_abi::Feature;
use osmia_base::Span;
use osmia_event::{Aggregation, Verb};
use osmia_ir::{Builder, FunctionId, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::MapKey;

/// Where nobody said how many processors there can be.
const MOST_CPUS: u32 = 1024;

impl<'a> Cx<'a> {
    /// `@m[key] = count()` and its kin.
    pub(super) fn aggregate(
        &mut self,
        map: MapId,
        key: Option<&'a Expr>,
        value: Option<&'a Expr>,
        span: Span,
    ) -> Result<()> {
        let home = self.map_home(map).clone();
        let Some(handle) = home.map else { return self.error(span, "not an aggregation") };
        let number = match value {
            Some(value) => {
                let number = self.scalar(value)?;
                self.reckonable(number)
            }
            None => self.b.int(1),
        };
        if let Aggregation::TimeSeries { .. } = home.value {
            return self.add_to_series(map, &home, key, number, span);
        }
        if home.value.buckets().is_some() {
            return self.add_to_bucket(map, &home, key, number);
        }
        let Some(key) = key else {
            let found = self.element(handle, 0);
            self.merge(&home.value, Place::new(found), number);
            return Ok(());
        };
        let keyed = self.record_key(map, key)?;
        let found = self.lookup(handle, keyed.key);
        let (hit, miss, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(hit);
        self.merge(&home.value, Place::new(found), number);
        self.b.jump(done, &[]);
        self.b.switch_to(miss);
        self.maybe(|cx| cx.insert(map, keyed, number));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// Adds a number to this processor's value.
    fn merge(&mut self, aggregation: &Aggregation, at: Place, number: Value) {
        match aggregation {
            Aggregation::Min { signed } => self.keep(at, number, if *signed { Cond::Slt } else { Cond::Lt }),
            Aggregation::Max { signed } => self.keep(at, number, if *signed { Cond::Sgt } else { Cond::Gt }),
            Aggregation::Sum { .. } => {
                self.add_word(at, number);
                self.set_flag(at);
            }
            Aggregation::Avg { .. } | Aggregation::Stats { .. } => {
                self.add_word(at, number);
                let one = self.b.int(1);
                self.add_word(at.at(8), one);
            }
            Aggregation::Count
            | Aggregation::Value(_)
            | Aggregation::Hist { .. }
            | Aggregation::Lhist { .. }
            | Aggregation::TimeSeries { .. } => {
                self.add_word(at, number);
            }
        }
    }

    pub(super) fn add_word(&mut self, at: Place, number: Value) {
        let old = self.b.load(Size::DW, at.base, at.offset, Kind::I64);
        let new = self.b.alu(AluOp::Add, old, number);
        self.b.store(Size::DW, at.base, at.offset, new);
    }

    fn set_flag(&mut self, at: Place) {
        let one = self.b.int(1);
        self.b.store(Size::DW, at.base, at.offset + 8, one);
    }

    /// Keeps `number` if it is the first or `better` than what is there.
    pub(super) fn keep(&mut self, at: Place, number: Value, better: Cond) {
        let (old, set, done) = (self.b.block(), self.b.block(), self.b.block());
        let written = self.b.load(Size::DW, at.base, at.offset + 8, Kind::I64);
        self.b.branch_if(written, old, set);
        self.b.switch_to(old);
        let best = self.b.load(Size::DW, at.base, at.offset, Kind::I64);
        self.b.branch(better, number, best, set, done);
        self.b.switch_to(set);
        self.b.store(Size::DW, at.base, at.offset, number);
        self.set_flag(at);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    fn add_to_bucket(
        &mut self,
        map: MapId,
        home: &MapHome,
        key: Option<&'a Expr>,
        number: Value,
    ) -> Result<()> {
        let Some(handle) = home.map else { return Ok(()) };
        let bucket = self.bucket(&home.value, number);
        let one = self.b.int(1);
        let Some(key) = key else {
            let address = self.bucket_number(bucket);
            let found = self.lookup(handle, address);
            let (hit, done) = (self.b.block(), self.b.block());
            self.b.branch_if(found, hit, done);
            self.b.switch_to(hit);
            self.add_word(Place::new(found), one);
            self.b.jump(done, &[]);
            self.b.switch_to(done);
            return Ok(());
        };
        let keyed = self.record_bucket_key(map, home, key, bucket)?;
        let found = self.lookup(handle, keyed.key);
        let (hit, miss, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(hit);
        self.add_word(Place::new(found), one);
        self.b.jump(done, &[]);
        self.b.switch_to(miss);
        self.maybe(|cx| cx.insert(map, keyed, one));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// A bucket's key in memory.
    pub(super) fn bucket_address(
        &mut self,
        home: &MapHome,
        key: Option<&'a Expr>,
        bucket: Value,
    ) -> Result<Value> {
        let Some(key) = key else { return Ok(self.bucket_number(bucket)) };
        let to = self.temp(home.key_size);
        self.put_bucket_key(home, key, to, bucket)?;
        Ok(self.begin_of(to))
    }

    /// The key of a bucket where the map has no key of its own.
    fn bucket_number(&mut self, bucket: Value) -> Value {
        let to = self.temp(8);
        self.b.store(Size::W, to.base, to.offset, bucket);
        self.begin_of(to)
    }

    pub(super) fn put_bucket_key(
        &mut self,
        home: &MapHome,
        key: &'a Expr,
        to: Place,
        bucket: Value,
    ) -> Result<()> {
        // The bucket is known already, and need not be kept while the key is made.
        self.b.store(Size::DW, to.base, to.offset + home.bucket as i32, bucket);
        self.put(key, to, Fill::Whole)?;
        let size = self.size_of(&key.ty);
        if home.bucket > size {
            self.zero(to.at(size), home.bucket - size);
        }
        Ok(())
    }

    /// The number of a value's bucket.
    fn bucket(&mut self, aggregation: &Aggregation, value: Value) -> Value {
        match *aggregation {
            Aggregation::Hist { bits } => {
                let function = self.hist_function(bits);
                self.call_function(function, &[value])
            }
            Aggregation::Lhist { min, max, step } => self.linear_bucket(value, min, max, step),
            _ => self.b.int(0),
        }
    }

    fn linear_bucket(&mut self, value: Value, min: i64, max: i64, step: i64) -> Value {
        let (above, inside, done) = (self.b.block(), self.b.block(), self.b.block());
        let (checked, high) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let (low, zero) = (self.b.int(min), self.b.int(0));
        self.b.branch(Cond::Slt, value, low, checked, above);
        self.b.switch_to(checked);
        self.b.jump(done, &[zero]);
        self.b.switch_to(above);
        let limit = self.b.int(max);
        self.b.branch(Cond::Slt, value, limit, inside, high);
        self.b.switch_to(high);
        let buckets = Aggregation::Lhist { min, max, step }.buckets().unwrap_or(1);
        let last = self.b.int(i64::from(buckets) - 1);
        self.b.jump(done, &[last]);
        self.b.switch_to(inside);
        let distance = self.b.alu(AluOp::Sub, value, low);
        let step = self.b.int(step.max(1));
        let steps = self.b.alu(AluOp::Div, distance, step);
        let one = self.b.int(1);
        let bucket = self.b.alu(AluOp::Add, steps, one);
        self.b.jump(done, &[bucket]);
        self.b.switch_to(done);
        result
    }

    /// The function that finds a power-of-two bucket. A function of its own is verified once, not once for each way
    /// through it.
    fn hist_function(&mut self, bits: u8) -> FunctionId {
        if let Some(&(_, id)) = self.hist.iter().find(|(it, _)| *it == bits) {
            return id;
        }
        let name = format!("hist_bucket_{bits}");
        let mut function = hist_bucket(&name, bits, self.b.loc());
        function.type_id = self.globals.number_function_type(&name);
        let id = self.globals.module.functions.push(function);
        self.hist.push((bits, id));
        id
    }

    /// An aggregation's number: over all processors where the kernel lets a program see them, else this one's.
    pub(super) fn aggregated(&mut self, map: MapId, key: Option<&'a Expr>, span: Span) -> Result<Value> {
        let key = self.key(map, key)?;
        self.reduce(map, key, span)
    }

    /// The number that a key's aggregation amounts to.
    pub(super) fn reduce(&mut self, map: MapId, key: Value, span: Span) -> Result<Value> {
        let home = self.map_home(map).clone();
        let Some(handle) = home.map else { return self.error(span, "not an aggregation") };
        if home.value.buckets().is_some() {
            return self.error(span, "a histogram is not a number");
        }
        let (first, second) = (self.temp(8), self.temp(8));
        let zero = self.b.int(0);
        self.b.store(Size::DW, first.base, 0, zero);
        self.b.store(Size::DW, second.base, 0, zero);
        if self.can(Feature::LookupPercpu) {
            self.over_processors(handle, key, &home.value, first, second);
        } else {
            let found = self.lookup(handle, key);
            let (hit, done) = (self.b.block(), self.b.block());
            self.b.branch_if(found, hit, done);
            self.b.switch_to(hit);
            self.collect(&home.value, Place::new(found), first, second);
            self.b.jump(done, &[]);
            self.b.switch_to(done);
        }
        let value = self.b.load(Size::DW, first.base, 0, Kind::I64);
        Ok(match home.value {
            Aggregation::Avg { signed } | Aggregation::Stats { signed } => {
                let count = self.b.load(Size::DW, second.base, 0, Kind::I64);
                self.b.alu(if signed { AluOp::SDiv } else { AluOp::Div }, value, count)
            }
            _ => value,
        })
    }

    fn over_processors(&mut self, map: MapKey, key: Value, value: &Aggregation, first: Place, second: Place) {
        let most = if self.target.cpus == 0 { MOST_CPUS } else { self.target.cpus };
        let counter = self.temp(8);
        let zero = self.b.int(0);
        self.b.store(Size::DW, counter.base, 0, zero);
        let (head, turn, hit, done) = (self.b.block(), self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let cpu = self.b.load(Size::DW, counter.base, 0, Kind::I64);
        let most = self.b.int(i64::from(most));
        self.b.branch(Cond::Lt, cpu, most, turn, done);
        self.b.switch_to(turn);
        let map = self.b.map(map);
        let memory = Kind::Ptr(Pointee::Memory);
        let found = self.b.helper(helpers::LOOKUP_PERCPU, &[map, key, cpu], memory);
        self.b.branch_if(found, hit, done);
        self.b.switch_to(hit);
        self.collect(value, Place::new(found), first, second);
        let one = self.b.int(1);
        let next = self.b.alu(AluOp::Add, cpu, one);
        self.b.store(Size::DW, counter.base, 0, next);
        self.b.jump(head, &[]);
        self.b.switch_to(done);
    }

    /// Adds one processor's value to what was collected.
    fn collect(&mut self, value: &Aggregation, from: Place, first: Place, second: Place) {
        let number = self.b.load(Size::DW, from.base, from.offset, Kind::I64);
        match value {
            Aggregation::Min { signed } => {
                self.collect_best(from, number, first, second, if *signed { Cond::Slt } else { Cond::Lt })
            }
            Aggregation::Max { signed } => {
                self.collect_best(from, number, first, second, if *signed { Cond::Sgt } else { Cond::Gt })
            }
            Aggregation::Avg { .. } | Aggregation::Stats { .. } => {
                self.add_word(first, number);
                let count = self.b.load(Size::DW, from.base, from.offset + 8, Kind::I64);
                self.add_word(second, count);
            }
            _ => self.add_word(first, number),
        }
    }

    fn collect_best(&mut self, from: Place, number: Value, best: Place, any: Place, better: Cond) {
        let (there, compare, set, done) = (self.b.block(), self.b.block(), self.b.block(), self.b.block());
        let written = self.b.load(Size::DW, from.base, from.offset + 8, Kind::I64);
        self.b.branch_if(written, there, done);
        self.b.switch_to(there);
        let had = self.b.load(Size::DW, any.base, 0, Kind::I64);
        self.b.branch_if(had, compare, set);
        self.b.switch_to(compare);
        let old = self.b.load(Size::DW, best.base, 0, Kind::I64);
        self.b.branch(better, number, old, set, done);
        self.b.switch_to(set);
        let one = self.b.int(1);
        self.b.store(Size::DW, best.base, 0, number);
        self.b.store(Size::DW, any.base, 0, one);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// `delete(@h[key])` of a histogram: all of its buckets. A map without key is cleared by the reader.
    pub(super) fn delete_buckets(
        &mut self,
        id: MapId,
        home: &MapHome,
        map: MapKey,
        key: &'a Expr,
    ) -> Result<Value> {
        let buckets = home.value.buckets().unwrap_or(0);
        let (to, counter, zero) = (self.temp(home.key_size), self.temp(8), self.b.int(0));
        self.put_bucket_key(home, key, to, zero)?;
        self.b.store(Size::DW, counter.base, 0, zero);
        let any = self.temp(8);
        self.b.store(Size::DW, any.base, 0, zero);
        let (head, turn, there, next, done) =
            (self.b.block(), self.b.block(), self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let bucket = self.b.load(Size::DW, counter.base, 0, Kind::I64);
        let most = self.b.int(i64::from(buckets));
        self.b.branch(Cond::Lt, bucket, most, turn, done);
        self.b.switch_to(turn);
        self.b.store(Size::DW, to.base, to.offset + home.bucket as i32, bucket);
        let (map, address) = (self.b.map(map), self.begin_of(to));
        let failed = self.call(helpers::MAP_DELETE, &[map, address]);
        let one = self.b.int(1);
        self.b.branch_if(failed, next, there);
        self.b.switch_to(there);
        self.b.store(Size::DW, any.base, 0, one);
        self.b.jump(next, &[]);
        self.b.switch_to(next);
        let more = self.b.alu(AluOp::Add, bucket, one);
        self.b.store(Size::DW, counter.base, 0, more);
        self.b.jump(head, &[]);
        self.b.switch_to(done);
        let address = self.begin_of(to);
        self.forget_spilled(id, address);
        Ok(self.b.load(Size::DW, any.base, 0, Kind::I64))
    }

    /// Asks the reader to clear an aggregation without key, which a program cannot do for other processors.
    pub(super) fn clear_aggregation(&mut self, map: MapId, span: Span) -> Result<Value> {
        self.send(&Verb::Clear { map: osmia_base::Key::index(map) }, &[], span)?;
        Ok(self.b.int(1))
    }
}

/// `hist()`'s bucket, as [`Aggregation::Hist`] says.
fn hist_bucket(name: &str, bits: u8, loc: osmia_ir::Loc) -> osmia_ir::Function {
    let mut b = Builder::new(name, ".text", &[Kind::I64], Some(Kind::I64));
    b.at(loc);
    let value = b.param(0);
    let (negative, positive, small, large) = (b.block(), b.block(), b.block(), b.block());
    let (zero, one) = (b.int(0), b.int(1));
    b.branch(Cond::Slt, value, zero, negative, positive);
    b.switch_to(negative);
    b.ret(Some(zero));
    b.switch_to(positive);
    let first = b.int(1 << bits);
    b.branch(Cond::Lt, value, first, small, large);
    b.switch_to(small);
    let bucket = b.alu(AluOp::Add, value, one);
    b.ret(Some(bucket));
    b.switch_to(large);
    let highest = highest_bit(&mut b, value);
    let k = b.int(i64::from(bits));
    let above = b.alu(AluOp::Sub, highest, k);
    let rounds = b.alu(AluOp::Add, above, one);
    let rounds = b.alu(AluOp::Lsh, rounds, k);
    let low = b.alu(AluOp::Rsh, value, above);
    let mask = b.int((1 << bits) - 1);
    let low = b.alu(AluOp::And, low, mask);
    let bucket = b.alu(AluOp::Add, rounds, low);
    let bucket = b.alu(AluOp::Add, bucket, one);
    b.ret(Some(bucket));
    b.finish()
}

/// The position of a number's highest bit, by halving.
fn highest_bit(b: &mut Builder, value: Value) -> Value {
    let mut rest = value;
    let mut position = b.int(0);
    for bits in [32, 16, 8, 4, 2, 1] {
        let (shift, next) = (b.block(), b.block());
        let (left, at) = (b.block_param(next, Kind::I64), b.block_param(next, Kind::I64));
        let limit = b.int(1 << bits);
        let same = b.block();
        b.branch(Cond::Ge, rest, limit, shift, same);
        b.switch_to(same);
        b.jump(next, &[rest, position]);
        b.switch_to(shift);
        let count = b.int(bits);
        let shifted = b.push(Op::Alu(AluOp::Rsh, rest, count), Kind::I64);
        let higher = b.alu(AluOp::Add, position, count);
        b.jump(next, &[shifted, higher]);
        b.switch_to(next);
        (rest, position) = (left, at);
    }
    position
}
