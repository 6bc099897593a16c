//! Split BTF that brings a small base: made from a module of pahole's, and put onto this kernel and onto made-up ones.
mod tools;

use osmia_btf::distilled::{RelocateError, distill, relocate};
use osmia_btf::{Btf, Builder, Enum, Enumerator, IntEncoding, Kind, KindTag, Member, Type, TypeId, c, dump};
use std::fs;
use tools::{kernel, run, scratch, section, text};

const MODULE: &str = "
typedef unsigned int u32;
typedef struct { int counter; } atomic_t;
struct task_struct;
struct list_head { struct list_head *next, *prev; };
enum pid_type { PIDTYPE_PID, PIDTYPE_TGID };
struct osmia_module { struct list_head list[2]; const struct task_struct *task; atomic_t count; enum pid_type kind; u32 bits : 3; };
struct osmia_module variable;
int osmia_function(struct osmia_module *module, u32 *number) { return module->count.counter; }
";

fn module(base: &Btf) -> Btf {
    let dir = scratch("distilled");
    let (source, object) = (dir.join("module.c"), dir.join("module.o"));
    fs::write(&source, MODULE).expect("a file");
    run("gcc", &["-g", "-c", text(&source), "-o", text(&object)]);
    run("pahole", &["-J", "--btf_base", "/sys/kernel/btf/vmlinux", text(&object)]);
    let split = Btf::parse_split(section(&object, ".BTF"), base).expect("split BTF");
    fs::remove_dir_all(dir).expect("the directory goes");
    split
}

fn parse(builder: Builder) -> Btf {
    Btf::parse(builder.finish()).expect("BTF")
}

#[test]
fn what_a_module_uses_comes_along_and_fits_the_kernel_again() {
    let base = kernel();
    let split = module(&base);
    let distilled = distill(&split).expect("a small base");
    let small = Btf::parse(distilled.base).expect("the small base");
    for (id, ty) in small.types() {
        let ty = ty.expect("a type");
        assert!(
            !ty.name.is_empty() && ty.kind.members().is_empty() && ty.kind.enumerators().is_empty(),
            "{id}"
        );
    }
    let list = small.get(small.find_struct("list_head").expect("a list")).expect("it");
    assert!(matches!(list.kind, Kind::Struct(body) if body.size == 16));
    let own = Btf::parse_split(distilled.split, &small).expect("the split types");
    let again = relocate(&own, &base).expect("the kernel has all of it");
    // What could not stand in the small base comes behind.
    assert!(again.first_id() == split.first_id() && again.len() > split.len());
    for id in (split.first_id().0..split.len()).map(TypeId) {
        let (before, after) = (split.get(id).expect("it"), again.get(id).expect("it"));
        assert_eq!((before.name, before.kind.tag()), (after.name, after.kind.tag()), "{id}");
    }
    let mine = split.find_struct("osmia_module").expect("the module's");
    let print = |btf: &Btf| c::definitions(btf, &[mine]).expect("C");
    assert_eq!(print(&split), print(&again));
    assert!(dump::raw(&again).expect("all of it").contains("osmia_function"));
}

/// A small base with one of each, and split types that use them.
fn module_by_hand(held: bool) -> Btf {
    let mut small = Builder::new();
    let int = small.add_int("int", 4, IntEncoding::SIGNED);
    let body = small.add_struct("body", 16, Vec::new());
    let sized = Enum { size: 8, signed: false, values: Vec::new() };
    let color = small.add(Type::new("color", Kind::Enum(sized)));
    let gone = small.add(Type::new("declared", Kind::Fwd { union: true }));
    let small = parse(small);
    let mut split = Builder::after(&small);
    let pointer = split.add_ptr(body);
    let to_gone = split.add_ptr(gone);
    let whole = split.add_array(body, int, 2);
    let typedef = split.add_typedef("body_t", whole);
    let first = if held { typedef } else { pointer };
    let members = [("first", first, 0), ("color", color, 32), ("gone", to_gone, 40), ("int", int, 48)];
    let members = members.map(|(name, ty, at)| Member::at(name, ty, at)).to_vec();
    split.add_struct("mine", 56, members);
    Btf::parse_split(split.finish(), &small).expect("split BTF")
}

/// A kernel with these structures `body`, among others.
fn kernel_by_hand(bodies: &[u32]) -> Builder {
    let mut base = Builder::new();
    let long = base.add_int("long", 8, IntEncoding::SIGNED);
    base.add_struct("declared", 8, vec![Member::at("other_kind", long, 0)]);
    for &size in bodies {
        base.add_struct("body", size, vec![Member::at("one", long, 0)]);
    }
    base.add_typedef("int", long);
    base.add_int("int", 4, IntEncoding::from_bits(0));
    base.add_union("declared", 8, vec![Member::at("one", long, 0)]);
    base.add_int("int", 4, IntEncoding::SIGNED);
    let values = vec![Enumerator { name: "RED".to_owned(), value: 1 << 40 }];
    base.add(Type::new("color", Kind::Enum64(Enum { size: 8, signed: false, values })));
    base
}

#[test]
fn types_are_found_by_name_kind_and_where_it_matters_by_size() {
    for (held, bodies, size) in
        [(false, &[16][..], 16), (false, &[24], 24), (true, &[16], 16), (true, &[24, 16], 16)]
    {
        let base = parse(kernel_by_hand(bodies));
        let moved =
            relocate(&module_by_hand(held), &base).unwrap_or_else(|error| panic!("{bodies:?}: {error}"));
        let mine = moved.find_struct("mine").expect("the module's");
        let field =
            |name: &str| moved.get(moved.resolve(moved.field(mine, name).expect("a field").ty)).expect("it");
        assert_eq!(moved.name(moved.field(mine, "color").expect("it").ty), Some("color"));
        assert!(matches!(field("color").kind, Kind::Enum64(_)));
        assert!(matches!(field("int").kind, Kind::Int { encoding: IntEncoding::SIGNED, .. }));
        let Kind::Ptr(gone) = field("gone").kind else { panic!("no pointer") };
        assert_eq!(moved.tag(gone), Some(KindTag::Union));
        let body = match field("first").kind {
            Kind::Ptr(to) => to,
            Kind::Array { element, .. } => element,
            other => panic!("{other:?}"),
        };
        assert!(
            matches!(moved.get(body).expect("it").kind, Kind::Struct(body) if body.size == size),
            "{bodies:?}"
        );
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let says = |held, bodies: &[u32], words: &str| {
        let error =
            relocate(&module_by_hand(held), &parse(kernel_by_hand(bodies))).expect_err(words).to_string();
        assert!(error.contains(words), "{bodies:?}: {error}");
    };
    says(
        false,
        &[],
        "these types use a struct `body`, and the base has none; they were made for another kernel",
    );
    says(true, &[24], "a struct of 16 bytes `body`");
    says(false, &[24, 32], "a struct `body`");
    says(false, &[16, 16], "`body`, and the base has several of the same size (types [3] and [4])");
    let base = parse(kernel_by_hand(&[16]));
    assert_eq!(relocate(&base, &base).expect_err("no base"), RelocateError::NoBase);
    let mut odd = Builder::new();
    let int = odd.add_int("int", 4, IntEncoding::SIGNED);
    odd.add_ptr(int);
    let odd = parse(odd);
    let split = Btf::parse_split(Builder::after(&odd).finish(), &odd).expect("split BTF");
    assert_eq!(relocate(&split, &base).expect_err("a pointer"), RelocateError::Unexpected { id: TypeId(2) });
    assert!(distill(&base).is_err());
}
