//! All steps at once.
use crate::headers::Headers;
use crate::{Names, Token, TokenKind, check, lower, parse, preprocess};
use osmia_base::{Diagnostic, Diagnostics, Source};
use osmia_btf::Btf;
use osmia_ir::Module;

/// What became of a unit.
#[derive(Debug)]
pub struct Compiled {
    /// Its functions and data; nothing where there are errors.
    pub module: Option<Module>,
    /// All that there is to say about it.
    pub diagnostics: Diagnostics,
}

/// Makes a module of a unit of C. The first step with errors is the last one. What is included and expanded is added to `source`,
/// by which diagnostics are shown.
pub fn compile(
    source: &mut Source,
    headers: &dyn Headers,
    defines: &[(String, String)],
    kernel: Option<&Btf>,
) -> Compiled {
    let mut names = Names::default();
    let preprocessed = preprocess(source, &mut names, headers, defines);
    let mut diagnostics = preprocessed.diagnostics;
    if diagnostics.has_errors() {
        return Compiled { module: None, diagnostics };
    }
    let unknown = kernel.is_none().then(|| unknown_types(&preprocessed.tokens)).flatten();
    let parsed = parse(&preprocessed.tokens, &mut names, kernel);
    diagnostics.extend(parsed.diagnostics);
    if diagnostics.has_errors() {
        diagnostics.list.extend(unknown);
        return Compiled { module: None, diagnostics };
    }
    let checked = check(&parsed.unit, &mut names, kernel);
    diagnostics.extend(checked.diagnostics);
    if diagnostics.has_errors() {
        diagnostics.list.extend(unknown);
        return Compiled { module: None, diagnostics };
    }
    let lowered = lower(&checked.unit, &names, source);
    diagnostics.extend(lowered.diagnostics);
    let module = (!diagnostics.has_errors()).then_some(lowered.module);
    Compiled { module, diagnostics }
}

/// What to say of a unit that is wrong and includes the kernel's types, where nobody has these.
fn unknown_types(tokens: &[Token]) -> Option<Diagnostic> {
    let token = tokens.iter().find(|token| token.kind == TokenKind::Kernel)?;
    let error = Diagnostic::error(token.span, "The kernel's types, for which this stands, cannot be read");
    Some(error.hint("the running kernel has them in /sys/kernel/btf/vmlinux; `--btf FILE` names another's"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Builtin;

    fn told(text: &str) -> String {
        let mut source = Source::new("unit.c", text);
        let compiled = compile(&mut source, &Builtin, &[], None);
        compiled.diagnostics.render(&source)
    }

    #[test]
    fn types_that_nobody_has_are_told_where_they_are_missed() {
        let unknown = "unit.c:1:10-21: ERROR: The kernel's types, for which this stands, cannot be read";
        let of_parsing = told("#include \"vmlinux.h\"\nu32 x;");
        assert!(
            of_parsing.contains("unknown type name `u32`") && of_parsing.contains(unknown),
            "{of_parsing}"
        );
        let of_checking = told("#include \"vmlinux.h\"\nint f(struct file *file) { return file->f_mode; }");
        assert!(of_checking.contains(unknown), "{of_checking}");
        assert_eq!(told("#include \"vmlinux.h\"\nint f(void) { return 1; }"), "");
    }
}
