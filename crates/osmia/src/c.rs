//! Programs in C become objects: by osmia's own compiler, and where that does not know a thing that a program has, by the clang of
//! this machine, if it has one.
use crate::script::ScriptPlaces;
use osmia_base::{Diagnostic, Diagnostics, Source, Span};
use osmia_btf::Btf;
use osmia_host::{ClangError, ScriptFile, compile_by_clang, kernel_btf, read_include};
use osmia_ir::{Isa, Options};
use osmia_lang_c::headers::{Builtin, Form, Found, Headers, Include, Search};
use osmia_object::{Linkage, Object, elf};
use std::path::{Path, PathBuf};

/// Where the system keeps headers.
const SYSTEM_DIRS: [&str; 3] = ["/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include"];

/// The macro by which `bpf_tracing.h` knows the machine whose registers programs read.
const MACHINE: &str = if cfg!(target_arch = "aarch64") { "__TARGET_ARCH_arm64" } else { "__TARGET_ARCH_x86" };

/// What a program in C is compiled with.
#[derive(Clone, Debug, Default)]
pub struct COptions {
    /// Directories for `#include`, before those of the system.
    pub include_dirs: Vec<PathBuf>,
    /// Macros: name and text.
    pub defines: Vec<(String, String)>,
    /// The kernel's types, where they are not to be the running one's.
    pub btf: Option<PathBuf>,
    /// The instructions that it may be made of.
    pub isa: Isa,
}

/// An object made of C.
#[derive(Debug)]
pub struct CObject {
    /// The file that a compiler would have written.
    pub bytes: Vec<u8>,
    /// What there is to say of the program all the same.
    pub said: Option<String>,
}

/// What a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// To be an object of its own.
    Whole,
    /// To be a part of a script.
    Part,
}

/// A program in C.
struct Program<'a> {
    role: Role,
    /// What messages call it.
    name: &'a str,
    path: &'a Path,
    text: &'a str,
}

/// Whether a file's name says that C is in it.
pub fn is_c(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "c")
}

/// Compiles a program in C; what is wrong with it, in words with their places.
pub fn compile_c(path: &Path, options: &COptions) -> Result<CObject, String> {
    let name = path.display().to_string();
    let bytes = osmia_host::read_file(path).map_err(|error| format!("ERROR: {name}: {error}\n"))?;
    let program = Program { role: Role::Whole, name: &name, path, text: &String::from_utf8_lossy(&bytes) };
    compile(&program, options).map_err(|refusal| match refusal.hint {
        Some(hint) => format!("{}\nHINT: {hint}\n", refusal.words),
        None => refusal.words + "\n",
    })
}

/// Compiles a program in C that is imported at `span`.
pub(crate) fn import_c(file: &ScriptFile, places: &ScriptPlaces, span: Span) -> Result<CObject, Diagnostic> {
    let options = COptions {
        include_dirs: places.include_dirs.clone(),
        defines: Vec::new(),
        btf: places.btf.clone(),
        isa: places.isa,
    };
    let program = Program { role: Role::Part, name: &file.name, path: &file.path, text: &file.text };
    compile(&program, &options).map_err(|refusal| {
        let text = format!("{} cannot be compiled:\n{}", file.name, refusal.words);
        refusal.hint.into_iter().fold(Diagnostic::error(span, text), Diagnostic::hint)
    })
}

/// Why there is no object.
struct Refusal {
    /// What osmia's compiler says.
    words: String,
    /// What came of asking clang.
    hint: Option<String>,
}

fn compile(program: &Program<'_>, options: &COptions) -> Result<CObject, Refusal> {
    let types = kernel_types(options).map_err(|words| Refusal { words, hint: None })?;
    let words = match compile_here(program, options, types.as_ref()) {
        Ok(object) => return Ok(object),
        Err(words) => words.trim_end().to_owned(),
    };
    match compile_by_clang(program.path, &options.include_dirs, &options.defines) {
        Ok((bytes, said)) => {
            let text = format!("clang compiled it, as osmia does not:\n{words}\n{said}");
            Ok(CObject { bytes, said: Some(text) })
        }
        Err(error @ ClangError::Missing(..)) => {
            let hint = format!("what osmia's compiler does not know, clang may: {error}");
            Err(Refusal { words, hint: Some(hint) })
        }
        // Both say no: the program is wrong.
        Err(ClangError::Refused(..)) => Err(Refusal { words, hint: None }),
    }
}

