//! BPF tokens: a mount of the BPF file system through which somebody privileged lets others do some of what `bpf()` can.
use crate::error::LoadError;
use osmia_sys::TokenFd;
use osmia_sys::bpf::token_create;
use std::path::Path;

/// The variable that names the mount, as libbpf has it; an empty one says that no token is to be used.
const VARIABLE: &str = "LIBBPF_BPF_TOKEN_PATH";

/// A token of the mount that was asked for; where nobody asked, of the one that the environment names.
pub(crate) fn create(path: Option<&Path>) -> Result<Option<TokenFd>, LoadError> {
    let named = std::env::var_os(VARIABLE).map(std::path::PathBuf::from);
    let Some(path) = path.or(named.as_deref()).filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(None);
    };
    let failed = |errno| LoadError::Token { path: path.to_owned(), errno };
    let mount = std::fs::File::open(path).map_err(|error| failed(error.into()))?;
    token_create(&mount).map(Some).map_err(failed)
}
