//! Aggregations of keys for which a map has no room: they go on in the reader.
//!
//! A key is made behind the room that such a record needs in front of it ([`osmia_event::spill_key`]): the new element's
//! value and the record are then made in place, and a record is sent from where the key lies anyway.
use super::cx::{Cx, Place, Result};
use super::maps::MapHome;
use super::memory::{Fill, Room};
use super::send::Lost;
use super::walk;
use crate::typed::{Expr, ExprKind, MapId, Program, Stmt, StmtKind};
use osmia_base::Key;
use osmia_event::{Aggregation, Location, Stream, Verb, spill_key, spill_value};
use osmia_ir::Value;
use osmia_isa::Size;
use std::collections::BTreeSet;

/// A key in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    pub(super) key: Value,
    /// The record that it is the end of, if it is.
    record: Option<Place>,
}

impl<'a> Cx<'a> {
    /// A key of an aggregation, if possible as the end of a record.
    pub(super) fn record_key(&mut self, map: MapId, key: &'a Expr) -> Result<Keyed> {
        let mut room = Room::behind(self.record_room(map));
        let place = self.memory_in(key, Fill::Whole, &mut room)?;
        Ok(self.keyed(place, room.whole()))
    }

    /// A bucket's key, as the end of a record.
    pub(super) fn record_bucket_key(
        &mut self,
        map: MapId,
        home: &MapHome,
        key: &'a Expr,
        bucket: Value,
    ) -> Result<Keyed> {
        let mut room = Room::behind(self.record_room(map));
        let to = self.room(home.key_size, &mut room);
        self.put_bucket_key(home, key, to, bucket)?;
        Ok(self.keyed(to, room.whole()))
    }

    fn keyed(&mut self, place: Place, record: Option<Place>) -> Keyed {
        Keyed { key: self.begin_of(place), record }
    }

    /// Bytes that a record needs in front of a key, where it may have to be sent.
    pub(super) fn record_room(&self, map: MapId) -> u32 {
        if self.spills(map) { spill_key(&self.map_home(map).value) } else { 0 }
    }

    /// Whether what a map has no room for goes on in the reader: not where the script says how large the map is.
    fn spills(&self, map: MapId) -> bool {
        self.program.maps[map].kind.is_none() && !matches!(self.map_home(map).value, Aggregation::Value(_))
    }

