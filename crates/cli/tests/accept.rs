//! What the checker accepts, the kernel accepts: scripts made at random, from a grammar that only makes correct ones, are
//! loaded and run in the kernel and in this process, and both print the same.
//!
//! `OSMIA_ACCEPT_COUNT` and `OSMIA_ACCEPT_SEED` make it more scripts, or others.
mod common;

use common::{osmia, run};
use std::fmt::Write;

/// Scripts of a usual run.
const COUNT: u64 = 60;

/// Numbers that are made at random, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A script in the making.
struct Maker {
    random: Random,
    /// Names of variables that hold integers, text, and tuples of both.
    numbers: Vec<String>,
    texts: Vec<String>,
    pairs: Vec<String>,
    names: usize,
    /// How many loops are open.
    loops: usize,
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "8",
    "63",
    "64",
    "100",
    "255",
    "256",
    "65535",
    "1000000",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "0x8000000000000000",
    "-1",
    "-2",
    "-128",
    "-2147483648",
];
const TEXTS: &[&str] =
    &["", "a", "b", "ab", "abc", "hello", "hello world", "0123456789abcdef", "longer than sixteen bytes"];
const CASTS: &[&str] = &["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "&", "|", "^"];
const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];

impl Maker {
    const fn new(seed: u64) -> Self {
        let random = Random(seed);
        Self { random, numbers: Vec::new(), texts: Vec::new(), pairs: Vec::new(), names: 0, loops: 0 }
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("$v{}", self.names)
    }

    fn known(&mut self, of: fn(&Self) -> &Vec<String>) -> Option<String> {
        let count = of(self).len();
        let at = if count == 0 { return None } else { self.random.below(count) };
        of(self).get(at).cloned()
    }

    /// How deep an expression may be: the verifier walks each way through a loop's body once for each turn.
    fn depth(&self, wanted: usize) -> usize {
        wanted.min(3_usize.saturating_sub(self.loops))
    }

    fn number(&mut self, depth: usize) -> String {
        let depth = self.depth(depth);
        if depth == 0 {
            let known = self.known(|maker| &maker.numbers).filter(|_| self.random.below(3) > 0);
            return known.unwrap_or_else(|| self.random.pick(NUMBERS).to_owned());
        }
        let depth = depth - 1;
        match self.random.below(17) {
            0..=3 => {
                let op = self.random.pick(ARITHMETIC);
                format!("({} {op} {})", self.number(depth), self.number(depth))
            }
            4 => {
                let op = self.random.pick(&["<<", ">>"]);
                format!("({} {op} ({} & 63))", self.number(depth), self.number(depth))
            }
            5 => format!("({})({})", self.random.pick(CASTS), self.number(depth)),
            6 => format!("{}({})", self.random.pick(&["-", "~"]), self.number(depth)),
            7 => format!("({} ? {} : {})", self.truth(depth), self.number(depth), self.number(depth)),
            8 => "@scalar".to_owned(),
            9 => format!("@by_number[{}]", self.number(depth)),
            10 => format!("@by_text[{}]", self.text(depth)),
            11 => format!("@by_both[{}, {}]", self.number(depth), self.text(depth)),
            12 => format!("(int64)strlen({})", self.text(depth)),
            13 => {
                let count = self.random.below(9);
                format!("(int64)strncmp({}, {}, {count})", self.text(depth), self.text(depth))
            }
            14 => format!("{}.0", self.pair(depth)),
            // In a loop, the loop over all processors that this is has too many ways out.
            15 if self.loops == 0 => format!("(int64)@sums[{}]", self.number(depth)),
            _ => self.number(0),
        }
    }

