//! From the tree to a checked script: names resolved, types inferred, every conversion written out.
//!
//! A script is read again and again: each reading builds the whole typed tree with what is known of maps and variables so
//! far, and notes what it learns. When a reading learns nothing new, it was made with full knowledge; one last reading then
//! reports what is wrong. Three readings are usual; types only ever widen, so there is an end.
mod access;
mod arithmetic;
mod body;
mod calls;
mod cast;
mod casting;
mod clocks;
mod comptime;
mod compute;
mod config;
mod convert;
mod ctypes;
mod declarations;
mod elements;
mod expr;
mod external;
mod facts;
mod fit;
mod format;
mod functions;
mod idents;
mod join;
mod loops;
mod maps;
mod open;
mod operators;
mod passing;
mod points;
mod series;
mod settings;
mod signals;
mod stack;
mod stmt;
mod system_calls;
mod truth;
mod types;
mod user_debug;
mod user_points;
mod vars;

pub use open::{COUNT, named_variable, number_variable, text_variable};
pub use settings::{environment_error, environment_renamed};

use crate::ast::{self, CItem, Script};
use crate::typed::{Config, Probe, Program, Type};
use body::Body;
use facts::Facts;
pub(crate) use idents::plain_name;
use maps::{Maps, Pace};
pub(crate) use open::SECTION as PARAMETERS;
pub use osmia_abi::headers::is_kernel_header;
use osmia_base::{Diagnostic, Diagnostics, Span};
use osmia_object::Target;
use std::collections::{BTreeMap, BTreeSet};
use types::Types;
use vars::Learnt;

/// What checking knows besides script and machine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `$1`, `$2`, …: not every word of a command line is text.
    pub params: Vec<Vec<u8>>,
    /// Values of named parameters; what is not among them has its default.
    pub named: BTreeMap<String, crate::params::ParamValue>,
    /// Leave parameters open: they are known when the object is loaded.
    pub portable: bool,
    /// Settings from the environment; they win over the script's.
    pub environment: Vec<(String, String)>,
    /// `--unsafe`.
    pub unsafe_allowed: bool,
    /// Whether `-c` starts a child.
    pub has_child: bool,
    /// `-p`: user probes are for this process.
    pub pid: Option<u32>,
    /// Ids of the cgroups that `cgroupid()` names, by path.
    pub cgroup_ids: BTreeMap<String, u64>,
    /// Compiled objects that the script imports.
    pub imports: Vec<crate::Imported>,
}

/// A checked script and what there is to say about it.
#[derive(Debug)]
pub struct Checked {
    /// The script; not to be used where there are errors.
    pub program: Program,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Readings after which types that still change are an error of ours.
const MAX_READINGS: u32 = 32;

/// Readings that begin anew with what the one before has told; later ones only widen types, so that there is an end.
const FREE_READINGS: u32 = 8;

/// What lives through one reading of the whole script.
#[derive(Debug)]
struct Session<'a> {
    types: Types<'a>,
    target: &'a Target,
    config: Config,
    options: &'a Options,
    maps: Maps,
    defines: BTreeMap<String, ast::Expr>,
    /// The script's functions that stay functions.
    functions: &'a [functions::Prepared],
    /// Words that were looked up among the constants of enumerations.
    words: BTreeMap<String, Option<(Type, i64)>>,
    times: clocks::MapTimes,
    /// How often a macro was expanded in this reading.
    expansions: u32,
    /// How many bodies of unrolled loops there are in this reading.
    turns: u64,
    /// Whether the script includes C headers: then it may use what they define.
    includes: bool,
    diagnostics: Diagnostics,
    /// Variables of a block of the script that are read outside of where they are assigned: they are the whole probe's.
    hoisted: BTreeSet<(usize, String)>,
    /// Whether this reading learnt something of a variable or key.
    changed: bool,
    /// Whether everything that can be known is known: what is not is an error.
    last_reading: bool,
    /// Whether there is a block that is not read, since nothing of this machine is where it was to be: nobody knows what it gives to maps.
    unread: bool,
    /// The block that makes more programs than there may be, and how many.
    too_many: Option<(Span, usize)>,
}