/// The types that the person names; else the running kernel's, if it has any.
fn kernel_types(options: &COptions) -> Result<Option<Btf>, String> {
    match &options.btf {
        Some(path) => {
            let types = kernel_btf(path).map_err(|error| format!("ERROR: {}: {error}", path.display()));
            types.map(Some)
        }
        None => Ok(kernel_btf(Path::new(osmia_host::KERNEL_BTF)).ok()),
    }
}

/// Compiles it without anybody's help; else what is wrong with it, in words with their places.
fn compile_here(program: &Program<'_>, options: &COptions, types: Option<&Btf>) -> Result<CObject, String> {
    let mut source = Source::new(program.name, program.text);
    let headers = HeaderFiles { beside: beside(program.path), dirs: &options.include_dirs };
    let mut defines = vec![(MACHINE.to_owned(), "1".to_owned())];
    defines.extend(options.defines.iter().cloned());
    let compiled = osmia_lang_c::compile(&mut source, &headers, &defines, types);
    let words = |diagnostics: &Diagnostics| diagnostics.render(&source);
    let Some(mut module) = compiled.module else { return Err(words(&compiled.diagnostics)) };
    osmia_ir::optimize(&mut module);
    let mut object =
        osmia_ir::emit(module, &Options { isa: options.isa }).map_err(|error| error.to_string())?;
    if program.role == Role::Part {
        part_of_the_script(&mut object);
    }
    let said = Some(words(&compiled.diagnostics)).filter(|said| !said.is_empty());
    Ok(CObject { bytes: elf::write(&object), said })
}

/// Functions of a source are checked where the script calls them, as its own are: they may return nothing, and what they get
/// pointers to is known.
fn part_of_the_script(object: &mut Object) {
    for (_, function) in object.functions.iter_mut() {
        if function.program.is_none() && function.linkage == Linkage::Global {
            function.linkage = Linkage::Static;
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// Headers as a compiler finds them: beside the program, in the directories that the person names, then those that are part of
/// osmia, and only then the system's; what nobody has of the kernel's, its types stand for.
struct HeaderFiles<'a> {
    beside: PathBuf,
    dirs: &'a [PathBuf],
}

impl HeaderFiles<'_> {
    /// Where a line looks first.
    fn near(&self, include: &Include<'_>) -> Vec<PathBuf> {
        let here = match include.form {
            Form::Quoted => {
                let from = Path::new(include.from);
                let from = if from.is_absolute() { beside(from) } else { self.beside.clone() };
                Some(from)
            }
            Form::Angled => None,
        };
        here.into_iter().chain(self.dirs.iter().cloned()).collect()
    }
}

impl Headers for HeaderFiles<'_> {
    fn find(&self, include: &Include<'_>) -> Found {
        let system = SYSTEM_DIRS.map(PathBuf::from);
        let mut near = self.near(include);
        if include.next == Search::Next {
            // Behind the directory in which the including text was found.
            let from = beside(Path::new(include.from));
            let all = near.into_iter().chain(system).skip_while(|dir| *dir != from).skip(1);
            return read(include.name, &all.collect::<Vec<_>>()).unwrap_or_else(|| Builtin.find(include));
        }
        if let Some(found) = read(include.name, &near) {
            return found;
        }
        match Builtin.find(include) {
            Found::Missing(_) => {
                near.extend(system);
                let looked = near.iter().map(|dir| dir.display().to_string()).collect();
                read(include.name, &near).unwrap_or(Found::Missing(looked))
            }
            Found::Kernel => read(include.name, &system).unwrap_or(Found::Kernel),
            found => found,
        }
    }
}

fn read(name: &str, dirs: &[PathBuf]) -> Option<Found> {
    let file = read_include(name, dirs)?;
    Some(match file {
        Ok(file) => Found::Text { name: file.path.to_string_lossy().into_owned(), text: file.text },
        Err(error) => Found::Failed(error.to_string()),
    })
}
