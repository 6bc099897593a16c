//! What all functions of a unit share.
use super::btf::Describe;
use super::section::Sections;
use super::{Lowered, maps};
use crate::Names;
use crate::typed::{FunctionId, GlobalId, Unit};
use osmia_base::{Diagnostic, Diagnostics, Key, Source, Span};
use osmia_btf::{Btf, TypeId};
use osmia_ir::{Loc, Module};
use osmia_object::{DataKey, ExternKey, MapKey};
use std::collections::HashMap;

/// Where a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GlobalPlace {
    /// Nowhere: nobody needs it.
    Unneeded,
    /// In a data section.
    Data(DataKey, u32),
    /// It is a map.
    Map(MapKey),
    /// Somebody else has it.
    Extern(ExternKey),
    /// In a section that no program sees.
    Hidden,
}

/// Where a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FunctionPlace {
    /// Nowhere: nobody needs it.
    Unneeded,
    /// In the module.
    Own(osmia_ir::FunctionId),
    /// Somebody else has it.
    Extern(ExternKey),
}

/// What all functions of a unit share.
pub(super) struct Cx<'a> {
    pub(super) unit: &'a Unit,
    pub(super) names: &'a Names,
    source: &'a Source,
    pub(super) module: Module,
    pub(super) types: Describe,
    pub(super) sections: Sections,
    /// The variables that are maps, in the order of their keys.
    pub(super) maps: Vec<GlobalId>,
    pub(super) globals: Vec<GlobalPlace>,
    pub(super) functions: Vec<FunctionPlace>,
    pub(super) diagnostics: Diagnostics,
    /// Which function calls which, and where.
    pub(super) calls: Vec<(FunctionId, FunctionId, Span)>,
    /// Places that were looked up already.
    locs: HashMap<u32, Loc>,
}

impl<'a> Cx<'a> {
    pub(super) fn new(unit: &'a Unit, names: &'a Names, source: &'a Source) -> Self {
        Self {
            unit,
            names,
            source,
            module: Module::default(),
            types: Describe::default(),
            sections: Sections::default(),
            maps: Vec::new(),
            globals: vec![GlobalPlace::Unneeded; unit.globals.len()],
            functions: vec![FunctionPlace::Unneeded; unit.functions.len()],
            diagnostics: Diagnostics::default(),
            calls: Vec::new(),
            locs: HashMap::new(),
        }
    }

    /// Where a variable is.
    pub(super) fn global(&self, id: GlobalId) -> GlobalPlace {
        self.globals.get(id.index()).copied().unwrap_or(GlobalPlace::Unneeded)
    }

    /// Where a function is.
    pub(super) fn function(&self, id: FunctionId) -> FunctionPlace {
        self.functions.get(id.index()).copied().unwrap_or(FunctionPlace::Unneeded)
    }

    /// Notes what is wrong.
    pub(super) fn error(&mut self, span: Span, text: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.error(span, text)
    }

    /// The place in a text that a person wrote: where the outermost macro was called.
    pub(super) fn loc(&mut self, span: Span) -> Loc {
        if let Some(&known) = self.locs.get(&span.start) {
            return known;
        }
        let outermost = self.source.calls(span).last().copied().unwrap_or(span);
        let (file, at) = self.source.locate(outermost);
        let loc = self.source.files().nth(file).map_or_else(Loc::default, |text| {
            let place = text.place(at.start.min(text.text.len() as u32));
            Loc { file: file as u32, line: place.line, column: place.column }
        });
        self.locs.insert(span.start, loc);
        loc
    }

    /// The module as it is at the end.
    pub(super) fn finish(mut self, maps: &[TypeId]) -> Lowered {
        self.module.btf = std::mem::take(&mut self.types).finish();
        if !maps.is_empty() {
            match Btf::parse(self.module.btf.clone().finish()) {
                Ok(btf) => maps::read(&mut self, &btf, maps),
                Err(error) => {
                    self.error(Span::NOWHERE, format!("the types cannot be written: {error}"));
                }
            }
        }
        self.module.files = files(self.source, &self.module);
        Lowered { module: self.module, diagnostics: self.diagnostics }
    }
}

/// The texts that instructions name; of the others only the names, so that the numbers are the same.
fn files(source: &Source, module: &Module) -> Vec<Source> {
    let blocks = module.functions.values().flat_map(|function| function.blocks.values());
    let locs = blocks.flat_map(|data| data.insts.iter().map(|inst| inst.loc).chain([data.end_loc]));
    let used: std::collections::HashSet<u32> = locs.map(|loc| loc.file).collect();
    let texts = source.files().zip(0_u32..);
    texts
        .map(|(file, at)| Source::new(&file.name, if used.contains(&at) { &*file.text } else { "" }))
        .collect()
}
