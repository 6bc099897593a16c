//! Kinds of attachments as people write them.
use osmia_abi::AttachType;

/// Older, shorter names; any beginning of them will do.
const SHORT: &[(&str, AttachType)] = &[
    ("ingress", AttachType::CgroupInetIngress),
    ("egress", AttachType::CgroupInetEgress),
    ("sock_create", AttachType::CgroupInetSockCreate),
    ("sock_ops", AttachType::CgroupSockOps),
    ("device", AttachType::CgroupDevice),
    ("bind4", AttachType::CgroupInet4Bind),
    ("bind6", AttachType::CgroupInet6Bind),
    ("connect4", AttachType::CgroupInet4Connect),
    ("connect6", AttachType::CgroupInet6Connect),
    ("post_bind4", AttachType::CgroupInet4PostBind),
    ("post_bind6", AttachType::CgroupInet6PostBind),
    ("sendmsg4", AttachType::CgroupUdp4Sendmsg),
    ("sendmsg6", AttachType::CgroupUdp6Sendmsg),
    ("sysctl", AttachType::CgroupSysctl),
    ("recvmsg4", AttachType::CgroupUdp4Recvmsg),
    ("recvmsg6", AttachType::CgroupUdp6Recvmsg),
    ("getsockopt", AttachType::CgroupGetsockopt),
    ("setsockopt", AttachType::CgroupSetsockopt),
    ("getpeername4", AttachType::CgroupInet4Getpeername),
    ("getpeername6", AttachType::CgroupInet6Getpeername),
    ("getsockname4", AttachType::CgroupInet4Getsockname),
    ("getsockname6", AttachType::CgroupInet6Getsockname),
    ("sock_release", AttachType::CgroupInetSockRelease),
];

/// Its whole name, or the beginning of a short one.
pub(super) fn attach_type(word: &str) -> Option<AttachType> {
    let short = || SHORT.iter().find(|(name, _)| name.starts_with(word)).map(|(_, kind)| *kind);
    AttachType::from_name(word).or_else(|| if word.is_empty() { None } else { short() })
}
