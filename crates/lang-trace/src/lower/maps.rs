//! The script's maps: how each is kept, and plain values in them.
use super::cx::{Cx, MEMORY, Place, Result};
use super::globals::MapShape;
use super::memory::Fill;
use super::types::scalar;
use super::{helpers, names, walk};
use crate::typed::{Expr, ExprKind, MapId, MapInfo, MapKind, MapValue, Type};
use osmia_abi::{Feature, MapType};
use osmia_base::{Key, Span};
use osmia_event::{Aggregation, MapSchema, Storage, round_up};
use osmia_ir::{Address, Offset, Op, Type as Kind, Value};
use osmia_isa::{AluOp, AtomicOp, Cond, Size};
use osmia_object::{DataKey, MapKey};

/// `BPF_NOEXIST`.
const NOEXIST: i64 = 1;
/// There is no such element.
const ENOENT: i64 = 2;

/// Where a script's map is.
#[derive(Clone, Debug)]
pub(super) struct MapHome {
    /// The object's map; `None` for a variable.
    pub(super) map: Option<MapKey>,
    /// The variable.
    variable: Option<(DataKey, u32)>,
    /// From the variable's start to what says whether it was written.
    written: i32,
    pub(super) value: Aggregation,
    /// Bytes of one value.
    pub(super) value_size: u32,
    /// Where a bucket's number is in a key.
    pub(super) bucket: u32,
    pub(super) key_size: u32,
}

impl<'a> Cx<'a> {
    /// Makes all maps of the script.
    pub(super) fn declare_maps(&mut self) {
        for (_, info) in self.program.maps.iter() {
            self.declare(info);
        }
        let texts = self.program.maps.iter().filter(|(_, info)| matches!(info.key, Some(Type::Str { .. })));
        let rooms: Vec<u32> = texts.map(|(id, _)| self.record_room(id)).collect();
        self.text_room = rooms.into_iter().max().unwrap_or(0);
    }

    fn declare(&mut self, info: &MapInfo) {
        let value = match &info.value {
            MapValue::Plain(ty) => Aggregation::Value(self.types.event(ty)),
            MapValue::Aggregate(aggregation) => aggregation.clone(),
        };
        let plain = matches!(info.value, MapValue::Plain(_));
        let key = info.key.as_ref().map(|key| self.types.event(key));
        let name = names::map_name(&info.name);
        let value_size = value.size().max(1);
        let written = round_up(value_size, 8);
        let (storage, variable) = match (&key, plain) {
            (None, true) => {
                let place = self.globals.variable(&name, written + 8);
                (Storage::Global { offset: place.1 }, Some(place))
            }
            (None, false) => (Storage::Array { per_cpu: true }, None),
            (Some(_), plain) => (Storage::Hash { per_cpu: !plain }, None),
        };
        let map = if variable.is_some() { ".bss".to_owned() } else { name };
        let schema = MapSchema { name: info.name.clone(), map, storage, key, value: value.clone() };
        let map = variable.is_none().then(|| {
            let shape = self.shape(info, &schema, value_size);
            self.globals.map(&schema.map, shape)
        });
        let (bucket, key_size) = (schema.bucket_offset(), schema.stored_key_size());
        self.maps.push(MapHome {
            map,
            variable,
            written: written as i32,
            value,
            value_size,
            bucket,
            key_size,
        });
        self.schema.maps.push(schema);
    }

    fn shape(&self, info: &MapInfo, schema: &MapSchema, value_size: u32) -> MapShape {
        let (kind, max_entries) = match schema.storage {
            Storage::Array { .. } => (MapType::PercpuArray, schema.array_elements()),
            Storage::Hash { per_cpu } => (hash_kind(info.kind, per_cpu), info.max_entries),
            Storage::Global { .. } => (MapType::Hash, info.max_entries),
        };
        let whole = schema.value.buckets().is_none() || info.key.is_none();
        let number = |ty: &Type| scalar(ty).filter(|_| whole);
        MapShape {
            key_number: match &info.key {
                Some(key) => number(key),
                None => Some((4, false)),
            },
            value_number: match &info.value {
                MapValue::Plain(ty) => scalar(ty),
                MapValue::Aggregate(_) => (value_size == 8).then_some((8, false)),
            },
            ..MapShape::new(kind, schema.stored_key_size(), value_size, max_entries)
        }
    }

    pub(super) fn map_home(&self, map: MapId) -> &MapHome {
        &self.maps[map.index()]
    }

    /// A key in memory, as the map wants it.
    pub(super) fn key(&mut self, map: MapId, key: Option<&'a Expr>) -> Result<Value> {
        let place = match key {
            Some(key) => self.memory(key, Fill::Whole)?,
            None => {
                let size = self.map_home(map).key_size;
                let place = self.temp(size);
                self.zero(place, size);
                place
            }
        };
        Ok(self.begin_of(place))
    }

