//! Names with wildcards: `*`, `?`, `[a-z]`.

/// Whether `text` has a wildcard.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether `name` is what `pattern` describes. Time is in proportion to the product of both lengths at worst.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = name.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
                continue;
            }
            Some(_) => {
                if let Some(next) = one(pattern, at, byte) {
                    (at, seen) = (next, seen + 1);
                    continue;
                }
            }
            None => {}
        }
        // Back to the last star, which takes one byte more.
        let Some((star_at, taken)) = star else { return false };
        star = Some((star_at, taken + 1));
        (at, seen) = (star_at + 1, taken + 1);
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// Where the pattern goes on if its element at `at` stands for `byte`.
fn one(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match pattern.get(at)? {
        b'?' => Some(at + 1),
        b'[' => match class(pattern.get(at + 1..)?, byte) {
            Some((holds, len)) => holds.then_some(at + 1 + len),
            None => (byte == b'[').then_some(at + 1), // a bracket that nothing closes is itself
        },
        plain => (*plain == byte).then_some(at + 1),
    }
}

/// Whether `byte` is in the class that begins after `[`, and the class's length with its `]`.
fn class(rest: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let end = start + 1 + rest.get(start + 1..)?.iter().position(|byte| *byte == b']')?;
    let mut members = rest.get(start..end)?;
    let mut holds = false;
    while let Some((&first, more)) = members.split_first() {
        members = match more {
            [b'-', last, more @ ..] => {
                holds |= (first..=*last).contains(&byte);
                more
            }
            more => {
                holds |= first == byte;
                more
            }
        };
    }
    Some((holds != negated, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, yes, no) in [
            ("*", &["", "anything"][..], &[][..]),
            ("sched_*", &["sched_", "sched_switch"], &["xsched_", "sched"]),
            ("*read*", &["read", "vfs_read", "readv", "vfs_readv"], &["rea"]),
            ("sys_?pen", &["sys_open"], &["sys_pen", "sys_oopen"]),
            ("a[b-d]e", &["abe", "ace", "ade"], &["aae", "aee", "ae"]),
            ("a[!b]", &["aa"], &["ab", "a"]),
            ("a[]b]", &["a]", "ab"], &["a"]),
            ("a[b", &["a[b"], &["ab"]),
            ("plain", &["plain"], &["plai", "plainx", ""]),
            ("a*b*c", &["abc", "axxbyybc"], &["ab", "acb"]),
        ] {
            for name in yes {
                assert!(matches(pattern, name), "{pattern} {name}");
            }
            for name in no {
                assert!(!matches(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn many_stars_end_soon() {
        assert!(!matches(&("a*".repeat(200) + "b"), &"a".repeat(2000)));
    }

    #[test]
    fn wildcards_are_seen() {
        assert!(is_pattern("a*") && is_pattern("?") && is_pattern("[a]") && !is_pattern("a.b"));
    }
}
