//! Structures of functions: congestion controls for TCP, by the map's element and by a link.
mod common;

use common::{command, own_network};
use osmia_abi::Feature;
use osmia_host::{KERNEL_BTF, kernel_btf};
use osmia_loader::{Attachment, Globals, LoadOptions, Loaded, load, register, update_link, update_structure};
use osmia_object::{Image, Target};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

const PROGRAM: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
__u64 runs;
SEC("struct_ops") void BPF_PROG(begin, struct sock *sk) { __sync_fetch_and_add(&runs, 1); }
SEC("struct_ops") __u32 BPF_PROG(threshold, struct sock *sk) { return 2; }
SEC("struct_ops") void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked) {}
SEC("struct_ops") __u32 BPF_PROG(undo, struct sock *sk) { return 2; }
SEC("SECTION") struct tcp_congestion_ops control = {
    .init = (void *)begin,
    .ssthresh = (void *)threshold,
    .cong_avoid = (void *)avoid,
    .undo_cwnd = (void *)undo,
    .name = "NAME",
};
char LICENSE[] SEC("license") = "GPL";
"#;

fn image(section: &str, name: &str) -> Image {
    let dir = std::env::temp_dir().join(format!("osmia-structures-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let source = PROGRAM.replace("SECTION", section).replace("NAME", name);
    std::fs::write(dir.join("ops.bpf.c"), source).unwrap();
    command(&format!(
        "cd {} && bpftool btf dump file {KERNEL_BTF} format c > vmlinux.h && \
         clang-19 -g -O2 --target=bpf -D__TARGET_ARCH_x86 -I. -c -o ops.bpf.o ops.bpf.c",
        dir.display()
    ));
    let object = osmia_object::elf::read(&std::fs::read(dir.join("ops.bpf.o")).unwrap()).unwrap();
    let btf = kernel_btf(Path::new(KERNEL_BTF)).unwrap();
    let target = Target { btf: Some(btf), ..Target::default() };
    osmia_object::resolve_named(&object, &target, "ops").unwrap()
}

fn loaded(image: &Image) -> Loaded {
    load(image, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn registered(loaded: &Loaded) -> Attachment {
    let map = loaded.map("control").unwrap();
    register(map).unwrap().unwrap_or_else(|error| panic!("{error}"))
}

fn available() -> String {
    command("cat /proc/sys/net/ipv4/tcp_available_congestion_control")
}

fn runs(loaded: &Loaded) -> u64 {
    let bss = loaded.maps.iter().find(|map| map.name.ends_with(".bss")).unwrap();
    let mut raw = [0; 8];
    Globals::new(&bss.fd).unwrap().read(0, &mut raw).unwrap();
    u64::from_ne_bytes(raw)
}

fn connect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    drop(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
}

fn check(section: &str, name: &str, link: bool) {
    own_network();
    let image = image(section, name);
    let (loaded, other) = (loaded(&image), loaded(&image));
    let attached = registered(&loaded);
    assert_eq!((attached.by_links(), attached.stays()), (link, !link));
    assert!(available().contains(name));
    let refused = register(other.map("control").unwrap()).unwrap().unwrap_err().to_string();
    assert!(refused.contains("a structure of that name is registered already"), "{refused}");
    // Who connects to that address does it with this control.
    command(&format!("ip route change local 127.0.0.1 dev lo table local congctl {name}"));
    connect();
    assert!(runs(&loaded) > 0);
    drop(attached);
    assert!(!available().contains(name), "{}", available());
}

/// Links came in 6.4: older kernels do not know the map's flag.
fn no_links() {
    let refused = load(&image(".struct_ops.link", "osmia_link"), &LoadOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("control"), "{refused}");
}

#[test]
fn a_structure_takes_the_place_of_another() {
    if osmia_host::probe(Feature::Tcx, &|_| None) != Ok(true) {
        return no_links();
    }
    own_network();
    let name = "osmia_update";
    let image = image(".struct_ops.link", name);
    let (first, second) = (loaded(&image), loaded(&image));
    let attached = registered(&first);
    command(&format!("ip route change local 127.0.0.1 dev lo table local congctl {name}"));
    connect();
    let before = runs(&first);
    assert!(before > 0 && runs(&second) == 0);
    let new = second.map("control").unwrap();
    let link = attached.links().unwrap()[0];
    let wrong = update_structure(link, new, Some(&new.fd)).unwrap_err().to_string();
    assert!(wrong.contains("the link holds another one than was said"), "{wrong}");
    attached.update_structure(new).unwrap_or_else(|error| panic!("{error}"));
    connect();
    assert_eq!(runs(&first), before, "the old one still runs");
    assert!(runs(&second) > 0, "the new one does not run");
    let program = update_link(link, &second.programs[0], None).unwrap_err().to_string();
    assert!(program.contains("holds a structure of functions, no program"), "{program}");
    // Back again: its value is there already.
    let old = &second.map("control").unwrap().fd;
    update_structure(link, first.map("control").unwrap(), Some(old))
        .unwrap_or_else(|error| panic!("{error}"));
    connect();
    assert!(runs(&first) > before);
    let other = loaded(&self::image(".struct_ops.link", "osmia_other"));
    let refused = attached.update_structure(other.map("control").unwrap()).unwrap_err().to_string();
    assert!(refused.contains("by those of the same kind and name only"), "{refused}");
    let bare = loaded(&self::image(".struct_ops", "osmia_plain"));
    let refused = attached.update_structure(bare.map("control").unwrap()).unwrap_err().to_string();
    assert!(refused.contains("no structure of functions that a link could register"), "{refused}");
    drop(attached);
    assert!(!available().contains(name), "{}", available());
}

#[test]
fn a_structure_is_registered_by_its_element() {
    check(".struct_ops", "osmia_bare", false);
}

#[test]
fn a_structure_is_registered_by_a_link_or_the_refusal_says_since_when() {
    if osmia_host::probe(Feature::Tcx, &|_| None) != Ok(true) {
        return no_links();
    }
    check(".struct_ops.link", "osmia_link", true);
}
