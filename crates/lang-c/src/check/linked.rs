//! What the linker sees: variables of the program and functions, declared once or more.
use super::Checker;
use super::attributes::Attributes;
use super::declarators::Parameter;
use super::declare::{Declared, Linked, symbol};
use super::scope::Entity;
use crate::ast::{self, Part, Storage};
use crate::typed::{
    Body, Function, FunctionId, Global, GlobalData, GlobalId, Inline, Linkage, Local, Symbol,
};
use crate::types::{Signature, Ty, TypeKind};
use osmia_base::{Arena, Diagnostic, Span};

impl Checker<'_> {
    /// A variable of the program.
    pub(super) fn declare_global(&mut self, declared: Declared<'_>) {
        if self.types.is_void(declared.ty) && declared.storage != Storage::Extern {
            self.error(declared.span, "a variable of type `void` holds nothing".to_owned());
            return self.scopes.declare(declared.name, Entity::Unknown, declared.span);
        }
        let linkage = if declared.storage == Storage::Static { Linkage::Static } else { Linkage::Global };
        let global = match self.linked.get(&declared.name).copied() {
            None => self.new_global(&declared, linkage),
            Some(Linked::Global(global)) => {
                self.same_global(global, &declared);
                global
            }
            Some(Linked::Function(function)) => {
                let at = self.functions[function].symbol.span;
                return self.twice(&declared, at);
            }
        };
        let visible = self.scopes.name_here(declared.name);
        if let Some((entity, at)) =
            visible.filter(|(entity, _)| !matches!(entity, Entity::Global(_) | Entity::Unknown))
        {
            let _: Entity = entity;
            self.twice(&declared, at);
        }
        self.scopes.declare(declared.name, Entity::Global(global), declared.span);
        if declared.attributes.used {
            self.used_globals.insert(global);
        }
        if let Some((name, _)) = &declared.attributes.renamed {
            self.globals[global].name = Some(name.clone());
        }
        if let Some(initializer) = declared.initializer {
            if self.globals[global].data.is_some() {
                let text = self.text(declared.name);
                let diagnostic =
                    Diagnostic::error(declared.span, format!("`{text}` is given what it holds twice"));
                self.diagnostics
                    .push(diagnostic.label(self.globals[global].symbol.span, "it was declared here"));
                return;
            }
            self.globals[global].symbol.span = declared.span;
            self.define_global(global, Some(initializer), declared.span);
        } else if declared.storage != Storage::Extern && self.frame.is_none() {
            self.tentative.insert(global);
        }
    }

    fn new_global(&mut self, declared: &Declared<'_>, linkage: Linkage) -> GlobalId {
        let name = Some(self.text(declared.name));
        let global = Global { name, symbol: symbol(declared, linkage), ty: declared.ty, data: None };
        let global = self.globals.push(global);
        self.linked.insert(declared.name, Linked::Global(global));
        global
    }

    fn same_global(&mut self, global: GlobalId, declared: &Declared<'_>) {
        let before = self.globals[global].ty;
        if !self.compatible(before, declared.ty) {
            let (first, second) = (self.spell(before), self.spell(declared.ty));
            let text = format!("this is of type `{second}`, and was of type `{first}` before");
            let at = self.globals[global].symbol.span;
            self.diagnostics.push(Diagnostic::error(declared.span, text).label(at, "here"));
        }
        if matches!(self.types.bare_kind(before), TypeKind::Array(_, None)) {
            self.globals[global].ty = declared.ty;
        }
        self.stays_visible(self.globals[global].symbol.linkage, self.globals[global].symbol.span, declared);
        merge(&mut self.globals[global].symbol, &declared.attributes);
    }

    /// Says that what other units were told of is theirs no more.
    fn stays_visible(&mut self, before: Linkage, at: Span, declared: &Declared<'_>) {
        if declared.storage == Storage::Static && before != Linkage::Static {
            let text = format!("`{}` is `static` here, and was not before", self.names.text(declared.name));
            self.diagnostics.push(Diagnostic::error(declared.span, text).label(at, "here"));
        }
    }

    /// Variables that were declared without a value are zero, unless a later declaration gave them one.
    pub(super) fn finish_tentative(&mut self) {
        for global in std::mem::take(&mut self.tentative) {
            if self.globals[global].data.is_some() {
                continue;
            }
            // An array without a length has one element (C11 6.9.2).
            let ty = self.with_length(self.globals[global].ty, 1);
            self.globals[global].ty = ty;
            let span = self.globals[global].symbol.span;
            let bytes = self.zeros(ty, span);
            self.globals[global].data = bytes.map(|bytes| GlobalData { bytes, addresses: Vec::new() });
        }
    }

    /// A function's type and name.
    pub(super) fn declare_function(&mut self, declared: &Declared<'_>) -> Option<FunctionId> {
        let function = match self.linked.get(&declared.name).copied() {
            None => self.new_function(declared)?,
            Some(Linked::Function(function)) => {
                self.same_function(function, declared);
                function
            }
            Some(Linked::Global(global)) => {
                let at = self.globals[global].symbol.span;
                self.twice(declared, at);
                return None;
            }
        };
        if let Some((entity, at)) = self.scopes.name_here(declared.name)
            && !matches!(entity, Entity::Function(_) | Entity::Unknown)
        {
            self.twice(declared, at);
        }
        self.scopes.declare(declared.name, Entity::Function(function), declared.span);
        if declared.attributes.used {
            self.used_functions.insert(function);
        }
        if let Some((name, _)) = &declared.attributes.renamed {
            self.functions[function].name = self.names.add(name);
        }
        Some(function)
    }

    fn signature(&self, ty: Ty) -> Option<Signature> {
        match self.types.bare_kind(ty) {
            TypeKind::Function(signature) => Some(signature.clone()),
            _ => None,
        }
    }

    fn new_function(&mut self, declared: &Declared<'_>) -> Option<FunctionId> {
        let signature = self.signature(declared.ty)?;
        // `inline` alone defines nothing for other units.
        let inline = declared.inline && declared.storage == Storage::None;
        let linkage =
            if declared.storage == Storage::Static || inline { Linkage::Static } else { Linkage::Global };
        let function = Function {
            name: declared.name,
            symbol: symbol(declared, linkage),
            ty: declared.ty,
            signature,
            param_tags: Vec::new(),
            inline: declared.attributes.inline,
            body: None,
        };
        let function = self.functions.push(function);
        self.linked.insert(declared.name, Linked::Function(function));
        Some(function)
    }

    fn same_function(&mut self, function: FunctionId, declared: &Declared<'_>) {
        let before = self.functions[function].ty;
        if !self.compatible(before, declared.ty) {
            let (first, second) = (self.spell(before), self.spell(declared.ty));
            let text = format!("this is of type `{second}`, and was of type `{first}` before");
            let at = self.functions[function].symbol.span;
            self.diagnostics.push(Diagnostic::error(declared.span, text).label(at, "here"));
        }
        let symbol = &self.functions[function].symbol;
        self.stays_visible(symbol.linkage, symbol.span, declared);
        let function = &mut self.functions[function];
        merge(&mut function.symbol, &declared.attributes);
        if declared.attributes.inline != Inline::Free {
            function.inline = declared.attributes.inline;
        }
    }

    /// A function with its body.
    pub(super) fn function(&mut self, function: &ast::Function) {
        let base = self.base(&function.specifiers);
        let own = self.attributes(&function.declarator.attributes);
        let Some(name) = function.declarator.name else { return };
        let Some((Part::Function { params, variadic }, rest)) = function.declarator.parts.split_first()
        else {
            return self
                .error(function.declarator.span, "a function has parameters in parentheses".to_owned());
        };
        let result = base.ty.and_then(|ty| {
            let outer = ast::Declarator { parts: rest.to_vec(), ..function.declarator.clone() };
            self.declarator(ty, &outer)
        });
        let params = self.params(params);
        let (Some(result), Some(params)) = (result, params) else {
            return self.scopes.declare(name.node, Entity::Unknown, name.span);
        };
        // `()` of a function with a body: it takes nothing.
        let variadic = *variadic && !params.is_empty();
        let Some(ty) = self.function_type(result, &params, variadic, name.span) else { return };
        let declared = Declared {
            name: name.node,
            span: name.span,
            ty,
            storage: function.specifiers.storage,
            inline: function.specifiers.inline,
            attributes: base.attributes.and(own),
            initializer: None,
        };
        let Some(id) = self.declare_function(&declared) else { return };
        if self.functions[id].body.is_some() {
            let text = self.text(name.node);
            let diagnostic =
                Diagnostic::error(name.span, format!("the function `{text}` has a body already"));
            return self.diagnostics.push(diagnostic.label(self.functions[id].symbol.span, "here"));
        }
        self.define_function(id, declared, params, function);
    }

    fn define_function(
        &mut self,
        id: FunctionId,
        declared: Declared<'_>,
        params: Vec<Parameter>,
        function: &ast::Function,
    ) {
        let Some(signature) = self.signature(declared.ty) else { return };
        let result = signature.result;
        let defined = &mut self.functions[id];
        (defined.ty, defined.signature, defined.symbol.span) = (declared.ty, signature, declared.span);
        defined.param_tags = params
            .iter()
            .enumerate()
            .flat_map(|(index, param)| param.attributes.decl_tags.iter().map(move |tag| (index, tag.clone())))
            .collect();
        if !self.types.is_void(result) {
            self.size_of(result, declared.span);
        }
        // So that calls of it know that there is a body.
        let end = Span::new(function.span.end.saturating_sub(1), function.span.end);
        defined_body(&mut self.functions[id], Body { locals: Arena::new(), stmts: Vec::new(), end });
        self.frame = Some(super::Frame::new(id, declared.name, result));
        self.open_block();
        self.declare_params(params);
        let mut stmts = Vec::new();
        for stmt in &function.body.stmts {
            self.stmt(stmt, &mut stmts);
        }
        self.close_block(&mut stmts);
        let Some(frame) = self.frame.take() else { return };
        self.check_labels(&frame);
        defined_body(&mut self.functions[id], Body { locals: frame.locals, stmts, end });
    }

    fn declare_params(&mut self, params: Vec<Parameter>) {
        for param in params {
            if self.size_of(param.ty, param.span).is_none() {
                self.error(param.span, "a parameter has a size".to_owned());
            }
            let name = param.name.map(|name| name.node);
            let local = Local { name, ty: param.ty, align: param.attributes.aligned, span: param.span };
            let Some(frame) = &mut self.frame else { return };
            let local = frame.locals.push(local);
            let Some(name) = param.name else { continue };
            if let Some((_, at)) = self.scopes.name_here(name.node) {
                let text = self.text(name.node);
                let diagnostic =
                    Diagnostic::error(name.span, format!("there is a parameter `{text}` already"));
                self.diagnostics.push(diagnostic.label(at, "here"));
            }
            self.scopes.declare(name.node, Entity::Local(local), name.span);
        }
    }
}

fn defined_body(function: &mut Function, body: Body) {
    function.body = Some(body);
}

/// What another declaration of the same thing adds.
fn merge(symbol: &mut Symbol, attributes: &Attributes) {
    if attributes.weak && symbol.linkage == Linkage::Global {
        symbol.linkage = Linkage::Weak;
    }
    symbol.hidden |= attributes.hidden;
    if attributes.section.is_some() {
        symbol.section.clone_from(&attributes.section);
    }
    for tag in &attributes.decl_tags {
        if !symbol.tags.contains(tag) {
            symbol.tags.push(tag.clone());
        }
    }
    symbol.align = symbol.align.max(attributes.aligned);
}
