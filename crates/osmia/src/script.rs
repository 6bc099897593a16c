//! A whole script: its own text, what it imports and includes, its macros expanded.
use crate::c::{CObject, import_c};
use osmia_base::{Diagnostic, Diagnostics, Source, Span};
use osmia_host::{ImportError, ScriptFile, ScriptKind, read_import, read_include};
use osmia_lang_trace::ast::{CItem, Import, Name, Script, StmtKind, Visit, visit_block};
use osmia_lang_trace::{expand, is_kernel_header, parse, parse_part};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A script with all that belongs to it.
#[derive(Debug)]
pub struct WholeScript {
    /// Its tree, macros expanded.
    pub script: Script,
    /// Compiled objects whose functions it calls.
    pub objects: Vec<ScriptObject>,
    /// What there is to say although it could be read.
    pub diagnostics: Diagnostics,
}

/// A compiled object that a script imports.
#[derive(Clone, Debug)]
pub struct ScriptObject {
    /// What messages call it.
    pub name: String,
    /// Where it is imported.
    pub span: Span,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Where a script's files are looked for.
#[derive(Clone, Debug, Default)]
pub struct ScriptPlaces {
    /// Directories for `#include`, before those of the system.
    pub include_dirs: Vec<PathBuf>,
    /// Files that are included in front of everything.
    pub includes: Vec<PathBuf>,
    /// The kernel's types, where they are not the running one's.
    pub btf: Option<PathBuf>,
    /// The instructions that programs in C may be made of.
    pub isa: osmia_ir::Isa,
}

/// Why there is no script.
#[derive(Debug)]
pub enum ScriptError {
    /// The text is wrong.
    Wrong(Diagnostics),
    /// A header is not there: where it is included, and its name.
    NoHeader(Span, String),
}

/// Where the system keeps headers.
const SYSTEM_DIRS: [&str; 3] = ["/usr/include", "/usr/local/include", "/usr/include/x86_64-linux-gnu"];

/// How many files a script may be made of.
const MAX_FILES: usize = 1000;

/// Reads all that belongs to a script. The source gets the other texts.
pub fn read_script(source: &mut Source, places: &ScriptPlaces) -> Result<WholeScript, ScriptError> {
    source.alone();
    let parsed = parse(source);
    let dir = directory(&source.name);
    let mut reader = Reader {
        whole: source.text.clone(),
        source,
        places,
        seen: BTreeSet::new(),
        diagnostics: parsed.diagnostics,
        missing: None,
        root: dir.clone(),
        objects: Vec::new(),
    };
    if let Ok(own) = Path::new(&reader.source.name).canonicalize() {
        reader.seen.insert(own);
    }
    let mut script = parsed.script;
    reader.complete(&mut script, &dir);
    let (mut diagnostics, missing, objects) = (reader.diagnostics, reader.missing, reader.objects);
    if let Some((span, name)) = missing {
        return Err(ScriptError::NoHeader(span, name));
    }
    if diagnostics.has_errors() {
        return Err(ScriptError::Wrong(diagnostics));
    }
    diagnostics.extend(expand(&mut script, source));
    Ok(WholeScript { script, objects, diagnostics })
}

struct Reader<'a> {
    source: &'a mut Source,
    /// All texts, each where its addresses are.
    whole: String,
    places: &'a ScriptPlaces,
    /// Files that have been read.
    seen: BTreeSet<PathBuf>,
    diagnostics: Diagnostics,
    /// The first header that is not there.
    missing: Option<(Span, String)>,
    /// Where the main script is.
    root: PathBuf,
    /// Compiled objects.
    objects: Vec<ScriptObject>,
}

