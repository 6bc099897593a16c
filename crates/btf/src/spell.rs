//! Types as C spells them.
use crate::{Btf, TypeId};

impl Btf {
    /// The type in C: `struct task_struct *`, `char[16]`, `int (*)(void *)`.
    pub fn type_name(&self, id: TypeId) -> String {
        self.declaration(id, "")
    }

    /// A declaration of `name` with this type in C: `char name[16]`.
    pub fn declaration(&self, id: TypeId, name: &str) -> String {
        let _ = (id, name);
        todo!()
    }
}
