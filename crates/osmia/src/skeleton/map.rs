//! Maps with the types of their keys and values.
use super::Pod;
use super::records::Reader;
use bytemuck::{bytes_of, bytes_of_mut};
use osmia_abi::MapType;
use osmia_loader::LoadedMap;
use osmia_sys::bpf::{MapFd, map_info};
use osmia_sys::{Errno, Values};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// Handles that are made of a map.
pub trait FromMap: Sized {
    #[doc(hidden)]
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self>;
}

/// Any map: its id and its descriptor.
#[derive(Clone, Debug)]
pub struct AnyMap(Arc<LoadedMap>);

impl AnyMap {
    /// Its id.
    pub fn id(&self) -> io::Result<u32> {
        Ok(map_info(&self.0.fd)?.id)
    }
}

impl AsFd for AnyMap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

impl FromMap for AnyMap {
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self> {
        Some(Self(Arc::clone(map)))
    }
}

/// Declares a handle with types.
macro_rules! typed {
    ($(#[$meta:meta])* $name:ident<$($ty:ident),*>) => {
        $(#[$meta])*
        pub struct $name<$($ty),*> {
            /// The map without its types.
            pub any: AnyMap,
            types: PhantomData<fn() -> ($($ty,)*)>,
        }

        impl<$($ty),*> Clone for $name<$($ty),*> {
            fn clone(&self) -> Self {
                Self { any: self.any.clone(), types: PhantomData }
            }
        }

        impl<$($ty),*> fmt::Debug for $name<$($ty),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.any.0.name).finish()
            }
        }

        impl<$($ty),*> $name<$($ty),*> {
            fn of(map: &Arc<LoadedMap>) -> Self {
                Self { any: AnyMap(Arc::clone(map)), types: PhantomData }
            }

            #[allow(dead_code, reason = "some handles read through a reader")]
            fn fd(&self) -> &MapFd {
                &self.any.0.fd
            }
        }
    };
}

typed! {
    /// A map whose values all processors share.
    Map<K, V>
}

typed! {
    /// A map that has a value for each processor.
    PerCpuMap<K, V>
}

typed! {
    /// A queue or a stack.
    Queue<V>
}

fn has_sizes(map: &LoadedMap, key: usize, value: usize) -> bool {
    let shape = map.fd.shape();
    shape.key_size == key && shape.value_size == value
}

impl<K: Pod, V: Pod> FromMap for Map<K, V> {
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self> {
        let fits = has_sizes(map, size_of::<K>(), size_of::<V>()) && !map.fd.shape().is_percpu();
        (fits && map.fd.shape().element_size == size_of::<V>()).then(|| Self::of(map))
    }
}

impl<K: Pod, V: Pod> FromMap for PerCpuMap<K, V> {
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self> {
        let fits = has_sizes(map, size_of::<K>(), size_of::<V>()) && map.fd.shape().is_percpu();
        fits.then(|| Self::of(map))
    }
}

impl<V: Pod> FromMap for Queue<V> {
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self> {
        let kind = matches!(map.kind, MapType::Queue | MapType::Stack);
        (kind && has_sizes(map, 0, size_of::<V>())).then(|| Self::of(map))
    }
}

/// That there is no such element is no error.
fn found(answer: Result<(), Errno>) -> io::Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(Errno::ENOENT) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

impl<K: Pod, V: Pod> Map<K, V> {
    /// The value of a key.
    pub fn get(&self, key: &K) -> io::Result<Option<V>> {
        let mut value = V::zeroed();
        let there = found(self.fd().lookup(bytes_of(key), bytes_of_mut(&mut value), 0))?;
        Ok(there.then_some(value))
    }

    /// Writes the value of a key, whether it is there or not.
    pub fn insert(&self, key: &K, value: &V) -> io::Result<()> {
        self.update(key, value, osmia_abi::flags::ANY)
    }

