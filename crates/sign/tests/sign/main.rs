//! Signatures, beside those of openssl. Needs openssl.
mod folder;
mod hostile;
mod openssl;
