//! bpftool's command line beyond what bpftool 7.1 has beside us: the right thing where bpftool is wrong (its known
//! defects by their numbers in our list of them), and what only we can. Needs root, clang-19 and a BPF file system; without
//! them it fails.
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Pins that go away with it.
struct Pins(PathBuf);

impl Pins {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/sys/fs/bpf/osmia-tool-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("this test needs root and a BPF file system at /sys/fs/bpf");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Loads a file beside this one by `prog loadall`: programs under `p`, maps under `m`.
    fn load(&self, source: &str, more: &[&str]) {
        let object = object(source);
        let (programs, maps) = (self.path("p"), self.path("m"));
        good(&[&["prog", "loadall", &object, &programs, "pinmaps", &maps], more].concat());
    }

    /// Makes a map.
    fn create(&self, name: &str, kind: &str, [key, value, entries]: [u32; 3]) -> String {
        let path = self.path(name);
        let (key, value, entries) = (key.to_string(), value.to_string(), entries.to_string());
        let words = [
            "map", "create", &path, "type", kind, "key", &key, "value", &value, "entries", &entries, "name",
            name,
        ];
        good(&words);
        path
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Compiles a file of `tests/bpftool`.
fn object(source: &str) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bpftool").join(source);
    let name = source.file_stem().unwrap().to_string_lossy().replace(".bpf", "");
    let object =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tool-{name}-{}.bpf.o", std::process::id()));
    let mut clang = Command::new("clang-19");
    clang
        .args(["-g", "-O2", "--target=bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&object);
    let output = clang.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    object.display().to_string()
}

/// Our program under bpftool's name.
fn bpftool(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_osmia")).arg0("bpftool").args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command says that does what it should.
fn good(words: &[&str]) -> String {
    let output = bpftool(words);
    assert!(output.status.success(), "{words:?}: {} {}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The one JSON value of a command that does what it should.
fn value(words: &[&str]) -> Value {
    let out = good(&[&["-j"], words].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{words:?}: {error}: {out}"))
}

/// Status and words of a failure: the same in text and as JSON, which is one value.
fn failure(words: &[&str]) -> (i32, String) {
    let plain = bpftool(words);
    let told = text(&plain.stderr);
    let told = told.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap_or_default().to_owned();
    let output = bpftool(&[&["-j"], words].concat());
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    let errors = errors(&json);
    assert_eq!(plain.status.code(), output.status.code(), "{words:?}");
    assert!(
        matches!(errors.as_slice(), [all] if all.lines().next() == Some(&told)),
        "{words:?}: {told}: {json}"
    );
    (plain.status.code().unwrap(), errors.concat())
}

/// All errors in a value.
fn errors(json: &Value) -> Vec<&str> {
    match json {
        Value::Object(fields) => fields
            .iter()
            .flat_map(
                |(key, value)| {
                    if key == "error" { value.as_str().into_iter().collect() } else { errors(value) }
                },
            )
            .collect(),
        Value::Array(items) => items.iter().flat_map(errors).collect(),
        _ => Vec::new(),
    }
}

/// Runs commands of a file.
fn batch(options: &[&str], commands: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_osmia"));
    child.arg0("bpftool").args(options).args(["batch", "file", "-"]);
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A command line (H, A and Q stand for maps), its status and its words.
const FAILURES: &[(&str, i32, &str)] = &[
    ("map show id 4294967290", 255, "get map by id (4294967290): No such file or directory"),
    ("map show id zz", 255, "can't parse zz as ID"),
    ("map show name no_such", 255, "no map matches 'no_such'"), // defect 3
    ("map events", 255, "expected 'id', 'name' or 'pinned', got: ''?"),
    ("map event_pipe", 255, "expected 'id', 'name' or 'pinned', got: ''?"),
    (
        "core check x.o /sys/kernel/btf/vmlinux",
        255,
        "expected 'btf FILE' for the types of a kernel, got: '/sys/kernel/btf/vmlinux'",
    ),
    ("map getnext pinned H", 254, "can't get next key: No such file or directory"),
    ("map delete pinned A key 0 0 0 0", 234, "delete failed: Invalid argument"),
    ("map update pinned A key 0 0 0 0 value 1 2 3 4 noexist", 239, "update failed: File exists"),
    ("map update pinned H key 1 value 1 2", 255, "expected key or value, got: 2"),
    ("map update pinned A key 0 0 0 0 value 1 2", 255, "value expected 4 bytes got 2"),
    ("map update pinned H key 300 value 1", 255, "error parsing byte: 300 (a byte is at most 255)"), // defect 5
    ("map update pinned H key 1", 255, "did not find value"),
    (
        "prog load /nowhere/x.o /sys/fs/bpf/x",
        255,
        "failed to open object file /nowhere/x.o: No such file or directory",
    ),
    ("map delete pinned Q", 255, "did not find key: a queue has none"),
    ("link show id 4294967290", 254, "failed to get link with ID 4294967290: No such file or directory"),
    ("link pin id 4294967290 /x", 254, "failed to get link with ID 4294967290: No such file or directory"),
    ("iter pin /nowhere/x.o /x", 254, "can't open objfile /nowhere/x.o: No such file or directory"),
    ("gen object", 255, "'object' needs at least 2 arguments, 0 found"),
    ("gen skeleton", 255, "'skeleton' needs at least 1 arguments, 0 found"),
    ("gen object /nowhere/x.o /nowhere/y.o", 254, "failed to link '/nowhere/y.o': No such file or directory"),
    (
        "gen min_core_btf /nowhere/a /nowhere/b /nowhere/c",
        254,
        "failed parsing '/nowhere/a' BTF file: No such file or directory",
    ),
    (
        "-B /nowhere/base version",
        255,
        "failed to parse base BTF at '/nowhere/base': No such file or directory",
    ),
    ("cgroup show /nowhere", 255, "can't open cgroup /nowhere: No such file or directory"),
    ("net attach nonsense id 1 dev lo", 234, "invalid net attach/detach type: nonsense"),
];

/// Statuses and words of bpftool 7.8, by the reference.
#[test]
fn failures_have_their_status() {
    let pins = Pins::new();
    let (hash, array) = (pins.create("h", "hash", [1, 1, 1]), pins.create("a", "array", [4, 4, 1]));
    let queue = pins.create("q", "queue", [0, 4, 1]);
    let map = |words: &str| {
        let words: Vec<&str> = words
            .split(' ')
            .map(|word| match word {
                "H" => &hash,
                "A" => &array,
                "Q" => &queue,
                word => word,
            })
            .collect();
        failure(&words)
    };
    for &(words, status, told) in FAILURES {
        assert_eq!(map(words), (status, told.to_owned()), "{words}");
    }
    good(&["map", "freeze", "pinned", &array]);
    assert_eq!(
        map("map update pinned A key 0 0 0 0 value 1 2 3 4"),
        (255, "update failed: Operation not permitted; the map is frozen".to_owned())
    );
    good(&["map", "update", "pinned", &hash, "key", "1", "value", "1"]);
    assert_eq!(
        map("map update pinned H key 2 value 1"),
        (249, "update failed: Argument list too long".to_owned())
    );
    // That there is nothing is an answer, not an error.
    let missing = bpftool(&["-j", "map", "lookup", "pinned", &hash, "key", "9"]);
    assert_eq!((missing.status.code(), text(&missing.stdout)), (Some(254), "null\n".to_owned()));
    let missing = bpftool(&["map", "lookup", "pinned", &hash, "key", "9"]);
    assert_eq!(text(&missing.stdout), "key:\n09\n\nNot found\n");
}

/// What is no text cannot be read, and that is told in the form that is asked for.
#[test]
fn words_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    let mut command = Command::new(env!("CARGO_BIN_EXE_osmia"));
    let output = command.arg0("bpftool").args(["-j", "map", "show", "name"]).arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(255));
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
    assert!(json["error"].as_str().is_some_and(|told| told.ends_with("is no UTF-8 text")), "{json}");
}

#[test]
fn words_of_all_objects() {
    assert_eq!(bpftool(&[]).status.code(), Some(0));
    for words in [&["help"][..], &["-h"], &["map", "help"], &["p", "h"], &["iter"]] {
        let output = bpftool(words);
        assert!(output.status.success() && output.stdout.is_empty(), "{words:?}");
        assert!(text(&output.stderr).contains("Usage: bpftool"), "{words:?}");
        assert_eq!(value(words), Value::Null);
    }
    // Each line of a help is below the others, however long it is.
    let help = text(&bpftool(&["prog", "help"]).stderr);
    assert!(
        help.lines()
            .skip(2)
            .all(|line| line.is_empty() || line.starts_with("Usage: ") || line.starts_with("       ")),
        "{help}"
    );
    assert!(good(&["-V"]).starts_with("bpftool v7.8.0\nusing libbpf v1.8"));
    let version = value(&["version"]);
    assert_eq!((&version["version"], &version["libbpf_version"]), (&json!("7.8.0"), &json!("1.8")));
    let (status, told) = failure(&["map", "foo"]);
    assert_eq!((status, told.as_str()), (255, "map has no command 'foo'"));
    let output = bpftool(&["--nonsense", "-j", "map"]);
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).starts_with("Error: unrecognized option '--nonsense'\n"));
    let ours = Command::new(env!("CARGO_BIN_EXE_osmia")).args(["prog", "help"]).output().unwrap();
    assert!(text(&ours.stdout).contains("Usage: osmia prog"));
    let ours = |words: &[&str]| Command::new(env!("CARGO_BIN_EXE_osmia")).args(words).output().unwrap();
    assert!(text(&ours(&["version"]).stdout).starts_with(concat!("osmia ", env!("CARGO_PKG_VERSION"), "\n")));
    let json = |words: &[&str]| serde_json::from_slice::<Value>(&ours(words).stdout).unwrap();
    assert_eq!(json(&["-jn", "version"])["version"], json!("7.8.0"));
    assert!(json(&["--pretty", "-B", "/sys/kernel/btf/vmlinux", "version"]).is_object());
    // The same letters are a script's, where no object is behind them.
    let script = ours(&["-f", "json", "--dry-run", "-e", "begin { exit(); }"]);
    assert!(script.status.success(), "{script:?}");
}

/// Defects 15 and 17: a `#` in quotes is no comment, and there is one JSON value, whatever the words.
#[test]
fn batches() {
    let commands = "version # comment\nmap show name \"a#b\"\nversion\n";
    let (status, out, _) = batch(&["-j"], commands);
    let json: Value = serde_json::from_str(&out).expect("one JSON value");
    assert_eq!(status, 255);
    assert_eq!(json.as_array().unwrap().len(), 2, "it ends at the first failure");
    assert_eq!(json[1]["command"], json!(["map", "show", "name", "a#b"]));
    assert_eq!(json[1]["output"], json!({"error": "no map matches 'a#b'"}));
    let (status, out, told) = batch(&[], "version\nmap show \\\n  name 'x\"\\'\n");
    assert_eq!(status, 255);
    assert!(out.starts_with("bpftool v7.8.0") && told == "Error: no map matches 'x\"\\'\n", "{out} {told}");
    let (status, out, _) = batch(&[], "\n# nothing\nversion\n");
    assert!(status == 0 && out.ends_with("processed 1 commands\n"), "{out}");
    let (status, out, _) = batch(&["-p"], "map show name \"\\\u{1}'\"\n");
    assert_eq!(status, 255);
    assert!(serde_json::from_str::<Value>(&out).is_ok(), "{out}");
}

/// What is dumped can be written again and is the same: by types, with names, signs, bit fields and texts.
#[test]
fn elements_by_their_types() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c", &[]);
    let map = pins.path("m/structs");
    let key = "{pid: 7, cpu: -1, comm: \"x y\"}";
    good(&["map", "update", "pinned", &map, "key", key, "value", "{}"]);
    let first = value(&["map", "lookup", "pinned", &map, "key", key])["formatted"].clone();
    assert_eq!(first["key"], json!({"pid": 7, "cpu": -1, "comm": "x y"}));
    let mut bytes = [0_u8; 256];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = (place * 37 % 251) as u8;
    }
    let size = value(&["map", "show", "pinned", &map])["bytes_value"].as_u64().unwrap() as usize;
    let raw: Vec<String> = bytes.iter().cycle().take(size).map(u8::to_string).collect();
    let raw: Vec<&str> = raw.iter().map(String::as_str).collect();
    good(&[&["map", "update", "pinned", &map, "key", key, "value"], raw.as_slice()].concat());
    let dumped = value(&["map", "lookup", "pinned", &map, "key", key])["formatted"]["value"].clone();
    good(&["map", "update", "pinned", &map, "key", key, "value", &dumped.to_string()]);
    let again = value(&["map", "lookup", "pinned", &map, "key", key])["formatted"]["value"].clone();
    assert_eq!(again, dumped);
    let (status, told) =
        failure(&["map", "update", "pinned", &map, "key", "{pid: 4294967296}", "value", "{}"]);
    assert_eq!(status, 255);
    assert!(told.ends_with(".pid: 4294967296 does not fit into 32 bits, unsigned"), "{told}");
    let (_, told) = failure(&["map", "update", "pinned", &map, "key", "{pdi: 1}", "value", "{}"]);
    assert!(told.ends_with(".pdi: there is no such member"), "{told}");
}

/// Defect 4: a map without keys is not empty, it has none to list.
#[test]
fn queues() {
    let pins = Pins::new();
    let queue = pins.create("q", "queue", [0, 4, 4]);
    let (status, told) = failure(&["map", "dump", "pinned", &queue]);
    assert_eq!(
        (status, told.as_str()),
        (234, "a queue has no keys to list ('map peek' shows the next element): Invalid argument")
    );
    good(&["map", "push", "pinned", &queue, "value", "1", "2", "0x3", "04"]);
    assert_eq!(value(&["map", "peek", "pinned", &queue])["value"], json!(["0x01", "0x02", "0x03", "0x04"]));
    assert_eq!(good(&["map", "pop", "pinned", &queue]), "value: 01 02 03 04\n");
    let empty = bpftool(&["map", "pop", "pinned", &queue]);
    assert_eq!((empty.status.code(), text(&empty.stdout)), (Some(254), "Error: empty map\n".to_owned()));
    good(&["map", "freeze", "pinned", &pins.create("f", "hash", [4, 4, 4])]);
    assert_eq!(value(&["map", "show", "pinned", &pins.path("f")])["frozen"], json!(1));
}

/// What a map of maps holds is told as the maps' ids.
#[test]
fn maps_in_maps() {
    let pins = Pins::new();
    pins.load("kinds.bpf.c", &[]);
    let outer = pins.path("m/array_of_maps");
    let id = value(&["map", "show", "pinned", &pins.path("m/inner_map")])["id"].clone();
    assert_eq!(value(&["map", "dump", "pinned", &outer])[0]["inner_map_id"], id);
    let line = format!("key: 01 00 00 00  inner_map_id: {id} \n");
    assert_eq!(good(&["map", "dump", "pinned", &outer]), format!("{line}Found 1 element\n"));
    assert_eq!(good(&["map", "lookup", "pinned", &outer, "key", "1", "0", "0", "0"]), line);
}

/// A file system that is mounted for a pin hides what was there: nothing is mounted where something is.
#[test]
fn folders_that_are_used_are_not_hidden() {
    let pins = Pins::new();
    let map = pins.create("one", "array", [4, 4, 1]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("used-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "").unwrap();
    let pin = folder.join("pin").display().to_string();
    let told = failure(&["map", "pin", "pinned", &map, &pin]).1;
    assert!(told.contains("would hide the files that it has"), "{told}");
    assert!(folder.join("file").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A bloom filter has no keys: it is asked for values.
#[test]
fn bloom_filters() {
    let pins = Pins::new();
    let bloom = pins.create("b", "bloom_filter", [0, 4, 4]);
    good(&["map", "update", "pinned", &bloom, "value", "1", "2", "3", "4"]);
    good(&["map", "lookup", "pinned", &bloom, "value", "1", "2", "3", "4"]);
    assert_eq!(
        failure(&["map", "lookup", "pinned", &bloom]),
        (255, "a bloom_filter is asked for a value: 'value DATA'".to_owned())
    );
    // A list that was begun is ended, on a line of its own.
    pins.load("newer.bpf.c", &[]);
    let typed = bpftool(&["map", "dump", "pinned", &pins.path("m/seen")]);
    assert_eq!((typed.status.code(), text(&typed.stdout).as_str()), (Some(161), "[]\n"), "{typed:?}");
}

/// Defect 14: the walk ends and shows no key twice, though keys come and go meanwhile.
#[test]
fn a_map_that_changes() {
    let pins = Pins::new();
    for kind in ["hash", "lpm_trie"] {
        let path = pins.path(kind);
        let mut words = vec![
            "map", "create", &path, "type", kind, "key", "8", "value", "4", "entries", "4096", "name", kind,
        ];
        if kind == "lpm_trie" {
            words.extend(["flags", "1"]);
        }
        good(&words);
        let element = |verb: &str, byte: u8| {
            let value = if verb == "update" { " value 1 0 0 0" } else { "" };
            format!("map {verb} pinned {path} key 32 0 0 0 1 2 3 {byte}{value}\n")
        };
        let fill: String = (0..=255).map(|byte| element("update", byte)).collect();
        assert_eq!(batch(&[], &fill).0, 0);
        let churn: String = (0..20)
            .flat_map(|round| (0..100_u8).map(move |at| (round, at)))
            .map(|(round, at)| {
                let byte = at.wrapping_mul(7).wrapping_add(round);
                element("update", byte) + &element("delete", byte) + &element("update", byte)
            })
            .collect();
        let writer = std::thread::spawn(move || batch(&[], &churn).0);
        while !writer.is_finished() {
            let dump = value(&["map", "dump", "pinned", &path]);
            let mut keys: Vec<String> =
                dump.as_array().unwrap().iter().map(|element| element["key"].to_string()).collect();
            let all = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), all, "{kind}");
            assert!(all <= 256, "{all}");
        }
        assert_eq!(writer.join().unwrap(), 0);
    }
}

/// Defects 2 and 6: why an object can't be loaded is part of the answer. Nothing stays of it.
#[test]
fn objects_are_loaded() {
    let pins = Pins::new();
    pins.load("newer.bpf.c", &[]);
    let map = value(&["map", "show", "pinned", &pins.path("m/floats")])["id"].to_string();
    let second = pins.path("second");
    good(&["prog", "load", &object("newer.bpf.c"), &second, "map", "name", "floats", "id", &map]);
    assert_eq!(value(&["-f", "prog", "show", "pinned", &second])["pinned"], json!([second]));
    let (_, told) = failure(&["prog", "load", &object("newer.bpf.c"), &second]);
    assert_eq!(told, format!("can't pin BPF object: path '{second}' already exists"));
    let (file, alone) = (object("newer.bpf.c"), pins.path("alone"));
    let for_one = ["prog", "load", &file, &alone, "map", "name", "each_cpu", "exclusive"];
    let (_, told) = failure(&[&for_one[..], &["nobody"]].concat());
    assert!(told.contains("`nobody` alone, and the object has none of this name"), "{told}");
    let done = bpftool(&[&for_one[..], &["percpu"]].concat());
    assert!(done.status.success() || text(&done.stderr).contains("from Linux 6.18 on"), "{done:?}");
    let typed = pins.path("typed");
    good(&["prog", "load", &object("newer.bpf.c"), &typed, "type", "xdp"]);
    assert_eq!(value(&["prog", "show", "pinned", &typed])["type"], json!("xdp"));
    let (_, told) =
        failure(&["prog", "loadall", &object("attach.bpf.c"), &pins.path("x"), "type", "sk_lookup"]);
    assert!(told.starts_with("failed to load object file") && told.contains("`pass`"), "{told}");
    assert!(!Path::new(&pins.path("x")).exists());
    let signing = ["-S", "-k", "no/key.pem", "-i", "no/cert.pem"];
    for words in [&["prog", "load", &file, &alone][..], &["gen", "skeleton", &file]] {
        let (_, told) = failure(&[&signing[..], words].concat());
        assert_eq!(told, "failed to sign program: no/key.pem: No such file or directory");
    }
    let loaded_by_program = pins.path("light");
    good(&["-L", "prog", "load", &object("newer.bpf.c"), &loaded_by_program]);
    assert_eq!(value(&["prog", "show", "pinned", &loaded_by_program])["type"], json!("socket_filter"));
    let (_, told) = failure(&[
        "prog",
        "load",
        &object("newer.bpf.c"),
        &pins.path("x"),
        "map",
        "name",
        "none",
        "id",
        &map,
    ]);
    assert_eq!(told, "unable to find map 'none'");
}

/// libbpf opens no object that wants what another has; once they are linked, it does.
#[test]
fn objects_that_are_not_linked_have_no_skeleton() {
    let (half, other) = (object("half.bpf.c"), object("other_half.bpf.c"));
    for options in [&[][..], &["-L"]] {
        let (status, told) = failure(&[options, &["gen", "skeleton", &half, "name", "half"]].concat());
        assert_eq!(status, 255);
        assert!(
            told.starts_with(&format!("failed to open BPF object file {half}: `half`, instruction ")),
            "{told}"
        );
        assert!(told.contains("`other_half`") && told.contains("`shared`"), "{told}");
        assert!(told.contains("half.bpf.c:11") && told.contains("what to do: link this object"), "{told}");
        assert!(told.contains("osmia gen object"), "{told}");
    }
    let whole = half.replace(".bpf.o", ".whole.o");
    good(&["gen", "object", &whole, &half, &other]);
    assert!(good(&["gen", "skeleton", &whole, "name", "whole"]).contains("struct whole"));
}

/// Two interfaces that are one cable, until the end of the test.
struct Cable(String);

impl Cable {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("osm{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let made = Command::new("ip").args(["link", "add", &name, "type", "veth"]).status();
        assert!(made.expect("iproute2").success());
        Self(name)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        Command::new("ip").args(["link", "delete", &self.0]).status().ok();
    }
}

#[test]
fn programs_are_bound_to_interfaces() {
    let (pins, cable) = (Pins::new(), Cable::new());
    let (file, path) = (object("bound.bpf.c"), pins.path("stamp"));
    let load = ["prog", "load", &file, &path];
    let with = |words: &[&str]| failure(&[&load[..], words].concat()).1;
    assert!(with(&[]).contains("xdpmeta_dev INTERFACE"), "{}", with(&[]));
    let told = with(&["offload_dev", &cable.0]);
    assert!(told.contains("the interface runs no programs itself") && told.contains("xdpmeta_dev"), "{told}");
    let both = ["offload_dev", &cable.0, "xdpmeta_dev", &cable.0];
    assert_eq!(with(&both), "xdpmeta_dev and offload_dev are mutually exclusive");
    assert_eq!(with(&["xdpmeta_dev", "lo", "xdpmeta_dev", "lo"]), "xdpmeta_dev already specified");
    assert_eq!(with(&["xdpmeta_dev", "no-such-one"]), "unrecognized netdevice 'no-such-one': No such device");
    good(&[&load[..], &["xdpmeta_dev", &cable.0]].concat());
    assert_eq!(value(&["prog", "show", "pinned", &path])["type"], json!("xdp"));
    // It may be attached to this interface, and to no other.
    good(&["net", "attach", "xdpdrv", "pinned", &path, "dev", &cable.0]);
    good(&["net", "detach", "xdpdrv", "dev", &cable.0]);
    failure(&["net", "attach", "xdpgeneric", "pinned", &path, "dev", "lo"]);
}

/// Filters hang at disciplines and at classes of these: lists are the peer's.
#[test]
fn filters_at_classes() {
    let (pins, cable) = (Pins::new(), Cable::new());
    let (file, path) = (object("attach.bpf.c"), pins.path("pass"));
    good(&["prog", "load", &file, &path, "type", "classifier"]);
    for words in [
        "qdisc add dev DEV root handle 1: htb",
        "class add dev DEV parent 1: classid 1:1 htb rate 1mbit",
        "class add dev DEV parent 1:1 classid 1:2 htb rate 1mbit",
        "filter add dev DEV parent 1: bpf direct-action object-pinned PIN",
        "filter add dev DEV parent 1:2 bpf direct-action object-pinned PIN",
    ] {
        let words = words.replace("DEV", &cable.0).replace("PIN", &path);
        let done = Command::new("tc").args(words.split(' ')).output().expect("iproute2");
        assert!(done.status.success(), "tc {words}: {}", text(&done.stderr));
    }
    let list = ["net", "show", "dev", &cable.0];
    let ours = value(&list);
    let kinds: Vec<&Value> = ours[0]["tc"].as_array().expect("a list").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, [&json!("htb"), &json!("htb")], "{ours}");
    let peer = Command::new("/usr/sbin/bpftool").args(list).output().expect("bpftool");
    let filters = |out: &str| out.split("tc:").nth(1).map(|it| it.lines().take(3).collect::<String>());
    assert_eq!(filters(&good(&list)), filters(&text(&peer.stdout)));
}

/// Defect 16: an operand is one string, and an instruction without any has none. Each instruction of the program that a
/// line begins with stands before its machine code.
#[test]
fn machine_code() {
    let pins = Pins::new();
    pins.load("newer.bpf.c", &[]);
    let program = pins.path("p/percpu");
    let dump = value(&["prog", "dump", "jited", "pinned", &program, "opcodes", "mapping"]);
    let insns = dump[0]["insns"].as_array().unwrap();
    let size = value(&["prog", "show", "pinned", &program])["bytes_jited"].as_u64().unwrap();
    let bytes: usize = insns.iter().map(|insn| insn["opcodes"].as_array().unwrap().len()).sum();
    assert_eq!(bytes as u64, size, "the first of one function is all");
    let leave = insns.iter().find(|insn| insn["operation"] == "leave").expect("a program leaves");
    assert_eq!(leave["operands"], json!([]));
    let nop = insns.iter().find(|insn| insn["operation"] == "nopl").expect("a program begins with nothing");
    assert!(nop["operands"][0].as_str().unwrap().starts_with("(%rax"), "{nop}");
    let mapped: Vec<&Value> =
        insns.iter().flat_map(|insn| insn["xlated"].as_array().into_iter().flatten()).collect();
    let xlated = value(&["prog", "dump", "xlated", "pinned", &program]);
    assert_eq!(mapped.len(), xlated.as_array().unwrap().len(), "each instruction stands somewhere, once");
    let shown = good(&["prog", "dump", "jited", "pinned", &program, "mapping"]);
    assert!(shown.contains(";    0: ("), "{shown}");
    let graph = good(&["prog", "dump", "xlated", "pinned", &program, "visual"]);
    assert!(graph.starts_with("digraph ") && graph.contains("label=\"ENTRY\""), "{graph}");
    let (_, told) = failure(&["prog", "dump", "xlated", "pinned", &program, "visual", "visual", "foo"]);
    assert!(told.contains("got: 'foo'"), "{told}");
}

/// Defects 3, 7 and 11: nothing attached is an empty list; what is not known is left out; links that only a pin holds
/// are shown too. Defect 8: holders are found without a program of ours.
#[test]
fn attachments() {
    let pins = Pins::new();
    pins.load("attach.bpf.c", &["autoattach"]);
    let link = value(&["-f", "link", "show", "pinned", &pins.path("p/at_raw")]);
    assert_eq!((&link["type"], &link["tp_name"]), (&json!("raw_tracepoint"), &json!("sched_process_exit")));
    assert_eq!(link["pinned"], json!([pins.path("p/at_raw")]));
    let shown = good(&["link", "show", "pinned", &pins.path("p/at_tracepoint")]);
    assert!(
        shown.contains("perf_event  prog ") && shown.contains("\n\ttracepoint sys_enter_getpgid  \n"),
        "{shown}"
    );
    let perf = value(&["perf", "show"]);
    let of_link = |perf: &Value| perf.as_array().unwrap().iter().any(|one| one["link_id"] == link["id"]);
    assert!(of_link(&perf), "{perf}");
    let group = group();
    let path = group.0.display().to_string();
    assert_eq!(value(&["cgroup", "show", &path]), json!([]));
    assert_eq!(good(&["cgroup", "show", &path]), "");
    let egress = pins.path("p/egress");
    good(&["cgroup", "attach", &path, "egress", "pinned", &egress, "multi"]);
    let id = value(&["prog", "show", "pinned", &egress])["id"].clone();
    let attached =
        json!([{"id": id, "attach_type": "cgroup_inet_egress", "attach_flags": "multi", "name": "egress"}]);
    assert_eq!(value(&["cgroup", "show", &path]), attached);
    assert_eq!(value(&["cgroup", "tree", &path]), json!([{"cgroup": path, "programs": attached}]));
    good(&["cgroup", "detach", &path, "cgroup_inet_egress", "pinned", &egress]);
    assert_eq!(value(&["cgroup", "show", &path]), json!([]));
    let (other, ring) = (pins.create("held", "hash", [4, 4, 4]), pins.path("ring"));
    let words = ["type", "ringbuf", "key", "0", "value", "0", "entries", "4096", "name", "ring"];
    good(&[&["map", "create", &ring][..], &words].concat());
    let mut follower = Command::new(env!("CARGO_BIN_EXE_osmia"));
    let follower =
        follower.args(["map", "events", "pinned", &ring, "-j"]).stdout(Stdio::piped()).spawn().unwrap();
    let holders = json!([{"pid": follower.id(), "comm": "osmia"}]);
    until(|| value(&["map", "show", "pinned", &ring])["pids"] == holders);
    assert_eq!(value(&["map", "show", "pinned", &other])["pids"], Value::Null);
    stop(follower);
    let (_, told) =
        failure(&["link", "update", "pinned", &pins.path("p/at_raw"), "id", &link["prog_id"].to_string()]);
    assert!(told.contains("links of this kind keep their program: detach it"), "{told}");
    // The kernel detaches only some kinds of links at once.
    let (status, told) = failure(&["link", "detach", "pinned", &pins.path("p/at_raw")]);
    assert_eq!((status, told.as_str()), (1, "failed link detach: Operation not supported"));
    assert_eq!(failure(&["link", "detach", "pinned", &pins.path("nothing")]).0, 1);
    std::fs::remove_file(pins.path("p/at_raw")).unwrap();
    until(|| !of_link(&value(&["perf", "show"])));
}

/// Waits for what comes soon.
fn until(is: impl Fn() -> bool) {
    let soon = || std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(
        (0..250).any(|_| is() || {
            soon();
            false
        }),
        "it does not come"
    );
}

fn stop(mut child: std::process::Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A control group of our own.
struct Group(PathBuf);

fn group() -> Group {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    let root = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some("cgroup2"))
        .expect("this test needs cgroup v2");
    let path = Path::new(root.split(' ').nth(1).unwrap()).join(format!("osmia-tool-{}", std::process::id()));
    std::fs::create_dir(&path).unwrap();
    Group(path)
}

impl Drop for Group {
    fn drop(&mut self) {
        std::fs::remove_dir(&self.0).ok();
    }
}

/// In a network namespace of its own.
#[test]
fn interfaces() {
    let pins = Pins::new();
    pins.load("attach.bpf.c", &[]);
    let (xdp, tcx) = (pins.path("p/pass"), pins.path("p/next"));
    let id = |path: &str| value(&["prog", "show", "pinned", path])["id"].clone();
    let script = format!(
        "net() {{ $OSMIA net \"$@\"; }}
        net attach xdpgeneric pinned {xdp} dev lo || echo failed
        net attach xdpgeneric pinned {xdp} dev lo 2>/dev/null; echo $?
        net attach xdpgeneric pinned {xdp} dev lo overwrite && net attach tcx_ingress pinned {tcx} dev lo || echo failed
        net show dev lo -j
        net show dev lo
        net detach tcx_ingress dev lo && net detach xdpgeneric dev lo || echo failed
        net show -j"
    );
    let mut shell = Command::new("unshare");
    shell.args(["--net", "bash", "-c", &script]).env("OSMIA", env!("CARGO_BIN_EXE_osmia"));
    let output = shell.output().unwrap();
    let out = text(&output.stdout);
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("240"), "it is busy: {out} {}", text(&output.stderr));
    let shown: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let expected = json!([{"devname": "lo", "ifindex": 1, "mode": "generic", "id": id(&xdp)}]);
    assert_eq!(shown[0]["xdp"], expected);
    let list = json!({"devname": "lo", "ifindex": 1, "kind": "tcx/ingress", "name": "next", "prog_id": id(&tcx),
        "prog_flags": [], "link_id": 0, "link_flags": []});
    assert_eq!(shown[0]["tc"], json!([list]));
    let (before, last) = out.trim_end().rsplit_once('\n').unwrap();
    let (xdp, tcx) = (id(&xdp), id(&tcx));
    let expected = format!(
        "\nxdp:\nlo(1) generic id {xdp}\n\ntc:\nlo(1) tcx/ingress next prog_id {tcx} \n\nflow_dissector:\n"
    );
    assert!(before.contains(&expected), "{before}");
    let shown: Value = serde_json::from_str(last).unwrap();
    assert_eq!((&shown[0]["xdp"], &shown[0]["tc"]), (&json!([]), &json!([])));
}

#[test]
fn programs_run() {
    let pins = Pins::new();
    pins.load("attach.bpf.c", &[]);
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("packet-{}", std::process::id()));
    std::fs::write(&data, [7_u8; 64]).unwrap();
    let (data, next) = (data.display().to_string(), pins.path("p/next"));
    let ran = value(&["prog", "run", "pinned", &next, "data_in", &data, "data_out", "-", "repeat", "3"]);
    assert_eq!(ran["retval"], json!(4_294_967_295_u32));
    assert_eq!(ran["data_out"], json!(vec![7; 64]));
    let shown = good(&["prog", "run", "pinned", &next, "data_in", &data, "data_out", "-"]);
    assert!(
        shown.starts_with("0000000\t0707 0707 0707 0707 0707 0707 0707 0707 | ........ ........\n"),
        "{shown}"
    );
    assert!(shown.contains("Return value: 4294967295, duration: "), "{shown}");
    let (status, told) = failure(&["prog", "run", "pinned", &next, "d", &data]);
    assert_eq!(
        (status, told.as_str()),
        (255, "ambiguous prefix: 'd' could be 'data_in' or 'data_out' or 'data_size_out'")
    );
    let (status, _) = failure(&["prog", "run", "pinned", &pins.path("p/at_tracepoint"), "repeat", "1"]);
    assert_eq!(status, 244);
    // It ran, and what it gave is told, though there is no place for the packet.
    let unwritten = ["prog", "run", "pinned", &next, "data_in", &data, "data_out", "/nowhere/x"];
    let shown = bpftool(&unwritten);
    assert_eq!(shown.status.code(), Some(255));
    assert!(text(&shown.stdout).starts_with("Return value: 4294967295, duration: "), "{shown:?}");
    let shown = bpftool(&[&["-j"], &unwritten[..]].concat());
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("one JSON value");
    assert_eq!(shown["retval"], json!(4_294_967_295_u32));
    assert_eq!(shown["error"], json!("failed to open /nowhere/x: No such file or directory"));
    let (_, told) = failure(&["prog", "run", "pinned", &next, "data_in", "/dev/zero"]);
    assert_eq!(told, "what /dev/zero has is longer than what a program can be given");
}

/// Kinds of attachments have older names too, and those of control groups are none here.
#[test]
fn programs_are_attached_to_maps_of_sockets_by_older_names() {
    let pins = Pins::new();
    pins.load("attach.bpf.c", &[]);
    let (next, map) = (pins.path("p/next"), pins.create("sockets", "array", [4, 4, 1]));
    let attach = |kind| failure(&["prog", "attach", "pinned", &next, kind, "pinned", &map]);
    for kind in ["sk_msg_verdict", "msg_verdict", "msg", "stream_parser", "skb_verdict"] {
        let (status, told) = attach(kind);
        assert!(status == 234 && told.starts_with("failed prog attach to map"), "{kind}: {told}");
    }
    for kind in ["ingress", "sk_msg", ""] {
        assert_eq!(attach(kind), (234, format!("invalid attach/detach type '{kind}'")));
    }
}

/// Shells ask what may come next; pages are made of the same rows.
#[test]
fn completions_and_manuals() {
    let osmia = |words: &[&str]| {
        text(&Command::new(env!("CARGO_BIN_EXE_osmia")).args(words).output().unwrap().stdout)
    };
    assert_eq!(osmia(&["__complete", "map", "pe"]), "peek\tshow the next element of a queue or stack\n");
    let bash = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("complete-{}.bash", std::process::id()));
    std::fs::write(&bash, osmia(&["completions", "bash"])).unwrap();
    let dir = Path::new(env!("CARGO_BIN_EXE_osmia")).parent().unwrap().display();
    let script = format!(
        "PATH={dir}:$PATH; . {}; COMP_WORDS=(bpftool cgroup at); COMP_CWORD=2; _osmia_tool; echo ${{COMPREPLY[@]}}; \
        COMP_WORDS=(osmia map fr); _osmia_either; echo ${{COMPREPLY[@]}}",
        bash.display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(text(&output.stdout), "attach\nfreeze\n", "{}", text(&output.stderr));
    for object in ["prog", "map", "net"] {
        assert!(osmia(&["man", object]).contains(&format!(".B osmia {object} show|list")));
    }
}
