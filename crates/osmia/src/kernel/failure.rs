//! What is said where the kernel does not take an image.
use osmia_abi::Feature;
use osmia_base::{Diagnostic, Source};
use osmia_host::Privileges;
use osmia_lang_trace::Plan;
use osmia_loader::{LoadError, MapError, Place, Rejection};
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
            Feature::LateElements,
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
    pub(crate) fn explain(&self, source: &Source, plan: &Plan, verbose: bool) -> String {
        let mut text = self.place(source, plan);
        let hint = || without_kernel(osmia_host::privileges(), plan);
        if let Some(hint) = self.is_forbidden().then(hint).flatten() {
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

    fn place(&self, source: &Source, plan: &Plan) -> String {
        let rejection = match &self.0 {
            LoadError::Program(rejection) => rejection,
            LoadError::Map(error) => {
                return format!("ERROR: {}\n", MapError { map: in_script(&error.map), ..error.clone() });
            }
            other => return format!("ERROR: {other}\n"),
        };
        let Some(place) = rejection.place.as_ref().filter(|place| place.line > 0) else {
            return self.probe(rejection, source, plan);
        };
        let reason = rejection.meaning.as_ref().unwrap_or(&rejection.reason);
        // What a script imports compiled has texts that are not its own.
        let other = source.files().all(|file| file.name != place.file).then(|| quoted(place));
        let source = other.as_ref().unwrap_or(source);
        let span = source.span_in(&place.file, place.line, place.column);
        let text = match rejection.forbidden_helper() {
            Some(helper) => format!("helper {helper} not allowed in probe"),
            None => format!("the kernel's verifier refuses this: {reason}"),
        };
        hinted(Diagnostic::error(span, text), rejection).render(source)
    }

    /// A refusal of a whole program: what is told is the probe that it is of.
    fn probe(&self, rejection: &Rejection, source: &Source, plan: &Plan) -> String {
        let Some(probe) = plan.probes.iter().find(|probe| probe.program == rejection.program) else {
            return format!("ERROR: {}\n", self.0);
        };
        let reason = rejection.meaning.as_ref().unwrap_or(&rejection.reason);
        let text = format!("the kernel refuses {}: {reason}", probe.name);
        hinted(Diagnostic::error(probe.span, text), rejection).render(source)
    }
}

/// A text of which one line alone is known.
fn quoted(place: &Place) -> Source {
    let before = "\n".repeat(place.line.saturating_sub(1) as usize);
    Source::new(place.file.clone(), before + &place.text)
}

/// An error with what the kernel said, where that is not its text already, and with what to do.
fn hinted(error: Diagnostic, rejection: &Rejection) -> Diagnostic {
    let said = rejection.meaning.is_some().then(|| format!("it says: {}", rejection.reason));
    said.into_iter().chain(rejection.advice.clone()).fold(error, Diagnostic::hint)
}

/// What those can do to whom the kernel gives nothing, for a script whose probes fire without it.
fn without_kernel(rights: Privileges, plan: &Plan) -> Option<&'static str> {
    let fires = plan.probes.iter().all(|probe| probe.provider.needs_no_kernel());
    (rights.is_barred() && fires)
        .then_some("use --vm, which runs the script in this process and asks nothing of the kernel")
}

/// A map's name as the script writes it.
fn in_script(name: &str) -> String {
    name.strip_prefix("AT_").map_or_else(|| name.to_owned(), |name| format!("@{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_base::Span;
    use osmia_lang_trace::{PlannedProbe, Provider};
    use osmia_loader::MapStep;

    fn plan(provider: Provider, name: &str) -> Plan {
        let probe = PlannedProbe {
            program: "first".into(),
            provider,
            name: name.into(),
            attach: Vec::new(),
            multi: false,
            numbered: false,
            loops: false,
            span: Span::new(0, 13),
        };
        Plan { probes: vec![probe] }
    }

    fn refused() -> Rejection {
        Rejection {
            program: "first".into(),
            errno: Errno::EPERM,
            slot: None,
            insn: None,
            place: None,
            reason: "not permitted".into(),
            meaning: Some("there are no trampolines".into()),
            advice: Some("use a tracepoint".into()),
            value: None,
            origin: Vec::new(),
            log: String::new(),
        }
    }

    #[test]
    fn maps_have_their_names_of_the_script() {
        let error = |map: &str| {
            let step = MapStep::Create;
            let error = MapError { map: map.to_owned(), step, errno: Errno::E2BIG, reason: None };
            LoadFailure(LoadError::Map(error)).explain(&Source::new("x", ""), &Plan::default(), false)
        };
        assert!(error("AT_x").contains("the map `@x` cannot be"), "{}", error("AT_x"));
        assert!(error("AT_").contains("`@`") && error(".bss").contains("`.bss`"));
    }

    #[test]
    fn what_is_wrong_in_imported_code_is_told_in_its_own_text() {
        let place = Place { file: "lib.bpf.c".into(), line: 3, column: 5, text: "    return *far;".into() };
        let rejection = Rejection { place: Some(place), meaning: None, advice: None, ..refused() };
        let text = LoadFailure(LoadError::Program(Box::new(rejection))).explain(
            &Source::new("main.bt", "import \"lib.bpf.c\"; begin { f(); }"),
            &Plan::default(),
            false,
        );
        let expected = "\
lib.bpf.c:3:5-11: ERROR: the kernel's verifier refuses this: not permitted
    return *far;
    ~~~~~~
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_probe_that_the_kernel_takes_nowhere_is_told_where_the_script_has_it() {
        let rejection = refused();
        let text = LoadFailure(LoadError::Program(Box::new(rejection))).explain(
            &Source::new("stdin", "fentry:vfs_rm { }"),
            &plan(Provider::Fentry, "fentry:vmlinux:vfs_rm"),
            false,
        );
        let expected = "\
stdin:1:1-14: ERROR: the kernel refuses fentry:vmlinux:vfs_rm: there are no trampolines
fentry:vfs_rm { }
~~~~~~~~~~~~~
HINT: it says: not permitted
HINT: use a tracepoint
";
        assert_eq!(text, expected);
    }

    #[test]
    fn who_may_not_trace_hears_of_the_other_machine_where_the_probes_fire_there() {
        let nobody = Privileges { euid: 1000, ..Privileges::default() };
        let begin = plan(Provider::Begin, "begin");
        assert!(without_kernel(nobody, &begin).is_some_and(|hint| hint.contains("--vm")));
        assert_eq!(without_kernel(Privileges { sys_admin: true, ..nobody }, &begin), None);
        assert_eq!(without_kernel(nobody, &plan(Provider::Kprobe, "kprobe:vfs_read")), None);
    }
}
