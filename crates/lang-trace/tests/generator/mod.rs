//! Makes scripts by the language's own rules, so that most of them are right.
mod tables;

use osmia_testkit::Random;
use std::fmt::Write;
use tables::{COLLECTORS, EFFECTS, EVERYTHING, MAPS, NUMBERS, PRELUDE, PROBES, STRINGS, TYPES};

fn pick<'a>(random: &mut Random, of: &[&'a str]) -> &'a str {
    of[random.below(of.len())]
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Str,
    /// `(integer, string)`
    Pair,
    /// A pointer to a task.
    Task,
    /// `(number=…, text=…, inner=(…, …))`
    Record,
    /// Eight bytes.
    Bytes,
}

/// The script of a number.
pub(crate) fn script(number: u64) -> String {
    let mut maker = Maker {
        random: Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        out: String::new(),
        vars: Vec::new(),
        names: 0,
        probe: 0,
        loops: 0,
    };
    for _ in 0..=maker.random.below(2) {
        maker.probe();
    }
    PRELUDE.to_owned() + &maker.out + EVERYTHING
}

struct Maker {
    random: Random,
    out: String,
    /// What can be read here.
    vars: Vec<(String, Kind)>,
    names: usize,
    probe: usize,
    /// How many loops are around.
    loops: usize,
}

