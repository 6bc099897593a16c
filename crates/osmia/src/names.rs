//! Names of this machine: whom readers ask what only it knows.
use osmia_event::{Lookup, Symbol};
use osmia_host::{Cgroups, Symbols, Users};
use osmia_sys::bpf::MapFd;

/// Names of this machine; each table is read when it is first needed.
#[derive(Debug)]
pub(crate) struct Names {
    symbols: Option<Symbols>,
    users: Users,
    cgroups: Cgroups,
    stacks: Vec<(String, MapFd)>,
}

impl Names {
    /// Knows nothing yet; stacks are in these maps.
    pub(crate) fn new(stacks: Vec<(String, MapFd)>) -> Self {
        Self { symbols: None, users: Users::default(), cgroups: Cgroups::default(), stacks }
    }

    fn symbols(&mut self) -> &mut Symbols {
        self.symbols.get_or_insert_with(Symbols::new)
    }
}

impl Lookup for Names {
    fn kernel_symbol(&mut self, address: u64) -> Option<Symbol> {
        let (symbol, offset) = self.symbols().kernel(address)?;
        let module = Some(symbol.module).filter(|module| !module.is_empty());
        Some(Symbol { name: symbol.name, offset, module })
    }

    fn user_symbol(&mut self, pid: u32, address: u64) -> Option<Symbol> {
        let symbol = self.symbols().user(pid, address)?;
        Some(Symbol { name: symbol.name, offset: symbol.offset, module: symbol.module })
    }

    fn stack(&mut self, map: &str, id: i64) -> Vec<u64> {
        let Some((_, map)) = self.stacks.iter().find(|(name, _)| name == map) else { return Vec::new() };
        let Ok(id) = u32::try_from(id) else { return Vec::new() };
        let Ok(Some(value)) = map.get(&id.to_ne_bytes()) else { return Vec::new() };
        let words = value.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes));
        words.take_while(|address| *address != 0).collect()
    }

    fn username(&mut self, uid: u32) -> Option<String> {
        self.users.name(uid).map(str::to_owned)
    }

    fn cgroup_path(&mut self, id: u64) -> Option<String> {
        self.cgroups.path(id).map(str::to_owned)
    }

    fn boot_time_to_wall(&mut self, boot: u64) -> Option<i64> {
        i64::try_from(boot).ok()?.checked_add(osmia_host::boot_to_wall())
    }
}
