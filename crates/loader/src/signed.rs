//! Programs that somebody stands behind: what the kernel is given besides, and what it means when it does not take them.
use crate::by_program::{fill, load, map};
use osmia_object::light::{Signed, SignedForm};
use osmia_sys::bpf::{MapCreate, ProgLoad, ProgLoadError, Signature, map_hash};
use osmia_sys::{Errno, Key, Keyring, ProgFd, add_certificate, unlink_key};
use std::fmt;
use std::os::fd::AsRawFd;

/// The certificate of whoever signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// All of it, as DER.
    pub der: &'a [u8],
    /// What it is called while it is in the keyring of the session.
    pub name: &'a str,
}

/// What is done with a signed program before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedStep {
    /// The certificate goes into the keyring of this session.
    Keyring,
    /// The map of its data is made, which is its own alone.
    Map,
    /// The map is frozen and hashed.
    Hash,
    /// The program is loaded.
    Program,
}

/// Where the kernel has not done that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedError {
    /// What was tried.
    pub step: SignedStep,
    /// Why not, as a number.
    pub errno: Errno,
    /// What the verifier told.
    pub log: String,
}

/// What an answer of the kernel's means.
const REASONS: &[(SignedStep, Errno, &str)] = &[
    (
        SignedStep::Program,
        Errno::EOPNOTSUPP,
        "this kernel checks no signatures, as it is built without CONFIG_SYSTEM_DATA_VERIFICATION; with -L alone, the same is loaded \
         unsigned",
    ),
    (SignedStep::Program, Errno::EKEYREJECTED, "the signature is not that of these instructions"),
    (
        SignedStep::Program,
        Errno::ENOKEY,
        "no certificate in the keyring of this session is that of whoever signed",
    ),
    (
        SignedStep::Program,
        Errno::ENOPKG,
        "this kernel is built without the cryptography of the key (CONFIG_CRYPTO_RSA, CONFIG_CRYPTO_ECDSA)",
    ),
    (SignedStep::Program, Errno::EBADMSG, "this kernel does not understand the signature"),
    (SignedStep::Map, Errno::E2BIG, NEWER),
    (SignedStep::Map, Errno::EINVAL, NEWER),
    (SignedStep::Hash, Errno::EINVAL, NEWER),
    (SignedStep::Program, Errno::E2BIG, NEWER),
    (SignedStep::Keyring, Errno::ENOPKG, UNKNOWN_KEY),
    (SignedStep::Keyring, Errno::ENOENT, UNKNOWN_KEY),
    (SignedStep::Keyring, Errno::EBADMSG, "the kernel does not understand the certificate"),
    (SignedStep::Keyring, Errno::EKEYREJECTED, "the certificate's own signature is not right"),
    (
        SignedStep::Keyring,
        Errno::ENODEV,
        "this kernel knows no certificates (CONFIG_ASYMMETRIC_KEY_TYPE, CONFIG_X509_CERTIFICATE_PARSER)",
    ),
    (SignedStep::Keyring, Errno::ENOSYS, "this kernel has no keyrings (CONFIG_KEYS)"),
    (SignedStep::Keyring, Errno::EDQUOT, "the keyrings of this user are full (`keyctl show`)"),
];

/// What the verifier says where a program may not see that a map is its own alone.
const UNSEEN: &str = "in struct bpf_map";
const EARLY: &str = "this kernel checks signatures, but does not let the program see that its data are its own alone: that came with an \
    update of Linux 6.18";
const UNKNOWN_KEY: &str = "this kernel is built without the cryptography of the certificate (CONFIG_CRYPTO_RSA, CONFIG_CRYPTO_ECDSA, the \
    hash that it is signed with)";
const NEWER: &str =
    "signed programs are known from Linux 6.18 on; with -L alone, the same is loaded unsigned";

impl fmt::Display for SignedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            SignedStep::Keyring => "the certificate is not taken into the keyring of this session: ",
            SignedStep::Map => "the data of the signed program that loads it cannot be its own alone: ",
            SignedStep::Hash => "the data of the signed program that loads it cannot be hashed: ",
            SignedStep::Program => "the signed program that loads it is not taken: ",
        })?;
        match self.reason() {
            Some(reason) => write!(f, "{reason} ({})", self.errno.name())?,
            None => self.errno.fmt(f)?,
        }
        match self.log.trim_end() {
            "" => Ok(()),
            log => write!(f, "\nthe verifier says:\n{log}"),
        }
    }
}

impl std::error::Error for SignedError {}

impl SignedError {
    /// Why not, where we know better than the number.
    fn reason(&self) -> Option<&'static str> {
        if self.step == SignedStep::Program && self.log.contains(UNSEEN) {
            return Some(EARLY);
        }
        let row = REASONS.iter().find(|(step, errno, _)| (*step, *errno) == (self.step, self.errno));
        row.map(|(_, _, reason)| *reason)
    }
}

impl SignedStep {
    fn failed(self, errno: Errno) -> SignedError {
        SignedError { step: self, errno, log: String::new() }
    }
}

/// A certificate in the keyring of this session, for as long as it lives.
struct InSession(Key);

impl InSession {
    /// No key of anybody else's has its name and goes away for it.
    fn add(certificate: &Certificate<'_>) -> Result<Self, SignedError> {
        let name = format!("osmia {}: {}", std::process::id(), certificate.name);
        let key = add_certificate(&name, certificate.der, Keyring::Session);
        key.map(Self).map_err(|errno| SignedStep::Keyring.failed(errno))
    }
}

impl Drop for InSession {
    fn drop(&mut self) {
        // Who took it out before us wanted the same.
        let _ = unlink_key(self.0, Keyring::Session);
    }
}

/// The program with its data, in the form that this kernel checks: the newer one first, as that is what older kernels refuse.
pub(crate) fn signed_program(
    signed: &Signed,
    certificate: Option<&Certificate<'_>>,
) -> Result<ProgFd, SignedError> {
    let _there = certificate.map(InSession::add).transpose()?;
    match attempt(&signed.covered, Data::Covered) {
        Err(SignedError { step: SignedStep::Program, errno: Errno::EKEYREJECTED, .. }) => {
            attempt(&signed.sealed, Data::Hashed)
        }
        answer => answer,
    }
}

/// How a program's data are kept from others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    /// They are bound to the program, and the kernel holds them to the signature.
    Covered,
    /// The kernel hashes them, and the program compares.
    Hashed,
}

fn attempt(form: &SignedForm, data: Data) -> Result<ProgFd, SignedError> {
    let hash = form.program.hash();
    let map = map(&form.program).and_then(|map| MapCreate { exclusive: Some(&hash), ..map }.call());
    let map = map.map_err(|errno| SignedStep::Map.failed(errno))?;
    let filled = fill(&map, &form.program).and_then(|()| match data {
        Data::Covered => Ok(()),
        Data::Hashed => map_hash(&map).map(drop),
    });
    filled.map_err(|errno| SignedStep::Hash.failed(errno))?;
    let fds = [map.as_raw_fd()];
    let load = ProgLoad {
        signature: Some(Signature { message: &form.message, keyring: Keyring::Session }),
        bind_fd_array: data == Data::Covered,
        ..load(&form.program, &fds)
    };
    load.call_explained().map(|loaded| loaded.fd).map_err(|ProgLoadError { errno, log }| SignedError {
        step: SignedStep::Program,
        errno,
        log,
    })
}
