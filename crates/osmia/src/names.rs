//! Names of this machine: whom readers ask what only it knows.
use crate::stacks::Stacks;
use crate::unwind::Unwinder;
use osmia_event::{
    Aggregation, Depth, Frame, Lookup, MapSchema, Schema, SourceLine, StackMode, StackSource, Symbol, Type,
    plain_frame,
};
use osmia_host::{Cgroups, CodeAt, Symbols, UserFrame, UserSymbol, Users};
use osmia_lang_trace::typed::Config;
use std::os::fd::BorrowedFd;

/// Names of this machine; each table is read when it is first needed.
#[derive(Debug)]
pub(crate) struct Names {
    symbols: Option<Symbols>,
    make_symbols: fn() -> Symbols,
    users: Users,
    cgroups: Cgroups,
    stacks: Stacks,
    shows_lines: bool,
    /// Whether names can be told of all processes before the script begins, and not as soon as that is known.
    ahead: bool,
    unwinder: Option<Unwinder>,
}

impl Names {
    /// Knows nothing yet; stacks are in these maps.
    pub(crate) fn new(stacks: Stacks, unwinder: Option<Unwinder>) -> Self {
        Self {
            symbols: None,
            make_symbols: Symbols::new,
            users: Users::default(),
            cgroups: Cgroups::default(),
            stacks,
            shows_lines: true,
            ahead: false,
            unwinder,
        }
    }

    /// Records from now on what processes map, where the script prints user symbols: they have names then when the
    /// processes are gone. Where that is not allowed, addresses of those have none.
    pub(crate) fn record(&mut self, schema: &Schema, config: &Config) {
        self.shows_lines = config.show_debug_info && config.use_blazesym;
        self.ahead = !config.lazy_symbolication;
        if !config.cpp_demangle {
            self.make_symbols = Symbols::mangled;
        }
        if names_users(schema) || self.unwinder.is_some() {
            let _ = self.symbols().record();
        }
    }

    /// Takes in what was recorded.
    pub(crate) fn follow(&mut self) {
        let Some(symbols) = &mut self.symbols else { return };
        let unwinder = &mut self.unwinder;
        symbols.follow(|pid, news| {
            if let Some(unwinder) = unwinder {
                unwinder.hear(pid, news);
            }
        });
        if let Some(unwinder) = unwinder {
            unwinder.follow();
        }
    }

    /// What a script that unwinds stacks itself wants to know of processes.
    pub(crate) fn unwinder(&mut self) -> Option<&mut Unwinder> {
        self.unwinder.as_mut()
    }

    /// Begins to look at processes that are there already; signals are blocked by now.
    pub(crate) fn survey(&mut self) {
        let Some(symbols) = &mut self.symbols else { return };
        symbols.survey();
        if self.ahead {
            symbols.finish_survey();
        }
    }

    /// What becomes readable when it is time to follow.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.symbols.iter().flat_map(Symbols::descriptors)
    }

    /// How many records of mappings were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.symbols.as_ref().map_or(0, Symbols::lost)
    }

    fn symbols(&mut self) -> &mut Symbols {
        self.symbols.get_or_insert_with(self.make_symbols)
    }
}

impl Lookup for Names {
    fn kernel_symbol(&mut self, address: u64) -> Option<Symbol> {
        let (symbol, offset) = self.symbols().kernel(address)?;
        let module = Some(symbol.module).filter(|module| !module.is_empty());
        Some(Symbol { name: symbol.name, offset, module })
    }

    fn user_symbol(&mut self, pid: u32, address: u64) -> Option<Symbol> {
        // The record may be younger than what was taken in of mappings.
        self.follow();
        self.symbols().user(pid, address).map(user_symbol)
    }

    fn frames(&mut self, source: StackSource, address: u64, depth: Depth) -> Vec<Frame> {
        match source {
            StackSource::User(pid) if self.shows_lines && address != u64::MAX => {
                let at = if depth == Depth::Innermost { CodeAt::Running } else { CodeAt::Return };
                let frames = self.symbols().user_frames(pid, address, at);
                frames.into_iter().map(|it| user_frame(address, it)).collect()
            }
            StackSource::User(_) | StackSource::Kernel => vec![plain_frame(self, source, address)],
        }
    }

    fn stack(&mut self, map: &str, id: i64) -> Vec<u8> {
        self.follow();
        self.stacks.read(map, id)
    }

    fn username(&mut self, uid: u32) -> Option<String> {
        self.users.name(uid).map(str::to_owned)
    }

    fn cgroup_path(&mut self, id: u64, hierarchies: &str) -> Option<String> {
        self.cgroups.path(id, hierarchies)
    }

    fn boot_time_to_wall(&mut self, boot: u64) -> Option<i64> {
        i64::try_from(boot).ok()?.checked_add(osmia_host::boot_to_wall())
    }
}

fn user_symbol(symbol: UserSymbol) -> Symbol {
    Symbol { name: symbol.name, offset: symbol.offset, module: symbol.module }
}

fn user_frame(address: u64, UserFrame { symbol, line, inlined }: UserFrame) -> Frame {
    let line = line.map(|(file, line)| SourceLine { file, line });
    Frame { address, symbol: symbol.map(user_symbol), line, inlined, build_id: None }
}

/// Whether the names of user addresses will be asked for.
fn names_users(schema: &Schema) -> bool {
    let fields = schema.streams.iter().flat_map(|stream| &stream.fields).map(|field| &field.kind);
    fields.chain(schema.maps.iter().flat_map(parts)).any(is_user)
}

/// The types of a map's keys and values.
fn parts(map: &MapSchema) -> impl Iterator<Item = &Type> {
    let value = match &map.value {
        Aggregation::Value(value) => Some(value),
        _ => None,
    };
    map.key.iter().chain(value)
}

fn is_user(kind: &Type) -> bool {
    match kind {
        Type::UserSymbol => true,
        Type::UserStack { mode, .. } => !matches!(mode, StackMode::Raw | StackMode::BuildId),
        Type::Array { element, .. } => is_user(element),
        Type::Tuple { fields, .. } | Type::Record { fields, .. } => {
            fields.iter().any(|field| is_user(&field.kind))
        }
        _ => false,
    }
}
