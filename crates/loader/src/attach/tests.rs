//! The ways for old kernels, which a new one would never take by itself.
use super::kernel::Site;
use super::legacy::Control;
use super::{AttachOptions, Job, kernel, user};
use crate::{Globals, LoadOptions, Loaded, load};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_isa::text::assemble;
use osmia_object::{Image, ImageMap, ImageProgram, ProbeSide};

/// A program that counts its runs in `.bss`.
fn counter() -> (Loaded, Globals) {
    let map = ImageMap {
        name: ".bss".to_owned(),
        kind: MapType::Array,
        key_size: 4,
        value_size: 8,
        max_entries: 1,
        flags: flags::MMAPABLE,
        ..ImageMap::default()
    };
    let text = "r1 = map[idx:0][0]+0; r2 = 1; lock *(u64 *)(r1 +0) += r2; r0 = 0; exit";
    let program = ImageProgram {
        name: "count".to_owned(),
        kind: ProgramType::Kprobe,
        insns: assemble(text).unwrap().insns,
        ..ImageProgram::default()
    };
    let image =
        Image { license: "GPL".to_owned(), maps: vec![map], programs: vec![program], ..Image::default() };
    let loaded = load(&image, &LoadOptions::default()).unwrap();
    let globals = Globals::new(&loaded.maps[0].fd).unwrap();
    (loaded, globals)
}

fn count(globals: &Globals) -> u64 {
    let mut raw = [0; 8];
    globals.read(0, &mut raw).unwrap();
    u64::from_ne_bytes(raw)
}

#[inline(never)]
extern "C" fn probed(number: u64) -> u64 {
    std::hint::black_box(number) + 1
}

#[test]
fn user_functions_are_probed_by_tracefs() {
    let path = std::fs::read_link("/proc/self/exe").unwrap();
    let binary = osmia_host::Binary::open(&path).unwrap();
    let (name, place) = binary.functions().find(|(name, _)| name.contains("attach5tests6probed")).unwrap();
    for side in [ProbeSide::Entry, ProbeSide::Return] {
        let (loaded, globals) = counter();
        let job = Job { program: &loaded.programs[0], options: &AttachOptions::default() };
        let code = user::Code::new(&path, None, side).unwrap();
        let part = user::by_tracefs(job, &code, &user::Spot::new(place.offset, 0)).unwrap();
        for number in 0..10 {
            probed(number);
        }
        assert_eq!(count(&globals), 10, "{name} {side:?}");
        drop(part);
        probed(0);
        assert_eq!(count(&globals), 10);
    }
}

#[test]
fn kernel_functions_are_probed_by_tracefs_or_there_is_no_such_file() {
    let (loaded, globals) = counter();
    let job = Job { program: &loaded.programs[0], options: &AttachOptions::default() };
    let site = Site { module: None, function: "do_sys_openat2", offset: 0, side: ProbeSide::Entry };
    let part = kernel::by_tracefs(job, &site);
    if !Control::Kprobe.is_there() {
        assert!(part.is_err());
        return;
    }
    let part = part.unwrap();
    for _ in 0..20 {
        std::fs::read("/proc/self/comm").unwrap();
    }
    assert!(count(&globals) >= 20, "{}", count(&globals));
    drop(part);
    let after = count(&globals);
    std::fs::read("/proc/self/comm").unwrap();
    assert_eq!(count(&globals), after);
    let unknown = kernel::by_tracefs(job, &Site { function: "no_such_function", ..site });
    assert!(unknown.unwrap_err().to_string().contains("no function `no_such_function`"));
}
