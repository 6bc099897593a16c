//! The script's maps and its data in the kernel.
use super::Kernel;
use crate::user::{global_size, value_size};
use osmia_event::{MapSchema, RawEntry, Storage};
use std::io;

impl Kernel {
    /// What is in one of the script's maps.
    pub fn entries(&self, map: &MapSchema) -> io::Result<Vec<RawEntry>> {
        let Some(found) = self.loaded.map(&map.map) else { return Ok(Vec::new()) };
        let entries = osmia_loader::dump(&found.fd)
            .map_err(|error| io::Error::other(format!("{}: {error}", map.name)))?;
        Ok(entries.into_iter().map(|entry| RawEntry { key: entry.key, values: entry.values }).collect())
    }

    /// Removes all entries.
    pub fn clear(&mut self, map: &MapSchema) {
        match map.storage {
            Storage::Global { offset } => self.wipe(offset, global_size(map)),
            Storage::Hash { .. } | Storage::Array { .. } => {
                if let Some(found) = self.loaded.map(&map.map) {
                    // What cannot be removed is seen when the map is printed.
                    let _ = osmia_loader::clear(&found.fd);
                }
            }
        }
    }

    /// Sets all values to zero.
    pub fn zero(&mut self, map: &MapSchema) {
        match map.storage {
            Storage::Global { offset } => self.wipe(offset, value_size(map)),
            Storage::Hash { .. } | Storage::Array { .. } => {
                if let Some(found) = self.loaded.map(&map.map) {
                    let _ = osmia_loader::zero(&found.fd);
                }
            }
        }
    }

    fn wipe(&self, offset: u32, size: usize) {
        if let Some(globals) = &self.globals {
            let _ = globals.write(offset as usize, &vec![0; size]);
        }
    }

    /// A number in `.bss`.
    pub fn data(&self, offset: usize) -> Option<u64> {
        let mut raw = [0; 8];
        self.globals.as_ref()?.read(offset, &mut raw).ok()?;
        Some(u64::from_ne_bytes(raw))
    }

    /// Writes a number to `.bss`.
    pub fn set_data(&mut self, offset: usize, value: u64) {
        if let Some(globals) = &self.globals {
            let _ = globals.write(offset, &value.to_ne_bytes());
        }
    }
}
