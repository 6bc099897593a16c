//! Reading BTF.
use crate::headers::Headers;
use crate::model::{Composite, Enum, Enumerator, Linkage, Member, Param, VarSlot};
use crate::names::Names;
use crate::wire::{HEADER_LEN, Raw, RawMember, preamble};
use crate::{BtfError, BtfErrorKind, Endian, IntEncoding, Kind, KindTag, Section, Type, TypeId};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// How many types may hang on each other before a chain is given up as endless.
pub(crate) const MAX_DEPTH: u32 = 64;

/// The longest name that is copied; the kernel's limit is 512.
const MAX_NAME: usize = 1024;

/// The longest text of a tag that is copied.
const MAX_TAG: usize = 4096;

/// BTF data, indexed but not decoded. Clones are cheap.
#[derive(Clone)]
pub struct Btf(Arc<Inner>);

struct Inner {
    bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
    base: Option<Btf>,
    endian: Endian,
    types: Range<usize>,
    strings: Range<usize>,
    /// Id of the first own type, and offset of the first own string.
    first_id: u32,
    first_string: u32,
    /// Places, names and kinds of own types.
    headers: Headers,
    names: Names,
    pointer_size: OnceLock<u32>,
}

impl fmt::Debug for Btf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Btf")
            .field("types", &self.0.headers.len())
            .field("bytes", &self.bytes().len())
            .field("base", &self.0.base)
            .finish()
    }
}

impl Btf {
    /// Checks the header and indexes the types; nothing else is decoded yet.
    ///
    /// The bytes may be a `Vec<u8>`, an `Arc<[u8]>`, a `&'static [u8]`, or a memory map.
    pub fn parse(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self, BtfError> {
        Self::new(Box::new(bytes), None)
    }

    /// Like [`Btf::parse`], for BTF whose types and strings go on where those of `base` end (kernel modules).
    pub fn parse_split(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        base: &Self,
    ) -> Result<Self, BtfError> {
        Self::new(Box::new(bytes), Some(base.clone()))
    }

    fn new(bytes: Box<dyn AsRef<[u8]> + Send + Sync>, base: Option<Self>) -> Result<Self, BtfError> {
        let data = (*bytes).as_ref();
        let header = Header::read(data)?;
        check_strings(data.get(header.strings.clone()).unwrap_or(&[]), base.is_some())?;
        if base.as_ref().is_some_and(|base| base.0.endian != header.endian) {
            return Err(BtfError::new(Section::Header, 0, BtfErrorKind::MixedEndian));
        }
        let first_id = base.as_ref().map_or(1, Self::len);
        let first_string = base.as_ref().map_or(0, Self::string_end);
        let headers = Headers::read(data.get(header.types.clone()).unwrap_or(&[]), header.endian)?;
        let too_many = BtfError::new(Section::Types, 0, BtfErrorKind::TooManyTypes);
        let fits = u32::try_from(headers.len()).is_ok_and(|count| first_id.checked_add(count).is_some())
            && u32::try_from(header.strings.len()).is_ok_and(|len| first_string.checked_add(len).is_some());
        if !fits {
            return Err(too_many);
        }
        let Header { endian, types, strings } = header;
        let (names, pointer_size) = (Names::default(), OnceLock::new());
        Ok(Self(Arc::new(Inner {
            bytes,
            base,
            endian,
            types,
            strings,
            first_id,
            first_string,
            headers,
            names,
            pointer_size,
        })))
    }

    /// The BTF that this one goes on from.
    pub fn base(&self) -> Option<&Self> {
        self.0.base.as_ref()
    }

    /// One more than the highest type id; `void` and the types of the base are counted.
    pub fn len(&self) -> u32 {
        // `new` made sure that the sum fits.
        self.0.first_id.saturating_add(u32::try_from(self.0.headers.len()).unwrap_or(u32::MAX))
    }

    /// Whether there is no type but `void`.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The id of the first type that is not in the base.
    pub fn first_id(&self) -> TypeId {
        TypeId(self.0.first_id)
    }

    /// Byte order of the data.
    pub fn endian(&self) -> Endian {
        self.0.endian
    }

    /// Whole data as it was given.
    pub fn bytes(&self) -> &[u8] {
        (*self.0.bytes).as_ref()
    }

    /// Bytes of this BTF and what it goes on from.
    pub(crate) fn whole_len(&self) -> usize {
        self.bytes().len().saturating_add(self.base().map_or(0, Self::whole_len))
    }

    /// All ids but `void`'s, those of the base first.
    pub fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (1..self.len()).map(TypeId)
    }

