//! Descriptors of kernel objects, told apart by type.
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// Declares a descriptor's type.
macro_rules! descriptors {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name(pub(crate) OwnedFd);

        impl $name {
            /// A second descriptor of the same object.
            pub fn try_clone(&self) -> Result<Self, crate::Errno> {
                Ok(Self(self.0.try_clone()?))
            }

            /// Takes a descriptor of which the caller knows what it is; the kernel checks at every use.
            pub fn from_fd(fd: OwnedFd) -> Self {
                Self(fd)
            }

            /// The bare descriptor.
            pub fn into_fd(self) -> OwnedFd {
                self.0
            }
        }

        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }

        impl AsRawFd for $name {
            fn as_raw_fd(&self) -> RawFd {
                self.0.as_raw_fd()
            }
        }
    )*};
}

descriptors! {
    /// A program in the kernel.
    ProgFd;
    /// BTF in the kernel.
    BtfFd;
    /// A link: an attachment that lasts as long as its descriptors and pins.
    LinkFd;
    /// A token: permission to use `bpf(2)`, given by whoever mounted a BPF file system.
    TokenFd;
}

/// The number of a descriptor as attribute structures hold it.
pub(crate) fn number(fd: &impl AsFd) -> u32 {
    fd.as_fd().as_raw_fd().cast_unsigned()
}

/// The same for one that may be missing.
pub(crate) fn number_or_zero(fd: Option<BorrowedFd<'_>>) -> u32 {
    fd.map_or(0, |fd| number(&fd))
}
