//! What the debug information of user programs tells scripts.
use crate::common::{Scratch, osmia, run, script_with};
use std::process::Command;

const SHAPES: &str = r#"
#include <string.h>
struct point { short x, y; };
struct pair { long key; int value; };
struct huge { long words[4]; int tail; };
enum color { RED = 1, BLUE = 7 };
struct shape {
    char name[8];
    struct point corners[2];
    unsigned low : 3, high : 5;
    enum color color;
    struct shape *next;
    union { int number; char text[4]; };
};
#define SEEN __attribute__((noipa)) int
SEEN draw(struct shape *shape, unsigned char times, const char *why) { __asm__ volatile(""); return shape->low + times + why[0]; }
SEEN move(struct point by, struct pair pair, enum color color) { __asm__ volatile(""); return by.x + pair.value + color; }
SEEN many(int a, int b, int c, int d, int e, int f, int g, struct huge huge, long last) { __asm__ volatile(""); return a + g + huge.tail + last; }
SEEN real(double d, int after) { __asm__ volatile(""); return d + after; }
int main(void)
{
    struct shape second = { .name = "second" };
    struct shape first = { .name = "first", .corners = { { 1, 2 }, { 3, 4 } }, .low = 5, .high = 17, .color = BLUE, .next = &second, .number = 65 };
    struct huge huge = { .words = { 1, 2, 3, 4 }, .tail = 5 };
    char why[] = "because";
    int sum = draw(&first, 200, why) + move((struct point){ -1, 2 }, (struct pair){ 1L << 40, 9 }, BLUE);
    return (sum + many(1, 2, 3, 4, 5, 6, 7, huge, 8) + real(1.5, 3)) == 0;
}
"#;

const FORMS: [&[&str]; 4] =
    [&["-g", "-O1"], &["-g", "-O0", "-no-pie"], &["-g", "-O1", "-gdwarf-4"], &["-g", "-O1", "-gsplit-dwarf"]];

