//! The message: `SignedData` of RFC 5652 with one signer, whom the key identifier of a certificate names, and nothing else.
use crate::error::Why;
use der::asn1::{ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Encode, Sequence, ValueOrd};
use spki::AlgorithmIdentifierRef;

/// `id-data`, `id-signedData`, `id-sha256`
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// Of structures in which a key identifier names the signer.
const VERSION: u8 = 3;

#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

#[derive(Sequence)]
struct SignedData<'a> {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierRef<'a>>,
    content: Outside,
    signers: SetOfVec<SignerInfo<'a>>,
}

/// `EncapsulatedContentInfo` of a content that is not in it.
#[derive(Sequence)]
struct Outside {
    content_type: ObjectIdentifier,
}

#[derive(Sequence, ValueOrd)]
struct SignerInfo<'a> {
    version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    key_id: &'a OctetStringRef,
    digest_algorithm: AlgorithmIdentifierRef<'a>,
    signature_algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a OctetStringRef,
}

/// The message that says: the key of this name signed so. The digest of what was signed is SHA-256.
pub(crate) fn signed(
    key_id: &[u8],
    algorithm: &AlgorithmIdentifierRef<'_>,
    signature: &[u8],
) -> Result<Vec<u8>, Why> {
    let digest = AlgorithmIdentifierRef { oid: SHA256, parameters: None };
    let signer = SignerInfo {
        version: VERSION,
        key_id: OctetStringRef::new(key_id)?,
        digest_algorithm: digest,
        signature_algorithm: *algorithm,
        signature: OctetStringRef::new(signature)?,
    };
    let content = SignedData {
        version: VERSION,
        digest_algorithms: SetOfVec::try_from([digest])?,
        content: Outside { content_type: DATA },
        signers: SetOfVec::try_from([signer])?,
    };
    Ok(ContentInfo { content_type: SIGNED_DATA, content }.to_der()?)
}
