//! `cargo xtask corpus`: what osmia makes of a folder of objects beside libbpf, object by object and program by program.
use crate::run::{output, root, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const USAGE: &str = "usage: cargo xtask corpus DIR --libbpf DIR [--load] [--kernel VERSION] [--no-build]\n\
    DIR              objects, *.o; those of the kernel's selftests are what this is for\n\
    --libbpf DIR     libbpf 1.6 or newer: DIR/libbpf.a and DIR/include/bpf\n\
    --load           load each program too, and compare tags and errors\n\
    --kernel VERSION in a virtual machine\n\
    --no-build       take the example as it is";

/// What libbpf answers where a table of programs has slots for some that are not loaded (`EBADF`).
const UNLOADED: &str = "-9";

/// How long one object may take, in seconds.
const LIMIT: &str = "100";

/// What is asked for.
struct Options {
    objects: PathBuf,
    libbpf: PathBuf,
    load: bool,
    kernel: Option<String>,
    build: bool,
}

/// Compares, and prints what is equal and what is not.
pub(crate) fn corpus(args: &[String]) -> Result<(), String> {
    let options = parse(args)?;
    let sides = [ours(options.build)?, theirs(&options.libbpf)?];
    let [ours, theirs] = sides.map(|side| all(&side, &options));
    let mut tally = Tally::default();
    for name in ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))) {
        tally.object(name, ours.get(name), theirs.get(name));
    }
    tally.print();
    Ok(())
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options =
        Options { objects: PathBuf::new(), libbpf: PathBuf::new(), load: false, kernel: None, build: true };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| USAGE.to_owned());
        match arg.as_str() {
            "--libbpf" => options.libbpf = value()?.into(),
            "--kernel" => options.kernel = Some(value()?),
            "--no-build" => options.build = false,
            "--load" => options.load = true,
            path if !path.starts_with('-') => options.objects = path.into(),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let whole = !options.objects.as_os_str().is_empty() && !options.libbpf.as_os_str().is_empty();
    if whole { Ok(options) } else { Err(USAGE.to_owned()) }
}

fn ours(build: bool) -> Result<PathBuf, String> {
    if !build {
        return Ok(root().join("target/x86_64-unknown-linux-gnu/release/examples/corpus"));
    }
    let args =
        ["build", "--release", "--message-format=json", "--package", "osmia-loader", "--example", "corpus"];
    let messages = output("cargo", &args)?;
    let path = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "corpus")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    path.ok_or_else(|| "cargo built no example `corpus`".to_owned())
}

fn theirs(libbpf: &Path) -> Result<PathBuf, String> {
    let folder = root().join("target");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let binary = folder.join("corpus-libbpf");
    let (include, archive) = (libbpf.join("include"), libbpf.join("libbpf.a"));
    let include = format!("-I{}", include.display());
    let (out, archive) = (binary.to_string_lossy(), archive.to_string_lossy());
    let source = "crates/loader/tests/peers/libbpf.c";
    let wrap = "-Wl,--wrap=bpf_map_create";
    run("cc", &["-O1", "-o", &out, source, &include, wrap, &archive, "-lelf", "-lz"])?;
    Ok(binary)
}

/// The lines that a side prints about each object: all in one run, a virtual machine is started once.
fn all(binary: &Path, options: &Options) -> BTreeMap<String, Vec<String>> {
    let load = if options.load { "-l" } else { "" };
    let (binary, objects) = (binary.display(), options.objects.display());
    let each =
        format!("for f in {objects}/*.o; do timeout {LIMIT} {binary} {load} \"$f\" 2>/dev/null; done; true");
    let mut words = vec!["sh".to_owned(), "-c".to_owned(), each];
    if let Some(kernel) = &options.kernel {
        let vm = root().join("crates/xtask/kernel-vm").to_string_lossy().into_owned();
        words.splice(
            0..0,
            [vm, "--timeout".into(), "0".into(), "--kernel".into(), kernel.clone(), "--".into()],
        );
    }
    let done =
        Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let text = done.map_or_else(|_| String::new(), |done| String::from_utf8_lossy(&done.stdout).into_owned());
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().map(|line| line.trim_end_matches('\r')) {
        if let Some(object) = line.split(' ').nth(1) {
            found.entry(object.to_owned()).or_default().push(line.to_owned());
        }
    }
    found
}

