//! Structures of functions with the programs in them, ready to be registered.
use crate::load::{LoadedMap, LoadedProgram, LoadedStructure};
use osmia_object::{Image, Structure};
use std::os::fd::AsRawFd;

/// Puts the descriptors of programs into the structures.
pub(crate) fn fill_structures(image: &Image, maps: &mut [LoadedMap], programs: &[LoadedProgram]) {
    for map in maps {
        let structure = image.maps.get(map.index).and_then(|map| map.structure.as_deref());
        map.structure = structure.map(|structure| filled(image, structure, programs));
    }
}

fn filled(image: &Image, structure: &Structure, programs: &[LoadedProgram]) -> LoadedStructure {
    let (mut value, mut missing) = (structure.value.clone(), Vec::new());
    for (offset, index) in &structure.functions {
        let place = value.get_mut(*offset as usize..).and_then(|rest| rest.get_mut(..8));
        match (place, programs.iter().find(|program| program.index == *index)) {
            (Some(place), Some(program)) => {
                // The kernel reads it as an `unsigned long`.
                place.copy_from_slice(&i64::from(program.fd.as_raw_fd()).to_ne_bytes());
            }
            _ => missing.extend(image.programs.get(*index).map(|program| program.name.clone())),
        }
    }
    LoadedStructure { name: structure.name.clone(), value, link: structure.link, missing }
}
