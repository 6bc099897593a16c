//! Small images, written as text.
#![allow(dead_code, reason = "each test file uses some of it")]
use osmia_abi::{AttachType, MapType, ProgramType, flags};
use osmia_isa::text::assemble;
use osmia_loader::{AttachOptions, Attachment, Globals, LoadOptions, Loaded, attach, load};
use osmia_object::{Attach, Image, ImageMap, ImageProgram, Object, elf};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Adds one to the first eight bytes of the first map.
pub(crate) const COUNT: &str = "
    r1 = map[idx:0][0]+0
    r2 = 1
    lock *(u64 *)(r1 +0) += r2
    r0 = 0
    exit";

pub(crate) fn map(name: &str, kind: MapType, key: u32, value: u32, entries: u32) -> ImageMap {
    ImageMap {
        name: name.to_owned(),
        kind,
        key_size: key,
        value_size: value,
        max_entries: entries,
        flags: 0,
        ..ImageMap::default()
    }
}

/// Global variables: eight bytes.
pub(crate) fn bss() -> ImageMap {
    ImageMap { flags: flags::MMAPABLE, ..map("test.bss", MapType::Array, 4, 8, 1) }
}

pub(crate) fn program(kind: ProgramType, text: &str) -> ImageProgram {
    ImageProgram {
        name: "test_program".to_owned(),
        kind,
        insns: assemble(text).unwrap().insns,
        ..ImageProgram::default()
    }
}

pub(crate) fn image(maps: Vec<ImageMap>, programs: Vec<ImageProgram>) -> Image {
    Image { license: "GPL".to_owned(), version: 0, maps, programs, ..Image::default() }
}

/// A program that counts its runs.
pub(crate) struct Counter {
    pub(crate) loaded: Loaded,
    globals: Globals,
}

impl Counter {
    pub(crate) fn new(kind: ProgramType, attach_type: Option<AttachType>) -> Self {
        Self::with(ImageProgram { attach_type, ..program(kind, COUNT) })
    }

    pub(crate) fn with(program: ImageProgram) -> Self {
        let loaded = load(&image(vec![bss()], vec![program]), &LoadOptions::default()).unwrap();
        let globals = Globals::new(&loaded.maps[0].fd).unwrap();
        assert!(matches!(globals, Globals::Mapped(_)));
        Self { loaded, globals }
    }

    pub(crate) fn count(&self) -> u64 {
        let mut raw = [0; 8];
        self.globals.read(0, &mut raw).unwrap();
        u64::from_ne_bytes(raw)
    }
}

/// Compiles a C program in a directory of its own.
pub(crate) fn compile(name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-loader-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let (code, binary) = (dir.join("code.c"), dir.join(name));
    std::fs::write(&code, source).unwrap();
    let compiler = if Path::new("/usr/bin/cc").exists() { "cc" } else { "clang-19" };
    let done = Command::new(compiler).args(arguments).arg("-o").arg(&binary).arg(&code).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    binary
}

/// Compiles a C program for the kernel, and reads it.
pub(crate) fn clang(name: &str, source: &str) -> Object {
    let dir = std::env::temp_dir().join(format!("osmia-clang-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let (code, object) = (dir.join("x.bpf.c"), dir.join("x.bpf.o"));
    std::fs::write(&code, source).unwrap();
    let mut clang = Command::new("clang-19");
    clang.args(["-g", "-O2", "--target=bpf", "-mcpu=v3", "-c"]).arg(&code).arg("-o").arg(&object);
    let done = clang.output().expect("these tests need clang-19");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let object = elf::read(&std::fs::read(&object).unwrap()).unwrap();
    std::fs::remove_dir_all(dir).unwrap();
    object
}

/// A program that counts its runs and ends with a result.
pub(crate) fn counting(kind: ProgramType, attach_type: Option<AttachType>, result: i32) -> Counter {
    let text = COUNT.replace("r0 = 0", &format!("r0 = {result}"));
    Counter::with(ImageProgram { attach_type, ..program(kind, &text) })
}

/// Attaches the only program; panics with the refusal.
pub(crate) fn put(counter: &Counter, to: &Attach) -> Attachment {
    attach(&counter.loaded.programs[0], to, &AttachOptions::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The words of a refusal.
pub(crate) fn refusal(counter: &Counter, to: &Attach) -> String {
    match attach(&counter.loaded.programs[0], to, &AttachOptions::default()) {
        Ok(_) => panic!("{to:?} was attached"),
        Err(error) => error.to_string(),
    }
}

/// Runs a command that must succeed; what it prints.
pub(crate) fn command(line: &str) -> String {
    let done = Command::new("bash").args(["-c", line]).output().unwrap();
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A network of its own for this thread, with a loopback that works.
pub(crate) fn own_network() {
    osmia_sys::enter_new_network().unwrap();
    command("ip link set lo up");
}

/// Sends so many packets to a port of the loopback where nobody listens.
pub(crate) fn send(count: usize) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..count {
        let _ = socket.send_to(b"osmia", "127.0.0.1:9"); // the answer to the one before is an error
    }
}

/// Asserts that a program runs when something happens while it is attached, and no more once it is not.
pub(crate) fn runs_until_dropped(counter: &Counter, attached: Attachment, happen: impl Fn()) {
    let before = counter.count();
    happen();
    let after = counter.count();
    assert!(after > before, "the program did not run");
    drop(attached);
    happen();
    assert_eq!(counter.count(), after, "the program still runs");
}

/// Whether this kernel is of that version or newer.
pub(crate) fn since(major: u32, minor: u32) -> bool {
    osmia_host::kernel_version().unwrap().code >= (major << 16 | minor << 8)
}
