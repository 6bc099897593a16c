//! Probes that a file's author put in, and the maps by which programs of libbpf's `usdt.bpf.h` learn of their arguments.
//!
//! Such a program finds what its arguments are in an array, `__bpf_usdt_specs`, by the number that it has as its cookie;
//! where the kernel has no cookies, by the number that another map has for its address. How an element is laid out changed
//! with libbpf 1.7: the size of an element says which way an object was compiled.
use super::error::AttachErrorKind as Kind;
use super::part::Missed;
use super::user::{Code, File, Spot, put_at};
use super::{Job, Parts};
use crate::load::LoadedMap;
use osmia_host::{Binary, code_mappings, usdt_probes};
use osmia_object::{ProbeSide, UsdtArgument, UsdtOperand, UsdtProbe, UsdtSite, UsdtSpot, UserFileKind};
use osmia_sys::bpf::MapFd;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// The array of what arguments are.
const SPECS: &str = "__bpf_usdt_specs";
/// Numbers in that array by address.
const NUMBERS: &str = "__bpf_usdt_ip_to_spec_id";

/// The maps of one object, and which elements are taken.
#[derive(Debug)]
pub struct UsdtMaps {
    specs: MapFd,
    numbers: Option<MapFd>,
    layout: Option<Layout>,
    next: AtomicU32,
}

/// How an element of the array is laid out: bytes from the start of an argument.
#[derive(Clone, Copy, Debug)]
struct Layout {
    argument: usize,
    register: usize,
    signed: usize,
    shift: usize,
    /// The index register and its scale, where the layout has them.
    index: Option<usize>,
}

/// `BPF_USDT_MAX_ARG_CNT`.
const MOST: usize = 12;

/// Up to libbpf 1.6.
const OLD: Layout = Layout { argument: 16, register: 12, signed: 14, shift: 15, index: None };
/// From libbpf 1.7 on.
const NEW: Layout = Layout { argument: 24, register: 14, signed: 16, shift: 17, index: Some(10) };

impl Layout {
    const fn element(&self) -> usize {
        // The cookie follows, and the number of arguments, filled up to eight bytes.
        self.argument * MOST + 16
    }
}

/// `enum __bpf_usdt_arg_type`, and one that no program knows: it reads nothing then.
const CONSTANT: u8 = 0;
const REGISTER: u8 = 1;
const MEMORY: u8 = 2;
const INDEXED: u8 = 3;
const UNKNOWN: u8 = 0xff;

impl UsdtMaps {
    /// The maps of an object, where it has them.
    pub(crate) fn of(maps: &[LoadedMap]) -> Option<Self> {
        let find = |name: &str| maps.iter().find(|map| map.name == name)?.fd.try_clone().ok();
        let specs = find(SPECS)?;
        let size = specs.shape().value_size;
        let layout = [OLD, NEW].into_iter().find(|layout| layout.element() == size);
        Some(Self { specs, numbers: find(NUMBERS), layout, next: AtomicU32::new(0) })
    }

    /// Puts an element into the array; its number.
    fn add(&self, element: &[u8]) -> Result<u32, Kind> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let room = self.specs.shape().max_entries;
        if number as usize >= room {
            return Err(Kind::UsdtMaps(format!(
                "the probe has more kinds of places than the object has room for ({room}): compile it with a larger \
                 BPF_USDT_MAX_SPEC_CNT"
            )));
        }
        let added = self.specs.update(&number.to_ne_bytes(), element, 0);
        added.map(|()| number).map_err(|errno| Kind::refused("telling the program of its arguments", errno))
    }
}

/// A probe, at all its sites. A script's program gets the number of the site as its cookie, one of `usdt.bpf.h` that of its
/// arguments.
pub(super) fn attach(
    job: Job<'_>,
    file: &File<'_>,
    (provider, name): (&str, &str),
    sites: &[UsdtSpot],
    missed: &mut Vec<Missed>,
) -> Parts {
    let path = file.find()?;
    let code = Code::new(&path, file.pid, ProbeSide::Entry)?;
    let numbered = |sites: &[UsdtSpot]| -> Vec<(String, Spot)> {
        let spot = |(number, site): (usize, &UsdtSpot)| Spot {
            offset: site.offset,
            semaphore: site.semaphore,
            cookie: number as u64,
        };
        sites.iter().enumerate().map(spot).map(|spot| (String::new(), spot)).collect()
    };
    let spots = match (&job.program.usdt, sites) {
        (Some(maps), _) => told(job, maps, &read(&path, provider, name)?, (&path, file.pid), missed)?,
        (None, []) => {
            let probe = read(&path, provider, name)?;
            let spot = |site: &UsdtSite| UsdtSpot { offset: site.offset, semaphore: site.semaphore };
            numbered(&probe.sites.iter().map(spot).collect::<Vec<_>>())
        }
        (None, sites) => numbered(sites),
    };
    put_at(job, &code, &spots, None)
}

