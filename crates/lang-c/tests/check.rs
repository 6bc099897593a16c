//! What checking makes of units: typed trees, layouts of records, and what is said of mistakes.
use osmia_base::Source;
use osmia_btf::{Btf, Builder, Enum, Enumerator, IntEncoding, Kind, Linkage, Member, Param, Type, TypeId};
use osmia_lang_c::headers::{Found, Include};
use osmia_lang_c::{Checked, Names, check, parse, preprocess, typed};
use osmia_testkit::{Random, cases, golden};

/// The unit of a text, and all that is wrong with it, as text.
fn checked(text: &str) -> (Checked, Names, String) {
    let mut source = Source::new("unit.c", text);
    let mut names = Names::default();
    let preprocessed = preprocess(&mut source, &mut names, &Headers, &[]);
    let kernel = kernel();
    let parsed = parse(&preprocessed.tokens, &mut names, Some(&kernel));
    let checked = check(&parsed.unit, &mut names, Some(&kernel));
    let mut all = preprocessed.diagnostics;
    all.extend(parsed.diagnostics);
    all.list.extend(checked.diagnostics.list.iter().cloned());
    let told = all.render(&source);
    (checked, names, told)
}

#[test]
fn trees() {
    golden("tests/check/trees", |text| {
        let (checked, names, told) = checked(text);
        told + &typed::dump(&checked.unit, &names)
    });
}

#[test]
fn layouts() {
    golden("tests/check/layouts", |text| {
        let (checked, names, told) = checked(text);
        let records = checked.unit.types.records.keys();
        told + &records.map(|record| typed::dump_record(&checked.unit, &names, record)).collect::<String>()
    });
}

#[test]
fn errors() {
    golden("tests/check/errors", |text| checked(text).2);
}

/// Whatever is left of a unit that was changed here and there is checked to its end.
#[test]
fn broken_units_are_checked() {
    let kernel = kernel();
    let mut random = Random(5);
    for path in cases("tests/check") {
        let text = std::fs::read_to_string(&path).expect("a case is text");
        let text = text.split("---- expect").next().unwrap_or("");
        let mut source = Source::new("unit.c", text);
        let mut names = Names::default();
        let tokens = preprocess(&mut source, &mut names, &Headers, &[]).tokens;
        for _ in 0..60 {
            let mut changed = tokens.clone();
            for _ in 0..1 + random.below(4) {
                let (at, from) = (random.below(changed.len()), random.below(tokens.len()));
                match random.below(3) {
                    0 => drop(changed.remove(at)),
                    1 => changed.insert(at, tokens[from]),
                    _ => changed[at] = tokens[from],
                }
            }
            let parsed = parse(&changed, &mut names, Some(&kernel));
            let checked = check(&parsed.unit, &mut names, Some(&kernel));
            typed::dump(&checked.unit, &names);
            checked.diagnostics.render(&source);
        }
    }
}

/// What is nested in types rather than in the text does not go deep in the checker.
#[test]
fn deep_types_are_refused() {
    let count = 20_000;
    let chain = |line: &dyn Fn(usize) -> String| (1..count).map(line).collect::<String>();
    let pointers = chain(&|n| format!("typedef t{} *t{n};", n - 1));
    let arrays = chain(&|n| format!("typedef t{} t{n}[1];", n - 1));
    let records = chain(&|n| format!("struct s{n} {{ struct s{} a; }};", n - 1));
    for (text, errors) in [
        (format!("typedef int t0; {pointers} const t19999 a;"), true),
        (format!("typedef int t0; {arrays} const t19999 a = {{ 1 }};"), true),
        (format!("struct s0 {{ int a; }}; {records} struct s19999 a = {{ 1 }};"), true),
        (format!("struct s0 {{ int a; }}; {records} unsigned long a = sizeof(struct s19999);"), false),
    ] {
        assert_eq!(checked(&text).0.diagnostics.has_errors(), errors, "{}", &text[..40]);
    }
}

/// `vmlinux.h` stands for the kernel's types; there is no other header.
#[derive(Debug)]
struct Headers;

impl osmia_lang_c::headers::Headers for Headers {
    fn find(&self, include: &Include<'_>) -> Found {
        if include.name == "vmlinux.h" { Found::Kernel } else { Found::Missing(Vec::new()) }
    }
}

/// A small kernel.
fn kernel() -> Btf {
    let mut types = Builder::new();
    let int = types.add_int("int", 4, IntEncoding::SIGNED);
    let unsigned = types.add_int("unsigned int", 4, IntEncoding::UNSIGNED);
    let long = types.add_int("long unsigned int", 8, IntEncoding::UNSIGNED);
    let character = types.add_int("char", 1, IntEncoding::SIGNED);
    let pid = types.add_typedef("pid_t", int);
    types.add_typedef("u32", unsigned);
    types.add_typedef("u64", long);
    let comm = types.add_array(character, unsigned, 16);
    let ids = types.add_union("", 4, vec![Member::at("tgid", pid, 0), Member::at("both", unsigned, 0)]);
    // The pointer comes before what it points to.
    let task = TypeId(types.next_id().0 + 1);
    let parent = types.add_ptr(task);
    let bits = |name: &str, bit_offset, bit_size| Member {
        name: name.to_owned(),
        ty: unsigned,
        bit_offset,
        bit_size: Some(bit_size),
    };
    let members = vec![
        Member::at("flags", long, 0),
        Member::at("pid", pid, 8),
        Member::at("", ids, 12),
        Member::at("parent", parent, 16),
        Member::at("comm", comm, 24),
        bits("exit", 320, 1),
        bits("level", 321, 5),
    ];
    types.add_struct("task_struct", 48, members);
    let value = |name: &str, value| Enumerator { name: name.to_owned(), value };
    let values = vec![value("BPF_MAP_TYPE_HASH", 1), value("BPF_MAP_TYPE_ARRAY", 2)];
    types.add_enum("bpf_map_type", Enum { size: 4, signed: false, values });
    let user = types.add(Type::new("user", Kind::TypeTag { ty: character, attribute: false }));
    let text = types.add_ptr(user);
    let run = types.add_func_proto(int, vec![Param { name: "text".to_owned(), ty: text }]);
    let run = types.add_ptr(run);
    types.add_struct("ops", 8, vec![Member::at("run", run, 0)]);
    // Of these two functions programs may call one.
    let release =
        types.add_func_proto(TypeId::default(), vec![Param { name: "task".to_owned(), ty: parent }]);
    let callee = types.add_func("bpf_task_release", release, Linkage::Static);
    types.add(Type::new("bpf_kfunc", Kind::DeclTag { ty: callee, component: None, attribute: false }));
    types.add_func("do_exit", release, Linkage::Static);
    Btf::parse(types.finish()).expect("these are types")
}

/// Nobody reads hundreds of mistakes.
#[test]
fn many_mistakes_are_told_in_part() {
    let text: String = (0..200).map(|at| format!("int x{at} = y{at};\n")).collect();
    let (checked, _, told) = checked(&text);
    assert_eq!(checked.diagnostics.list.len(), 51);
    assert!(told.ends_with("ERROR: There are more mistakes; the rest of the unit is not read\n"), "{told}");
}
