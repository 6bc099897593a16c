//! Scripts of several files, and parameters by name.
use crate::common::{Scratch, osmia, run};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_is_imported_belongs_to_the_script() {
    let scratch = Scratch::new();
    scratch
        .write("types.h", "#ifndef T\n#define T\n#define LIMIT 17\nstruct pair { int a; int b; };\n#endif\n");
    scratch.write(
        "more.bt",
        "import \"lib.bt\";\nmacro thrice(x) { twice(x) + x }\nbegin { printf(\"more \"); }\n",
    );
    scratch.write("lib.bt", "import \"more.bt\";\nmacro twice(x) { x * 2 }\nbegin { printf(\"lib \"); }\n");
    let main = scratch.write(
        "main.bt",
        "import \"types.h\";\nimport \"lib.bt\";\nbegin { printf(\"%d %d %d\\n\", thrice(2), LIMIT, sizeof(struct pair)); }\n",
    );
    for machine in [&[][..], &["--vm"]] {
        let out = run(osmia().arg("-q").args(machine).arg(&main)).ok();
        assert_eq!(out, "more lib 6 17 8\n\n\n", "{machine:?}");
    }
}

#[test]
fn mistakes_are_told_in_the_file_that_has_them() {
    let scratch = Scratch::new();
    let lib = scratch.write("lib.bt", "macro bad(x) { x + nothing }\n");
    let main = scratch.write("main.bt", "import \"lib.bt\";\nbegin { print(bad(1)); }\n");
    let err = run(osmia().args(["-q", &main])).refused();
    assert!(err.contains(&format!("{lib}:1:20-27: ERROR: Unknown identifier: 'nothing'")), "{err}");
    assert!(err.contains(&format!("{main}:2:15-21: ERROR: expanded from")), "{err}");
    for (name, text, expected) in [
        ("config.bt", "config = { max_strlen = 5 }\n", "invalid `config` within import"),
        ("broken.bt", "macro ( {\n", "syntax: "),
        ("program.bpf.c", "int x;\n", "cannot be imported yet"),
    ] {
        scratch.write(name, text);
        let err = run(osmia().args(["-q", "-e", &format!("import \"{}\"; begin {{ }}", scratch.path(name))]))
            .refused();
        assert!(err.contains(expected), "{name}: {err}");
    }
    let err = run(osmia().args(["-q", "-e", "import \"not/there.bt\"; begin { }"])).refused();
    assert!(
        err.contains("Unable to find suitable path for import") && err.contains("HINT: checked: "),
        "{err}"
    );
}

#[test]
fn files_that_anybody_may_change_are_refused() {
    let scratch = Scratch::new();
    let lib = scratch.write("lib.bt", "macro one() { 1 }\n");
    set_permissions(&lib, Permissions::from_mode(0o666)).expect("chmod");
    let err = run(osmia().args(["-q", "-e", &format!("import \"{lib}\"; begin {{ }}")])).refused();
    assert!(err.contains("cowardly refusing to import"), "{err}");
}

#[test]
fn headers_are_read_or_known() {
    let scratch = Scratch::new();
    let header = scratch.write("mine.h", "struct mine { long a[3]; };\n#define MINE 4\n");
    let dir = scratch.path("");
    let text = "begin { print((sizeof(struct mine), MINE)); }";
    let with = |args: &[&str]| run(osmia().args(["-q"]).args(args)).ok();
    assert_eq!(with(&["-I", &dir, "-e", &format!("#include <mine.h>\n{text}")]), "(24, 4)\n\n\n");
    assert_eq!(with(&["--include", &header, "-e", text]), "(24, 4)\n\n\n");
    let err = run(osmia().args(["-q", "-e", "#include <not/there.h>\nbegin { }"])).refused();
    assert!(err.starts_with("definitions.h:2:10: fatal error: 'not/there.h' file not found\n"), "{err}");
}

#[test]
fn parameters_have_names_behind_two_dashes() {
    let text =
        "begin { print(($1, getopt(\"n\", 10, \"how many\"), getopt(\"on\"), getopt(\"s\", \"x\"))); }";
    let out = run(osmia().args(["-q", "-e", text, "word", "--", "--n=3", "--on", "--s=y"])).ok();
    assert_eq!(out, "(word, 3, true, y)\n\n\n");
    let err = run(osmia().args(["-q", "-e", text, "--", "--n=z"])).refused();
    assert!(err.contains("program command line option --n invalid integer (value: z)"), "{err}");
    let help = run(osmia().args(["-q", "-e", text, "--", "--help"]));
    assert!(help.err.contains("HINT: expected program options:\n--n: how many\n--on\n--s\n"), "{help:#?}");
}
