//! Debug information as compilers write it: read back as types, prototypes and addresses.
use osmia_btf::{Btf, Kind, TypeId};
use osmia_dwarf::{Code, Error, Files, Found, Image, LineError, SourceLine, Wanted, address_of_line, find};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHAPES: &str = r#"
struct inner { unsigned low : 3; unsigned high : 7; long whole; };
union either { int number; char text[8]; };
enum color { RED = 1, GREEN = -2, BLUE };
typedef struct { short x, y; } point;
struct shape {
    const char *name;
    point corners[2][3];
    struct inner in;
    union either one;
    enum color color;
    struct shape *next;
    double weight;
    _Bool filled;
    int (*draw)(struct shape *, int);
    struct hidden *hidden;
};
__attribute__((noinline)) int area(struct shape *shape, point by, unsigned char times)
{
    __asm__ volatile("" ::: "memory");
    return shape->corners[0][0].x * by.x * times;
}
int main(int argc, char **argv)
{
    struct shape shape = { .name = argv[0] };
    return area(&shape, (point){ argc, 2 }, 3);
}
"#;

const HIDDEN: &str =
    "struct hidden { int treasure; }; struct hidden box; int other(void) { return box.treasure; }";

struct Built {
    dir: PathBuf,
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Built {
    fn path(&self) -> PathBuf {
        self.dir.join("program")
    }

    fn files(&self) -> Files<'static> {
        let open = |path: &Path| File::open(path).ok();
        let main = Image::new(File::open(self.path()).unwrap()).unwrap();
        let package = open(&self.path().with_extension("dwp")).map(|file| Image::new(file).unwrap());
        Files::new(main, package, vec![self.dir.clone()], open).unwrap()
    }

    fn address(&self, symbol: &str) -> u64 {
        let table = run(Command::new("nm").arg(self.path()));
        let line = table.lines().find(|line| line.ends_with(&format!(" T {symbol}"))).expect(symbol);
        u64::from_str_radix(line.split(' ').next().unwrap(), 16).unwrap()
    }