impl Maker {
    fn probe(&mut self) {
        self.probe = self.random.below(PROBES.len());
        self.vars.clear();
        self.out += PROBES[self.probe].0;
        if self.random.below(4) == 0 {
            let filter = self.truth(2);
            let _ = write!(self.out, " /{filter}/");
        }
        self.out += " {\n";
        for _ in 0..=self.random.below(8) {
            self.statement(3, 1);
        }
        self.out += "}\n";
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = depth * 2);
    }

    fn body(&mut self, left: usize, depth: usize) {
        let vars = self.vars.len();
        for _ in 0..=self.random.below(3) {
            self.statement(left - 1, depth + 1);
        }
        self.vars.truncate(vars);
        self.line(depth, "}");
    }

    fn statement(&mut self, left: usize, depth: usize) {
        match self.random.below(if left == 0 { 11 } else { 16 }) {
            0 | 1 => self.variable(depth),
            2 => self.change(depth),
            3 | 4 => self.store(depth),
            5 => self.collect(depth),
            6 => self.print(depth),
            7 => self.remove(depth),
            8 => self.jump(depth),
            9 => self.effect(depth),
            10 => self.macros(depth),
            11 | 12 => {
                let truth = self.truth(3);
                self.line(depth, &format!("if ({truth}) {{"));
                self.body(left, depth);
                if self.random.below(2) == 0 {
                    self.line(depth, "else {");
                    self.body(left, depth);
                }
            }
            13 => self.each(left, depth),
            14 => {
                let (times, word) = (1 + self.random.below(4), pick(&mut self.random, &["unroll", "while"]));
                if word == "unroll" {
                    self.line(depth, &format!("unroll ({times}) {{"));
                    let outer = std::mem::take(&mut self.loops);
                    self.body(left, depth);
                    self.loops = outer;
                } else {
                    let name = self.name();
                    self.line(depth, &format!("let {name} = (int64)0;"));
                    self.line(depth, &format!("while ({name} < {}) {{ {name}++;", times * 5));
                    self.looped(left, depth);
                }
            }
            _ => {
                let (name, to) = (self.name(), self.random.below(20));
                let to = match self.random.below(3) {
                    0 => format!("(({}) & 15)", self.value(Kind::Int, 1)),
                    _ => to.to_string(),
                };
                self.line(depth, &format!("for {name} : 0..{to} {{"));
                self.vars.push((name, Kind::Int));
                self.looped(left, depth);
                self.vars.pop();
            }
        }
    }

    fn looped(&mut self, left: usize, depth: usize) {
        self.loops += 1;
        self.body(left, depth);
        self.loops -= 1;
    }

    fn each(&mut self, left: usize, depth: usize) {
        let (map, keys, value) = MAPS[1 + self.random.below(5)];
        let name = self.name();
        self.line(depth, &format!("for ({name} : {map}) {{"));
        let vars = self.vars.len();
        match keys {
            [key] => self.vars.push((format!("{name}.0"), *key)),
            _ => self.vars.push((format!("{name}.0"), Kind::Pair)),
        }
        self.vars.push((format!("{name}.1"), value));
        self.looped(left, depth);
        self.vars.truncate(vars);
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("$v{}", self.names)
    }

    fn variable(&mut self, depth: usize) {
        let kinds =
            [Kind::Int, Kind::Int, Kind::Str, Kind::Str, Kind::Pair, Kind::Task, Kind::Record, Kind::Bytes];
        let kind = kinds[self.random.below(kinds.len())];
        let (value, name) = (self.value(kind, 3), self.name());
        self.line(depth, &format!("let {name} = {value};"));
        self.vars.push((name, kind));
    }

    /// Another value for a variable that was declared with one.
    fn change(&mut self, depth: usize) {
        let named: Vec<String> = self
            .vars
            .iter()
            .filter(|(name, kind)| *kind == Kind::Int && !name.contains('.'))
            .map(|v| v.0.clone())
            .collect();
        if named.is_empty() {
            return self.store(depth);
        }
        let name = &named[self.random.below(named.len())];
        let op = pick(&mut self.random, &["+=", "-=", "*=", "&=", "|=", "^="]);
        let value = self.random.below(100);
        self.line(depth, &format!("{name} {op} {value};"));
    }

    /// A statement that only has an effect: `#` is a number, `~` a string, `^` a pair, a back-quote a record.
    fn effect(&mut self, depth: usize) {
        let mut out = String::new();
        for c in pick(&mut self.random, EFFECTS).chars() {
            match c {
                '#' => out += &self.cast(Kind::Int, 2),
                '~' => out += &self.value(Kind::Str, 2),
                '^' => out += &self.value(Kind::Pair, 1),
                '`' => out += &self.value(Kind::Record, 1),
                other => out.push(other),
            }
        }
        self.line(depth, &out);
    }

    /// What takes variables and maps by name: macros, and `find()`.
    fn macros(&mut self, depth: usize) {
        let (name, value) = (self.name(), self.cast(Kind::Int, 2));
        self.line(depth, &format!("let {name} = {value};"));
        let key = self.cast(Kind::Int, 1);
        let call = match self.random.below(4) {
            0 => format!("bump({name});"),
            1 => format!("put(@ii, {key}, (int64){name});"),
            2 => format!("if (find(@ii, {key}, {name})) {{ @i = (int64){name}; }}"),
            _ => format!("{name} = {{ bump({name}); (int64)({key}) }};"),
        };
        self.line(depth, &call);
        self.vars.push((name, Kind::Int));
    }

    fn keys(&mut self, keys: &[Kind]) -> String {
        if keys.is_empty() {
            return String::new();
        }
        let keys: Vec<String> = keys.iter().map(|key| self.cast(*key, 1)).collect();
        format!("[{}]", keys.join(", "))
    }

    fn store(&mut self, depth: usize) {
        let (map, keys, value) = MAPS[self.random.below(MAPS.len())];
        let keys = self.keys(keys);
        if value == Kind::Int && self.random.below(3) == 0 {
            let step = pick(&mut self.random, &["++", "--", " += 3", " *= 2"]);
            return self.line(depth, &format!("{map}{keys}{step};"));
        }
        let value = match value {
            Kind::Int => format!("(int64)({})", self.value(Kind::Int, 3)),
            other => self.value(other, 2),
        };
        self.line(depth, &format!("{map}{keys} = {value};"));
    }

    fn collect(&mut self, depth: usize) {
        let (map, keys, call) = COLLECTORS[self.random.below(COLLECTORS.len())];
        let (keys, value) = (self.keys(keys), self.value(Kind::Int, 2));
        let value = format!("(int64)({value})");
        self.line(depth, &format!("{map}{keys} = {};", call.replace('#', &value)));
    }

    fn print(&mut self, depth: usize) {
        if self.random.below(4) == 0 {
            let map = pick(&mut self.random, &["@ii", "@count", "@hist", "@avg", "@s", "@i"]);
            self.line(depth, &format!("print({map});"));
            return;
        }
        let kinds: Vec<Kind> = (0..self.random.below(5))
            .map(|_| if self.random.below(3) == 0 { Kind::Str } else { Kind::Int })
            .collect();
        let formats: Vec<&str> = kinds
            .iter()
            .map(|kind| {
                if *kind == Kind::Str {
                    "%s"
                } else {
                    pick(&mut self.random, &["%d", "%u", "%x", "%5d", "%lld"])
                }
            })
            .collect();
        let values: String = kinds.iter().map(|kind| format!(", {}", self.value(*kind, 2))).collect();
        self.line(depth, &format!("printf(\"{}\\n\"{values});", formats.join(" ")));
    }

    fn remove(&mut self, depth: usize) {
        let (map, keys, _) = MAPS[1 + self.random.below(5)];
        let keys = self.keys(keys);
        let key = keys.trim_start_matches('[').trim_end_matches(']');
        let key = if key.contains(',') && map == "@pi" { format!("({key})") } else { key.to_owned() };
        self.line(depth, &format!("delete({map}, {key});"));
    }

    fn jump(&mut self, depth: usize) {
        let truth = self.truth(1);
        let word = if self.loops > 0 { pick(&mut self.random, &["break", "continue"]) } else { "return" };
        self.line(depth, &format!("if ({truth}) {{ {word}; }}"));
    }

    fn truth(&mut self, left: usize) -> String {
        match self.random.below(6) {
            0 => {
                let (a, b) = (
                    self.value(Kind::Str, left.saturating_sub(1)),
                    pick(&mut self.random, &["\"x\"", "comm"]),
                );
                format!("{a} {} {b}", pick(&mut self.random, &["==", "!="]))
            }
            1 if left > 0 => {
                let (a, b) = (self.truth(left - 1), self.truth(left - 1));
                format!("({a}) {} ({b})", pick(&mut self.random, &["&&", "||"]))
            }
            2 => format!("!({})", self.value(Kind::Int, left.saturating_sub(1))),
            3 if left > 0 => {
                let (a, b) = (self.value(Kind::Record, left - 1), self.value(Kind::Record, left - 1));
                format!("{a} {} {b}", pick(&mut self.random, &["==", "!="]))
            }
            _ => {
                let (a, b) = (self.value(Kind::Int, left), self.random.below(1000));
                format!("({a}) {} {b}", pick(&mut self.random, &["==", "!=", "<", ">", "<=", ">="]))
            }
        }
    }

    /// An expression of a kind, at most so deep.
    fn value(&mut self, kind: Kind, left: usize) -> String {
        let known: Vec<String> =
            self.vars.iter().filter(|var| var.1 == kind).map(|var| var.0.clone()).collect();
        if !known.is_empty() && self.random.below(2) == 0 {
            return known[self.random.below(known.len())].clone();
        }
        match kind {
            Kind::Int => self.integer(left),
            Kind::Str => self.string(left),
            Kind::Pair => {
                let (a, b) = (self.integer(left.saturating_sub(1)), self.string(0));
                format!("((int64)({a}), {b})")
            }
            Kind::Record => {
                let (a, b, c) = (self.integer(left.saturating_sub(1)), self.string(0), self.integer(0));
                format!("(number=(int64)({a}), text={b}, inner=((int64)({c}), (uint8)1))")
            }
            Kind::Bytes => format!("(uint8[8])(uint64)({})", self.integer(left.saturating_sub(1))),
            Kind::Task => {
                pick(&mut self.random, &["curtask", "curtask->real_parent", "(struct task_struct *)curtask"])
                    .to_owned()
            }
        }
    }

    /// The same, a number as wide as those in maps.
    fn cast(&mut self, kind: Kind, left: usize) -> String {
        let value = self.value(kind, left);
        if kind == Kind::Int { format!("(int64)({value})") } else { value }
    }

    /// Bytes to take one of.
    fn bytes(&mut self) -> String {
        let bytes = self.value(Kind::Bytes, 1);
        if bytes.starts_with('$') { bytes } else { format!("({bytes})") }
    }

    fn own<'a>(&mut self, own: &[&'a str], all: &[&'a str]) -> &'a str {
        if !own.is_empty() && self.random.below(3) == 0 {
            pick(&mut self.random, own)
        } else {
            pick(&mut self.random, all)
        }
    }

    fn integer(&mut self, left: usize) -> String {
        if left == 0 {
            return self.own(PROBES[self.probe].1, NUMBERS).to_owned();
        }
        let next = left - 1;
        match self.random.below(12) {
            0 | 1 => self.own(PROBES[self.probe].1, NUMBERS).to_owned(),
            2 | 3 => {
                let (a, b) = (self.value(Kind::Int, next), self.value(Kind::Int, next));
                match self.random.below(4) {
                    0 => format!("(uint64)({a} {} {b})", pick(&mut self.random, &["<", "==", ">="])),
                    _ => format!("({a} {} {b})", pick(&mut self.random, &["+", "-", "*", "&", "|", "^"])),
                }
            }
            4 => {
                let (a, b) = (self.value(Kind::Int, next), self.random.below(70));
                format!("({a} {} {b})", pick(&mut self.random, &["<<", ">>", "%", "/"]))
            }
            5 => format!("({})({})", pick(&mut self.random, TYPES), self.value(Kind::Int, next)),
            6 => format!(
                "(int64)({}({}))",
                pick(&mut self.random, &["-", "~", "!"]),
                self.value(Kind::Int, next)
            ),
            7 => {
                let (c, a, b) = (self.truth(next), self.value(Kind::Int, next), self.value(Kind::Int, next));
                format!("(({c}) ? (int64)({a}) : (int64)({b}))")
            }
            8 => {
                let (map, keys, _) = MAPS
                    .iter()
                    .filter(|map| map.2 == Kind::Int)
                    .nth(self.random.below(4))
                    .copied()
                    .unwrap_or(MAPS[0]);
                format!("{map}{}", self.keys(keys))
            }
            9 => {
                let text = self.value(Kind::Str, next);
                match self.random.below(6) {
                    0 => format!("strlen({text})"),
                    1 => format!("strncmp({text}, \"hel\", {})", 1 + self.random.below(8)),
                    2 => format!("strstr({text}, {})", self.string(0)),
                    3 => format!("(int64){text}[{}]", self.random.below(2)),
                    4 => format!("(int64)memcmp({text}, \"abc\", 1)"),
                    _ => format!("(uint64)strcontains({text}, \"l\")"),
                }
            }
            10 => match self.random.below(11) {
                0 => format!("{}->pid", self.value(Kind::Task, 0))
                    .replace("(struct task_struct *)curtask", "curtask"),
                1 => format!("{}.0", self.value(Kind::Pair, next)),
                2 => format!("{}.number", self.value(Kind::Record, next)),
                3 => format!("{}.inner.0", self.value(Kind::Record, next)),
                4 => format!("(int64){}[(uint64)({}) & 7]", self.bytes(), self.value(Kind::Int, 0)),
                5 => format!("add({}, {})", self.cast(Kind::Int, next), self.cast(Kind::Int, 0)),
                6 => format!("triangle({})", self.cast(Kind::Int, next)),
                7 => format!("twice((int64)({}))", self.value(Kind::Int, next)),
                8 => format!("key_of({})", self.cast(Kind::Int, next)),
                9 => format!("above({})", self.cast(Kind::Int, next)),
                _ => "(int64)@total".to_owned(),
            },
            _ => format!("(uint64)has_key(@ii, {})", self.cast(Kind::Int, next)),
        }
    }

    fn string(&mut self, left: usize) -> String {
        if left == 0 {
            return self.own(PROBES[self.probe].2, STRINGS).to_owned();
        }
        let next = left - 1;
        match self.random.below(9) {
            0 => {
                let (c, a, b) = (self.truth(next), self.value(Kind::Str, next), self.value(Kind::Str, next));
                format!("(({c}) ? {a} : {b})")
            }
            4 => format!("str_concat({}, {})", self.string(0), self.string(0)),
            5 => format!("{}.text", self.value(Kind::Record, next)),
            6 => format!("longer({})", self.string(0)),
            1 => format!("@is[{}]", self.cast(Kind::Int, next)),
            2 => "@s".to_owned(),
            3 => format!("{}.1", self.value(Kind::Pair, next)),
            _ => self.own(PROBES[self.probe].2, STRINGS).to_owned(),
        }
    }
}
