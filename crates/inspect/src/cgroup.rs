//! What is attached to a control group.
use super::facts::Kind;
use super::{Handle, Json, programs};
use osmia_abi::{AttachType, flags};
use osmia_btf::TypeId;
use osmia_sys::Errno;
use osmia_sys::bpf::{AttachPoint, ProgQuery, Queried, QueryDetail};
use std::os::fd::AsFd;

/// Whether what runs for a group is asked, rather than what is attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective {
    /// What runs.
    Yes,
    /// What is attached.
    No,
}

/// A program at a control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupProgram {
    /// The program.
    pub id: u32,
    /// How it is attached.
    pub attach_type: Kind,
    /// With which flags.
    pub flags: u32,
    /// Its name.
    pub name: String,
    /// For LSM: the types that its hook is in, and the hook's type there; zeros for others.
    pub hook: (u32, u32),
    /// The name of that hook.
    pub hook_name: Option<String>,
}

/// Kinds of attachments at control groups, in the order in which they are told.
const KINDS: &[AttachType] = &[
    AttachType::CgroupInetIngress,
    AttachType::CgroupInetEgress,
    AttachType::CgroupInetSockCreate,
    AttachType::CgroupInetSockRelease,
    AttachType::CgroupInet4Bind,
    AttachType::CgroupInet6Bind,
    AttachType::CgroupInet4PostBind,
    AttachType::CgroupInet6PostBind,
    AttachType::CgroupInet4Connect,
    AttachType::CgroupInet6Connect,
    AttachType::CgroupUnixConnect,
    AttachType::CgroupInet4Getpeername,
    AttachType::CgroupInet6Getpeername,
    AttachType::CgroupUnixGetpeername,
    AttachType::CgroupInet4Getsockname,
    AttachType::CgroupInet6Getsockname,
    AttachType::CgroupUnixGetsockname,
    AttachType::CgroupUdp4Sendmsg,
    AttachType::CgroupUdp6Sendmsg,
    AttachType::CgroupUnixSendmsg,
    AttachType::CgroupUdp4Recvmsg,
    AttachType::CgroupUdp6Recvmsg,
    AttachType::CgroupUnixRecvmsg,
    AttachType::CgroupSockOps,
    AttachType::CgroupDevice,
    AttachType::CgroupSysctl,
    AttachType::CgroupGetsockopt,
    AttachType::CgroupSetsockopt,
    AttachType::LsmCgroup,
];

/// All programs at a control group. Kinds of attachments that the kernel does not know have none.
pub fn cgroup_programs(group: &impl AsFd, effective: Effective) -> Result<Vec<CgroupProgram>, Errno> {
    let mut found = Vec::new();
    for kind in KINDS {
        match query(group, *kind, effective) {
            Ok(queried) => found.extend(described(*kind, &queried)),
            Err(Errno::EINVAL) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(found)
}

fn query(group: &impl AsFd, attach: AttachType, effective: Effective) -> Result<Queried, Errno> {
    let bits = if effective == Effective::Yes { flags::QUERY_EFFECTIVE } else { 0 };
    let ask =
        |detail| ProgQuery { target: AttachPoint::Fd(group.as_fd()), attach, flags: bits, detail }.call();
    match effective {
        // Kernels before 6.0 tell one set of flags for the whole group.
        Effective::No => ask(QueryDetail::Flags).or_else(|_| ask(QueryDetail::None)),
        Effective::Yes => ask(QueryDetail::None),
    }
}

fn described(kind: AttachType, queried: &Queried) -> Vec<CgroupProgram> {
    let each = queried.progs.iter().enumerate().filter_map(|(place, id)| {
        // What went away meanwhile is left out.
        let program = programs(&Handle::Id(*id)).ok()?.pop()?;
        let own = queried.prog_flags.get(place).copied().filter(|flags| *flags != 0);
        Some(CgroupProgram {
            id: *id,
            attach_type: Kind { number: kind.raw(), name: Some(kind.name()) },
            flags: own.unwrap_or(queried.flags),
            name: program.name,
            hook: program.hook,
            hook_name: hook_name(program.hook),
        })
    });
    each.collect()
}

/// The name of a hook in the kernel's own types, which are read only where there is a hook.
fn hook_name((types, hook): (u32, u32)) -> Option<String> {
    let own = types != 0 && hook != 0;
    let btf = own.then(|| super::types::Types::default().kernel().ok()).flatten()?;
    btf.get(TypeId(hook)).ok().map(|found| found.name)
}

fn flags_text(bits: u32) -> String {
    match bits {
        0 => String::new(),
        flags::ALLOW_MULTI => "multi".to_owned(),
        flags::ALLOW_OVERRIDE => "override".to_owned(),
        other => format!("unknown({other:x})"),
    }
}

/// Programs as bpftool lists them for people, each after an indent.
pub fn cgroup_text(programs: &[CgroupProgram], effective: Effective, indent: &str, out: &mut Vec<u8>) {
    for program in programs {
        let flags = match effective {
            Effective::Yes => String::new(),
            Effective::No => format!(" {:<15}", flags_text(program.flags)),
        };
        let hook = program.hook_name.as_deref().unwrap_or_default();
        let kind = program.attach_type.text();
        let line = format!("{indent}{:<8} {kind:<15}{flags} {:<15} {hook:<15}\n", program.id, program.name);
        out.extend(line.into_bytes());
    }
}

/// Programs as JSON. What only LSM programs have is left out for others: bpftool has an empty name and zeros there.
pub fn cgroup_json(programs: &[CgroupProgram], effective: Effective, json: &mut Json) {
    json.array(|json| {
        for program in programs {
            json.object(|json| {
                json.field("id", program.id);
                program.attach_type.json("attach_type", json);
                if effective == Effective::No {
                    json.text_field("attach_flags", &flags_text(program.flags));
                }
                json.text_field("name", &program.name);
                if let Some(name) = &program.hook_name {
                    json.text_field("attach_btf_name", name);
                }
                let (types, hook) = program.hook;
                if (types, hook) != (0, 0) {
                    json.field("attach_btf_obj_id", types);
                    json.field("attach_btf_id", hook);
                }
            });
        }
    });
}
