//! Reading, writing and spelling of hand-made types.
use osmia_btf::core::{AccessSpec, CoreError, CoreReloc, RelocKind, essential_name, resolve};
use osmia_btf::{
    Btf, BtfErrorKind, Builder, Endian, Enum, Enumerator, IntEncoding, Kind, Linkage, Member, Param, Type,
    TypeId, c, rust,
};

fn int(builder: &mut Builder) -> TypeId {
    builder.add_int("int", 4, IntEncoding::SIGNED)
}

fn built(builder: Builder) -> Btf {
    Btf::parse(builder.finish()).expect("what was built can be read")
}

#[test]
fn types_are_spelled_as_in_c() {
    let mut builder = Builder::new();
    let int = int(&mut builder);
    let char = builder.add_int("char", 1, IntEncoding::SIGNED);
    let task = builder.add_struct("task", 0, vec![]);
    let task_ptr = builder.add_ptr(task);
    let constant = builder.add(Type::anonymous(Kind::Const(char)));
    let string = builder.add_ptr(constant);
    let fixed = builder.add(Type::anonymous(Kind::Const(string)));
    let array = builder.add_array(char, int, 16);
    let array_ptr = builder.add_ptr(array);
    let void_ptr = builder.add_ptr(TypeId::VOID);
    let param = |name: &str, ty| Param { name: name.to_owned(), ty };
    let proto = builder
        .add_func_proto(int, vec![param("self", task_ptr), param("", void_ptr), param("", TypeId::VOID)]);
    let callback = builder.add_ptr(proto);
    let callbacks = builder.add_array(callback, int, 3);
    let func = builder.add_func("run", proto, Linkage::Global);
    let empty = builder.add_func_proto(TypeId::VOID, vec![]);
    let returns = builder.add_func_proto(callback, vec![]);
    let unnamed = builder.add_struct("", 0, vec![]);
    let alias = builder.add_typedef("alias", callback);
    let btf = built(builder);
    let expected = [
        (TypeId::VOID, "void"),
        (int, "int"),
        (task, "struct task"),
        (task_ptr, "struct task *"),
        (string, "const char *"),
        (fixed, "const char *const"),
        (array, "char[16]"),
        (array_ptr, "char (*)[16]"),
        (void_ptr, "void *"),
        (callback, "int (*)(struct task *self, void *, ...)"),
        (callbacks, "int (*[3])(struct task *self, void *, ...)"),
        (func, "int run(struct task *self, void *, ...)"),
        (empty, "void (void)"),
        (returns, "int (*(void))(struct task *self, void *, ...)"),
        (unnamed, "struct {...}"),
        (alias, "alias"),
    ];
    for (id, text) in expected {
        assert_eq!(btf.type_name(id), text);
    }
    assert_eq!(btf.declaration(callbacks, "x"), "int (*x[3])(struct task *self, void *, ...)");
    assert_eq!(btf.declaration(fixed, "x"), "const char *const x");
}

#[test]
fn both_byte_orders_are_read_and_written() {
    for endian in [Endian::Little, Endian::Big] {
        let mut builder = Builder::with_endian(endian);
        let int = int(&mut builder);
        let member = Member { bit_size: Some(5), bit_offset: 35, ..Member::at("bits", int, 0) };
        let id = builder.add_struct("thing", 8, vec![Member::at("whole", int, 0), member]);
        let value = Enumerator { name: "BIG".to_owned(), value: -(1 << 40) };
        let wide = builder.add_enum("wide", Enum { size: 8, signed: true, values: vec![value] });
        let btf = built(builder);
        assert_eq!(btf.endian(), endian);
        let field = btf.field(id, "bits").expect("a field");
        assert_eq!((field.bit_offset, field.bit_size), (35, Some(5)));
        assert_eq!(btf.enumerator("BIG").map(|it| (it.ty, it.value)), Some((wide, -(1 << 40))));
    }
}

#[test]
fn equal_strings_are_written_once() {
    let mut builder = Builder::new();
    let first = builder.string("name");
    int(&mut builder);
    assert_eq!(builder.string("name"), first);
    assert_eq!(builder.string(""), 0);
    builder.add_typedef("name", TypeId(1));
    let bytes = builder.finish();
    assert_eq!(bytes.windows(5).filter(|window| window == b"name\0").count(), 1);
    let mut again = Builder::from(&Btf::parse(bytes).expect("BTF")).expect("a builder");
    assert_eq!(again.string("name"), first, "strings keep their places");
    assert_eq!(again.next_id(), TypeId(3));
}