    fn find(&self, functions: &[&str], types: &[&str]) -> Found {
        let functions = functions.iter().map(|name| ((*name).to_owned(), self.address(name))).collect();
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        find(&self.files(), &Wanted { functions, types }).unwrap()
    }
}

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Compiles sources in a folder of their own.
fn build(compiler: &str, flags: &[&str], sources: &[(&str, &str)]) -> Built {
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("osmia-dwarf-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, text) in sources {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let names = sources.iter().map(|(name, _)| *name);
    run(Command::new(compiler).current_dir(&dir).args(flags).args(names).args(["-o", "program"]));
    Built { dir }
}

static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

const C: [(&str, &str); 2] = [("shapes.c", SHAPES), ("hidden.c", HIDDEN)];

fn prototype(types: &Btf, name: &str) -> (TypeId, Vec<(String, TypeId)>) {
    let Kind::Func { proto, .. } = types.get(types.find_func(name).expect(name)).unwrap().kind else {
        panic!()
    };
    let Kind::FuncProto { ret, params } = types.get(proto).unwrap().kind else { panic!() };
    (ret, params.into_iter().map(|param| (param.name, param.ty)).collect())
}

/// `name offset[:bits] type` of each member.
fn members(types: &Btf, id: TypeId) -> Vec<String> {
    let line = |member: &osmia_btf::Member| {
        let bits = member.bit_size.map_or_else(String::new, |bits| format!(":{bits}"));
        format!("{} {}{bits} {}", member.name, member.bit_offset, types.type_name(member.ty))
    };
    types.get(types.resolve(id)).unwrap().kind.members().iter().map(line).collect()
}

/// The same for every way in which debug information can be written.
fn check_shapes(built: &Built, what: &str) {
    let found = built.find(&["area"], &["union either", "enum color", "point", "struct nowhere"]);
    let types = &found.types;
    assert!(found.missing.is_empty(), "{what}: {:?}", found.missing);
    assert!(types.find_func("area").is_some(), "{what}");
    let (ret, params) = prototype(types, "area");
    let spelled: Vec<String> =
        params.iter().map(|(name, ty)| format!("{} {name}", types.type_name(*ty))).collect();
    assert_eq!(types.type_name(ret), "int", "{what}");
    assert_eq!(spelled, ["struct shape * shape", "point by", "unsigned char times"], "{what}");
    let shape = types.find_struct("shape").unwrap();
    let expected = [
        "name 0 const char *",
        "corners 64 point[2][3]",
        "in 256 struct inner",
        "one 384 union either",
        "color 448 enum color",
        "next 512 struct shape *",
        "weight 576 double",
        "filled 640 _Bool",
        "draw 704 int (*)(struct shape *, int)",
        "hidden 768 struct hidden *",
    ];
    assert_eq!(members(types, shape), expected, "{what}");
    assert_eq!(types.size_of(shape).unwrap(), 104, "{what}");
    let inner = types.find_struct("inner").unwrap();
    let long = if what.contains("clang") { "long" } else { "long int" };
    let expected =
        ["low 0:3 unsigned int".to_owned(), "high 3:7 unsigned int".to_owned(), format!("whole 64 {long}")];
    assert_eq!(members(types, inner), expected, "{what}");
    let either = types.find_union("either").unwrap();
    assert_eq!(members(types, either), ["number 0 int", "text 0 char[8]"], "{what}");
    let color = types.get(types.find_enum("color").unwrap()).unwrap().kind;
    let values: Vec<(String, i64)> =
        color.enumerators().iter().map(|it| (it.name.clone(), it.value)).collect();
    assert_eq!(values, [("RED".into(), 1), ("GREEN".into(), -2), ("BLUE".into(), -1)], "{what}");
    // It is only declared where it is used; another unit defines it.
    assert_eq!(members(types, types.find_struct("hidden").unwrap()), ["treasure 0 int"], "{what}");
    assert!(types.find_struct("nowhere").is_none(), "{what}");
}

#[test]
fn types_in_every_form() {
    let forms: [(&str, &[&str]); 9] = [
        ("gcc", &["-g", "-O0"]),
        ("gcc", &["-g", "-O2"]),
        ("gcc", &["-gdwarf-4", "-gstrict-dwarf", "-O1"]),
        ("gcc", &["-gdwarf-3", "-gstrict-dwarf"]),
        ("gcc", &["-g", "-gz=zlib"]),
        ("gcc", &["-g", "-fdebug-types-section"]),
        ("gcc", &["-gdwarf-4", "-fdebug-types-section"]),
        ("clang-19", &["-g", "-O1"]),
        ("clang-19", &["-gdwarf-4", "-fdebug-types-section"]),
    ];
    for (compiler, flags) in forms {
        check_shapes(&build(compiler, flags, &C), &format!("{compiler} {flags:?}"));
    }
}

#[test]
fn types_that_were_split_off() {
    let forms: [(&str, &[&str]); 5] = [
        ("gcc", &["-g", "-gsplit-dwarf"]),
        ("gcc", &["-gdwarf-4", "-gsplit-dwarf"]),
        ("clang-19", &["-g", "-gsplit-dwarf"]),
        ("clang-19", &["-g", "-gsplit-dwarf", "-fdebug-types-section"]),
        ("gcc", &["-g", "-gsplit-dwarf", "-fdebug-types-section"]),
    ];
    for (compiler, flags) in forms {
        let built = build(compiler, flags, &C);
        let what = format!("{compiler} {flags:?}");
        check_shapes(&built, &what);
        if what.contains("gcc") && what.contains("types") {
            // LLVM's packer never ends on what gcc makes of these; binutils' one crashes.
            continue;
        }
        // Packed into one file, the parts may go.
        run(Command::new("llvm-dwp-19").current_dir(&built.dir).args(["-e", "program", "-o", "program.dwp"]));
        let parts = std::fs::read_dir(&built.dir).unwrap().map(|entry| entry.unwrap().path());
        let parts: Vec<PathBuf> =
            parts.filter(|path| path.extension().is_some_and(|end| end == "dwo")).collect();
        assert_eq!(parts.len(), 2);
        parts.iter().for_each(|part| std::fs::remove_file(part).unwrap());
        check_shapes(&built, &format!("{what} packed"));
        std::fs::remove_file(built.dir.join("program.dwp")).unwrap();
        let found = built.find(&["area"], &[]);
        assert!(found.types.find_func("area").is_none() && !found.missing.is_empty());
    }
}

const CPP: &str = r#"
namespace geo {
class Base { public: int id; static int count; virtual ~Base() {} };
class Circle : public Base { public: double radius; int scale(int by, Base &other); };
struct Heavy { Heavy(const Heavy &); Heavy(); ~Heavy(); int load; };
int weigh(Heavy heavy, int times);
}
__attribute__((noinline)) int geo::Circle::scale(int by, Base &other) { __asm__ volatile(""); return by * other.id; }
geo::Heavy::Heavy() : load(1) {} geo::Heavy::~Heavy() {} geo::Heavy::Heavy(const Heavy &h) : load(h.load) {}
__attribute__((noinline)) int geo::weigh(Heavy heavy, int times) { __asm__ volatile(""); return heavy.load * times; }
int main() { geo::Circle c; geo::Base b; geo::Heavy h; return c.scale(2, b) + geo::weigh(h, 3); }
"#;

#[test]
fn classes() {
    for compiler in ["g++", "clang++-19"] {
        let built = build(compiler, &["-g", "-O0"], &[("classes.cc", CPP)]);
        let (scale, weigh) = ("_ZN3geo6Circle5scaleEiRNS_4BaseE", "_ZN3geo5weighENS_5HeavyEi");
        let found = built.find(&[scale, weigh], &[]);
        let (_, params) = prototype(&found.types, scale);
        let names: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["this", "by", "other"], "{compiler}");
        let circle = found.types.find_struct("Circle").unwrap();
        assert!(found.types.field(circle, "radius").is_some());
        // What is inherited is found as if it were its own; what is static is not there.
        assert_eq!(found.types.field(circle, "id").unwrap().bit_offset, 64);
        assert!(found.types.field(circle, "count").is_none());
        let (_, params) = prototype(&found.types, weigh);
        // A class that is copied by a function of its own is passed by its address.
        assert!(matches!(found.types.get(params[0].1).unwrap().kind, Kind::Ptr(_)), "{compiler}");
    }
}

