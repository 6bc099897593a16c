//! Declarations: what names mean from here on.
use super::Checker;
use super::attributes::Attributes;
use super::initialize::{Filled, Store};
use super::make::{Value, retype_root};
use super::scope::Entity;
use crate::Name;
use crate::ast::{self, InitDeclarator, Initializer, Storage};
use crate::typed::{
    Expr, ExprKind, FunctionId, Global, GlobalData, GlobalId, Linkage, Local, Place, PlaceKind, Stmt,
    StmtKind, Symbol,
};
use crate::types::{Ty, TypeKind};
use osmia_base::{Diagnostic, Span};

/// What has a name that the linker sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Linked {
    Global(GlobalId),
    Function(FunctionId),
}

/// How long what has no name lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// As its block.
    #[default]
    Block,
    /// As the program: it is in what a variable of the program holds at first.
    Program,
}

/// One declared thing.
#[derive(Debug)]
pub(super) struct Declared<'b> {
    pub(super) name: Name,
    pub(super) span: Span,
    pub(super) ty: Ty,
    pub(super) storage: Storage,
    pub(super) inline: bool,
    pub(super) attributes: Attributes,
    pub(super) initializer: Option<&'b Initializer>,
}

impl Checker<'_> {
    /// A declaration; what it does when it is reached stands behind `out`.
    pub(super) fn declaration(&mut self, declaration: &ast::Declaration, out: &mut Vec<Stmt>) {
        let base = self.base(&declaration.specifiers);
        for one in &declaration.declarators {
            if base.auto {
                self.automatic(declaration, one, out);
                continue;
            }
            let own = self.attributes(&one.declarator.attributes);
            let Some(name) = one.declarator.name else {
                self.error(one.declarator.span, "a name is missing here".to_owned());
                continue;
            };
            if let Some(bits) = &one.bits {
                self.error(bits.span, "bits are members of records alone".to_owned());
            }
            let ty = base.ty.and_then(|ty| self.declared_type(ty, &one.declarator, &own));
            let Some(ty) = ty else {
                self.scopes.declare(name.node, Entity::Unknown, name.span);
                continue;
            };
            let specifiers = &declaration.specifiers;
            let declared = Declared {
                name: name.node,
                span: name.span,
                ty,
                storage: specifiers.storage,
                inline: specifiers.inline,
                attributes: base.attributes.clone().and(own),
                initializer: one.initializer.as_ref(),
            };
            self.declare(declared, out);
        }
    }

    fn declare(&mut self, declared: Declared<'_>, out: &mut Vec<Stmt>) {
        if declared.storage == Storage::Typedef {
            self.declare_typedef(&declared);
        } else if matches!(self.types.bare_kind(declared.ty), TypeKind::Function(_)) {
            if let Some(Initializer::Expr(ast::Expr { span, .. }) | Initializer::List(_, span)) =
                declared.initializer
            {
                self.error(*span, "a function holds no value".to_owned());
            }
            self.declare_function(&declared);
        } else if self.frame.is_none() || declared.storage == Storage::Extern {
            self.declare_global(declared);
        } else if declared.storage == Storage::Static {
            self.declare_static_local(declared);
        } else {
            self.declare_local(declared, out);
        }
    }

    fn declare_typedef(&mut self, declared: &Declared<'_>) {
        let ty = self.types.add(TypeKind::Typedef(declared.name, declared.ty));
        if let Some(align) = declared.attributes.aligned {
            self.types.set_align(ty, align);
        }
        if let Some((before, at)) = self.scopes.name_here(declared.name) {
            let same = match before {
                Entity::Typedef(before) => self.compatible(before, ty),
                Entity::Unknown => true,
                _ => false,
            };
            if !same {
                self.twice(declared, at);
            }
        }
        self.scopes.declare(declared.name, Entity::Typedef(ty), declared.span);
    }

    /// Says that the name has another meaning already.
    pub(super) fn twice(&mut self, declared: &Declared<'_>, at: Span) {
        let text = self.text(declared.name);
        let diagnostic =
            Diagnostic::error(declared.span, format!("`{text}` is declared already, as something else"));
        self.diagnostics.push(diagnostic.label(at, "here"));
    }

    fn declare_local(&mut self, declared: Declared<'_>, out: &mut Vec<Stmt>) {
        let Declared { name, span, ty, attributes, initializer, .. } = declared;
        if let Some((_, at)) = self.scopes.name_here(name) {
            let text = self.text(name);
            let diagnostic = Diagnostic::error(span, format!("`{text}` is declared in this block already"));
            self.diagnostics.push(diagnostic.label(at, "here"));
        }
        let open = matches!(self.types.bare_kind(ty), TypeKind::Array(_, None)) && initializer.is_some();
        if !open && self.size_of(ty, span).is_none() {
            self.scopes.declare(name, Entity::Unknown, span);
            return;
        }
        if let Some((_, span)) = attributes.renamed {
            self.error(span, "the compiler chooses the registers of variables".to_owned());
        }
        if attributes.section.is_some() {
            self.error(span, "a variable of a function lies on the stack, and in no section".to_owned());
        }
        let Some(frame) = &mut self.frame else { return };
        let local = frame.locals.push(Local { name: Some(name), ty, align: attributes.aligned, span });
        self.scopes.declare(name, Entity::Local(local), span);
        let place = Place { kind: PlaceKind::Local(local), ty, span };
        let cleanup = attributes.cleanup;
        let Some(initializer) = initializer else {
            let kind = StmtKind::Declare { local, zero: false, stores: Vec::new() };
            out.push(Stmt { kind, span });
            return self.due_later(local, cleanup);
        };
        let mut filled = self.initialize(place, initializer);
        if open {
            let ty = self.with_length(ty, filled.length);
            self.set_local_type(local, ty);
            retype(&mut filled.stores, ty);
            self.size_of(ty, span);
        }
        if let Some(span) = filled.flexible {
            self.error(span, "a member without a length has no room in a variable of a function".to_owned());
        }
        self.fix_local(local, ty, &filled.stores);
        out.push(self.begin_local(local, filled, span));
        self.due_later(local, cleanup);
    }

    /// Notes what a variable is that nobody changes.
    fn fix_local(&mut self, local: crate::typed::LocalId, ty: Ty, stores: &[Store]) {
        if let (Some(number), Some(frame)) = (self.fixed_number(ty, stores), &mut self.frame) {
            frame.fixed.insert(local, number);
        }
    }

    fn due_later(&mut self, local: crate::typed::LocalId, cleanup: Option<(Name, Span)>) {
        if let Some((name, span)) = cleanup {
            self.add_cleanup(local, name, span);
        }
    }

    fn set_local_type(&mut self, local: crate::typed::LocalId, ty: Ty) {
        if let Some(frame) = &mut self.frame
            && frame.locals.get(local).is_some()
        {
            frame.locals[local].ty = ty;
        }
    }

    /// An array type that gets its length from its initializer.
    pub(super) fn with_length(&mut self, ty: Ty, length: u64) -> Ty {
        let qualifiers = self.types.qualifiers(ty);
        match self.types.bare_kind(ty) {
            TypeKind::Array(element, None) => {
                let element = self.types.qualified(qualifiers, *element);
                self.types.add(TypeKind::Array(element, Some(length)))
            }
            _ => ty,
        }
    }

    /// The statement that a variable begins with.
    pub(super) fn begin_local(&mut self, local: crate::typed::LocalId, filled: Filled, span: Span) -> Stmt {
        let ty = self.frame.as_ref().and_then(|frame| frame.locals.get(local)).map(|local| local.ty);
        let text = filled.stores.iter().any(|store| matches!(store, Store::Text(..)));
        let parts = ty.is_some_and(|ty| !self.types.is_scalar(ty));
        let zero = parts && (filled.braced || text) && !self.covers(ty, &filled.stores);
        let stores = filled.stores.into_iter().map(|store| self.store_in_local(store)).collect();
        Stmt { kind: StmtKind::Declare { local, zero, stores }, span }
    }

    /// Whether stores leave nothing of a variable as it was.
    fn covers(&self, ty: Option<Ty>, stores: &[Store]) -> bool {
        let bits = |store: &Store| match store {
            Store::Scalar(place, _) => self
                .bits_of(place)
                .map(u64::from)
                .or_else(|| self.types.size(place.ty).map(|size| size.saturating_mul(8))),
            Store::Copy(place, _) => self.types.size(place.ty).map(|size| size.saturating_mul(8)),
            Store::Text(_, text) => Some(text.len() as u64 * 8),
        };
        let stored = stores.iter().try_fold(0_u64, |sum, store| sum.checked_add(bits(store)?));
        let places: std::collections::BTreeSet<u64> =
            stores.iter().filter_map(|store| self.begin_of(store.place())).collect();
        let size = ty.and_then(|ty| self.types.size(ty)).and_then(|size| size.checked_mul(8));
        stored.is_some() && stored == size && places.len() == stores.len()
    }

    fn store_in_local(&mut self, store: Store) -> Expr {
        match store {
            Store::Scalar(place, value) => {
                let (ty, span) = (place.ty, place.span);
                self.of(ExprKind::Assign(place, Box::new(value)), ty, span)
            }
            Store::Copy(place, from) => {
                let (void, span) = (self.void(), place.span);
                self.of(ExprKind::Copy(place, from), void, span)
            }
            Store::Text(place, text) => self.store_text(place, text),
        }
    }

    /// Text is copied to the begin of the array.
    fn store_text(&mut self, place: Place, text: Vec<u8>) -> Expr {
        let (void, span) = (self.void(), place.span);
        let length = text.len() as u64;
        let global = self.text_global(text, span);
        let ty = self.globals[global].ty;
        let from = Place { kind: PlaceKind::Global(global), ty, span };
        let to = match self.types.bare_kind(place.ty) {
            TypeKind::Array(_, Some(own)) if *own == length => Place { ty, ..place },
            _ => {
                let pointer = self.types.pointer(ty);
                let address = self.address_of(place, span);
                let address = self.convert(address, pointer);
                Place { kind: PlaceKind::Deref(Box::new(address)), ty, span }
            }
        };
        self.of(ExprKind::Copy(to, from), void, span)
    }

    /// `__auto_type name = value;`
    fn automatic(&mut self, declaration: &ast::Declaration, one: &InitDeclarator, out: &mut Vec<Stmt>) {
        let (Some(name), Some(Initializer::Expr(expr))) = (one.declarator.name, &one.initializer) else {
            self.error(one.declarator.span, "`__auto_type` takes its type from a value".to_owned());
            return;
        };
        let value = self.value(expr).and_then(|value| self.decay(value));
        let (Some(value), true) = (value, one.declarator.parts.is_empty()) else {
            self.scopes.declare(name.node, Entity::Unknown, name.span);
            return;
        };
        let ty = self.types.unqualified(self.type_of(&value));
        let Some(frame) = &mut self.frame else {
            return self.error(name.span, "`__auto_type` is of variables in functions".to_owned());
        };
        let local = frame.locals.push(Local { name: Some(name.node), ty, align: None, span: name.span });
        let place = Place { kind: PlaceKind::Local(local), ty, span: name.span };
        let store = match value {
            Value::Scalar(value) => Store::Scalar(place, value),
            Value::Place(from) => Store::Copy(place, from),
            Value::Function(..) => return,
        };
        let qualified = self.types.qualified(declaration.specifiers.qualifiers, ty);
        self.set_local_type(local, qualified);
        self.scopes.declare(name.node, Entity::Local(local), name.span);
        let mut filled = Filled::default();
        filled.stores.push(store);
        out.push(self.begin_local(local, filled, name.span));
    }

    fn declare_static_local(&mut self, declared: Declared<'_>) {
        let function = self.frame.as_ref().map_or_else(String::new, |frame| self.text(frame.name));
        let mut name = format!("{function}.{}", self.names.text(declared.name));
        let used = self.static_names.entry(name.clone()).or_default();
        *used += 1;
        if *used > 1 {
            name = format!("{name}.{}", *used - 1);
        }
        if let Some((label, _)) = &declared.attributes.renamed {
            name.clone_from(label);
        }
        let mut symbol = symbol(&declared, Linkage::Static);
        symbol.span = declared.span;
        let global = self.globals.push(Global { name: Some(name), symbol, ty: declared.ty, data: None });
        self.scopes.declare(declared.name, Entity::Global(global), declared.span);
        self.define_global(global, declared.initializer, declared.span);
    }

    /// Gives a variable of the program what it holds at first.
    pub(super) fn define_global(&mut self, global: GlobalId, initializer: Option<&Initializer>, span: Span) {
        let ty = self.globals[global].ty;
        let Some(initializer) = initializer else {
            let bytes = self.zeros(ty, span);
            self.globals[global].data = bytes.map(|bytes| GlobalData { bytes, addresses: Vec::new() });
            return;
        };
        let place = Place { kind: PlaceKind::Global(global), ty, span };
        let around = std::mem::replace(&mut self.lifetime, Lifetime::Program);
        let filled = self.initialize(place, initializer);
        self.lifetime = around;
        let ty = self.with_length(ty, filled.length);
        self.globals[global].ty = ty;
        let mut stores = filled.stores;
        retype(&mut stores, ty);
        let fixed = self.fixed_number(ty, &stores);
        self.fixed.extend(
            fixed.filter(|_| symbol_stays(&self.globals[global].symbol)).map(|number| (global, number)),
        );
        if let Some(bytes) = self.zeros(ty, span) {
            self.globals[global].data = Some(self.data(bytes, stores));
        }
    }

    /// `(type){ … }`
    pub(super) fn compound_literal(
        &mut self,
        ty: &ast::TypeName,
        initializer: &Initializer,
        span: Span,
    ) -> Option<Place> {
        let ty = self.type_name(ty)?;
        if self.frame.is_none() || self.lifetime == Lifetime::Program {
            let symbol = Symbol { linkage: Linkage::Static, span, ..Symbol::default() };
            let global = self.globals.push(Global { name: None, symbol, ty, data: None });
            self.define_global(global, Some(initializer), span);
            return Some(Place { kind: PlaceKind::Global(global), ty: self.globals[global].ty, span });
        }
        let local = self.temporary(ty, span)?;
        self.set_local_type(local, ty);
        let mut filled = self.initialize(Place { kind: PlaceKind::Local(local), ty, span }, initializer);
        let ty = self.with_length(ty, filled.length);
        self.size_of(ty, span)?;
        self.set_local_type(local, ty);
        retype(&mut filled.stores, ty);
        let begin = self.begin_local(local, filled, span);
        let place = Place { kind: PlaceKind::Local(local), ty, span };
        Some(Place { kind: PlaceKind::After(vec![begin], Box::new(place)), ty, span })
    }
}

/// What stands beside a symbol.
pub(super) fn symbol(declared: &Declared<'_>, linkage: Linkage) -> Symbol {
    let attributes = &declared.attributes;
    Symbol {
        linkage: if attributes.weak && linkage == Linkage::Global { Linkage::Weak } else { linkage },
        hidden: attributes.hidden,
        section: attributes.section.clone(),
        tags: attributes.decl_tags.clone(),
        align: attributes.aligned,
        span: declared.span,
    }
}

/// Whether no other unit has another one of that name instead.
fn symbol_stays(symbol: &Symbol) -> bool {
    symbol.linkage != Linkage::Weak
}

/// The type of a variable that got its length from its stores.
fn retype(stores: &mut [Store], ty: Ty) {
    for store in stores {
        retype_root(store.place_mut(), ty);
    }
}
