//! How to read what a program sends and stores.
//!
//! A record in the ring buffer begins with its stream's number (`u32`, the machine's byte order); the stream's
//! fields follow at the offsets that [`Stream::fields`] gives. Numbers are in the machine's byte order throughout.
//!
//! Schemas lie in files, and readers pass over keys that they do not know. What is new is therefore a variant of its own
//! where a reader that does not know it would misread the rest, and variants keep their form.
use crate::format::Format;
use serde::{Deserialize, Serialize};

/// Everything a reader must know of one compiled script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// By stream number.
    pub streams: Vec<Stream>,
    /// The script's maps, in byte order of their names.
    pub maps: Vec<MapSchema>,
    /// What can go wrong while the programs run, place by place.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
}

/// Something that can go wrong at one place of the script. No record says that it did: the program counts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What goes wrong.
    pub kind: TroubleKind,
    /// Where in the script.
    pub location: Location,
    /// Offset in `.bss` of two words: how often it happened (`u64`), and what the helper returned the last time (`s64`).
    pub counter: u32,
}

/// What can go wrong while a program runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TroubleKind {
    /// A helper fails.
    Helper {
        /// The helper, without `bpf_`.
        helper: String,
        /// The map of which a change is lost by that: its position in [`Schema::maps`].
        map: Option<usize>,
    },
    /// Something else, in words.
    Error(String),
}

/// One kind of record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// What to do with it.
    pub verb: Verb,
    /// Its arguments; offsets count from the record's start.
    pub fields: Vec<Field>,
    /// Bytes in the whole record.
    pub size: u32,
    /// Where in the script it is sent.
    pub location: Location,
}

/// A place in the script, as messages name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The script's name: its path, or `stdin`.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The column behind its end, as messages print it: `stdin:1:9-15`; 0 where it is not known.
    #[serde(default)]
    pub end: u32,
    /// That line of the script, where messages show it; else empty.
    #[serde(default)]
    pub text: String,
    /// Where the macro that it stands in was called, the innermost call first; each with its line.
    #[serde(default)]
    pub calls: Vec<Location>,
}

/// What a record asks the reader to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verb {
    /// `printf(format, …)`.
    Printf(Format),
    /// `errorf(format, …)`.
    Errorf(Format),
    /// `warnf(format, …)`.
    Warnf(Format),
    /// `cat(format, …)`: the file's text.
    Cat(Format),
    /// `system(format, …)`: run by `sh -c`.
    System(Format),
    /// `time(format)`: the time at which it is read, by `strftime`.
    Time(String),
    /// `join(array, separator)`: its fields are strings, up to the first empty one.
    Join(String),
    /// `print(value)`: one field.
    Print,
    /// `print(@map, top, div)`.
    PrintMap {
        /// Position in [`Schema::maps`].
        map: usize,
        /// Only the largest so many; 0 for all.
        top: u32,
        /// Values are divided by it; 0 for 1.
        div: u32,
    },
    /// `print(@map[key])` of an aggregation: the field is the key.
    PrintEntry {
        /// Position in [`Schema::maps`].
        map: usize,
    },
    /// `clear(@map)`: remove all.
    Clear {
        /// Position in [`Schema::maps`].
        map: usize,
    },
    /// `zero(@map)`: set values to zero.
    Zero {
        /// Position in [`Schema::maps`].
        map: usize,
    },
    /// A number of an aggregation whose key found no room in its map: the reader keeps it. The number (`u64`) and the stored
    /// key are where [`crate::spill_value()`] and [`crate::spill_key()`] say.
    Spill {
        /// Position in [`Schema::maps`].
        map: usize,
    },
    /// `delete(@map, key)` of an aggregation's key that is not in the kernel's map: the reader may have it. The stored key
    /// is where [`crate::spill_key`] says.
    Forget {
        /// Position in [`Schema::maps`].
        map: usize,
    },
    /// `unwatch(address)`: watchpoints at the address that the field has are taken down.
    Unwatch,
    /// `skboutput(file, …)`: a packet, which [`crate::packet()`] finds behind the fields.
    Packet {
        /// The file that it is written to.
        file: String,
    },
    /// `exit(code)`: the first field, if any, is the code.
    Exit,
}