impl Reader<'_> {
    /// Puts into a script what it imports and includes; its files are in `dir`.
    fn complete(&mut self, script: &mut Script, dir: &Path) {
        let mut imports = std::mem::take(&mut script.imports);
        imports.extend(inner_imports(script));
        // Each is put in front of what is there: the last comes first.
        for import in imports.iter().rev() {
            self.import(script, import, dir);
        }
        let first = self.places.includes.clone();
        let forced = self.seen_once(&first).into_iter().map(|path| {
            let name = path.to_string_lossy().into_owned();
            CItem::Include { path: Name::new(name, Span::default()), quoted: true }
        });
        let items = std::mem::take(&mut script.preamble.items);
        for item in forced.collect::<Vec<_>>().into_iter().chain(items) {
            let included = self.include(&item, dir);
            script.preamble.items.push(item);
            script.preamble.items.extend(included);
        }
    }

    /// The files of `--include`, for the main script only.
    fn seen_once(&mut self, files: &[PathBuf]) -> Vec<PathBuf> {
        let marker = PathBuf::from("--include");
        if self.seen.insert(marker) { files.to_vec() } else { Vec::new() }
    }

    fn import(&mut self, into: &mut Script, import: &Import, dir: &Path) {
        let name = &import.path.node;
        if name == "stdlib" {
            return;
        }
        // Beside the file that says so; scripts may also name all their files as the main one sees them.
        let mut dirs = vec![dir, &*self.root];
        dirs.dedup();
        match read_import(name, &dirs) {
            Ok(files) => files.into_iter().rev().for_each(|file| self.add(into, file, import.span)),
            Err(error) => {
                let mut message = Diagnostic::error(import.span, error.to_string());
                if let ImportError::NotFound(checked) = &error {
                    let checked: Vec<String> =
                        checked.iter().map(|path| path.display().to_string()).collect();
                    message = message.hint(format!("checked: {}", checked.join(",")));
                }
                self.diagnostics.push(message);
            }
        }
    }

    /// Adds one file's definitions in front of those that are there.
    fn add(&mut self, into: &mut Script, file: ScriptFile, span: Span) {
        match file.kind {
            ScriptKind::Script | ScriptKind::Header => {
                if let Some(part) = self.part(file, span) {
                    prepend(into, part);
                }
            }
            ScriptKind::Object => {
                if self.seen.insert(file.path) {
                    self.objects.push(ScriptObject { name: file.name, span, bytes: file.bytes });
                }
            }
            ScriptKind::CSource => {
                if self.seen.insert(file.path.clone()) {
                    self.compile(file, span);
                }
            }
        }
    }

    /// A program in C becomes an object.
    fn compile(&mut self, file: ScriptFile, span: Span) {
        match import_c(&file, self.places, span) {
            Ok(CObject { bytes, said }) => {
                if let Some(said) = said {
                    let text = format!("{}: {}", file.name, said.trim_end());
                    self.diagnostics.push(Diagnostic::warning(span, text));
                }
                self.objects.push(ScriptObject { name: file.name, span, bytes });
            }
            Err(error) => self.diagnostics.push(error),
        }
    }

    /// A file, with all that belongs to it; nothing where it was read before.
    fn part(&mut self, file: ScriptFile, span: Span) -> Option<Script> {
        if !self.seen.insert(file.path.clone()) {
            return None;
        }
        if self.seen.len() > MAX_FILES {
            self.diagnostics.error(span, format!("a script cannot be made of more than {MAX_FILES} files"));
            return None;
        }
        let Ok(base) = self.source.add_file(Source::new(file.name.clone(), file.text.clone())) else {
            self.diagnostics.error(span, "the script is too long, with what it imports");
            return None;
        };
        // Between two texts there is one address that is in neither.
        self.whole.extend(std::iter::repeat_n('\n', (base as usize).saturating_sub(self.whole.len())));
        self.whole.push_str(&file.text);
        let mut parsed = parse_part(&self.whole, base);
        self.diagnostics.extend(parsed.diagnostics);
        if let Some(setting) = parsed.script.config.first() {
            self.diagnostics.error(setting.span, "invalid `config` within import");
        }
        self.complete(&mut parsed.script, &directory(&file.name));
        Some(parsed.script)
    }

    /// What an `#include` adds. The kernel's own headers add nothing: the kernel's types are known.
    fn include(&mut self, item: &CItem, dir: &Path) -> Vec<CItem> {
        let CItem::Include { path, quoted } = item else { return Vec::new() };
        let name = &path.node;
        let mut dirs = self.places.include_dirs.clone();
        if *quoted {
            dirs.insert(0, dir.to_owned());
        }
        match read_include(name, &dirs) {
            Some(Ok(file)) => self.part(file, path.span).map_or_else(Vec::new, |part| part.preamble.items),
            Some(Err(error)) => {
                self.diagnostics.error(path.span, error.to_string());
                Vec::new()
            }
            None => {
                let known = is_kernel_header(name)
                    || SYSTEM_DIRS.iter().any(|dir| Path::new(dir).join(name).is_file());
                if !known && self.missing.is_none() {
                    self.missing = Some((path.span, name.clone()));
                }
                Vec::new()
            }
        }
    }
}

/// Imports inside macros, where the script may have them.
fn inner_imports(script: &Script) -> Vec<Import> {
    struct Collector(Vec<Import>);
    impl Visit for Collector {
        fn stmt(&mut self, stmt: &osmia_lang_trace::ast::Stmt) {
            if let StmtKind::Import(import) = &stmt.kind {
                self.0.push(import.clone());
            }
        }
    }
    let mut collector = Collector(Vec::new());
    script.macros.iter().for_each(|item| visit_block(&item.body, &mut collector));
    collector.0
}

/// Where a file's own imports are looked for first: an empty path is the working directory.
fn directory(name: &str) -> PathBuf {
    Path::new(name).parent().map(Path::to_owned).unwrap_or_default()
}

/// What is imported stands in front.
fn prepend(into: &mut Script, part: Script) {
    fn front<T>(into: &mut Vec<T>, mut part: Vec<T>) {
        part.append(into);
        *into = part;
    }
    front(&mut into.preamble.items, part.preamble.items);
    front(&mut into.macros, part.macros);
    front(&mut into.map_decls, part.map_decls);
    front(&mut into.functions, part.functions);
    front(&mut into.probes, part.probes);
}
