//! Loading programs with the signature of somebody who stands behind them.
use super::{Binding, Light, LightError, light};
use crate::Image;

/// The program that loads an image, as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loader {
    /// Nobody stands behind it.
    Plain(Light),
    /// Somebody does.
    Signed(Box<Signed>),
}

/// What a signature stands for is not the same for all kernels that check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// For Linux 6.18 to 7.2: the instructions, which check the data themselves ([`Binding::Sealed`]).
    pub sealed: SignedForm,
    /// For newer ones: the instructions with the data behind them ([`Binding::Covered`]).
    pub covered: SignedForm,
}

/// One of these forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedForm {
    /// The program.
    pub program: Light,
    /// The message that stands behind it.
    pub message: Vec<u8>,
}

impl Loader {
    /// The program that loads an image that [`crate::resolve_later`] made.
    pub fn plain(image: &Image) -> Result<Self, LightError> {
        light(image, Binding::Open).map(Self::Plain)
    }

    /// The same, with messages that `sign` makes of what is to be signed.
    pub fn signed<E: From<LightError>>(
        image: &Image,
        sign: impl Fn(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let sealed = light(image, Binding::Sealed)?;
        let sealed = SignedForm { message: sign(&sealed.insns)?, program: sealed };
        let covered = light(image, Binding::Covered)?;
        let both = [covered.insns.as_slice(), &covered.data].concat();
        let covered = SignedForm { message: sign(&both)?, program: covered };
        Ok(Self::Signed(Box::new(Signed { sealed, covered })))
    }
}
