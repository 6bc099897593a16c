//! However a run ends, its maps are printed where somebody can still read them, and nothing of it stays in the kernel.
use crate::common::{Background, Live, Scratch, bpftool, eventually, lives, osmia, run, signal};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// The programs that use a map whose name begins so.
pub(crate) fn programs_of(map: &str) -> BTreeSet<u64> {
    let maps = bpftool(&["map", "show"]);
    let maps = maps.as_array().expect("maps").iter();
    let named = maps.filter(|found| found["name"].as_str().is_some_and(|name| name.starts_with(map)));
    let ids: BTreeSet<u64> = named.filter_map(|found| found["id"].as_u64()).collect();
    let programs = bpftool(&["prog", "show"]);
    let uses = |program: &&serde_json::Value| {
        let used = program["map_ids"].as_array();
        used.is_some_and(|used| used.iter().filter_map(serde_json::Value::as_u64).any(|id| ids.contains(&id)))
    };
    programs
        .as_array()
        .expect("programs")
        .iter()
        .filter(uses)
        .filter_map(|found| found["id"].as_u64())
        .collect()
}

/// What a run holds in the kernel, found by its map.
#[derive(Debug)]
struct Held {
    map: String,
    programs: BTreeSet<u64>,
}

impl Held {
    /// Of a run that is attached.
    #[track_caller]
    fn by(map: &str) -> Self {
        let programs = programs_of(map);
        assert!(!programs.is_empty(), "no programs of {map}: {:?}", bpftool(&["map", "show"]));
        Self { map: map.to_owned(), programs }
    }

    /// Waits until all of it is gone: the kernel takes its time.
    #[track_caller]
    fn gone(&self) {
        eventually(&format!("{self:?} gone"), || {
            let maps = bpftool(&["map", "show"]);
            let map = maps.as_array().expect("maps").iter().any(|map| map["name"] == self.map.as_str());
            let programs = bpftool(&["prog", "show"]);
            let ids =
                programs.as_array().expect("programs").iter().filter_map(|program| program["id"].as_u64());
            !map && !ids.into_iter().any(|id| self.programs.contains(&id))
        });
    }
}

/// A name for a map that no other test has; the kernel shows it with `AT_`.
fn own(name: &str) -> (String, String) {
    let number = std::process::id() % 100_000;
    (format!("@{name}{number}"), format!("AT_{name}{number}"))
}

