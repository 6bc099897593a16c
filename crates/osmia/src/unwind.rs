//! Tables by which programs unwind user stacks: made of what files say of their code, and where processes have it.
use osmia_abi::MapType;
use osmia_abi::flags::INNER_MAP;
use osmia_dwarf::{CallerRule, Image, Place, Pointer, StackFrame};
use osmia_event::unwind::{Base, Caller, FILES, PROCESSES, ROW, Rule, Saved, signal};
use osmia_host::{CodeMapping, MemoryNews};
use osmia_loader::Loaded;
use osmia_sys::Errno;
use osmia_sys::bpf::{MapCreate, MapFd};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

/// Rows that are written at once.
const BATCH: usize = 4096;

/// Numbers that DWARF gives to registers of x86-64.
const RBX: u16 = 3;
const RBP: u16 = 6;
const RSP: u16 = 7;

/// The tables of a script that unwinds.
#[derive(Debug)]
pub(crate) struct Unwinder {
    processes: MapFd,
    files: MapFd,
    /// What is known of each file; `None` where that is nothing.
    known: HashMap<(PathBuf, u64), Option<Known>>,
    watched: BTreeSet<u32>,
    changed: BTreeSet<u32>,
}

/// A file that has a table.
#[derive(Debug)]
struct Known {
    number: u32,
    image: Image,
}

impl Unwinder {
    /// That of a loaded script, if it unwinds.
    pub(crate) fn of(loaded: &Loaded) -> Option<Self> {
        let map = |name| loaded.map(name)?.fd.try_clone().ok();
        let (processes, files) = (map(PROCESSES)?, map(FILES)?);
        let (known, watched, changed) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
        Some(Self { processes, files, known, watched, changed })
    }

    /// Whether there is no process to unwind.
    pub(crate) fn is_idle(&self) -> bool {
        self.watched.is_empty()
    }

    /// Makes the tables of a process, and from now on keeps them as they are to be.
    pub(crate) fn watch(&mut self, pid: u32) -> Result<(), String> {
        self.watched.insert(pid);
        self.fill(pid).map_err(|why| format!("Failed to build unwind tables for pid {pid}: {why}"))
    }

    /// A process whose code will be known when it runs its program.
    pub(crate) fn expect(&mut self, pid: u32) {
        // Without this it would only be said that nothing is known of it.
        let _ = table(&[[0, 0, 0]]).and_then(|table| put(&self.processes, pid, &table));
    }

    /// Hears that something changed in a process's memory.
    pub(crate) fn hear(&mut self, pid: u32, news: MemoryNews) {
        if let MemoryNews::Forked { parent } = news
            && self.watched.contains(&parent)
        {
            self.watched.insert(pid);
        }
        if self.watched.contains(&pid) {
            self.changed.insert(pid);
        }
    }

    /// Makes the tables anew of processes that changed. Some may be gone by now.
    pub(crate) fn follow(&mut self) {
        for pid in std::mem::take(&mut self.changed) {
            let _ = self.fill(pid);
        }
    }

    fn fill(&mut self, pid: u32) -> Result<(), String> {
        let mappings = osmia_host::code_mappings(pid).ok_or("there is no such process, or it has no code")?;
        let mut rows = vec![[0, 0, 0]];
        for mapping in mappings {
            let known = self.known(&mapping);
            let (offset, number) = known.unwrap_or((0, 0));
            if rows.last().is_some_and(|[begin, ..]| *begin == mapping.start) {
                rows.pop();
            }
            rows.push([mapping.start, offset, number.into()]);
            rows.push([mapping.end, 0, 0]);
        }
        let table = table(&rows).map_err(|errno| errno.to_string())?;
        put(&self.processes, pid, &table).map_err(|errno| errno.to_string())
    }

    /// What to take off addresses of a mapping, and the number of its file's table.
    fn known(&mut self, mapping: &CodeMapping) -> Option<(u64, u32)> {
        if !self.known.contains_key(&mapping.file) {
            let number = u32::try_from(self.known.len()).ok()?.checked_add(1)?;
            let made = describe(mapping).and_then(|(image, rows)| {
                put(&self.files, number, &table(&rows).ok()?).ok()?;
                Some(Known { number, image })
            });
            self.known.insert(mapping.file.clone(), made);
        }
        let known = self.known.get(&mapping.file)?.as_ref()?;
        let address = known.image.address_at(mapping.offset)?;
        Some((mapping.start.wrapping_sub(address), known.number))
    }
}