    /// All types with their ids, decoded one by one, those of the base first.
    pub fn types(&self) -> impl Iterator<Item = (TypeId, Result<Type, BtfError>)> {
        self.ids().map(|id| (id, self.get(id)))
    }

    /// Decodes one type.
    pub fn get(&self, id: TypeId) -> Result<Type, BtfError> {
        if id.is_void() {
            return Ok(Type::anonymous(Kind::Void));
        }
        self.decode(self.raw(id)?)
    }

    /// Decodes one type without its members, values or parameters: quick where a structure has thousands.
    pub fn outline(&self, id: TypeId) -> Result<Type, BtfError> {
        if id.is_void() {
            return Ok(Type::anonymous(Kind::Void));
        }
        self.decode(self.raw(id)?.without_entries())
    }

    fn decode(&self, raw: Raw<'_>) -> Result<Type, BtfError> {
        let limit = match raw.info.tag {
            KindTag::DeclTag | KindTag::TypeTag => MAX_TAG,
            _ => MAX_NAME,
        };
        Ok(Type { name: self.string_within(raw.name, limit)?.to_owned(), kind: self.kind(raw)? })
    }

    /// Decodes one member of a `struct` or `union`.
    pub fn member(&self, composite: TypeId, index: u32) -> Option<Member> {
        let raw = self.raw(composite).ok().filter(|raw| raw.info.tag.is_composite())?;
        self.owned_member(raw.member(index)?).ok()
    }

    /// The name of a type, if there is such a type; anonymous ones have the empty name.
    pub fn name(&self, id: TypeId) -> Option<&str> {
        if id.is_void() {
            return Some("");
        }
        self.string(self.raw(id).ok()?.name).ok()
    }

    /// What kind a type is, without decoding it.
    pub fn tag(&self, id: TypeId) -> Option<KindTag> {
        if id.is_void() {
            return Some(KindTag::Void);
        }
        Some(self.raw(id).ok()?.info.tag)
    }

    /// The string at an offset of the string section (`.BTF.ext` refers to strings so).
    pub fn string(&self, offset: u32) -> Result<&str, BtfError> {
        let bytes = self.string_bytes(offset)?;
        std::str::from_utf8(bytes)
            .map_err(|_| BtfError::new(Section::Strings, offset as usize, BtfErrorKind::NotUtf8(offset)))
    }

