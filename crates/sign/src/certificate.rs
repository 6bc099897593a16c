//! Certificates: what of one is needed to sign.
use crate::error::Why;
use crate::key::Public;
use crate::pem;
use der::{Decode, Reader, SliceReader};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

/// Labels of certificates in PEM; the trusted ones have more bytes behind.
const LABELS: &[&str] = &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
/// How DER of more than 127 bytes begins: a sequence, and a length in one to four bytes. bpftool tells DER from PEM by that.
const SEQUENCE: u8 = 0x30;
const LONG: std::ops::RangeInclusive<u8> = 0x81..=0x84;

/// What of a certificate is needed to sign.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// All of it.
    pub(crate) der: Vec<u8>,
    /// The name of its key (`subjectKeyIdentifier`).
    pub(crate) key_id: Vec<u8>,
    /// Its key.
    pub(crate) public: Public,
}

/// Whether bytes are DER rather than PEM.
pub(crate) fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [SEQUENCE, length, ..] if LONG.contains(length))
}

impl Certificate {
    /// Reads a file.
    pub(crate) fn read(file: &[u8]) -> Result<Self, Why> {
        if is_der(file) {
            return Self::of(file);
        }
        Self::of(&pem::first(file, LABELS).ok_or(Why::Missing)?.bytes()?)
    }

    fn of(bytes: &[u8]) -> Result<Self, Why> {
        let mut reader = SliceReader::new(bytes)?;
        let certificate = CertificateInner::<Raw>::decode(&mut reader)?;
        let length = usize::try_from(reader.position())?;
        let inner = certificate.tbs_certificate();
        let id = inner.get_extension::<SubjectKeyIdentifier>()?;
        let (_, id) = id.ok_or(Why::NoKeyId)?;
        Ok(Self {
            der: bytes.get(..length).unwrap_or(bytes).to_vec(),
            key_id: id.0.into_bytes().into_vec(),
            public: Public::of(inner.subject_public_key_info())?,
        })
    }
}
