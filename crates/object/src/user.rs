//! User files as values: their functions and variables, and the probes that their authors put in.
use std::collections::BTreeMap;

/// One user file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFile {
    /// How the file is opened, and called in the names of probes (`libc` → `/usr/lib/x86_64-linux-gnu/libc.so.6`).
    pub path: String,
    /// What kind of file it is.
    pub kind: UserFileKind,
    /// Its number in its file system; 0 where nobody looked.
    pub inode: u64,
    /// Its functions and variables, as far as somebody asked for them, sorted by name.
    pub symbols: Vec<UserSymbol>,
    /// The probes in it, where somebody asked for them, in the order of the file.
    pub probes: Vec<UsdtProbe>,
    /// What is at those addresses that somebody asked for.
    pub spots: BTreeMap<u64, CodeSpot>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserFileKind {
    /// A library, or a program that is loaded anywhere.
    #[default]
    Shared,
    /// A program that is loaded where it says.
    Fixed,
    /// No ELF file: code without symbols.
    Flat,
}

/// An address in the code of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSpot {
    /// The symbol that it is in, with its size.
    pub symbol: Option<(String, u64)>,
    /// Bytes from the symbol's start.
    pub offset: u64,
    /// What is there.
    pub boundary: Boundary,
}

/// What is at a place in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// An instruction begins there.
    Start,
    /// It is in the middle of one.
    Middle,
    /// That could not be told.
    Unknown,
}

impl UserFile {
    /// The first symbol of that name.
    pub fn symbol(&self, name: &str) -> Option<&UserSymbol> {
        let at = self.symbols.partition_point(|symbol| symbol.name.as_str() < name);
        self.symbols.get(at).filter(|symbol| symbol.name == name)
    }

    /// All functions.
    pub fn functions(&self) -> impl Iterator<Item = &UserSymbol> {
        self.symbols.iter().filter(|symbol| symbol.kind == UserSymbolKind::Function)
    }

    /// A probe by its names.
    pub fn probe(&self, provider: &str, name: &str) -> Option<&UsdtProbe> {
        self.probes.iter().find(|probe| probe.provider == provider && probe.name == name)
    }
}

/// A function or variable of a user file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserSymbol {
    /// As the symbol table has it.
    pub name: String,
    /// The virtual address, as `nm` prints it.
    pub address: u64,
    /// Bytes, zero where unknown.
    pub size: u64,
    /// Which of both.
    pub kind: UserSymbolKind,
    /// As its author wrote it, where somebody asked and it differs.
    pub demangled: Option<String>,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserSymbolKind {
    /// Code.
    Function,
    /// Data.
    Variable,
}

/// A probe that a file's author put in (USDT), at all places where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtProbe {
    /// The namespace.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Where it stands: several where the compiler copied the code, or the author wrote it again.
    pub sites: Vec<UsdtSite>,
}

/// One place of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtSite {
    /// The virtual address.
    pub address: u64,
    /// The offset in the file.
    pub offset: u64,
    /// The offset in the file of the counter by which the program knows whether somebody listens.
    pub semaphore: Option<u64>,
    /// Its arguments; `Err` with its text for one that is not understood.
    pub arguments: Vec<Result<UsdtArgument, String>>,
}

/// What an argument is, and where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtArgument {
    /// 1, 2, 4 or 8 bytes.
    pub size: u8,
    /// Whether it is signed.
    pub signed: bool,
    /// Where.
    pub operand: UsdtOperand,
}

/// Where an argument is found when the program is at its site. Registers are offsets in `struct pt_regs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsdtOperand {
    /// The number itself.
    Constant(i64),
    /// In a register, above so many of its bits.
    Register {
        /// Which.
        register: u16,
        /// 8 for `ah` and its like.
        shift: u8,
    },
    /// In memory, at the sum of all.
    Memory {
        /// A register.
        base: Option<u16>,
        /// A register, and by what it is multiplied: 1, 2, 4 or 8.
        index: Option<(u16, u8)>,
        /// A number.
        displacement: i64,
    },
    /// In memory of the file that is at this virtual address of it.
    Static(u64),
}

/// A C++ name without its parameters: `ns::f(int)` → `ns::f`. What stands in `<…>` or belongs to the name stays.
pub fn without_parameters(name: &str) -> &str {
    let mut depth = 0_u32;
    // From the end: the last balanced parentheses are the parameters, whatever stands behind them (`const`).
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 1 => return name.get(..at).unwrap_or(name),
            b'(' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_the_last_parentheses() {
        for (name, want) in [
            ("ns::f(int)", "ns::f"),
            ("f(int (*)(char)) const", "f"),
            ("operator()(int)", "operator()"),
            ("plain", "plain"),
            ("f(", "f("),
        ] {
            assert_eq!(without_parameters(name), want, "{name}");
        }
    }
}