/// The rows of a file's table.
fn describe(mapping: &CodeMapping) -> Option<(Image, Vec<[u64; 3]>)> {
    let file = File::open(&mapping.path).or_else(|_| File::open(&mapping.file.0)).ok()?;
    let image = Image::new(file).ok()?;
    let frames = osmia_dwarf::call_frames(&image);
    let first = std::iter::once(Rule::Unknown.row(0));
    let rows: Vec<_> = first.chain(frames.iter().map(|frame| rule(frame.rule).row(frame.begin))).collect();
    (rows.len() > 1).then_some((image, rows))
}

/// A rule as programs follow it; what they cannot is not known to them.
fn rule(rule: CallerRule) -> Rule {
    match rule {
        CallerRule::Unknown => Rule::Unknown,
        CallerRule::Outermost => Rule::Outermost,
        CallerRule::Frame(frame) if frame.interrupted => interrupted(&frame).unwrap_or(Rule::Unknown),
        CallerRule::Frame(frame) => called(&frame).unwrap_or(Rule::Unknown),
    }
}

fn called(frame: &StackFrame) -> Option<Rule> {
    if frame.returns != Place::FromCaller(-8) {
        return None;
    }
    let offset = |offset: i64| i32::try_from(offset).ok();
    let caller = match frame.caller {
        Pointer::At(register, by) => Caller::At(base(register)?, offset(by)?),
        Pointer::In(register, by) => Caller::In(base(register)?, offset(by)?),
        Pointer::Stub(after) => Caller::Stub(offset(after)?),
    };
    Some(Rule::Frame { caller, rbp: saved(frame.rbp)?, rbx: saved(frame.rbx)? })
}

/// All that a signal's frame has is where the kernel puts it.
fn interrupted(frame: &StackFrame) -> Option<Rule> {
    let usual = frame.caller == Pointer::In(RSP, signal::STACK.into())
        && frame.returns == Place::From(RSP, signal::CODE.into());
    let (rbp, rbx) = ((Saved::FromStack, signal::RBP), (Saved::FromStack, signal::RBX));
    usual.then_some(Rule::Frame { caller: Caller::Signal, rbp, rbx })
}

const fn base(register: u16) -> Option<Base> {
    match register {
        RSP => Some(Base::Stack),
        RBP => Some(Base::Frame),
        RBX => Some(Base::Rbx),
        _ => None,
    }
}

/// Where a register is; one that is nowhere is taken as it is: a caller that needs it would not have let it go.
fn saved(place: Place) -> Option<(Saved, i32)> {
    let offset = |offset: i64| i32::try_from(offset).ok();
    Some(match place {
        Place::Same | Place::Lost => (Saved::Same, 0),
        Place::FromCaller(by) => (Saved::FromCaller, offset(by)?),
        Place::From(RBP, by) => (Saved::FromFrame, offset(by)?),
        Place::From(RSP, by) => (Saved::FromStack, offset(by)?),
        Place::From(..) => return None,
    })
}

/// A map of these rows.
fn table(rows: &[[u64; 3]]) -> Result<MapFd, Errno> {
    let count = u32::try_from(rows.len()).map_err(|_| Errno::E2BIG)?;
    let map = MapCreate { flags: INNER_MAP, ..MapCreate::new(MapType::Array, 4, ROW, count) }.call()?;
    let mut number = 0_u32;
    for batch in rows.chunks(BATCH) {
        let numbers = number..;
        let keys: Vec<u8> = numbers.take(batch.len()).flat_map(u32::to_ne_bytes).collect();
        let values: Vec<u8> = batch.iter().flatten().flat_map(|word| word.to_ne_bytes()).collect();
        map.update_batch(&keys, &values, 0).map_err(|(_, errno)| errno)?;
        number = number.saturating_add(batch.len() as u32);
    }
    Ok(map)
}

fn put(maps: &MapFd, number: u32, table: &MapFd) -> Result<(), Errno> {
    maps.update(&number.to_ne_bytes(), &table.as_fd().as_raw_fd().to_ne_bytes(), 0)
}
