//! `-S`, `-k` and `-i`: the program that loads an object, signed.
use super::options::Sign;
use super::{Failure, Session};
use osmia_object::Image;
use osmia_object::light::{LightError, Loader};
use osmia_sign::{Part, SignError, Signer};
use osmia_sys::Errno;
use std::fs;
use std::path::Path;

/// Who signs, if that is wanted.
pub(super) fn signer(session: &Session<'_>) -> Result<Option<Signer>, Failure> {
    let Some(with) = &session.options.sign else { return Ok(None) };
    let read = |path: &Path| {
        let told = |number| Errno(number).text();
        fs::read(path)
            .map_err(|error| failed(path, &error.raw_os_error().map_or_else(|| error.to_string(), told)))
    };
    let signer = Signer::new(&read(&with.key)?, &read(&with.certificate)?);
    signer.map(Some).map_err(|error| not_signed(with, &error))
}

/// Writes the program that loads an image; signed, if there is somebody who signs.
pub(super) fn loader(
    session: &Session<'_>,
    signer: Option<&Signer>,
    image: &Image,
) -> Result<Loader, Failure> {
    match (signer, &session.options.sign) {
        (Some(signer), Some(with)) => {
            Loader::signed(image, |bytes| signer.sign(bytes).map_err(|error| not_signed(with, &error)))
        }
        _ => Ok(Loader::plain(image)?),
    }
}

impl From<LightError> for Failure {
    fn from(error: LightError) -> Self {
        Self::words(error.to_string())
    }
}

fn not_signed(with: &Sign, error: &SignError) -> Failure {
    let path = match error.part {
        Part::Key => &with.key,
        Part::Certificate => &with.certificate,
    };
    failed(path, &error.to_string())
}

fn failed(path: &Path, why: &str) -> Failure {
    Failure::with(format!("failed to sign program: {}: {why}", path.display()), Errno::EINVAL)
}
