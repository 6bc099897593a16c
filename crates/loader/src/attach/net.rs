//! Interfaces and netfilter: XDP, tc, tcx, netkit.
use super::bare::{bare, order};
use super::error::AttachErrorKind as Kind;
use super::held::{Held, Place, Target};
use super::part::Part;
use super::{Job, Parts, refer};
use osmia_abi::{AttachType, ProgramType, flags};
use osmia_object::{Direction, Hold, NetfilterHook, Order, Sharing, TcFilter, XdpMode};
use osmia_sys::Errno;
use osmia_sys::bpf::{LinkCreate, LinkTarget, prog_info};
use osmia_sys::netlink::{Filter, FilterPlace, Netlink, NetlinkError, Qdisc, SetXdp, interface_index};
use std::os::fd::AsFd;

/// Whether the program is of the type that this place takes.
fn expect(job: Job<'_>, kind: ProgramType, why: &'static str) -> Result<(), Kind> {
    if job.program.kind == kind { Ok(()) } else { Err(Kind::OtherHook(why)) }
}

/// The number of an interface.
pub(super) fn index_of(interface: &str) -> Result<u32, Kind> {
    interface_index(interface).map_err(|_| Kind::NoInterface(interface.to_owned()))
}

pub(super) fn netlink() -> Result<Netlink, Kind> {
    Netlink::open().map_err(|errno| Kind::refused("opening a netlink socket", errno))
}

pub(super) fn told(step: &'static str) -> impl Fn(NetlinkError) -> Kind {
    move |error| match error.errno {
        Errno::EPERM | Errno::EACCES => Kind::refused(step, error.errno),
        _ => Kind::Netlink { step, error },
    }
}

/// `XDP_FLAGS_*` of a mode.
pub(super) const fn mode_flags(mode: XdpMode) -> u32 {
    match mode {
        XdpMode::Any => 0,
        XdpMode::Generic => flags::XDP_SKB_MODE,
        XdpMode::Driver => flags::XDP_DRV_MODE,
        XdpMode::Hardware => flags::XDP_HW_MODE,
    }
}

/// XDP: by a link (5.9), or by netlink.
pub(super) fn xdp(job: Job<'_>, interface: &str, mode: XdpMode, hold: &Hold) -> Parts {
    expect(job, ProgramType::Xdp, "only XDP programs are attached there (section `xdp`)")?;
    let index = index_of(interface)?;
    let mode = mode_flags(mode);
    if matches!(job.program.attach_type, Some(AttachType::XdpDevmap | AttachType::XdpCpumap)) {
        return Err(Kind::OtherHook(
            "it was loaded for a device or CPU map: it is attached by an element of such a map",
        ));
    }
    let part = match hold {
        Hold::Link => {
            let target = LinkTarget::Interface(index);
            LinkCreate { prog: job.program.fd.as_fd(), attach: AttachType::Xdp, flags: mode, target }
                .call()
                .map(Part::from)
                .map_err(|errno| refused_xdp(errno, index))
        }
        Hold::Bare { replace, .. } => {
            let old = replace.as_ref().map(refer::program).transpose()?;
            let how = if old.is_some() { flags::XDP_REPLACE } else { flags::XDP_UPDATE_IF_NOEXIST };
            let program =
                job.program.fd.try_clone().map_err(|errno| Kind::refused("copying a descriptor", errno))?;
            let mut netlink = netlink()?;
            let set = SetXdp {
                index,
                program: Some(program.as_fd()),
                flags: mode | how,
                expected: old.as_ref().map(AsFd::as_fd),
            };
            netlink.set_xdp(&set).map_err(|error| match error.errno {
                Errno::EBUSY | Errno::EEXIST => refused_xdp(error.errno, index),
                _ => told("putting the program at the interface")(error),
            })?;
            let id = prog_info(&program).map_or(0, |info| info.id);
            Ok(Part::from(Held::new(Place::Xdp { netlink, index, mode, program, id })))
        }
    };
    part.map(|part| vec![part])
}

fn refused_xdp(errno: Errno, index: u32) -> Kind {
    let there =
        || Netlink::open().ok().and_then(|mut netlink| netlink.interface(index).ok()).map(|it| it.xdp);
    match errno {
        Errno::EBUSY | Errno::EEXIST => Kind::Taken {
            by: there().map(|xdp| xdp.program).filter(|id| *id != 0),
            hint: "an interface has one XDP program of a mode; take it away, or name it to be replaced (`bare replace=PROG`)",
        },
        Errno::EOPNOTSUPP | Errno::ENOTSUPP => {
            Kind::Unable("the interface's driver has no XDP in this mode; mode=skb works at any interface")
        }
        Errno::EINVAL => Kind::Lacks { what: "XDP links", since: "5.9", errno },
        errno => Kind::refused("making the link at the interface", errno),
    }
}