/// The probes that one block of the script becomes, as the last reading left them.
type Variables = BTreeMap<(usize, usize), Learnt>;

/// Whether the language itself gives this name a meaning, as a function or as a builtin.
pub(crate) fn is_builtin(name: &str) -> bool {
    calls::is_known(name) || idents::is_known(name)
}

/// Checks a script for a machine; its macros are expanded.
pub fn check(script: &Script, target: &Target, options: &Options) -> Checked {
    let mut diagnostics = Diagnostics::default();
    let config = settings::settings(script, options, &mut diagnostics);
    let defines = defines(script);
    let own_types = ctypes::script_types(&script.preamble, target.btf.as_ref(), &defines, &mut diagnostics);
    let types = Types {
        kernel: target.btf.as_ref(),
        script: own_types.as_ref(),
        imports: &options.imports,
        files: &target.debug,
        file: None,
    };
    let facts: Vec<Vec<Facts>> = script
        .probes
        .iter()
        .map(|probe| points::facts_of(probe, target, options, &config, &mut diagnostics))
        .collect();
    points::names_are_unique(script, &facts, &mut diagnostics);
    let functions: Vec<functions::Prepared> = script.functions.iter().map(functions::prepare).collect();
    let mut session = Session {
        functions: &functions,
        types,
        target,
        config,
        options,
        maps: Maps::default(),
        defines,
        includes: script.preamble.items.iter().any(|item| matches!(item, CItem::Include { .. })),
        diagnostics: Diagnostics::default(),
        words: BTreeMap::new(),
        times: clocks::MapTimes::default(),
        expansions: 0,
        turns: 0,
        hoisted: BTreeSet::new(),
        changed: false,
        last_reading: false,
        unread: diagnostics.has_errors() && facts.iter().any(Vec::is_empty),
        too_many: None,
    };
    for decl in &script.map_decls {
        declarations::declare(&mut session.maps, decl, &mut diagnostics);
    }
    let mut variables = Variables::new();
    for number in 0..MAX_READINGS {
        let pace = if number < FREE_READINGS { Pace::Free } else { Pace::OnlyWider };
        session.changed = false;
        read(&mut session, script, &facts, &mut variables);
        if let Some((span, count)) = session.too_many {
            diagnostics.push(too_many(span, count, session.config.max_bpf_progs));
            return Checked { program: Program::default(), diagnostics };
        }
        let mut changed = session.changed | session.maps.settle(pace) | session.times.settle(pace);
        for learnt in variables.values_mut() {
            changed |= learnt.settle(pace);
        }
        if !changed && !session.maps.fill_unwritten() {
            break;
        }
    }
    session.last_reading = true;
    session.diagnostics = Diagnostics::default();
    let probes = read(&mut session, script, &facts, &mut variables);
    diagnostics.extend(unique(session.diagnostics));
    declarations::judge(&session.maps, &mut diagnostics);
    let maps = session.maps.finish(&session.config);
    let config = session.config;
    let imports = options.imports.clone();
    let program = Program { probes, maps, types: own_types, imports, config };
    limit_probes(&program, script, &mut diagnostics);
    Checked { program, diagnostics }
}

/// One reading of all probes.
fn read(
    session: &mut Session<'_>,
    script: &Script,
    facts: &[Vec<Facts>],
    variables: &mut Variables,
) -> Vec<Probe> {
    (session.expansions, session.turns) = (0, 0);
    session.maps.renumber();
    let mut probes = Vec::new();
    // Programs that patterns have become; those that the script names one by one are not limited.
    let (mut programs, limit) = (0, session.config.max_bpf_progs as usize);
    for (index, (probe, facts)) in script.probes.iter().zip(facts).enumerate() {
        if facts.len() <= probe.points.len() {
            read_probe(session, (index, probe), facts, usize::MAX, variables, &mut probes);
            continue;
        }
        let before = probes.len();
        read_probe(session, (index, probe), facts, limit - programs, variables, &mut probes);
        if probes.len() - before > limit - programs {
            let span = probe.points.first().map_or(probe.span, |point| point.span);
            session.too_many = Some((span, programs + facts.len()));
            break;
        }
        programs += probes.len() - before;
    }
    probes
}

