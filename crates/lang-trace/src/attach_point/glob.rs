//! Patterns for names: `*`, `?`, `[a-z]`, `[!a-z]`.

/// Whether `text` is a pattern and not a name. Brackets alone (`operator[]`) do not make it one.
pub fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?']) || text.find('[').is_some_and(|at| class(&text.as_bytes()[at..]).is_some())
}

/// Whether `name` is one that `pattern` describes.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where the last `*` was, and up to where it reached: it takes one byte more when what follows does not match.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p + 1, n));
            p += 1;
            continue;
        }
        if n == name.len() && p == pattern.len() {
            return true;
        }
        if let Some(length) = name.get(n).and_then(|&byte| one(&pattern[p..], byte)) {
            (p, n) = (p + length, n + 1);
            continue;
        }
        match star {
            Some((after, reached)) if reached < name.len() => {
                star = Some((after, reached + 1));
                (p, n) = (after, reached + 1);
            }
            _ => return false,
        }
    }
}

/// How long the piece is that `pattern` begins with, if it matches `byte`.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'?' => Some(1),
        b'[' => match class(pattern) {
            Some((inner, length)) => in_class(inner, byte).then_some(length),
            None => (byte == b'[').then_some(1),
        },
        &own => (own == byte).then_some(1),
    }
}

/// What stands between the brackets, and how long all of it is.
fn class(pattern: &[u8]) -> Option<(&[u8], usize)> {
    let rest = pattern.strip_prefix(b"[")?;
    let end = rest.iter().take(256).position(|&byte| byte == b']')?;
    (end > 0).then(|| (&rest[..end], end + 2))
}

fn in_class(inner: &[u8], byte: u8) -> bool {
    let (inner, wanted) = match inner.strip_prefix(b"!") {
        Some(rest) => (rest, false),
        None => (inner, true),
    };
    let mut at = 0;
    let mut found = false;
    while let Some(&low) = inner.get(at) {
        match (inner.get(at + 1), inner.get(at + 2)) {
            (Some(b'-'), Some(&high)) => {
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            _ => {
                found |= low == byte;
                at += 1;
            }
        }
    }
    found == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_shells_do() {
        for (pattern, name) in [
            ("*", ""),
            ("*", "abc"),
            ("a*c", "abbbc"),
            ("a*b*c", "aXbYbZc"),
            ("sys_?nter_[a-o]*", "sys_enter_open"),
            ("[!x]y", "ay"),
            ("operator[]", "operator[]"),
            ("**", "x"),
            ("*.c", "a.b.c"),
            ("a[", "a["),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("a", "ab"), ("a*c", "abd"), ("[!x]y", "xy"), ("?", ""), ("", "a"), ("*a", "ab")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert!(has_wildcard("a[bc]") && has_wildcard("a?") && !has_wildcard("operator[]"));
    }

    #[test]
    fn takes_no_exponential_time() {
        assert!(!matches(&"*a".repeat(50), &"b".repeat(5000)));
    }
}