/// A script that has every kind of attachment that each kernel has.
fn text(map: &str) -> String {
    format!(
        "tracepoint:raw_syscalls:sys_enter {{ {map}[comm] = count(); }} rawtracepoint:sched_switch {{ {map}[comm] = count(); }}
         interval:ms:10 {{ printf(\"tick\\n\"); }} profile:hz:50 {{ {map}[comm] = count(); }}
         software:page-faults:1 {{ {map}[comm] = count(); }} uprobe:libc:getenv {{ {map}[comm] = count(); }}"
    )
}

#[test]
fn after_signals() {
    for (number, name) in ["INT", "TERM", "HUP"].iter().enumerate() {
        let (map, shown) = own(&format!("sig{number}"));
        let mut live = Live::attached(&["-e", &text(&map)]);
        live.until("tick");
        let held = Held::by(&shown);
        live.signal(name);
        let out = live.finish().ok();
        assert!(out.contains(&format!("\n\n\n{map}[")), "the map is printed after SIG{name}: {out}");
        held.gone();
    }
}

#[test]
fn after_sigkill() {
    let (map, shown) = own("kill");
    let mut live = Live::attached(&["-e", &text(&map)]);
    live.until("tick");
    let held = Held::by(&shown);
    live.signal("KILL");
    assert!(!live.finish().status.success());
    held.gone();
}

#[test]
fn after_exit() {
    let (map, shown) = own("exit");
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", crate::events::POKE, &["-O1"]);
    let file = scratch.path("it-is-time");
    let leave = "tracepoint:syscalls:sys_enter_openat /str(args.filename) == str($1)/ { exit(); }";
    let live = Live::attached(&["-e", &format!("{} {leave}", text(&map)), &file]);
    let held = Held::by(&shown);
    run(Command::new(poke).args(["1", &file])).ok();
    assert!(live.finish().ok().contains(&map));
    held.gone();
}

#[test]
fn after_the_reader_left() {
    let (map, shown) = own("pipe");
    let text = text(&map);
    let mut head = Command::new("head");
    head.arg("-1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut head = head.spawn().expect("head");
    let mut command = osmia();
    command.args(["-e", &text]).stdout(head.stdin.take().expect("pipe")).stderr(Stdio::null());
    let mut child = command.spawn().expect("osmia");
    drop(command);
    assert!(head.wait().expect("head").success());
    eventually("osmia ends when nobody reads", || child.try_wait().expect("wait").is_some());
    let status = child.wait().expect("wait");
    assert_eq!(status.code(), Some(0), "a reader that has enough is no failure");
    eventually("its map is gone", || {
        !bpftool(&["map", "show"])
            .as_array()
            .expect("maps")
            .iter()
            .any(|found| found["name"] == shown.as_str())
    });
}

#[test]
fn after_the_command() {
    for command in ["true", "false", "sh -c 'kill -9 $$'", "sh -c 'exit 3'"] {
        let (map, shown) = own("child");
        let done = run(osmia().args(["-q", "-e", &text(&map), "-c", command]));
        assert!(done.status.success(), "{done:?}");
        assert!(done.out.contains(&format!("\n\n{map}[")), "{command}: {}", done.out);
        eventually("its map is gone", || {
            !bpftool(&["map", "show"])
                .as_array()
                .expect("maps")
                .iter()
                .any(|found| found["name"] == shown.as_str())
        });
    }
}

#[test]
fn the_command_goes_with_us() {
    for name in ["INT", "TERM", "KILL"] {
        let mut live = Live::start(osmia().args([
            "-e",
            "begin { printf(\"child %d.\\n\", cpid); } interval:ms:50 { printf(\"tick\\n\"); }",
            "-c",
            "sleep 1000",
        ]));
        let line = live.until("child ");
        let pid: u32 =
            line.trim_end_matches('.').rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("pid");
        live.until("tick");
        assert!(lives(pid));
        live.signal(name);
        live.finish();
        eventually(&format!("{name}: the command ends"), || !lives(pid));
    }
}

#[test]
fn others_are_not_touched() {
    let scratch = Scratch::new();
    let program = scratch.compile(
        "loop",
        "#include <unistd.h>\nint main(void) { for (;;) { getppid(); usleep(1000); } }",
        &["-O1"],
    );
    let one = Background::start(&mut Command::new(&program));
    let text = format!(
        "uprobe:{program}:main {{ }} tracepoint:syscalls:sys_enter_getppid /pid == {}/ {{ printf(\"called\\n\"); }}",
        one.pid()
    );
    let mut live = Live::attached(&["-e", &text, "-p", &one.pid().to_string()]);
    live.until("called");
    live.signal("INT");
    live.finish().ok();
    assert!(lives(one.pid()), "the process of -p goes on");
    signal(one.pid(), "TERM");
}

#[test]
fn end_runs_once_and_after_everything() {
    let mut live =
        Live::attached(&["-e", "interval:ms:5 { @n++; printf(\"tick\\n\"); } end { printf(\"end\\n\"); }"]);
    live.until("tick");
    live.signal("INT");
    let out = live.finish().ok();
    assert_eq!(out.matches("end\n").count(), 1, "{out}");
    let count = out.matches("tick\n").count();
    assert!(out.ends_with(&format!("end\n\n\n@n: {count}\n")), "{out}");
}

/// Commands that make the events that they are run for: the run ends on a signal all the same.
#[test]
fn from_a_flood() {
    let text = "tracepoint:sched:sched_switch { system(\"echo one\"); } end { printf(\"the end\\n\"); }";
    let done = run(Command::new("timeout").args([
        "-s",
        "INT",
        "-k",
        "20",
        "1",
        env!("CARGO_BIN_EXE_osmia"),
        "--unsafe",
        "-e",
        text,
    ]));
    assert!(done.out.contains("one\n") && done.out.ends_with("the end\n\n\n"), "{}", done.err);
    assert_eq!(done.status.code(), Some(124), "it ended by itself: {}", done.err);
}
