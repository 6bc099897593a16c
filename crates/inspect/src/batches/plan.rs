//! How a map's walk is divided.
use osmia_abi::MapType;
use osmia_sys::bpf::{BatchCursor, MapShape};

/// How many elements a batch has room for.
const BATCH: usize = 8192;

/// How many the first batch has. It is waited for alone, and tells how full the map is.
const FIRST: usize = 2048;

/// How many bytes of elements are under way at most, if one element is not larger than that.
const BYTES: usize = 4 << 20;

/// With so many readers it is printing that takes longest.
const READERS: usize = 4;

/// Parts of fewer elements are not worth their seams.
const WORTH: usize = 32;

/// How many elements a part's first call asks for: these are compared with what was read before the part.
const HEAD: usize = 64;

/// How many elements are worth a call.
const FEW: usize = 8;

/// Who reads, and how much at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many read.
    pub(super) readers: usize,
    /// How many elements a batch has room for.
    pub(super) room: usize,
}

/// So many elements in so many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Density {
    elements: usize,
    places: usize,
}

/// A stretch of a walk.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Where it begins.
    pub(super) from: BatchCursor,
    /// The first place that is no longer in it; it has none if it ends where the walk ends.
    pub(super) to: Option<u32>,
    /// How many elements its first call asks for at most.
    head: usize,
    density: Density,
}

/// What is left of a walk: one part, or many.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    from: BatchCursor,
    division: Option<Division>,
}

/// Parts of `stride` places each, the first from `from` on.
#[derive(Clone, Copy, Debug)]
struct Division {
    from: u32,
    stride: u32,
    parts: u32,
    density: Density,
}

/// How many readers there are at most: as many as there are processors for us.
pub(super) fn readers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(READERS)
}

impl Pace {
    /// For the first batch.
    pub(super) fn first(shape: &MapShape) -> Self {
        Self { readers: 1, room: room(shape, BYTES).min(FIRST) }
    }

    /// For so many readers with so many batches each.
    pub(super) fn of(shape: &MapShape, readers: usize, batches: usize) -> Self {
        Self { readers, room: room(shape, BYTES / (readers * batches).max(1)) }
    }
}

/// How many elements have room in so many bytes.
fn room(shape: &MapShape, bytes: usize) -> usize {
    let one = shape.key_size.saturating_add(shape.element_size).max(1);
    (bytes / one).clamp(1, BATCH).min(shape.max_entries.max(1))
}

impl Part {
    /// All of a walk from here on.
    pub(super) const fn all(from: BatchCursor) -> Self {
        Self { from, to: None, head: usize::MAX, density: Density { elements: 0, places: 1 } }
    }

    /// How many elements to ask for at its beginning.
    pub(super) const fn head(&self) -> usize {
        self.head
    }

    /// How many to ask for from this place on: fewer than there are likely to be before the part's end, and at last so
    /// few that it does no harm if some are beyond it.
    pub(super) fn more(&self, at: Option<u32>) -> usize {
        let (Some(to), Some(at)) = (self.to, at) else { return usize::MAX };
        let left = to.saturating_sub(at) as usize;
        let likely = left.saturating_mul(self.density.elements) / self.density.places;
        let doubt = 2 * likely.isqrt() + likely / 16;
        likely.saturating_sub(doubt).max(FEW)
    }

    /// Whether a call that ended here has come to the end of this part.
    pub(super) fn ends_at(&self, at: Option<u32>) -> bool {
        self.to.is_some_and(|to| at.is_some_and(|at| at >= to))
    }

    /// Whether a call that began before this part and ended here has read all of it.
    pub(super) fn is_over_at(&self, at: Option<u32>) -> bool {
        at.is_some_and(|at| at >= self.to.unwrap_or(u32::MAX))
    }

    /// Where a call ended, if that is beyond this part.
    pub(super) fn beyond(&self, at: Option<u32>) -> Option<u32> {
        self.to.and_then(|to| at.filter(|&at| at > to))
    }
}

impl Plan {
    /// After a first batch of so many elements that ended here.
    pub(super) fn new(shape: &MapShape, elements: usize, from: &BatchCursor, pace: &Pace) -> Self {
        let division = if is_hash(shape) { division(shape, elements, from.place(), pace) } else { None };
        Self { from: from.clone(), division }
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> u32 {
        self.division.map_or(1, |division| division.parts)
    }

    /// All of it as one part.
    pub(super) fn whole(&self) -> Part {
        Part::all(self.from.clone())
    }

    /// The part with this number.
    pub(super) fn part(&self, number: u32) -> Part {
        let Some(division) = self.division else { return self.whole() };
        let place = |number: u32| division.from.saturating_add(division.stride.saturating_mul(number));
        Part {
            from: BatchCursor::at_place(place(number)),
            to: (number + 1 < division.parts).then(|| place(number + 1)),
            head: HEAD,
            density: division.density,
        }
    }
}

/// Kinds that are walked by the numbers of their buckets.
fn is_hash(shape: &MapShape) -> bool {
    use MapType::{Hash, HashOfMaps, LruHash, LruPercpuHash, PercpuHash};
    let kind = MapType::from_raw(shape.kind);
    matches!(kind, Some(Hash | LruHash | PercpuHash | LruPercpuHash | HashOfMaps))
}

/// How the places from this one on are divided, if it is one that a hash of this size has, and if there is work for several.
fn division(shape: &MapShape, elements: usize, from: Option<u32>, pace: &Pace) -> Option<Division> {
    let all = u32::try_from(shape.max_entries).ok()?.checked_next_power_of_two()?;
    let from = from.filter(|&from| from > 0 && from < all)?;
    let density = Density { elements, places: from as usize };
    // Somewhat less than there is room for, for most parts to have one batch.
    let wanted = pace.room - pace.room / 4;
    let stride = wanted.checked_mul(density.places)?.checked_div(elements)?;
    // There are no fewer places than elements: where the first are fuller than that, the others are not.
    let stride = u32::try_from(stride.max(wanted)).ok()?;
    let parts = (all - from).checked_div(stride)?.max(1);
    let worth = pace.readers > 1 && parts > 1 && wanted >= WORTH;
    worth.then_some(Division { from, stride, parts, density })
}
