//! `cgroup`: what is attached to control groups.
use super::attach_words::attach_type;
use super::{Done, Failure, Object, PROG, Session, Words, row, term};
use crate::{CgroupProgram, Effective, Subject, cgroup_json, cgroup_programs, cgroup_text, open_program};
use osmia_abi::{AttachType, flags};
use osmia_sys::bpf::{AttachPoint, Order, ProgAttach, ProgDetach};
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

pub(super) const OBJECT: Object = Object {
    name: "cgroup",
    help: "programs at control groups",
    rows: &[
        row(
            &["show", "list"],
            "CGROUP [effective]",
            "tell what is attached to a group, or what runs for it",
            show,
        ),
        row(&["tree"], "[CGROUP_ROOT] [effective]", "the same for a group and all below it", tree),
        row(
            &["attach"],
            "CGROUP ATTACH_TYPE PROG [{ multi | override }]",
            "attach a program: alone, beside others, or so that groups below may replace it",
            attach,
        ),
        row(&["detach"], "CGROUP ATTACH_TYPE PROG", "detach a program", detach),
    ],
    terms: &[
        PROG,
        term(
            "ATTACH_TYPE",
            "{ cgroup_inet_ingress | cgroup_inet_egress | cgroup_inet_sock_create |\n\
            cgroup_inet_sock_release | cgroup_sock_ops | cgroup_device | cgroup_sysctl |\n\
            cgroup_inet{4,6}_{bind,post_bind,connect,getpeername,getsockname} |\n\
            cgroup_udp{4,6}_{sendmsg,recvmsg} | cgroup_getsockopt | cgroup_setsockopt |\n\
            cgroup_unix_{connect,sendmsg,recvmsg,getpeername,getsockname} }",
        ),
    ],
};

const FAILED: &str = "can't query bpf programs attached to";

fn effective(words: &mut Words<'_>) -> Result<Effective, Failure> {
    let mut effective = Effective::No;
    while let Some(word) = words.word() {
        if !"effective".starts_with(word) {
            return Err(Failure::words(format!("expected no more arguments, 'effective', got: '{word}'?")));
        }
        if effective == Effective::Yes {
            return Err(Failure::words(format!("duplicated argument: {word}")));
        }
        effective = Effective::Yes;
    }
    Ok(effective)
}

fn open(path: &str) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::io(format!("can't open cgroup {path}"), &error))
}

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(1).map_err(Failure::plain)?;
    let path = words.need("a cgroup")?;
    let effective = effective(&mut words)?;
    let programs = cgroup_programs(&open(path)?, effective)
        .map_err(|errno| Failure::errno(format!("{FAILED} {path}"), errno).plain())?;
    if programs.is_empty() && !session.is_json() {
        return Ok(());
    }
    session.print(
        programs.as_slice(),
        |programs, out| {
            out.extend(head(effective).into_bytes());
            cgroup_text(programs, effective, "", out);
        },
        |programs, json| cgroup_json(programs, effective, json),
    )
}

fn head(effective: Effective) -> String {
    match effective {
        Effective::Yes => format!("{:<8} {:<15} {:<15}\n", "ID", "AttachType", "Name"),
        Effective::No => format!("{:<8} {:<15} {:<15} {:<15}\n", "ID", "AttachType", "AttachFlags", "Name"),
    }
}

fn tree(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let root = match words.word() {
        Some(root) => PathBuf::from(root),
        None => root().ok_or_else(|| Failure::words("cgroup v2 isn't mounted"))?,
    };
    let effective = effective(&mut words)?;
    if session.is_json() {
        session.json().start(b'[');
    } else {
        session.text().extend(format!("CgroupPath\n{}", head(effective)).into_bytes());
    }
    below(session, &root, effective, 0)?;
    if session.is_json() {
        session.json().end(b']');
    }
    Ok(())
}

/// A group and all below it, in the order in which the kernel lists them.
fn below(session: &mut Session<'_>, path: &Path, effective: Effective, depth: u32) -> Done {
    let name = path.display().to_string();
    let programs = cgroup_programs(&open(&name)?, effective)
        .map_err(|errno| Failure::errno(format!("{FAILED} {name}"), errno).plain())?;
    if !programs.is_empty() {
        group(session, &name, &programs, effective, depth)?;
    }
    let entries =
        fs::read_dir(path).map_err(|error| Failure::io(format!("can't iterate over {name}"), &error))?;
    for entry in entries.filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < 512 {
            below(session, &entry.path(), effective, depth + 1)?;
        }
    }
    Ok(())
}

fn group(
    session: &mut Session<'_>,
    name: &str,
    programs: &[CgroupProgram],
    effective: Effective,
    depth: u32,
) -> Done {
    session.print(
        programs,
        |programs, out| {
            out.extend(format!("{name}\n").into_bytes());
            cgroup_text(programs, effective, if depth > 0 { "    " } else { "" }, out);
        },
        |programs, json| {
            json.object(|json| {
                json.text_field("cgroup", name);
                json.name("programs");
                cgroup_json(programs, effective, json);
            });
        },
    )
}

/// Where the unified hierarchy is mounted.
fn root() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let place = words.next()?;
        (words.next()? == "cgroup2").then(|| crate::refs::unescaped(place))
    })
}

/// The group, the kind of attachment and the program that both commands begin with.
fn place(words: &mut Words<'_>, what: &str) -> Result<(File, AttachType), Failure> {
    if words.left().len() < 4 {
        return Err(Failure::words(format!("too few parameters for cgroup {what}")));
    }
    let group = open(words.need("a cgroup")?)?;
    let word = words.need("a kind of attachment")?;
    let kind = attach_type(word).ok_or_else(|| Failure::words(format!("invalid attach type '{word}'")))?;
    Ok((group, kind))
}

fn attach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let (group, attach) = place(&mut words, "attach")?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    let mut bits = 0;
    while let Some(word) = words.word() {
        bits |= match word {
            word if "multi".starts_with(word) => flags::ALLOW_MULTI,
            word if "override".starts_with(word) => flags::ALLOW_OVERRIDE,
            word => return Err(Failure::words(format!("unknown option: {word}"))),
        };
    }
    let wish = ProgAttach {
        target: AttachPoint::Fd(group.as_fd()),
        prog: program.fd.as_fd(),
        attach,
        flags: bits,
        replace: None,
        order: Order::default(),
    };
    wish.call().map_err(|errno| Failure::errno("failed to attach program", errno).plain())
}

fn detach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let (group, attach) = place(&mut words, "detach")?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    words.end()?;
    let wish = ProgDetach {
        target: AttachPoint::Fd(group.as_fd()),
        prog: Some(program.fd.as_fd()),
        attach,
        flags: 0,
        order: Order::default(),
    };
    wish.call().map_err(|errno| Failure::errno("failed to detach program", errno).plain())
}
