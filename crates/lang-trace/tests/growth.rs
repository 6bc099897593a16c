//! A script's cost grows with the script and not faster. Times are measured elsewhere; here it is what is made.
use osmia_base::Source;
use osmia_lang_trace::{LowerOptions, Lowered, check, expand, lower, parse};
use osmia_object::Target;

fn lowered(text: &str) -> Lowered {
    let target = Target { cpus: 2, ..Target::default() };
    let mut source = Source::new("growth", text);
    let mut parsed = parse(&source);
    parsed.diagnostics.extend(expand(&mut parsed.script, &mut source));
    let checked = check::check(&parsed.script, &target, &check::Options::default());
    parsed.diagnostics.extend(checked.diagnostics);
    assert!(!parsed.diagnostics.has_errors(), "{}", parsed.diagnostics.render(&source));
    lower(&checked.program, &source, &target, &LowerOptions::default()).expect("lowers")
}

/// How much is known for a script of so many statements in one line: bytes of the schema as text, instructions and lines.
fn sizes(statement: impl Fn(usize) -> String, count: usize) -> [usize; 3] {
    let body: Vec<String> = (0..count).map(statement).collect();
    let mut lowered = lowered(&format!("begin {{ {} }}", body.join(" ")));
    let schema = format!("{:?}", lowered.schema).len();
    osmia_ir::optimize(&mut lowered.module);
    let object = osmia_ir::emit(lowered.module, &osmia_ir::Options::default()).expect("emits");
    let functions = || object.functions.values();
    let lines = functions().flat_map(|function| &function.lines).map(|line| line.text.len()).sum();
    [schema, functions().map(|function| function.insns.len()).sum(), lines]
}

#[track_caller]
fn grows_with(statement: impl Fn(usize) -> String) {
    let (once, twice) = (sizes(&statement, 600), sizes(&statement, 1200));
    for (once, twice) in once.into_iter().zip(twice) {
        // Numbers get longer, so it may be a little more than twice.
        assert!(twice * 100 <= once * 215, "{once} becomes {twice}");
    }
}

#[test]
fn assignments_in_one_line() {
    grows_with(|at| format!("@a[{at}] = {at};"));
}

#[test]
fn conditions_in_one_line() {
    grows_with(|at| format!("if (pid > {at}) {{ @a[comm, {at}] = {at}; }}"));
}

#[test]
fn prints_in_one_line() {
    grows_with(|at| format!("printf(\"%d\\n\", {at});"));
}

#[test]
fn a_function_is_there_once() {
    let function = "fn mark($n : int64) : int64 { for ($i : 0..$n) { @a[$i] = comm; @b[comm, $i] = count(); } return $n; }";
    let size = |calls: usize| {
        let body: Vec<String> = (0..calls).map(|at| format!("@x = mark({at});")).collect();
        let mut lowered = lowered(&format!("{function}\nbegin {{ {} }}", body.join(" ")));
        osmia_ir::optimize(&mut lowered.module);
        let object = osmia_ir::emit(lowered.module, &osmia_ir::Options::default()).expect("emits");
        object.functions.values().map(|function| function.insns.len()).sum::<usize>()
    };
    let (few, many) = (size(2), size(502));
    assert!(many - few <= 500 * 8, "500 more calls are {} instructions more", many - few);
}
