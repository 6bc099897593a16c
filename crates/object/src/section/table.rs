//! The section names that libbpf 1.8 knows, in its order: the first row that fits is the one.
use super::{Auto, BTF_ID as B, Expected, FRAGS as F, OPTIONAL as O, SLEEPABLE as S, Section, Target};
use osmia_abi::AttachType as A;
use osmia_abi::ProgramType::{self as P, *};

/// A row with an attach type.
const fn sec(
    name: &'static str,
    target: Target,
    kind: P,
    attach_type: A,
    attach: Auto,
    flags: u8,
) -> Section {
    Section { name, target, kind, attach_type: Expected::Type(attach_type), attach, flags }
}

/// A row without one.
const fn bare(name: &'static str, target: Target, kind: P, attach: Auto, flags: u8) -> Section {
    Section { name, target, kind, attach_type: Expected::None, attach, flags }
}

/// A row whose attach type Linux 6.18 does not know.
const fn newer(name: &'static str, constant: &'static str, flags: u8) -> Section {
    let attach_type = Expected::Newer(constant);
    Section { name, target: Target::Optional, kind: Tracing, attach_type, attach: Auto::Nowhere, flags }
}

use Auto::Nowhere as No;
use Target::{Absent as X, Optional as T};

/// All rows.
#[rustfmt::skip]
pub const SECTIONS: &[Section] = &[
    //   name                      target program     attach type                      attach               flags
    bare("socket",                     X, SocketFilter,                                No,                  0),
    sec ("sk_reuseport/migrate",       X, SkReuseport, A::SkReuseportSelectOrMigrate,  No,                  0),
    sec ("sk_reuseport",               X, SkReuseport, A::SkReuseportSelect,           No,                  0),
    bare("kprobe",                     T, Kprobe,                                      Auto::Kprobe,        0),
    bare("uprobe",                     T, Kprobe,                                      Auto::Uprobe,        0),
    bare("uprobe.s",                   T, Kprobe,                                      Auto::Uprobe,        S),
    bare("kretprobe",                  T, Kprobe,                                      Auto::Kretprobe,     0),
    bare("uretprobe",                  T, Kprobe,                                      Auto::Uretprobe,     0),
    bare("uretprobe.s",                T, Kprobe,                                      Auto::Uretprobe,     S),
    sec ("kprobe.multi",               T, Kprobe,      A::TraceKprobeMulti,            Auto::KprobeMulti,   0),
    sec ("kretprobe.multi",            T, Kprobe,      A::TraceKprobeMulti,            Auto::KretprobeMulti, 0),
    sec ("kprobe.session",             T, Kprobe,      A::TraceKprobeSession,          Auto::KprobeSession, 0),
    sec ("uprobe.multi",               T, Kprobe,      A::TraceUprobeMulti,            Auto::UprobeMulti,   0),
    sec ("uretprobe.multi",            T, Kprobe,      A::TraceUprobeMulti,            Auto::UretprobeMulti, 0),
    sec ("uprobe.session",             T, Kprobe,      A::TraceUprobeSession,          Auto::UprobeSession, 0),
    sec ("uprobe.multi.s",             T, Kprobe,      A::TraceUprobeMulti,            Auto::UprobeMulti,   S),
    sec ("uretprobe.multi.s",          T, Kprobe,      A::TraceUprobeMulti,            Auto::UretprobeMulti, S),
    sec ("uprobe.session.s",           T, Kprobe,      A::TraceUprobeSession,          Auto::UprobeSession, S),
    bare("ksyscall",                   T, Kprobe,                                      Auto::Ksyscall,      0),
    bare("kretsyscall",                T, Kprobe,                                      Auto::Kretsyscall,   0),
    bare("usdt",                       T, Kprobe,                                      Auto::Usdt,          0),
    bare("usdt.s",                     T, Kprobe,                                      Auto::Usdt,          S),
    sec ("tc/ingress",                 X, SchedCls,    A::TcxIngress,                  No,                  0),
    sec ("tc/egress",                  X, SchedCls,    A::TcxEgress,                   No,                  0),
    sec ("tcx/ingress",                X, SchedCls,    A::TcxIngress,                  No,                  0),
    sec ("tcx/egress",                 X, SchedCls,    A::TcxEgress,                   No,                  0),
    bare("tc",                         X, SchedCls,                                    No,                  0),
    bare("classifier",                 X, SchedCls,                                    No,                  0),
    bare("action",                     X, SchedAct,                                    No,                  0),
    sec ("netkit/primary",             X, SchedCls,    A::NetkitPrimary,               No,                  0),
    sec ("netkit/peer",                X, SchedCls,    A::NetkitPeer,                  No,                  0),
    bare("tracepoint",                 T, Tracepoint,                                  Auto::Tracepoint,    0),
    bare("tp",                         T, Tracepoint,                                  Auto::Tracepoint,    0),
    bare("tracepoint.s",               T, Tracepoint,                                  Auto::Tracepoint,    S),
    bare("tp.s",                       T, Tracepoint,                                  Auto::Tracepoint,    S),
    bare("raw_tracepoint",             T, RawTracepoint,                               Auto::RawTracepoint, 0),
    bare("raw_tp",                     T, RawTracepoint,                               Auto::RawTracepoint, 0),
    bare("raw_tracepoint.s",           T, RawTracepoint,                               Auto::RawTracepoint, S),
    bare("raw_tp.s",                   T, RawTracepoint,                               Auto::RawTracepoint, S),
    bare("raw_tracepoint.w",           T, RawTracepointWritable,                       Auto::RawTracepoint, 0),
    bare("raw_tp.w",                   T, RawTracepointWritable,                       Auto::RawTracepoint, 0),
    sec ("tp_btf",                     T, Tracing,     A::TraceRawTp,                  Auto::BtfTracepoint, B),
    sec ("tp_btf.s",                   T, Tracing,     A::TraceRawTp,                  Auto::BtfTracepoint, B | S),
    sec ("fentry",                     T, Tracing,     A::TraceFentry,                 Auto::Fentry,        B),
    sec ("fmod_ret",                   T, Tracing,     A::ModifyReturn,                Auto::ModifyReturn,  B),
    sec ("fexit",                      T, Tracing,     A::TraceFexit,                  Auto::Fexit,         B),
    sec ("fentry.s",                   T, Tracing,     A::TraceFentry,                 Auto::Fentry,        B | S),
    sec ("fmod_ret.s",                 T, Tracing,     A::ModifyReturn,                Auto::ModifyReturn,  B | S),
    sec ("fexit.s",                    T, Tracing,     A::TraceFexit,                  Auto::Fexit,         B | S),
    newer("fsession",      "BPF_TRACE_FSESSION",       B),
    newer("fsession.s",    "BPF_TRACE_FSESSION",       B | S),
    newer("fentry.multi",  "BPF_TRACE_FENTRY_MULTI",   0),
    newer("fexit.multi",   "BPF_TRACE_FEXIT_MULTI",    0),
    newer("fsession.multi", "BPF_TRACE_FSESSION_MULTI", 0),
    newer("fentry.multi.s", "BPF_TRACE_FENTRY_MULTI",  S),
    newer("fexit.multi.s", "BPF_TRACE_FEXIT_MULTI",    S),
    newer("fsession.multi.s", "BPF_TRACE_FSESSION_MULTI", S),
    bare("freplace",                   T, Ext,                                         Auto::Freplace,      B),
    sec ("lsm",                        T, Lsm,         A::LsmMac,                      Auto::Lsm,           B),
    sec ("lsm.s",                      T, Lsm,         A::LsmMac,                      Auto::Lsm,           B | S),
    sec ("lsm_cgroup",                 T, Lsm,         A::LsmCgroup,                   Auto::LsmCgroup,     B),
    sec ("iter",                       T, Tracing,     A::TraceIter,                   Auto::Iterator,      B),
    sec ("iter.s",                     T, Tracing,     A::TraceIter,                   Auto::Iterator,      B | S),
    bare("syscall",                    X, Syscall,                                     No,                  S),
    sec ("xdp.frags/devmap",           X, Xdp,         A::XdpDevmap,                   No,                  F),
    sec ("xdp/devmap",                 X, Xdp,         A::XdpDevmap,                   No,                  0),
    sec ("xdp.frags/cpumap",           X, Xdp,         A::XdpCpumap,                   No,                  F),
    sec ("xdp/cpumap",                 X, Xdp,         A::XdpCpumap,                   No,                  0),
    sec ("xdp.frags",                  X, Xdp,         A::Xdp,                         No,                  F),
    sec ("xdp",                        X, Xdp,         A::Xdp,                         No,                  O),
    bare("perf_event",                 X, PerfEvent,                                   No,                  0),
    bare("lwt_in",                     X, LwtIn,                                       No,                  0),
    bare("lwt_out",                    X, LwtOut,                                      No,                  0),
    bare("lwt_xmit",                   X, LwtXmit,                                     No,                  0),
    bare("lwt_seg6local",              X, LwtSeg6local,                                No,                  0),
    sec ("sockops",                    X, SockOps,     A::CgroupSockOps,               No,                  O),
    sec ("sk_skb/stream_parser",       X, SkSkb,       A::SkSkbStreamParser,           No,                  O),
    sec ("sk_skb/stream_verdict",      X, SkSkb,       A::SkSkbStreamVerdict,          No,                  O),
    sec ("sk_skb/verdict",             X, SkSkb,       A::SkSkbVerdict,                No,                  O),
    bare("sk_skb",                     X, SkSkb,                                       No,                  0),
    sec ("sk_msg",                     X, SkMsg,       A::SkMsgVerdict,                No,                  O),
    sec ("lirc_mode2",                 X, LircMode2,   A::LircMode2,                   No,                  O),
    sec ("flow_dissector",             X, FlowDissector, A::FlowDissector,             No,                  O),
    sec ("cgroup_skb/ingress",         X, CgroupSkb,   A::CgroupInetIngress,           No,                  O),
    sec ("cgroup_skb/egress",          X, CgroupSkb,   A::CgroupInetEgress,            No,                  O),
    bare("cgroup/skb",                 X, CgroupSkb,                                   No,                  0),
    sec ("cgroup/sock_create",         X, CgroupSock,  A::CgroupInetSockCreate,        No,                  0),
    sec ("cgroup/sock_release",        X, CgroupSock,  A::CgroupInetSockRelease,       No,                  0),
    sec ("cgroup/sock",                X, CgroupSock,  A::CgroupInetSockCreate,        No,                  O),
    sec ("cgroup/post_bind4",          X, CgroupSock,  A::CgroupInet4PostBind,         No,                  0),
    sec ("cgroup/post_bind6",          X, CgroupSock,  A::CgroupInet6PostBind,         No,                  0),
    sec ("cgroup/bind4",               X, CgroupSockAddr, A::CgroupInet4Bind,          No,                  0),
    sec ("cgroup/bind6",               X, CgroupSockAddr, A::CgroupInet6Bind,          No,                  0),
    sec ("cgroup/connect4",            X, CgroupSockAddr, A::CgroupInet4Connect,       No,                  0),
    sec ("cgroup/connect6",            X, CgroupSockAddr, A::CgroupInet6Connect,       No,                  0),
    sec ("cgroup/connect_unix",        X, CgroupSockAddr, A::CgroupUnixConnect,        No,                  0),
    sec ("cgroup/sendmsg4",            X, CgroupSockAddr, A::CgroupUdp4Sendmsg,        No,                  0),
    sec ("cgroup/sendmsg6",            X, CgroupSockAddr, A::CgroupUdp6Sendmsg,        No,                  0),
    sec ("cgroup/sendmsg_unix",        X, CgroupSockAddr, A::CgroupUnixSendmsg,        No,                  0),
    sec ("cgroup/recvmsg4",            X, CgroupSockAddr, A::CgroupUdp4Recvmsg,        No,                  0),
    sec ("cgroup/recvmsg6",            X, CgroupSockAddr, A::CgroupUdp6Recvmsg,        No,                  0),
    sec ("cgroup/recvmsg_unix",        X, CgroupSockAddr, A::CgroupUnixRecvmsg,        No,                  0),
    sec ("cgroup/getpeername4",        X, CgroupSockAddr, A::CgroupInet4Getpeername,   No,                  0),
    sec ("cgroup/getpeername6",        X, CgroupSockAddr, A::CgroupInet6Getpeername,   No,                  0),
    sec ("cgroup/getpeername_unix",    X, CgroupSockAddr, A::CgroupUnixGetpeername,    No,                  0),
    sec ("cgroup/getsockname4",        X, CgroupSockAddr, A::CgroupInet4Getsockname,   No,                  0),
    sec ("cgroup/getsockname6",        X, CgroupSockAddr, A::CgroupInet6Getsockname,   No,                  0),
    sec ("cgroup/getsockname_unix",    X, CgroupSockAddr, A::CgroupUnixGetsockname,    No,                  0),
    sec ("cgroup/sysctl",              X, CgroupSysctl, A::CgroupSysctl,               No,                  0),
    sec ("cgroup/getsockopt",          X, CgroupSockopt, A::CgroupGetsockopt,          No,                  0),
    sec ("cgroup/setsockopt",          X, CgroupSockopt, A::CgroupSetsockopt,          No,                  0),
    sec ("cgroup/dev",                 X, CgroupDevice, A::CgroupDevice,               No,                  O),
    bare("struct_ops",                 T, StructOps,                                   No,                  0),
    bare("struct_ops.s",               T, StructOps,                                   No,                  S),
    sec ("sk_lookup",                  X, SkLookup,    A::SkLookup,                    No,                  0),
    sec ("netfilter",                  X, Netfilter,   A::Netfilter,                   No,                  0),
];
