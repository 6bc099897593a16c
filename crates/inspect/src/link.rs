//! Links and what the kernel tells of them.
use super::facts::{Kind, interface};
use super::open::{candidates, only};
use super::refs::Known;
use super::symbols::{self, Symbols};
use super::{Handle, InspectError, Subject};
use osmia_abi::{LinkType, ProgramType};
use osmia_sys::LinkFd;
use osmia_sys::bpf::{LinkDetail, LinkFacts, link_info, prog_by_id, prog_info};

/// What the kernel tells of a link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id.
    pub id: u32,
    /// Its kind.
    pub kind: Kind,
    /// Its program.
    pub program: u32,
    /// What is particular to its kind.
    pub detail: LinkDetail,
    /// The kind of its program, where that is told too.
    pub program_kind: Option<Kind>,
    /// The name of the interface it is at, if it has one here.
    pub interface: Option<String>,
    /// The functions it is at, by address.
    pub functions: Vec<Function>,
    /// Where it is pinned and who holds it, where that was asked.
    pub known: Known,
}

/// A function of the kernel's that a link is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The address.
    pub address: u64,
    /// What the program is told.
    pub cookie: u64,
    /// Its name, where the kernel tells it.
    pub name: Option<String>,
    /// The module it is in.
    pub module: Option<String>,
}

/// A link with its descriptor.
#[derive(Debug)]
pub struct OpenLink {
    /// The descriptor.
    pub fd: LinkFd,
    /// What the kernel tells of it.
    pub facts: Link,
}

/// The links with this handle.
pub fn links(handle: &Handle) -> Result<Vec<Link>, InspectError> {
    let opened = candidates::<LinkFd>(handle).map(|fd| facts(&fd?));
    opened.collect()
}

/// The one link with this handle.
pub fn open_link(handle: &Handle) -> Result<OpenLink, InspectError> {
    let found: Result<Vec<LinkFd>, InspectError> = candidates(handle).collect();
    let fd = only(Subject::Link, found?)?;
    Ok(OpenLink { facts: facts(&fd)?, fd })
}

fn facts(fd: &LinkFd) -> Result<Link, InspectError> {
    let LinkFacts { id, kind, prog, detail } =
        link_info(fd).map_err(|errno| InspectError::NoFacts(Subject::Link, errno))?;
    let program_kind = matches!(detail, LinkDetail::Tracing { .. }).then(|| program_kind(prog)).flatten();
    let (interface, functions) = match &detail {
        LinkDetail::Xdp { ifindex }
        | LinkDetail::Tcx { ifindex, .. }
        | LinkDetail::Netkit { ifindex, .. } => (interface(*ifindex), Vec::new()),
        LinkDetail::KprobeMulti { addresses, cookies, .. } => (None, functions(addresses, cookies)),
        _ => (None, Vec::new()),
    };
    let kind = Kind { number: kind, name: LinkType::from_raw(kind).map(LinkType::name) };
    Ok(Link { id, kind, program: prog, detail, program_kind, interface, functions, known: Known::default() })
}

fn program_kind(id: u32) -> Option<Kind> {
    let number = prog_info(&prog_by_id(id).ok()?).ok()?.r#type;
    Some(Kind { number, name: ProgramType::from_raw(number).map(ProgramType::name) })
}

/// With Intel's branch tracking a function begins with an instruction of four bytes, and probes stand after it.
const LANDING: u64 = 4;

fn functions(addresses: &[u64], cookies: &[u64]) -> Vec<Function> {
    let listed = symbols::read();
    let symbols = Symbols::parse(&listed);
    let mut functions: Vec<Function> = addresses
        .iter()
        .enumerate()
        .map(|(place, &address)| {
            let found = symbols.exactly(address).or_else(|| symbols.exactly(address.wrapping_sub(LANDING)));
            Function {
                address,
                cookie: cookies.get(place).copied().unwrap_or(0),
                name: found.map(|(name, _)| name.to_owned()),
                module: found.and_then(|(_, module)| module).map(str::to_owned),
            }
        })
        .collect();
    functions.sort_by_key(|function| function.address);
    functions
}
