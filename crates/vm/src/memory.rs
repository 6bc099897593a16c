//! The machine's memory: regions with bounds and rights. An address names its region in its high bits, so that no number
//! that a program comes by in another way is one.
//!
//! Bits 56 to 63 are [`TAG`], which no address of a process or kernel has; bits 40 to 55 the region; the rest an offset.
use crate::context::{self, Rule};
use crate::maps::Store;
use crate::{Access, FaultKind, Place};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_isa::Size;

const TAG: u64 = 0x0b;
const TAG_SHIFT: u32 = 56;
const REGION_SHIFT: u32 = 40;
const OFFSET_MASK: u64 = (1 << REGION_SHIFT) - 1;

const STACK: u64 = 1;
const CONTEXT: u64 = 2;
const PACKET: u64 = 3;
const KEYS: u64 = 4;
const CODE: u64 = 5;
const HANDLES: u64 = 6;
/// The first map's values; the next map's follow.
const MAPS: u64 = 16;
/// How many maps or programs have addresses.
pub(crate) const MOST: usize = 0xff00;

/// Bytes of a frame.
const FRAME: usize = flags::MAX_STACK as usize;
/// Frames at most.
pub(crate) const FRAMES: usize = flags::MAX_CALL_FRAMES as usize;
/// Frames are so far apart; each lies in the middle.
const FRAME_STEP: u64 = 1 << 20;
const FRAME_START: u64 = FRAME_STEP / 2;
/// Where context and packet begin, so that what comes before them is nothing.
const MARGIN: u64 = 1 << 20;
/// Keys and functions are so far apart.
const KEY_SHIFT: u32 = 20;
/// Instructions of a program that have addresses.
const CODE_SHIFT: u32 = 24;
/// Null pointers, with an offset, are below this.
const FIRST_PAGE: u64 = 4096;

const fn address(region: u64, offset: u64) -> u64 {
    TAG << TAG_SHIFT | region << REGION_SHIFT | (offset & OFFSET_MASK)
}

/// The region and offset of an address.
const fn split(address: u64) -> Option<(u64, u64)> {
    if address >> TAG_SHIFT != TAG {
        return None;
    }
    Some((address >> REGION_SHIFT & 0xffff, address & OFFSET_MASK))
}

/// A map and what must be known of it.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) name: String,
    pub(crate) kind: MapType,
    pub(crate) key: usize,
    pub(crate) value: usize,
    pub(crate) flags: u32,
    pub(crate) store: Box<dyn Store>,
}

/// All that programs can point at.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) maps: Vec<Map>,
    pub(crate) context: Vec<u8>,
    pub(crate) packet: Vec<u8>,
    stack: Vec<u8>,
    /// Frames in use.
    depth: usize,
    /// Keys that callbacks are given.
    keys: Vec<Vec<u8>>,
    rule: Rule,
}

type Checked<T> = Result<T, FaultKind>;

impl Memory {
    pub(crate) fn new(maps: Vec<Map>) -> Self {
        Self {
            maps,
            context: Vec::new(),
            packet: Vec::new(),
            stack: vec![0; FRAME * FRAMES],
            depth: 0,
            keys: Vec::new(),
            rule: context::of(ProgramType::Unspec),
        }
    }

    /// A run begins: no frames yet.
    pub(crate) fn begin(&mut self, kind: ProgramType) {
        self.rule = context::of(kind);
        self.depth = 0;
        self.keys.clear();
    }

    /// A new frame of zeros; gives its `r10`. Each frame has all of its 512 bytes; the kernel's limit for all together
    /// is the verifier's.
    pub(crate) fn enter(&mut self) -> Checked<u64> {
        let start = self.depth * FRAME;
        let frame = self.stack.get_mut(start..start + FRAME).ok_or(FaultKind::StackOverflow)?;
        frame.fill(0);
        self.depth += 1;
        Ok(address(STACK, (self.depth as u64 - 1) * FRAME_STEP + FRAME_START + FRAME as u64))
    }

    /// The last frame is gone.
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A key for a callback, until [`Memory::pop_key`].
    pub(crate) fn push_key(&mut self, key: Vec<u8>) -> u64 {
        self.keys.push(key);
        address(KEYS, (self.keys.len() as u64) << KEY_SHIFT)
    }