#[test]
fn arguments_by_name() {
    for flags in FORMS {
        let scratch = Scratch::new();
        let program = scratch.compile("shapes", SHAPES, flags);
        let text = format!(
            "uprobe:{program}:draw {{
                 printf(\"%s %d %s\\n\", args.shape.name, args.times, str(args.why));
                 printf(\"%d %d %d %d\\n\", args.shape.corners[1].y, args.shape.low, args.shape.high, args.shape.number);
                 printf(\"%s %s\\n\", args->shape->next->name, args.shape.color);
                 print(*args.shape.next);
             }}
             uprobe:{program}:move {{
                 printf(\"%d %d %d\\n\", args.by.x, args.by.y, args.color);
                 printf(\"%ld %d\\n\", args.pair.key, args.pair.value);
                 $by = args.by; print($by); @ = args.pair;
             }}
             uprobe:{program}:many {{
                 printf(\"%d %d %d %d\\n\", args.a, args.f, args.g, args.last);
                 printf(\"%d %d\\n\", args.huge.words[3], args.huge.tail);
             }}
             uprobe:{program}:real {{ print(args.after); }}"
        );
        let out = script_with(&text, &program);
        let second = "{ .name = second, .corners = [{ .x = 0, .y = 0 },{ .x = 0, .y = 0 }], .low = 0, .high = 0, \
                      .color = 0, .next = 0x0, .number = 0, .text =  }";
        let expected = format!(
            "first 200 because\n4 5 17 65\nsecond BLUE\n{second}\n-1 2 7\n1099511627776 9\n{{ .x = -1, .y = 2 }}\n\
             1 6 7 8\n4 5\n3\n\n\n@: {{ .key = 1099511627776, .value = 9 }}\n"
        );
        assert_eq!(out, expected, "{flags:?}");
    }
}

const WIDE: &str = r#"
struct wide { int first; __int128 number; char full[4]; };
__attribute__((noipa)) int take(struct wide *it, unsigned __int128 given) { __asm__ volatile(""); return it->first + (int)given; }
int main(void)
{
    struct wide it = { .first = 1, .number = ((__int128)-1 << 64) + 5, .full = "abcd" };
    return take(&it, ((unsigned __int128)1 << 64) + 7) == 0;
}
"#;

#[test]
fn numbers_of_two_words() {
    for flags in FORMS {
        let scratch = Scratch::new();
        let program = scratch.compile("wide", WIDE, flags);
        let text = format!(
            "uprobe:{program}:take {{ print(*args.it); print((args.it.number, args.given)); print(args.it.full); @ = *args.it; exit(); }}"
        );
        let shown = "{ .first = 1, .number = -18446744073709551611, .full = abcd }";
        let expected = format!("{shown}\n(5, 7)\nabcd\n\n\n@: {shown}\n");
        assert_eq!(script_with(&text, &program), expected, "{flags:?}");
        let out = run(osmia().args(["-q", "-f", "json", "-e", &text, "-c", &program])).ok();
        assert!(out.contains("\"number\": \"-18446744073709551611\", \"full\": \"abcd\""), "{out}");
        let listed = run(osmia().args(["-l", "-v", &format!("uretprobe:{program}:take")])).ok();
        assert_eq!(listed, format!("uretprobe:{program}:take\n"));
    }
}

#[test]
fn types_of_the_program_by_name() {
    let scratch = Scratch::new();
    let program = scratch.compile("shapes", SHAPES, &["-g", "-O1"]);
    let text = format!(
        "uprobe:{program}:draw {{
             $s = (struct shape *)arg0;
             printf(\"%s %d %d\\n\", $s.name, $s.corners[0].x, sizeof(struct pair));
             let $all: struct point[2] = $s->corners; print($all[1].x);
         }}"
    );
    assert_eq!(script_with(&text, &program), "first 1 16\n3\n\n\n");
    // What the script defines itself comes first.
    let text = format!(
        "struct shape {{ char first; }} uprobe:{program}:draw {{ print(((struct shape *)arg0)->first); }}"
    );
    assert_eq!(script_with(&text, &program), "102\n\n\n");
}

#[test]
fn lines_of_source() {
    let scratch = Scratch::new();
    let program = scratch.compile("lines", "int twice(int n)\n{\n    n += n;\n    return n;\n}\nint main(void)\n{\n    return twice(2) == 0;\n}\n", &["-g", "-O0"]);
    let text = format!(
        "uprobe:{program}@lines.c:2 {{ @line = reg(\"pc\"); }}
         uprobe:{program}:twice {{ @function = reg(\"pc\"); }}
         uprobe:{program}@lines.c:4 {{ printf(\"%d %d\\n\", @line == @function, reg(\"pc\") > @line); }}"
    );
    let out = script_with(&text, &program);
    assert!(out.starts_with("1 1\n"), "{out}");
    let mistakes = [
        ("lines.c:90", "Unable to map 'lines.c:90' to address"),
        ("lines.c:4:70", "Unable to map 'lines.c:4:70' to address"),
        ("other.c:1", "No compilation unit matches other.c"),
    ];
    for (place, expected) in mistakes {
        let err = run(osmia().args(["-e", &format!("uprobe:{program}@{place} {{ }}")])).err;
        assert!(err.contains(expected), "{err}");
    }
    let plain = scratch.compile("plain", "int main(void) { return 0; }", &[]);
    let err = run(osmia().args(["-e", &format!("uprobe:{plain}@plain.c:1 {{ }}")])).err;
    let expected = format!("No DWARF debug info found for '{plain}', cannot attach by source code location.");
    assert!(err.contains(&expected), "{err}");
}

#[test]
fn separate_files() {
    let scratch = Scratch::new();
    let program = scratch.compile("shapes", SHAPES, &["-g", "-O1"]);
    let in_dir =
        |words: &[&str]| run(Command::new(words[0]).current_dir(scratch.dir()).args(&words[1..])).ok();
    in_dir(&["mkdir", "aside"]);
    in_dir(&["objcopy", "--only-keep-debug", "shapes", "aside/shapes.debug"]);
    in_dir(&["strip", "--strip-all", "shapes"]);
    let script = format!("uprobe:{program}:draw {{ print(args.times); }}");
    let listed = |words: &[&str]| {
        run(osmia().args(["trace", "-lv", &format!("uprobe:{program}:draw")]).args(words)).ok()
    };
    assert_eq!(listed(&[]), "");
    let fields = format!(
        "uprobe:{program}:draw\n    struct shape* shape\n    unsigned char times\n    const char* why\n"
    );
    let aside = format!("{}/aside", scratch.dir().display());
    for folder in ["aside", &aside, &format!("/nowhere:{aside}")] {
        assert_eq!(listed(&["--debuginfo", folder]), fields, "{folder}");
        let out = run(osmia().args(["-q", "--debuginfo", folder, "-e", &script, "-c", &program])).ok();
        assert_eq!(out, "200\n\n\n", "{folder}");
    }
    // Beside the program, where debuggers look, nobody has to say where.
    in_dir(&["mkdir", ".debug"]);
    in_dir(&["mv", "aside/shapes.debug", ".debug/shapes.debug"]);
    assert_eq!(listed(&[]), fields);
    assert_eq!(script_with(&script, &program), "200\n\n\n");
}
