//! What compiling a script must know of the machine: the language says what it wants, `host` is asked once.
use crate::compile::{CompileError, CompileOptions};
use osmia_base::{Diagnostic, Diagnostics};
use osmia_host::{BinaryError, BinaryWants, tracefs};
use osmia_lang_trace::ast::Script;
use osmia_lang_trace::attach_point::has_wildcard;
use osmia_lang_trace::{FileWants, Provider, Transport};
use osmia_object::Target;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the script must know of the machine; imported objects name the kernel's types.
pub(crate) fn gather(
    script: &Script,
    options: &CompileOptions,
    imported: bool,
) -> Result<Target, CompileError> {
    let wants = osmia_lang_trace::wants(script, &options.check.params);
    if !options.ask_machine {
        let mut target = Target { cpus: 1, ..Target::default() };
        missing(&mut target, options);
        return Ok(target);
    }
    let wants = osmia_host::Wants {
        // What is to run on other kernels finds the fields of events by their names.
        kernel_btf: wants.kernel_btf || imported || (options.portable && !wants.tracepoints.is_empty()),
        tracepoints: wants.tracepoints.into_iter().collect(),
        fields: wants.fields.into_iter().collect(),
        raw_tracepoints: wants.raw_tracepoints,
        functions: wants.functions.into_iter().map(function_pattern).collect(),
        modules: wants.modules,
        bpf_programs: wants.bpf_programs,
        binaries: binary_wants(wants.binaries),
        debug: wants.debug.into_iter().map(|(path, wanted)| debug_wants(path, wanted)).collect(),
        ksyms: wants.ksyms.into_iter().collect(),
        kfuncs: wants.kfuncs.into_iter().collect(),
        kconfig: Vec::new(),
        // A perf buffer for each processor wants to know how many there are.
        cpus: wants.cpus || options.lower.transport == Transport::PerfBuffer,
        features: options.features.iter().copied().chain(wants.features).collect(),
        search: osmia_host::Search {
            pid: options.lower.pid,
            program: options.program.clone(),
            any_kind: options.check.unsafe_allowed,
        },
        ..osmia_host::Wants::default()
    };
    let places = osmia_host::Places {
        functions: options.traceable_functions.clone(),
        ..places(options.btf.as_ref(), &options.debuginfo)
    };
    let mut target = osmia_host::gather_with(&wants, &places).map_err(|error| unasked(script, &error))?;
    name_others(&wants.tracepoints, &mut target);
    missing(&mut target, options);
    if target.cpus == 0 && !options.portable {
        // Who adds up what all of them counted needs not go further; without an answer, he goes as far as there may be some.
        target.cpus = osmia_host::possible_cpus().map_or(0, |cpus| cpus.len() as u32);
    }
    if options.portable {
        // It is to run on kernels of any version, put there by any loader.
        target.version = 0;
        target.features.set(osmia_abi::Feature::KprobeMulti, false);
        target.features.set(osmia_abi::Feature::KprobeSession, false);
    }
    Ok(target)
}

fn debug_wants(path: String, wanted: osmia_lang_trace::DebugWants) -> osmia_host::DebugWants {
    osmia_host::DebugWants {
        path,
        functions: wanted.functions.into_iter().collect(),
        types: wanted.types.into_iter().collect(),
        lines: wanted.lines.into_iter().collect(),
    }
}

/// What a script wants of user files, in the words of `host`.
pub(crate) fn binary_wants(wants: BTreeMap<String, FileWants>) -> Vec<BinaryWants> {
    let of_file = |(path, wants): (String, FileWants)| BinaryWants {
        path,
        symbols: wants.functions.into_iter().collect(),
        demangled: wants.demangled.into_iter().collect(),
        variables: wants.variables.into_iter().collect(),
        probes: wants.probes,
        addresses: wants.addresses.into_iter().collect(),
        offsets: wants.offsets.into_iter().collect(),
    };
    wants.into_iter().map(of_file).collect()
}

