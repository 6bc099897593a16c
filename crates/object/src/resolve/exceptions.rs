//! Which function is called back when a program throws an exception (`__exception_cb(NAME)`).
use super::ResolveErrorKind;
use crate::{Function, FunctionKey, Linkage, Object};
use osmia_btf::{Kind, KindTag, TypeId};
use std::collections::HashMap;

/// How the tag begins that names it, at the program's type.
const TAG: &str = "exception_callback:";

/// The names of callbacks, by the types of programs.
#[derive(Debug, Default)]
pub(super) struct Callbacks(HashMap<TypeId, Vec<String>>);

impl Callbacks {
    /// Those of all programs of an object.
    pub(super) fn new(object: &Object) -> Self {
        let mut all: HashMap<TypeId, Vec<String>> = HashMap::new();
        let Some(btf) = &object.btf else { return Self::default() };
        for id in btf.ids().filter(|id| btf.tag(*id) == Some(KindTag::DeclTag)) {
            let Some(name) = btf.name(id).and_then(|name| name.strip_prefix(TAG)) else { continue };
            if let Ok(Kind::DeclTag { ty, component: None, .. }) = btf.get(id).map(|tag| tag.kind) {
                all.entry(ty).or_default().push(name.to_owned());
            }
        }
        Self(all)
    }

    /// The callback of a program. Two of them are an error of the program that the verifier tells best: there is none then.
    pub(super) fn of(
        &self,
        object: &Object,
        program: &Function,
    ) -> Result<Option<FunctionKey>, ResolveErrorKind> {
        let Some([name]) = self.0.get(&program.type_id).map(Vec::as_slice) else { return Ok(None) };
        let called = |(_, it): &(FunctionKey, &Function)| it.name == *name && it.program.is_none();
        let mut found = object.functions.iter().filter(called);
        match (found.next(), found.next()) {
            (Some((key, function)), None) if function.linkage != Linkage::Static => Ok(Some(key)),
            (Some(_), _) => Err(ResolveErrorKind::BadReference(format!(
                "`{name}`, which is to be called on an exception, must be one global function that is not hidden"
            ))),
            (None, _) => Err(ResolveErrorKind::BadReference(format!(
                "there is no function `{name}`, which is to be called on an exception"
            ))),
        }
    }
}
