//! Loading programs that are made to be signed: what they load, and what they refuse, in the real kernel. Needs root.
mod common;

use common::{image, map, program};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_loader::{Certificate, LoadError, SignedStep, load_by_program};
use osmia_object::Image;
use osmia_object::light::{Binding, Light, LightError, Loader, light};
use osmia_sys::Errno;
use osmia_sys::bpf::{Loading, MapCreate, ProgLoad, map_hash};
use std::os::fd::AsRawFd;
use std::path::Path;

fn two() -> Image {
    let first = program(ProgramType::RawTracepoint, "r1 = map[idx:0]\nr0 = 0\nexit");
    image(vec![map("numbers", MapType::Hash, 4, 8, 16)], vec![first])
}

/// What is done with the map of a loading program's data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    Whole,
    NotAlone,
    NotHashed,
    AloneOfAnother,
}

/// Loads and runs a loading program, without the signature that stands behind it; how many maps and programs came of it.
fn run(light: &Light, care: Care) -> Result<(usize, usize), Errno> {
    let mut hash = light.hash();
    if care == Care::AloneOfAnother {
        hash[0] ^= 1;
    }
    let size = u32::try_from(light.data.len()).unwrap();
    let exclusive = (care != Care::NotAlone).then_some(&hash);
    let map = MapCreate { exclusive, ..MapCreate::new(MapType::Array, 4, size, 1) }.call()?;
    map.update(&[0; 4], &light.data, flags::ANY)?;
    map.freeze()?;
    if care != Care::NotHashed {
        map_hash(&map)?;
    }
    let fds = [map.as_raw_fd()];
    let load = ProgLoad {
        flags: flags::SLEEPABLE,
        fd_array: &fds,
        ..ProgLoad::new(ProgramType::Syscall, &light.insns, c"GPL")
    };
    let loader = load.call_explained().map_err(|error| error.errno)?.fd;
    let brought = Loading { maps: 1, programs: 1, log_level: 0 }.call(&loader, &mut [])?;
    Ok((brought.maps.iter().flatten().count(), brought.programs.iter().flatten().count()))
}

/// Whether this kernel's maps know of being one program's alone; whether programs may see that, as they may from 6.18 to 7.2.
fn knowledge() -> (bool, bool) {
    let types = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let map = types.find_struct("bpf_map").unwrap();
    let has = |name: &str| types.field(map, name).is_some();
    (has("excl_prog_sha"), has("excl"))
}

#[test]
fn a_sealed_program_loads_what_it_was_made_with_or_nothing() {
    let sealed = light(&two(), Binding::Sealed).unwrap();
    match knowledge() {
        (true, true) => {}
        (true, false) => return assert_eq!(run(&sealed, Care::Whole), Err(Errno::EACCES)),
        (false, _) => {
            return assert!(matches!(run(&sealed, Care::Whole), Err(Errno::E2BIG | Errno::EINVAL)));
        }
    }
    assert_eq!(run(&sealed, Care::Whole), Ok((1, 1)));
    assert_eq!(run(&sealed, Care::NotAlone), Err(Errno::EINVAL));
    assert_eq!(run(&sealed, Care::NotHashed), Err(Errno::EINVAL));
    assert_eq!(run(&sealed, Care::AloneOfAnother), Err(Errno::EACCES));
    for at in (0..sealed.data.len()).step_by(41) {
        let mut changed = sealed.clone();
        changed.data[at] ^= 0x10;
        assert_eq!(run(&changed, Care::Whole), Err(Errno::EINVAL), "byte {at}");
    }
    let open = light(&two(), Binding::Open).unwrap();
    assert_eq!(run(&open, Care::NotAlone), Ok((1, 1)));
    let covered = light(&two(), Binding::Covered).unwrap();
    assert_eq!(run(&covered, Care::Whole), Ok((1, 1)));
    assert_ne!(covered.insns, sealed.insns);
    assert!(open.data == sealed.data && open.data == covered.data);
}

/// Bytes that are no certificate do not get into the keyring, and nothing is loaded.
#[test]
fn what_is_no_certificate_is_refused_by_the_keyring() {
    let image = two();
    let loader = Loader::signed(&image, |_| Ok::<_, LightError>(b"no message".to_vec())).unwrap();
    let nobody = Certificate { der: b"no certificate", name: "nobody" };
    let LoadError::Signed(error) = load_by_program(&image, &loader, Some(&nobody), 0).unwrap_err() else {
        panic!("it is taken");
    };
    assert_eq!(error.step, SignedStep::Keyring, "{error}");
}
