//! From a script's text to an object, a schema and a plan.
use crate::gather::{gather, gather_what_can_be};
use crate::imports;
use crate::script::{ScriptError, ScriptPlaces, WholeScript, read_script};
use crate::user::KERNEL_ONLY;
use osmia_base::{Diagnostic, Diagnostics, Source, Span};
use osmia_event::Schema;
use osmia_lang_trace::ast::Script;
use osmia_lang_trace::attach_point::resolve_point;
use osmia_lang_trace::check::{self, Options as CheckOptions};
use osmia_lang_trace::typed::Config;
use osmia_lang_trace::{LowerOptions, NamedParam, Plan, Transport};
use osmia_object::{Object, Target};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What compiling is told besides the script.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// What checking is told.
    pub check: CheckOptions,
    /// What lowering is told.
    pub lower: LowerOptions,
    /// The program of the command that is traced: what a probe means that names no file.
    pub program: Option<PathBuf>,
    /// Named parameters as they are given: `--name=value`.
    pub named: Vec<String>,
    /// Whether the machine may be asked: without it (`--vm`), only what the script itself says is known.
    pub ask_machine: bool,
    /// The kernel's types, where they are not to be the running kernel's.
    pub btf: Option<PathBuf>,
    /// Features that count as missing.
    pub missing: Vec<osmia_abi::Feature>,
    /// Features that are to be asked for before compiling; nothing is asked for where none are.
    pub features: Vec<osmia_abi::Feature>,
    /// Whether the object is to be loaded on other machines too.
    pub portable: bool,
    /// Probes about which the machine cannot be asked are left out, with a warning, instead of refusing the script.
    pub lenient: bool,
    /// The script comes out of an object: it is not compiled again where the kernel refuses it.
    pub compiled: bool,
    /// Which stages are to be shown.
    pub stages: Vec<Stage>,
    /// `-I`: where included files are looked for.
    pub include_dirs: Vec<PathBuf>,
    /// `--include`: files that are read before the script.
    pub includes: Vec<PathBuf>,
    /// `--debuginfo`: where files with debug information are looked for.
    pub debuginfo: Vec<PathBuf>,
    /// `--traceable-functions`: the list of functions that can be traced, where it is not the kernel's own.
    pub traceable_functions: Option<PathBuf>,
}

/// A stage of the compiler that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The tree.
    Ast,
    /// The checked script.
    Types,
    /// The compiler's form, as lowered.
    Ir,
    /// The same, optimized.
    IrOpt,
    /// Instructions.
    Bytecode,
    /// Maps, data, relocations.
    Object,
}

