//! Which programs of an image are loaded, and which maps that needs.
use crate::options::Choice;
use osmia_abi::ProgramType;
use osmia_object::{Image, ImageMap};
use std::collections::BTreeSet;

/// The programs that are loaded.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// By their places in the image.
    pub(crate) programs: BTreeSet<usize>,
    /// Those that are left out, with the reason.
    pub(crate) skipped: Vec<(String, String)>,
    /// Whether they were named one by one.
    named: bool,
}

impl Chosen {
    pub(crate) fn new(image: &Image, choice: &Choice) -> Self {
        let mut chosen = Self { named: matches!(choice, Choice::Named(_)), ..Self::default() };
        for (index, program) in image.programs.iter().enumerate() {
            let wanted = match choice {
                Choice::Autoload => program.autoload,
                Choice::All => true,
                Choice::Named(names) => names.contains(&program.name),
            };
            // Nobody can say what it is for but who asks for it.
            match program.unfit.first().filter(|_| program.kind == ProgramType::Unspec && !chosen.named) {
                Some(reason) if wanted => {
                    chosen.skipped.push((program.name.clone(), reason.kind.to_string()));
                }
                None if wanted => drop(chosen.programs.insert(index)),
                _ => {}
            }
        }
        chosen
    }

    /// Whether a map is made.
    pub(crate) fn wants(&self, map: &ImageMap) -> bool {
        let used = |structure: &osmia_object::Structure| {
            structure.functions.iter().any(|(_, program)| self.programs.contains(program))
        };
        let of_one = map.table_of.is_none_or(|program| self.programs.contains(&program));
        // A structure that does not fit has no functions that could have been asked for.
        let asked = |map: &ImageMap| map.structure.as_deref().map_or(map.unfit.is_none(), used);
        map.create && of_one && (!self.named || asked(map))
    }
}
