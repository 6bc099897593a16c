//! What osmia tells of programs and maps is what bpftool 7.1 tells of them, byte for byte, but for what 7.8 tells otherwise:
//! pointers (see `told`), and the ids of maps in maps, which are not among these.
//! Needs root, `bpftool`, `clang-19` and a BPF file system; without them it fails.
use osmia_sys::bpf::{MapFd, get_pinned};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// The forms that both can print.
const FORMS: [&str; 3] = ["", "-j", "-p"];

/// Pins that go away with it.
struct Pins(PathBuf);

impl Pins {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/sys/fs/bpf/osmia-bpftool-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("this test needs root and a BPF file system at /sys/fs/bpf");
        Self(path)
    }

    /// Compiles a file beside this one and loads it: programs under `p`, maps under `m`.
    fn load(&self, source: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bpftool").join(source);
        let name = source.file_stem().unwrap().to_string_lossy().replace(".bpf", "");
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{}-{name}", self.0.file_name().unwrap().display()));
        std::fs::create_dir_all(&dir).unwrap();
        let object = dir.join(format!("{name}.o"));
        let mut clang = Command::new("clang-19");
        clang.args(["-g", "-O2", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-c"]);
        good(clang.arg(source).arg("-o").arg(&object));
        let mut load = Command::new("bpftool");
        load.args(["prog", "loadall"])
            .arg(&object)
            .arg(self.0.join("p"))
            .arg("pinmaps")
            .arg(self.0.join("m"));
        good(&mut load);
        std::fs::remove_dir_all(&dir).unwrap();
    }

    fn map(&self, name: &str) -> String {
        self.0.join("m").join(name).display().to_string()
    }

    fn program(&self, name: &str) -> String {
        self.0.join("p").join(name).display().to_string()
    }

    /// Makes a map without types.
    fn create(&self, name: &str, kind: &str, [key, value, entries]: [u32; 3], flags: u32) -> String {
        let path = self.0.join(name).display().to_string();
        let (key, value, entries) = (key.to_string(), value.to_string(), entries.to_string());
        let mut words = vec!["map", "create", &path, "type", kind, "key", &key, "value", &value];
        let flags = flags.to_string();
        words.extend(["entries", &entries, "name", name, "flags", &flags]);
        good(Command::new("bpftool").args(words));
        path
    }

    fn all(&self, dir: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(dir)).unwrap();
        entries.map(|entry| entry.unwrap().path().display().to_string()).collect()
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        // A test that fails must not leave anything behind; what cannot be removed is of no help to it.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn good(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn put(map: &str, key: &[u8], value: &[u8]) {
    let bytes = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>();
    let mut command = Command::new("bpftool");
    command.args(["map", "update", "pinned", map]);
    if !key.is_empty() {
        command.arg("key").args(bytes(key));
    }
    good(command.arg("value").args(bytes(value)));
}

fn bpftool(form: &str, words: &[&str]) -> Output {
    let form = if form.is_empty() { &[][..] } else { &[form] };
    Command::new("bpftool").args(form).args(words).output().unwrap()
}

fn osmia(form: &str, words: &[&str]) -> Output {
    let form = if form.is_empty() { &[][..] } else { &[form] };
    Command::new(env!("CARGO_BIN_EXE_osmia")).args(words).args(form).output().unwrap()
}

/// Our program under bpftool's name.
fn drop_in(form: &str, words: &[&str]) -> Output {
    use std::os::unix::process::CommandExt as _;
    let form = if form.is_empty() { &[][..] } else { &[form] };
    Command::new(env!("CARGO_BIN_EXE_osmia"))
        .arg0("/somewhere/bpftool")
        .args(form)
        .args(words)
        .output()
        .unwrap()
}

/// Asserts that both print the same, in all forms, and end with the same code.
fn same(words: &[&str]) {
    for form in FORMS {
        let (theirs, ours) = (bpftool(form, words), osmia(form, words));
        assert_eq!(shared(&ours.stdout), told(form, &theirs.stdout), "{words:?} {form}");
        assert_eq!(text(&ours.stderr), text(&theirs.stderr), "{words:?} {form}");
        assert_eq!(ours.status.code(), theirs.status.code(), "{words:?} {form}");
        if !form.is_empty() {
            check_json(&text(&ours.stdout));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What bpftool means: in JSON, 7.1 writes a backslash as `\n`. No text here has a newline in it, so that each of these is
/// a backslash. In text, 7.8 puts pointers in quotes.
fn told(form: &str, output: &[u8]) -> String {
    let output = text(output);
    if !form.is_empty() {
        return output.replace("\\n", "\\\\");
    }
    let quoted = |line: &str| {
        let pointer =
            ["\"pointer\": ", "\"unknown\": ", "\"function\": "].iter().any(|name| line.contains(name));
        match line.split_once(": ").filter(|_| pointer) {
            Some((name, value)) => format!(
                "{name}: \"{}\"{}\n",
                value.trim_end_matches(','),
                if value.ends_with(',') { "," } else { "" }
            ),
            None => format!("{line}\n"),
        }
    };
    output.lines().map(quoted).collect()
}

/// What 7.1 tells too: not who holds something (its own way to find out needs what not every kernel has), nor whether
/// the interface of a program is gone.
fn shared(output: &[u8]) -> String {
    let text = text(output).replace("\"orphaned\":false,", "");
    let kept = |line: &&str| !line.starts_with("\tpids ") && line.trim_start() != "\"orphaned\": false,";
    let text: String = text.split_inclusive('\n').filter(|line| kept(&line.trim_end_matches('\n'))).collect();
    without_holders(text)
}

/// The same without the lists of holders in JSON.
fn without_holders(mut text: String) -> String {
    while let Some(start) = text.find(",\"pids\":[") {
        let end = start + text[start..].find(']').expect("a list ends") + 1;
        text.replace_range(start..end, "");
    }
    while let Some(at) = text.find("\"pids\": [") {
        let start = text[..at].rfind(',').expect("something stands before it");
        let end = at + text[at..].find(']').expect("a list ends") + 1;
        text.replace_range(start..end, "");
    }
    text
}

/// Asserts that a JSON parser takes it.
fn check_json(json: &str) {
    let parsed = serde_json::from_str::<serde_json::Value>(json);
    assert!(parsed.is_ok(), "{parsed:?}: {json}");
}

fn key(pid: u32, cpu: i32, comm: &[u8]) -> Vec<u8> {
    let mut key = [pid.to_ne_bytes(), cpu.to_ne_bytes()].concat();
    key.extend(comm);
    key.resize(24, 0);
    key
}

/// Bytes that repeat only after a long while.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn with(mut bytes: Vec<u8>, at: usize, what: &[u8]) -> Vec<u8> {
    bytes[at..at + what.len()].copy_from_slice(what);
    bytes
}

fn fill(pins: &Pins) {
    let structs = pins.map("structs");
    let [color, ok, name] = [16, 29, 31];
    let first = with(with(noise(176, 4), color, &5_u32.to_ne_bytes()), ok, &[0, b'T']);
    put(&structs, &key(1, -2, b"bash"), &with(first, name, b"abc\0\0\0\0\0"));
    put(&structs, &key(7, 2, b"a\"b c'd"), &with(vec![0; 176], color, &(-3_i32).to_ne_bytes()));
    put(&structs, &key(8, 2, b"x\x01y"), &with(vec![255; 176], name, b"caf\xc3\xa9\0\0\0"));
    put(&structs, &key(9, 2, b"sixteen bytes!!!"), &with(vec![1; 176], name, b"12345678"));
    for (index, value) in [b'A', b'"', 200].into_iter().enumerate() {
        put(&pins.map("chars"), &u32::try_from(index).unwrap().to_ne_bytes(), &[value]);
    }
    for (index, value) in [5, -3, -247].into_iter().enumerate() {
        put(&pins.map("colors"), &u32::try_from(index).unwrap().to_ne_bytes(), &i32::to_ne_bytes(value));
    }
    put(&pins.map("wides"), &[0; 4], &0x12_3456_7890_u64.to_ne_bytes());
    put(&pins.map("wides"), &1_u32.to_ne_bytes(), &u64::MAX.to_ne_bytes());
    put(&pins.map("bools"), &1_u32.to_ne_bytes(), &[1]);
    put(&pins.map("each_cpu_hash"), &3_u32.to_ne_bytes(), &noise(8, 1));
    put(&pins.map("each_cpu"), &[0; 4], &noise(4, 1));
    put(&pins.map("recent"), &3_u64.to_ne_bytes(), &[0; 4]);
    put(&pins.map("prefixes"), &[24, 0, 0, 0, 10, 1, 2, 0], &[1, 0, 0, 0]);
    put(&pins.map("prefixes"), &[8, 0, 0, 0, 10, 0, 0, 0], &[2, 0, 0, 0]);
    put(&pins.map("queue"), &[], &[2, 0, 0, 0]);
    let program = pins.program("a_rather_long_program_name");
    let (jumps, words) = (pins.map("jumps"), ["key", "1", "0", "0", "0", "value", "pinned"]);
    let mut update = Command::new("bpftool");
    good(update.args(["map", "update", "pinned", &jumps]).args(words).arg(program));
}

#[test]
fn maps_with_types() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    fill(&pins);
    let maps = pins.all("m");
    assert!(maps.len() > 15, "{maps:?}");
    for map in &maps {
        same(&["map", "show", "pinned", map]);
        // That a value is a map's id is told by newer ones only.
        if !map.ends_with("_of_maps") {
            same_dump(map);
        }
    }
    same(&["m", "list", "pinned", &pins.map("numbers")]);
}

/// Name, kind, sizes and number of elements, flags.
const BARE: &[(&str, &str, [u32; 3], u32)] = &[
    ("o_hash", "hash", [4, 4, 8], 0),
    ("o_rows", "hash", [20, 30, 8], 0),
    ("o_pair", "hash", [12, 16, 8], 0),
    ("o_many", "hash", [4, 8, 3000], 0),
    ("o_lazy", "hash", [4, 8, 300], 1),
    ("o_array", "array", [4, 24, 5], 0),
    ("o_cpus", "percpu_array", [4, 20, 2], 0),
    ("o_cpu_hash", "percpu_hash", [8, 4, 6], 0),
    ("o_lru", "lru_hash", [4, 1, 4], 0),
    ("o_lru_cpus", "lru_percpu_hash", [4, 9, 4], 0),
    ("o_queue", "queue", [0, 4, 4], 0),
    ("o_stack", "stack", [0, 4, 4], 0),
    ("o_ring", "ringbuf", [0, 0, 4096], 0),
    ("o_bloom", "bloom_filter", [0, 4, 4], 0),
    ("o_trie", "lpm_trie", [8, 4, 4], 1),
    ("o_devices", "devmap", [4, 4, 2], 0),
    ("o_device_hash", "devmap_hash", [4, 4, 4], 0),
    ("o_cpumap", "cpumap", [4, 4, 2], 0),
    ("o_xsk", "xskmap", [4, 4, 2], 0),
    ("o_sockets", "sockmap", [4, 4, 2], 0),
    ("o_socket_hash", "sockhash", [4, 4, 2], 0),
    ("o_reuse", "reuseport_sockarray", [4, 8, 2], 0),
    ("o_reuse_short", "reuseport_sockarray", [4, 4, 2], 0),
    ("o_cgroups", "cgroup_array", [4, 4, 2], 0),
    ("o_stacks", "stack_trace", [4, 80, 2], 0),
    ("o_events", "perf_event_array", [4, 4, 2], 0),
    ("o_jumps", "prog_array", [4, 4, 2], 0),
];

#[test]
fn maps_without_types() {
    let pins = Pins::new();
    for &(name, kind, sizes, flags) in BARE {
        let map = pins.create(name, kind, sizes, flags);
        let [key, value, _] = sizes;
        if kind.contains("hash") && !kind.contains("dev") && !kind.contains("sock") {
            let count = if name == "o_many" { 150 } else { 3 };
            for seed in 0..count {
                put(&map, &noise(key as usize, seed), &noise(value as usize, seed + 1000));
            }
        }
        if kind.ends_with("array") && value == 20 {
            put(&map, &[1, 0, 0, 0], &noise(20, 1));
        }
        same(&["map", "show", "pinned", &map]);
        same_dump(&map);
    }
}

/// So large that it is read in parts, by several threads where there are several processors.
#[test]
fn large_maps() {
    let pins = Pins::new();
    for (name, kind, value) in
        [("l_hash", "hash", 24), ("l_lru", "lru_hash", 4), ("l_cpus", "percpu_hash", 4)]
    {
        let path = pins.create(name, kind, [4, value, 60_000], 0);
        let map = MapFd::from_fd(get_pinned(Path::new(&path)).unwrap()).unwrap();
        let keys: Vec<u8> = (0..40_000_u32).flat_map(u32::to_ne_bytes).collect();
        let values = noise(40_000 * map.shape().element_size, u64::from(value));
        map.update_batch(&keys, &values, 0).unwrap();
        let words = ["map", "dump", "pinned", &path];
        for form in FORMS {
            let (theirs, ours) = (bpftool(form, &words), osmia(form, &words));
            assert!(theirs.status.success() && ours.status.success(), "{kind} {form}");
            assert!(theirs.stdout == ours.stdout, "{kind} {form}");
        }
    }
}

/// Of maps without keys bpftool says that they are empty, and yet fails.
fn same_dump(map: &str) {
    let words = ["map", "dump", "pinned", map];
    let theirs = bpftool("", &words);
    if theirs.status.success() {
        return same(&words);
    }
    assert_eq!(text(&theirs.stdout), "Found 0 elements\n");
    for form in FORMS {
        let ours = drop_in(form, &words);
        assert_eq!(ours.status.code(), theirs.status.code());
        let (json, told) = (text(&ours.stdout), text(&ours.stderr));
        if form.is_empty() {
            assert!(told.starts_with("Error: a ") && told.contains("has no keys to list"), "{told}");
        } else {
            check_json(&json);
            assert!(json.contains("has no keys to list"), "{json}");
        }
    }
}

#[test]
fn several_maps_of_one_name() {
    let pins = Pins::new();
    let name = format!("twice{}", std::process::id());
    for (kind, dir) in [("array", "a"), ("hash", "b")] {
        std::fs::create_dir(pins.0.join(dir)).unwrap();
        let path = pins.0.join(dir).join("m").display().to_string();
        let mut words = vec!["map", "create", &path, "type", kind, "key", "4", "value", "4", "entries", "2"];
        words.extend(["name", &name]);
        good(Command::new("bpftool").args(words));
        put(&path, &[1, 0, 0, 0], &[1, 2, 3, 4]);
    }
    same(&["map", "show", "name", &name]);
    same(&["map", "dump", "name", &name]);
}

#[test]
fn programs() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    for program in pins.all("p") {
        same(&["prog", "show", "pinned", &program]);
        for extra in [None, Some("opcodes"), Some("linum")] {
            let words = ["prog", "dump", "xlated", "pinned", &program];
            same(&words.iter().copied().chain(extra).collect::<Vec<_>>());
        }
    }
    let long = text(&osmia("", &["prog", "dump", "xlated", "pinned", &pins.program("large")]).stdout);
    assert!(long.lines().any(|line| line.starts_with(" 1000: ")), "{long}");
    written(&pins.program("short_name"));
}

/// What is written to a file is the same too.
fn written(program: &str) {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let ours = dir.join(format!("{}-ours", std::process::id()));
    let theirs = ours.with_extension("theirs");
    let words = |path: &Path| {
        let path = path.display().to_string();
        ["prog", "dump", "xlated", "pinned", program, "file", &path].map(str::to_owned)
    };
    let (our_words, their_words) = (words(&ours), words(&theirs));
    let output = osmia("-j", &our_words.each_ref().map(String::as_str));
    assert_eq!(text(&output.stdout), "null\n");
    bpftool("", &their_words.each_ref().map(String::as_str));
    assert_eq!(std::fs::read(&ours).unwrap(), std::fs::read(&theirs).unwrap());
    std::fs::remove_file(ours).unwrap();
    std::fs::remove_file(theirs).unwrap();
}

/// The kernel's switch for counting run time, put back in the end.
struct Stats(String);

impl Stats {
    const PATH: &str = "/proc/sys/kernel/bpf_stats_enabled";

    fn on() -> Self {
        let before = std::fs::read_to_string(Self::PATH).unwrap();
        std::fs::write(Self::PATH, "1").unwrap();
        Self(before)
    }
}

impl Drop for Stats {
    fn drop(&mut self) {
        drop(std::fs::write(Self::PATH, &self.0));
    }
}

#[test]
fn programs_that_ran() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    let program = pins.program("large");
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-data", std::process::id()));
    std::fs::write(&data, [0; 64]).unwrap();
    let stats = Stats::on();
    let mut run = Command::new("bpftool");
    good(run.args(["prog", "run", "pinned", &program, "repeat", "7", "data_in"]).arg(&data));
    drop(stats);
    std::fs::remove_file(data).unwrap();
    let shown = text(&osmia("", &["prog", "show", "pinned", &program]).stdout);
    assert!(shown.contains(" run_cnt "), "{shown}");
    same(&["prog", "show", "pinned", &program]);
}

