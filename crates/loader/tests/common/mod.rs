//! Small images, written as text.
#![allow(dead_code, reason = "each test file uses some of it")]
use osmia_abi::{AttachType, MapType, ProgramType, flags};
use osmia_btf::TypeId;
use osmia_isa::text::assemble;
use osmia_loader::{Globals, LoadOptions, Loaded, load};
use osmia_object::{Attach, Image, ImageMap, ImageProgram};
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
        numa_node: 0,
        extra: 0,
        key_type: TypeId(0),
        value_type: TypeId(0),
        inner: None,
        template: false,
        initial: Vec::new(),
        slots: Vec::new(),
        frozen: false,
        pin: None,
    }
}

/// Global variables: eight bytes.
pub(crate) fn bss() -> ImageMap {
    ImageMap { flags: flags::MMAPABLE, ..map("test.bss", MapType::Array, 4, 8, 1) }
}

pub(crate) fn program(kind: ProgramType, text: &str) -> ImageProgram {
    ImageProgram {
        name: "test_program".to_owned(),
        section: String::new(),
        kind,
        attach_type: None,
        attach_btf_id: TypeId(0),
        attach_types: osmia_object::AttachTypes::Kernel,
        flags: 0,
        attach: Attach::Nowhere,
        autoload: true,
        insns: assemble(text).unwrap().insns,
        functions: Vec::new(),
        lines: Vec::new(),
        poisoned: Vec::new(),
    }
}

pub(crate) fn image(maps: Vec<ImageMap>, programs: Vec<ImageProgram>) -> Image {
    Image { license: "GPL".to_owned(), version: 0, maps, programs, btf: None }
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
