//! An object that is loaded: handles for what is in it.
use super::map::FromMap;
use super::open::unlike;
use super::{Error, Program, Structure};
use osmia_loader::{LoadedMap, LoadedProgram};
use osmia_object::internal_name;
use osmia_sys::{Memory, Section, Variables};
use std::sync::Arc;

/// An object that is loaded. It stays in the kernel as long as this value lives, or a handle or link that came from it.
#[derive(Debug)]
pub struct Loaded {
    maps: Vec<Arc<LoadedMap>>,
    programs: Vec<Arc<LoadedProgram>>,
    name: String,
    /// The sections that have a map, in their order.
    sections: Vec<String>,
}

impl Loaded {
    pub(super) fn new(loaded: osmia_loader::Loaded, name: String, sections: Vec<String>) -> Self {
        Self {
            maps: loaded.maps.into_iter().map(Arc::new).collect(),
            programs: loaded.programs.into_iter().map(Arc::new).collect(),
            name,
            sections,
        }
    }

    /// A map. The types of its keys and values are checked by their sizes.
    pub fn map<M: FromMap>(&self, name: &str) -> Result<M, Error> {
        let found = self.maps.iter().find(|map| map.name == name && !map.template);
        let map = found.ok_or_else(|| Error::new(format!("the map {name} was not made")))?;
        M::from_map(map).ok_or_else(|| {
            let shape = map.fd.shape();
            Error::new(format!(
                "the map {name} is of the kind {} with keys of {} and values of {} bytes: not what this handle is for",
                map.kind.name(),
                shape.key_size,
                shape.value_size
            ))
        })
    }

    /// A program; one that was not loaded refuses to do anything.
    pub fn program(&self, name: &str) -> Program {
        let found = self.programs.iter().find(|program| program.name == name);
        Program::new(name, found.cloned())
    }

    /// A structure of functions.
    pub fn structure(&self, name: &str) -> Structure {
        let found = self.maps.iter().find(|map| map.name == name && map.structure.is_some());
        Structure::new(name, found.cloned())
    }

    /// The variables of a section as programs see them.
    pub fn section<T: Variables>(&self, name: &str) -> Result<Section<T>, Error> {
        let map = self.section_map(name).ok_or_else(|| {
            Error::new(format!(
                "the section {name} was not loaded: this kernel has no global variables (5.2)"
            ))
        })?;
        let memory = Memory::of_map(&map.fd, T::WRITES).map_err(|errno| {
            Error::new(format!(
                "the variables of {name} cannot be mapped into this process: {errno}; kernels can since 5.5"
            ))
        })?;
        Section::new(&memory).map_err(|_| Error::new(unlike(name)))
    }

    /// The map of a section: the kernel's names are short, so that two sections may have the same.
    fn section_map(&self, section: &str) -> Option<&LoadedMap> {
        let short = internal_name(&self.name, section);
        let place = self.sections.iter().filter(|other| internal_name(&self.name, other) == short);
        let place = place.take_while(|other| *other != section).count();
        self.maps.iter().filter(|map| map.name == short).nth(place).map(|map| &**map)
    }
}