/// Types that lead back to themselves end in an error, not in a loop.
#[test]
fn cycles_end() {
    let mut builder = Builder::new();
    let typedef = builder.add_typedef("loop", TypeId(1));
    let pointer = builder.add_ptr(TypeId(2));
    let array = builder.add_array(TypeId(3), TypeId(3), 1);
    let composite = builder.add_struct("", 4, vec![Member::at("", TypeId(4), 0)]);
    let named = builder.add_struct("named", 4, vec![Member::at("x", TypeId(5), 0)]);
    let proto = builder.add_func_proto(TypeId(6), vec![Param { name: String::new(), ty: TypeId(6) }; 3]);
    let btf = built(builder);
    assert!(btf.size_of(typedef).is_err());
    assert_eq!(btf.size_of(pointer), Ok(8));
    assert!(
        matches!(btf.size_of(array).map_err(|error| error.kind), Err(BtfErrorKind::TooDeep(id)) if id == array)
    );
    assert!(btf.align_of(composite).is_err());
    assert_eq!(btf.field(composite, "x"), None);
    for id in [typedef, pointer, array, composite, named, proto] {
        assert!(btf.type_name(id).len() < 1 << 20);
        let _ = (c::definition(&btf, id), c::definitions(&btf, &[id]));
    }
}

/// A type of 2⁴⁰ nested members is not walked member by member.
#[test]
fn doubling_types_take_no_time() {
    let mut builder = Builder::new();
    let mut id = int(&mut builder);
    for _ in 0..40 {
        id = builder.add_union("", 4, vec![Member::at("", id, 0), Member::at("", id, 0)]);
    }
    let root = builder.add_union("root", 4, vec![Member::at("", id, 0)]);
    let proto =
        (0..30).fold(root, |ty, _| builder.add_func_proto(ty, vec![Param { name: String::new(), ty }; 2]));
    let btf = built(builder);
    assert_eq!(btf.field(root, "x"), None);
    assert_eq!(btf.align_of(root), Ok(4));
    assert!(c::definition(&btf, root).is_err());
    assert!(btf.type_name(proto).len() < 1 << 20);
    let reloc = CoreReloc { ty: root, access: AccessSpec(vec![0]), kind: RelocKind::TypeMatches };
    assert!(
        matches!(resolve(&btf, &reloc, &btf), Err(CoreError::Btf(error)) if matches!(error.kind, BtfErrorKind::TooDeep(_)))
    );
}

#[test]
fn broken_bytes_are_named() {
    let mut builder = Builder::new();
    int(&mut builder);
    let good = builder.finish();
    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        Btf::parse(bytes).expect_err("broken").to_string()
    };
    let messages = [
        broken(&|bytes| bytes.truncate(1)),
        broken(&|bytes| bytes[0] = 0),
        broken(&|bytes| bytes[2] = 7),
        broken(&|bytes| bytes[4] = 8),
        broken(&|bytes| bytes[12] = 0xff),
        broken(&|bytes| bytes[24 + 7] = 31),
        broken(&|bytes| bytes[24 + 7] = 4),
        broken(&|bytes| *bytes.last_mut().expect("a byte") = b'x'),
    ];
    assert_eq!(
        messages.join("\n"),
        "\
BTF header at offset 0x1: 24 bytes expected, but the data ends there
BTF header at offset 0x0: no BTF here (magic number 0xeb00, not 0xeb9f)
BTF header at offset 0x2: version 7 of the format is unknown
BTF header at offset 0x4: a header of 8 bytes is not possible
BTF header at offset 0x8: the types section (255 bytes at 0x18) lies outside the 45 bytes
BTF types at offset 0x0: type kind 31 is unknown
BTF types at offset 0xc: 12 bytes expected, but the data ends there
BTF strings at offset 0x0: the strings do not begin and end with a NUL"
    );
    let btf = Btf::parse(good).expect("BTF");
    assert_eq!(
        btf.get(TypeId(2)).expect_err("none").to_string(),
        "BTF types at offset 0x10: there is no type [2]"
    );
}

