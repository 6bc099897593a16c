//! What tests need of the distribution.
use crate::run::{have, run, run_with};
use std::path::Path;

/// A package, and how one sees that it is there.
struct Package {
    name: &'static str,
    there: fn() -> bool,
}

const PACKAGES: &[Package] = &[
    Package { name: "clang-19", there: || have("clang-19") },
    Package { name: "llvm-19", there: || have("llvm-objdump-19") },
    Package { name: "libbpf-dev", there: || Path::new("/usr/include/bpf/bpf_helpers.h").exists() },
    Package { name: "bpftool", there: || have("bpftool") },
    Package { name: "bpftrace", there: || have("bpftrace") },
    Package { name: "dwarves", there: || have("pahole") },
    Package {
        name: "python3-jsonschema",
        there: || Path::new("/usr/lib/python3/dist-packages/jsonschema").exists(),
    },
    Package { name: "binutils", there: || have("readelf") },
    Package { name: "gcc", there: || have("gcc") },
    Package { name: "openssl", there: || have("openssl") },
    Package { name: "strace", there: || have("strace") },
    Package { name: "iproute2", there: || have("tc") },
    Package { name: "qemu-system-x86", there: || have("qemu-system-x86_64") },
    Package { name: "virtiofsd", there: || virtiofsd() },
    Package { name: "busybox-static", there: || have("busybox") },
    Package { name: "zstd", there: || have("zstd") },
    Package { name: "linux-image-6.12-cloud-amd64", there: || kernel("6.12") },
    Package { name: "linux-image-cloud-amd64", there: || kernel("6.1.") },
];

/// The server of shared files; some releases have it inside QEMU's package.
fn virtiofsd() -> bool {
    have("virtiofsd")
        || ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"].iter().any(|path| Path::new(path).exists())
}

fn kernel(version: &str) -> bool {
    let prefix = format!("vmlinuz-{version}");
    std::fs::read_dir("/boot").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
    })
}

/// Installs what is missing.
pub(crate) fn install() -> Result<(), String> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|package| !(package.there)()).map(|package| package.name).collect();
    // A release that ships the file server inside QEMU's package has no package of that name.
    let mut wanted: Vec<&str> = missing.iter().copied().filter(|name| *name != "virtiofsd").collect();
    if missing.contains(&"virtiofsd") {
        wanted.push("qemu-system-common");
    }
    if !wanted.is_empty() {
        println!("installing {}", wanted.join(" "));
        run("apt-get", &["update", "-qq"])?;
        let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
        args.extend(&wanted);
        run_with("apt-get", &args, &[("DEBIAN_FRONTEND", "noninteractive")])?;
    }
    cargo_tool("cargo-nextest")?;
    cargo_tool("cargo-deny")
}

/// A tool of cargo's.
fn cargo_tool(program: &str) -> Result<(), String> {
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
    let there = home.is_ok_and(|home| Path::new(&home).join("bin").join(program).exists());
    if there || have(program) {
        return Ok(());
    }
    println!("installing {program}");
    run("cargo", &["install", "--locked", program])
}
