//! Where a probe's context keeps registers: `struct pt_regs` (arch/x86/include/uapi/asm/ptrace.h).

/// Names of x86-64's members, and bytes from the start.
pub const PT_REGS: &[(&str, u16)] = &[
    ("r15", 0),
    ("r14", 8),
    ("r13", 16),
    ("r12", 24),
    ("bp", 32),
    ("bx", 40),
    ("r11", 48),
    ("r10", 56),
    ("r9", 64),
    ("r8", 72),
    ("ax", 80),
    ("cx", 88),
    ("dx", 96),
    ("si", 104),
    ("di", 112),
    ("orig_ax", 120),
    ("ip", 128),
    ("pc", 128),
    ("cs", 136),
    ("flags", 144),
    ("sp", 152),
    ("ss", 160),
];

/// Where the member `name` is.
pub fn pt_regs(name: &str) -> Option<u16> {
    PT_REGS.iter().find(|(known, _)| *known == name).map(|(_, offset)| *offset)
}

/// A register as assembler writes it, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Bytes from the start of `struct pt_regs` to the whole register.
    pub offset: u16,
    /// Bits of the whole that are below the part: 8 for `ah` and its like.
    pub shift: u8,
}

/// The register that assembler calls `name` (`rax`, `eax`, `ax`, `al`, `ah`, `r8d`, …), without its `%`.
pub fn register(name: &str) -> Option<Register> {
    let whole = |offset| Some(Register { offset, shift: 0 });
    if name.starts_with('r') && name.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        return pt_regs(name.trim_end_matches(['d', 'w', 'b'])).and_then(whole);
    }
    let (base, shift) = match name.as_bytes() {
        [b'r' | b'e', ..] => (name.get(1..)?, 0),
        // `sil`, `dil`, `bpl`, `spl`.
        [_, _, b'l'] => (name.get(..2)?, 0),
        [letter @ b'a'..=b'd', half @ (b'l' | b'h')] => {
            let name = ["ax", "bx", "cx", "dx"].get(usize::from(letter - b'a'))?;
            (*name, if *half == b'h' { 8 } else { 0 })
        }
        _ => (name, 0),
    };
    const PARTS: [&str; 9] = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"];
    let offset = pt_regs(base).filter(|_| PARTS.contains(&base))?;
    Some(Register { offset, shift })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_registers() {
        for (name, want) in [
            ("rax", Some((80, 0))),
            ("eax", Some((80, 0))),
            ("ax", Some((80, 0))),
            ("al", Some((80, 0))),
            ("ah", Some((80, 8))),
            ("dh", Some((96, 8))),
            ("bl", Some((40, 0))),
            ("cl", Some((88, 0))),
            ("sil", Some((104, 0))),
            ("rbp", Some((32, 0))),
            ("spl", Some((152, 0))),
            ("r8", Some((72, 0))),
            ("r10d", Some((56, 0))),
            ("r15b", Some((0, 0))),
            ("rip", Some((128, 0))),
            ("xmm0", None),
            ("rflags", None),
            ("r16", None),
            ("", None),
            ("r", None),
        ] {
            let found = register(name).map(|register| (register.offset, register.shift));
            assert_eq!(found, want, "{name}");
        }
    }
}
