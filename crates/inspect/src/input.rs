//! Values as people write them: JSON, and what the text form of a dump looks like.
//!
//! Names need no quotes, numbers may be hexadecimal or negative, a bare word is a name (of an enumerator, `true`,
//! `null`), and a comma may stand before a closing bracket.
use std::fmt;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `{pid: 1, "comm": "x"}`
    Object(Vec<(String, Self)>),
    /// `[1, 2]`
    Array(Vec<Self>),
    /// `"text"`
    Text(Vec<u8>),
    /// `1`, `-1`, `0x1f`, `1.5`, `RED`, `true`, `(nil)`
    Word(String),
}

/// Where a value stops being one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The byte.
    pub at: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.at)
    }
}

impl std::error::Error for InputError {}

/// How deep values may be nested.
const MAX_DEPTH: u32 = 128;

/// Reads a value that is all there is.
pub fn parse(text: &str) -> Result<Node, InputError> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    let node = reader.node(0)?;
    reader.space();
    if reader.at == reader.text.len() { Ok(node) } else { Err(reader.wrong("the end")) }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    const fn wrong(&self, expected: &'static str) -> InputError {
        InputError { at: self.at, expected }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.space();
        let is = self.peek() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn node(&mut self, depth: u32) -> Result<Node, InputError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("fewer brackets in brackets"));
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth + 1).map(Node::Object),
            Some(b'[') => self.array(depth + 1).map(Node::Array),
            Some(b'"') => self.text().map(Node::Text),
            _ => self.word().map(Node::Word),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Vec<(String, Node)>, InputError> {
        let mut fields = Vec::new();
        self.at += 1;
        while !self.take(b'}') {
            let name = match self.peek() {
                Some(b'"') => String::from_utf8_lossy(&self.text()?).into_owned(),
                _ => self.word()?,
            };
            if !self.take(b':') {
                return Err(self.wrong("':'"));
            }
            fields.push((name, self.node(depth)?));
            self.comma(b'}')?;
        }
        Ok(fields)
    }

    fn array(&mut self, depth: u32) -> Result<Vec<Node>, InputError> {
        let mut items = Vec::new();
        self.at += 1;
        while !self.take(b']') {
            items.push(self.node(depth)?);
            self.comma(b']')?;
        }
        Ok(items)
    }

    /// A comma, or the bracket that comes instead, which stays.
    fn comma(&mut self, close: u8) -> Result<(), InputError> {
        let more = self.take(b',');
        if more || self.peek() == Some(close) { Ok(()) } else { Err(self.wrong("',' or a closing bracket")) }
    }

    fn text(&mut self) -> Result<Vec<u8>, InputError> {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            let byte = self.peek().ok_or_else(|| self.wrong("'\"'"))?;
            self.at += 1;
            match byte {
                b'"' => return Ok(text),
                b'\\' => self.escaped(&mut text)?,
                byte => text.push(byte),
            }
        }
    }

    /// Characters below 256 that are escaped by number are bytes, as dumps write them.
    fn escaped(&mut self, text: &mut Vec<u8>) -> Result<(), InputError> {
        let byte = self.peek().ok_or_else(|| self.wrong("an escape"))?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b't' => text.push(b'\t'),
            b'r' => text.push(b'\r'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'"' | b'\\' | b'/' => text.push(byte),
            b'x' => text.push(self.hex(2)? as u8),
            b'u' => {
                let code = self.hex(4)?;
                match (u8::try_from(code), char::from_u32(code)) {
                    (Ok(byte), _) => text.push(byte),
                    (_, Some(letter)) => text.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
                    (_, None) => return Err(self.wrong("a character")),
                }
            }
            _ => return Err(self.wrong("an escape")),
        }
        Ok(())
    }

    fn hex(&mut self, digits: usize) -> Result<u32, InputError> {
        let digits =
            self.text.get(self.at..self.at + digits).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.ok_or_else(|| self.wrong("hexadecimal digits"))?;
        self.at += digits.map_or(0, str::len);
        Ok(value)
    }

    fn word(&mut self) -> Result<String, InputError> {
        let end = |byte: &u8| byte.is_ascii_whitespace() || b",:{}[]\"".contains(byte);
        let left = self.text.get(self.at..).unwrap_or_default();
        let len = left.iter().position(end).unwrap_or(left.len());
        let word = left.get(..len).filter(|word| !word.is_empty()).ok_or_else(|| self.wrong("a value"))?;
        let word = std::str::from_utf8(word).map_err(|_| self.wrong("text"))?.to_owned();
        self.at += len;
        Ok(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_its_dialect() {
        let word = |text: &str| Node::Word(text.to_owned());
        let expected = Node::Object(vec![
            ("pid".into(), word("-1")),
            ("comm".into(), Node::Text(b"a\"\x07\xff".into())),
            ("flags".into(), Node::Array(vec![word("0x1f"), word("(nil)")])),
        ]);
        let text = r#" {pid:-1, "comm": "a\"\u0007\xff", flags : [0x1f,(nil),],} "#;
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn what_is_none_is_told() {
        for (text, at) in [("", 0), ("{a 1}", 3), ("[1 2]", 3), ("1 2", 2), ("\"x", 2), ("\"\\u12\"", 3)] {
            assert_eq!(parse(text).map_err(|error| error.at), Err(at), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