    /// Writes the value of a key; `flags` are `BPF_ANY` (0), `BPF_NOEXIST` (1), `BPF_EXIST` (2), perhaps with `BPF_F_LOCK` (4).
    pub fn update(&self, key: &K, value: &V, flags: u64) -> io::Result<()> {
        Ok(self.fd().update(bytes_of(key), bytes_of(value), flags)?)
    }

    /// Deletes a key; whether it was there.
    pub fn remove(&self, key: &K) -> io::Result<bool> {
        found(self.fd().delete(bytes_of(key)))
    }

    /// Takes a key out; the value that it had.
    pub fn take(&self, key: &K) -> io::Result<Option<V>> {
        let mut value = V::zeroed();
        let there = found(self.fd().lookup_and_delete(bytes_of(key), bytes_of_mut(&mut value), 0))?;
        Ok(there.then_some(value))
    }

    /// All elements, read in large batches where the kernel can. Those that come or go meanwhile may be there or not.
    pub fn entries(&self) -> io::Result<Vec<(K, V)>> {
        let all = osmia_loader::dump(self.fd())?;
        let pair = |entry: osmia_loader::Entry| {
            Some((super::read(&entry.key)?, super::read(entry.values.first()?)?))
        };
        Ok(all.into_iter().filter_map(pair).collect())
    }

    /// The values of an array with `BPF_F_MMAPABLE`, without a system call for each.
    pub fn values(&self) -> io::Result<Values<V>> {
        Ok(Values::new(self.fd())?)
    }
}

impl<K: Pod, V: Pod> PerCpuMap<K, V> {
    /// The values of a key, on each possible processor.
    pub fn get(&self, key: &K) -> io::Result<Option<Vec<V>>> {
        let Some(bytes) = self.fd().get(bytes_of(key))? else { return Ok(None) };
        let each = bytes.chunks_exact(size_of::<V>().next_multiple_of(8).max(8));
        Ok(Some(each.filter_map(super::read).collect()))
    }

    /// Writes the values of a key, one for each possible processor (as many as [`Self::get`] gives).
    pub fn insert(&self, key: &K, values: &[V]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(self.fd().shape().element_size);
        for value in values {
            bytes.extend_from_slice(bytes_of(value));
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        Ok(self.fd().update(bytes_of(key), &bytes, 0)?)
    }

    /// Deletes a key; whether it was there.
    pub fn remove(&self, key: &K) -> io::Result<bool> {
        found(self.fd().delete(bytes_of(key)))
    }

    /// All elements. Those that come or go meanwhile may be there or not.
    pub fn entries(&self) -> io::Result<Vec<(K, Vec<V>)>> {
        let all = osmia_loader::dump(self.fd())?;
        let pair = |entry: osmia_loader::Entry| {
            let values = entry.values.iter().filter_map(|value| super::read(value)).collect();
            Some((super::read(&entry.key)?, values))
        };
        Ok(all.into_iter().filter_map(pair).collect())
    }
}

impl<V: Pod> Queue<V> {
    /// Adds a value.
    pub fn push(&self, value: &V) -> io::Result<()> {
        Ok(self.fd().update(&[], bytes_of(value), 0)?)
    }

    /// Takes the next value.
    pub fn pop(&self) -> io::Result<Option<V>> {
        let mut value = V::zeroed();
        let there = found(self.fd().lookup_and_delete(&[], bytes_of_mut(&mut value), 0))?;
        Ok(there.then_some(value))
    }
}

/// A map by which programs send records: a ring buffer, or an array of perf events.
#[derive(Clone, Debug)]
pub struct Records {
    /// The map.
    pub any: AnyMap,
}

impl Records {
    /// Begins to read what arrives from now on.
    pub fn reader(&self) -> io::Result<Reader> {
        Reader::new(&self.any.0.fd)
    }
}

impl FromMap for Records {
    fn from_map(map: &Arc<LoadedMap>) -> Option<Self> {
        let sends = matches!(map.kind, MapType::Ringbuf | MapType::PerfEventArray);
        sends.then(|| Self { any: AnyMap(Arc::clone(map)) })
    }
}
