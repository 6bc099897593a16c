//! The outermost level: `script = shebang? (c-item | config | import)* (probe | macro | function | map-declaration)*`.
use super::Parser;
use super::postfix::is_builtin_value;
use crate::ast::{
    AttachPointText, Function, Import, Macro, MacroParam, MacroParamKind, MapDecl, Name, Probe, Setting,
    TypeName,
};
use crate::lex::TokenKind;
use crate::probes::Provider;
use osmia_base::{Diagnostic, Span};

impl Parser<'_> {
    pub(super) fn script(&mut self) {
        while !self.at_end() {
            let before = self.token.span;
            self.item();
            if self.lost {
                self.recover();
            }
            if self.token.span == before && !self.at_end() {
                self.stray();
            }
        }
        self.end_conditions();
        self.script.preamble.text = self.script.preamble.span.of(self.text).to_owned();
    }

    /// One item, chosen by its first word.
    fn item(&mut self) {
        match self.text_of(self.token) {
            "config" if self.second().kind == TokenKind::Sign("=") => self.config(),
            "import" => self.root_import(),
            "macro" => self.macro_definition(),
            "fn" => self.function(),
            "let" => self.map_declaration(),
            "struct" | "union" | "enum" | "typedef" => self.c_item(),
            ";" => drop(self.bump()),
            "}" => {
                let span = self.bump().span;
                self.complain(span, "this `}` closes nothing");
            }
            _ => self.probe(),
        }
    }

    /// A token that nobody took.
    fn stray(&mut self) {
        let span = self.bump().span;
        self.complain(span, "unexpected input");
    }

    /// Says so when `what` stands after the first probe, macro or function.
    pub(super) fn must_be_early(&mut self, span: Span, what: &str) {
        let script = &self.script;
        if !(script.probes.is_empty() && script.macros.is_empty() && script.functions.is_empty()) {
            self.complain(span, format!("{what} must appear before probes and functions"));
        }
    }

    /// `config = "config" "=" "{" (name "=" value ";")* "}"`
    fn config(&mut self) {
        let word = self.bump().span;
        if std::mem::replace(&mut self.configured, true) {
            self.complain(word, "duplicate config block");
        }
        self.must_be_early(word, "config");
        self.expect("=");
        let open = self.token.span;
        if !self.expect("{") {
            return;
        }
        while !self.at("}") && !self.at_end() && !self.at_probe() {
            self.setting();
            if self.lost {
                self.recover();
            }
        }
        self.close("}", open, "block");
    }

    fn setting(&mut self) {
        let start = self.token.span.start;
        let Some(name) = self.name("the name of a setting") else {
            self.bump();
            return;
        };
        if !self.expect("=") {
            return;
        }
        let value = self.expr();
        let span = self.from(start);
        self.script.config.push(Setting { name, value, span });
        if !self.eat(";") && !self.at("}") {
            self.missing("expected `;` or `}`".into());
        }
    }

    fn root_import(&mut self) {
        let span = self.token.span;
        self.must_be_early(span, "root imports");
        if let Some(import) = self.import() {
            self.script.imports.push(import);
        }
    }

    /// `import = "import" string ";"`
    pub(super) fn import(&mut self) -> Option<Import> {
        let start = self.bump().span.start;
        if self.token.kind != TokenKind::Str {
            self.missing("expected a string after `import`".into());
            return None;
        }
        let span = self.token.span;
        let path = String::from_utf8_lossy(&self.string()).into_owned();
        let whole = self.from(start);
        self.expect(";");
        Some(Import { path: Name::new(path, span), span: whole })
    }

    /// `macro = "macro" name "(" params ")" block`
    fn macro_definition(&mut self) {
        let start = self.bump().span.start;
        let Some(name) = self.name("the macro's name") else { return };
        let params = self.params(Self::macro_param);
        let body = self.value_block();
        let span = self.from(start);
        self.script.macros.push(Macro { name, params, body, span });
    }

    fn macro_param(&mut self) -> Option<MacroParam> {
        let kind = match self.token.kind {
            TokenKind::Variable => MacroParamKind::Variable,
            TokenKind::Map => MacroParamKind::Map,
            TokenKind::Ident if self.at_word("typeof") => return self.type_param(),
            _ => MacroParamKind::Expr,
        };
        let name = match kind {
            MacroParamKind::Expr => self.name("a macro argument ($var, @map, or identifier)")?,
            _ => self.name_of(self.token.kind, "a macro argument")?,
        };
        if is_builtin_value(&name.node) {
            self.complain(name.span, format!("builtin '{}' can't be used as a macro argument", name.node));
            return None;
        }
        Some(MacroParam { kind, name })
    }

    fn type_param(&mut self) -> Option<MacroParam> {
        self.bump();
        self.expect("(");
        let name = self.name("the name of a type parameter")?;
        self.expect(")");
        Some(MacroParam { kind: MacroParamKind::Type, name })
    }

    /// `params = "(" (param ("," param)* ","?)? ")"`
    fn params<T>(&mut self, param: impl Fn(&mut Self) -> Option<T>) -> Vec<T> {
        let open = self.token.span;
        let mut found = Vec::new();
        if !self.expect("(") {
            return found;
        }
        while !self.at(")") && !self.lost {
            found.extend(param(self));
            if !self.eat(",") {
                break;
            }
        }
        self.close(")", open, "list");
        found
    }

    /// `function = "fn" name "(" params ")" (":" type)? block`
    fn function(&mut self) {
        let start = self.bump().span.start;
        let Some(name) = self.name("the function's name") else { return };
        let params = self.params(Self::function_param);
        let result = self.eat(":").then(|| self.type_name());
        let body = self.statement_block();
        let span = self.from(start);
        self.script.functions.push(Function { name, params, result, body, span });
    }

    fn function_param(&mut self) -> Option<(Name, TypeName)> {
        let name = self.name_of(TokenKind::Variable, "a variable in the function's arguments")?;
        self.expect(":");
        Some((name, self.type_name()))
    }

    /// `map-declaration = "let" map "=" name "(" number ")" ";"?`
    fn map_declaration(&mut self) {
        let start = self.bump().span.start;
        if self.token.kind != TokenKind::Map {
            let span = self.token.span;
            self.report(
                Diagnostic::error(span, "syntax: root-level let statements need to be map declarations")
                    .hint("e.g. let @a = hash(2);"),
            );
            return;
        }
        let Some(name) = self.name_of(TokenKind::Map, "a map") else { return };
        self.expect("=");
        let Some(kind) = self.name("the kind of the map: hash, lruhash, percpuhash or percpulruhash") else {
            return;
        };
        let open = self.token.span;
        self.expect("(");
        let size = self.expr();
        self.close(")", open, "list");
        self.eat(";");
        let span = self.from(start);
        self.script.map_decls.push(MapDecl { name, kind, size, span });
    }

    /// `probe = (name "=")? point ("," point)* ","? ("/" expr "/")? block`
    fn probe(&mut self) {
        let start = self.token.span.start;
        let (name, points) = self.points();
        if points.is_empty() {
            return;
        }
        let predicate = self.at("/").then(|| self.predicate());
        if !self.at("{") && !self.lost {
            self.missing(expected_after_points(predicate.is_some()).into());
        }
        if self.lost {
            self.skip_to_block();
        }
        let body = if self.at("{") { self.statement_block() } else { Default::default() };
        let span = self.from(start);
        self.script.probes.push(Probe { name, points, predicate, body, span });
    }

    /// After an error between points and block: up to the block, if there is one before the next probe.
    fn skip_to_block(&mut self) {
        while !self.at_end() && !self.at("{") && !self.at("}") && !self.at(";") && !self.at_probe() {
            self.bump();
        }
        self.lost &= !self.at("{");
    }

    fn points(&mut self) -> (Option<Name>, Vec<AttachPointText>) {
        let (mut name, mut points) = (None, Vec::new());
        loop {
            if let Some(point) = self.point() {
                let (own, point) = split_name(point);
                name = name.or(own);
                points.push(point);
            } else {
                self.missing("expected a probe, such as `kprobe:vfs_read` or `begin`".into());
                return (name, points);
            }
            if self.eat(",") {
                if self.at("/") || self.at("{") {
                    return (name, points);
                }
            } else if self.at_probe() {
                self.complain(self.here(), "expected `,` or `{` after this attach point");
            } else {
                return (name, points);
            }
        }
    }

    /// Everything up to a space, `,`, `{`, or the `/` of a predicate, taken as text.
    fn point(&mut self) -> Option<AttachPointText> {
        let start = self.token.span.start as usize;
        let length = point_length(self.text.get(start..).unwrap_or(""));
        if length == 0 {
            return None;
        }
        let span = Span::new(start as u32, (start + length) as u32);
        self.seek(start + length);
        Some(AttachPointText { text: span.of(self.text).to_owned(), span })
    }

    fn predicate(&mut self) -> crate::ast::Expr {
        let open = self.bump().span;
        self.in_predicate = true;
        let predicate = self.expr();
        self.in_predicate = false;
        if !self.lost {
            self.close("/", open, "predicate");
        } else {
            self.skip_predicate();
        }
        predicate
    }

    /// After an error in a predicate: up to its end.
    fn skip_predicate(&mut self) {
        while !self.at_end() && !self.at("{") && !self.at("}") {
            self.bump();
        }
        self.lost = false;
    }

    /// Whether the token begins a line that can only be the head of a probe.
    pub(super) fn at_probe(&self) -> bool {
        if !self.token.first || self.token.kind != TokenKind::Ident {
            return false;
        }
        let next = self.text.get(self.token.span.end as usize..).unwrap_or("");
        match Provider::from_name(self.text_of(self.token)) {
            Some(Provider::Begin | Provider::End) => {
                next.trim_start().starts_with('{') && !next.starts_with('(')
            }
            Some(_) => next.starts_with(':') && !next.starts_with(": "),
            None => false,
        }
    }
}

