//! Properties that tests and fuzzers share: each is a function that panics where it does not hold.
use crate::{Object, Target, elf, resolve, wants};

/// Reading any bytes ends in an object or an error; what can be read can be written, read again, and resolved.
pub fn read(bytes: &[u8]) {
    let Ok(object) = elf::read(bytes) else { return };
    roundtrip(&object);
    link(&object);
}

/// Writing and reading keeps an object, and writing it again gives the same bytes.
///
/// What does not come from a file may change once: maps get a description in BTF.
pub fn roundtrip(object: &Object) {
    let written = elf::write(object);
    // A mutated file may have names that another section has too, or sizes that clash: such an object is written, but
    // may not be readable.
    let Ok(again) = elf::read(&written) else { return };
    let rewritten = elf::write(&again);
    let third = elf::read(&rewritten).map(|object| elf::write(&object));
    assert!(third.is_ok_and(|third| third == rewritten), "writing is not stable");
}

/// Linking ends in an image whose programs hold together, or in errors.
pub fn link(object: &Object) {
    let _ = wants(object);
    match resolve(object, &Target::default()) {
        Err(errors) => assert!(!errors.0.is_empty(), "an error without a reason"),
        Ok(image) => {
            for program in &image.programs {
                let slots: u32 = program.insns.iter().map(osmia_isa::Insn::slots).sum();
                assert!(program.functions.iter().all(|info| info.slot < slots));
                assert!(program.lines.iter().all(|line| line.slot < slots.max(1)));
                assert!(program.lines.is_sorted_by(|a, b| a.slot < b.slot), "lines are not in order");
            }
            let inner = image.maps.iter().filter_map(|map| map.inner);
            assert!(inner.clone().all(|index| image.maps.get(index).is_some_and(|map| map.template)));
        }
    }
}