/// What was found.
#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<String, usize>,
    differences: Vec<String>,
}

/// One program: slots, hash of its instructions, and what became of it.
type Program<'a> = (&'a str, &'a str, &'a str);

impl Tally {
    fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn differs(&mut self, what: &'static str, text: String) {
        self.count(what);
        self.differences.push(format!("{what}: {text}"));
    }

    fn object(&mut self, name: &str, ours: Option<&Vec<String>>, theirs: Option<&Vec<String>>) {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return };
        let opened = |lines: &[String]| lines.first().is_some_and(|line| line.ends_with(" open 0"));
        match (opened(ours), opened(theirs)) {
            (true, true) => self.count("objects that both open"),
            (false, false) => return self.count("objects that both refuse"),
            (true, false) => return self.differs("objects that only osmia opens", name.to_owned()),
            (false, true) => return self.differs("objects that only libbpf opens", name.to_owned()),
        }
        let maps = |lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| line.starts_with("map ")).cloned().collect()
        };
        if maps(ours) == maps(theirs) {
            *self.counts.entry("maps that are equal".to_owned()).or_default() += maps(ours).len();
        } else {
            self.differs("objects whose maps differ", name.to_owned());
        }
        let (ours, theirs) = (programs(ours), programs(theirs));
        for (program, their) in &theirs {
            match ours.get(program) {
                Some(our) => self.program(&format!("{name} {program}"), *our, *their),
                None => self.differs("programs that only libbpf has", format!("{name} {program}")),
            }
        }
    }

    fn program(&mut self, name: &str, ours: Program<'_>, theirs: Program<'_>) {
        let unfit = |program: Program<'_>| program.0 == "0";
        let loaded = |program: Program<'_>| program.2.contains('/');
        let text = format!("{name}: osmia {ours:?}, libbpf {theirs:?}");
        let differently =
            format!("programs that fail on both sides, osmia with {}, libbpf with {}", ours.2, theirs.2);
        match () {
            () if unfit(ours) && unfit(theirs) => self.count("programs that neither makes fit"),
            () if unfit(ours) || unfit(theirs) => {
                if loaded(ours) || loaded(theirs) {
                    self.differs("programs that one side loads", text);
                } else {
                    self.count(differently);
                }
            }
            () if (ours.0, ours.1) != (theirs.0, theirs.1) => self.differs("programs that differ", text),
            () if ours.2 == theirs.2 && loaded(ours) => {
                self.count("programs with equal instructions and tags")
            }
            () if ours.2 == theirs.2 => self.count("programs with equal instructions, the same answer"),
            () if loaded(ours) && loaded(theirs) => self.differs("programs that differ in the kernel", text),
            () if loaded(ours) && theirs.2 == UNLOADED => {
                self.count("programs that libbpf loads only with those of a table, osmia alone")
            }
            () if loaded(ours) || loaded(theirs) => self.differs("programs that one side loads", text),
            () => self.count(differently),
        }
    }

    fn print(&self) {
        println!("\n| what | how many |\n| --- | --- |");
        for (what, count) in &self.counts {
            println!("| {what} | {count} |");
        }
        for difference in &self.differences {
            println!("{difference}");
        }
    }
}

fn programs(lines: &[String]) -> BTreeMap<&str, Program<'_>> {
    lines
        .iter()
        .filter_map(|line| {
            let words: Vec<&str> = line.strip_prefix("prog ")?.split(' ').collect();
            match words.as_slice() {
                [_, name, slots, hash, result] => Some((*name, (*slots, *hash, *result))),
                _ => None,
            }
        })
        .collect()
}
