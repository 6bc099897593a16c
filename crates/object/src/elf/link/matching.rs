//! Whether two files mean the same by a name.
use super::output::{Global, Output};
use super::{LinkError, LinkErrorKind, Source};
use osmia_btf::{Btf, Builder, Kind, KindTag, Member, Type, TypeId};

/// How deep types are compared.
const MAX_DEPTH: u32 = 64;

/// How many types are compared.
const MAX_STEPS: u32 = 1 << 16;

/// How far two types must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Degree {
    /// What they are called: behind a pointer.
    Name,
    /// What they are made of.
    Shape,
    /// Also how long arrays are: in declarations of maps, where lengths are numbers.
    Exact,
}

/// Refuses types that differ, and maps that are declared differently.
pub(super) fn agree(
    output: &Output,
    source: &Source<'_>,
    known: &Global,
    name: &str,
    ty: TypeId,
) -> Result<(), LinkError> {
    let untyped = || source.error(LinkErrorKind::Untyped(name.to_owned()));
    let known_type = known.ty.ok_or_else(untyped)?;
    let section = known.section.and_then(|section| output.sections.get(section));
    let degree = if section.is_some_and(|it| it.name == ".maps") { Degree::Exact } else { Degree::Shape };
    let mut compare = Compare { ours: &output.types, theirs: &source.btf, steps: MAX_STEPS };
    compare
        .types(known_type, ty, degree, 0)
        .map_err(|how| source.error(LinkErrorKind::TypesDiffer { symbol: name.to_owned(), how }))
}

struct Compare<'a> {
    ours: &'a Builder,
    theirs: &'a Btf,
    steps: u32,
}

fn differ<T: PartialEq + ToString>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{what} {} there, {} here", ours.to_string(), theirs.to_string()))
}

impl Compare<'_> {
    /// The types behind qualifiers and typedefs.
    fn plain(&self, mut ours: TypeId, mut theirs: TypeId) -> Result<(Type, Type), String> {
        let next = |kind: &Kind| match kind {
            Kind::Typedef(ty) | Kind::Const(ty) | Kind::Volatile(ty) | Kind::Restrict(ty) => Some(*ty),
            Kind::TypeTag { ty, .. } => Some(*ty),
            _ => None,
        };
        let void = Type::anonymous(Kind::Void);
        let mut left =
            if ours.is_void() { void.clone() } else { self.ours.get(ours).cloned().unwrap_or(void) };
        for _ in 0..MAX_DEPTH {
            let Some(inner) = next(&left.kind) else { break };
            ours = inner;
            left = self.ours.get(ours).cloned().unwrap_or(Type::anonymous(Kind::Void));
        }
        let mut right = self.theirs.get(theirs).map_err(|error| error.to_string())?;
        for _ in 0..MAX_DEPTH {
            let Some(inner) = next(&right.kind) else { break };
            theirs = inner;
            right = self.theirs.get(theirs).map_err(|error| error.to_string())?;
        }
        Ok((left, right))
    }

    /// Attributes of two declarations of a map, in whatever order.
    fn attributes(&mut self, ours: &[Member], theirs: &[Member], depth: u32) -> Result<(), String> {
        for a in ours {
            let other = theirs.iter().find(|b| a.name == b.name);
            let b = other.ok_or_else(|| format!("{} is missing here", a.name))?;
            let inside = self.types(a.ty, b.ty, Degree::Exact, depth);
            inside.map_err(|how| format!("in {}, {how}", a.name))?;
        }
        Ok(())
    }

    fn types(&mut self, ours: TypeId, theirs: TypeId, degree: Degree, depth: u32) -> Result<(), String> {
        self.steps = self.steps.saturating_sub(1);
        if depth >= MAX_DEPTH || self.steps == 0 {
            return Err("its type is too deep".to_owned());
        }
        let (left, right) = self.plain(ours, theirs)?;
        let named = |tag: KindTag| {
            tag.is_composite() || tag.is_enum() || matches!(tag, KindTag::Fwd | KindTag::Func | KindTag::Var)
        };
        if named(left.kind.tag()) && named(right.kind.tag()) {
            differ("it is called", &left.name, &right.name)?;
        }
        let next = depth + 1;
        match (&left.kind, &right.kind) {
            (Kind::Fwd { union }, other) | (other, Kind::Fwd { union }) => match (other.tag(), degree) {
                (KindTag::Fwd, _) => Ok(()),
                (KindTag::Union, Degree::Name) if *union => Ok(()),
                (KindTag::Struct, Degree::Name) if !*union => Ok(()),
                _ => Err(format!("{} is only declared in one of them", left.name)),
            },
            (Kind::Void, Kind::Void) => Ok(()),
            (Kind::Int { size: a, .. }, Kind::Int { size: b, .. })
            | (Kind::Float { size: a }, Kind::Float { size: b }) => differ("the number has bytes:", a, b),
            (Kind::Enum(a), Kind::Enum(b)) | (Kind::Enum64(a), Kind::Enum64(b)) => {
                differ("the enum has bytes:", &a.size, &b.size)
            }
            (Kind::Ptr(a), Kind::Ptr(b)) => {
                let inside = if degree == Degree::Exact && depth <= 2 { Degree::Exact } else { Degree::Name };
                self.types(*a, *b, inside, next)
            }
            (Kind::Array { element: a, len: m, .. }, Kind::Array { element: b, len: n, .. }) => {
                if degree == Degree::Exact {
                    differ("the number is", m, n)?;
                }
                self.types(*a, *b, degree, next)
            }
            (Kind::Var { ty: a, .. }, Kind::Var { ty: b, .. })
            | (Kind::Func { proto: a, .. }, Kind::Func { proto: b, .. }) => self.types(*a, *b, degree, next),
            (Kind::Struct(a), Kind::Struct(b)) | (Kind::Union(a), Kind::Union(b)) => {
                if degree == Degree::Name {
                    return Ok(());
                }
                differ("the number of members is", &a.members.len(), &b.members.len())?;
                if degree == Degree::Exact && depth <= 1 {
                    return self.attributes(&a.members, &b.members, next);
                }
                for (a, b) in a.members.iter().zip(&b.members) {
                    differ("a member is", &a.name, &b.name)?;
                    differ(&format!("the member {} is at bit", a.name), &a.bit_offset, &b.bit_offset)?;
                    let inside = self.types(a.ty, b.ty, degree, next);
                    inside.map_err(|how| format!("in the member {}, {how}", a.name))?;
                }
                Ok(())
            }
            (Kind::FuncProto { ret: a, params: m }, Kind::FuncProto { ret: b, params: n }) => {
                differ("the number of parameters is", &m.len(), &n.len())?;
                for (a, b) in m.iter().zip(n) {
                    self.types(a.ty, b.ty, degree, next)?;
                }
                self.types(*a, *b, degree, next)
            }
            _ => Err("it is of another sort".to_owned()),
        }
    }
}
