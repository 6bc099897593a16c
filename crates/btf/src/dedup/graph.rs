//! Types as nodes: what is in them, without what they refer to, and what they refer to.
use crate::{Btf, BtfError, BtfErrorKind, Kind, KindTag, Section, Type, TypeId};
use std::collections::HashMap;

/// A type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) tag: KindTag,
    /// The number of everything but what it refers to: equal for equal ones.
    pub(super) shell: u32,
    /// The number of its name.
    pub(super) name: u32,
    /// Whether it only declares: an enumeration without values.
    pub(super) declares: bool,
    /// What a declaration declares.
    pub(super) declared: KindTag,
    start: u32,
    end: u32,
}

/// All types, those of the base first.
#[derive(Debug)]
pub(super) struct Graph {
    /// The first type that is not of the base.
    pub(super) first: u32,
    nodes: Vec<Node>,
    refs: Vec<u32>,
}

const VOID: Node = Node {
    tag: KindTag::Void,
    shell: 0,
    name: 0,
    declares: false,
    declared: KindTag::Struct,
    start: 0,
    end: 0,
};

#[derive(Default)]
struct Numbers {
    shells: HashMap<Type, u32>,
    names: HashMap<String, u32>,
}

impl Graph {
    pub(super) fn new(types: &[Type], base: Option<&Btf>) -> Result<Self, BtfError> {
        let mut graph = Self { first: base.map_or(1, Btf::len), nodes: vec![VOID], refs: Vec::new() };
        let mut numbers = Numbers::default();
        numbers.shells.insert(Type::anonymous(Kind::Void), 0);
        numbers.names.insert(String::new(), 0);
        if let Some(base) = base {
            for id in base.ids() {
                graph.add(base.get(id)?, &mut numbers);
            }
        }
        for ty in types {
            graph.add(ty.clone(), &mut numbers);
        }
        let count = graph.len();
        match graph.refs.iter().find(|&&id| id >= count) {
            Some(&id) => Err(BtfError::new(Section::Types, 0, BtfErrorKind::NoSuchType(TypeId(id)))),
            None => Ok(graph),
        }
    }

    fn add(&mut self, mut ty: Type, numbers: &mut Numbers) {
        let start = self.refs.len() as u32;
        let (refs, tag) = (&mut self.refs, ty.kind.tag());
        ty.kind.map_ids(|id| {
            refs.push(id.0);
            TypeId::VOID
        });
        let end = refs.len() as u32;
        let declares = tag.is_enum() && ty.kind.enumerators().is_empty();
        let union = matches!(ty.kind, Kind::Fwd { union: true });
        let declared = if union { KindTag::Union } else { KindTag::Struct };
        let next = numbers.names.len() as u32;
        let name = match numbers.names.get(&ty.name) {
            Some(&name) => name,
            None => *numbers.names.entry(ty.name.clone()).or_insert(next),
        };
        let next = numbers.shells.len() as u32;
        let shell = *numbers.shells.entry(ty).or_insert(next);
        self.nodes.push(Node { tag, shell, name, declares, declared, start, end });
    }

    /// One more than the highest id.
    pub(super) fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub(super) fn node(&self, id: u32) -> Node {
        self.nodes.get(id as usize).copied().unwrap_or(VOID)
    }

    pub(super) fn tag(&self, id: u32) -> KindTag {
        self.node(id).tag
    }

    /// What a type refers to, in order.
    pub(super) fn refs(&self, id: u32) -> &[u32] {
        let node = self.node(id);
        self.refs.get(node.start as usize..node.end as usize).unwrap_or_default()
    }
}
