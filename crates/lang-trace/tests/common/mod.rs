//! What tests of texts share.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

/// A generator that is the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

/// What a mutation may put in.
pub const PIECES: [&str; 60] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ":",
    "/",
    "//",
    "/*",
    "*/",
    "\"",
    "\\",
    "$",
    "@",
    "@x",
    "$x",
    "$1",
    "$#",
    "#",
    "\n",
    "\n#if 1\n",
    "\n#else\n",
    "\n#endif\n",
    "\n#define A B\n",
    "->",
    ".",
    "..",
    "?",
    "++",
    "--",
    "<<=",
    "=",
    "==",
    "!",
    "~",
    "*",
    "&",
    "if",
    "else",
    "for",
    "while",
    "unroll",
    "let",
    "struct x {",
    "enum",
    "typedef",
    "macro f(",
    "fn g(",
    "config = {",
    "import",
    "kprobe:f",
    "BEGIN",
    "0x",
    "1e",
    "é",
    "\u{2028}",
    "(struct x *)",
];

/// The text with a few mistakes in it.
pub fn mutate(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.next(6) {
        let at = random.next(bytes.len() + 1);
        match random.next(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + random.next(12)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, PIECES[random.next(PIECES.len())].bytes())),
            _ => {
                let end = (at + random.next(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.next(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