#[test]
fn lines() {
    let text =
        "int first(int a)\n{\n    a += 1;\n\n    return a * 2;\n}\nint main(void) { return first(1); }\n";
    let more = "int more(void)\n{\n    return 1;\n}\n";
    for flags in [&["-g", "-O0"][..], &["-gdwarf-4"], &["-g", "-gsplit-dwarf"]] {
        let built = build("gcc", flags, &[("lines.c", text), ("more.c", more)]);
        let at = |file: &str, line, column| {
            address_of_line(&built.files(), &SourceLine { file: file.into(), line, column })
        };
        let main = built.address("main");
        assert_eq!(at("lines.c", 7, None), Ok(main), "{flags:?}");
        let first = built.address("first");
        let body = at("lines.c", 5, None).unwrap();
        assert!(first < body && body < main, "{flags:?}");
        let dir = built.dir.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(at(&format!("{dir}/lines.c"), 5, None), Ok(body));
        assert_eq!(at("lines.c", 5, Some(14)), Ok(body));
        assert!(matches!(at("lines.c", 5, Some(70)), Err(LineError::NoCode(..))));
        assert!(matches!(at("lines.c", 4, None), Err(LineError::NoCode(_, Some(3 | 5)))));
        assert!(matches!(at("ines.c", 5, None), Err(LineError::NoFile(_))));
        assert!(at("more.c", 3, None).is_ok());
    }
}

