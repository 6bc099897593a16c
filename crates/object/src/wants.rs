//! Which parts of a [`Target`](crate::Target) an object needs, so that only those are gathered.
use crate::resolve::externs::{WRAPPED, is_kconfig, is_typed};
use crate::{Attach, Object, Program};
use osmia_abi::{MapType, ProgramType};
use osmia_btf::core::RelocKind;

/// What an object needs to know of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The kernel's types: CO-RE, typed kernel symbols, or programs that attach by type.
    pub kernel_btf: bool,
    /// Kernel symbols whose addresses are needed, sorted.
    pub ksyms: Vec<String>,
    /// `CONFIG_*` values that are needed, sorted.
    pub kconfig: Vec<String>,
    /// Whether the number of processors is needed.
    pub cpus: bool,
}

/// What `object` needs.
pub fn wants(object: &Object) -> Wants {
    let mut wants = Wants {
        kernel_btf: object.functions.values().any(|function| {
            function.core.iter().any(|reloc| reloc.kind != RelocKind::TypeIdLocal as u32)
                || function.program.as_ref().is_some_and(attaches_by_type)
        }),
        cpus: object.maps.values().any(|map| map.kind == MapType::PerfEventArray && map.max_entries == 0),
        ..Wants::default()
    };
    for symbol in object.externs.values() {
        match (is_kconfig(symbol), is_typed(object.btf.as_ref(), symbol)) {
            (true, _) if symbol.name == "LINUX_HAS_SYSCALL_WRAPPER" => {
                wants.ksyms.extend(WRAPPED.map(str::to_owned));
            }
            (true, _) if symbol.name.starts_with("CONFIG_") => wants.kconfig.push(symbol.name.clone()),
            (true, _) => {}
            (false, Some(_)) => wants.kernel_btf = true,
            (false, None) => wants.ksyms.push(symbol.name.clone()),
        }
    }
    for list in [&mut wants.ksyms, &mut wants.kconfig] {
        list.sort_unstable();
        list.dedup();
    }
    wants
}

fn attaches_by_type(program: &Program) -> bool {
    let by_type = matches!(
        program.attach,
        Attach::BtfTracepoint { .. }
            | Attach::Trampoline { .. }
            | Attach::ModifyReturn { .. }
            | Attach::Lsm { .. }
            | Attach::Iterator { .. }
    );
    by_type || program.kind == ProgramType::Lsm
}