    /// What a map has for a key, or null.
    pub(super) fn lookup(&mut self, map: MapKey, key: Value) -> Value {
        let map = self.b.map(map);
        self.b.helper(helpers::MAP_LOOKUP, &[map, key], MEMORY)
    }

    fn variable(&mut self, map: MapId) -> Option<Place> {
        let (section, offset) = self.map_home(map).variable?;
        Some(Place::new(self.b.data(section, offset)))
    }

    fn mark_written(&mut self, map: MapId, place: Place) {
        let (at, one) = (self.map_home(map).written, self.b.int(1));
        self.b.store(Size::DW, place.base, place.offset + at, one);
    }

    /// Updates a map; counts what found no room.
    pub(super) fn update(&mut self, map: MapId, key: Value, value: Value) {
        let failed = self.try_update(map, key, value, 0);
        self.count_full(map, failed);
    }

    pub(super) fn try_update(&mut self, map: MapId, key: Value, value: Value, flags: i64) -> Value {
        let Some(handle) = self.map_home(map).map else { return self.b.int(0) };
        let (handle, flags) = (self.b.map(handle), self.b.int(flags));
        self.call(helpers::MAP_UPDATE, &[handle, key, value, flags])
    }

    pub(super) fn count_full(&mut self, map: MapId, failed: Value) {
        let (full, done) = (self.b.block(), self.b.block());
        self.b.branch_if(failed, full, done);
        self.b.switch_to(full);
        self.complain_of_update(helpers::MAP_UPDATE, map.index(), failed);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    pub(super) fn set_map(&mut self, map: MapId, key: Option<&'a Expr>, value: &'a Expr) -> Result<()> {
        if let (Some(place), None) = (self.variable(map), key) {
            return self.set_variable(map, place, value);
        }
        let key = self.key(map, key)?;
        let value = self.memory(value, Fill::Whole)?;
        let value = self.begin_of(value);
        self.update(map, key, value);
        self.forget_map(map);
        Ok(())
    }

    fn set_variable(&mut self, map: MapId, place: Place, value: &'a Expr) -> Result<()> {
        if value.ty.is_scalar() {
            let number = self.scalar(value)?;
            self.store(&value.ty, place, number);
        } else if reads_map(value, map) {
            let (from, size) = (self.memory(value, Fill::Whole)?, self.size_of(&value.ty));
            self.copy(from, place, size);
        } else {
            self.put(value, place, Fill::Whole)?;
        }
        self.mark_written(map, place);
        Ok(())
    }

    /// A plain map's number; 0 where there is none.
    pub(super) fn map_number(&mut self, map: MapId, key: Option<&'a Expr>, ty: &Type) -> Result<Value> {
        if let (Some(place), None) = (self.variable(map), key) {
            return Ok(self.load_from(place, ty));
        }
        let Some(handle) = self.map_home(map).map else { return Ok(self.b.int(0)) };
        let text = key.and_then(walk::steady);
        if let Some(known) = text.as_ref().and_then(|text| self.known_value(map, text)) {
            return Ok(known);
        }
        let key = self.key(map, key)?;
        let found = self.lookup(handle, key);
        let (hit, done) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let zero = self.b.int(0);
        self.branch_null(found, hit, done, Some(zero));
        let value = self.load_from(Place::new(found), ty);
        self.b.jump(done, &[value]);
        self.b.switch_to(done);
        if let Some(text) = text {
            self.note_value(map, text, result);
        }
        Ok(result)
    }

    /// Goes on in `hit` if there is something, else to `miss` with a value.
    fn branch_null(
        &mut self,
        found: Value,
        hit: osmia_ir::Block,
        miss: osmia_ir::Block,
        value: Option<Value>,
    ) {
        let none = self.b.block();
        self.b.branch_if(found, hit, none);
        self.b.switch_to(none);
        self.complain_of_key();
        self.b.jump(miss, &Vec::from_iter(value));
        self.b.switch_to(hit);
    }

    /// Where a plain map's value is; zeros where there is none.
    pub(super) fn map_place(&mut self, map: MapId, key: Option<&'a Expr>) -> Result<Place> {
        if let (Some(place), None) = (self.variable(map), key) {
            return Ok(place);
        }
        let size = self.map_home(map).value_size;
        let Some(handle) = self.map_home(map).map else { return Ok(self.temp(size)) };
        let key = self.key(map, key)?;
        let found = self.lookup(handle, key);
        let (section, offset) = self.globals.zeros(size);
        let (hit, miss, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, MEMORY);
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(miss);
        self.complain_of_key();
        let zeros = self.b.data(section, offset);
        self.b.jump(done, &[zeros]);
        self.b.switch_to(hit);
        self.b.jump(done, &[found]);
        self.b.switch_to(done);
        Ok(Place::new(result))
    }

    /// Tells of an element that is read and not there, where a person wants to know.
    fn complain_of_key(&mut self) {
        if self.options.report_failures {
            self.complain_of_helper(helpers::MAP_LOOKUP, None);
        }
    }

    /// `delete(@m, key)` of which nobody asks whether there was one: where there was none, that is told.
    pub(super) fn delete_known(&mut self, map: MapId, key: Option<&'a Expr>, span: Span) -> Result<()> {
        let had = self.delete(map, key, span)?;
        let (missing, done) = (self.b.block(), self.b.block());
        self.b.branch_if(had, done, missing);
        self.b.switch_to(missing);
        let spills = !matches!(self.map_home(map).value, Aggregation::Value(_));
        if spills && self.program.maps[map].kind.is_none() {
            // What the map has no room for, the reader has.
            let (spilled, gone) = (self.spilled(map), self.b.block());
            let any = self.b.load(Size::DW, spilled.base, spilled.offset, Kind::I64);
            self.b.branch_if(any, done, gone);
            self.b.switch_to(gone);
        }
        let code = self.b.int(-ENOENT);
        self.complain_of_helper(helpers::MAP_DELETE, Some(code));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// The type of a plain map's values.
    fn plain(&self, map: MapId) -> Type {
        match &self.program.maps[map].value {
            MapValue::Plain(ty) => ty.clone(),
            MapValue::Aggregate(_) => Type::INT64,
        }
    }

    pub(super) fn update_map(
        &mut self,
        op: AluOp,
        map: MapId,
        key: Option<&'a Expr>,
        value: &'a Expr,
    ) -> Result<()> {
        match op {
            AluOp::Add | AluOp::Sub => {
                let key = self.key_or_none(map, key)?;
                let value = self.number(value)?;
                let value = if op == AluOp::Sub { self.b.push(Op::Neg(value), Kind::I64) } else { value };
                self.add(map, key, value, Old::Unwanted);
            }
            _ => {
                let ty = self.plain(map);
                let key = self.key_or_none(map, key)?;
                let value = self.number(value)?;
                self.change(map, key, &ty, |cx, old| cx.b.alu(op, old, value));
            }
        }
        self.forget_map(map);
        Ok(())
    }

    fn key_or_none(&mut self, map: MapId, key: Option<&'a Expr>) -> Result<Option<Value>> {
        if self.map_home(map).variable.is_some() { Ok(None) } else { self.key(map, key).map(Some) }
    }

    /// `++` and `--`; the old (`Some(false)`) or the new value, if one is wanted.
    pub(super) fn step_map(
        &mut self,
        map: MapId,
        key: Option<&'a Expr>,
        by: i64,
        prefix: Option<bool>,
    ) -> Result<Value> {
        let key = self.key_or_none(map, key)?;
        let by = self.b.int(by);
        let old = self.add(map, key, by, if prefix.is_some() { Old::Wanted } else { Old::Unwanted });
        self.forget_map(map);
        let old = self.extend_to(old, &self.plain(map));
        Ok(if prefix == Some(true) { self.b.alu(AluOp::Add, old, by) } else { old })
    }

    /// Adds to a map's value without losing what other processors add; gives the old value if wanted.
    fn add(&mut self, map: MapId, key: Option<Value>, value: Value, old: Old) -> Value {
        let ty = self.plain(map);
        let Some(key) = key else {
            let Some(place) = self.variable(map) else { return self.b.int(0) };
            let result = self.add_at(place, &ty, value, old);
            self.mark_written(map, place);
            return result;
        };
        let Some(handle) = self.map_home(map).map else { return self.b.int(0) };
        let done = self.b.block();
        let result = self.b.block_param(done, Kind::I64);
        let zero = self.b.int(0);
        let found = self.lookup(handle, key);
        self.add_if(found, &ty, value, old, done);
        let new = self.temp(8);
        self.store(&ty, new, value);
        let failed = self.try_update(map, key, new.base, NOEXIST);
        let (again, raced) = (self.b.block(), self.b.block());
        self.branch_failed(failed, again, done, zero);
        // Somebody else was faster, or there is no room.
        let found = self.lookup(handle, key);
        self.add_if(found, &ty, value, old, done);
        self.b.jump(raced, &[]);
        self.b.switch_to(raced);
        self.count_full(map, failed);
        self.b.jump(done, &[zero]);
        self.b.switch_to(done);
        result
    }

    fn branch_failed(&mut self, failed: Value, again: osmia_ir::Block, done: osmia_ir::Block, zero: Value) {
        let fine = self.b.block();
        self.b.branch_if(failed, again, fine);
        self.b.switch_to(fine);
        self.b.jump(done, &[zero]);
        self.b.switch_to(again);
    }

    /// Adds where something was found and goes to `done`; goes on where nothing was.
    fn add_if(&mut self, found: Value, ty: &Type, value: Value, old: Old, done: osmia_ir::Block) {
        let (hit, miss) = (self.b.block(), self.b.block());
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(hit);
        let before = self.add_at(Place::new(found), ty, value, old);
        self.b.jump(done, &[before]);
        self.b.switch_to(miss);
    }

    fn add_at(&mut self, place: Place, ty: &Type, value: Value, old: Old) -> Value {
        let size = scalar(ty).and_then(|(size, _)| Size::from_bytes(size)).unwrap_or(Size::DW);
        let atomic = matches!(size, Size::W | Size::DW);
        if atomic && old == Old::Unwanted {
            self.b.atomic_add(size, place.base, place.offset, value);
            return self.b.int(0);
        }
        if atomic && self.can(Feature::AtomicFetch) {
            let at = Address { base: place.base, offset: Offset::Bytes(place.offset) };
            return self.b.push(Op::Atomic(AtomicOp::Add { fetch: true }, size, at, value), Kind::I64);
        }
        let before = self.load_from(place, ty);
        let after = self.b.alu(AluOp::Add, before, value);
        self.store(ty, place, after);
        before
    }

    /// Replaces a map's value by what `make` makes of it.
    fn change(
        &mut self,
        map: MapId,
        key: Option<Value>,
        ty: &Type,
        make: impl Fn(&mut Self, Value) -> Value,
    ) {
        let Some(key) = key else {
            let Some(place) = self.variable(map) else { return };
            let old = self.load_from(place, ty);
            let new = make(self, old);
            self.store(ty, place, new);
            return self.mark_written(map, place);
        };
        let Some(handle) = self.map_home(map).map else { return };
        let found = self.lookup(handle, key);
        let (hit, miss, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(found, hit, miss);
        self.b.switch_to(hit);
        let old = self.load_from(Place::new(found), ty);
        let new = make(self, old);
        self.store(ty, Place::new(found), new);
        self.b.jump(done, &[]);
        self.b.switch_to(miss);
        let zero = self.b.int(0);
        let new = make(self, zero);
        let place = self.temp(8);
        self.store(ty, place, new);
        self.update(map, key, place.base);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// `delete(@m, key)`: whether there was one.
    pub(super) fn delete(&mut self, map: MapId, key: Option<&'a Expr>, span: Span) -> Result<Value> {
        if let (Some(place), None) = (self.variable(map), key) {
            let (at, size, zero) = (self.map_home(map).written, self.map_home(map).value_size, self.b.int(0));
            let had = self.b.load(Size::DW, place.base, place.offset + at, Kind::I64);
            self.zero(place, size);
            self.b.store(Size::DW, place.base, place.offset + at, zero);
            return Ok(had);
        }
        let home = self.map_home(map).clone();
        let (Some(handle), Some(key)) = (home.map, key) else {
            return self.clear_aggregation(map, span);
        };
        if home.value.buckets().is_some() {
            return self.delete_buckets(map, &home, handle, key);
        }
        let (handle, key) = (self.b.map(handle), self.key(map, Some(key))?);
        let failed = self.call(helpers::MAP_DELETE, &[handle, key]);
        self.forget_map(map);
        if !matches!(home.value, Aggregation::Value(_)) {
            self.forget_spilled(map, key);
        }
        let zero = self.b.int(0);
        Ok(self.b.compare(Cond::Eq, failed, zero))
    }

    /// `has_key(@m, key)`.
    pub(super) fn has_key(&mut self, map: MapId, key: &'a Expr) -> Result<Value> {
        let Some(handle) = self.map_home(map).map else { return Ok(self.b.int(0)) };
        let key = self.key(map, Some(key))?;
        let found = self.lookup(handle, key);
        let found = self.number_of(found);
        let zero = self.b.int(0);
        Ok(self.b.compare(Cond::Ne, found, zero))
    }
}

/// The kernel's map for a hash, as declared or as its values want it.
const fn hash_kind(declared: Option<MapKind>, per_cpu: bool) -> MapType {
    let least_used_goes = matches!(declared, Some(MapKind::LruHash | MapKind::PercpuLruHash));
    match (per_cpu, least_used_goes) {
        (false, false) => MapType::Hash,
        (false, true) => MapType::LruHash,
        (true, false) => MapType::PercpuHash,
        (true, true) => MapType::LruPercpuHash,
    }
}

/// Whether the value before an addition is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Old {
    Wanted,
    Unwanted,
}

fn reads_map(it: &Expr, map: MapId) -> bool {
    let mut found = false;
    walk::expr(it, &mut |node| {
        if let walk::Node::Expr(Expr { kind: ExprKind::MapValue(id, _), .. }) = node {
            found |= *id == map;
        }
    });
    found
}