    /// The type as it lies in the bytes; not for `void`.
    pub(crate) fn raw(&self, id: TypeId) -> Result<Raw<'_>, BtfError> {
        let Some(own) = id.0.checked_sub(self.0.first_id) else {
            return match &self.0.base {
                Some(base) => base.raw(id),
                None => Err(self.no_such_type(id)),
            };
        };
        let at = self.0.headers.offset(own as usize).ok_or_else(|| self.no_such_type(id))?;
        Raw::read(self.type_bytes(), at, self.0.endian)
    }

    pub(crate) fn no_such_type(&self, id: TypeId) -> BtfError {
        BtfError::new(Section::Types, self.0.types.len(), BtfErrorKind::NoSuchType(id))
    }

    /// An error about a type of this BTF, at its place.
    pub(crate) fn error_at(&self, id: TypeId, kind: BtfErrorKind) -> BtfError {
        BtfError::new(Section::Types, self.raw(id).map_or(0, |raw| raw.at), kind)
    }

    /// How many types are not in the base.
    pub(crate) fn own_len(&self) -> usize {
        self.0.headers.len()
    }

    /// Own types' ids, name offsets and kinds.
    pub(crate) fn own_headers(&self) -> impl DoubleEndedIterator<Item = (TypeId, u32, KindTag)> {
        let first = self.0.first_id;
        let rows = self.0.headers.iter().enumerate();
        rows.map(move |(own, (name, tag))| (TypeId(first + own as u32), name, tag))
    }

    /// Own types of a kind.
    pub(crate) fn own_of_kind(&self, kind: impl Fn(KindTag) -> bool) -> impl Iterator<Item = TypeId> {
        let first = self.0.first_id;
        self.0.headers.of_kind(kind).map(move |own| TypeId(first + own as u32))
    }

    /// Own types that have one of these names (offsets, in order), with their kinds.
    pub(crate) fn own_named(&self, names: &[u32]) -> impl Iterator<Item = (TypeId, KindTag)> {
        let first = self.0.first_id;
        self.0.headers.named(names).map(move |(own, tag)| (TypeId(first + own as u32), tag))
    }

    pub(crate) fn names(&self) -> &Names {
        &self.0.names
    }

    pub(crate) fn pointer_size_cell(&self) -> &OnceLock<u32> {
        &self.0.pointer_size
    }

    fn type_bytes(&self) -> &[u8] {
        self.bytes().get(self.0.types.clone()).unwrap_or(&[])
    }

    /// Own strings, and the offset of the first.
    pub(crate) fn own_strings(&self) -> (&[u8], u32) {
        (self.bytes().get(self.0.strings.clone()).unwrap_or(&[]), self.0.first_string)
    }

    /// The strings of the base and own strings, one after the other.
    pub(crate) fn all_strings(&self) -> Vec<u8> {
        let mut all = self.base().map_or_else(Vec::new, Self::all_strings);
        all.extend_from_slice(self.own_strings().0);
        all
    }

    pub(crate) fn string_end(&self) -> u32 {
        self.0.first_string.saturating_add(u32::try_from(self.0.strings.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn string_bytes(&self, offset: u32) -> Result<&[u8], BtfError> {
        let rest = self.strings_from(offset)?;
        let len = memchr::memchr(0, rest).ok_or_else(|| bad_string(offset))?;
        rest.get(..len).ok_or_else(|| bad_string(offset))
    }

    /// Whether the string at an offset is this one.
    pub(crate) fn is_string(&self, offset: u32, text: &str) -> Result<bool, BtfError> {
        let rest = self.strings_from(offset)?;
        Ok(rest.get(text.len()) == Some(&0) && rest.starts_with(text.as_bytes()))
    }

    /// The string section from an offset to its end; it ends with a NUL.
    pub(crate) fn strings_from(&self, offset: u32) -> Result<&[u8], BtfError> {
        let Some(own) = offset.checked_sub(self.0.first_string) else {
            return match &self.0.base {
                Some(base) => base.strings_from(offset),
                None => Err(bad_string(offset)),
            };
        };
        self.own_strings().0.get(own as usize..).ok_or_else(|| bad_string(offset))
    }

    /// A string as a name. One long string can be the name of everything: copies must not get out of hand.
    pub(crate) fn ident(&self, offset: u32) -> Result<&str, BtfError> {
        self.string_within(offset, MAX_NAME)
    }

    fn string_within(&self, offset: u32, limit: usize) -> Result<&str, BtfError> {
        let text = self.string(offset)?;
        let error = BtfError::new(Section::Strings, offset as usize, BtfErrorKind::NameTooLong(text.len()));
        if text.len() <= limit { Ok(text) } else { Err(error) }
    }

    fn owned(&self, offset: u32) -> Result<String, BtfError> {
        self.ident(offset).map(str::to_owned)
    }

    fn kind(&self, raw: Raw<'_>) -> Result<Kind, BtfError> {
        let ty = TypeId(raw.word);
        let flag = raw.info.flag;
        Ok(match raw.info.tag {
            KindTag::Void => Kind::Void,
            KindTag::Int => int(raw),
            KindTag::Ptr => Kind::Ptr(ty),
            KindTag::Array => {
                Kind::Array { element: TypeId(raw.tail(0)), index: TypeId(raw.tail(1)), len: raw.tail(2) }
            }
            KindTag::Struct => Kind::Struct(self.composite(raw)?),
            KindTag::Union => Kind::Union(self.composite(raw)?),
            KindTag::Enum => Kind::Enum(self.enumeration(raw)?),
            KindTag::Enum64 => Kind::Enum64(self.enumeration(raw)?),
            KindTag::Fwd => Kind::Fwd { union: flag },
            KindTag::Typedef => Kind::Typedef(ty),
            KindTag::Volatile => Kind::Volatile(ty),
            KindTag::Const => Kind::Const(ty),
            KindTag::Restrict => Kind::Restrict(ty),
            KindTag::Func => Kind::Func { proto: ty, linkage: linkage(raw.info.vlen.into(), raw.at)? },
            KindTag::FuncProto => Kind::FuncProto { ret: ty, params: self.params(raw)? },
            KindTag::Var => Kind::Var { ty, linkage: linkage(raw.tail(0), raw.at)? },
            KindTag::Datasec => Kind::Datasec { size: raw.word, vars: slots(raw) },
            KindTag::Float => Kind::Float { size: raw.word },
            KindTag::DeclTag => Kind::DeclTag { ty, component: component(raw.tail(0)), attribute: flag },
            KindTag::TypeTag => Kind::TypeTag { ty, attribute: flag },
        })
    }

    fn composite(&self, raw: Raw<'_>) -> Result<Composite, BtfError> {
        let members = raw.members().map(|member| self.owned_member(member));
        Ok(Composite { size: raw.word, members: members.collect::<Result<_, _>>()? })
    }

    fn owned_member(&self, member: RawMember) -> Result<Member, BtfError> {
        let RawMember { name, ty, bit_offset, bit_size } = member;
        Ok(Member { name: self.owned(name)?, ty: TypeId(ty), bit_offset, bit_size })
    }

    fn enumeration(&self, raw: Raw<'_>) -> Result<Enum, BtfError> {
        let values = raw
            .enumerators()
            .map(|(name, value)| Ok(Enumerator { name: self.owned(name)?, value }))
            .collect::<Result<_, _>>()?;
        Ok(Enum { size: raw.word, signed: raw.info.flag, values })
    }

    fn params(&self, raw: Raw<'_>) -> Result<Vec<Param>, BtfError> {
        raw.pairs().map(|[name, ty]| Ok(Param { name: self.owned(name)?, ty: TypeId(ty) })).collect()
    }
}

fn bad_string(offset: u32) -> BtfError {
    BtfError::new(Section::Strings, offset as usize, BtfErrorKind::BadString(offset))
}

fn int(raw: Raw<'_>) -> Kind {
    let data = raw.tail(0);
    let byte = |shift: u32| (data >> shift & 0xff) as u8;
    Kind::Int { size: raw.word, encoding: IntEncoding::from_bits(byte(24)), offset: byte(16), bits: byte(0) }
}

fn linkage(value: u32, at: usize) -> Result<Linkage, BtfError> {
    Ok(match value {
        0 => Linkage::Static,
        1 => Linkage::Global,
        2 => Linkage::Extern,
        _ => {
            let kind = BtfErrorKind::BadAttribute { what: "linkage", value };
            return Err(BtfError::new(Section::Types, at, kind));
        }
    })
}

fn slots(raw: Raw<'_>) -> Vec<VarSlot> {
    raw.triples().map(|[ty, offset, size]| VarSlot { ty: TypeId(ty), offset, size }).collect()
}

fn component(index: u32) -> Option<u32> {
    (index != u32::MAX).then_some(index)
}

struct Header {
    endian: Endian,
    types: Range<usize>,
    strings: Range<usize>,
}

impl Header {
    fn read(data: &[u8]) -> Result<Self, BtfError> {
        let error = |offset, kind| BtfError::new(Section::Header, offset, kind);
        let truncated = |_| error(data.len(), BtfErrorKind::Truncated { wanted: HEADER_LEN });
        let (mut bytes, endian, len) = preamble(data).map_err(|(offset, kind)| match kind {
            BtfErrorKind::Truncated { .. } => {
                error(data.len(), BtfErrorKind::Truncated { wanted: HEADER_LEN })
            }
            kind => error(offset, kind),
        })?;
        if (len as usize) < HEADER_LEN || len as usize > data.len() {
            return Err(error(4, BtfErrorKind::BadHeaderLength(len)));
        }
        let mut range = |section| {
            let at = bytes.offset();
            let (start, size) = (bytes.u32().map_err(truncated)?, bytes.u32().map_err(truncated)?);
            locate(data.len(), len, start, size, section).map_err(|kind| error(at, kind))
        };
        Ok(Self { endian, types: range(Section::Types)?, strings: range(Section::Strings)? })
    }
}

fn locate(
    available: usize,
    header: u32,
    start: u32,
    len: u32,
    section: Section,
) -> Result<Range<usize>, BtfErrorKind> {
    let (start, len) = (u64::from(header) + u64::from(start), u64::from(len));
    let outside = || BtfErrorKind::SectionOutside { section, start, len, available };
    let first = usize::try_from(start).map_err(|_| outside())?;
    let end = usize::try_from(start + len).map_err(|_| outside())?;
    (end <= available).then_some(first..end).ok_or_else(outside)
}

fn check_strings(strings: &[u8], split: bool) -> Result<(), BtfError> {
    let good = match (strings.first(), strings.last()) {
        (None, _) | (_, None) => split,
        (Some(&first), Some(&last)) => last == 0 && (split || first == 0),
    };
    let error = BtfError::new(Section::Strings, 0, BtfErrorKind::StringsNotTerminated);
    if good { Ok(()) } else { Err(error) }
}
