//! Functions: their heads, their variables, where their parts lead.
use super::cx::{Cx, FunctionPlace};
use super::place::Spot;
use super::scalar::{MEMORY, Scalar};
use crate::typed::{self, FunctionId, Inline, Linkage, LocalId};
use crate::types::{Signature, Ty, TypeKind, Types};
use osmia_base::{Key, Span};
use osmia_btf::{Linkage as TypeLinkage, TypeId};
use osmia_ir::{Block, Builder, Loc, Pointee, Slot, Type};
use osmia_object::{Extern, Program, section};
use std::collections::HashMap;

/// So many parameters fit registers.
const REGISTERS: usize = 5;

/// Records that programs get as their context: what the verifier lets them do with one is not what it lets them do with memory.
const CONTEXTS: &[&str] = &[
    "__sk_buff",
    "xdp_md",
    "bpf_sock",
    "bpf_sock_addr",
    "bpf_sock_ops",
    "bpf_sockopt",
    "bpf_sysctl",
    "bpf_sk_lookup",
    "bpf_perf_event_data",
    "bpf_cgroup_dev_ctx",
    "sk_msg_md",
    "sk_reuseport_md",
];

/// Gives all functions a place.
pub(super) fn place(cx: &mut Cx<'_>) {
    let mut own = 0;
    for (id, function) in cx.unit.functions.iter() {
        cx.functions[id.index()] = if function.body.is_some() {
            own += 1;
            FunctionPlace::Own(osmia_ir::FunctionId::from_index(own - 1))
        } else {
            external(cx, function)
        };
    }
}

fn external(cx: &mut Cx<'_>, function: &typed::Function) -> FunctionPlace {
    let name = cx.names.text(function.name).to_owned();
    let type_id = describe(cx, function, TypeLinkage::Extern);
    let section = function.symbol.section.clone().unwrap_or_default();
    let weak = function.symbol.linkage == Linkage::Weak;
    FunctionPlace::Extern(cx.module.externs.push(Extern { name, type_id, weak, section }))
}

/// Writes a function's type.
fn describe(cx: &mut Cx<'_>, function: &typed::Function, linkage: TypeLinkage) -> TypeId {
    let facts = cx.facts();
    let proto = cx.types.prototype(facts, &function.signature);
    let id = cx.types.builder().add_func(facts.names.text(function.name), proto, linkage);
    function.symbol.tags.iter().for_each(|tag| cx.types.tag(id, None, tag));
    for (at, tag) in &function.param_tags {
        cx.types.tag(id, u32::try_from(*at).ok(), tag);
    }
    id
}

/// How a value is given to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// As it is.
    Scalar(Scalar),
    /// As the address of a copy.
    Record,
}

/// How parameters are passed; the address that a record is returned at comes first.
pub(super) fn passing(types: &Types, ty: Ty) -> Passing {
    types.scalar(ty).map_or(Passing::Record, Passing::Scalar)
}

/// Whether a function returns what no register holds.
pub(super) fn returns_record(types: &Types, signature: &Signature) -> bool {
    !types.is_void(signature.result) && types.scalar(signature.result).is_none()
}

/// A function's head as the compiler's passes know it.
struct Head {
    params: Vec<Type>,
    result: Option<Type>,
    program: Option<Program>,
    inline: osmia_ir::Inline,
    linkage: osmia_object::Linkage,
}

