//! Names of users.
use std::collections::HashMap;
use std::fs;

/// Users by number, as `/etc/passwd` has them; read when the first is asked for.
#[derive(Debug, Default)]
pub struct Users {
    names: Option<HashMap<u32, String>>,
}

impl Users {
    /// A user's login name.
    pub fn name(&mut self, uid: u32) -> Option<&str> {
        let read = || parse(&fs::read_to_string("/etc/passwd").unwrap_or_default());
        self.names.get_or_insert_with(read).get(&uid).map(String::as_str)
    }
}

/// The first name of each number.
fn parse(passwd: &str) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in passwd.lines() {
        let mut parts = line.split(':');
        if let (Some(name), Some(uid)) = (parts.next(), parts.nth(1).and_then(|uid| uid.parse().ok())) {
            names.entry(uid).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_passwd() {
        let names = parse("root:x:0:0:root:/root:/bin/sh\nbroken\ntoor:x:0:0::/:\nmail:x:8:8::/:\n");
        assert_eq!(names.get(&0).map(String::as_str), Some("root"));
        assert_eq!(names.get(&8).map(String::as_str), Some("mail"));
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn this_machine_has_root() {
        assert_eq!(Users::default().name(0), Some("root"));
        assert_eq!(Users::default().name(4_000_000_000), None);
    }
}
