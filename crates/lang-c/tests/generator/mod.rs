//! Random programs in C: they end, whatever they do is defined (where numbers wrap around), and the function `prog_N` of the program
//! of a number N returns a number made of all that it computed. Their names differ, so that one file may have many of them.
mod expressions;
mod statements;
mod types;

use osmia_testkit::Random;
use std::fmt::Write as _;
use types::{TYPES, Type, ULONG};

/// What programs stand behind, once.
pub(crate) const PRELUDE: &str = "\
struct inner { unsigned char c; short s; };
struct record {
	int a;
	unsigned int b : 3;
	int c : 5;
	unsigned int d : 24;
	unsigned char e;
	struct inner in[2];
	unsigned long f : 37;
	long g : 20;
	_Bool h : 1;
	unsigned short k;
};
struct __attribute__((packed)) packed { char a; int b; unsigned short c : 11; long d; };
union word { unsigned long w; unsigned int i[2]; short s[4]; unsigned char b[8]; };
";

/// A thing with a value: how it is written, and its type.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) text: String,
    pub(crate) ty: Type,
}

/// A function that can be called.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    result: Type,
    /// How many numbers it takes.
    params: usize,
    has_effects: bool,
}

/// The fields of the records of the prelude as numbers. One as wide as no type is converted: compilers disagree on its promotion.
const FIELDS: &[(&str, &str, &str)] = &[
    ("record", "a", "int"),
    ("record", "b", "int"),
    ("record", "c", "int"),
    ("record", "d", "int"),
    ("record", "e", "unsigned char"),
    ("record", "in[0].c", "unsigned char"),
    ("record", "in[1].s", "short"),
    ("record", "f", "unsigned long"),
    ("record", "g", "long"),
    ("record", "h", "_Bool"),
    ("record", "k", "unsigned short"),
    ("packed", "a", "char"),
    ("packed", "b", "int"),
    ("packed", "c", "int"),
    ("packed", "d", "long"),
    ("word", "w", "unsigned long"),
    ("word", "i[1]", "unsigned int"),
    ("word", "s[2]", "short"),
    ("word", "b[5]", "unsigned char"),
];

