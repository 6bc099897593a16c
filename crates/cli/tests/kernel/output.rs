//! What scripts say: series over time, complaints, files, and when.
use crate::common::{json_lines, osmia, run};

/// A script whose clock is wound by hand, in both worlds.
#[track_caller]
fn wound(text: &str, form: &str) -> String {
    let run = |world: &[&str]| {
        let mut command = osmia();
        command.env("BPFTRACE_DUMMY_TS_MAP", "@clock").env("BPFTRACE_UNSTABLE_TSERIES", "enable");
        run(command.env("TZ", "UTC").args(world).args(["-q", "-f", form, "-e", text])).ok()
    };
    let kernel = run(&[]);
    assert_eq!(kernel, run(&["--vm"]));
    kernel
}

#[test]
fn series_keep_the_last_intervals() {
    let text = r#"begin {
        @clock = (uint64)10s;
        for $i : 0..12 {
            @last = tseries($i, 1s, 4); @least = tseries(5 - $i, 1s, 4, "min"); @["k"] = tseries($i, 2s, 3, "sum");
            @mean = tseries($i, 4s, 2, "avg"); @most = tseries($i, 4s, 2, "max");
            @clock += 500ms;
        }
        clear(@clock);
    }"#;
    let expected = "

@[k]:
         6                                                  38
hh:mm:ss |___________________________________________________|
00:00:10 *                                                   | 6
00:00:12 |                         *                         | 22
00:00:14 |                                                   * 38
         v___________________________________________________v
         6                                                  38

@last:
         5                                                  11
hh:mm:ss |___________________________________________________|
00:00:12 *                                                   | 5
00:00:13 |                *                                  | 7
00:00:14 |                                 *                 | 9
00:00:15 |                                                   * 11
         v___________________________________________________v
         5                                                  11

@least:
         -6                                                  0
hh:mm:ss |___________________________________________________|
00:00:12 |                                                   * 0
00:00:13 |                                 *                 | -2
00:00:14 |                *                                  | -4
00:00:15 *                                                   | -6
         v___________________________________________________v
         -6                                                  0

@mean:
         1                                                   7
hh:mm:ss |___________________________________________________|
00:00:08 *                                                   | 1
00:00:12 |                                                   * 7
         v___________________________________________________v
         1                                                   7

@most:
         3                                                  11
hh:mm:ss |___________________________________________________|
00:00:08 *                                                   | 3
00:00:12 |                                                   * 11
         v___________________________________________________v
         3                                                  11

";
    assert_eq!(wound(text, "text"), expected);
    let lines = json_lines(&wound(text, "json"));
    let of = |name: &str| lines.iter().find_map(|line| line["data"].get(name)).expect(name).clone();
    assert!(lines.iter().all(|line| line["type"] == "tseries"), "{lines:?}");
    assert_eq!(
        of("@most"),
        serde_json::json!([
            {"interval_start": "1970-01-01 00:00:08.000000000", "value": 3},
            {"interval_start": "1970-01-01 00:00:12.000000000", "value": 11},
        ])
    );
}

#[test]
fn a_series_goes_by_the_wall_clock() {
    let before = std::time::SystemTime::now();
    let text = "config = { unstable_tseries = enable } begin { @ = tseries(7, 1h, 3); }";
    let lines = json_lines(&run(osmia().args(["-q", "-f", "json", "-e", text])).ok());
    let since = before.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let start = lines[0]["data"]["@"][0]["interval_start"].as_str().expect("a time").to_owned();
    let hour = |seconds: u64| format!("{:02}:00:00.000000000", seconds / 3600 % 24);
    assert!(start.ends_with(&hour(since)) || start.ends_with(&hour(since + 60)), "{start}");
}

#[test]
fn series_are_emptied_like_other_maps() {
    let text = "begin { @clock = (uint64)5s; @[1] = tseries(1, 1s, 3); @z[1] = tseries(1, 1s, 3);
        @d[1] = tseries(1, 1s, 3); @d[2] = tseries(1, 1s, 3); clear(@); zero(@z); delete(@d, 1); clear(@clock); }";
    let lines = json_lines(&wound(text, "json"));
    let maps: Vec<&serde_json::Value> = lines.iter().map(|line| &line["data"]).collect();
    let start = "1970-01-01 00:00:05.000000000";
    let rest = serde_json::json!([
        {"@d": {"2": [{"interval_start": start, "value": 1}]}},
        {"@z": {"1": []}},
    ]);
    assert_eq!(serde_json::json!(maps), rest);
}

/// What a script complains of at run time, in both worlds, as its lines of JSON.
#[track_caller]
fn complaints(args: &[&str], text: &str) -> Vec<serde_json::Value> {
    let run = |world: &[&str]| {
        let mut command = osmia();
        let done = run(command.args(world).args(["-q", "-f", "json"]).args(args).args(["-e", text]));
        assert!(done.status.success(), "{done:?}");
        json_lines(&done.out)
    };
    let kernel = run(&[]);
    assert_eq!(kernel, run(&["--vm"]));
    kernel
        .into_iter()
        .filter(|line| line["type"] == "helper_error" || line["type"] == "runtime_error")
        .collect()
}

#[test]
fn what_goes_wrong_is_told_once_and_counted() {
    let text = "begin { @z = 0; for $i : 0..5 { print(7 / @z); } print(7 % @z); @[1] = 1; delete(@, 2); \
                $had = delete(@, 3); }";
    let found: Vec<_> = complaints(&[], text)
        .iter()
        .map(|line| (line["col"].clone(), line["count"].clone(), line["retcode"].clone()))
        .collect();
    let null = serde_json::Value::Null;
    let expected = [
        (39.into(), null.clone(), null.clone()),
        (56.into(), null.clone(), null.clone()),
        (75.into(), null.clone(), (-2).into()),
        (39.into(), 5.into(), null),
    ];
    assert_eq!(found, expected);
}

