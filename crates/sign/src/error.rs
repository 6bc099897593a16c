//! Why there is no signature.
use der::oid::ObjectIdentifier;
use std::fmt;

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignError {
    /// In which of the two files the reason lies.
    pub part: Part,
    /// The reason.
    pub why: Why,
}

/// One of the two files that are needed to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The private key.
    Key,
    /// The certificate.
    Certificate,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It holds nothing of what it should hold.
    Missing,
    /// A key as DER, which is taken as PEM alone.
    BareKey,
    /// A key behind a passphrase.
    Encrypted,
    /// The text between its lines `BEGIN` and `END` is no base64.
    Text(String),
    /// Its structure is not what it should be.
    Structure(der::Error),
    /// A key of a kind that does not sign here.
    Kind(ObjectIdentifier),
    /// A key on a curve that does not sign here, or that is not named.
    Curve(Option<ObjectIdentifier>),
    /// The numbers in it do not make a key.
    Numbers,
    /// The certificate does not say by which name its key is known.
    NoKeyId,
    /// The certificate is another key's.
    OtherKey,
    /// The key did not sign.
    NotSigned,
}

impl From<der::Error> for Why {
    fn from(error: der::Error) -> Self {
        Self::Structure(error)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.part {
            Part::Key => "private key",
            Part::Certificate => "certificate",
        };
        match (&self.why, self.part) {
            (Why::Missing, Part::Key) => f.write_str(
                "there is no private key in it: PEM is expected, with a line `-----BEGIN PRIVATE KEY-----`",
            ),
            (Why::Missing, Part::Certificate) => f.write_str(
                "there is no certificate in it: X.509 is expected, as DER or as PEM with a line `-----BEGIN CERTIFICATE-----`",
            ),
            (Why::BareKey, _) => f.write_str(
                "the private key is DER, and PEM is expected: `openssl pkey -inform DER -in FILE -out KEY.pem` writes it",
            ),
            (Why::Encrypted, _) => f.write_str(
                "the private key is encrypted, and no passphrase is asked for: `openssl pkey -in FILE -out KEY.pem` writes it without",
            ),
            (Why::Text(why), _) => write!(f, "the text of the {what} is damaged: {why}"),
            (Why::Structure(why), _) => write!(f, "the {what} is damaged: {why}"),
            (Why::Kind(oid), _) => {
                write!(f, "the {what} is of a kind ({oid}) that signs no programs: RSA or ECDSA is expected")
            }
            (Why::Curve(Some(oid)), _) => {
                write!(f, "the {what} is on a curve ({oid}) that signs no programs: P-256, P-384 or P-521 is expected")
            }
            (Why::Curve(None), _) => {
                write!(f, "the {what} does not name its curve: P-256, P-384 or P-521 is expected")
            }
            (Why::Numbers, _) => {
                write!(f, "the numbers in the {what} make no key (RSA has 1024 to 8192 bits and two primes)")
            }
            (Why::NoKeyId, _) => f.write_str(
                "the certificate has no subject key identifier, by which its key is found: make it with \
                 `openssl req -x509 … -addext subjectKeyIdentifier=hash`",
            ),
            (Why::OtherKey, _) => f.write_str("the certificate is that of another private key"),
            (Why::NotSigned, _) => f.write_str("the private key does not sign"),
        }
    }
}

impl std::error::Error for SignError {}