fn too_many(span: Span, count: usize, limit: u32) -> Diagnostic {
    let text = format!(
        "Your program is trying to generate more than {count} BPF programs, which exceeds the current limit of {limit}"
    );
    let advice = "You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.";
    Diagnostic::error(span, text).hint(advice)
}

/// One block: once for all its attach points where it does not matter which, else once for each, but not much more often
/// than `most`.
fn read_probe(
    session: &mut Session<'_>,
    (index, probe): (usize, &ast::Probe),
    facts: &[Facts],
    most: usize,
    variables: &mut Variables,
    out: &mut Vec<Probe>,
) {
    let mut shared: Vec<&Facts> = Vec::new();
    let (mut tracing, before) = (false, out.len());
    for (number, fact) in facts.iter().enumerate() {
        if let Some(first) = shared.first()
            && points::same_code(first, fact)
        {
            if let Some(last) = out.last_mut() {
                last.attach.push(points::place(fact, tracing));
                last.multi = true;
                if !last.names.is_empty() {
                    last.names.push(fact.name.clone());
                }
            }
            continue;
        }
        if out.len() - before > most {
            return;
        }
        let learnt = variables.entry((index, number)).or_default();
        let mut body = Body::new(session, index, facts, fact, learnt);
        let stmts = body.probe(probe.predicate.as_ref(), &probe.body);
        let foreign_call = system_calls::foreign_call(&mut body, probe.span);
        let (depends, asks) = (body.depends_on_point, body.asks_name);
        tracing = body.needs_tracing;
        let functions = body.functions.take();
        let vars = body.into_vars();
        shared = if depends { Vec::new() } else { vec![fact] };
        out.push(Probe {
            provider: fact.provider,
            name: fact.name.clone(),
            attach: vec![points::place(fact, tracing)],
            multi: false,
            names: if asks { vec![fact.name.clone()] } else { Vec::new() },
            foreign_call,
            vars,
            body: stmts,
            functions,
            span: probe.points.first().map_or(probe.span, |point| point.span),
        });
    }
}

fn defines(script: &Script) -> BTreeMap<String, ast::Expr> {
    let items = script.preamble.items.iter();
    items
        .filter_map(|item| match item {
            CItem::Define { name, params: None, value: Some(value), .. } if !mentions(value, &name.node) => {
                Some((name.node.clone(), value.clone()))
            }
            _ => None,
        })
        .collect()
}

/// A macro that names itself would never end.
fn mentions(expr: &ast::Expr, name: &str) -> bool {
    format!("{expr:?}").contains(&format!("{name:?}"))
}

fn limit_probes(program: &Program, script: &Script, diagnostics: &mut Diagnostics) {
    let count: usize = program.probes.iter().map(|probe| probe.attach.len()).sum();
    let limit = program.config.max_probes as usize;
    if count > limit
        && let Some(first) = script.probes.first()
    {
        diagnostics.push(
            Diagnostic::error(
                first.span,
                format!(
                    "Can't attach to {count} probes because it exceeds the current limit of {limit} probes"
                ),
            )
            .hint("BPFTRACE_MAX_PROBES raises the limit; many probes can slow the machine down"),
        );
    }
}

/// Each message once: a block that is read for many attach points says the same again and again.
fn unique(diagnostics: Diagnostics) -> Diagnostics {
    let mut seen = Diagnostics::default();
    let mut places = BTreeSet::new();
    for diagnostic in diagnostics.list {
        if places.insert((diagnostic.span, diagnostic.severity)) {
            seen.push(diagnostic);
        }
    }
    seen
}