#[test]
fn names_and_tags_find_what_bpftool_finds() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    let shown = good(Command::new("bpftool").args(["prog", "show", "pinned", &pins.program("large")]));
    let mut words = shown.split_whitespace();
    let tag = words.by_ref().skip_while(|word| *word != "tag").nth(1).unwrap();
    let id = shown.split(':').next().unwrap();
    same(&["prog", "show", "id", id]);
    same(&["p", "list", "i", &format!("{:#x}", id.parse::<u32>().unwrap())]);
    quietly(|| {
        for command in [&["prog", "show"][..], &["prog", "dump", "xlated"]] {
            let by_tag = compare(&[command, &["tag", tag]].concat());
            let by_name = compare(&[command, &["name", "a_rather_long_program_name"]].concat());
            by_tag.and(by_name)?;
        }
        compare(&["map", "show", "name", "structs"])?;
        compare(&["map", "dump", "name", "kinds.rodata"])
    });
}

/// Others load programs and maps meanwhile: tries again until that did not disturb.
fn quietly(attempt: impl Fn() -> Result<(), String>) {
    let mut last = String::new();
    for _ in 0..50 {
        match attempt() {
            Ok(()) => return,
            Err(difference) => last = difference,
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("{last}");
}

fn compare(words: &[&str]) -> Result<(), String> {
    FORMS.into_iter().try_for_each(|form| {
        let (theirs, ours) = (bpftool(form, words), osmia(form, words));
        let (theirs, ours) = (told(form, &theirs.stdout), shared(&ours.stdout));
        let differ = || format!("{words:?} {form}\n-- bpftool\n{theirs}\n-- osmia\n{ours}");
        if ours == theirs { Ok(()) } else { Err(differ()) }
    })
}

#[test]
fn all_programs() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    quietly(|| compare(&["prog", "show"]));
}

/// In a list of all maps, bpftool 7.1 gives a map without types the BTF of the one before; asked for one map it tells
/// the truth. So the list is put together from its answers for each map.
#[test]
fn all_maps() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c");
    pins.create("o_last", "hash", [4, 4, 8], 0);
    quietly(|| {
        let ids = map_ids();
        for form in FORMS {
            let each: Vec<String> =
                ids.iter().map(|id| text(&bpftool(form, &["map", "show", "id", id]).stdout)).collect();
            let (theirs, ours) = (list(form, &each), shared(&osmia(form, &["map", "show"]).stdout));
            if theirs != ours {
                return Err(format!("{form}\n-- bpftool\n{theirs}\n-- osmia\n{ours}"));
            }
        }
        Ok(())
    });
}

