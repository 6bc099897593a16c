//! Whose types a program attaches by: the kernel's, a module's, another program's.
use crate::error::LoadError;
use osmia_btf::Btf;
use osmia_object::{Attach, AttachTypes, ImageProgram};
use osmia_sys::bpf::{Copying, ObjectKind, btf_by_id, btf_info, ids, prog_by_id, prog_info};
use osmia_sys::{BtfFd, Errno};
use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

/// What a program is loaded against.
#[derive(Debug)]
pub(crate) struct Owner {
    /// The module's types, or the program; nothing for the kernel itself.
    pub(crate) fd: Option<OwnedFd>,
    /// The type, in the owner's numbering.
    pub(crate) type_id: u32,
}

/// The modules whose types were looked for: many programs attach to the same.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    modules: HashMap<String, BtfFd>,
}

impl Owners {
    /// What `program` is to be loaded against.
    pub(crate) fn of(&mut self, program: &ImageProgram) -> Result<Owner, LoadError> {
        let kernel = Owner { fd: None, type_id: program.attach_btf_id.0 };
        let found = match &program.attach_types {
            AttachTypes::Kernel => return Ok(kernel),
            AttachTypes::Module(name) => self.module(name).map(|fd| Owner { fd: Some(fd), ..kernel }),
            AttachTypes::Program(id) => of_program(*id, &program.attach),
        };
        found.map_err(|why| LoadError::Image(format!("`{}` cannot be loaded: {why}", program.name)))
    }

    /// The types of a module.
    pub(crate) fn module(&mut self, name: &str) -> Result<OwnedFd, String> {
        if !self.modules.contains_key(name) {
            let found =
                find_module(name).ok_or_else(|| format!("the kernel has no types of the module {name}"))?;
            self.modules.insert(name.to_owned(), found);
        }
        let own = self.modules.get(name).ok_or("the module is gone")?;
        own.as_fd().try_clone_to_owned().map_err(|error| error.to_string())
    }
}

fn find_module(name: &str) -> Option<BtfFd> {
    ids(ObjectKind::Btf).flatten().find_map(|id| {
        let btf = btf_by_id(id).ok()?;
        let facts = btf_info(&btf, Copying::Facts).ok()?;
        (facts.kernel && facts.name == name).then_some(btf)
    })
}

/// A function of a loaded program, by its name in that program's types.
fn of_program(id: u32, attach: &Attach) -> Result<Owner, String> {
    let (Attach::ProgramTrampoline { function, .. } | Attach::Replace { function, .. }) = attach else {
        return Err("it does not say which function".to_owned());
    };
    let gone =
        |errno: Errno| format!("no valid BPF program found with name: {function} and id: {id} ({errno})");
    let prog = prog_by_id(id).map_err(gone)?;
    let info = prog_info(&prog).map_err(gone)?;
    if info.btf_id == 0 {
        return Err(format!("the BPF program {id} was loaded without types: nothing can be attached to it"));
    }
    let btf = btf_by_id(info.btf_id).map_err(gone)?;
    let data = btf_info(&btf, Copying::Data).map_err(gone)?.data;
    let types = Btf::parse(data).map_err(|error| error.to_string())?;
    let found = types.find_func(function);
    let type_id = found.ok_or_else(|| format!("the BPF program {id} has no function {function}"))?.0;
    Ok(Owner { fd: Some(prog.into_fd()), type_id })
}
