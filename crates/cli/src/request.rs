//! From words to one whole, valid wish.
use crate::flags::{Format, Trace};
use osmia::{Buffering, CompileOptions, Form, RunOptions, Stage};
use osmia_base::Source;
use std::io::Read;
use std::path::PathBuf;

/// Names the map that is the clock of time series: tests wind it by hand.
const CLOCK_MAP: &str = "BPFTRACE_DUMMY_TS_MAP";

/// What `osmia trace` is to do with a script.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) source: Source,
    pub(crate) compile: CompileOptions,
    pub(crate) run: RunOptions,
    pub(crate) form: Form,
    pub(crate) buffering: Buffering,
    pub(crate) output: Option<PathBuf>,
    pub(crate) emit: Option<PathBuf>,
    pub(crate) command: Option<String>,
}

impl Trace {
    /// Reads the script and checks that the words go together.
    pub(crate) fn check(&self) -> Result<Request, String> {
        let (source, params) = self.source()?;
        let missing = self.missing()?;
        let mut compile = CompileOptions {
            ask_machine: !self.vm,
            btf: self.btf.clone().or_else(|| std::env::var_os("BPFTRACE_BTF").map(PathBuf::from)),
            stages: self.stages()?,
            portable: self.emit.is_some(),
            ..CompileOptions::default()
        };
        (compile.named, compile.check.params) = params.into_iter().partition(|word| word.starts_with("--"));
        compile.check.unsafe_allowed = self.dangerous;
        compile.check.has_child = self.command.is_some();
        compile.check.pid = self.pid;
        compile.check.environment = environment()?;
        compile.lower.pid = self.pid;
        compile.lower.transport = osmia::transport(&missing);
        compile.lower.clock_map = std::env::var(CLOCK_MAP).ok();
        compile.missing = missing;
        Ok(Request {
            source,
            compile,
            run: RunOptions {
                quiet: self.quiet,
                verbose: self.verbose,
                dry_run: self.dry_run,
                no_warnings: self.no_warnings,
                strict: self.strict,
                pid: self.pid,
                user: self.vm,
                ..RunOptions::default()
            },
            form: if self.format == Format::Json { Form::Json } else { Form::Text },
            buffering: self.buffering(),
            output: self.output.clone(),
            emit: self.emit.clone(),
            command: self.command.clone(),
        })
    }

    /// When output is passed on.
    pub(crate) const fn buffering(&self) -> Buffering {
        match self.buffering {
            Some(crate::flags::Buffering::Full) => Buffering::Full,
            Some(crate::flags::Buffering::Line | crate::flags::Buffering::None) => Buffering::Message,
            None => Buffering::Burst,
        }
    }

    /// The script, and the words behind it.
    pub(crate) fn source(&self) -> Result<(Source, Vec<String>), String> {
        if let Some(program) = &self.program {
            return Ok((Source::new("stdin", program.as_str()), self.words.clone()));
        }
        let Some((file, params)) = self.words.split_first() else {
            return Err(
                "there is no script: give a file, `-` for standard input, or -e 'PROGRAM' (see --help)"
                    .into(),
            );
        };
        let (name, text) = read(file)?;
        Ok((Source::new(name, text), params.to_vec()))
    }

    fn missing(&self) -> Result<Vec<osmia::Feature>, String> {
        let known = [
            ("kprobe_multi", osmia::Feature::KprobeMulti),
            ("uprobe_multi", osmia::Feature::UprobeMulti),
            ("ringbuf", osmia::Feature::Ringbuf),
        ];
        let find = |name: &String| {
            // A session is a multi link with both sides; osmia makes two of it anyway.
            if name == "kprobe_session" {
                return Ok(None);
            }
            match known.iter().find(|(word, _)| word == name) {
                Some((_, feature)) => Ok(Some(*feature)),
                None => Err(format!(
                    "--no-feature {name}: there are kprobe_multi, kprobe_session, uprobe_multi, ringbuf"
                )),
            }
        };
        Ok(self.no_feature.iter().map(find).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn stages(&self) -> Result<Vec<Stage>, String> {
        let mut stages = Vec::new();
        for word in &self.debug {
            match Stage::ALL.iter().find(|(name, _)| name == word) {
                Some((_, stage)) => stages.push(*stage),
                None if word == "all" => stages.extend(Stage::ALL.iter().map(|(_, stage)| *stage)),
                None => {
                    let names: Vec<&str> = Stage::ALL.iter().map(|(name, _)| *name).collect();
                    return Err(format!("-d {word}: there are {}, all", names.join(", ")));
                }
            }
        }
        Ok(stages)
    }
}

/// A file's name for messages, and its text.
fn read(file: &str) -> Result<(String, String), String> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    } else {
        bytes = std::fs::read(file).map_err(|error| format!("failed to open file '{file}': {error}"))?;
    }
    let name = if file == "-" { "stdin" } else { file };
    if bytes.starts_with(b"\x7fELF") {
        return Err(format!(
            "{name}: this is no script but an object or a program (ELF); `osmia run {name}` runs objects"
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name.to_owned(), text)),
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
    ];
    let settings: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("BPFTRACE_") && !others.contains(&name.as_str()))
        .collect();
    match settings.iter().find_map(|(name, value)| osmia::environment_error(name, value)) {
        Some(error) => Err(error),
        None => Ok(settings),
    }
}