    fn truth(&mut self, depth: usize) -> String {
        let depth = self.depth(depth);
        if depth == 0 {
            let op = self.random.pick(COMPARISONS);
            return format!("{} {op} {}", self.number(0), self.number(0));
        }
        let depth = depth - 1;
        match self.random.below(8) {
            0..=2 => {
                let op = self.random.pick(COMPARISONS);
                format!("{} {op} {}", self.number(depth), self.number(depth))
            }
            3 => format!("{} {} {}", self.text(depth), self.random.pick(&["==", "!="]), self.text(depth)),
            4 => {
                format!("({}) {} ({})", self.truth(depth), self.random.pick(&["&&", "||"]), self.truth(depth))
            }
            5 => format!("!({})", self.truth(depth)),
            6 => format!("has_key(@by_number, {})", self.number(depth)),
            _ => format!("strcontains({}, {})", self.text(depth), self.text(0)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let depth = self.depth(depth);
        if depth == 0 {
            let known = self.known(|maker| &maker.texts).filter(|_| self.random.below(2) > 0);
            return known.unwrap_or_else(|| format!("{:?}", self.random.pick(TEXTS)));
        }
        let depth = depth - 1;
        match self.random.below(6) {
            0 => format!("({} ? {} : {})", self.truth(depth), self.text(depth), self.text(depth)),
            1 => format!("@texts[{}]", self.number(depth)),
            2 => format!("str({:?}, {})", self.random.pick(TEXTS), self.random.below(20)),
            3 => format!("{}.1", self.pair(depth)),
            _ => self.text(0),
        }
    }

    fn pair(&mut self, depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        match (self.random.below(3), self.known(|maker| &maker.pairs)) {
            (0, Some(known)) => known,
            (1, _) => format!("@pairs[{}]", self.number(depth)),
            _ => format!("({}, {})", self.number(depth), self.text(depth)),
        }
    }

    /// Statements of a block; what they name is gone behind it.
    fn block(&mut self, depth: usize) -> String {
        let known = (self.numbers.len(), self.texts.len(), self.pairs.len());
        let count = 1 + self.random.below(if self.loops > 0 { 2 } else { 3 });
        let body: String = (0..count).map(|_| self.statement(depth)).collect();
        self.numbers.truncate(known.0);
        self.texts.truncate(known.1);
        self.pairs.truncate(known.2);
        format!("{{ {body}}} ")
    }

    fn statement(&mut self, depth: usize) -> String {
        let kinds = match (depth, self.loops) {
            (0, _) => 20,
            (_, 0) => 26,
            _ => 23,
        };
        match self.random.below(kinds) {
            0..=3 => self.variable(),
            4..=8 => self.map_write(),
            9..=11 => self.aggregation(),
            12 | 13 => self.step(),
            14..=17 => self.output(),
            18 => format!("delete(@by_number, {}); ", self.number(1)),
            19 if self.loops > 0 => {
                format!("if ({}) {{ {}; }} ", self.truth(1), self.random.pick(&["break", "continue"]))
            }
            19 => format!("delete(@by_both, ({}, {})); ", self.number(1), self.text(1)),
            20..=22 => {
                let (condition, then) = (self.truth(2), self.block(depth - 1));
                let other = match self.random.below(2) {
                    0 => format!("else {}", self.block(depth - 1)),
                    _ => String::new(),
                };
                format!("if ({condition}) {then}{other}")
            }
            _ => self.repeated(depth),
        }
    }

    fn repeated(&mut self, depth: usize) -> String {
        self.loops += 1;
        let name = self.fresh();
        let text = match self.random.below(4) {
            0 => format!("unroll ({}) {}", 1 + self.random.below(3), self.block(depth - 1)),
            1 => {
                let turns = 1 + self.random.below(4);
                let body = self.block(depth - 1);
                format!("{name} = 0; while ({name} < {turns}) {{ {name}++; {body}}} ")
            }
            2 => {
                self.numbers.push(name.clone());
                let (from, to) = (self.random.below(3), self.random.below(6));
                let body = self.block(depth - 1);
                self.numbers.retain(|known| *known != name);
                format!("for ({name} : {from}..{to}) {body}")
            }
            // In which order a map is gone through is not said: only what does not depend on it.
            _ => {
                format!("for ({name} : @by_number) {{ @over = sum({name}.1); @seen[{name}.0] = count(); }} ")
            }
        };
        self.loops -= 1;
        text
    }

    fn variable(&mut self) -> String {
        let name = self.fresh();
        let (value, kind): (String, fn(&mut Self) -> &mut Vec<String>) = match self.random.below(5) {
            0 | 1 => (self.number(3), |maker| &mut maker.numbers),
            2 | 3 => (self.text(3), |maker| &mut maker.texts),
            _ => (format!("({}, {})", self.number(2), self.text(2)), |maker| &mut maker.pairs),
        };
        let text = format!("{name} = {value}; ");
        kind(self).push(name);
        text
    }

    fn map_write(&mut self) -> String {
        let op = self.random.pick(&["=", "=", "+=", "-=", "|=", "*="]);
        match self.random.below(7) {
            0 => format!("@scalar {op} {}; ", self.number(3)),
            1 => format!("@by_number[{}] {op} {}; ", self.number(2), self.number(2)),
            2 => format!("@by_text[{}] {op} {}; ", self.text(2), self.number(2)),
            3 => format!("@by_both[{}, {}] {op} {}; ", self.number(2), self.text(2), self.number(2)),
            4 => format!("@texts[{}] = {}; ", self.number(2), self.text(2)),
            5 => format!("@truths[{}] = {}; ", self.number(2), self.truth(2)),
            _ => format!("@pairs[{}] = ({}, {}); ", self.number(2), self.number(2), self.text(2)),
        }
    }

    fn aggregation(&mut self) -> String {
        let (key, value) = (self.number(2), self.number(2));
        match self.random.below(9) {
            0 => format!("@counts[{key}] = count(); "),
            1 => format!("@sums[{key}] = sum((int64)({value})); "),
            2 => format!("@mins[{}] = min((int64)({value})); ", self.text(2)),
            3 => format!("@maxs = max((int64)({value})); "),
            4 => format!("@avgs[{key}] = avg((int32)({value})); "),
            5 => format!("@stats[{}] = stats((int32)({value})); ", self.text(2)),
            6 => format!("@hist = hist({value}); "),
            7 => format!("@fine[{key}] = hist((int64)({value}), 2); "),
            _ => format!("@lhist[{key}] = lhist({value}, -10, 100, 7); "),
        }
    }

    fn step(&mut self) -> String {
        let target = match (self.random.below(4), self.known(|maker| &maker.numbers)) {
            (0, Some(name)) if self.loops == 0 => name,
            (1, _) => format!("@by_number[{}]", self.number(1)),
            (2, _) => format!("@by_text[{}]", self.text(1)),
            _ => "@scalar".to_owned(),
        };
        match self.random.below(4) {
            0 => format!("{target}++; "),
            1 => format!("--{target}; "),
            2 => format!("printf(\"%ld\\n\", {target}++); "),
            _ => format!("printf(\"%ld\\n\", --{target}); "),
        }
    }

    fn output(&mut self) -> String {
        match self.random.below(6) {
            0 => format!("print({}); ", self.number(3)),
            1 => format!("print({}); ", self.text(3)),
            2 => {
                let inner = format!("({}, {})", self.truth(1), self.number(1));
                format!("print(({}, {}, {inner})); ", self.number(1), self.text(2))
            }
            3 => {
                let numbers = format!("{}, {}", self.number(2), self.number(1));
                format!("printf(\"%d %x %s|%-8s|\\n\", {numbers}, {}, {}); ", self.text(2), self.text(1))
            }
            4 => {
                let numbers = format!("{}, {}, {}", self.number(1), self.number(1), self.number(2));
                let rest = format!("{}, buf({}, 5)", self.pair(2), self.text(1));
                format!("printf(\"%hhd %hu %lld %s %rh\\n\", {numbers}, {rest}); ")
            }
            _ => format!("print(({})); ", self.truth(2)),
        }
    }
}

/// Gives each map that the grammar knows its types.
const TYPES: &str = "@scalar = (int64)0; @by_number[0] = (int64)0; @by_text[\"a\"] = (int64)0; \
    @by_both[0, \"a\"] = (int64)0; @texts[0] = \"some text\"; @truths[0] = true; @pairs[0] = (0, \"some text\"); \
    @sums[0] = sum((int64)0); ";

fn statements(seed: u64) -> Vec<String> {
    let mut maker = Maker::new(seed);
    let count = 2 + maker.random.below(10);
    (0..count).map(|_| maker.statement(2)).collect()
}

fn script(statements: &[String]) -> String {
    format!("begin {{ {TYPES}{}}}", statements.concat())
}

/// What is wrong with a script, if something is.
fn complaint(statements: &[String]) -> Option<String> {
    let text = script(statements);
    let run_in = |flags: &[&str]| run(osmia().args(flags).arg(&text));
    let (kernel, user) = (run_in(&["trace", "-e"]), run_in(&["trace", "--vm", "-e"]));
    let mut out = String::new();
    for (world, done) in [("kernel", &kernel), ("this process", &user)] {
        if !done.status.success() || done.err.contains("panicked") {
            let _ = write!(out, "{world}: {:?}\n{}\n{}", done.status.code(), done.out, done.err);
        }
    }
    if out.is_empty() && kernel.out != user.out {
        let _ = write!(out, "the kernel has:\n{}\nthis process has:\n{}", kernel.out, user.out);
    }
    (!out.is_empty()).then_some(out)
}

/// As few statements as are still wrong in the same world.
fn smallest(mut statements: Vec<String>, mut said: String) -> (Vec<String>, String) {
    let world = |complaint: &str| complaint.split(':').next().unwrap_or_default().to_owned();
    let mut at = 0;
    while at < statements.len() {
        let mut fewer = statements.clone();
        fewer.remove(at);
        match complaint(&fewer) {
            Some(now) if world(&now) == world(&said) && !now.contains("Undefined") => {
                (statements, said) = (fewer, now);
            }
            _ => at += 1,
        }
    }
    (statements, said)
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn what_is_accepted_runs_alike_everywhere() {
    let (first, count) = (setting("OSMIA_ACCEPT_SEED", 0), setting("OSMIA_ACCEPT_COUNT", COUNT));
    let mut wrong = String::new();
    for seed in first..first + count {
        let made = statements(seed);
        if let Some(said) = complaint(&made) {
            let (few, said) = smallest(made, said);
            let _ = write!(wrong, "==== {seed}\n{}\n{said}\n", script(&few));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
