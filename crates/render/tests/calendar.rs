//! `strftime` beside the C library's, through `date`.
use osmia_render::{Zone, strftime};
use std::process::Command;

/// Every letter that C's `strftime` and `date` both know and mean alike.
const FORMAT: &str = "%a|%A|%b|%B|%c|%C|%d|%D|%e|%F|%g|%G|%h|%H|%I|%j|%m|%M|%n|%p|%r|%R|%s|%S|%t|%T|%u|%U|%V|%w|%W|%x|%X|%y|%Y|%z|%%";

#[test]
fn times_read_as_the_c_library_writes_them() {
    // Around new years, leap days, the epoch (which itself is no time), before it, and far away.
    let times = [
        1,
        -1,
        951_782_400,
        1_609_459_199,
        1_704_067_200,
        1_709_251_199,
        1_735_603_200,
        4_102_444_800,
        -86_400,
    ];
    for (hours, name) in [(0, "UTC0"), (5, "EAST-5"), (-8, "WEST8")] {
        let zone = Zone::fixed(hours * 3600).unwrap();
        for seconds in times {
            let output = Command::new("date")
                .env("TZ", name)
                .env("LC_ALL", "C")
                .args(["-d", &format!("@{seconds}"), &format!("+{FORMAT}")])
                .output()
                .unwrap();
            let theirs = String::from_utf8(output.stdout).unwrap();
            assert_eq!(
                strftime(FORMAT, Some(seconds * 1_000_000_000), &zone) + "\n",
                theirs,
                "{seconds} {name}"
            );
        }
    }
}
