//! From words to one whole, valid wish.
use crate::flags::Trace;
use crate::words::{Work, parse_pid};
use osmia::{Buffering, Choice, CompileOptions, Form, RunOptions};
use osmia_base::Source;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// Names the map that is the clock of time series: tests wind it by hand.
const CLOCK_MAP: &str = "BPFTRACE_DUMMY_TS_MAP";

/// What `osmia trace` is to do with a script.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) work: Work,
    pub(crate) source: Source,
    pub(crate) compile: CompileOptions,
    pub(crate) run: RunOptions,
    pub(crate) form: Form,
    pub(crate) buffering: Buffering,
    pub(crate) output: Option<PathBuf>,
    pub(crate) emit: Option<PathBuf>,
    /// Where to write a program that stands alone.
    pub(crate) aot: Option<PathBuf>,
    pub(crate) command: Option<String>,
}

impl Trace {
    /// The folders of `--debuginfo`.
    pub(crate) fn debug_folders(&self) -> Vec<PathBuf> {
        self.debuginfo.iter().filter(|dir| !dir.as_os_str().is_empty()).cloned().collect()
    }

    /// Reads the script and checks that the words go together.
    pub(crate) fn check(&self) -> Result<Request, String> {
        // What is wrong with the words is told before anything is read.
        self.request(Source::new("", ""), Vec::new())?;
        let (source, words) = self.source()?;
        let request = self.request(source, words)?;
        tell_old_names();
        Ok(request)
    }

    /// Checks that the words go together for a script that is there.
    pub(crate) fn request(&self, source: Source, words: Vec<OsString>) -> Result<Request, String> {
        let (work, mode) = self.work()?;
        let choice = Choice::new(mode, self.probe_filter.as_deref())?;
        let report_failures = self.reports_failures()?;
        let (buffering, form) = (self.buffering()?, self.form()?);
        let (stages, verifier_log) = self.stages()?;
        let missing = self.missing()?;
        if form == Form::Pprof && self.output.is_none() && std::io::stdout().is_terminal() {
            return Err("-f pprof writes a binary file: give -o FILE, or send the output elsewhere".into());
        }
        if self.emit_llvm.is_some() {
            return Err("--emit-llvm: there is no LLVM in osmia, and nothing in its form to write. Print the compiler's own form \
                        with `-d ir` (or `-d ir-opt`, `-d bytecode`), or write the object with `--emit FILE.bpf.o`"
                .into());
        }
        if self.command.is_some() && self.pid.is_some() {
            return Err("USAGE: Cannot use both -c and -p.".into());
        }
        let pid = self.process()?;
        let dwarf_pids = self.dwarf_pid.iter().map(|pid| parse_pid(pid)).collect::<Result<Vec<_>, _>>()?;
        let (named, params) = parameters(words)?;
        let mut compile = CompileOptions {
            ask_machine: !self.vm,
            btf: self.btf.clone().or_else(|| std::env::var_os("BPFTRACE_BTF").map(PathBuf::from)),
            stages,
            portable: self.emit.is_some() || self.aot.is_some(),
            include_dirs: self.include_dirs.clone(),
            includes: self.includes.clone(),
            debuginfo: self.debug_folders(),
            traceable_functions: self.traceable_functions.clone(),
            ..CompileOptions::default()
        };
        (compile.named, compile.check.params) = (named, params);
        compile.check.unsafe_allowed = self.dangerous;
        compile.check.has_child = self.command.is_some();
        compile.check.pid = pid;
        compile.check.environment = environment()?;
        compile.lower.pid = pid;
        compile.lower.report_failures = report_failures;
        compile.lower.transport = osmia::transport(&missing);
        compile.lower.clock_map = std::env::var(CLOCK_MAP).ok();
        compile.missing = missing;
        Ok(Request {
            work,
            source,
            compile,
            run: RunOptions {
                quiet: self.quiet,
                verbose: self.verbose,
                dry_run: self.dry_run,
                no_warnings: self.no_warnings,
                strict: self.strict,
                pid,
                user: self.vm,
                choice,
                verifier_log,
                dwarf_pids,
                usdt_file_activation: self.usdt_file_activation,
                ..RunOptions::default()
            },
            form,
            buffering,
            output: self.output.clone(),
            emit: self.emit.clone(),
            aot: self.aot.clone(),
            command: self.command.clone(),
        })
    }

