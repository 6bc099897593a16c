//! Signatures that a kernel checks before it takes a program: bytes, signed with the private key of a certificate.
//!
//! What comes out is a CMS message (RFC 5652) of the kind that `BPF_PROG_LOAD` takes since Linux 6.18: what is signed stays outside
//! of it, certificates too, and the signer is named by the key identifier of its certificate. Keys and certificates are the bytes of
//! files, from anywhere: whatever is in them, there is an answer.
mod certificate;
mod error;
mod key;
mod message;
mod pem;

pub use error::{Part, SignError, Why};

use certificate::Certificate;
use key::Key;

/// A private key and its certificate.
#[derive(Debug)]
pub struct Signer {
    key: Key,
    certificate: Certificate,
}

impl Signer {
    /// Takes a private key (PEM: PKCS#8, `RSA PRIVATE KEY` or `EC PRIVATE KEY`) and a certificate (X.509, PEM or DER), which must be
    /// that key's.
    pub fn new(key: &[u8], certificate: &[u8]) -> Result<Self, SignError> {
        let key = Key::read(key).map_err(|why| SignError { part: Part::Key, why })?;
        let of_certificate = |why| SignError { part: Part::Certificate, why };
        let certificate = Certificate::read(certificate).map_err(of_certificate)?;
        match key.belongs_to(&certificate.public) {
            true => Ok(Self { key, certificate }),
            false => Err(of_certificate(Why::OtherKey)),
        }
    }

    /// The certificate as DER, which is how keyrings take it.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate.der
    }

    /// Signs these bytes.
    pub fn sign(&self, content: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = self.key.sign(content).and_then(|signature| {
            message::signed(&self.certificate.key_id, &self.key.algorithm(), &signature)
        });
        signed.map_err(|why| SignError { part: Part::Key, why })
    }
}
