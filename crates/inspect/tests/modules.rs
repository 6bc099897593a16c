//! `prog load` of what uses functions of the kernel's modules. Needs root, clang-19 and a BPF file system; where the module is not
//! there, what it would be used by is told that it is missing.
use osmia_inspect::command;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct nf_conn { unsigned long status; };
extern void bpf_ct_release(struct nf_conn *it) __attribute__((section(".ksyms"), weak));
SEC("xdp") int ask(struct xdp_md *ctx)
{
    struct nf_conn none = {};
    return &bpf_ct_release ? 7 : none.status + 1;
}
char LICENSE[] SEC("license") = "GPL";
"#;

/// `bpf: Allow ld_imm64 instruction to point to kfunc`: before, nobody can ask whether there is a function of that name.
const ASKED_SINCE: u32 = 6 << 16 | 4 << 8;

fn run(words: &[&str]) -> String {
    let (status, out, errors) = answer(words);
    assert_eq!(status, 0, "{words:?}: {errors}");
    out
}

fn answer(words: &[&str]) -> (u8, String, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", &words, &mut out, &mut errors);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

#[test]
fn functions_of_modules_are_found() {
    let name = format!("osmia-modules-{}", std::process::id());
    let (dir, pin) = (std::env::temp_dir().join(&name), format!("/sys/fs/bpf/{name}"));
    std::fs::create_dir_all(&dir).unwrap();
    let (source, object, data) = (dir.join("ask.bpf.c"), dir.join("ask.bpf.o"), dir.join("data"));
    std::fs::write(&source, SOURCE).unwrap();
    std::fs::write(&data, [0; 64]).unwrap();
    let mut clang = Command::new("clang-19");
    clang.args(["-g", "-O2", "--target=bpf", "-I/usr/include/x86_64-linux-gnu", "-c"]);
    assert!(clang.arg(&source).arg("-o").arg(&object).status().unwrap().success());
    // Where there is none of this name, the answer is the other one.
    Command::new("modprobe").arg("nf_conntrack").status().ok();
    let kernel = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let there =
        Path::new("/sys/kernel/btf/nf_conntrack").exists() || kernel.find_func("bpf_ct_release").is_some();
    let load = ["prog", "load", object.to_str().unwrap(), &pin];
    if there && osmia_host::kernel_version().unwrap().code < ASKED_SINCE {
        // It was found, and this kernel says what it is.
        let (status, _, errors) = answer(&load);
        assert!(status != 0 && errors.contains("in ldimm64 isn't KIND_VAR"), "{errors}");
        return std::fs::remove_dir_all(&dir).unwrap();
    }
    run(&load);
    let ran = run(&["-j", "prog", "run", "pinned", &pin, "data_in", data.to_str().unwrap()]);
    std::fs::remove_file(&pin).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let ran: Value = serde_json::from_str(&ran).unwrap();
    assert_eq!(ran["retval"], if there { 7 } else { 1 }, "it is there: {there}");
}
