//! What is said where the kernel does not take an image.
use osmia_abi::Feature;
use osmia_base::Source;
use osmia_host::Privileges;
use osmia_loader::{LoadError, MapError};
use osmia_sys::Errno;

/// An image that the kernel did not take.
#[derive(Debug)]
pub(crate) struct LoadFailure(pub(super) LoadError);

impl LoadFailure {
    /// Features that the kernel lacks and that the script may have been compiled for: asked now, as something was refused.
    pub(crate) fn lacking(&self) -> Vec<Feature> {
        let refused = match &self.0 {
            LoadError::Program(rejection) => rejection.errno != Errno::EPERM,
            LoadError::Map(_) => true,
            LoadError::Btf(_)
            | LoadError::Memlock { .. }
            | LoadError::Token { .. }
            | LoadError::Unfit(_)
            | LoadError::Image(_)
            | LoadError::Loader { .. }
            | LoadError::Signed(_) => false,
        };
        if !refused {
            return Vec::new();
        }
        const USED: &[Feature] = &[
            Feature::Jump32,
            Feature::IsaV4,
            Feature::Ringbuf,
            Feature::CurrentTaskBtf,
            Feature::ProbeReadKernel,
            Feature::KtimeBoot,
            Feature::LookupPercpu,
            Feature::GetFuncIp,
            Feature::BpfLoop,
            Feature::ForEachMapElem,
            Feature::GlobalData,
            Feature::AttachCookie,
            Feature::KprobeMulti,
            Feature::KprobeSession,
        ];
        USED.iter()
            .copied()
            .filter(|feature| matches!(osmia_host::probe(*feature, &|_| None), Ok(false)))
            .collect()
    }

    /// What to tell the person, with the line of the script that the kernel did not like.
    pub(crate) fn explain(&self, source: &Source, verbose: bool) -> String {
        let mut text = self.place(source);
        if let Some(hint) = self.is_forbidden().then(|| without_kernel(osmia_host::privileges())).flatten() {
            text += &format!("HINT: {hint}\n");
        }
        if let (true, LoadError::Program(rejection)) = (verbose, &self.0) {
            text.push_str(&rejection.log);
        }
        text
    }

    fn is_forbidden(&self) -> bool {
        let errno = match &self.0 {
            LoadError::Program(rejection) => rejection.errno,
            LoadError::Map(error) => error.errno,
            _ => return false,
        };
        errno == Errno::EPERM
    }

    fn place(&self, source: &Source) -> String {
        let rejection = match &self.0 {
            LoadError::Program(rejection) => rejection,
            LoadError::Map(error) => {
                return format!("ERROR: {}\n", MapError { map: in_script(&error.map), ..error.clone() });
            }
            other => return format!("ERROR: {other}\n"),
        };
        let Some(place) = rejection.place.as_ref().filter(|place| place.line > 0) else {
            return format!("ERROR: {}\n", self.0);
        };
        let reason = rejection.meaning.as_ref().unwrap_or(&rejection.reason);
        let span = source.span_in(&place.file, place.line, place.column);
        let text = match rejection.forbidden_helper() {
            Some(helper) => format!("helper {helper} not allowed in probe"),
            None => format!("the kernel's verifier refuses this: {reason}"),
        };
        let mut diagnostic = osmia_base::Diagnostic::error(span, text);
        if rejection.meaning.is_some() {
            diagnostic = diagnostic.hint(format!("it says: {}", rejection.reason));
        }
        if let Some(advice) = &rejection.advice {
            diagnostic = diagnostic.hint(advice.clone());
        }
        diagnostic.render(source)
    }
}

/// What those can do to whom the kernel gives nothing.
pub(crate) fn without_kernel(rights: Privileges) -> Option<&'static str> {
    rights
        .is_barred()
        .then_some("use --vm, which runs the script in this process and asks nothing of the kernel")
}

/// A map's name as the script writes it.
fn in_script(name: &str) -> String {
    name.strip_prefix("AT_").map_or_else(|| name.to_owned(), |name| format!("@{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_loader::MapStep;

    #[test]
    fn maps_have_their_names_of_the_script() {
        let error = |map: &str| {
            let error =
                MapError { map: map.to_owned(), step: MapStep::Create, errno: Errno::E2BIG, reason: None };
            LoadFailure(LoadError::Map(error)).explain(&Source::new("x", ""), false)
        };
        assert!(error("AT_x").contains("the map `@x` cannot be"), "{}", error("AT_x"));
        assert!(error("AT_").contains("`@`") && error(".bss").contains("`.bss`"));
    }

    #[test]
    fn who_may_not_trace_hears_of_the_other_machine() {
        let nobody = Privileges { euid: 1000, ..Privileges::default() };
        assert!(without_kernel(nobody).is_some_and(|hint| hint.contains("--vm")));
        assert_eq!(without_kernel(Privileges { sys_admin: true, ..nobody }), None);
    }
}
