//! Private keys: read, compared with the public key of a certificate, and used.
use crate::certificate::is_der;
use crate::error::Why;
use crate::pem;
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Sequence};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use pkcs8::PrivateKeyInfoRef;
use rsa::pkcs1::{DecodeRsaPublicKey, RsaPrivateKeyRef};
use sec1::{EcParameters, EcPrivateKey};
use sha2::{Digest, Sha256};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned};
use std::fmt;

/// `rsaEncryption`, `id-ecPublicKey`, `ecdsa-with-SHA256`
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// `secp256r1`, `secp384r1`, `secp521r1`
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Bytes of RSA's modulus: fewer are no protection, more are no public key to the library.
const RSA_SIZES: std::ops::RangeInclusive<usize> = 128..=1024;

/// Labels of private keys in PEM: PKCS#8, PKCS#1, SEC1.
const PKCS8: &str = "PRIVATE KEY";
const PKCS1: &str = "RSA PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// A private key.
pub(crate) enum Key {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

/// A public key, as a certificate has it.
#[derive(Debug)]
pub(crate) struct Public {
    kind: ObjectIdentifier,
    /// The curve, where it is named.
    curve: Option<ObjectIdentifier>,
    bytes: Vec<u8>,
}

impl Public {
    pub(crate) fn of(info: &SubjectPublicKeyInfoOwned) -> Result<Self, Why> {
        let curve = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
        let bytes = info.subject_public_key.as_bytes().unwrap_or_default().to_vec();
        Ok(Self { kind: info.algorithm.oid, curve, bytes })
    }

    /// Whether it is this point of this curve, in whichever form.
    fn is(&self, curve: ObjectIdentifier, forms: [&[u8]; 2]) -> bool {
        self.kind == EC && self.curve == Some(curve) && forms.contains(&self.bytes.as_slice())
    }
}

impl fmt::Debug for Key {
    /// Its kind alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "RSA",
            Self::P256(_) => "P-256",
            Self::P384(_) => "P-384",
            Self::P521(_) => "P-521",
        })
    }
}

/// Whether a public key is this private one's, in either form of a point.
macro_rules! point {
    ($public:expr, $key:expr, $curve:expr) => {{
        let [long, short] = [false, true].map(|short| $key.verifying_key().to_sec1_point(short));
        $public.is($curve, [long.as_bytes(), short.as_bytes()])
    }};
}

/// The signature of a hash by a key on a curve.
macro_rules! numbers {
    ($key:expr, $hash:expr, $curve:ident) => {{
        let signed: Result<$curve::ecdsa::Signature, _> = $key.sign_prehash($hash);
        let (r, s) = signed.map_err(|_| Why::NotSigned)?.split_bytes();
        pair(&r, &s)
    }};
}

impl Key {
    /// Reads a file.
    pub(crate) fn read(file: &[u8]) -> Result<Self, Why> {
        let missing = if is_der(file) { Why::BareKey } else { Why::Missing };
        let block = pem::first(file, &[PKCS8, PKCS1, SEC1, ENCRYPTED]).ok_or(missing)?;
        if block.encrypted() || block.label == ENCRYPTED {
            return Err(Why::Encrypted);
        }
        let bytes = block.bytes()?;
        match block.label {
            PKCS1 => Self::rsa(&bytes),
            SEC1 => Self::elliptic(&bytes, None),
            _ => {
                let info = PrivateKeyInfoRef::from_der(&bytes)?;
                match info.algorithm.oid {
                    RSA => Self::rsa(info.private_key.as_bytes()),
                    EC => Self::elliptic(info.private_key.as_bytes(), info.algorithm.parameters),
                    other => Err(Why::Kind(other)),
                }
            }
        }
    }

    fn rsa(bytes: &[u8]) -> Result<Self, Why> {
        let numbers = RsaPrivateKeyRef::from_der(bytes)?;
        if !RSA_SIZES.contains(&numbers.modulus.as_bytes().len()) {
            return Err(Why::Numbers);
        }
        rsa::PrivateKey::try_from(numbers).map(|key| Self::Rsa(Box::new(key))).map_err(|_| Why::Numbers)
    }

    /// A key of a curve, which is named in it or where it was.
    fn elliptic(bytes: &[u8], parameters: Option<AnyRef<'_>>) -> Result<Self, Why> {
        let key = EcPrivateKey::from_der(bytes)?;
        let outer = parameters.and_then(|parameters| parameters.decode_as().ok());
        let inner = key.parameters.and_then(EcParameters::named_curve);
        let number = key.private_key;
        match outer.or(inner) {
            Some(P256) => p256::ecdsa::SigningKey::from_slice(number).map(Self::P256).ok(),
            Some(P384) => p384::ecdsa::SigningKey::from_slice(number).map(Self::P384).ok(),
            Some(P521) => p521::ecdsa::SigningKey::from_slice(number).map(Self::P521).ok(),
            other => return Err(Why::Curve(other)),
        }
        .ok_or(Why::Numbers)
    }

    /// Whether this is its public key.
    pub(crate) fn belongs_to(&self, public: &Public) -> bool {
        match self {
            Self::Rsa(key) => {
                let other = rsa::PublicKey::from_pkcs1_der(&public.bytes).ok();
                public.kind == RSA && other.is_some_and(|other| other == *key.as_public_key())
            }
            Self::P256(key) => point!(public, key, P256),
            Self::P384(key) => point!(public, key, P384),
            Self::P521(key) => point!(public, key, P521),
        }
    }

    /// What its signatures are called: those of RSA after the key (RFC 3370), as OpenSSL has it.
    pub(crate) fn algorithm(&self) -> AlgorithmIdentifierRef<'static> {
        match self {
            Self::Rsa(_) => AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) },
            _ => AlgorithmIdentifierRef { oid: ECDSA, parameters: None },
        }
    }

    /// Signs the SHA-256 of some bytes.
    pub(crate) fn sign(&self, content: &[u8]) -> Result<Vec<u8>, Why> {
        let hash = Sha256::digest(content);
        match self {
            Self::Rsa(key) => key.pkcs1v15_sign_prehash::<Sha256>(&hash).map_err(|_| Why::NotSigned),
            Self::P256(key) => numbers!(key, &hash, p256),
            Self::P384(key) => numbers!(key, &hash, p384),
            Self::P521(key) => numbers!(key, &hash, p521),
        }
    }
}

/// `ECDSA-Sig-Value` of RFC 3279
#[derive(Sequence)]
struct Pair<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

fn pair(r: &[u8], s: &[u8]) -> Result<Vec<u8>, Why> {
    Ok(Pair { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()?)
}
