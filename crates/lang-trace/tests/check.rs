//! Scripts and what the checker says of them, on a machine made by hand.
use osmia_base::Source;
use osmia_btf::{Btf, Builder, Enum, Enumerator, IntEncoding, Member, Param};
use osmia_lang_trace::check::{Options, check};
use osmia_lang_trace::typed::Type;
use osmia_lang_trace::{expand, parse};
use osmia_object::{Target, TraceEvent, TraceField};

/// `struct cfs_rq { unsigned int nr_running; }`, `struct task_struct { int pid; char comm[16]; struct cfs_rq *cfs_rq; }`,
/// `enum state { ON = 5 }`, and `vfs_read(struct task_struct *file, unsigned long count)`.
fn types() -> Btf {
    let mut btf = Builder::new();
    let int = btf.add_int("int", 4, IntEncoding::SIGNED);
    let unsigned = btf.add_int("unsigned int", 4, IntEncoding::UNSIGNED);
    let long = btf.add_int("unsigned long", 8, IntEncoding::UNSIGNED);
    let char_type = btf.add_int("char", 1, IntEncoding::SIGNED);
    let name = btf.add_array(char_type, unsigned, 16);
    let queue = btf.add_struct("cfs_rq", 4, vec![Member::at("nr_running", unsigned, 0)]);
    let queue = btf.add_ptr(queue);
    let members =
        vec![Member::at("pid", int, 0), Member::at("comm", name, 4), Member::at("cfs_rq", queue, 24)];
    let task = btf.add_struct("task_struct", 32, members);
    let task = btf.add_ptr(task);
    let params = vec![Param { name: "file".into(), ty: task }, Param { name: "count".into(), ty: long }];
    let values = vec![Enumerator { name: "ON".into(), value: 5 }];
    btf.add_enum("state", Enum { size: 4, signed: false, values });
    let proto = btf.add_func_proto(long, params);
    btf.add_func("vfs_read", proto, osmia_btf::Linkage::Static);
    Btf::parse(btf.finish()).expect("our own types")
}

fn target() -> Target {
    let field = |name: &str, kind: &str, array, offset, size, signed| TraceField {
        name: name.into(),
        kind: kind.into(),
        array,
        offset,
        size,
        signed,
    };
    let open = TraceEvent {
        id: 1,
        fields: vec![
            field("__syscall_nr", "int", None, 8, 4, true),
            field("dfd", "int", None, 16, 8, false),
            field("filename", "const char *", None, 24, 8, false),
        ],
    };
    let switch = TraceEvent {
        id: 2,
        fields: vec![
            field("prev_comm", "char", Some(16), 8, 16, true),
            field("prev_pid", "pid_t", None, 24, 4, true),
            field("state", "enum state", None, 28, 4, false),
            field("narrow", "enum state", None, 32, 1, false),
            field("unknown", "enum no_such", None, 36, 4, true),
        ],
    };
    let mut target = Target { btf: Some(types()), ..Target::default() };
    target.tracepoints.insert(("syscalls".into(), "sys_enter_openat".into()), open);
    target.tracepoints.insert(("sched".into(), "sched_switch".into()), switch);
    target.functions = Some(vec![("vfs_read".into(), String::new()), ("vfs_write".into(), String::new())]);
    target
}

fn describe(script: &str) -> String {
    let mut source = Source::new("stdin", script.trim_end_matches('\n'));
    let mut parsed = parse(&source);
    parsed.diagnostics.extend(expand(&mut parsed.script, &mut source));
    let options = Options { params: vec!["42".into(), "word".into()], ..Options::default() };
    let checked = check(&parsed.script, &target(), &options);
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(checked.diagnostics);
    let mut out = diagnostics.render(&source);
    if diagnostics.has_errors() {
        return out;
    }
    for probe in &checked.program.probes {
        out += &format!("{} x{}\n", probe.name, probe.attach.len());
        for var in probe.vars.values() {
            out += &format!("  {}: {:?}\n", var.name, var.kind);
        }
    }
    for map in checked.program.maps.values() {
        out += &format!("{}[{:?}]: {:?}\n", map.name, map.key, map.value);
    }
    short(&out)
}

/// The same with integers as they are called; `~` behind one that takes either sign.
fn short(text: &str) -> String {
    let mut text = text.to_owned();
    for (size, signed, flexible) in
        [1, 2, 4, 8].iter().flat_map(|size| [(size, true, true), (size, true, false), (size, false, false)])
    {
        let long = format!("{:?}", Type::Int { size: *size, signed, flexible });
        let sign = if signed { "" } else { "u" };
        let mark = if flexible { "~" } else { "" };
        text = text.replace(&long, &format!("{sign}int{}{mark}", u32::from(*size) * 8));
    }
    text
}

#[test]
fn scripts() {
    osmia_testkit::golden("tests/check", describe);
}