fn read(path: &Path, provider: &str, name: &str) -> Result<UsdtProbe, Kind> {
    let mut probes = usdt_probes(path).map_err(Kind::Binary)?;
    let found = probes.iter().position(|probe| probe.provider == provider && probe.name == name);
    found.map(|at| probes.swap_remove(at)).ok_or_else(|| {
        let nearest = osmia_base::nearest(name, probes.iter().map(|probe| probe.name.as_str()));
        Kind::NoUsdt { probe: format!("{provider}:{name}"), nearest: nearest.map(str::to_owned) }
    })
}

/// The sites, each with the number under which its arguments are told; sites whose arguments are the same share one.
fn told(
    job: Job<'_>,
    maps: &UsdtMaps,
    probe: &UsdtProbe,
    (path, pid): (&Path, Option<u32>),
    missed: &mut Vec<Missed>,
) -> Result<Vec<(String, Spot)>, Kind> {
    let layout = maps.layout.ok_or_else(|| {
        Kind::UsdtMaps(format!(
            "an element of the object's {SPECS} has {} bytes: its usdt.bpf.h is none that osmia knows",
            maps.specs.shape().value_size
        ))
    })?;
    let addresses = if job.has_cookies() { None } else { Some(Addresses::of(path, pid)?) };
    let mut known = HashMap::<Vec<u8>, u32>::new();
    let mut spots = Vec::with_capacity(probe.sites.len());
    for site in &probe.sites {
        let (element, unread) = element(&layout, &site.arguments, job.options.cookie);
        let number = match known.get(&element) {
            Some(number) => *number,
            None => {
                missed.extend(unread.into_iter().map(|(argument, why)| Missed {
                    name: format!("argument {argument} of {}:{}", probe.provider, probe.name),
                    why: Kind::UsdtMaps(why),
                }));
                let number = maps.add(&element)?;
                known.insert(element, number);
                number
            }
        };
        let spot = Spot { offset: site.offset, semaphore: site.semaphore, cookie: number.into() };
        let spot = match &addresses {
            None => spot,
            Some(addresses) => {
                addresses.tell(maps, site, number)?;
                Spot { cookie: 0, ..spot }
            }
        };
        spots.push((String::new(), spot));
    }
    Ok(spots)
}

/// An element of the array, and the arguments that cannot be told in it.
fn element(
    layout: &Layout,
    arguments: &[Result<UsdtArgument, String>],
    cookie: u64,
) -> (Vec<u8>, Vec<(usize, String)>) {
    let mut unread = Vec::new();
    let mut bytes = Vec::with_capacity(layout.element());
    for (number, argument) in arguments.iter().take(MOST).enumerate() {
        let told = match argument {
            Ok(argument) => one(layout, argument).ok_or_else(|| {
                "usdt.bpf.h cannot read where it is (memory at a fixed address, or by an index register before libbpf 1.7)"
                    .to_owned()
            }),
            Err(text) => Err(format!("`{text}` is not understood")),
        };
        bytes.extend(told.unwrap_or_else(|why| {
            unread.push((number, why));
            let mut none = vec![0; layout.argument];
            put(&mut none, 8, &[UNKNOWN]);
            none
        }));
    }
    bytes.resize(layout.argument * MOST, 0);
    bytes.extend(cookie.to_ne_bytes());
    bytes.extend((arguments.len().min(MOST) as u64).to_ne_bytes());
    (bytes, unread)
}