    /// The process of `-p`.
    pub(crate) fn process(&self) -> Result<Option<u32>, String> {
        self.pid.as_deref().map(parse_pid).transpose()
    }

    /// The script, and the words behind it.
    pub(crate) fn source(&self) -> Result<(Source, Vec<OsString>), String> {
        if let Some(program) = &self.program {
            return Ok((Source::new("stdin", program.as_str()), self.words.clone()));
        }
        let Some((file, params)) = self.words.split_first() else {
            return Err("USAGE: filename or -e 'program' required.".into());
        };
        let (name, text) = read(Path::new(file))?;
        Ok((Source::new(name, text), params.to_vec()))
    }
}

/// Words behind a script: those that name what they are for (`--name=value`), and `$1`, `$2`, ….
fn parameters(words: Vec<OsString>) -> Result<(Vec<String>, Vec<Vec<u8>>), String> {
    let (named, counted) =
        words.into_iter().partition::<Vec<_>, _>(|word| word.as_bytes().starts_with(b"--"));
    let text =
        |word: OsString| word.into_string().map_err(|word| format!("argument {word:?} is no UTF-8 text"));
    let named = named.into_iter().map(text).collect::<Result<_, _>>()?;
    Ok((named, counted.into_iter().map(OsString::into_vec).collect()))
}

/// A file's name for messages, and its text.
pub(crate) fn read(file: &Path) -> Result<(String, String), String> {
    let standard = file == Path::new("-");
    let name = if standard { "stdin".to_owned() } else { file.display().to_string() };
    let bytes = if standard {
        osmia::read_stream(std::io::stdin())
            .map_err(|error| format!("standard input: {}", osmia::error_text(&error)))?
    } else {
        osmia::read_file(file)
            .map_err(|error| format!("failed to open file '{name}': {}", osmia::error_text(&error)))?
    };
    if bytes.starts_with(b"\x7fELF") {
        return Err(format!(
            "{name}: this is no script but an object or a program (ELF); `osmia run {name}` runs objects"
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(format!(
            "{name}: this is no script: byte {} is not UTF-8 text",
            error.utf8_error().valid_up_to()
        )),
    }
}

/// Settings from the environment.
fn environment() -> Result<Vec<(String, String)>, String> {
    let others = [
        CLOCK_MAP,
        "BPFTRACE_BTF",
        "BPFTRACE_COLOR",
        "BPFTRACE_VMLINUX",
        "BPFTRACE_KERNEL_SOURCE",
        "BPFTRACE_KERNEL_BUILD",
        "BPFTRACE_OBJCOPY",
        "BPFTRACE_KCONFIG_TEST",
        "BPFTRACE_DUMMY_TS_MAP",
    ];
    let settings: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("BPFTRACE_") && !others.contains(&name.as_str()))
        .map(|(name, value)| (known_by_now(name), value))
        .collect();
    match settings.iter().find_map(|(name, value)| osmia::environment_error(name, value)) {
        Some(error) => Err(error),
        None => Ok(settings),
    }
}

/// The name of a setting as it is called today.
fn known_by_now(name: String) -> String {
    osmia::environment_renamed(&name).unwrap_or(name)
}

/// Settings that the environment calls by an old name.
fn tell_old_names() {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for (now, name) in names.filter_map(|name| Some((osmia::environment_renamed(&name)?, name))) {
        crate::trace::complain(&format!("WARNING: {name} has been renamed, please use {now}\n"));
    }
}
