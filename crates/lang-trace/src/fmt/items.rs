//! The outermost level.
use super::doc::{Doc, Part};
use super::walk::Walk;
use crate::ast::{Function, Macro, MapDecl, Probe, Script, Setting};
use crate::lex::TokenKind;

/// What is still to come of each kind.
struct Coming<'s> {
    settings: std::slice::Iter<'s, Setting>,
    macros: std::slice::Iter<'s, Macro>,
    maps: std::slice::Iter<'s, MapDecl>,
    functions: std::slice::Iter<'s, Function>,
    probes: std::slice::Iter<'s, Probe>,
}

/// The whole script.
pub(super) fn script<'a>(walk: &mut Walk<'a>, script: &Script) -> Doc<'a> {
    let mut coming = Coming {
        settings: script.config.iter(),
        macros: script.macros.iter(),
        maps: script.map_decls.iter(),
        functions: script.functions.iter(),
        probes: script.probes.iter(),
    };
    let mut doc = Doc::default();
    // What has a body is set off from what follows.
    let mut after_body = false;
    loop {
        doc.append(walk.drop_semicolons());
        if after_body && (walk.commented() || !walk.at_end()) {
            doc.push(Part::Blank);
        }
        doc.append(walk.lead(doc.parts.is_empty()));
        if walk.at_end() || walk.lost {
            return doc;
        }
        let (item, has_body) = coming.item(walk);
        doc.append(item);
        after_body = has_body;
    }
}

impl Coming<'_> {
    /// One item, and whether it has a body.
    fn item<'a>(&mut self, walk: &mut Walk<'a>) -> (Doc<'a>, bool) {
        if walk.token().is_some_and(|token| token.is_c) {
            return (walk.take(), false);
        }
        let item = match walk.text() {
            "config" if walk.second() == "=" => return (self.config(walk), false),
            "import" => return (walk.import(), false),
            "let" => return (self.maps.next().map(|decl| walk.map_decl(decl)).unwrap_or_default(), false),
            "macro" => self.macros.next().map(|item| walk.macro_item(item)),
            "fn" => self.functions.next().map(|item| walk.function(item)),
            _ => self.probes.next().map(|probe| walk.probe(probe)),
        };
        walk.lost |= item.is_none();
        (item.unwrap_or_default(), true)
    }

    fn config<'a>(&mut self, walk: &mut Walk<'a>) -> Doc<'a> {
        let head = walk.expect("config").say(" ").then(walk.expect("=")).say(" ");
        head.then(walk.braces(|walk| {
            let mut doc = Doc::default();
            while !walk.at("}") && !walk.lost {
                let Some(setting) = self.settings.next() else { break };
                doc.append(walk.lead(doc.parts.is_empty()));
                doc.append(walk.take().say(" "));
                doc.append(walk.expect("=").say(" "));
                doc.append(walk.expr(&setting.value));
                doc.append(walk.semicolon());
            }
            doc
        }))
    }
}

impl<'a> Walk<'a> {
    /// The `;` of a statement, whether it was there or not; those too many are left out.
    pub(super) fn semicolon(&mut self) -> Doc<'a> {
        let mut doc = if self.at(";") { self.take() } else { Doc::text(";") };
        doc.append(self.drop_semicolons());
        doc
    }

    pub(super) fn import(&mut self) -> Doc<'a> {
        self.expect("import").say(" ").then(self.take()).then(self.semicolon())
    }

    fn map_decl(&mut self, decl: &MapDecl) -> Doc<'a> {
        let name = self.expect("let").say(" ").then(self.take());
        let kind = self.expect("=").say(" ").then(self.take());
        let size = self.items("(", ")", |walk| walk.expr(&decl.size));
        name.say(" ").then(kind).then(size).then(self.semicolon())
    }

    /// A name, with a space behind the keyword in front of it.
    fn named(&mut self, keyword: &str) -> Doc<'a> {
        self.expect(keyword).say(" ").then(self.take())
    }

    fn macro_item(&mut self, item: &Macro) -> Doc<'a> {
        let name = self.named("macro");
        let params = self.items("(", ")", |walk| {
            if walk.at("typeof") && walk.second() == "(" {
                return walk.take().then(walk.take()).then(walk.take()).then(walk.expect(")"));
            }
            walk.take()
        });
        name.then(params).with(Part::Hard).then(self.block(&item.body, true))
    }

    fn function(&mut self, item: &Function) -> Doc<'a> {
        let name = self.named("fn");
        let mut types = item.params.iter();
        let params = self.items("(", ")", |walk| {
            let name = walk.take().say(" ").then(walk.expect(":")).say(" ");
            name.then(types.next().map(|(_, ty)| walk.type_name(ty)).unwrap_or_default())
        });
        let mut head = name.then(params);
        if let Some(ty) = &item.result {
            head = head.say(" ").then(self.expect(":")).say(" ").then(self.type_name(ty));
        }
        head.with(Part::Hard).then(self.block(&item.body, false))
    }

    /// The points one below the other, the predicate, the block.
    fn probe(&mut self, probe: &Probe) -> Doc<'a> {
        let mut doc = Doc::default();
        for (index, _) in probe.points.iter().enumerate() {
            self.lost |= !self.token().is_some_and(|token| token.kind == TokenKind::Unknown);
            doc.append(self.take());
            let last = index + 1 == probe.points.len();
            if self.at(",") {
                doc.append(if last { self.drop_token() } else { self.take() });
            }
            doc.push(Part::Hard);
        }
        if let Some(predicate) = &probe.predicate {
            doc.append(self.expect("/"));
            // `/*` would begin a comment.
            if self.at("*") {
                doc.push(Part::Text(" "));
            }
            doc.append(self.expr(predicate));
            doc.append(self.expect("/").with(Part::Hard));
        }
        doc.then(self.block(&probe.body, false))
    }
}
