//! `prog load -L`: objects that a program brings into the kernel are those that are loaded without it. Needs root, clang-19 and a
//! BPF file system.
use osmia_inspect::command;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, int); __type(value, long); } counts SEC(".maps");
const volatile int wanted = 3;
long total = 5;
static __attribute__((noinline)) long add(int key)
{
    long one = 1, *old = bpf_map_lookup_elem(&counts, &key);
    if (old) return *old += wanted;
    return bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
}
SEC("raw_tp/sys_enter") int first(void *ctx) { total += add(1); return 0; }
SEC("socket") int second(void *ctx) { return add(2) + total; }
SEC("?raw_tp/sys_exit") int third(void *ctx) { return add(3); }
char LICENSE[] SEC("license") = "GPL";
"#;

const REFUSED: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("raw_tp/sys_enter") int bad(void *ctx) { return *(volatile int *)(unsigned long)8; }
char LICENSE[] SEC("license") = "GPL";
"#;

/// A folder of files and one of pins, which go away with it.
struct Place {
    files: PathBuf,
    pins: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("osmia-by-program-{name}-{}", std::process::id());
        let place =
            Self { files: std::env::temp_dir().join(&name), pins: PathBuf::from("/sys/fs/bpf").join(&name) };
        std::fs::create_dir_all(&place.files).unwrap();
        std::fs::create_dir(&place.pins).expect("this test needs root and a BPF file system at /sys/fs/bpf");
        place
    }

    fn object(&self, source: &str) -> String {
        std::fs::write(self.files.join("t.bpf.c"), source).unwrap();
        let clang =
            "clang-19 -g -O2 --target=bpf -mcpu=v3 -I/usr/include/x86_64-linux-gnu -c t.bpf.c -o t.bpf.o";
        let made = Command::new("sh").args(["-c", clang]).current_dir(&self.files).status().unwrap();
        assert!(made.success(), "this test needs clang-19");
        self.files.join("t.bpf.o").display().to_string()
    }

    fn pin(&self, name: &str) -> String {
        self.pins.join(name).display().to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.files).ok();
        std::fs::remove_dir_all(&self.pins).ok();
    }
}

/// Status, answer and what is told besides.
fn run(words: &[&str]) -> (u8, String, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", &words, &mut out, &mut errors);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

fn good(words: &[&str]) -> String {
    let (status, out, errors) = run(words);
    assert_eq!(status, 0, "{words:?}: {errors}");
    out
}

/// Instructions as the verifier left them, without the numbers of maps and the names of functions, which are their tags.
fn instructions(pin: &str) -> Vec<String> {
    let dump = good(&["prog", "dump", "xlated", "pinned", pin]);
    let plain = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        match line.split_once("map[id:") {
            Some((before, after)) => {
                format!("{before}map{}", after.trim_start_matches(|it: char| it.is_ascii_digit()))
            }
            None => line.to_owned(),
        }
    };
    dump.lines().map(plain).collect()
}

/// What of a program or map does not depend on when it was loaded. Tags are not those of programs that were loaded without
/// `-L`: the kernel takes the numbers of maps out of instructions before it hashes them, but not their positions.
fn facts(kind: &str, pin: &str) -> Vec<(String, Value)> {
    let own = [
        "id",
        "loaded_at",
        "map_ids",
        "btf_id",
        "pids",
        "bytes_memlock",
        "bytes_jited",
        "run_time_ns",
        "run_cnt",
        "tag",
    ];
    let shown: Value = serde_json::from_str(&good(&["-j", kind, "show", "pinned", pin])).unwrap();
    let fields = shown.as_object().unwrap().clone();
    fields.into_iter().filter(|(key, _)| !own.contains(&key.as_str())).collect()
}

#[test]
fn what_a_program_loads_is_what_is_loaded_without_it() {
    let place = Place::new("same");
    let object = place.object(SOURCE);
    for (flag, to) in [(&["-L"][..], "by"), (&[], "bare")] {
        let (programs, maps) = (place.pin(to), place.pin(&format!("{to}_maps")));
        good(&[flag, &["prog", "loadall", &object, &programs, "pinmaps", &maps]].concat());
    }
    for program in ["first", "second"] {
        let (by, bare) = (place.pin(&format!("by/{program}")), place.pin(&format!("bare/{program}")));
        assert_eq!(facts("prog", &by), facts("prog", &bare), "{program}");
        assert_eq!(instructions(&by), instructions(&bare), "{program}");
    }
    assert!(!place.pins.join("by/third").exists(), "it is not loaded by itself");
    for map in ["counts", "t_rodata", "t_data"] {
        let (by, bare) = (place.pin(&format!("by_maps/{map}")), place.pin(&format!("bare_maps/{map}")));
        assert_eq!(facts("map", &by), facts("map", &bare), "{map}");
        assert_eq!(
            good(&["-j", "map", "dump", "pinned", &by]),
            good(&["-j", "map", "dump", "pinned", &bare])
        );
    }
    // Without a path, it is only seen whether it can be loaded.
    good(&["prog", "load", "-L", &object]);
    let linked = place.pin("linked");
    good(&["-L", "prog", "load", &object, &linked, "autoattach"]);
    let link: Value = serde_json::from_str(&good(&["-j", "link", "show", "pinned", &linked])).unwrap();
    assert_eq!(link["tp_name"], "sys_enter");
}

#[test]
fn what_the_verifier_refuses_is_told_with_its_words() {
    let place = Place::new("refused");
    let object = place.object(REFUSED);
    let (status, _, errors) = run(&["-L", "prog", "load", &object, &place.pin("bad")]);
    // EACCES, as the loading program gives it.
    assert_eq!(status, 243, "{errors}");
    assert!(errors.contains("R1 invalid mem access 'scalar'"), "{errors}");
    assert!(!place.pins.join("bad").exists());
}
