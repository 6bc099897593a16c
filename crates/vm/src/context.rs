//! What programs of each kind may do with their context and packet.
use osmia_abi::ProgramType;

/// One kind of program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    kind: ProgramType,
    /// Whether the context can be written.
    pub(crate) context: bool,
    /// Whether the packet can be written.
    pub(crate) packet: bool,
    /// Where the context has pointers to the packet's start, its end, and to the data before it.
    pub(crate) fields: Option<[u64; 3]>,
}

const SKB: Option<[u64; 3]> = Some([76, 80, 140]);

const fn rule(kind: ProgramType, context: bool, packet: bool, fields: Option<[u64; 3]>) -> Rule {
    Rule { kind, context, packet, fields }
}

/// Kinds that write something or have a packet; the others only read their context. The first is for bare code.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    //   kind                                context packet  fields
    rule(ProgramType::Unspec,                true,   true,   None),
    rule(ProgramType::SocketFilter,          true,   false,  None),
    rule(ProgramType::SchedCls,              true,   true,   SKB),
    rule(ProgramType::SchedAct,              true,   true,   SKB),
    rule(ProgramType::Xdp,                   false,  true,   Some([0, 4, 8])),
    rule(ProgramType::CgroupSkb,             true,   false,  SKB),
    rule(ProgramType::LwtIn,                 true,   false,  SKB),
    rule(ProgramType::LwtOut,                true,   false,  SKB),
    rule(ProgramType::LwtXmit,               true,   true,   SKB),
    rule(ProgramType::SkSkb,                 true,   true,   SKB),
    rule(ProgramType::CgroupSock,            true,   false,  None),
    rule(ProgramType::CgroupSockAddr,        true,   false,  None),
    rule(ProgramType::CgroupSockopt,         true,   false,  None),
    rule(ProgramType::CgroupSysctl,          true,   false,  None),
    rule(ProgramType::SockOps,               true,   false,  None),
    rule(ProgramType::RawTracepointWritable, true,   false,  None),
    rule(ProgramType::Syscall,               true,   false,  None),
];

/// What holds for a kind of program.
pub(crate) fn of(kind: ProgramType) -> Rule {
    let found = RULES.iter().find(|rule| rule.kind == kind);
    found.copied().unwrap_or(rule(kind, false, false, None))
}