/// One argument; `None` where the layout has no words for it.
fn one(layout: &Layout, argument: &UsdtArgument) -> Option<Vec<u8>> {
    let (kind, value, register, index) = match argument.operand {
        UsdtOperand::Constant(value) => (CONSTANT, value, 0, 0),
        // What is above some bits of a register is some bytes behind its start.
        UsdtOperand::Register { register, shift } => (REGISTER, 0, register + u16::from(shift / 8), 0),
        UsdtOperand::Memory { base: Some(base), index: None, displacement } => {
            (MEMORY, displacement, base, 0)
        }
        UsdtOperand::Memory { base: Some(base), index: Some((index, scale)), displacement } => {
            layout.index?;
            (INDEXED, displacement, base, index & 0xfff | (scale.trailing_zeros() as u16) << 12)
        }
        UsdtOperand::Memory { base: None, .. } | UsdtOperand::Static(_) => return None,
    };
    let mut bytes = vec![0; layout.argument];
    put(&mut bytes, 0, &value.to_ne_bytes());
    put(&mut bytes, 8, &[kind]);
    if let Some(at) = layout.index {
        put(&mut bytes, at, &index.to_ne_bytes());
    }
    put(&mut bytes, layout.register, &register.to_ne_bytes());
    put(&mut bytes, layout.signed, &[argument.signed.into()]);
    put(&mut bytes, layout.shift, &[64_u8.saturating_sub(argument.size.saturating_mul(8))]);
    Some(bytes)
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// Where a file's code is in memory: as its addresses say, or in one process.
enum Addresses {
    Fixed,
    Mapped(Vec<(u64, u64, u64)>),
}

impl Addresses {
    fn of(path: &Path, pid: Option<u32>) -> Result<Self, Kind> {
        let binary = Binary::open(path).map_err(Kind::Binary)?;
        match (binary.kind(), pid) {
            (UserFileKind::Fixed, _) => Ok(Self::Fixed),
            (_, None) => Err(Kind::Unable(
                "this kernel has no cookies (5.15), so that programs tell probes apart by their address, and in a file \
                 that is loaded anywhere that is another in each process: name one process",
            )),
            (_, Some(pid)) => {
                let all = code_mappings(pid).ok_or(Kind::NoProcess(pid))?;
                let same =
                    |other: &Path| std::fs::canonicalize(other).ok() == std::fs::canonicalize(path).ok();
                let ours = all.iter().filter(|map| same(&map.path));
                Ok(Self::Mapped(ours.map(|map| (map.start, map.end, map.offset)).collect()))
            }
        }
    }

    /// Tells the program which number belongs to the site's address.
    fn tell(&self, maps: &UsdtMaps, site: &UsdtSite, number: u32) -> Result<(), Kind> {
        let address = match self {
            Self::Fixed => Some(site.address),
            Self::Mapped(all) => all.iter().find_map(|(start, end, offset)| {
                let inside = site.offset.checked_sub(*offset)?;
                start.checked_add(inside).filter(|address| address < end)
            }),
        };
        let address = address.ok_or(Kind::Unable("the process has not mapped the file's code"))?;
        let numbers = maps.numbers.as_ref().ok_or(Kind::Unable(
            "this kernel has no cookies (5.15), and the object no map for numbers by address",
        ))?;
        let told = numbers.update(&address.to_ne_bytes(), &number.to_ne_bytes(), 0);
        told.map_err(|errno| Kind::refused("telling the program of the probe's addresses", errno))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(size: u8, signed: bool, operand: UsdtOperand) -> Result<UsdtArgument, String> {
        Ok(UsdtArgument { size, signed, operand })
    }

    /// The layouts are those that clang makes of `usdt.bpf.h` of libbpf 1.6 and 1.8.
    #[test]
    fn elements_are_laid_out_as_the_object_was_compiled() {
        let arguments = [
            argument(4, true, UsdtOperand::Constant(-7)),
            argument(1, false, UsdtOperand::Register { register: 80, shift: 8 }),
            argument(8, false, UsdtOperand::Memory { base: Some(32), index: None, displacement: -16 }),
            argument(2, false, UsdtOperand::Memory { base: Some(32), index: Some((40, 8)), displacement: 5 }),
            Err("nonsense".to_owned()),
            argument(8, false, UsdtOperand::Static(0x1000)),
        ];
        let (old, unread) = element(&OLD, &arguments, 9);
        assert_eq!((old.len(), unread.len()), (208, 3));
        assert_eq!(old[..16], [0xf9, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 1, 32]);
        assert_eq!(old[24..32], [1, 0, 0, 0, 81, 0, 0, 56]);
        assert_eq!(old[40..48], [2, 0, 0, 0, 32, 0, 0, 0]);
        assert_eq!(old[56], UNKNOWN);
        assert_eq!(old[192..], [9, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        let (new, unread) = element(&NEW, &arguments, 0);
        assert_eq!((new.len(), unread.len()), (304, 2));
        assert_eq!(new[72..90], [5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 40, 0x30, 0, 0, 32, 0, 0, 48]);
    }
}
