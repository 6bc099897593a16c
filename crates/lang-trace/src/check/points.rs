//! Attach points as facts.
use super::Options;
use super::facts::Facts;
use crate::ast;
use crate::typed::Config;
use osmia_base::Diagnostics;
use osmia_object::{Attach, Target};

pub(super) fn facts_of(
    _probe: &ast::Probe,
    _target: &Target,
    _options: &Options,
    _config: &Config,
    _diagnostics: &mut Diagnostics,
) -> Vec<Facts> {
    Vec::new()
}

/// Whether two attach points can share one program.
pub(super) fn same_code(a: &Facts, b: &Facts) -> bool {
    a.provider == b.provider
        && std::mem::discriminant(&a.attach) == std::mem::discriminant(&b.attach)
        && a.attach != Attach::Nowhere
}