fn head(cx: &mut Cx<'_>, function: &typed::Function) -> Head {
    let (types, signature) = (&cx.unit.types, &function.signature);
    let program = function.symbol.section.as_deref().and_then(section::program);
    let by_address = returns_record(types, signature);
    let mut params: Vec<Type> = by_address.then_some(MEMORY).into_iter().collect();
    for (at, &(_, ty)) in signature.params.iter().enumerate() {
        let context = is_context(cx, ty) || (program.is_some() && at == 0);
        params.push(match passing(types, ty) {
            Passing::Scalar(scalar) if context && scalar.kind == MEMORY => Type::Ptr(Pointee::Context),
            Passing::Scalar(scalar) => scalar.kind,
            Passing::Record => MEMORY,
        });
    }
    let records = params.len() > signature.params.len()
        || signature.params.iter().any(|param| passing(types, param.1) == Passing::Record);
    let result = types.scalar(signature.result).map(|scalar| scalar.kind);
    let mut inline = match function.inline {
        Inline::Free => osmia_ir::Inline::Liberal,
        Inline::Always => osmia_ir::Inline::Always,
        Inline::Never => osmia_ir::Inline::Never,
    };
    let outside = program.is_some() || function.symbol.linkage != Linkage::Static;
    if params.len() > REGISTERS || (records && outside) {
        if inline == osmia_ir::Inline::Never || program.is_some() {
            let text = if records {
                "records are passed to functions that are inlined alone"
            } else {
                "functions have at most five parameters: there are no more registers for them"
            };
            cx.error(function.symbol.span, text)
                .hints
                .push("pass a pointer to a record that holds them, or make it `static inline`".into());
        }
        inline = osmia_ir::Inline::Always;
    }
    let linkage = match function.symbol.linkage {
        Linkage::Static => osmia_object::Linkage::Static,
        // One that stands nowhere in the end is seen by nobody.
        _ if inline == osmia_ir::Inline::Always && program.is_none() => osmia_object::Linkage::Static,
        _ if function.symbol.hidden => osmia_object::Linkage::Static,
        Linkage::Global => osmia_object::Linkage::Global,
        Linkage::Weak => osmia_object::Linkage::Weak,
    };
    Head { params, result, program, inline, linkage }
}

/// Whether a type is a pointer to what programs get as their context.
fn is_context(cx: &Cx<'_>, ty: Ty) -> bool {
    let types = &cx.unit.types;
    let TypeKind::Pointer(to) = types.bare_kind(ty) else { return false };
    let tag = types.record(*to).and_then(|record| types.records[record].tag);
    tag.is_some_and(|tag| CONTEXTS.contains(&cx.names.text(tag)))
}

/// Where `break` and `continue` lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exits {
    pub(super) leave: Block,
    /// None of a `switch`.
    pub(super) next: Option<Block>,
}

/// A function while its code is written.
pub(super) struct Body<'c, 'a> {
    pub(super) cx: &'c mut Cx<'a>,
    pub(super) b: Builder,
    /// Which function it is.
    pub(super) id: FunctionId,
    /// The variables' types and places on the stack.
    slots: Vec<(Ty, Slot)>,
    /// Where the record goes that it returns.
    pub(super) returned: Option<Spot>,
    pub(super) result: Option<Scalar>,
    pub(super) exits: Vec<Exits>,
    /// The places that the switches around lead to, innermost last.
    pub(super) cases: Vec<HashMap<u32, Block>>,
    pub(super) labels: HashMap<u32, Block>,
}

/// Writes a function's code.
pub(super) fn lower(cx: &mut Cx<'_>, id: FunctionId) {
    let unit = cx.unit;
    let function = &unit.functions[id];
    let Some(body) = &function.body else { return };
    let head = head(cx, function);
    let section = function.symbol.section.as_deref().unwrap_or(".text");
    let mut b = Builder::new(cx.names.text(function.name), section, &head.params, head.result);
    let described = head.program.is_some() || head.inline != osmia_ir::Inline::Always;
    let linkage = match function.symbol.linkage {
        Linkage::Static => TypeLinkage::Static,
        Linkage::Global | Linkage::Weak => TypeLinkage::Global,
    };
    let it = b.function();
    (it.linkage, it.inline, it.program) = (head.linkage, head.inline, head.program);
    if described {
        it.type_id = describe(cx, function, linkage);
    }
    let result = unit.types.scalar(function.signature.result);
    let mut lowering = Body {
        cx,
        b,
        id,
        slots: Vec::new(),
        returned: None,
        result,
        exits: Vec::new(),
        cases: Vec::new(),
        labels: HashMap::new(),
    };
    lowering.variables(body);
    lowering.parameters(function, body);
    lowering.stmts(&body.stmts);
    lowering.leave(body.end);
    let function = lowering.b.finish();
    cx.module.functions.push(function);
}

