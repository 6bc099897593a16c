//! Maps that the script declares, with the kind and the size that they are to have.
use super::maps::Maps;
use crate::ast;
use crate::typed::{MapKind, MapValue};
use osmia_base::{Diagnostic, Diagnostics};

/// Takes a declaration: `let @m = hash(100)`.
pub(super) fn declare(maps: &mut Maps, decl: &ast::MapDecl, diagnostics: &mut Diagnostics) {
    let ast::ExprKind::Integer(size @ 1..) = decl.size.kind else {
        diagnostics.error(decl.size.span, "expected positive integer for map declaration max entries");
        return;
    };
    let names = MapKind::ALL.map(|(name, _)| name);
    let Some((_, kind)) = MapKind::ALL.into_iter().find(|(name, _)| *name == decl.kind.node) else {
        let message = Diagnostic::error(decl.span, format!("Invalid bpf map type: {}", decl.kind.node))
            .suggest(&decl.kind.node, names)
            .hint(format!("Valid map types: {}", names.join(", ")));
        diagnostics.push(message);
        return;
    };
    let size = size.clamp(1, u64::from(u32::MAX)) as u32;
    maps.declare(&decl.name.node, decl.span, kind, size);
}

/// Maps that are declared as what their values cannot be kept in, and maps that are declared for nothing.
pub(super) fn judge(maps: &Maps, diagnostics: &mut Diagnostics) {
    for (name, known) in maps.all() {
        let Some((kind, _)) = known.declared else { continue };
        let span = known.span;
        let per_cpu = match &known.value {
            None if known.key.is_none() => {
                diagnostics.push(Diagnostic::warning(span, format!("Unused map: {name}")));
                continue;
            }
            value => matches!(value, Some(MapValue::Aggregate(_))),
        };
        if kind.is_per_cpu() != per_cpu {
            let wants = if per_cpu { MapKind::PercpuHash } else { MapKind::Hash };
            diagnostics.error(
                known.first_use.unwrap_or(span),
                format!(
                    "Incompatible map types. Type from declaration: {}. Type from value/key type: {}",
                    kind.name(),
                    wants.name()
                ),
            );
        }
    }
}
