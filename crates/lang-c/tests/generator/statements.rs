//! Statements: what changes variables, and which way a program goes.
use super::types::{INT, TYPES};
use super::{Generator, Place};

impl Generator {
    pub(super) fn statement(&mut self) {
        self.left = self.left.saturating_sub(1);
        let simple = self.left == 0 || self.depth > 4;
        match self.below(if simple { 9 } else { 16 }) {
            0..=3 => self.assignment(),
            4 => self.step(),
            5 => self.copy(),
            6 => self.pointer(),
            7..=8 => self.call_statement(),
            9..=11 => self.condition(),
            12 => self.choice(),
            13..=14 => self.repetition(),
            _ => self.jump(),
        }
    }

    fn block(&mut self) {
        let outer = self.known.clone();
        self.depth += 1;
        if self.one_in(3) {
            self.local();
        }
        for _ in 0..=self.below(3) {
            self.statement();
        }
        self.depth -= 1;
        self.known = outer;
    }

    /// Something that can be written.
    fn target(&mut self) -> Option<Place> {
        match self.below(6) {
            0..=1 if !self.known.places.is_empty() => {
                Some(self.known.places[self.random.below(self.known.places.len())].clone())
            }
            2 if !self.known.arrays.is_empty() => {
                let array = self.known.arrays[self.random.below(self.known.arrays.len())].clone();
                let index = self.index();
                Some(Place { text: format!("{}[{index}]", array.text), ty: array.ty })
            }
            3 if !self.known.records.is_empty() => Some(self.field()),
            _ if !self.known.counters.is_empty() => {
                Some(self.known.counters[self.random.below(self.known.counters.len())].clone())
            }
            _ => None,
        }
    }

    fn assignment(&mut self) {
        let Some(place) = self.target() else { return };
        let value = self.value_for(&place);
        let depth = self.below(3);
        let other = self.expression(depth).0;
        let last = place.ty.promoted().bits - 1;
        let text = &place.text;
        let line = match self.below(14) {
            0..=5 => format!("{text} = {value};"),
            6 => format!("{text} <<= ({value}) & {last};"),
            7 => format!("{text} >>= ({value}) & {last};"),
            8 => format!("{text} /= (({other}) & 63) + 1;"),
            9 => format!("{text} %= (({other}) & 63) + 1;"),
            _ => format!("{text} {}= {value};", self.pick(&["+", "-", "*", "&", "|", "^"])),
        };
        self.line(&line);
    }

    /// What is assigned. It does not change the place too, nor its position.
    fn value_for(&mut self, place: &Place) -> String {
        let named = |counter: &Place| place.text.contains(counter.text.as_str());
        if self.one_in(2) {
            let depth = 1 + self.below(3);
            return self.expression(depth).0;
        }
        let counters = self.known.counters.clone();
        self.known.counters.retain(|counter| !named(counter));
        let value = self.full_expression();
        self.known.counters = counters;
        value
    }

    fn step(&mut self) {
        let Some(place) = self.target() else { return };
        if place.ty.name == "_Bool" {
            return;
        }
        let line = self.pick(&["++", "--"]);
        let line =
            if self.one_in(2) { format!("{}{line};", place.text) } else { format!("{line}{};", place.text) };
        self.line(&line);
    }

    /// A record that is another's copy, or is made anew.
    fn copy(&mut self) {
        let Some((to, tag)) = (!self.known.records.is_empty())
            .then(|| self.known.records[self.random.below(self.known.records.len())].clone())
        else {
            return;
        };
        let same: Vec<_> = self.known.records.iter().filter(|(_, of)| *of == tag).cloned().collect();
        let from = self.pick(&same).0;
        let kind = if tag == "word" { "union" } else { "struct" };
        let value = self.full_expression();
        let line = match self.below(4) {
            0 => format!("{to} = {from};"),
            1 if tag == "record" => {
                format!("{to} = (struct record){{ .a = {value}, .in = {{ [1] = {{ 1, 2 }} }}, .f = 5 }};")
            }
            1 => format!("__builtin_memset(&{to}, 0x5a, sizeof({to}));"),
            2 => format!("{{ {kind} {tag} copy = {from}; {to} = copy; }}"),
            _ => {
                let other = self.pick(&same).0;
                format!("{to} = ({value}) ? {from} : {other};")
            }
        };
        self.line(&line);
    }

