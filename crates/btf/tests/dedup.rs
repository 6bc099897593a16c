//! Equal types made one, against libbpf's linker and pahole.
mod tools;

use osmia_btf::{Btf, Builder, IntEncoding, KindTag, Member, TypeId, c, dedup, dump, merge};
use std::fs;
use std::path::{Path, PathBuf};
use tools::{assert_same_lines, compile, kernel, run, scratch, section, text};

/// What two files have in common, in part only declared.
const COMMON: &str = "
struct later; enum state; union either;
struct node { struct node *next; struct later *later; enum state *state; union either *either; };
typedef struct node node_t;
typedef int (*callback)(node_t *node, const char *name, struct later *later);
struct ops { callback call; struct { int a, b; } pair; struct { int a, b; } twin[3]; volatile const long *flags; };
";

const FIRST: &str = "
struct later { int first; struct ops *ops; };
struct mine { struct node node; };
struct node *one(struct ops *ops, struct later *later, struct mine *mine) { return (void *)ops; }
";

const SECOND: &str = "
enum state { GOOD, BAD };
union either { long l; struct later *p; };
struct mine { long other; };
long two(struct ops *ops, enum state state, union either *either, struct mine *mine) { return ops->pair.a + state; }
";

fn objects(name: &str) -> (PathBuf, Vec<PathBuf>) {
    let dir = scratch(name);
    let sources = [("first", FIRST), ("second", SECOND)].map(|(name, own)| {
        let (source, object) = (dir.join(name).with_extension("c"), dir.join(name).with_extension("o"));
        fs::write(&source, format!("{COMMON}{own}")).expect("a file");
        run("clang-19", &["-target", "bpf", "-O2", "-g", "-c", text(&source), "-o", text(&object)]);
        object
    });
    (dir, sources.to_vec())
}

fn btf_of(object: &Path) -> Btf {
    Btf::parse(section(object, ".BTF")).expect("BTF")
}

/// As libbpf's linker merges them: the same types in the same order. (Declarations that only another object defines are
/// left by the libbpf 1.1 that is installed here; with bpftool 7.8 first in PATH the second object may be among them.)
#[test]
fn objects_are_merged_as_libbpf_merges_them() {
    let (dir, both) = objects("merge");
    let merged = merge(&both.iter().map(|it| btf_of(it)).collect::<Vec<_>>(), None).expect("merged");
    assert_eq!(merged.find("later").count(), 1, "the declaration is gone");
    assert_eq!(merged.find("mine").count(), 2, "different types of one name stay");
    let objects = [compile("kinds.c", &dir), compile("core_local.c", &dir)];
    let linked = dir.join("linked.o");
    let inputs = objects.iter().map(|it| text(it));
    let args: Vec<&str> = ["gen", "object", text(&linked)].into_iter().chain(inputs).collect();
    run("bpftool", &args);
    let ours = merge(&objects.iter().map(|it| btf_of(it)).collect::<Vec<_>>(), None).expect("merged");
    let theirs = btf_of(&linked);
    let count = |btf: &Btf| {
        let linker = |tag| matches!(tag, KindTag::Var | KindTag::Datasec | KindTag::Func);
        btf.ids().filter(|&id| btf.tag(id).is_some_and(|tag| !linker(tag))).count()
    };
    assert_eq!(count(&ours), count(&theirs), "number of types");
    assert_same_lines(&c::header(&ours).expect("C"), &c::header(&theirs).expect("C"));
}

/// The kernel's types are merged by pahole: nothing is left to merge, and twice the same is once.
#[test]
fn the_kernels_types_are_merged_already() {
    let btf = kernel();
    let merged = merge(std::slice::from_ref(&btf), None).expect("merged");
    assert_eq!(merged.len(), btf.len());
    assert_same_lines(&dump::raw(&merged).expect("text"), &dump::raw(&btf).expect("text"));
    let twice = merge(&[btf.clone(), btf.clone()], None).expect("merged");
    let fixed = btf.ids().filter(|&id| matches!(btf.tag(id), Some(KindTag::Var | KindTag::Datasec))).count();
    assert_eq!(twice.len() as usize, btf.len() as usize + fixed);
}

/// Split BTF keeps only what its base has not.
#[test]
fn types_of_the_base_are_not_repeated() {
    let base = kernel();
    let (_, objects) = objects("based");
    let btf = btf_of(&objects[0]);
    let mut own = Builder::after(&base);
    let int = own.add_int("int", 4, IntEncoding::SIGNED);
    let list = base.find_struct("list_head").expect("a list");
    let again = base.get(list).expect("a type");
    let shifted = own.add(again);
    let ty =
        own.add_struct("osmia_new", 24, vec![Member::at("list", shifted, 0), Member::at("int", int, 16)]);
    let merged = dedup(own, Some(&base)).expect("merged");
    assert_eq!(merged.id(shifted), list);
    assert_eq!(merged.id(ty), TypeId(base.len()));
    assert!(merged.id(int) < TypeId(base.len()));
    let split = Btf::parse_split(merged.types.finish(), &base).expect("split BTF");
    assert_eq!(split.len(), base.len() + 1);
    assert!(split.size_of(TypeId(base.len())).is_ok());
    assert!(merge(&[btf], None).expect("merged").len() > 10);
}

/// Types that refer to themselves without end are refused, not followed.
#[test]
fn endless_types_are_refused() {
    let mut builder = Builder::new();
    let next = TypeId(builder.next_id().0 + 1);
    builder.add_ptr(next);
    builder.add_ptr(TypeId(1));
    assert!(dedup(builder, None).is_err());
    let mut builder = Builder::new();
    builder.add_ptr(TypeId(99));
    assert!(dedup(builder, None).is_err());
}
