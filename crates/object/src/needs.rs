//! What an object asks of the kernel, read off it alone, with the version of Linux that had it first.
//!
//! Versions are of Linus' releases; distributions bring much of it back to older ones. What code asks for that stands behind a
//! question to the kernel's types or configuration is counted as all other code: whether it is reached is known on the machine.
mod code;

use crate::section::{self, OPTIONAL};
use crate::{CoreReloc, DataKind, Function, Line, Map, Object, Program};
use osmia_abi::{Feature, ProgramType, Version, flags, map_flag_since, special_field_since};
use osmia_btf::core::RelocKind;
use osmia_btf::{Btf, Kind, KindTag, TypeId};
use std::collections::{BTreeMap, HashSet};

/// What kind of thing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NeedKind {
    /// A type of programs.
    Program,
    /// A type of attachments.
    Attach,
    /// A type of maps.
    Map,
    /// A flag of maps.
    MapFlag,
    /// A structure in a map's value that is for the kernel.
    Field,
    /// A helper.
    Helper,
    /// A kernel function.
    Kfunc,
    /// A kernel variable.
    Variable,
    /// Instructions, or what programs do with them.
    Code,
    /// A kind of BTF.
    Btf,
    /// The kernel's own types.
    Types,
}

impl NeedKind {
    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Program => "program type",
            Self::Attach => "attach type",
            Self::Map => "map type",
            Self::MapFlag => "map flag",
            Self::Field => "map value",
            Self::Helper => "helper",
            Self::Kfunc => "kernel function",
            Self::Variable => "kernel variable",
            Self::Code => "code",
            Self::Btf => "BTF",
            Self::Types => "types",
        }
    }
}

/// One thing that an object asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What kind of thing.
    pub kind: NeedKind,
    /// Its name, as the kernel and bpftool have it.
    pub name: String,
    /// The first version of Linux that has it, where that is known.
    pub since: Option<Version>,
    /// Why the object gets along without; `None` where it does not.
    pub spare: Option<&'static str>,
    /// Who asks for it, in the object's order.
    pub places: Vec<NeedPlace>,
}

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedPlace {
    /// In words: "program `on_exec` (tp/sched/sched_process_exec)".
    pub words: String,
    /// The line of source, for code.
    pub line: Option<Line>,
}

/// The least version of Linux with all that is needed for good; `None` where nothing is.
pub fn least_version(needs: &[Need]) -> Option<Version> {
    needs.iter().filter(|need| need.spare.is_none()).filter_map(|need| need.since).max()
}

/// All that an object asks for: the newest first, then by kind and name.
pub fn needs(object: &Object) -> Vec<Need> {
    let mut all = Collector::default();
    for function in object.functions.values() {
        if let Some(program) = &function.program {
            self::program(function, program, &mut all);
        }
    }
    code::functions(object, &mut all);
    object.maps.values().for_each(|map| self::map(object, map, &mut all));
    data(object, &mut all);
    if let Some(btf) = &object.btf {
        types(btf, &mut all);
    }
    let mut needs: Vec<Need> = all.0.into_values().collect();
    needs.sort_by(|one, other| (other.since, one.kind, &one.name).cmp(&(one.since, other.kind, &other.name)));
    needs
}

const ASKED: &str = "only programs ask for it that are loaded when somebody wants them";
const TOLD: &str = "only kernels that know it are told";
const WITHOUT: &str = "what a kernel does not know of types is left out of what it is told";
const FILE: &str = "a file of types does as well (--btf FILE)";

/// Needs by kind and name; one that is firm anywhere is firm.
#[derive(Default)]
struct Collector(BTreeMap<(NeedKind, String), Need>);

impl Collector {
    fn add(
        &mut self,
        (kind, name): (NeedKind, &str),
        since: Option<Version>,
        spare: Option<&'static str>,
        place: NeedPlace,
    ) {
        let key = (kind, name.to_owned());
        let new = || Need { kind, name: name.to_owned(), since, spare, places: Vec::new() };
        let need = self.0.entry(key).or_insert_with(new);
        need.spare = need.spare.and(spare);
        if !need.places.iter().any(|known| known.words == place.words) {
            need.places.push(place);
        }
    }

    fn feature(&mut self, kind: NeedKind, feature: Feature, spare: Option<&'static str>, place: NeedPlace) {
        let row = feature.row();
        self.add((kind, row.name), Some(row.since), spare, place);
    }
}

/// A place without a line.
fn place(words: String) -> NeedPlace {
    NeedPlace { words, line: None }
}

fn of_function(function: &Function) -> String {
    match function.program {
        Some(_) => format!("program `{}` ({})", function.name, function.section),
        None => format!("function `{}`", function.name),
    }
}

fn program(function: &Function, program: &Program, all: &mut Collector) {
    let spare = (!program.autoload).then_some(ASKED);
    let here = || place(of_function(function));
    all.add((NeedKind::Program, program.kind.name()), program.kind.since(), spare, here());
    let row = section::lookup(&function.section).map(|found| found.row);
    if let Some(attach) = program.attach_type {
        let told = row.is_some_and(|row| row.flags & OPTIONAL != 0).then_some(TOLD);
        all.add((NeedKind::Attach, attach.name()), attach.since(), told.or(spare), here());
    }
    if let Some((name, since)) = manner(program) {
        all.add((NeedKind::Program, name), Some(since), spare, here());
    }
    if row.is_some_and(|row| row.flags & section::BTF_ID != 0) || program.kind == ProgramType::StructOps {
        all.feature(NeedKind::Types, Feature::KernelBtf, spare, here());
    }
}