    /// A variable or an element, written by its address.
    fn pointer(&mut self) {
        let array = self.one_in(2) && !self.known.arrays.is_empty();
        let list = if array { &self.known.arrays } else { &self.known.places };
        if list.is_empty() {
            return;
        }
        let place = list[self.random.below(list.len())].clone();
        let value = self.full_expression();
        let name = self.name("q");
        let (at, offset) = (self.below(5), self.below(4));
        let ty = place.ty.name;
        let text = &place.text;
        if array {
            let index = self.index();
            self.line(&format!("{{ volatile {ty} *{name} = &{text}[{at}]; {name} += {offset} - 1 * !!{offset}; *{name} ^= {value}; {name}[-({at} + {offset} > 2)] += 3; {text}[{index}] = *({name}) + ({name} - {text}); }}"));
        } else {
            let word = if self.one_in(3) || text.starts_with('g') { "volatile " } else { "" };
            self.line(&format!(
                "{{ {word}{ty} *{name} = ({ty} *)&{text}; *{name} = {value}; {text} += *{name} + {offset}; }}"
            ));
        }
    }

    fn call_statement(&mut self) {
        if self.known.functions.is_empty() {
            return self.assignment();
        }
        let functions = self.known.functions.clone();
        let function = self.pick(&functions);
        if self.known.counters.is_empty() {
            return;
        }
        let counters = self.known.counters.clone();
        let place = self.pick(&counters);
        let args: Vec<_> = (0..function.params).map(|_| self.expression(1).0).collect();
        self.line(&format!("{} = {}({});", place.text, function.name, args.join(", ")));
    }

    fn condition(&mut self) {
        let condition = self.full_expression();
        self.line(&format!("if ({condition}) {{"));
        self.block();
        if self.one_in(2) {
            self.line("} else {");
            self.block();
        }
        self.line("}");
    }

    /// A switch, parts of which go on in the next one.
    fn choice(&mut self) {
        let value = self.full_expression();
        let mask = self.pick(&["& 3", "& 7", "% 5", "", "| 1"]);
        self.line(&format!("switch (({value}) {mask}) {{"));
        let default = self.below(5);
        for case in 0..=self.below(5) {
            if case == default {
                self.line("default:");
            }
            if self.one_in(4) {
                self.line(&format!("case {} ... {}:", 10 * case + 10, 10 * case + 15));
            }
            let label = self.pick(&["", "- 5", "+ 0x7fffffff0"]);
            let label = if case == 4 { label } else { "" };
            self.line(&format!("case {case} {label}:"));
            self.line("{");
            self.block();
            self.line("}");
            if !self.one_in(3) {
                self.line("break;");
            }
        }
        self.line("}");
    }

    /// A loop of a few turns.
    fn repetition(&mut self) {
        if self.loops >= 2 {
            return self.assignment();
        }
        let (name, turns) = (self.name("i"), 1 + self.below(9));
        let of = self.pick(&["int", "unsigned char", "unsigned long", "short"]);
        let of = TYPES.iter().find(|known| known.name == of).copied().unwrap_or(INT);
        let ty = of.name;
        let (begin, end) = match self.below(4) {
            0 => (format!("for ({ty} {name} = 0; {name} < {turns}; {name}++) {{"), "}".to_owned()),
            1 => (format!("for ({ty} {name} = {turns}; {name} > 0; {name}--) {{"), "}".to_owned()),
            2 => (format!("{{ {ty} {name} = {turns}; while ({name}--) {{"), "} }".to_owned()),
            _ => (format!("{{ {ty} {name} = 0; do {{"), format!("}} while (++{name} < {turns}); }}")),
        };
        if self.one_in(3) && begin.starts_with("for") {
            let pragma = self.pick(&["#pragma unroll", "#pragma clang loop unroll(disable)"]);
            self.line(pragma);
        }
        self.line(&begin);
        self.loops += 1;
        let outer = self.known.clone();
        self.known.constants.push(Place { text: name, ty: of });
        self.block();
        if self.one_in(3) {
            let condition = self.full_expression();
            let jump = self.pick(&["break", "continue"]);
            self.line(&format!("\tif ({condition}) {jump};"));
            self.block();
        }
        self.known = outer;
        self.loops -= 1;
        self.line(&end);
    }

    /// What follows is left out, or not.
    fn jump(&mut self) {
        let label = self.name("l");
        let condition = self.full_expression();
        self.line(&format!("if ({condition}) goto {label};"));
        self.line("{");
        self.block();
        self.line("}");
        self.line(&format!("{label}:;"));
    }
}
