//! `prog load -L`: objects that a program brings into the kernel are those that are loaded without it. Needs root, clang-19, openssl and
//! a BPF file system.
use osmia_abi::Feature;
use osmia_inspect::command;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

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

/// The status, of which bpftool's is the same, and the words.
#[test]
fn what_is_signed_is_loaded_where_signatures_are_checked() {
    let place = Place::new("signed");
    let object = place.object(SOURCE);
    let openssl = |words: &str| {
        let made = Command::new("openssl").args(words.split(' ')).current_dir(&place.files).output();
        assert!(made.expect("this test needs openssl").status.success(), "openssl {words}");
    };
    openssl(
        "req -x509 -new -nodes -sha256 -days 2 -batch -subj /CN=a -newkey rsa:2048 -keyout key -out certificate",
    );
    openssl(
        "req -x509 -new -nodes -sha256 -days 2 -batch -subj /CN=b -newkey rsa:2048 -keyout other -out ignored",
    );
    openssl("pkey -in key -aes128 -passout pass:x -out encrypted");
    let file = |name: &str| place.files.join(name).display().to_string();
    let (key, certificate, pin) = (file("key"), file("certificate"), place.pin("first"));
    let signing = ["-S", "-k", &key, "-i", &certificate];
    let header = good(&[&["gen", "skeleton", &object], &signing[..]].concat());
    assert!(header.contains("opts.signature_sz = sizeof(signature);"), "{header}");
    let (status, _, errors) = run(&[&signing[..], &["prog", "load", &object, &pin]].concat());
    match osmia_host::probe(Feature::SignedPrograms, &|_| None) {
        // EACCES
        Ok(true) if status == 243 => {
            assert!(errors.contains("came with an update of Linux 6.18"), "{errors}")
        }
        Ok(true) => {
            assert_eq!(status, 0, "{errors}");
            assert!(place.pins.join("first").exists());
        }
        // EOPNOTSUPP; E2BIG and EINVAL of those who never heard of it.
        _ => {
            let words = if status == 161 { "this kernel checks no signatures" } else { "from Linux 6.18 on" };
            assert!([161, 249, 234].contains(&status) && errors.contains(words), "{status}: {errors}");
            assert!(!place.pins.join("first").exists());
        }
    }
    let own = format!("osmia {}:", std::process::id());
    let there = || std::fs::read_to_string("/proc/keys").unwrap_or_default().contains(&own);
    // The kernel collects in its own time what is in no keyring any more.
    let gone = (0..200).any(|_| !there() || (std::thread::sleep(Duration::from_millis(50)), false).1);
    assert!(gone, "the certificate is left in the keyring");
    for (key, certificate, words) in [
        ("none", "certificate", "none: No such file or directory"),
        ("key", "none", "none: No such file or directory"),
        ("encrypted", "certificate", "the private key is encrypted"),
        ("certificate", "certificate", "there is no private key in it"),
        ("other", "certificate", "the certificate is that of another private key"),
    ] {
        let (key, certificate) = (file(key), file(certificate));
        for command in [&["prog", "load", &object, &pin][..], &["gen", "skeleton", &object]] {
            let (status, out, errors) = run(&[&["-S", "-k", &key, "-i", &certificate], command].concat());
            assert_eq!((status, out.as_str()), (234, ""), "{errors}");
            assert!(errors.contains("failed to sign program: ") && errors.contains(words), "{errors}");
        }
    }
    for half in [&["-S", "-k", &key][..], &["-S"], &["-k", &key, "-i", &certificate]] {
        assert_eq!(run(&[half, &["prog", "load", &object, &pin]].concat()).0, 234);
    }
}
