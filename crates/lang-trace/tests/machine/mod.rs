//! From a script's text to an object, and to this machine's kernel.
#![allow(dead_code, reason = "each test file uses its part")]
use osmia_abi::{Features, Version};
use osmia_base::Source;
use osmia_event::{Missing, RawEntry, Record, Schema, Storage, Table, Verb, table};
use osmia_lang_trace::check::{self, Options};
use osmia_lang_trace::{LowerOptions, Lowered, Plan, Provider, expand, lower, parse};
use osmia_object::{Object, Target};
use osmia_render::{Message, Style, text};
use osmia_sys::RingBuffer;
use osmia_sys::bpf::{MapFd, Pinned, TestRun};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is asked of the machine for a script.
pub(crate) fn target(script: &str) -> Target {
    let mut source = Source::new("stdin", script);
    let mut script = parse(&source).script;
    expand(&mut script, &mut source);
    let wants = osmia_lang_trace::wants(&script, &[]);
    let wants = osmia_host::Wants {
        kernel_btf: wants.kernel_btf,
        tracepoints: wants.tracepoints.into_iter().collect(),
        fields: wants.fields.into_iter().collect(),
        cpus: true,
        ksyms: wants.ksyms.into_iter().collect(),
        ..osmia_host::Wants::default()
    };
    osmia_host::gather(&wants).unwrap_or_else(|error| panic!("{error}"))
}

/// A script as IR.
pub(crate) fn lowered(script: &str, target: &Target, options: &LowerOptions) -> Result<Lowered, String> {
    let mut source = Source::new("stdin", script);
    let mut parsed = parse(&source);
    parsed.diagnostics.extend(expand(&mut parsed.script, &mut source));
    if parsed.diagnostics.has_errors() {
        return Err(parsed.diagnostics.render(&source));
    }
    let checked = check::check(
        &parsed.script,
        target,
        &Options { unsafe_allowed: true, has_child: true, ..Options::default() },
    );
    if checked.diagnostics.has_errors() {
        return Err(checked.diagnostics.render(&source));
    }
    lower(&checked.program, &source, target, options).map_err(|error| error.render(&source))
}

/// A script as an object.
pub(crate) fn compiled(
    script: &str,
    target: &Target,
    options: &LowerOptions,
) -> Result<(Object, Schema, Plan), String> {
    let Lowered { mut module, schema, plan } = lowered(script, target, options)?;
    osmia_ir::validate_module(&module).map_err(|error| format!("before optimizing: {error}"))?;
    osmia_ir::optimize(&mut module);
    let object = osmia_ir::emit(module, &osmia_ir::Options::default()).map_err(|error| error.to_string())?;
    Ok((object, schema, plan))
}

/// A script as an ELF file.
fn elf(script: &str, options: &LowerOptions, version: Version) -> Result<(Vec<u8>, Schema, Plan), String> {
    let mut target = target(script);
    target.features = Features::of_version(version);
    // bpftool, which loads this, may be older than programs at both sides of a function.
    target.features.set(osmia_abi::Feature::KprobeSession, false);
    let (object, schema, plan) = compiled(script, &target, options)?;
    Ok((osmia_object::elf::write(&object), schema, plan))
}

/// A script in the kernel, brought there by bpftool; gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) schema: Schema,
    pub(crate) plan: Plan,
    directory: PathBuf,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        for part in ["maps", "programs"] {
            let directory = self.directory.join(part);
            let pins = std::fs::read_dir(&directory).into_iter().flatten().flatten();
            pins.for_each(|pin| drop(std::fs::remove_file(pin.path())));
            let _ = std::fs::remove_dir(directory);
        }
        let _ = std::fs::remove_dir(&self.directory);
    }
}

/// The version of this machine's kernel.
pub(crate) fn running_version() -> Version {
    let target = osmia_host::gather(&osmia_host::Wants::default()).unwrap_or_else(|error| panic!("{error}"));
    Version((target.version >> 16) as u16, (target.version >> 8 & 0xff) as u16)
}

/// Loads a script; the error is the compiler's or the kernel's.
pub(crate) fn load(script: &str, options: &LowerOptions) -> Result<Loaded, String> {
    load_for(script, options, running_version())
}

/// Loads a script that was made for a kernel of some version.
pub(crate) fn load_for(script: &str, options: &LowerOptions, version: Version) -> Result<Loaded, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("osmia-lang-trace-{}-{number}", std::process::id());
    let (bytes, schema, plan) = elf(script, options, version)?;
    let file = std::env::temp_dir().join(format!("{name}.o"));
    std::fs::write(&file, bytes).map_err(|error| error.to_string())?;
    let directory = PathBuf::from("/sys/fs/bpf").join(name);
    std::fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let loaded = Loaded { schema, plan, directory: directory.clone() };
    let out = Command::new("bpftool")
        .args(["prog", "loadall"])
        .arg(&file)
        .arg(directory.join("programs"))
        .arg("pinmaps")
        .arg(directory.join("maps"))
        .output()
        .map_err(|error| error.to_string())?;
    let _ = std::fs::remove_file(file);
    if out.status.success() {
        return Ok(loaded);
    }
    let log = String::from_utf8_lossy(&out.stderr);
    let lines: Vec<&str> = log.lines().collect();
    Err(lines[lines.len().saturating_sub(30)..].join("\n"))
}

