//! Names of functions as their authors wrote them.
use cpp_demangle::{BorrowedSymbol, DemangleOptions};

/// Longer names are left as they are: what is written out may be much longer still.
const LONGEST: usize = 4096;

/// The name of a C++ or Rust function as its author wrote it; `None` for others.
pub fn demangle(name: &str) -> Option<String> {
    if name.len() > LONGEST {
        return None;
    }
    rust(name).or_else(|| cpp(name))
}

/// Rust's own form (`_R…`), and its older one: C++'s with a checksum at its end, which is left out.
fn rust(name: &str) -> Option<String> {
    let found = rustc_demangle::try_demangle(name).ok()?;
    let text = format!("{found:#}");
    (text != name && text.len() <= 16 * LONGEST).then_some(text)
}

fn cpp(name: &str) -> Option<String> {
    if !name.starts_with("_Z") && !name.starts_with("____Z") {
        return None;
    }
    let symbol = BorrowedSymbol::new(name.as_bytes()).ok()?;
    symbol.demangle_with_options(&DemangleOptions::new()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_languages() {
        for (name, want) in [
            ("_Z3addii", Some("add(int, int)")),
            ("_ZN2ns3Foo3barEv", Some("ns::Foo::bar()")),
            ("_ZN4core3ptr13drop_in_place17h0123456789abcdefE", Some("core::ptr::drop_in_place")),
            ("_RNvCs1234_7mycrate3foo", Some("mycrate::foo")),
            ("main", None),
            // Types, in names of C++.
            ("f", None),
            ("i", None),
            ("_Znonsense", None),
            ("", None),
        ] {
            assert_eq!(demangle(name).as_deref(), want, "{name}");
        }
    }
}