    pub(crate) fn pop_key(&mut self) {
        self.keys.pop();
    }

    /// The context's address.
    pub(crate) const fn context_address() -> u64 {
        address(CONTEXT, MARGIN)
    }

    /// A map itself.
    pub(crate) const fn handle(map: usize) -> u64 {
        address(HANDLES, (map as u64) << KEY_SHIFT)
    }

    /// The map that an address stands for.
    pub(crate) fn map_of(&mut self, address: u64) -> Checked<&mut Map> {
        let position = handle_position(address).ok_or(FaultKind::BadMap { address })?;
        self.maps.get_mut(position).ok_or(FaultKind::BadMap { address })
    }

    /// An address among a map's values.
    pub(crate) const fn value_address(map: usize, offset: u64) -> u64 {
        address(MAPS + map as u64, offset)
    }

    /// The map and the offset of an address among values.
    pub(crate) fn value_of(address: u64) -> Option<(usize, u64)> {
        let (region, offset) = split(address)?;
        Some((region.checked_sub(MAPS)? as usize, offset))
    }

    /// The address of an instruction, by program and index.
    pub(crate) const fn code_address(program: usize, index: usize) -> u64 {
        address(CODE, (program as u64) << CODE_SHIFT | index as u64)
    }

    /// The program and index of an instruction's address.
    pub(crate) fn code_of(address: u64) -> Option<(usize, usize)> {
        let (_, offset) = split(address).filter(|&(region, _)| region == CODE)?;
        Some(((offset >> CODE_SHIFT) as usize, (offset & ((1 << CODE_SHIFT) - 1)) as usize))
    }

