//! Maps: made, filled, frozen.
use super::emit::{ANSWER, At, CONTEXT, Emitter};
use super::{Binding, LightError, Places, context, is_data, made, name, put};
use crate::{Image, ImageMap};
use osmia_abi::attr::{MapCreateAttr, MapElemAttr};
use osmia_abi::{Command, MapType};
use osmia_isa::{Cond, Reg, Size};
use std::mem::offset_of;

/// What all kernels with such programs (5.14) read: up to `map_extra`.
const CREATE: usize = offset_of!(MapCreateAttr, map_extra) + 8;
const ELEMENT: usize = size_of::<MapElemAttr>();

/// Makes all maps and fills them, but for those of programs.
pub(super) fn create(image: &Image, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    for (at, map) in made(image) {
        if let Some(inner) = map.inner.and_then(|inner| image.maps.get(inner)) {
            create_one(inner, None, places, out)?;
            out.keep(Size::W, ANSWER, places.inner);
        }
        create_one(map, Some(at), places, out)?;
        out.keep(Size::W, ANSWER, places.map(at));
        if map.inner.is_some() {
            out.close(places.inner)?;
        }
    }
    for (at, map) in made(image) {
        contents(map, at, places, out)?;
        if map.frozen {
            let attr = out.data(&[0; 8]);
            out.copy(Size::W, places.map(at), attr);
            out.bpf(Command::MapFreeze, attr, 4)?;
            out.check();
        }
        if map.kind != MapType::ProgArray {
            slots(map, at, |other| places.map(other), places, out)?;
        }
    }
    Ok(())
}

/// Fills the maps of programs.
pub(super) fn fill_programs(image: &Image, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    for (at, map) in made(image).filter(|(_, map)| map.kind == MapType::ProgArray) {
        slots(map, at, |program| places.program(program), places, out)?;
    }
    Ok(())
}

/// Makes a map; `at` is its number, which a pattern has not.
fn create_one(
    map: &ImageMap,
    at: Option<usize>,
    places: &Places,
    out: &mut Emitter,
) -> Result<(), LightError> {
    let mut raw = [0; CREATE];
    let numbers = [
        (offset_of!(MapCreateAttr, map_type), map.kind.raw()),
        (offset_of!(MapCreateAttr, key_size), map.key_size),
        (offset_of!(MapCreateAttr, value_size), map.value_size),
        (offset_of!(MapCreateAttr, max_entries), map.max_entries),
        (offset_of!(MapCreateAttr, map_flags), map.flags),
        (offset_of!(MapCreateAttr, numa_node), map.numa_node),
        (offset_of!(MapCreateAttr, btf_key_type_id), map.key_type.0),
        (offset_of!(MapCreateAttr, btf_value_type_id), map.value_type.0),
    ];
    for (offset, number) in numbers {
        put(&mut raw, offset, &number.to_ne_bytes());
    }
    put(&mut raw, offset_of!(MapCreateAttr, map_name), &name(&map.name));
    put(&mut raw, offset_of!(MapCreateAttr, map_extra), &map.extra.to_ne_bytes());
    let attr = out.data(&raw);
    if map.key_type.0 != 0 || map.value_type.0 != 0 {
        out.copy(Size::W, places.btf, attr.plus(offset_of!(MapCreateAttr, btf_fd)));
    }
    if map.inner.is_some() {
        out.copy(Size::W, places.inner, attr.plus(offset_of!(MapCreateAttr, inner_map_fd)));
    }
    if let Some(at) = at.filter(|_| out.binding == Binding::Open) {
        // Users may have said how many elements they want.
        out.load(Size::W, Reg::R0, CONTEXT, context::SIZE + context::MAP * at + context::MAP_ENTRIES);
        out.unless((Cond::Eq, Reg::R0, 0), |out| {
            out.keep(Size::W, Reg::R0, attr.plus(offset_of!(MapCreateAttr, max_entries)));
            Ok(())
        })?;
    }
    out.bpf(Command::MapCreate, attr, CREATE)?;
    out.check();
    Ok(())
}

/// Puts in what a map holds from the start; of global data, what users wrote in its place.
fn contents(map: &ImageMap, at: usize, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    let zero = (vec![0; 4], vec![0; map.value_size as usize]);
    let all = match map.initial.as_slice() {
        [] if is_data(map) => std::slice::from_ref(&zero),
        all => all,
    };
    for (key, bytes) in all {
        let (key, value) = (out.data(key), out.data(bytes));
        if is_data(map) && out.binding == Binding::Open {
            replace(value, bytes.len(), at, out)?;
        }
        update(places.map(at), key, value, out)?;
    }
    Ok(())
}

/// Copies what users wrote, from their memory or the kernel's.
fn replace(value: At, size: usize, at: usize, out: &mut Emitter) -> Result<(), LightError> {
    out.load(Size::DW, Reg::R3, CONTEXT, context::SIZE + context::MAP * at + context::MAP_VALUE);
    out.unless((Cond::Eq, Reg::R3, 0), |out| {
        out.address(Reg::R1, value);
        out.set(Reg::R2, size as i32);
        out.load(Size::W, Reg::R0, CONTEXT, context::FLAGS);
        // `BPF_SKEL_KERNEL`: who asks is in the kernel.
        out.choose(
            (Cond::Set, Reg::R0, 1),
            |out| out.call("copy_from_user"),
            |out| out.call("probe_read_kernel"),
        )
    })
}

/// Puts maps or programs into a map's slots.
fn slots(
    map: &ImageMap,
    at: usize,
    place: impl Fn(usize) -> At,
    places: &Places,
    out: &mut Emitter,
) -> Result<(), LightError> {
    for (slot, other) in &map.slots {
        let key = out.data(&slot.to_ne_bytes());
        update(places.map(at), key, place(*other), out)?;
    }
    Ok(())
}

fn update(map: At, key: At, value: At, out: &mut Emitter) -> Result<(), LightError> {
    let attr = out.data(&[0; ELEMENT]);
    out.copy(Size::W, map, attr.plus(offset_of!(MapElemAttr, map_fd)));
    out.point(key, attr.plus(offset_of!(MapElemAttr, key)));
    out.point(value, attr.plus(offset_of!(MapElemAttr, value)));
    out.bpf(Command::MapUpdateElem, attr, ELEMENT)?;
    out.check();
    Ok(())
}
