//! What loading wants to know of where a program is attached.
use super::{Context, ResolveErrorKind, When, lacks};
use crate::{Attach, AttachTypes, Function, FunctionKey, Program, Target, section};
use osmia_abi::flags::{SLEEPABLE, XDP_HAS_FRAGS};
use osmia_abi::{AttachType, Feature, ProgramType};
use osmia_btf::{KindTag, TypeId};

/// The kernel type that a program is attached to, and whose it is; void for programs that are attached to none.
pub(super) fn btf_id(
    context: &Context<'_>,
    key: FunctionKey,
    function: &Function,
    program: &Program,
) -> Result<(TypeId, AttachTypes), ResolveErrorKind> {
    if let Some(member) = context.maps.members.get(key) {
        return Ok(owner(context.target, member.structure));
    }
    if program.kind == ProgramType::StructOps {
        let why = context.maps.members.absent(key).map(|why| format!(": {why}")).unwrap_or_default();
        let what =
            format!("no structure of functions (`.struct_ops`) that fits this kernel refers to it{why}");
        return Err(ResolveErrorKind::Structure(what));
    }
    if let Attach::ProgramTrampoline { program, .. } | Attach::Replace { program, .. } = &program.attach {
        return Ok((TypeId::VOID, AttachTypes::Program(*program)));
    }
    let Some(wanted) = wanted_type(function, program) else { return Ok((TypeId::VOID, AttachTypes::Kernel)) };
    if context.when == When::Later {
        return Ok((TypeId::VOID, AttachTypes::Kernel));
    }
    let btf = context.target.btf.as_ref().ok_or(ResolveErrorKind::NoKernelBtf)?;
    let id = match wanted.tag {
        KindTag::Func if wanted.module.is_some() => context.target.function(wanted.module, &wanted.name),
        tag => btf.find_kind(&wanted.name, tag),
    };
    let id = id.ok_or(ResolveErrorKind::NoAttachType(wanted.name))?;
    Ok(owner(context.target, id))
}

/// A type of the target's in its owner's numbering, and the owner.
pub(super) fn owner(target: &Target, id: TypeId) -> (TypeId, AttachTypes) {
    let types = target.module_of(id).map_or(AttachTypes::Kernel, |of| AttachTypes::Module(of.module.clone()));
    (target.own_id(id), types)
}

/// A type that is looked up among the kernel's.
pub(crate) struct Wanted<'a> {
    pub(crate) name: String,
    pub(crate) tag: KindTag,
    /// The module it is in, where that was said.
    pub(crate) module: Option<&'a str>,
}

/// The name and kind of the type that a program attaches to, if it attaches to one.
pub(crate) fn wanted_type<'a>(function: &Function, program: &'a Program) -> Option<Wanted<'a>> {
    let func = |name: String| Some(Wanted { name, tag: KindTag::Func, module: None });
    match &program.attach {
        Attach::BtfTracepoint { name } => {
            Some(Wanted { name: format!("btf_trace_{name}"), tag: KindTag::Typedef, module: None })
        }
        Attach::Trampoline { module, function, .. } | Attach::ModifyReturn { module, function } => {
            Some(Wanted { name: function.clone(), tag: KindTag::Func, module: module.as_deref() })
        }
        Attach::Lsm { hook } => func(format!("bpf_lsm_{hook}")),
        Attach::Iterator { target, .. } => func(format!("bpf_iter_{target}")),
        Attach::Nowhere if program.kind == ProgramType::Lsm => {
            let hook = section::lookup(&function.section).and_then(|found| found.target);
            hook.and_then(|hook| func(format!("bpf_lsm_{hook}")))
        }
        _ => None,
    }
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
