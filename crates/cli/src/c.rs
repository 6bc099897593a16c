//! Programs in C: `osmia compile`, and where a file in C stands for the object that is made of it.
use crate::files::{TEXT, replace};
use crate::flags::Compile;
use crate::trace::{complain, fail};
use osmia::{COptions, compile_c, is_c};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes an object of a program in C.
pub(crate) fn compile(args: &Compile) -> ExitCode {
    let options = COptions {
        include_dirs: args.include_dirs.clone(),
        defines: args.defines.iter().map(|define| definition(define)).collect(),
        btf: args.btf.clone(),
        ..COptions::default()
    };
    let object = match compile_c(&args.file, &options) {
        Ok(object) => object,
        Err(words) => {
            complain(&words);
            return ExitCode::FAILURE;
        }
    };
    complain(object.said.as_deref().unwrap_or_default());
    let path = args.output.clone().unwrap_or_else(|| beside_us(&args.file));
    match replace(&path, &object.bytes, TEXT) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{}: {error}", path.display())),
    }
}

/// What is in the file of an object; a program in C is compiled.
pub(crate) fn object_bytes(path: &Path, btf: Option<&PathBuf>) -> Result<Vec<u8>, String> {
    if !is_c(path) {
        return osmia::read_file(path).map_err(|error| format!("{}: {error}", path.display()));
    }
    let options = COptions { btf: btf.cloned(), ..COptions::default() };
    let object = compile_c(path, &options)
        .map_err(|words| format!("{} cannot be compiled:\n{words}", path.display()))?;
    complain(object.said.as_deref().unwrap_or_default());
    Ok(object.bytes)
}

/// `NAME=TEXT`; a name alone is 1.
fn definition(word: &str) -> (String, String) {
    let (name, text) = word.split_once('=').unwrap_or((word, "1"));
    (name.to_owned(), text.to_owned())
}

/// `dir/hello.bpf.c` becomes `hello.bpf.o`, as with other compilers.
fn beside_us(source: &Path) -> PathBuf {
    PathBuf::from(source.file_name().unwrap_or_default()).with_extension("o")
}