/// One part of a record, key or composite value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Bytes from the start of what it is part of.
    pub offset: u32,
    /// How to read it.
    pub kind: Type,
}

/// How to read bytes as a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// Nothing; no bytes.
    None,
    /// One byte, zero or not.
    Bool,
    /// An integer of 1, 2, 4, 8 or 16 bytes.
    Int {
        /// In bytes.
        size: u8,
        /// Two's complement or plain.
        signed: bool,
    },
    /// An address, 8 bytes; printed in hex.
    Pointer,
    /// Text in `capacity` bytes, up to the first NUL.
    Str {
        /// In bytes.
        capacity: u32,
    },
    /// An array of characters: text in `capacity` bytes which is whole without a NUL too.
    Chars {
        /// In bytes.
        capacity: u32,
    },
    /// A length (`u32`) and then `capacity` bytes, of which the first `length` count.
    Buffer {
        /// In bytes, without the length.
        capacity: u32,
    },
    /// So many elements, one after the other.
    Array {
        /// One element.
        element: Box<Type>,
        /// How many.
        count: u32,
    },
    /// Fields without names, printed `(a, b)`.
    Tuple {
        /// Its parts.
        fields: Vec<Field>,
        /// In bytes.
        size: u32,
    },
    /// Fields with names, printed `{ .a = 1, .b = 2 }`.
    Record {
        /// Its parts.
        fields: Vec<Field>,
        /// In bytes.
        size: u32,
    },
    /// Some bits of an integer.
    Bits {
        /// The integer's size in bytes.
        size: u8,
        /// Two's complement or plain.
        signed: bool,
        /// The lowest bit.
        shift: u8,
        /// How many bits.
        bits: u8,
    },
    /// An integer with names for its values.
    Enum {
        /// In bytes.
        size: u8,
        /// Two's complement or plain.
        signed: bool,
        /// Values and names.
        names: Vec<(i64, String)>,
    },
    /// A kernel address (8 bytes) to be named.
    KernelSymbol,
    /// A user address (8 bytes), then the process that it belongs to (`u32`, and 4 bytes unused), to be named.
    UserSymbol,
    /// The number of a kernel stack in a stack map (`i32`; negative: the helper's error), then how many frames it has (`u32`;
    /// zero where the script does not ask). With [`kept::KEPT`](crate::kept::KEPT) in both as one number, the lower half
    /// first, a stack that the program kept itself.
    KernelStack {
        /// The stack map's name in the object.
        map: String,
        /// How to print it.
        mode: StackMode,
        /// At most so many frames.
        limit: u32,
    },
    /// The number of a user stack in its map (`i64`; negative: the helper's error; above 32 bits: one that the program kept
    /// itself), then the process that it belongs to
    /// (`u32`), then how many frames it has (`u32`; zero where the script does not ask).
    UserStack {
        /// The stack map's name in the object.
        map: String,
        /// How to print it.
        mode: StackMode,
        /// At most so many frames.
        limit: u32,
    },
    /// An IP address: the family (`u32`, `AF_INET` or `AF_INET6`), then 16 bytes.
    Inet,
    /// Six bytes.
    Mac,
    /// A user id (`u32`) to be named.
    Username,
    /// A cgroup id (`u64`) to be turned into a path.
    CgroupPath,
    /// The same, looked for in some hierarchies only.
    CgroupPathIn {
        /// Which, by their names; `*` stands for anything.
        hierarchies: String,
    },
    /// Nanoseconds of `CLOCK_BOOTTIME` (`u64`), to be printed by `strftime`.
    Timestamp {
        /// The format.
        format: String,
    },
    /// Nanoseconds since 1970 (`u64`), to be printed by `strftime`: see [`crate::Since::Epoch`].
    WallTime {
        /// The format.
        format: String,
    },
}

