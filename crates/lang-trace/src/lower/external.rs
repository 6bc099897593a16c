//! Calls of functions of imported objects. In the script's object each is a function that is declared and not defined: linking
//! with the object that has it makes a call of a subprogram of it.
use super::cx::{Cx, Result};
use crate::typed::Expr;
use osmia_btf::Import;
use osmia_ir::{Callee, Op, Type as Kind, Value};
use osmia_object::{Extern, ExternKey};
use std::collections::HashMap;

impl<'a> Cx<'a> {
    /// What the function leaves in its register.
    pub(super) fn call_external(&mut self, import: u16, function: &str, args: &'a [Expr]) -> Result<Value> {
        let symbol = self.external_function(import, function);
        let values = args.iter().map(|arg| self.scalar(arg)).collect::<Result<Vec<Value>>>()?;
        let answer = self.b.push(Op::Call(Callee::Kfunc(symbol), values), Kind::I64);
        self.forget_maps();
        Ok(answer)
    }

    /// The declaration of a function, as its object has it; the structures that it names are declared only.
    fn external_function(&mut self, import: u16, name: &str) -> ExternKey {
        let module = &mut self.globals.module;
        if let Some((key, _)) = module.externs.iter().find(|(_, it)| it.name == name) {
            return key;
        }
        let import = self.program.imports.get(usize::from(import));
        let proto = import.and_then(|import| {
            let proto = *import.functions.get(name)?;
            let mut seen = HashMap::new();
            module.btf.import(&import.types, proto, &mut seen, |_, _| Import::Declaration).ok()
        });
        let type_id = proto.map_or(osmia_btf::TypeId::VOID, |proto| {
            module.btf.add_func(name, proto, osmia_btf::Linkage::Extern)
        });
        module.externs.push(Extern { name: name.to_owned(), type_id, weak: false, section: String::new() })
    }
}