impl<'a> Body<'_, 'a> {
    /// What types are looked up in.
    pub(super) const fn types(&self) -> &'a Types {
        &self.cx.unit.types
    }

    /// Each variable is a piece of stack.
    fn variables(&mut self, body: &typed::Body) {
        for local in body.locals.values() {
            let types = self.types();
            let size = types.size(local.ty).and_then(|size| u32::try_from(size).ok());
            if size.is_none() {
                self.cx.error(local.span, "a variable of a function cannot be so large");
            }
            let align = types.align(local.ty).max(local.align.unwrap_or(1)).clamp(1, 8);
            let slot = self.b.slot(size.unwrap_or(8).max(1), align as u32);
            self.slots.push((local.ty, slot));
        }
    }

    /// Parameters are variables that hold something from the start.
    fn parameters(&mut self, function: &typed::Function, body: &typed::Body) {
        self.at(function.symbol.span);
        let types = self.types();
        let mut at = 0;
        if returns_record(types, &function.signature) {
            let address = self.b.param(0);
            self.returned = Some(Spot::new(address, types.align(function.signature.result)));
            at += 1;
        }
        let locals = body.locals.keys().take(function.signature.params.len());
        for (local, &(_, ty)) in locals.zip(&function.signature.params) {
            let value = self.b.param(at);
            at += 1;
            let spot = self.local(local, ty);
            match passing(types, ty) {
                Passing::Scalar(_) => {
                    self.store(&spot, ty, value);
                }
                Passing::Record => {
                    let from = Spot::new(value, types.align(ty));
                    self.copy(&spot, &from, ty, function.symbol.span);
                }
            }
        }
    }

    /// The type of a variable.
    pub(super) fn local_type(&self, local: LocalId) -> Ty {
        self.slots[local.index()].0
    }

    /// The place of a variable.
    pub(super) fn local(&mut self, local: LocalId, ty: Ty) -> Spot {
        let slot = self.slots[local.index()].1;
        let data = self.b.function().slots[slot];
        let align = if data.size >= 8 { 8 } else { data.align };
        let address = self.b.slot_addr(slot);
        // Each access is to be made: nobody may know where they go.
        let hidden = self.types().qualifiers(ty).volatile;
        let address = if hidden { self.b.opaque(address) } else { address };
        Spot { owned: true, hidden, ..Spot::new(address, align.into()) }
    }

    /// A new piece of stack for a value of a type.
    pub(super) fn temporary(&mut self, ty: Ty) -> Spot {
        let (size, align) = (self.types().size(ty).unwrap_or(8), self.types().align(ty).clamp(1, 8));
        let slot = self.b.slot(u32::try_from(size).unwrap_or(u32::MAX).max(1), align as u32);
        let address = self.b.slot_addr(slot);
        let align = if size >= 8 { 8 } else { align };
        Spot { owned: true, ..Spot::new(address, align) }
    }

    /// A new piece of stack of so many bytes.
    pub(super) fn area_of(&mut self, size: u64) -> Spot {
        let slot = self.b.slot(u32::try_from(size).unwrap_or(u32::MAX).max(1), 8);
        let address = self.b.slot_addr(slot);
        Spot { owned: true, ..Spot::new(address, 8) }
    }

    /// Where the following was written.
    pub(super) fn at(&mut self, span: Span) {
        let loc = self.cx.loc(span);
        self.b.at(loc);
    }

    /// Writes something that stands inside of something else.
    pub(super) fn within<T>(&mut self, span: Span, write: impl FnOnce(&mut Self) -> T) -> T {
        let before: Loc = self.b.loc();
        self.at(span);
        let done = write(self);
        self.b.at(before);
        done
    }

    /// Goes on in a block, to which the current one leads.
    pub(super) fn go(&mut self, block: Block) {
        self.b.jump(block, &[]);
        self.b.switch_to(block);
    }

    /// Goes on where nobody comes from.
    pub(super) fn nowhere(&mut self) {
        let block = self.b.block();
        self.b.switch_to(block);
    }

    /// The end of the function.
    fn leave(&mut self, end: Span) {
        self.at(end);
        let zero = self.result.map(|scalar| self.b.constant(0, scalar.kind));
        self.b.ret(zero);
    }
}