    /// A number in memory. Pointers in the context are made here.
    pub(crate) fn load(&self, address: u64, size: Size) -> Checked<u64> {
        if size == Size::W
            && let Some(pointer) = self.packet_pointer(address)
        {
            return Ok(pointer);
        }
        let bytes = self.read(address, size.bytes() as usize)?;
        Ok(match bytes {
            [a] => u64::from(*a),
            [a, b] => u64::from(u16::from_le_bytes([*a, *b])),
            [a, b, c, d] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
            _ => bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)),
        })
    }

    /// Writes the low bytes of `value`.
    pub(crate) fn store(&mut self, address: u64, size: Size, value: u64) -> Checked<()> {
        let place = self.write(address, size.bytes() as usize)?;
        place.iter_mut().zip(value.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        Ok(())
    }

    /// The pointer that a field of the context is for the program.
    fn packet_pointer(&self, at: u64) -> Option<u64> {
        let (_, offset) = split(at).filter(|&(region, _)| region == CONTEXT)?;
        let [data, end, meta] = self.rule.fields?;
        let field = offset.wrapping_sub(MARGIN);
        if field == data || field == meta {
            return Some(address(PACKET, MARGIN));
        }
        (field == end).then(|| address(PACKET, MARGIN + self.packet.len() as u64))
    }

    /// Bytes to be read. No bytes are anywhere.
    pub(crate) fn read(&self, address: u64, len: usize) -> Checked<&[u8]> {
        if len == 0 {
            return Ok(&[]);
        }
        match self.view(address, len) {
            Some(bytes) => Ok(bytes),
            None => Err(self.refuse(address, len, Access::Read)),
        }
    }

    /// Bytes to be written.
    pub(crate) fn write(&mut self, address: u64, len: usize) -> Checked<&mut [u8]> {
        if len == 0 {
            return Ok(&mut []);
        }
        if self.view(address, len).is_none() {
            return Err(self.refuse(address, len, Access::Write));
        }
        if !self.is_writable(address) {
            return Err(FaultKind::ReadOnly { address, place: self.place(address) });
        }
        self.view_mut(address, len).ok_or(FaultKind::BadMap { address })
    }

    fn view(&self, address: u64, len: usize) -> Option<&[u8]> {
        let (region, offset) = split(address)?;
        match region {
            STACK => self.stack.get(self.stack_range(offset, len)?),
            CONTEXT => slice(&self.context, offset.checked_sub(MARGIN)?, len),
            PACKET => slice(&self.packet, offset.checked_sub(MARGIN)?, len),
            KEYS => {
                let key = self.keys.get((offset >> KEY_SHIFT).checked_sub(1)? as usize)?;
                slice(key, offset & ((1 << KEY_SHIFT) - 1), len)
            }
            _ => {
                let map = self.maps.get(region.checked_sub(MAPS)? as usize)?;
                map.store.bytes(offset, len)
            }
        }
    }

    fn view_mut(&mut self, address: u64, len: usize) -> Option<&mut [u8]> {
        let (region, offset) = split(address)?;
        match region {
            STACK => {
                let range = self.stack_range(offset, len)?;
                self.stack.get_mut(range)
            }
            CONTEXT => slice_mut(&mut self.context, offset.checked_sub(MARGIN)?, len),
            PACKET => slice_mut(&mut self.packet, offset.checked_sub(MARGIN)?, len),
            _ => {
                let map = self.maps.get_mut(region.checked_sub(MAPS)? as usize)?;
                map.store.bytes_mut(offset, len)
            }
        }
    }

    /// Where in the stack so many bytes are, all in one frame that is in use.
    fn stack_range(&self, offset: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let frame = (offset / FRAME_STEP) as usize;
        let within = (offset % FRAME_STEP).checked_sub(FRAME_START)? as usize;
        let fits = frame < self.depth && within.checked_add(len)? <= FRAME;
        fits.then(|| frame * FRAME + within..frame * FRAME + within + len)
    }

    fn is_writable(&self, address: u64) -> bool {
        match split(address) {
            Some((STACK, _)) => true,
            Some((CONTEXT, _)) => self.rule.context,
            Some((PACKET, _)) => self.rule.packet,
            Some((region, _)) => region.checked_sub(MAPS).is_some_and(|map| {
                self.maps.get(map as usize).is_some_and(|map| map.flags & flags::RDONLY_PROG == 0)
            }),
            None => false,
        }
    }

    #[cold]
    fn refuse(&self, address: u64, len: usize, access: Access) -> FaultKind {
        let size = len as u64;
        if address < FIRST_PAGE {
            return FaultKind::NullPointer { address, size, access };
        }
        FaultKind::OutOfBounds { address, size, access, place: self.place(address) }
    }

    /// What an address is in, or close to.
    fn place(&self, address: u64) -> Place {
        let Some((region, offset)) = split(address) else { return Place::Nowhere };
        let from_margin = offset.wrapping_sub(MARGIN);
        match region {
            STACK => {
                let end = FRAME_START + FRAME as u64;
                Place::Stack((offset % FRAME_STEP).wrapping_sub(end).cast_signed())
            }
            CONTEXT => Place::Context(from_margin),
            PACKET => Place::Packet(from_margin),
            KEYS => Place::Key(offset & ((1 << KEY_SHIFT) - 1)),
            CODE => Place::Code,
            HANDLES => match self.maps.get((offset >> KEY_SHIFT) as usize) {
                Some(map) => Place::Handle(map.name.clone()),
                None => Place::Nowhere,
            },
            _ => match region.checked_sub(MAPS).and_then(|map| self.maps.get(map as usize)) {
                Some(map) => Place::Map(map.name.clone(), map.store.within(offset)),
                None => Place::Nowhere,
            },
        }
    }
}

/// The map, by position, whose handle an address is.
pub(crate) fn handle_position(address: u64) -> Option<usize> {
    let (_, offset) = split(address).filter(|&(region, _)| region == HANDLES)?;
    let whole = offset & ((1 << KEY_SHIFT) - 1) == 0;
    whole.then_some((offset >> KEY_SHIFT) as usize)
}

fn slice(bytes: &[u8], from: u64, len: usize) -> Option<&[u8]> {
    let from = usize::try_from(from).ok()?;
    bytes.get(from..from.checked_add(len)?)
}

fn slice_mut(bytes: &mut [u8], from: u64, len: usize) -> Option<&mut [u8]> {
    let from = usize::try_from(from).ok()?;
    bytes.get_mut(from..from.checked_add(len)?)
}
