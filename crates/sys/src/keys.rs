//! Keyrings: keys that the kernel keeps for whoever is logged in.
use crate::Errno;
use crate::syscall::answer;
use std::ffi::CString;

/// A keyring, as `keyctl(2)` (`KEY_SPEC_*`) and `BPF_PROG_LOAD` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Keyring {
    /// The one of this session (`KEY_SPEC_SESSION_KEYRING`).
    Session = -3,
    /// The kernel's own, with what it was built with: for checking alone.
    Builtin = 0,
}

/// A key in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(i32);

/// Puts a certificate (X.509, DER) into a keyring, where signatures are checked against it; a key of the same name goes away.
pub fn add_certificate(name: &str, certificate: &[u8], keyring: Keyring) -> Result<Key, Errno> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
    // SAFETY: both texts end in zero, and the kernel reads as many bytes of the certificate as it has.
    let key = answer(unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"asymmetric".as_ptr(),
            name.as_ptr(),
            certificate.as_ptr(),
            certificate.len(),
            keyring as i32,
        )
    })?;
    i32::try_from(key).map(Key).map_err(|_| Errno::ERANGE)
}

/// Takes a key out of a keyring.
pub fn unlink_key(key: Key, keyring: Keyring) -> Result<(), Errno> {
    // SAFETY: all arguments are numbers.
    answer(unsafe { libc::syscall(libc::SYS_keyctl, libc::KEYCTL_UNLINK, key.0, keyring as i32) }).map(drop)
}