impl Loaded {
    fn pinned(&self, part: &str, name: &str) -> Option<Pinned> {
        Pinned::get(&self.directory.join(part).join(name)).ok()
    }

    pub(crate) fn map(&self, name: &str) -> Option<MapFd> {
        match self.pinned("maps", name)? {
            Pinned::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The global data section that ends so.
    fn section(&self, name: &str) -> Option<MapFd> {
        let maps = std::fs::read_dir(self.directory.join("maps")).ok()?.flatten();
        let mut names = maps.map(|pin| pin.file_name().to_string_lossy().into_owned());
        let found = names.find(|pin| pin.ends_with(name))?;
        self.map(&found)
    }

    /// Runs one program.
    pub(crate) fn run(&self, program: &str) -> u32 {
        let Some(Pinned::Prog(prog)) = self.pinned("programs", program) else {
            panic!("no program {program}")
        };
        TestRun::default().call(&prog).unwrap_or_else(|error| panic!("{program}: {error}")).returned
    }

    /// Runs all `begin` programs.
    pub(crate) fn begin(&self) {
        for probe in self.plan.of(Provider::Begin) {
            self.run(&probe.program);
        }
    }

    /// What was sent, as text.
    pub(crate) fn output(&self) -> String {
        let Some(map) = self.map("events") else { return String::new() };
        let mut ring = RingBuffer::new(&map).unwrap_or_else(|error| panic!("{error}"));
        let mut text = Vec::new();
        let read = ring.consume(|bytes| {
            let record = self.schema.decode(bytes).unwrap_or_else(|error| panic!("{error:?}"));
            text.extend(self.show(&record));
            ControlFlow::Continue(())
        });
        read.unwrap_or_else(|error| panic!("{error}"));
        text.extend(self.troubles());
        String::from_utf8_lossy(&text).into_owned()
    }

    /// What went wrong, as text.
    fn troubles(&self) -> Vec<u8> {
        if self.schema.troubles.is_empty() {
            return Vec::new();
        }
        let bss = self.section("bss").unwrap_or_else(|| panic!("no .bss"));
        let bytes = entries(&bss).swap_remove(0).values.swap_remove(0);
        let word = |at: usize| i64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
        let told = self.schema.troubles.iter().filter_map(|trouble| {
            let at = trouble.counter as usize;
            let times = u64::try_from(word(at)).ok().filter(|times| *times > 0)?;
            Some(text::message(&Message::of_trouble(trouble, word(at + 8), times), &Style::default()))
        });
        told.flatten().collect()
    }

    fn show(&self, record: &Record) -> Vec<u8> {
        let stream = &self.schema.streams[record.stream];
        let style = Style::default();
        match (&stream.verb, Message::of(stream, &record.values, 0, &style)) {
            (_, Some(message)) => text::message(&message, &style),
            (Verb::PrintMap { map, top, div }, _) => {
                let table = self.table(*map, Missing::Zero).top(*top).divided((*div).max(1));
                text::table(&table, &style)
            }
            (Verb::PrintEntry { map }, _) => {
                text::table(&self.table(*map, Missing::Zero).only(&record.values[0]), &style)
            }
            (verb, _) => format!("{verb:?} {:?}\n", record.values).into_bytes(),
        }
    }

    fn table(&self, map: usize, missing: Missing) -> Table {
        let map = &self.schema.maps[map];
        let fd = match map.storage {
            Storage::Global { .. } => self.section("bss"),
            _ => self.map(&map.map),
        };
        let fd = fd.unwrap_or_else(|| panic!("{} is not there", map.map));
        table(map, &entries(&fd), missing).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// All maps, as text.
    pub(crate) fn maps(&self) -> String {
        let style = Style::default();
        let tables =
            (0..self.schema.maps.len()).map(|map| text::table(&self.table(map, Missing::Omit), &style));
        tables.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// A program as the kernel has it.
    pub(crate) fn dump(&self, program: &str) -> String {
        let path = self.directory.join("programs").join(program);
        let out = Command::new("bpftool").args(["prog", "dump", "xlated", "pinned"]).arg(path).output();
        String::from_utf8_lossy(&out.unwrap_or_else(|error| panic!("{error}")).stdout).into_owned()
    }

    /// How many instructions that is.
    pub(crate) fn xlated(&self, program: &str) -> usize {
        let is_insn =
            |line: &&str| line.split_once(": ").is_some_and(|(n, _)| n.trim().parse::<u32>().is_ok());
        self.dump(program).lines().filter(is_insn).count()
    }
}

fn entries(map: &MapFd) -> Vec<RawEntry> {
    let keys = map.keys().map(|key| key.unwrap_or_else(|error| panic!("{error}")));
    let shape = *map.shape();
    let entry = |key: Vec<u8>| {
        let value = map.get(&key).ok()??;
        let values = if shape.is_percpu() {
            let each = value.chunks_exact(shape.value_size.next_multiple_of(8));
            each.map(|value| value[..shape.value_size].to_vec()).collect()
        } else {
            vec![value]
        };
        Some(RawEntry { key, values })
    };
    keys.filter_map(entry).collect()
}
