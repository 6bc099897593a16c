//! Maps and aggregations: what they hold, in which order, and how it is laid out.
use crate::common::{Scratch, json_lines, osmia, run, script, script_with};
use crate::events::POKE;

#[test]
fn an_entry_of_statistics_is_a_value() {
    let out = script("begin { @s[\"x\"] = stats(5); print(@s[\"x\"]); print(@s[\"y\"]); clear(@s); }");
    let expected = "{ .count = 1, .average = 5, .total = 5 }\n{ .count = 0, .average = 0, .total = 0 }\n\n\n";
    assert_eq!(out, expected);
}

const SCRIPT: &str = r#"
begin {
  @c = count(); @s = sum(5); @s = sum(7); @mn = min(3); @mn = min(-4); @mx = max(9); @mx = max(2);
  @a = avg(10); @a = avg(21); @st = stats(4); @st = stats(8);
  @h = hist(0); @h = hist(1); @h = hist(3); @h = hist(3); @h = hist(70); @h = hist(-5);
  @l = lhist(-1, 0, 30, 10); @l = lhist(5, 0, 30, 10); @l = lhist(25, 0, 30, 10); @l = lhist(99, 0, 30, 10);
  @k[1] = 10; @k[-2] = 5; @k[3] = 7;
  @str["b"] = 2; @str["a"] = 3;
  @t[1, "x"] = 1; @t[1, "w"] = 2; @t[0, "z"] = 3;
  @ck["p"] = count(); @ck["q"] = count(); @ck["q"] = count();
  @d[1] = 1; @d[2] = 2; delete(@d, 1);
  @z[1] = 1; @z[2] = 2; zero(@z);
  @cl[1] = 1; clear(@cl);
  @hk["x"] = hist(5); @hk["y"] = hist(7); @hk["y"] = hist(9);
  @tup = (1, "two", (3, 4));
  print(@k); print(@ck, 1); print((1, "a", 3)); print("str"); print(5);
}"#;

const PRINTED: &str = "\
@k[-2]: 5
@k[3]: 7
@k[1]: 10
@ck[q]: 2
(1, a, 3)
str
5


@a: 15
@c: 1
@ck[p]: 1
@ck[q]: 2
@d[2]: 2
@h:
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[0]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[1]                    1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[2, 4)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[4, 8)                 0 |                                                    |
[8, 16)                0 |                                                    |
[16, 32)               0 |                                                    |
[32, 64)               0 |                                                    |
[64, 128)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |

@hk[x]:
[4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

@hk[y]:
[4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[8, 16)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

@k[-2]: 5
@k[3]: 7
@k[1]: 10
@l:
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[0, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[10, 20)               0 |                                                    |
[20, 30)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[30, ...)              1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

@mn: -4
@mx: 9
@s: 12
@st: { .count = 2, .average = 6, .total = 12 }
@str[b]: 2
@str[a]: 3
@t[1, x]: 1
@t[1, w]: 2
@t[0, z]: 3
@tup: (1, two, (3, 4))
@z[1]: 0
@z[2]: 0
";

#[test]
fn in_both_worlds() {
    assert_eq!(script(SCRIPT), PRINTED);
    assert_eq!(run(osmia().args(["-q", "--vm", "-e", SCRIPT])).ok(), PRINTED);
}

#[test]
fn as_json_in_both_worlds() {
    let kernel = run(osmia().args(["-q", "-f", "json", "-e", SCRIPT])).ok();
    let user = run(osmia().args(["-q", "-f", "json", "--vm", "-e", SCRIPT])).ok();
    assert_eq!(kernel, user);
    let lines = json_lines(&kernel);
    let of = |name: &str| {
        let found = lines.iter().rev().find_map(|line| line["data"].get(name));
        found.unwrap_or_else(|| panic!("{name}: {kernel}")).clone()
    };
    assert_eq!(of("@c"), 1);
    assert_eq!(of("@mn"), -4);
    assert_eq!(of("@k"), serde_json::json!({"1": 10, "-2": 5, "3": 7}));
    assert_eq!(of("@t"), serde_json::json!({"1,x": 1, "1,w": 2, "0,z": 3}));
    assert_eq!(of("@st"), serde_json::json!({"count": 2, "average": 6, "total": 12}));
    assert_eq!(of("@tup"), serde_json::json!([1, "two", [3, 4]]));
    assert_eq!(
        of("@hk"),
        serde_json::json!({
            "x": [{"min": 4, "max": 7, "count": 1}],
            "y": [{"min": 4, "max": 7, "count": 1}, {"min": 8, "max": 15, "count": 1}]
        })
    );
}

#[test]
fn every_processor_counts() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let command = format!("sh -c 'taskset -c 0 {poke} 1000 & {poke} 1000 & {poke} 1000 & wait'");
    let text = "tracepoint:syscalls:sys_enter_getppid /curtask->real_parent->tgid == cpid/
        { @c = count(); @s = sum(2); @mn = min(cpu + 5); @mx = max(5 - cpu); @a = avg(3); @st = stats(3); @[comm] = count(); }";
    let out = script_with(text, &command);
    assert_eq!(
        out,
        "\n\n@[poke]: 3000\n@a: 3\n@c: 3000\n@mn: 5\n@mx: 5\n@s: 6000\n@st: { .count = 3000, .average = 3, .total = 9000 }\n"
    );
}

#[test]
fn a_full_map_is_reported() {
    let text = "begin { $i = 0; while ($i < 20) { @m[$i] = $i; $i++; } }";
    let done = run(osmia().env("BPFTRACE_MAX_MAP_KEYS", "8").args(["-q", "-e", text]));
    assert!(done.status.success(), "{done:?}");
    assert_eq!(done.out.lines().filter(|line| line.starts_with("@m[")).count(), 8, "{done:?}");
    assert!(done.err.contains("@m") && done.err.contains("full") && done.err.contains("12"), "{done:?}");
}

#[test]
fn an_empty_map_is_not_printed() {
    assert_eq!(script("begin { @a[1] = 1; delete(@a, 1); @b = 3; clear(@b); }"), "\n\n");
}

#[test]
fn divided_and_cut() {
    let text = "begin { @[1] = 1000; @[2] = 3000; @[3] = 2000; print(@, 2, 1000); clear(@); }";
    assert_eq!(script(text), "@[3]: 2\n@[2]: 3\n\n\n");
}

#[test]
fn text_keys_of_every_length() {
    let long = "x".repeat(63);
    let text = format!("begin {{ @[\"{long}\"] = 1; @[\"\"] = 2; print(@[\"{long}\"]); }}");
    assert_eq!(script(&text), format!("1\n\n\n@[{long}]: 1\n@[]: 2\n"));
}
