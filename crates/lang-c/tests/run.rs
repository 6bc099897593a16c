//! C in, what the program returns out: compiled, optimized, and run in osmia's own machine.
use osmia_base::Source;
use osmia_btf::{Btf, Kind, TypeId};
use osmia_ir::{Isa, Options, emit, optimize};
use osmia_lang_c::compile;
use osmia_lang_c::headers::NoHeaders;
use osmia_object::{Object, Target, elf, resolve};
use osmia_vm::{Input, Machine};

/// A packet of different bytes.
fn packet() -> Vec<u8> {
    (0..64_u8).map(|at| at.wrapping_mul(37) ^ 0x5a).collect()
}

fn object(text: &str, isa: Isa) -> Result<Object, String> {
    let mut source = Source::new("test.c", text);
    let compiled = compile(&mut source, &NoHeaders, &[], None);
    let Some(mut module) = compiled.module else { return Err(compiled.diagnostics.render(&source)) };
    optimize(&mut module);
    emit(module, &Options { isa }).map_err(|error| error.to_string())
}

fn returned(object: &Object) -> Result<u32, String> {
    let target = Target { cpus: 2, ..Target::default() };
    let image = resolve(object, &target).map_err(|errors| format!("{errors:?}"))?;
    let options = osmia_vm::Options { cpus: 2, ..osmia_vm::Options::default() };
    let mut machine = Machine::new(image, options).map_err(|error| error.to_string())?;
    let program = machine.program("prog").ok_or("there is no program `prog`")?;
    let mut input = Input { context: vec![0; 24], packet: packet() };
    machine.run_on(program, &mut input).map(|number| number as u32).map_err(|fault| fault.to_string())
}

/// What a program returns, whatever the instruction set, and when it was written to a file in between.
fn answer(text: &str) -> Result<u32, String> {
    let mut answers = Vec::new();
    for isa in [Isa::V3, Isa::V4] {
        let object = object(text, isa)?;
        answers.push(returned(&object)?);
        let read = elf::read(&elf::write(&object)).map_err(|error| error.to_string())?;
        answers.push(returned(&read)?);
    }
    answers.dedup();
    match answers.as_slice() {
        [answer] => Ok(*answer),
        answers => Err(format!("the answers differ: {answers:?}")),
    }
}

#[test]
fn programs_return() {
    osmia_testkit::golden("tests/run", |text| match answer(text) {
        Ok(number) => format!("{number}\n"),
        Err(message) => message,
    });
}

#[test]
fn maps_in_maps_have_their_types_where_functions_are_nowhere() {
    let text = "#define SEC(x) __attribute__((section(x), used))
        struct early { int a; };
        static int once(struct early *e) { return e->a; }
        SEC(\"xdp\") int prog(void *p) { return once(p); }
        struct late { int a, b; };
        struct { int (*type)[13]; int (*max_entries)[2]; unsigned *key;
                 struct { int (*type)[1]; int (*max_entries)[1]; unsigned *key; struct late *value; } *values[]; }
            outer SEC(\".maps\");";
    let object = object(text, Isa::V3).unwrap_or_else(|message| panic!("{message}"));
    let btf = object.btf.as_ref().expect("there are types");
    let inner = object.maps.values().find_map(|map| map.inner.as_ref()).expect("a map in a map");
    assert_eq!(btf.name(inner.value_type), Some("late"));
    assert_eq!(described(btf), ["prog"]);
}

/// The names of the functions that types describe.
fn described(btf: &Btf) -> Vec<&str> {
    let all = (1..btf.len()).map(TypeId);
    let functions = all.filter(|id| btf.get(*id).is_ok_and(|ty| matches!(ty.kind, Kind::Func { .. })));
    functions.filter_map(|id| btf.name(id)).collect()
}

#[test]
fn functions_that_are_nowhere_are_not_described() {
    let text = "#define SEC(x) __attribute__((section(x), used))
        struct early { int a; };
        static int once(struct early *e) { return e->a; }
        static __attribute__((btf_decl_tag(\"tag\"))) int small(int n) { return n * 3; }
        static __attribute__((noinline)) int asked_for(int *n) { return *n; }
        struct moved { int a, b; } __attribute__((preserve_access_index));
        SEC(\"kprobe\") int prog(struct moved *m) { return once((void *)m) + small(m->b) + small(m->a) + asked_for(&m->a); }";
    let object = object(text, Isa::V3).unwrap_or_else(|message| panic!("{message}"));
    let btf = object.btf.as_ref().expect("there are types");
    assert_eq!(described(btf), ["asked_for", "prog"]);
    let questions = object.functions.values().flat_map(|function| &function.core);
    let about: Vec<_> = questions.map(|question| btf.name(question.type_id).unwrap_or("?")).collect();
    assert_eq!(about, ["moved"; 3]);
    // What holds a type's number holds it still.
    let text = text.replace("return once", "return __builtin_btf_type_id(*m, 0) + once");
    let object = self::object(&text, Isa::V3).unwrap_or_else(|message| panic!("{message}"));
    assert_eq!(object.btf.as_ref().map(|btf| described(btf).len()), Some(4));
}
