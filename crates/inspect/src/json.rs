//! JSON with bpftool's spacing, and the dialect of it that bpftool prints for people.
use super::hex;

/// How answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// JSON on one line.
    Json,
    /// JSON on many.
    PrettyJson,
}

impl Form {
    /// Whether it is JSON of either kind.
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::PrettyJson)
    }
}

/// Writes JSON, one piece after the other, into memory.
#[derive(Clone, Debug)]
pub struct Json {
    out: Vec<u8>,
    pretty: bool,
    dialect: bool,
    /// Brackets that are open.
    open: Vec<u8>,
    comma: bool,
    /// Whether a name waits for its value.
    named: bool,
    /// How many names and values were written.
    count: u64,
}

/// A place in what is written, to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    depth: usize,
    count: u64,
}

impl Json {
    /// Real JSON, on one line or on many.
    pub fn new(form: Form) -> Self {
        Self::empty(form == Form::PrettyJson, false)
    }

    /// What bpftool prints for people: like JSON, but bit fields and pointers are bare hexadecimal numbers.
    pub const fn dialect(pretty: bool) -> Self {
        Self::empty(pretty, true)
    }

    const fn empty(pretty: bool, dialect: bool) -> Self {
        Self { out: Vec::new(), pretty, dialect, open: Vec::new(), comma: false, named: false, count: 0 }
    }

    /// Whether this is the dialect.
    pub(super) const fn is_dialect(&self) -> bool {
        self.dialect
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Writes what was written since the last time to a file.
    pub(super) fn flush(&mut self, file: &mut dyn std::io::Write) -> std::io::Result<()> {
        let written = file.write_all(&self.out).and_then(|()| file.flush());
        self.out.clear();
        written
    }

    /// Where we are.
    pub(super) const fn mark(&self) -> Mark {
        Mark { depth: self.open.len(), count: self.count }
    }

    /// Whether nothing was written since a mark.
    pub(super) fn is_at(&self, mark: &Mark) -> bool {
        self.mark() == *mark
    }

    /// Puts an error where the next value would be, or in what is open above a mark; `false` where there is no place
    /// for it.
    pub(super) fn fail(&mut self, mark: &Mark, words: &str) -> bool {
        if self.is_at(mark) {
            self.object(|json| json.text_field("error", words));
            return true;
        }
        if self.named {
            self.bare("null");
        }
        match self.open.last().filter(|_| self.open.len() > mark.depth) {
            Some(b'{') => self.text_field("error", words),
            Some(_) => self.object(|json| json.text_field("error", words)),
            None => return false,
        }
        true
    }

    /// Closes what was opened since a mark.
    pub(super) fn unwind(&mut self, mark: &Mark) {
        if self.named && self.open.len() > mark.depth {
            self.bare("null");
        }
        while let Some(bracket) = self.open.last().filter(|_| self.open.len() > mark.depth) {
            self.end(if *bracket == b'{' { b'}' } else { b']' });
        }
    }

    /// All of it, with the newline that ends it.
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(b'\n');
        self.out
    }

    /// The bytes, for what is to stand between without being JSON.
    pub(super) const fn raw(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// `{ … }`
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.start(b'{');
        fill(self);
        self.end(b'}');
    }

    /// `[ … ]`
    pub fn array(&mut self, fill: impl FnOnce(&mut Self)) {
        self.start(b'[');
        fill(self);
        self.end(b']');
    }

    pub(super) fn start(&mut self, bracket: u8) {
        self.separate();
        self.out.push(bracket);
        self.open.push(bracket);
        self.comma = false;
    }

    pub(super) fn end(&mut self, bracket: u8) {
        self.open.pop();
        if self.comma {
            self.line();
        }
        self.out.push(bracket);
        self.comma = true;
    }

    /// The name of the next value.
    pub fn name(&mut self, name: &str) {
        self.separate();
        self.line();
        self.comma = false;
        self.quoted(name.as_bytes());
        self.out.extend(if self.pretty { &b": "[..] } else { b":" });
        self.named = true;
    }