/// How a program runs, where that came later than its type.
fn manner(program: &Program) -> Option<(&'static str, Version)> {
    use osmia_abi::AttachType as A;
    let sleeps = match (program.kind, program.attach_type) {
        (ProgramType::Tracing, Some(A::TraceIter)) => Some(("sleepable iterators", Version(5, 18))),
        (ProgramType::Tracing | ProgramType::Lsm, _) => Some(("sleepable trampolines", Version(5, 10))),
        (ProgramType::Kprobe, _) => Some(("sleepable uprobes", Feature::SleepableUprobe.row().since)),
        (ProgramType::StructOps, _) => Some(("sleepable struct_ops", Version(6, 3))),
        _ => None,
    };
    sleeps
        .filter(|_| program.sleepable)
        .or_else(|| program.frags.then_some(("packets in fragments", Version(5, 18))))
}

fn map(object: &Object, map: &Map, all: &mut Collector) {
    let here = || place(format!("map `{}`", map.name));
    all.add((NeedKind::Map, map.kind.name()), map.kind.since(), None, here());
    for bit in 0..u32::BITS {
        let flag = 1 << bit;
        if map.flags & flag != 0 {
            let named =
                flags::NAMED.iter().find(|(name, value)| *value == u64::from(flag) && is_map_flag(name));
            let name = named.map_or_else(|| format!("{flag:#x}"), |(name, _)| (*name).to_owned());
            all.add((NeedKind::MapFlag, &name), map_flag_since(flag), None, here());
        }
    }
    if let Some(btf) = &object.btf {
        let mut seen = HashSet::new();
        fields(btf, map.value_type, &mut seen, &mut |name, since| {
            all.add((NeedKind::Field, name), Some(since), None, here());
        });
    }
    if let Some(inner) = &map.inner {
        self::map(object, inner, all);
    }
}

/// Flags of maps stand first among all named ones, and those of programs use the same bits.
fn is_map_flag(name: &str) -> bool {
    name.starts_with("BPF_F_")
}

/// Structures for the kernel in a value, however deep.
fn fields(btf: &Btf, ty: TypeId, seen: &mut HashSet<TypeId>, found: &mut impl FnMut(&str, Version)) {
    let ty = btf.resolve(ty);
    if !seen.insert(ty) {
        return;
    }
    match btf.get(ty).map(|ty| ty.kind) {
        Ok(Kind::Array { element, .. }) => fields(btf, element, seen, found),
        Ok(Kind::Struct(body) | Kind::Union(body)) => {
            let name = btf.name(ty).unwrap_or_default();
            if let Some(since) = special_field_since(name) {
                return found(name, since);
            }
            body.members.iter().for_each(|member| fields(btf, member.ty, seen, found));
        }
        // Pointers to kernel objects that a map keeps are tagged.
        Ok(Kind::Ptr(to)) => {
            if let Ok(Kind::TypeTag { .. }) = btf.get(to).map(|ty| ty.kind)
                && let Some(tag) = btf.name(to).filter(|name| ["kptr", "kptr_untrusted"].contains(name))
            {
                found(tag, Version(5, 19));
            }
        }
        _ => {}
    }
}

/// Global variables and structures of functions.
fn data(object: &Object, all: &mut Collector) {
    for data in object.data.values().filter(|data| !data.bytes.is_empty()) {
        let here = || place(format!("section `{}`", data.name));
        match data.kind {
            DataKind::StructOps if data.name.ends_with(".link") => {
                let since = map_flag_since(flags::LINK);
                all.add((NeedKind::MapFlag, "BPF_F_LINK"), since, None, here());
            }
            DataKind::StructOps => {
                all.add((NeedKind::Map, "struct_ops"), osmia_abi::MapType::StructOps.since(), None, here());
            }
            DataKind::Data | DataKind::ReadOnly | DataKind::Bss | DataKind::Kconfig => {
                all.feature(NeedKind::Code, Feature::GlobalData, None, here());
            }
            DataKind::Arena => {}
        }
    }
}

/// Kinds of BTF, each with the feature by which kernels know it.
const KINDS: &[(KindTag, Feature)] = &[
    (KindTag::Func, Feature::BtfFunc),
    (KindTag::Var, Feature::BtfDatasec),
    (KindTag::Datasec, Feature::BtfDatasec),
    (KindTag::Float, Feature::BtfFloat),
    (KindTag::DeclTag, Feature::BtfDeclTag),
    (KindTag::TypeTag, Feature::BtfTypeTag),
    (KindTag::Enum64, Feature::BtfEnum64),
];

fn types(btf: &Btf, all: &mut Collector) {
    let tags: HashSet<KindTag> = btf.ids().filter_map(|id| btf.tag(id)).collect();
    let here = || place("the object's types".to_owned());
    for (tag, feature) in KINDS {
        if tags.contains(tag) {
            all.feature(NeedKind::Btf, *feature, Some(WITHOUT), here());
        }
    }
}

/// Relocations by the kernel's types.
fn relocations(function: &Function, all: &mut Collector) {
    let asks = |reloc: &&CoreReloc| reloc.kind != RelocKind::TypeIdLocal as u32;
    if let Some(first) = function.core.iter().find(asks) {
        let line = function.line_at(first.insn).cloned();
        let place = NeedPlace { words: format!("CO-RE in {}", of_function(function)), line };
        all.feature(NeedKind::Types, Feature::KernelBtf, Some(FILE), place);
    }
}
