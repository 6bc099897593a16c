//! Why a system call failed.
use std::fmt;
use std::io;

/// Why a system call failed: the kernel's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Errno(pub i32);

/// Declares the errors that have a name here.
macro_rules! errors {
    ($($name:ident $text:literal;)*) => {
        #[expect(missing_docs, reason = "the names are the kernel's own, the texts are in the table")]
        impl Errno { $(pub const $name: Self = Self(libc::$name);)* }

        /// Number, name and text of each.
        const ERRORS: &[(i32, &str, &str)] = &[$((libc::$name, stringify!($name), $text),)*];
    };
}

errors! {
    EPERM "Operation not permitted";
    ENOENT "No such file or directory";
    ESRCH "No such process";
    EINTR "Interrupted system call";
    EIO "Input/output error";
    ENXIO "No such device or address";
    E2BIG "Argument list too long";
    ENOEXEC "Exec format error";
    EBADF "Bad file descriptor";
    ECHILD "No child processes";
    EAGAIN "Resource temporarily unavailable";
    ENOMEM "Cannot allocate memory";
    EACCES "Permission denied";
    EFAULT "Bad address";
    EBUSY "Device or resource busy";
    EEXIST "File exists";
    EXDEV "Invalid cross-device link";
    ENODEV "No such device";
    ENOTDIR "Not a directory";
    EISDIR "Is a directory";
    EINVAL "Invalid argument";
    ENFILE "Too many open files in system";
    EMFILE "Too many open files";
    ENOTTY "Inappropriate ioctl for device";
    ETXTBSY "Text file busy";
    EFBIG "File too large";
    ENOSPC "No space left on device";
    ESPIPE "Illegal seek";
    EROFS "Read-only file system";
    EPIPE "Broken pipe";
    EDOM "Numerical argument out of domain";
    ERANGE "Numerical result out of range";
    EDEADLK "Resource deadlock avoided";
    ENAMETOOLONG "File name too long";
    ENOSYS "Function not implemented";
    ENOTEMPTY "Directory not empty";
    ELOOP "Too many levels of symbolic links";
    ENODATA "No data available";
    EOVERFLOW "Value too large for defined data type";
    EILSEQ "Invalid or incomplete multibyte or wide character";
    EBADMSG "Bad message";
    EPROTO "Protocol error";
    EMSGSIZE "Message too long";
    EPROTONOSUPPORT "Protocol not supported";
    EOPNOTSUPP "Operation not supported";
    EAFNOSUPPORT "Address family not supported by protocol";
    EADDRINUSE "Address already in use";
    EADDRNOTAVAIL "Cannot assign requested address";
    ENETDOWN "Network is down";
    ENOBUFS "No buffer space available";
    ETIMEDOUT "Connection timed out";
    ENOTSOCK "Socket operation on non-socket";
    ESTALE "Stale file handle";
    EDQUOT "Disk quota exceeded";
    EINPROGRESS "Operation now in progress";
    EALREADY "Operation already in progress";
    EISCONN "Transport endpoint is already connected";
    ENOTCONN "Transport endpoint is not connected";
    ECONNREFUSED "Connection refused";
    ECONNRESET "Connection reset by peer";
    ECONNABORTED "Software caused connection abort";
    EHOSTUNREACH "No route to host";
    ENETUNREACH "Network is unreachable";
    ENOPROTOOPT "Protocol not available";
    ENOLINK "Link has been severed";
    EUCLEAN "Structure needs cleaning";
    ECANCELED "Operation canceled";
    ENOPKG "Package not installed";
    ENOKEY "Required key not available";
    EKEYREJECTED "Key was rejected by service";
}

/// What the kernel itself answers for what it does not support (`ENOTSUPP`); not an error of POSIX, so libc has no name.
const ENOTSUPP: i32 = 524;

impl Errno {
    /// An operation of the kernel's that this object does not have (`ENOTSUPP`).
    pub const ENOTSUPP: Self = Self(ENOTSUPP);

    /// The error of the last system call of this thread.
    pub(crate) fn last() -> Self {
        io::Error::last_os_error().into()
    }

    /// `EPERM` and so on; `errno N` for what has no name here.
    pub fn name(self) -> String {
        match self.row() {
            Some((_, name, _)) => (*name).to_owned(),
            None if self.0 == ENOTSUPP => "ENOTSUPP".to_owned(),
            None => format!("errno {}", self.0),
        }
    }

    /// In words, as `strerror` has them.
    pub fn text(self) -> String {
        self.row().map_or_else(|| format!("Unknown error {}", self.0), |(_, _, text)| (*text).to_owned())
    }

    fn row(self) -> Option<&'static (i32, &'static str, &'static str)> {
        ERRORS.iter().find(|(number, _, _)| *number == self.0)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text(), self.name())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl std::error::Error for Errno {}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.0)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_the_c_library() {
        for (number, name, text) in ERRORS {
            let theirs = io::Error::from_raw_os_error(*number).to_string();
            assert_eq!(theirs, format!("{text} (os error {number})"), "{name}");
        }
    }
}