/// How a stack is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StackMode {
    /// `name+offset`.
    #[default]
    Bpftrace,
    /// As `perf script` does.
    Perf,
    /// Addresses only.
    Raw,
    /// The build ids of files, and offsets in them; of user stacks only.
    BuildId,
}

/// One map of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSchema {
    /// As the script writes it: `@`, `@start`.
    pub name: String,
    /// The object's map (or, for [`Storage::Global`], data section) that holds it.
    pub map: String,
    /// How its elements are kept.
    pub storage: Storage,
    /// The key; `None` for a map without one.
    pub key: Option<Type>,
    /// What its values are.
    pub value: Aggregation,
}

/// How a map's elements are kept in the object's maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// In a hash. The map's key is the script's key; a map without key uses one `u64` 0. Where values are buckets
    /// ([`Aggregation::Hist`], [`Aggregation::Lhist`]) a `u64` bucket number follows the key, at the next multiple of 8.
    Hash {
        /// Whether each processor has values of its own.
        per_cpu: bool,
    },
    /// In an array, for maps without key: element 0 is the value; for buckets, element n is bucket n (`u64`).
    Array {
        /// Whether each processor has values of its own.
        per_cpu: bool,
    },
    /// In a variable of a data section, for maps without key: the value, and at the next multiple of 8 a `u64` that is
    /// non-zero once it has been written.
    Global {
        /// Bytes from the section's start.
        offset: u32,
    },
}

/// What a map's values are. Sizes and offsets in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregation {
    /// A plain value, the last one written.
    Value(Type),
    /// `count()`: `u64`.
    Count,
    /// `sum()`: `u64` sum, `u64` non-zero once written.
    Sum {
        /// Whether it is of signed numbers.
        signed: bool,
    },
    /// `min()`: `u64` value, `u64` non-zero once written.
    Min {
        /// Whether it is of signed numbers.
        signed: bool,
    },
    /// `max()`: `u64` value, `u64` non-zero once written.
    Max {
        /// Whether it is of signed numbers.
        signed: bool,
    },
    /// `avg()`: `u64` total, `u64` count.
    Avg {
        /// Whether it is of signed numbers.
        signed: bool,
    },
    /// `stats()`: `u64` total, `u64` count.
    Stats {
        /// Whether it is of signed numbers.
        signed: bool,
    },
    /// `hist()`: `u64` count for each bucket. With k = `bits`: bucket 0 counts negatives; a value v < 2^k has bucket
    /// v + 1; else, with l the position of its highest bit, bucket ((l - k + 1) << k) + ((v >> (l - k)) & (2^k - 1)) + 1.
    Hist {
        /// k: how many bits below the highest make buckets of their own, 0 to 5.
        bits: u8,
    },
    /// `lhist()`: `u64` count for each bucket: 0 below `min`, then one per `step`, the last at and above `max`.
    Lhist {
        /// The lower bound.
        min: i64,
        /// The upper bound.
        max: i64,
        /// A bucket's width.
        step: i64,
    },
    /// `tseries()`: an element for each of the last `intervals` intervals, in buckets that are used in turn: the interval
    /// that began `n * interval` nanoseconds after 1970 (UTC) has bucket `n % intervals`. In each: `u64` value, `u64` that
    /// depends on `merge`, `u64` n (0: nothing was ever put there).
    TimeSeries {
        /// Whether it is of signed numbers.
        signed: bool,
        /// An interval's length in nanoseconds.
        interval: u64,
        /// How many intervals are kept.
        intervals: u32,
        /// What becomes of several numbers in one interval.
        merge: Merge,
    },
}

/// What becomes of several numbers in one interval of a time series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Merge {
    /// The last one counts; the second word is when it came.
    #[default]
    Last,
    /// Their sum.
    Sum,
    /// Their average; the second word is how many there were.
    Avg,
    /// The smallest one.
    Min,
    /// The largest one.
    Max,
}
