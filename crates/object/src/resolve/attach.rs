//! What loading wants to know of where a program is attached.
use super::{Context, ResolveErrorKind, lacks};
use crate::{Attach, Function, Program, section};
use osmia_abi::flags::{SLEEPABLE, XDP_HAS_FRAGS};
use osmia_abi::{AttachType, Feature, ProgramType};
use osmia_btf::{KindTag, TypeId};

/// The kernel type that a program is attached to; void for programs that are attached to none.
pub(super) fn btf_id(
    context: &Context<'_>,
    function: &Function,
    program: &Program,
) -> Result<TypeId, ResolveErrorKind> {
    let Some((name, tag)) = type_name(function, program)? else { return Ok(TypeId::VOID) };
    let btf = context.target.btf.as_ref().ok_or(ResolveErrorKind::NoKernelBtf)?;
    btf.find_kind(&name, tag).ok_or(ResolveErrorKind::NoAttachType(name))
}

/// The name and kind of that type.
fn type_name(function: &Function, program: &Program) -> Result<Option<(String, KindTag)>, ResolveErrorKind> {
    if program.kind == ProgramType::StructOps {
        return Err(ResolveErrorKind::Unsupported("programs of structures of functions (struct_ops)"));
    }
    Ok(match &program.attach {
        Attach::BtfTracepoint { name } => Some((format!("btf_trace_{name}"), KindTag::Typedef)),
        Attach::Trampoline { module: Some(_), .. } | Attach::ModifyReturn { module: Some(_), .. } => {
            return Err(ResolveErrorKind::Unsupported("functions of modules, by type"));
        }
        Attach::Trampoline { function, .. } | Attach::ModifyReturn { function, .. } => {
            Some((function.clone(), KindTag::Func))
        }
        Attach::Lsm { hook } => Some((format!("bpf_lsm_{hook}"), KindTag::Func)),
        Attach::Iterator { target } => Some((format!("bpf_iter_{target}"), KindTag::Func)),
        Attach::Nowhere if program.kind == ProgramType::Lsm => {
            let hook = section::lookup(&function.section).and_then(|found| found.target);
            hook.map(|hook| (format!("bpf_lsm_{hook}"), KindTag::Func))
        }
        _ => None,
    })
}

/// The attach type for this kernel: where it has no multi-links, programs are attached one by one.
pub(super) fn attach_type(context: &Context<'_>, program: &Program) -> Option<AttachType> {
    let needed = match program.attach_type? {
        AttachType::TraceKprobeMulti => Feature::KprobeMulti,
        AttachType::TraceUprobeMulti => Feature::UprobeMulti,
        other => return Some(other),
    };
    program.attach_type.filter(|_| !lacks(context.target, needed))
}

/// `BPF_F_*` for `PROG_LOAD`.
pub(super) fn flags(program: &Program) -> u32 {
    let sleepable = if program.sleepable { SLEEPABLE } else { 0 };
    sleepable | if program.frags { XDP_HAS_FRAGS } else { 0 }
}
