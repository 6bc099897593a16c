//! Why the kernel would refuse an operation; helpers return these negated.
use std::fmt;

/// Declares the errors that helpers and maps know.
macro_rules! errors {
    ($($name:ident = $number:literal, $constant:literal, $text:literal;)*) => {
        /// Why a map or helper refused, with Linux's numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[expect(missing_docs, reason = "the names are the kernel's own")]
        pub enum Errno { $($name = $number,)* }

        impl Errno {
            /// The kernel's constant.
            pub const fn constant(self) -> &'static str {
                match self { $(Self::$name => $constant,)* }
            }

            /// In words.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

errors! {
    Perm = 1, "EPERM", "Operation not permitted";
    NoEntry = 2, "ENOENT", "No such file or directory";
    TooBig = 7, "E2BIG", "Argument list too long";
    Again = 11, "EAGAIN", "Resource temporarily unavailable";
    NoMemory = 12, "ENOMEM", "Cannot allocate memory";
    Fault = 14, "EFAULT", "Bad address";
    Busy = 16, "EBUSY", "Device or resource busy";
    Exists = 17, "EEXIST", "File exists";
    Invalid = 22, "EINVAL", "Invalid argument";
    NoSpace = 28, "ENOSPC", "No space left on device";
    Range = 34, "ERANGE", "Numerical result out of range";
    NotSupported = 95, "EOPNOTSUPP", "Operation not supported";
    Unsupported = 524, "ENOTSUPP", "Operation is not supported";
}

impl Errno {
    /// The number, positive.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// What a helper leaves in `r0`.
    pub const fn returned(self) -> u64 {
        (-(self as i32)) as i64 as u64
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Errno {}