    /// A value that is written as it is: a number, `true`, `null`.
    pub fn bare(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        self.separate();
        // Writing to a vector cannot fail.
        drop(write!(self.out, "{value}"));
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A string of bytes that are taken for text.
    pub(super) fn bytes(&mut self, text: &[u8]) {
        self.separate();
        self.quoted(text);
    }

    /// `["0x00","0x01"]`
    pub fn hex(&mut self, bytes: &[u8]) {
        self.array(|json| {
            if !bytes.is_empty() {
                json.separate();
                hex::push_quoted(&mut json.out, bytes);
                json.count += bytes.len() as u64 - 1;
            }
        });
    }

    /// A name and a bare value.
    pub fn field(&mut self, name: &str, value: impl std::fmt::Display) {
        self.name(name);
        self.bare(value);
    }

    /// A name and a string.
    pub fn text_field(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        (self.comma, self.named) = (true, false);
        self.count += 1;
    }

    fn line(&mut self) {
        if self.pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 4 * self.open.len(), b' ');
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        self.out.push(b'"');
        let mut rest = text;
        while let Some(at) = rest.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            self.out.extend_from_slice(&rest[..at]);
            self.escaped(rest[at]);
            rest = &rest[at + 1..];
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'\t' => self.out.extend(b"\\t"),
            b'\n' => self.out.extend(b"\\n"),
            // bpftool 7.1 writes a backslash as if it were a newline; the text would not be what it was.
            b'\\' => self.out.extend(b"\\\\"),
            b'\r' => self.out.extend(b"\\r"),
            b'\x0c' => self.out.extend(b"\\f"),
            b'\x08' => self.out.extend(b"\\b"),
            b'"' => self.out.extend(b"\\\""),
            _ => {
                self.out.extend(b"\\u00");
                hex::push_byte(&mut self.out, byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(json: &mut Json) {
        json.array(|json| {
            json.object(|json| {
                json.field("a", 1);
                json.name("b");
                json.hex(&[1, 255]);
                json.name("c");
                json.array(|_| {});
            });
            json.object(|json| json.text_field("d", "x\"\\\u{1}"));
        });
    }

    #[test]
    fn a_failure_leaves_json_that_is_whole() {
        let told = |begin: &dyn Fn(&mut Json)| {
            let mut json = Json::new(Form::Json);
            let mark = json.mark();
            begin(&mut json);
            let told = json.fail(&mark, "no\"");
            json.unwind(&mark);
            told.then(|| String::from_utf8(json.take()).unwrap())
        };
        assert_eq!(told(&|_| {}), Some(r#"{"error":"no\""}"#.into()));
        assert_eq!(told(&|json| json.start(b'[')), Some(r#"[{"error":"no\""}]"#.into()));
        let named = |json: &mut Json| {
            json.start(b'[');
            json.start(b'{');
            json.name("a");
        };
        assert_eq!(told(&named), Some(r#"[{"a":null,"error":"no\""}]"#.into()));
        assert_eq!(told(&|json| json.bare(1)), None);
    }

    #[test]
    fn spacing_is_that_of_bpftool() {
        let mut compact = Json::new(Form::Json);
        sample(&mut compact);
        let text = String::from_utf8(compact.finish()).unwrap();
        assert_eq!(text, "[{\"a\":1,\"b\":[\"0x01\",\"0xff\"],\"c\":[]},{\"d\":\"x\\\"\\\\\\u0001\"}]\n");
        let mut pretty = Json::new(Form::PrettyJson);
        sample(&mut pretty);
        let text = String::from_utf8(pretty.finish()).unwrap();
        let expected = "[{\n        \"a\": 1,\n        \"b\": [\"0x01\",\"0xff\"\n        ],\n        \"c\": []\n    },{\n        \
            \"d\": \"x\\\"\\\\\\u0001\"\n    }\n]\n";
        assert_eq!(text, expected);
    }
}
