//! What is said where the kernel does not take an image.
use osmia_abi::Feature;
use osmia_base::Source;
use osmia_loader::LoadError;

/// An image that the kernel did not take.
#[derive(Debug)]
pub(crate) struct LoadFailure(pub(super) LoadError);

impl LoadFailure {
    /// Features that the kernel lacks and that the script may have been compiled for: asked now, as something was refused.
    pub(crate) fn lacking(&self) -> Vec<Feature> {
        let refused = match &self.0 {
            LoadError::Program(rejection) => rejection.errno != osmia_sys::Errno::EPERM,
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
        if let (true, LoadError::Program(rejection)) = (verbose, &self.0) {
            text.push_str(&rejection.log);
        }
        text
    }

    fn place(&self, source: &Source) -> String {
        let LoadError::Program(rejection) = &self.0 else { return format!("ERROR: {}\n", self.0) };
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
