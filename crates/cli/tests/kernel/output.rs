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