/// What has a name at a place.
#[derive(Clone, Debug, Default)]
struct Known {
    /// What can be read and written.
    places: Vec<Place>,
    /// Places that can only be read.
    constants: Vec<Place>,
    /// Arrays of 8 elements.
    arrays: Vec<Place>,
    /// Records: how one is written, and which.
    records: Vec<(String, &'static str)>,
    /// Variables of which nobody has the address: they can change within an expression.
    counters: Vec<Place>,
    functions: Vec<Function>,
}

/// A program while it is written.
#[derive(Debug)]
pub(crate) struct Generator {
    seed: u64,
    random: Random,
    /// The text so far.
    out: String,
    depth: usize,
    known: Known,
    /// The variable that may change in the expression that is being written.
    hot: Option<Place>,
    names: usize,
    /// How many loops there are around.
    loops: usize,
    /// Statements that may still be written.
    left: usize,
}

/// The program of a number.
pub(crate) fn program(seed: u64) -> String {
    let mut generator = Generator {
        seed,
        random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        out: String::new(),
        depth: 0,
        known: Known::default(),
        hot: None,
        names: 0,
        loops: 0,
        left: 0,
    };
    generator.globals();
    for _ in 0..generator.random.below(4) {
        generator.function();
    }
    generator.prog();
    generator.out
}

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.random.below(limit)
    }

    /// Whether something happens that does so once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn ty(&mut self) -> Type {
        TYPES[self.random.below(TYPES.len())]
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.random.below(items.len())].clone()
    }

    fn name(&mut self, of: &str) -> String {
        self.names += 1;
        format!("{of}{}_{}", self.names, self.seed)
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "\t".repeat(self.depth));
    }

    fn globals(&mut self) {
        for _ in 0..=self.below(3) {
            let (ty, name) = (self.ty(), self.name("g"));
            let value = self.literal(ty);
            let word = self.pick(&["static", "static volatile", ""]);
            self.line(&format!("{word} {} {name} = {value};", ty.name));
            self.known.places.push(Place { text: name, ty });
        }
        for _ in 0..self.below(3) {
            let (ty, name) = (self.ty(), self.name("k"));
            let value = self.literal(ty);
            let word = self.pick(&["const volatile", "static const"]);
            self.line(&format!("{word} {} {name} = {value};", ty.name));
            self.known.constants.push(Place { text: name, ty });
        }
        if self.one_in(2) {
            self.array("static ");
        }
        if self.one_in(2) {
            self.record("static ");
        }
    }

    /// An array; its elements may be named by their positions.
    fn array(&mut self, words: &str) {
        let (ty, name) = (self.ty(), self.name("v"));
        let values: Vec<_> = (0..1 + self.below(8)).map(|_| self.literal(ty)).collect();
        let begin = if self.one_in(4) { "[2 ... 4] = 3, [0] = " } else { "" };
        self.line(&format!("{words}{} {name}[8] = {{ {begin}{} }};", ty.name, values.join(", ")));
        self.known.arrays.push(Place { text: name, ty });
    }

    /// A record, the rest of which is 0.
    fn record(&mut self, words: &str) {
        let name = self.name("r");
        let (kind, tag) = self.pick(&[("struct", "record"), ("struct", "packed"), ("union", "word")]);
        let (number, other) = (self.below(60), self.below(60));
        let values = if tag == "word" { format!("{number}") } else { format!("{number}, .c = {other} & 15") };
        self.line(&format!("{words}{kind} {tag} {name} = {{ {values} }};"));
        self.known.records.push((name, tag));
    }

    /// A function of one to five numbers.
    fn function(&mut self) {
        let (result, name) = (self.ty(), self.name("f"));
        let params: Vec<_> = (0..=self.below(5)).map(|_| (self.ty(), self.name("p"))).collect();
        let has_effects = self.one_in(3);
        let word = self.pick(&["inline __attribute__((always_inline))", "__attribute__((noinline))", ""]);
        let list: Vec<_> = params.iter().map(|(ty, name)| format!("{} {name}", ty.name)).collect();
        let list = list.join(", ");
        self.line(&format!("static {word} {} {name}({list})\n{{", result.name));
        let outer = self.enter(has_effects);
        self.known.counters.extend(params.iter().map(|(ty, name)| Place { text: name.clone(), ty: *ty }));
        let count = params.len();
        self.body(5);
        let value = self.full_expression();
        self.line(&format!("return {value};"));
        self.depth = 0;
        self.line("}");
        self.known = outer;
        self.known.functions.push(Function { name, result, params: count, has_effects });
    }

    /// Begins a function: one without effects sees global variables as constants, and calls none with effects. What was known before
    /// is what is known behind it.
    fn enter(&mut self, has_effects: bool) -> Known {
        let outer = self.known.clone();
        if !has_effects {
            let places = std::mem::take(&mut self.known.places);
            self.known.constants.extend(places);
            self.known.arrays.clear();
            self.known.records.clear();
            self.known.functions.retain(|function| !function.has_effects);
        }
        self.depth = 1;
        outer
    }

    /// Variables and what is done with them.
    fn body(&mut self, statements: usize) {
        for _ in 0..=self.below(3) {
            self.local();
        }
        if self.one_in(3) {
            self.array("");
        }
        if self.one_in(2) {
            self.record("");
        }
        self.left = 3 * statements;
        for _ in 0..=self.below(statements) {
            self.statement();
        }
    }

    fn local(&mut self) {
        let (ty, name) = (self.ty(), self.name("x"));
        let value = self.full_expression();
        self.line(&format!("{} {name} = {value};", ty.name));
        let place = Place { text: name, ty };
        if self.one_in(2) { self.known.counters.push(place) } else { self.known.places.push(place) }
    }

    fn prog(&mut self) {
        self.line(&format!("SEC(\"xdp\") int prog_{}(void *ctx)\n{{", self.seed));
        self.depth = 1;
        self.line("unsigned long sum = 7;");
        self.body(9);
        self.sum();
        self.line("return (int)(sum ^ sum >> 32);");
        self.depth = 0;
        self.line("}");
    }

    /// All values as one number.
    fn sum(&mut self) {
        let mut values: Vec<_> =
            self.known.places.iter().chain(&self.known.counters).map(|place| place.text.clone()).collect();
        values.extend(
            self.known.arrays.iter().flat_map(|array| (0..8).map(move |at| format!("{}[{at}]", array.text))),
        );
        for (name, tag) in &self.known.records {
            let fields = FIELDS.iter().filter(|(of, ..)| of == tag);
            values.extend(fields.map(|(_, field, ty)| format!("({ty}){name}.{field}")));
        }
        for value in values {
            self.line(&format!("sum = sum * 31 + ({}){value};", ULONG.name));
        }
    }
}