    /// A new element that begins with this number; where there is no room for it, the reader gets what it is made of.
    pub(super) fn insert(&mut self, map: MapId, keyed: Keyed, number: Value) {
        let value = self.first_value(map, keyed, number);
        let failed = self.try_update(map, keyed.key, value, 0);
        if !self.spills(map) {
            return self.count_full(map, failed);
        }
        let (full, done) = (self.b.block(), self.b.block());
        self.b.branch_if(failed, full, done);
        self.b.switch_to(full);
        self.maybe(|cx| cx.spill(map, keyed, number));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// The value of a new element: in the record where it has room for it.
    fn first_value(&mut self, map: MapId, keyed: Keyed, number: Value) -> Value {
        let home = self.map_home(map);
        let (size, at) = (home.value_size, spill_value(&home.value));
        let Some(at) = at else {
            // It counts the first event: that is never another, and needs no place of its own.
            let (section, offset) = self.globals.constant(&1_u64.to_le_bytes(), size);
            return self.b.data(section, offset);
        };
        let place = match keyed.record {
            Some(record) if self.spills(map) => record.at(at),
            _ => self.temp(size),
        };
        self.b.store(Size::DW, place.base, place.offset, number);
        if size > 8 {
            let one = self.b.int(1);
            self.b.store(Size::DW, place.base, place.offset + 8, one);
        }
        self.begin_of(place)
    }

    /// Sends what found no room in a map, so that the reader keeps it. What is sent is counted: what of it did not arrive is
    /// lost.
    fn spill(&mut self, map: MapId, keyed: Keyed, number: Value) {
        let home = self.map_home(map).clone();
        let (stream, size) = self.map_stream(Verb::Spill { map: map.index() }, &home);
        let (spilled, one) = (self.spilled(map), self.b.int(1));
        self.b.atomic_add(Size::DW, spilled.base, spilled.offset, one);
        if self.looked_at.contains(&map) {
            let unseen = self.map_counter("unseen", map);
            self.b.atomic_add(Size::DW, unseen.base, unseen.offset, one);
        }
        match keyed.record {
            Some(record) => {
                let stream = self.b.int(i64::from(stream));
                self.b.store(Size::DW, record.base, record.offset, stream);
                let record = self.begin_of(record);
                self.try_output(record, size);
            }
            None => {
                let record = self.keyed_record((stream, size), &home, keyed.key, Lost::Known);
                if let Some(at) = spill_value(&home.value) {
                    self.b.store(Size::DW, record, at as i32, number);
                }
                self.close_record(record, size, Lost::Known);
            }
        }
    }

    /// A key that is deleted may be with the reader too, if the map was ever full.
    pub(super) fn forget_spilled(&mut self, map: MapId, key: Value) {
        let (ask, done) = (self.b.block(), self.b.block());
        let spilled = self.spilled(map);
        let any = self.b.load(Size::DW, spilled.base, spilled.offset, osmia_ir::Type::I64);
        self.b.branch_if(any, ask, done);
        self.b.switch_to(ask);
        self.maybe(|cx| cx.forget(map, key));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// Tells the reader to forget a key.
    fn forget(&mut self, map: MapId, key: Value) {
        let home = self.map_home(map).clone();
        let (stream, size) = self.map_stream(Verb::Forget { map: map.index() }, &home);
        let record = self.keyed_record((stream, size), &home, key, Lost::Event);
        self.close_record(record, size, Lost::Event);
    }

    /// How many numbers of this map went to the reader.
    pub(super) fn spilled(&mut self, map: MapId) -> Place {
        self.map_counter("spilled", map)
    }

    fn map_counter(&mut self, name: &str, map: MapId) -> Place {
        let count = u32::try_from(self.program.maps.len()).unwrap_or(u32::MAX);
        let (section, offset) = self.globals.variable(name, count.saturating_mul(8));
        Place::new(self.b.data(section, offset + map.index() as u32 * 8))
    }

    fn keyed_record(&mut self, (stream, size): (u32, u32), home: &MapHome, key: Value, lost: Lost) -> Value {
        let record = self.open_record(size, lost);
        self.start(record, stream);
        self.copy(Place::new(key), Place::new(record).at(spill_key(&home.value)), home.key_size);
        record
    }

    /// The kind of record that says this of a map, of which there is one; and its bytes.
    fn map_stream(&mut self, verb: Verb, home: &MapHome) -> (u32, u32) {
        let size = spill_key(&home.value) + home.key_size;
        let streams = &mut self.schema.streams;
        let number = streams.iter().position(|stream| stream.verb == verb).unwrap_or_else(|| {
            streams.push(Stream { verb, fields: Vec::new(), size, location: Location::default() });
            streams.len() - 1
        });
        self.record_size = self.record_size.max(size);
        self.spills = true;
        (number as u32, size)
    }
}

/// Maps that the script itself looks into while it runs: it sees what the kernel has, not what the reader keeps.
pub(super) fn looked_at(program: &Program) -> BTreeSet<MapId> {
    let mut found = BTreeSet::new();
    let mut look = |node: walk::Node<'_>| match node {
        walk::Node::Expr(Expr {
            kind:
                ExprKind::MapNumber(map, _)
                | ExprKind::MapItself(map)
                | ExprKind::HasKey(map, _)
                | ExprKind::Len(map),
            ..
        })
        | walk::Node::Stmt(Stmt { kind: StmtKind::ForMap(_, map, _), .. }) => {
            found.insert(*map);
        }
        _ => {}
    };
    program.probes.iter().for_each(|probe| walk::probe(probe, &mut look));
    found
}