fn expected_after_points(predicate: bool) -> &'static str {
    if predicate {
        "expected `{` after the predicate"
    } else {
        "expected `,`, `/` or `{` after the attach point"
    }
}

/// Takes `name=` off the front of an attach point.
fn split_name(point: AttachPointText) -> (Option<Name>, AttachPointText) {
    let head = point.text.split([':', '"']).next().unwrap_or("");
    let Some(at) = head.find('=') else { return (None, point) };
    let word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    if at == 0 || at + 1 == point.text.len() || !head[..at].bytes().all(word) {
        return (None, point);
    }
    let middle = point.span.start + at as u32;
    let name = Name::new(head[..at].to_owned(), Span::new(point.span.start, middle));
    let span = Span::new(middle + 1, point.span.end);
    (Some(name), AttachPointText { text: point.text[at + 1..].to_owned(), span })
}

/// How many bytes of `text` are one attach point.
fn point_length(text: &str) -> usize {
    let mut part = PartOfPoint::default();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if part.quoted {
            match char {
                '\\' => drop(chars.next()),
                '"' => part.quoted = false,
                '\n' => return at,
                _ => (),
            }
            continue;
        }
        match char {
            '{' | '}' | ',' | ';' => return at,
            _ if char.is_whitespace() => return at,
            '/' if !part.may_have_slash(text, at) => return at,
            '"' => part.quoted = true,
            ':' => part = PartOfPoint { index: part.index + 1, start: at + 1, quoted: false },
            _ => (),
        }
    }
    text.len()
}

/// Where in an attach point the reader is.
#[derive(Default)]
struct PartOfPoint {
    index: usize,
    start: usize,
    quoted: bool,
}

impl PartOfPoint {
    /// Whether a `/` at `at` belongs to a path: in the part after a provider that takes one, or where the part itself
    /// begins like one.
    fn may_have_slash(&self, text: &str, at: usize) -> bool {
        let head = text[..at].split([':', '=']).next().unwrap_or("");
        let so_far = &text[self.start..at];
        let takes_path = || {
            let provider = Provider::from_name(head);
            matches!(provider, Some(Provider::Uprobe | Provider::Uretprobe | Provider::Usdt))
                && self.index == 1
                || provider == Some(Provider::Iter) && self.index == 2
        };
        self.index > 0 && (so_far.is_empty() || so_far.starts_with(['/', '.', '~', '"']) || takes_path())
    }
}
