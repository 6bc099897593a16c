//! An object that is open: what can be said of it before it is loaded.
use super::Error;
use super::loaded::Loaded;
use crate::portable::gather;
use osmia_loader::{Exclusive, LoadOptions, Reuse};
use osmia_object::{DataKey, DataKind, Map, Object, Program};
use osmia_sys::{Memory, Section, Variables};
use std::path::PathBuf;
use std::sync::Arc;

/// An object that is open.
#[derive(Debug)]
pub struct Open {
    object: Object,
    name: String,
    sections: Vec<(DataKey, Arc<Memory>)>,
    reuse: Vec<Reuse>,
    exclusive: Vec<Exclusive>,
    /// The kernel's types, where they are not to be the running kernel's.
    pub btf: Option<PathBuf>,
    /// The directory of maps that are pinned by their names.
    pub pins: PathBuf,
}

/// What can be said of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenMap {
    /// How many elements it has at most.
    pub max_entries: u32,
    /// The id of a map that is used in its place.
    pub reuse: Option<u32>,
    /// The program that alone may use it (Linux 6.18).
    pub exclusive: Option<String>,
}

/// What can be said of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenProgram {
    /// Whether it is loaded.
    pub autoload: bool,
}

impl Open {
    /// Reads an object from the bytes of its file; `name` is what the kernel's names of its data begin with.
    pub fn new(bytes: &[u8], name: &str) -> Result<Self, Error> {
        let object = osmia_object::elf::read(bytes).map_err(Error::new)?;
        let (sections, reuse, exclusive) = (Vec::new(), Vec::new(), Vec::new());
        let pins = LoadOptions::default().pins;
        Ok(Self { object, name: name.to_owned(), sections, reuse, exclusive, btf: None, pins })
    }

    /// The variables of a section, such as `.bss`, which are loaded as they are then.
    pub fn section<T: Variables>(&mut self, name: &str) -> Result<Section<T>, Error> {
        let found = self.object.data.iter().find(|(_, data)| data.name == name);
        let (key, data) = found.ok_or_else(|| Error::new(format!("the object has no section {name}")))?;
        let memory = Memory::private(&data.bytes).map_err(Error::new)?;
        let section = Section::new(&memory).map_err(|_| Error::new(unlike(name)))?;
        self.sections.push((key, memory));
        Ok(section)
    }

    /// What the object says of a map.
    pub fn map(&self, name: &str) -> OpenMap {
        let map = self.object.maps.values().find(|map| map.name == name);
        OpenMap { max_entries: map.map_or(0, |map| map.max_entries), ..OpenMap::default() }
    }

    /// What the object says of a program.
    pub fn program(&self, name: &str) -> OpenProgram {
        let program = self.object.functions.values().find(|function| function.name == name);
        OpenProgram { autoload: program.and_then(|it| it.program.as_ref()).is_some_and(|it| it.autoload) }
    }

    /// Says something of a map.
    pub fn set_map(&mut self, name: &str, said: &OpenMap) -> Result<(), Error> {
        self.declared_map(name)?.max_entries = said.max_entries;
        self.reuse.retain(|reuse| reuse.name != name);
        self.reuse.extend(said.reuse.map(|id| Reuse { name: name.to_owned(), id }));
        self.exclusive.retain(|exclusive| exclusive.map != name);
        let program = said.exclusive.clone();
        self.exclusive.extend(program.map(|program| Exclusive { map: name.to_owned(), program }));
        Ok(())
    }

    /// Says something of a program.
    pub fn set_program(&mut self, name: &str, said: &OpenProgram) -> Result<(), Error> {
        self.declared_program(name)?.autoload = said.autoload;
        Ok(())
    }

    fn declared_map(&mut self, name: &str) -> Result<&mut Map, Error> {
        let mut all = self.object.maps.iter_mut().map(|(_, map)| map);
        all.find(|map| map.name == name).ok_or_else(|| Error::new(format!("the object has no map {name}")))
    }

    fn declared_program(&mut self, name: &str) -> Result<&mut Program, Error> {
        let mut all = self.object.functions.iter_mut().map(|(_, function)| function);
        let found = all.find(|function| function.name == name).and_then(|function| function.program.as_mut());
        found.ok_or_else(|| Error::new(format!("the object has no program {name}")))
    }

    /// Makes the object fit for this machine and brings it into the kernel. Nothing runs before it is attached.
    pub fn load(mut self) -> Result<Loaded, Error> {
        for (key, data) in self.object.data.iter_mut() {
            if let Some((_, memory)) = self.sections.iter().find(|(known, _)| *known == key) {
                data.bytes = memory.copy();
            }
        }
        let target = gather(&self.object, self.btf.as_ref()).map_err(Error::new)?;
        let image = osmia_object::resolve_named(&self.object, &target, &self.name).map_err(Error::new)?;
        let (pins, reuse, exclusive) = (self.pins, self.reuse, self.exclusive);
        let options = LoadOptions { pins, reuse, exclusive, ..LoadOptions::default() };
        let loaded = osmia_loader::load(&image, &options).map_err(Error::new)?;
        let held = |kind: DataKind| !matches!(kind, DataKind::StructOps | DataKind::Arena);
        let sections: Vec<String> = self
            .object
            .data
            .values()
            .filter(|data| held(data.kind) && !data.bytes.is_empty())
            .map(|data| data.name.clone())
            .chain(std::iter::once(".kconfig".to_owned()))
            .collect();
        Ok(Loaded::new(loaded, self.name, sections))
    }
}

/// What is said of a section that is not as large as its variables.
pub(super) fn unlike(name: &str) -> String {
    format!("the section {name} is not the one that this skeleton was made for: make it anew")
}
