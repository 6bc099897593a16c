//! What osmia makes of objects, one program at a time; `cargo xtask corpus` compares that with libbpf, whose side
//! (`tests/peers/libbpf.c`) prints the same lines:
//!
//! ```text
//! object OBJ open ERRNO
//! map OBJ NAME kind key value entries flags numa extra
//! prog OBJ NAME slots HASH RESULT      RESULT: tag/xlated bytes, or a negative errno; "-" where nothing is loaded
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command-line tool")]
use osmia_abi::MapType;
use osmia_base::Endian;
use osmia_host::{Places, Wants, gather_with};
use osmia_isa::wire;
use osmia_loader::{Choice, LoadError, LoadOptions, load};
use osmia_object::{Image, ImageMap, ImageProgram, Object, Target, elf, resolve_each, wants};
use osmia_sys::bpf::prog_info;
use std::path::Path;

/// What is asked for.
#[derive(Default)]
struct Options {
    load: bool,
    verbose: bool,
    wanted: Option<String>,
    places: Places,
}

fn main() {
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-l" => options.load = true,
            "-b" => options.places.btf = args.next().unwrap_or_default().into(),
            "-v" => options.verbose = true,
            "-d" => options.wanted = args.next(),
            path => object(Path::new(path), &options),
        }
    }
}

fn object(path: &Path, options: &Options) {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return eprintln!("{}: {error}", path.display()),
    };
    let object = match elf::read(&bytes) {
        Ok(object) => object,
        Err(error) => {
            println!("object {file} open -1");
            return eprintln!("{file}: {error}");
        }
    };
    println!("object {file} open 0");
    // libbpf: the file's name up to its first dot.
    let name = file.split('.').next().unwrap_or_default();
    let resolved = fit(&object, name, &options.places);
    let (image, whole) = match resolved {
        Ok(image) => (image, None),
        Err(errors) => (fallback(&object, name), Some(errors)),
    };
    for map in image.maps.iter().filter(|map| !map.template && map.table_of.is_none()) {
        println!("map {file} {}", describe(map));
    }
    for program in &image.programs {
        if options.wanted.as_ref().is_some_and(|wanted| *wanted != program.name) {
            continue;
        }
        print!("prog {file} {} ", program.name);
        // Only where the instructions could be made they are compared.
        let broken = program.unfit.iter().find(|error| error.insn.is_some() || program.insns.is_empty());
        if let Some(why) = whole.clone().or_else(|| broken.map(ToString::to_string)) {
            println!("0 0 prepare:-1");
            eprintln!("{file}: {why}");
            continue;
        }
        instructions(&image, program, options);
        match options.load {
            true => println!("{}", try_load(&image, program, options)),
            false => println!("-"),
        }
    }
}

fn fit(object: &Object, name: &str, places: &Places) -> Result<Image, String> {
    let target = gather_with(&Wants::from(wants(object)), places).map_err(|error| error.to_string())?;
    resolve_each(object, &target, name).map_err(|errors| errors.to_string())
}

/// What can be said of the object where it does not fit this machine.
fn fallback(object: &Object, name: &str) -> Image {
    let externs = osmia_base::Arena::default();
    resolve_each(&Object { externs, ..object.clone() }, &Target::default(), name).unwrap_or_default()
}

fn describe(map: &ImageMap) -> String {
    // The size of a structure of functions is the kernel's.
    let value_size = if map.kind == MapType::StructOps { 0 } else { map.value_size };
    format!(
        "{:.15} {} {} {value_size} {} {:#x} {} {:#x}",
        map.name,
        map.kind.raw(),
        map.key_size,
        map.max_entries,
        map.flags,
        map.numa_node,
        map.extra
    )
}

/// The number of instructions, and FNV-1a over them: modules are all alike there.
fn instructions(image: &Image, program: &ImageProgram, options: &Options) {
    let bytes = wire::encode(&program.insns);
    let slots = wire::slots(&bytes, Endian::Little).unwrap_or_default();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut after_btf_id = false;
    let table = |slot: wire::Slot| {
        image.maps.get(slot.imm as usize).filter(|map| slot.src == 6 && map.table_of.is_some())
    };
    for (at, slot) in slots.iter().enumerate() {
        let (original, mut slot) = (*slot, *slot);
        let btf_id = slot.opcode == 0x18 && slot.src == 3;
        // In place of the table's map: what stands in it.
        if let Some(table) = table(slot).filter(|_| slot.opcode == 0x18) {
            let bytes = table.initial.iter().flat_map(|(_, value)| value);
            (slot.src, slot.imm) = (
                2,
                bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
                    as i32,
            );
        }
        match (slot.opcode, slot.src) {
            (0x18, 5 | 6) => slot.src -= 4,
            (0x18, 1 | 2) if table(original).is_none() => slot.imm = -1, // a descriptor that stands in the object
            (0x85, 2) => slot.off = i16::from(slot.off != 0),
            _ if after_btf_id => slot.imm = i32::from(slot.imm != 0),
            _ => {}
        }
        after_btf_id = btf_id;
        let mut raw = [slot.opcode, slot.src << 4 | slot.dst, 0, 0, 0, 0, 0, 0];
        raw[2..4].copy_from_slice(&slot.off.to_le_bytes());
        raw[4..8].copy_from_slice(&slot.imm.to_le_bytes());
        if options.wanted.is_some() {
            if at == 0 {
                println!();
            }
            println!("  {at:4}: {:016x}", u64::from_be_bytes(raw));
        }
        hash = raw.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }
    print!("{} {hash:016x} ", slots.len());
}

/// The tag and the length of the program in the kernel, or why it is not there.
fn try_load(image: &Image, program: &ImageProgram, options: &Options) -> String {
    let choice = Choice::Named(vec![program.name.clone()]);
    let given = LoadOptions { programs: choice, ..LoadOptions::default() };
    match load(image, &given) {
        Ok(loaded) => match loaded.programs.first().map(|program| prog_info(&program.fd)) {
            Some(Ok(info)) => {
                let tag: String = info.tag.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{tag}/{}", info.xlated_prog_len)
            }
            _ => "lost".to_owned(),
        },
        Err(error) => {
            if options.verbose {
                eprintln!("{error}");
            }
            match error {
                LoadError::Program(rejection) => format!("-{}", rejection.errno.0),
                LoadError::Map(error) => format!("prepare:-{}", error.errno.0),
                LoadError::Unfit(_) => "unfit".to_owned(),
                other => format!("failed:{}", other.to_string().replace(char::is_whitespace, "_")),
            }
        }
    }
}