impl Stage {
    /// All, in order, with the names that `-d` takes.
    pub const ALL: &[(&'static str, Self)] = &[
        ("ast", Self::Ast),
        ("types", Self::Types),
        ("ir", Self::Ir),
        ("ir-opt", Self::IrOpt),
        ("bytecode", Self::Bytecode),
        ("object", Self::Object),
    ];
}

/// A compiled script.
#[derive(Debug)]
pub struct Compiled {
    /// The object.
    pub object: Object,
    /// How to read what it sends and stores.
    pub schema: Schema,
    /// What is attached where.
    pub plan: Plan,
    /// The script's settings.
    pub config: Config,
    /// The machine, as far as it was asked.
    pub target: Target,
    /// What there is to say although it compiled.
    pub warnings: Diagnostics,
    /// The stages that were to be shown.
    pub shown: Vec<(Stage, String)>,
    /// The parameters that the command line gives by name.
    pub params: Vec<NamedParam>,
    /// The steps of compiling, and how long each took.
    pub steps: Vec<(&'static str, Duration)>,
}

impl Compiled {
    /// Where a variable of `.bss` is.
    pub(crate) fn variable(&self, name: &str) -> Option<usize> {
        let bss = self.object.data.values().find(|data| data.name == ".bss")?;
        let variable = bss.variables.iter().find(|variable| variable.name == name)?;
        Some(variable.offset as usize)
    }
}

/// Why a script did not compile.
#[derive(Debug)]
pub enum CompileError {
    /// The script is wrong.
    Script(Diagnostics),
    /// The machine could not be asked.
    Machine(String),
    /// The script cannot be compiled as it is asked for; what to tell the person.
    Words(String),
}

impl CompileError {
    /// What to tell the person.
    pub fn render(&self, source: &Source) -> String {
        match self {
            Self::Script(diagnostics) => diagnostics.render(source),
            Self::Machine(message) => format!("ERROR: {message}\n"),
            Self::Words(words) => words.clone(),
        }
    }
}

fn script_places(options: &CompileOptions) -> ScriptPlaces {
    ScriptPlaces {
        include_dirs: options.include_dirs.clone(),
        includes: options.includes.clone(),
        btf: options.btf.clone(),
        isa: isa(options),
    }
}

/// Reads the script; says what clang says to bpftrace's users where a header is missing.
pub(crate) fn whole_script(source: &mut Source, places: &ScriptPlaces) -> Result<WholeScript, CompileError> {
    read_script(source, places).map_err(|error| match error {
        ScriptError::Wrong(diagnostics) => CompileError::Script(diagnostics),
        ScriptError::NoHeader(span, name) => {
            let text = format!("'{name}' file not found");
            // bpftrace puts one line in front of a script's C part.
            let (file, at) = source.written(span);
            let place = file.place(at.start);
            let line = format!("definitions.h:{}:{}: fatal error: {text}\n", place.line + 1, place.column);
            CompileError::Words(line + &Diagnostic::error(span, text).render(source))
        }
    })
}

const NO_PROBES: &str = "there is no probe in this script; expected at least one, such as `begin { ... }`";

/// Times of one step after the other.
struct Steps {
    since: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    fn done(&mut self, name: &'static str) {
        self.done.push((name, self.since.elapsed()));
        self.since = Instant::now();
    }
}

/// Compiles a script. The source gets places for what the script imports and what its macros expand to.
pub fn compile(source: &mut Source, options: &CompileOptions) -> Result<Compiled, CompileError> {
    let mut steps = Steps { since: Instant::now(), done: Vec::with_capacity(7) };
    let mut shown = Vec::new();
    let mut show = |stage, text: &dyn Fn() -> String| {
        if options.stages.contains(&stage) {
            shown.push((stage, text()));
        }
    };
    let WholeScript { mut script, objects, mut diagnostics } = whole_script(source, &script_places(options))?;
    let imports = imports::read(objects, &mut diagnostics);
    steps.done("parse");
    let (params, wrong) = osmia_lang_trace::named_params(&script);
    diagnostics.extend(wrong);
    let source = &*source;
    show(Stage::Ast, &|| osmia_lang_trace::ast::dump(&script));
    if script.probes.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(Diagnostic::error(Span::default(), NO_PROBES.to_owned()));
    }
    if !options.ask_machine {
        diagnostics.extend(kernel_only(&script, &options.check.params));
    }
    if diagnostics.has_errors() {
        return Err(CompileError::Script(diagnostics));
    }
    let named = osmia_lang_trace::param_values(&params, &options.named).map_err(CompileError::Words)?;
    let imported = !imports.is_empty();
    let target = if options.lenient {
        let (target, left_out) = gather_what_can_be(&mut script, options, imported)?;
        diagnostics.extend(left_out);
        if script.probes.is_empty() {
            return Err(CompileError::Script(diagnostics));
        }
        target
    } else {
        gather(&script, options, imported)?
    };
    steps.done("gather");
    let checked = check::check(
        &script,
        &target,
        &CheckOptions {
            named,
            portable: options.portable,
            imports: imports::known(&imports),
            ..options.check.clone()
        },
    );
    diagnostics.extend(checked.diagnostics);
    if diagnostics.has_errors() {
        return Err(CompileError::Script(diagnostics));
    }
    let program = checked.program;
    steps.done("check");
    show(Stage::Types, &|| format!("{program:#?}\n"));
    let lowered = osmia_lang_trace::lower(&program, source, &target, &lower_options(options));
    let mut lowered = lowered.map_err(|error| CompileError::Script(with(&diagnostics, error)))?;
    steps.done("lower");
    show(Stage::Ir, &|| osmia_ir::text::print(&lowered.module));
    osmia_ir::optimize(&mut lowered.module);
    steps.done("optimize");
    show(Stage::IrOpt, &|| osmia_ir::text::print(&lowered.module));
    let object = osmia_ir::emit(lowered.module, &osmia_ir::Options { isa: isa(options) })
        .map_err(|error| CompileError::Script(with(&diagnostics, emit_error(source, &error))))?;
    let object =
        imports::link(object, &imports).map_err(|error| CompileError::Script(with(&diagnostics, error)))?;
    steps.done("emit");
    show(Stage::Bytecode, &|| crate::show::bytecode(&object));
    show(Stage::Object, &|| crate::show::object(&object));
    let (schema, plan) = (lowered.schema, lowered.plan);
    let (config, steps) = (program.config, steps.done);
    Ok(Compiled { object, schema, plan, config, target, warnings: diagnostics, shown, params, steps })
}

/// Probes that nothing fires where there is no kernel to ask. Points that are wrong are told of later.
fn kernel_only(script: &Script, params: &[Vec<u8>]) -> Diagnostics {
    let mut all = Diagnostics::default();
    for point in script.probes.iter().flat_map(|probe| &probe.points) {
        let resolved = resolve_point(&point.text, point.span, params);
        if resolved.is_ok_and(|resolved| !resolved.provider.needs_no_kernel()) {
            all.error(point.span, format!("{} {KERNEL_ONLY}", point.text));
        }
    }
    all
}

/// Process ids are those of our own pid namespace, unless the object is to go elsewhere.
fn lower_options(options: &CompileOptions) -> LowerOptions {
    let here = options.ask_machine && !options.portable;
    let pid_namespace = if here { osmia_host::pid_namespace() } else { None };
    LowerOptions { pid_namespace, ..options.lower.clone() }
}

fn with(diagnostics: &Diagnostics, error: Diagnostic) -> Diagnostics {
    let mut all = diagnostics.clone();
    all.push(error);
    all
}

/// A failure of the compiler, at the place in the script where it has one.
fn emit_error(source: &Source, error: &osmia_ir::CompileError) -> Diagnostic {
    let loc = match error {
        osmia_ir::CompileError::StackTooDeep { biggest, .. } => biggest.first().map(|(_, loc)| *loc),
        osmia_ir::CompileError::Unsupported { loc, .. } | osmia_ir::CompileError::UnknownCallee { loc } => {
            Some(*loc)
        }
        _ => None,
    };
    let span = loc.and_then(|loc| {
        let file = source.files().nth(loc.file as usize)?;
        Some(source.span_in(&file.name, loc.line, loc.column))
    });
    let span = span.unwrap_or_default();
    Diagnostic::error(span, error.to_string())
}

/// The newest instruction set, unless it is known to be missing or the object is to go elsewhere.
fn isa(options: &CompileOptions) -> osmia_ir::Isa {
    let missing = |feature| options.missing.contains(&feature);
    if missing(osmia_abi::Feature::Jump32) {
        osmia_ir::Isa::V2
    } else if options.portable || missing(osmia_abi::Feature::IsaV4) {
        osmia_ir::Isa::V3
    } else {
        osmia_ir::Isa::V4
    }
}

/// The transport for records that options ask for.
pub fn transport(missing: &[osmia_abi::Feature]) -> Transport {
    if missing.contains(&osmia_abi::Feature::Ringbuf) { Transport::PerfBuffer } else { Transport::Best }
}