const INLINED: &str = "
static inline __attribute__((always_inline)) int least(int a)
{
    __asm__ volatile(\".globl mark; mark: nop\" ::: \"memory\");
    return a * 3;
}
static inline __attribute__((always_inline)) int middle(int a)
{
    return least(a + 1) + 1;
}
__attribute__((noinline)) int whole(int a)
{
    a += 2;
    return middle(a) + 5;
}
int main(void) { return whole(1) == 0; }
";

#[test]
fn functions_and_lines_of_addresses() {
    for (compiler, flags) in [
        ("gcc", &["-g", "-O2"][..]),
        ("gcc", &["-gdwarf-4", "-O2"]),
        ("gcc", &["-g", "-O2", "-gsplit-dwarf"]),
        ("gcc", &["-gdwarf-4", "-O2", "-gsplit-dwarf"]),
        ("clang-19", &["-g", "-O2"]),
    ] {
        let built = build(compiler, flags, &[("inlined.c", INLINED), ("hidden.c", HIDDEN)]);
        let mut code = Code::new(built.files()).unwrap();
        let spots = code.at(built.address("mark"));
        let seen: Vec<_> = spots
            .iter()
            .map(|spot| {
                let (file, line) = spot.line.clone().unwrap();
                assert_eq!(file, built.dir.join("inlined.c").to_string_lossy(), "{compiler} {flags:?}");
                (spot.function.clone().unwrap(), line)
            })
            .collect();
        let expected =
            [("least", 4), ("middle", 9), ("whole", 14)].map(|(name, line)| (name.to_owned(), line));
        assert_eq!(seen, expected, "{compiler} {flags:?}");
        assert_eq!(spots[2].begin, built.address("whole"));
        let main = code.at(built.address("main"));
        assert_eq!(main.last().unwrap().function.as_deref(), Some("main"));
        assert!(code.at(1).is_empty() && code.at(u64::MAX).is_empty());
    }
}

#[test]
fn equal_names_of_files_are_told_apart() {
    let built = build("gcc", &["-g"], &[("main.c", "int main(void) { return 0; }")]);
    for (dir, name) in [("a", "one"), ("b", "two")] {
        std::fs::create_dir_all(built.dir.join(dir)).unwrap();
        std::fs::write(built.dir.join(dir).join("same.c"), format!("int {name}(void) {{ return 1; }}"))
            .unwrap();
    }
    let sources = ["-g", "main.c", "a/same.c", "b/same.c", "-o", "program"];
    run(Command::new("gcc").current_dir(&built.dir).args(sources));
    let at = |file: &str| {
        address_of_line(&built.files(), &SourceLine { file: file.into(), line: 1, column: None })
    };
    assert!(matches!(at("same.c"), Err(LineError::Ambiguous(..))));
    assert_eq!(at("a/same.c"), Ok(built.address("one")));
    assert_eq!(at("b/same.c"), Ok(built.address("two")));
}

#[test]
fn what_is_not_there() {
    let built = build("gcc", &[], &[("main.c", "int main(void) { return 0; }")]);
    let image = Image::new(File::open(built.path()).unwrap()).unwrap();
    assert!(!image.has_debug_info());
    assert!(matches!(Files::new(image, None, Vec::new(), |_| None), Err(Error::Missing)));
    let text = built.dir.join("main.c");
    assert!(matches!(Image::new(File::open(text).unwrap()), Err(Error::NotElf(_))));
}

/// A file whose bytes were changed is read to its end, or refused; nothing panics, nothing grows without bounds.
#[test]
fn broken_files() {
    let built = build("gcc", &["-g"], &C);
    let whole = std::fs::read(built.path()).unwrap();
    let area = built.address("area");
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 9 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let at = seed as usize % bytes.len();
            bytes[at] = (seed >> 32) as u8;
        }
        let path = built.dir.join("broken");
        std::fs::write(&path, &bytes).unwrap();
        let Ok(image) = Image::new(File::open(&path).unwrap()) else { continue };
        let Ok(files) = Files::new(image, None, Vec::new(), |_| None) else { continue };
        let wanted = Wanted { functions: vec![("area".into(), area)], types: vec!["struct hidden".into()] };
        let _ = find(&files, &wanted);
        if round % 3 == 0 {
            let open = File::open(&path).ok().and_then(|file| Image::new(file).ok());
            let again = open.and_then(|image| Files::new(image, None, Vec::new(), |_| None).ok());
            let code = again.and_then(|files| Code::new(files).ok());
            let _ = code.map(|mut code| [area, area + 9, 0].map(|address| code.at(address)));
        }
        let _ = address_of_line(&files, &SourceLine { file: "shapes.c".into(), line: 22, column: None });
    }
}
