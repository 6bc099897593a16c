//! The tag `arg:ctx` on kernels whose verifier does not know it (before 6.8): the parameter becomes a pointer to what the
//! verifier takes for the context of such programs, as libbpf does it.
use crate::FunctionInfo;
use osmia_abi::ProgramType::{self, *};
use osmia_btf::{Builder, Kind, Linkage, Type, TypeId};

/// The tag.
const TAG: &str = "arg:ctx";

/// The context's structure by the kind of program; other kinds have none with a name.
const NAMES: &[(ProgramType, &str)] = &[
    (CgroupDevice, "bpf_cgroup_dev_ctx"),
    (CgroupSkb, "__sk_buff"),
    (CgroupSock, "bpf_sock"),
    (CgroupSockAddr, "bpf_sock_addr"),
    (CgroupSockopt, "bpf_sockopt"),
    (CgroupSysctl, "bpf_sysctl"),
    (FlowDissector, "__sk_buff"),
    (Kprobe, USER_REGS),
    (LwtIn, "__sk_buff"),
    (LwtOut, "__sk_buff"),
    (LwtSeg6local, "__sk_buff"),
    (LwtXmit, "__sk_buff"),
    (Netfilter, "bpf_nf_ctx"),
    (PerfEvent, "bpf_perf_event_data"),
    (RawTracepoint, "bpf_raw_tracepoint_args"),
    (RawTracepointWritable, "bpf_raw_tracepoint_args"),
    (SchedAct, "__sk_buff"),
    (SchedCls, "__sk_buff"),
    (SkLookup, "bpf_sk_lookup"),
    (SkMsg, "sk_msg_md"),
    (SkReuseport, "sk_reuseport_md"),
    (SkSkb, "__sk_buff"),
    (SockOps, "bpf_sock_ops"),
    (SocketFilter, "__sk_buff"),
    (Xdp, "xdp_md"),
];

/// What kprobes may call their registers: programs have it as a type definition, old verifiers go by the name of a structure.
const USER_REGS: &str = "bpf_user_pt_regs_t";
/// What that is on the machines there are: x86; arm64, riscv, s390; others.
const REGS: [&str; 3] = ["pt_regs", "user_pt_regs", "user_regs_struct"];

/// Parameters that have the tag: function and place.
#[derive(Debug, Default)]
pub(super) struct Contexts(Vec<(TypeId, u32)>);

impl Contexts {
    pub(super) fn new(builder: &Builder) -> Self {
        let tagged = |ty: &Type| match ty.kind {
            Kind::DeclTag { ty: function, component: Some(at), .. } if ty.name == TAG => Some((function, at)),
            _ => None,
        };
        Self(builder.types().iter().filter_map(tagged).collect())
    }

    /// Gives the functions of a program types of their own where that is needed.
    pub(super) fn apply(&self, builder: &mut Builder, kind: ProgramType, functions: &mut [FunctionInfo]) {
        let Some(&(_, name)) = NAMES.iter().find(|(known, _)| *known == kind) else { return };
        let before: Vec<TypeId> = functions.iter().map(|info| info.type_id).collect();
        let mut pointer = None;
        for &(function, at) in &self.0 {
            let Some(place) = before.iter().position(|id| *id == function) else { continue };
            let Some(info) = functions.get_mut(place) else { continue };
            let Some(proto) = global_proto(builder, function) else { continue };
            let Some(Kind::FuncProto { params, .. }) = builder.get(proto).map(|ty| &ty.kind) else {
                continue;
            };
            let Some(param) = params.get(at as usize).map(|param| param.ty) else { continue };
            if !is_to_change(builder, kind, param, name) {
                continue;
            }
            let context = *pointer.get_or_insert_with(|| {
                let structure = builder.add_struct(name, 0, Vec::new());
                builder.add_ptr(structure)
            });
            if info.type_id == function {
                info.type_id = copy(builder, function, proto);
            }
            let own = global_proto(builder, info.type_id).and_then(|proto| builder.get_mut(proto));
            if let Some(Type { kind: Kind::FuncProto { params, .. }, .. }) = own
                && let Some(param) = params.get_mut(at as usize)
            {
                param.ty = context;
            }
        }
    }
}

/// The prototype of a global function.
fn global_proto(builder: &Builder, function: TypeId) -> Option<TypeId> {
    match builder.get(function)?.kind {
        Kind::Func { proto, linkage: Linkage::Global } => Some(proto),
        _ => None,
    }
}

fn copy(builder: &mut Builder, function: TypeId, proto: TypeId) -> TypeId {
    let (Some(function), Some(proto)) = (builder.get(function).cloned(), builder.get(proto).cloned()) else {
        return function;
    };
    let proto = builder.add(proto);
    builder.add_func(&function.name, proto, Linkage::Global)
}

/// Whether the verifier would not take a parameter of this type for the context.
fn is_to_change(builder: &Builder, kind: ProgramType, param: TypeId, name: &str) -> bool {
    let Some(Kind::Ptr(to)) = builder.get(stripped(builder, param)).map(|ty| &ty.kind) else { return false };
    // Old verifiers look through `bpf_user_pt_regs_t` as through any type definition: by that name, too, it is changed.
    let registers = matches!(kind, Kprobe | PerfEvent);
    let to = stripped(builder, *to);
    let Some(ty) = builder.get(to) else { return to.is_void() };
    match &ty.kind {
        Kind::Struct(_) if ty.name == name => false,
        Kind::Struct(_) if registers => REGS.contains(&ty.name.as_str()),
        Kind::Int { size: 8, .. } => matches!(kind, RawTracepoint | RawTracepointWritable),
        _ => false,
    }
}

/// The type behind type definitions, `const` and its like.
fn stripped(builder: &Builder, mut id: TypeId) -> TypeId {
    const LONGEST: u32 = 64;
    for _ in 0..LONGEST {
        let Some(ty) = builder.get(id) else { return id };
        id = match ty.kind {
            Kind::Const(to) | Kind::Volatile(to) | Kind::Restrict(to) | Kind::Typedef(to) => to,
            Kind::TypeTag { ty: to, .. } => to,
            _ => return id,
        };
    }
    id
}
