//! Modules of the kernel whose functions and variables programs use.
use crate::Target;
use osmia_btf::TypeId;
use std::cell::RefCell;

/// The modules that are used, by position from 1.
#[derive(Debug, Default)]
pub(super) struct Modules(RefCell<Vec<String>>);

/// A type of the kernel's as the kernel is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KernelType {
    /// Its id, in its owner's numbering.
    pub(super) id: TypeId,
    /// Its owner's position among [`Modules`]; 0 for the kernel itself.
    pub(super) module: u16,
}

impl Modules {
    /// A type of the target's as the kernel is asked for it. `None` where there are too many modules.
    pub(super) fn locate(&self, target: &Target, id: TypeId) -> Option<KernelType> {
        let Some(of) = target.module_of(id) else { return Some(KernelType { id, module: 0 }) };
        let mut names = self.0.borrow_mut();
        let known = names.iter().position(|name| *name == of.module);
        let at = known.unwrap_or_else(|| {
            names.push(of.module.clone());
            names.len() - 1
        });
        // An instruction has 15 bits for it.
        let module = u16::try_from(at + 1).ok().filter(|module| *module <= i16::MAX.cast_unsigned())?;
        Some(KernelType { id: target.own_id(id), module })
    }

    pub(super) fn names(self) -> Vec<String> {
        self.0.into_inner()
    }
}