/// What can be known of the machine; probes that want what cannot be are left out of the script.
pub(crate) fn gather_what_can_be(
    script: &mut Script,
    options: &CompileOptions,
    imported: bool,
) -> Result<(Target, Diagnostics), CompileError> {
    let mut left_out = Diagnostics::default();
    if let Ok(target) = gather(script, options, imported) {
        return Ok((target, left_out));
    }
    let probes = std::mem::take(&mut script.probes);
    let mut kept = Vec::new();
    for probe in probes {
        script.probes = vec![probe];
        let asked = gather(script, options, imported);
        let Some(probe) = script.probes.pop() else { continue };
        match asked {
            Ok(_) => kept.push(probe),
            Err(error) => {
                let why = match error {
                    CompileError::Machine(why) | CompileError::Words(why) => why,
                    CompileError::Script(diagnostics) => {
                        diagnostics.list.first().map(|first| first.text.clone()).unwrap_or_default()
                    }
                };
                let why = why.lines().last().unwrap_or_default().trim_matches(['(', ')']).to_owned();
                let span = probe.points.first().map_or(probe.span, |point| point.span);
                let text = format!("this probe was not checked: {why}");
                left_out.push(Diagnostic::warning(span, text));
            }
        }
    }
    script.probes = kept;
    if script.probes.is_empty() {
        return Ok((Target::default(), left_out));
    }
    Ok((gather(script, options, imported)?, left_out))
}

pub(crate) fn function_pattern(
    osmia_lang_trace::WantedFunction { module, name, types }: osmia_lang_trace::WantedFunction,
) -> osmia_host::FunctionPattern {
    osmia_host::FunctionPattern { module, name, types }
}

/// Where a tracepoint does not exist, the names of all others: for a suggestion.
fn name_others(wanted: &[(String, String)], target: &mut Target) {
    let exact = |(category, name): &(String, String)| !has_wildcard(category) && !has_wildcard(name);
    let exists = |key: &(String, String)| target.tracepoints.contains_key(key);
    if wanted.iter().all(|key| !exact(key) || exists(key)) {
        return;
    }
    let names = tracefs::root().ok().and_then(|root| tracefs::event_names(root).ok()).unwrap_or_default();
    for name in names {
        target.tracepoints.entry(name).or_default();
    }
}

/// Why the machine could not be asked: for lack of rights, where that is so.
fn unasked(script: &Script, error: &osmia_host::GatherError) -> CompileError {
    if let osmia_host::GatherError::Binary { path, why } = error {
        let mut points = script.probes.iter().flat_map(|probe| &probe.points);
        if let Some(point) = points.find(|point| point.text.contains(path.as_str())) {
            let provider = point.text.split(':').next().and_then(Provider::from_name);
            let provider = provider.map_or("uprobe", Provider::name);
            let message = match why {
                BinaryError::NotFound if path.is_empty() => {
                    let text = format!("{provider} probe type requires 2 or 3 arguments, found 1");
                    Diagnostic::error(point.span, text).hint("only with -p or -c may the file be left out")
                }
                BinaryError::NotFound | BinaryError::NotAFile => Diagnostic::error(
                    point.span,
                    format!("{provider} target file '{path}' does not exist or is not executable"),
                )
                .hint(why.to_string()),
                _ => Diagnostic::error(point.span, error.to_string()),
            };
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(message);
            return CompileError::Script(diagnostics);
        }
    }
    // `--vm` is no way out: nobody answers there what the script asks of the machine.
    CompileError::Machine(with_rights(error))
}

/// What went wrong, after the rights that are missing, where some are.
pub(crate) fn with_rights(error: &dyn std::fmt::Display) -> String {
    let rights = osmia_host::privileges().explanation();
    rights.map_or_else(|| error.to_string(), |rights| format!("{rights}\n({error})"))
}

/// Where the machine's facts are read.
pub(crate) fn places(btf: Option<&PathBuf>, debug: &[PathBuf]) -> osmia_host::Places {
    let usual = osmia_host::Places::default();
    osmia_host::Places {
        btf: btf.cloned().unwrap_or_else(|| usual.btf.clone()),
        debug: debug.to_vec(),
        ..usual
    }
}

fn missing(target: &mut Target, options: &CompileOptions) {
    for feature in &options.missing {
        target.features.set(*feature, false);
    }
}