#[test]
fn flavours_are_cut_off() {
    for (name, essential) in [
        ("task_struct", "task_struct"),
        ("task_struct___old", "task_struct"),
        ("a___b___c", "a___b"),
        ("____x", "____x"),
        ("___x", "___x"),
        ("x___", "x___"),
        ("x____y", "x____y"),
        ("", ""),
    ] {
        assert_eq!(essential_name(name), essential, "{name}");
    }
}

#[test]
fn access_specifications_are_read_and_shown() {
    assert_eq!("0:1:22".parse(), Ok(AccessSpec(vec![0, 1, 22])));
    assert_eq!(AccessSpec(vec![0, 1, 22]).to_string(), "0:1:22");
    for bad in ["", ":", "0:", ":0", "a", "-1", "0:4294967295", "0::1", &"0:".repeat(64), "0 :1"] {
        assert_eq!(bad.parse::<AccessSpec>(), Err(CoreError::BadAccess(bad.to_owned())));
    }
}

/// Two structures of one name with the field in different places: nobody can say which is meant.
#[test]
fn ambiguity_is_an_error() {
    let mut local = Builder::new();
    let int_here = int(&mut local);
    let ty = local.add_struct("thing", 4, vec![Member::at("x", int_here, 0)]);
    let local = built(local);
    let mut target = Builder::new();
    let int_there = int(&mut target);
    let first = target.add_struct("thing", 8, vec![Member::at("x", int_there, 4)]);
    let second = target.add_struct("thing___other", 12, vec![Member::at("x", int_there, 8)]);
    let target = built(target);
    let ask = |kind| resolve(&local, &CoreReloc { ty, access: AccessSpec(vec![0, 0]), kind }, &target);
    let error = CoreError::Ambiguous { name: "thing".to_owned(), first: (first, 4), second: (second, 8) };
    assert_eq!(ask(RelocKind::FieldByteOffset), Err(error));
    // That it exists holds of both, but libbpf does not go so far: the places differ.
    assert!(matches!(ask(RelocKind::FieldExists), Err(CoreError::Ambiguous { .. })));
}

/// One long string as the name of sixty thousand members would be gigabytes when copied.
#[test]
fn long_names_are_not_multiplied() {
    let mut builder = Builder::new();
    let int = int(&mut builder);
    let id = builder.add_union("wide", 4, vec![Member::at("y", int, 0); 60_000]);
    let mut bytes = builder.finish();
    assert!(bytes.ends_with(b"y\0"));
    let (end, more) = (bytes.len() - 1, 65_535);
    bytes.splice(end..end, vec![b'y'; more]);
    let strings = u32::from_le_bytes(bytes[20..24].try_into().expect("four bytes")) + more as u32;
    bytes[20..24].copy_from_slice(&strings.to_le_bytes());
    let btf = Btf::parse(bytes).expect("BTF");
    assert!(matches!(btf.get(id).expect_err("too long").kind, BtfErrorKind::NameTooLong(65_536)));
    assert!(c::definition(&btf, id).is_err());
    assert!(btf.field(id, &"y".repeat(65_536)).is_some(), "finding copies nothing");
}

/// A compiler writes members in the order of their offsets; other bytes may not.
#[test]
fn bitfields_out_of_order_have_no_accessors() {
    let mut builder = Builder::new();
    let int = int(&mut builder);
    let bits =
        |name: &str, bit_offset| Member { name: name.to_owned(), ty: int, bit_offset, bit_size: Some(3) };
    builder.add_struct("forward", 4, vec![bits("first", 8), bits("second", 11)]);
    builder.add_struct("backward", 4, vec![bits("late", 8), bits("early", 0)]);
    let text = rust::file(&built(builder)).expect("Rust");
    assert!(text.contains("fn second(&self)"), "{text}");
    assert!(text.contains("pub struct backward"), "{text}");
    assert!(!text.contains("fn early(&self)"), "{text}");
}

/// A function that takes itself twice has no end in either language, and doubles with each step into it.
#[test]
fn functions_that_take_themselves_are_refused() {
    let mut builder = Builder::new();
    let pointer = builder.add_ptr(TypeId(2));
    let param = |name: &str| Param { name: name.to_owned(), ty: pointer };
    builder.add_func_proto(TypeId::VOID, vec![param("one"), param("other")]);
    builder.add_struct("holder", 8, vec![Member::at("callback", pointer, 0)]);
    let btf = built(builder);
    assert!(c::header(&btf).is_err() && rust::file(&btf).is_err());
    assert!(c::definition(&btf, TypeId(2)).is_err());
}