#[test]
fn complaints_show_the_line_and_the_macros_calls() {
    let done = run(osmia().args([
        "-q",
        "-e",
        "macro over(x, @by) { x / @by }\nbegin { @z = 0; print(over(3, @z)); }",
    ]));
    let expected = "\
stdin:1:22-29: WARNING: Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.
macro over(x, @by) { x / @by }
                     ~~~~~~~
stdin:2:23-34: WARNING: expanded from
begin { @z = 0; print(over(3, @z)); }
                      ~~~~~~~~~~~
";
    assert_eq!((done.out.as_str(), done.err.as_str()), ("1\n\n\n@z: 0\n", expected));
    let quiet = run(osmia().args(["-q", "--no-warnings", "-e", "begin { @z = 0; print(1 / @z); }"])).ok();
    assert_eq!(quiet, "1\n\n\n@z: 0\n");
}

#[test]
fn a_full_map_names_the_assignment() {
    let text = "let @m = hash(2); begin { for $i : 0..6 { @m[$i] = $i; } }";
    let found = complaints(&[], text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((&found[0]["helper"], &found[0]["retcode"]), (&"map_update_elem".into(), &(-7).into()));
    assert_eq!((&found[0]["col"], &found[1]["count"]), (&43.into(), &4.into()));
}

#[test]
fn failed_reads_are_told_where_asked_for() {
    let text = r#"begin { @[1] = 1; print(@[2]); @t["a"] = "b"; print(@t["c"]); print(*(uint32*)8); print(str((uint64)8)); }"#;
    assert!(complaints(&[], text).is_empty());
    let found = complaints(&["-k"], text);
    let helpers: Vec<&str> = found.iter().filter_map(|line| line["helper"].as_str()).collect();
    assert_eq!(helpers, ["map_lookup_elem", "map_lookup_elem", "probe_read_user", "probe_read_user_str"]);
    let codes: Vec<i64> = found.iter().filter_map(|line| line["retcode"].as_i64()).collect();
    assert_eq!(codes, [0, 0, -14, -14]);
}

#[test]
fn failed_reads_are_told_where_they_are_written() {
    let text = "struct own { char name[16]; } begin { print((1, str((uint64)8))); @ = str((uint64)16); print(buf(uptr((int8*)8), 3)); $p = (struct own *)8; print($p.name); }";
    let places: Vec<_> = complaints(&["-k"], text).iter().map(|line| line["col"].as_u64()).collect();
    let written = ["str((uint64)8)", "str((uint64)16)", "buf(", "$p.name"];
    let expected: Vec<_> = written.map(|part| text.find(part).map(|column| column as u64 + 1)).into();
    assert_eq!(places, expected);
}

#[test]
fn an_index_outside_of_its_array_is_told() {
    let text =
        "struct a { int x[4]; } begin { $p = (struct a *)8; $i = (uint64)rand % 2 + 7; print($p->x[$i]); }";
    let found = complaints(&[], text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["msg"], "Array access out of bounds. This can lead to unexpected results.");
}

#[test]
fn after_exit_nothing_counts_any_more() {
    let text = "interval:us:50 { @++; if (@ == 20) { exit(); } } end { @e = @; }";
    assert_eq!(run(osmia().args(["-q", "-e", text])).ok(), "\n\n@: 20\n@e: 20\n");
}

#[test]
fn an_exit_that_finds_no_room_ends_the_run_all_the_same() {
    // The ring is full by then, since nobody reads while a program without loops runs: the record of exit() is lost.
    let text = "config = { perf_rb_pages = 1 } begin { unroll (100) { printf(\"%s\", \"0123456789012345678901234567890123456789\"); } exit(7); } interval:s:3600 { }";
    let done = run(osmia().args(["-q", "-e", text]));
    assert_eq!(done.status.code(), Some(7), "{done:?}");
    assert!(done.err.contains("Lost "), "{done:?}");
}

#[test]
fn what_a_command_says_is_shown_and_how_it_failed() {
    let text =
        r#"begin { system("echo one; echo two >&2; echo three"); system("exit 3"); system("kill -9 $$"); }"#;
    let done = run(osmia().args(["-q", "--unsafe", "-e", text]));
    assert_eq!(done.out, "one\ntwo\nthree\n\n\n\n\n\n");
    assert_eq!(done.err, "ERROR: command exited with code 3\nERROR: command ended by signal: 9 (SIGKILL)\n");
}

#[test]
fn buckets_that_nothing_is_in_are_not_printed() {
    let text = "begin { if (pid == 0) { @h = hist(1); @l = lhist(1, 0, 9, 1); @c = count(); } print(@h); print(@l); print(@c); }";
    assert_eq!(run(osmia().args(["-q", "-e", text])).ok(), "@c: 0\n\n\n");
    assert_eq!(
        run(osmia().args(["-q", "-f", "json", "-e", text])).ok(),
        "{\"type\": \"map\", \"data\": {\"@c\": 0}}\n"
    );
}

#[test]
fn the_end_of_a_message_is_not_doubled() {
    let done = run(osmia().args(["-q", "-e", "begin { errorf(\"a\\n\"); warnf(\"b\"); }"]));
    assert_eq!(done.err, "stdin:1:9-22: ERROR: a\nstdin:1:24-34: WARNING: b\n");
}
