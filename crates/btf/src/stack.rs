//! The types of several modules of one kernel, one after the other.
use crate::builder::Builder;
use crate::{Btf, BtfError, TypeId};

impl Btf {
    /// The types of a module behind those of `base`. Both are split BTF of the same kernel, or `base` is the kernel's own;
    /// the module's types get ids after all others.
    pub fn stack(base: &Self, kernel: &Self, module: &Self) -> Result<Self, BtfError> {
        let Some(shift) = base.len().checked_sub(kernel.len()).filter(|shift| *shift > 0) else {
            return Ok(module.clone());
        };
        let mut builder = Builder::after(base);
        for id in (module.first_id().0..module.len()).map(TypeId) {
            let mut ty = module.get(id)?;
            ty.kind.map_ids(|id| if id.0 < kernel.len() { id } else { TypeId(id.0.saturating_add(shift)) });
            builder.add(ty);
        }
        Self::parse_split(builder.finish(), base)
    }
}