fn map_ids() -> Vec<String> {
    let all = text(&bpftool("", &["map", "show"]).stdout);
    let heads = all.lines().filter(|line| !line.starts_with('\t'));
    heads.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

fn list(form: &str, each: &[String]) -> String {
    let objects: Vec<String> = each.iter().map(|one| one.trim_end().replace('\n', "\n    ")).collect();
    match form {
        "" => each.concat(),
        "-p" => format!("[{}\n]\n", objects.join(",")),
        _ => format!("[{}]\n", objects.join(",")),
    }
}

#[test]
fn failures() {
    let pins = Pins::new();
    let map = pins.create("o_hash", "hash", [4, 4, 8], 0);
    for subject in ["prog", "map"] {
        for words in
            ["id", "foo bar", "id zz", "id 0x", "id 4294967294", "id 1 2", "pinned /nowhere", "tag zz"]
        {
            let words: Vec<&str> = words.split(' ').collect();
            same(&[&[subject, "show"][..], &words].concat());
        }
        let long = "x".repeat(200);
        same(&[subject, "show", "name", &long]);
    }
    same(&["prog", "show", "pinned", &map]);
    same(&["prog", "dump", "foo", "id", "1"]);
    for words in ["id zz", "id 4294967294", "pinned /nowhere"] {
        let words: Vec<&str> = words.split(' ').collect();
        same(&[&["map", "dump"][..], &words].concat());
        same(&[&["prog", "dump", "xlated"][..], &words].concat());
    }
}

/// bpftool says nothing at all, and that is no JSON.
#[test]
fn what_has_no_match_is_told() {
    for subject in ["prog", "map"] {
        let words = [subject, "show", "name", "no_such_name"];
        for form in FORMS {
            assert_eq!(osmia(form, &words).status.code(), bpftool(form, &words).status.code());
        }
        let told = text(&osmia("-j", &words).stdout);
        assert!(told.starts_with("{\"error\":\"no ") && told.contains("'no_such_name'"), "{told}");
        assert!(text(&osmia("", &words).stderr).starts_with("Error: no "));
    }
}

/// In JSON bpftool says `null`, and in text nothing but its usage.
#[test]
fn wrong_usage_is_told() {
    let pins = Pins::new();
    pins.load("newer.bpf.c");
    let program = pins.program("percpu");
    let commands: [&[&str]; 7] = [
        &["map", "dump"],
        &["map", "dump", "id"],
        &["map", "foo"],
        &["foo"],
        &["prog", "dump", "xlated", "id"],
        &["prog", "dump", "xlated", "pinned", &program, "foo"],
        &["prog", "dump", "xlated", "pinned", &program, "file", "/tmp/x", "opcodes"],
    ];
    for words in commands {
        for form in FORMS {
            let (theirs, ours) = (bpftool(form, words), drop_in(form, words));
            assert_eq!(ours.status.code(), theirs.status.code(), "{words:?} {form}");
            let (json, told) = (text(&ours.stdout), text(&ours.stderr));
            if form.is_empty() {
                assert!(
                    told.starts_with("Error: ") && told.contains("\nUsage: bpftool "),
                    "{words:?} {told}"
                );
            } else {
                check_json(&json);
                assert!(json.contains("\"error\":") && told.is_empty(), "{words:?} {form} {json} {told}");
            }
        }
    }
}

/// bpftool leaves a structure at its first float, in the middle of its JSON.
#[test]
fn floats_are_numbers() {
    let pins = Pins::new();
    pins.load("newer.bpf.c");
    let map = pins.map("floats");
    let value =
        [&1.5_f32.to_ne_bytes()[..], &[0; 4], &(-2.25_f64).to_ne_bytes(), &7_i32.to_ne_bytes(), &[0; 4]];
    put(&map, &[0; 4], &value.concat());
    let json = text(&osmia("-j", &["map", "dump", "pinned", &map]).stdout);
    check_json(&json);
    let formatted = r#""formatted":{"key":0,"value":{"narrow":1.5,"wide":-2.25,"after":7}}}]"#;
    assert!(json.trim_end().ends_with(formatted), "{json}");
}

/// bpftool 7.1 shows the computing of a CPU's address as a move; all else is the same.
#[test]
fn addresses_of_cpus_are_shown() {
    let pins = Pins::new();
    pins.load("newer.bpf.c");
    let words = ["prog", "dump", "xlated", "pinned", &pins.program("percpu")];
    let (theirs, ours) = (text(&bpftool("", &words).stdout), text(&osmia("", &words).stdout));
    let differ: Vec<_> = theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours).collect();
    assert_eq!(theirs.lines().count(), ours.lines().count());
    assert!(!differ.is_empty());
    for (theirs, ours) in differ {
        assert!(theirs.ends_with("(bf) r0 = r0"), "{theirs}");
        assert!(ours.ends_with("(bf) r0 = &(void __percpu *)(r0)"), "{ours}");
    }
}
