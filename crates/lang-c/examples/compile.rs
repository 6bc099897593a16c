//! Compiles C to an object, and runs its first program: `compile [-IDIR] [-DNAME=TEXT] [--btf FILE] [--ir] [--run] FILE.c [FILE.bpf.o]`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is what it is for")]
use osmia_base::Source;
use osmia_btf::Btf;
use osmia_ir::{Options, emit, optimize, text};
use osmia_lang_c::compile;
use osmia_lang_c::headers::{Builtin, Form, Found, Headers, Include, Search};
use osmia_object::{Object, Target, elf, resolve};
use osmia_vm::{Input, Machine};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Headers in directories; `vmlinux.h` is the kernel's types.
struct Directories(Vec<PathBuf>);

impl Headers for Directories {
    fn find(&self, include: &Include<'_>) -> Found {
        if Path::new(include.name).file_name().is_some_and(|name| name == "vmlinux.h") {
            return Found::Kernel;
        }
        let own = Path::new(include.from).parent().unwrap_or(Path::new(""));
        let behind =
            self.0.iter().position(|dir| Path::new(include.from).starts_with(dir)).map_or(0, |at| at + 1);
        let first = if include.next == Search::Next { behind } else { 0 };
        let beside = (include.form == Form::Quoted && include.next == Search::First).then_some(own);
        let dirs = self.0.iter().skip(first).map(PathBuf::as_path);
        for dir in beside.into_iter().chain(dirs) {
            let path = dir.join(include.name);
            if let Ok(bytes) = std::fs::read(&path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Found::Text { name: path.display().to_string(), text };
            }
        }
        Builtin.find(include)
    }
}

/// What was asked for.
#[derive(Default)]
struct Asked {
    dirs: Vec<PathBuf>,
    defines: Vec<(String, String)>,
    btf: Option<PathBuf>,
    ir: bool,
    run: bool,
    files: Vec<String>,
}

fn asked() -> Asked {
    let mut asked = Asked::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if let Some(dir) = arg.strip_prefix("-I") {
            asked.dirs.push(dir.into());
        } else if let Some(define) = arg.strip_prefix("-D") {
            let (name, text) = define.split_once('=').unwrap_or((define, "1"));
            asked.defines.push((name.to_string(), text.to_string()));
        } else if arg == "--btf" {
            asked.btf = args.next().map(PathBuf::from);
        } else if arg == "--run" {
            asked.run = true;
        } else if arg == "--ir" {
            asked.ir = true;
        } else {
            asked.files.push(arg);
        }
    }
    asked
}

fn main() -> ExitCode {
    match run(asked()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: Asked) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let file = asked
        .files
        .first()
        .ok_or("compile [-IDIR] [-DNAME=TEXT] [--btf FILE] [--ir] [--run] FILE.c [FILE.bpf.o]")?;
    let text_of = std::fs::read_to_string(file).map_err(|error| said(&error))?;
    let types = match &asked.btf {
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| said(&error))?;
            Some(Btf::parse(bytes).map_err(|error| said(&error))?)
        }
        None => None,
    };
    let mut source = Source::new(file.as_str(), text_of);
    let compiled = compile(&mut source, &Directories(asked.dirs), &asked.defines, types.as_ref());
    eprint!("{}", compiled.diagnostics.render(&source));
    let mut module = compiled.module.ok_or("there are errors")?;
    if asked.ir {
        println!("{}", text::print(&module));
    }
    optimize(&mut module);
    if asked.ir {
        println!("{}", text::print(&module));
    }
    let object = emit(module, &Options::default()).map_err(|error| said(&error))?;
    if asked.run {
        println!("{}", returned(&object)?);
    }
    if let Some(out) = asked.files.get(1) {
        std::fs::write(out, elf::write(&object)).map_err(|error| said(&error))?;
    }
    Ok(())
}

/// What the first program returns in osmia's own machine.
fn returned(object: &Object) -> Result<u32, String> {
    let image = resolve(object, &Target::default()).map_err(|errors| format!("{errors:?}"))?;
    let mut machine = Machine::new(image, osmia_vm::Options::default()).map_err(|error| error.to_string())?;
    let mut input = Input { context: vec![0; 24], packet: vec![0; 64] };
    machine.run_on(0, &mut input).map(|number| number as u32).map_err(|fault| fault.to_string())
}