/// `TC_H_CLSACT`, where the discipline hangs.
const CLSACT: u32 = 0xffff_fff1;
/// Its own number.
const CLSACT_HANDLE: u32 = 0xffff_0000;
/// The hooks that it has, for what comes in and for what goes out.
const CLSACT_HOOKS: [u32; 2] = [0xffff_fff2, 0xffff_fff3];

/// The hook of `clsact` for one direction.
pub(super) const fn hook_of(direction: Direction) -> u32 {
    match direction {
        Direction::Ingress => CLSACT_HOOKS[0],
        Direction::Egress => CLSACT_HOOKS[1],
    }
}

/// A filter of the classic traffic control. The discipline is made where it is missing, and goes with the filter then.
pub(super) fn tc(job: Job<'_>, filter: &TcFilter) -> Parts {
    let index = index_of(&filter.interface)?;
    let parent = hook_of(filter.direction);
    let mut parts = Vec::with_capacity(2);
    let mut socket = netlink()?;
    let qdisc = Qdisc { index, handle: CLSACT_HANDLE, parent: CLSACT, kind: "clsact".to_owned() };
    match socket.add_qdisc(&qdisc) {
        Ok(()) => parts.push(Part::from(Held::new(Place::Qdisc {
            netlink: netlink()?,
            qdisc,
            hooks: CLSACT_HOOKS,
        }))),
        Err(error) if error.errno == Errno::EEXIST => {}
        Err(error) => return Err(told("making the queueing discipline clsact")(error)),
    }
    let place = FilterPlace { index, parent, handle: filter.handle, priority: filter.priority };
    let (program, name) = (job.program.fd.as_fd(), job.program.name.as_str());
    let made = socket.add_filter(&Filter { place, program, name, replace: filter.replace });
    let place = made.map_err(|error| match error.errno {
        Errno::EEXIST => Kind::Taken {
            by: None,
            hint: "there is a filter of that handle and priority; choose another, or `replace`",
        },
        _ => told("adding the filter")(error),
    })?;
    // The filter goes before its discipline.
    parts.insert(0, Part::from(Held::new(Place::Filter { netlink: socket, place })));
    Ok(parts)
}

/// A list of programs at an interface.
pub(super) fn tcx(job: Job<'_>, interface: &str, direction: Direction, at: &Order, hold: &Hold) -> Parts {
    let attach = match direction {
        Direction::Ingress => AttachType::TcxIngress,
        Direction::Egress => AttachType::TcxEgress,
    };
    listed(job, interface, (attach, "tcx", "6.6"), at, hold)
}

/// One end of a netkit pair.
pub(super) fn netkit(job: Job<'_>, interface: &str, at: &Order, hold: &Hold) -> Parts {
    let attach = job.program.attach_type.unwrap_or(AttachType::NetkitPrimary);
    listed(job, interface, (attach, "netkit", "6.7"), at, hold)
}

fn listed(
    job: Job<'_>,
    interface: &str,
    (attach, what, since): (AttachType, &'static str, &'static str),
    at: &Order,
    hold: &Hold,
) -> Parts {
    expect(
        job,
        ProgramType::SchedCls,
        "only classifiers are attached there (sections `tc`, `tcx/…`, `netkit/…`)",
    )?;
    let index = index_of(interface)?;
    let refused = |errno| match errno {
        Errno::EINVAL if *at == Order::default() => Kind::Lacks { what, since, errno },
        errno => super::bare::refused_in_list("putting the program into the interface's list", errno),
    };
    match hold {
        Hold::Link => {
            let near = order(at)?;
            let target = LinkTarget::Ordered(index, near.as_sys(at.revision));
            LinkCreate { prog: job.program.fd.as_fd(), attach, flags: near.flags, target }
                .call()
                .map(|link| vec![Part::from(link)])
                .map_err(refused)
        }
        Hold::Bare { replace, .. } => {
            let request = (Target::Interface(index), attach, Sharing::Alone);
            bare(job, request, replace.as_ref(), at, refused)
        }
    }
}

/// A hook of netfilter.
pub(super) fn netfilter(job: Job<'_>, hook: &NetfilterHook) -> Parts {
    let target = LinkTarget::Netfilter {
        family: hook.family.into(),
        hook: hook.hook.into(),
        priority: hook.priority,
        flags: if hook.defrag { flags::NETFILTER_IP_DEFRAG } else { 0 },
    };
    let request =
        LinkCreate { prog: job.program.fd.as_fd(), attach: AttachType::Netfilter, flags: 0, target };
    let link = request.call().map_err(|errno| match errno {
        Errno::EAFNOSUPPORT => {
            Kind::Unable("netfilter links are for IPv4 and IPv6, and the kernel must have the family")
        }
        Errno::EBUSY => {
            Kind::Taken { by: None, hint: "there is a program of that priority at the hook; choose another" }
        }
        Errno::ERANGE => Kind::Unable(
            "the lowest and the highest priority are the kernel's own; with defrag it must be above -400",
        ),
        errno => Kind::refused("making the link at the netfilter hook", errno),
    })?;
    Ok(vec![Part::from(link)])
}
