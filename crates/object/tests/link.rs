//! Several objects made one, against libbpf's linker (in bpftool).
use osmia_object::elf::{Input, LinkErrorKind, link, read};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-link-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

fn compile(dir: &Path, name: &str, text: &str) -> PathBuf {
    let (source, object) = (dir.join(name).with_extension("c"), dir.join(name).with_extension("o"));
    fs::write(&source, text).expect("a file");
    let (from, to) = (source.to_str().expect("UTF-8"), object.to_str().expect("UTF-8"));
    run("clang-19", &["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", from, "-o", to]);
    object
}

fn halves(dir: &Path) -> [PathBuf; 2] {
    let text = |name| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(name)).expect(name)
    };
    [compile(dir, "one", &text("link_one.c")), compile(dir, "two", &text("link_two.c"))]
}

fn linked(objects: &[PathBuf]) -> Result<Vec<u8>, LinkErrorKind> {
    let bytes: Vec<Vec<u8>> = objects.iter().map(|it| fs::read(it).expect("an object")).collect();
    let inputs: Vec<Input<'_>> = bytes.iter().map(|bytes| Input { name: "a.o", bytes }).collect();
    link(&inputs).map_err(|error| error.kind)
}

/// Names and tags of the programs that libbpf loads of an object.
fn tags(object: &Path, name: &str) -> Vec<String> {
    let pins = format!("/sys/fs/bpf/osmia-link-{name}-{}", std::process::id());
    run("bpftool", &["prog", "loadall", object.to_str().expect("UTF-8"), &pins]);
    let shown = ["first", "second"].map(|program| {
        let text = run("bpftool", &["--json", "prog", "show", "pinned", &format!("{pins}/{program}")]);
        let tag = text.split("\"tag\":\"").nth(1).and_then(|rest| rest.split('"').next());
        format!("{program} {}", tag.expect("a tag"))
    });
    fs::remove_dir_all(&pins).expect("the pins");
    shown.to_vec()
}

/// The kernel sees the same instructions, whoever linked; the values of variables are the strong definitions'.
#[test]
fn programs_are_those_that_libbpf_links() {
    let dir = scratch("tags");
    let objects = halves(&dir);
    let (ours, theirs) = (dir.join("ours.o"), dir.join("theirs.o"));
    let bytes = linked(&objects).expect("they link");
    fs::write(&ours, &bytes).expect("a file");
    let mut args = vec!["gen", "object", theirs.to_str().expect("UTF-8")];
    args.extend(objects.iter().map(|it| it.to_str().expect("UTF-8")));
    run("bpftool", &args);
    assert_eq!(tags(&ours, "ours"), tags(&theirs, "theirs"));
    let object = read(&bytes).expect("our own reader takes it");
    let data = object.data.values().find(|data| data.name == ".data").expect(".data");
    let value = |name: &str| {
        let variable = data.variables.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name}"));
        let at = variable.offset as usize;
        i32::from_le_bytes(data.bytes[at..at + 4].try_into().expect("four bytes"))
    };
    assert_eq!([value("limit"), value("total"), value("chosen")], [11, 7, 2]);
    assert_eq!(data.variables.iter().filter(|it| it.name == "hits").count(), 2, "static ones stay apart");
    assert_eq!(object.maps.values().map(|map| map.name.as_str()).collect::<Vec<_>>(), ["counts", "numbers"]);
}

/// What was linked can be linked again, and alone stays what it is.
#[test]
fn linking_goes_on() {
    let dir = scratch("again");
    let objects = halves(&dir);
    let alone: Vec<PathBuf> = (0..)
        .zip(&objects)
        .map(|(number, object)| {
            let path = dir.join(format!("alone{number}.o"));
            fs::write(&path, linked(std::slice::from_ref(object)).expect("one links")).expect("a file");
            path
        })
        .collect();
    let whole = dir.join("whole.o");
    fs::write(&whole, linked(&objects).expect("they link")).expect("a file");
    let again = dir.join("again.o");
    fs::write(&again, linked(&alone).expect("what was linked links")).expect("a file");
    let once_more = dir.join("more.o");
    fs::write(&once_more, linked(std::slice::from_ref(&whole)).expect("links again")).expect("a file");
    let tags = [("whole", whole), ("again", again), ("more", once_more)].map(|(name, it)| tags(&it, name));
    assert!(tags[0] == tags[1] && tags[1] == tags[2], "{tags:?}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let dir = scratch("refused");
    let pair = |name: &str, one: &str, two: &str| {
        let texts = [(one, "a"), (two, "b")];
        let objects = texts.map(|(text, half)| compile(&dir, &format!("{name}_{half}"), text));
        linked(&objects)
    };
    let user = "int use(void) { return x; }";
    let twice = pair("twice", "int x = 1;", "int x = 2;");
    assert_eq!(twice, Err(LinkErrorKind::TwoDefinitions("x".to_owned())));
    let types = pair("types", "long x = 1;", &format!("extern int x; {user}"));
    let how = "the number has bytes: 8 there, 4 here".to_owned();
    assert_eq!(types, Err(LinkErrorKind::TypesDiffer { symbol: "x".to_owned(), how }));
    let sorts = pair(
        "sorts",
        "struct s { int a; } x;",
        "struct s { long b; }; extern struct s x; long use(void) { return x.b; }",
    );
    let how = "a member is a there, b here".to_owned();
    assert_eq!(sorts, Err(LinkErrorKind::TypesDiffer { symbol: "x".to_owned(), how }));
    let license = "char l[] __attribute__((section(\"license\"), used)) =";
    let licenses = pair("licenses", &format!("{license} \"GPL\";"), &format!("{license} \"MIT\";"));
    assert_eq!(licenses, Err(LinkErrorKind::Differs("license".to_owned())));
    assert!(pair("weak", "int x __attribute__((weak)) = 1;", "int x = 2;").is_ok());
    assert!(pair("open", &format!("extern int x; {user}"), "int y;").is_ok());
    assert_eq!(linked(&[]), Err(LinkErrorKind::NoInput));
}

/// Bytes that nobody meant lead to errors, not to panics.
#[test]
fn changed_bytes_never_panic() {
    let dir = scratch("hostile");
    let seeds = halves(&dir).map(|it| fs::read(it).expect("an object"));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    let mut good = 0;
    for _ in 0..2000 {
        let mut bytes = seeds.clone();
        for _ in 0..=random(3) {
            let half = random(2);
            let at = random(bytes[half].len());
            bytes[half][at] = [0, 1, 0x7f, 0xff, random(256) as u8][random(5)];
        }
        let inputs = bytes.each_ref().map(|bytes| Input { name: "a.o", bytes });
        good += usize::from(link(&inputs).is_ok());
    }
    assert!(good > 100, "only {good} links");
}
