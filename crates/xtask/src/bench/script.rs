//! Scripts of `benches/scripts`: what they trace, and what makes events for them.
use crate::run::root;
use std::path::PathBuf;

const PROVIDERS: &[&str] =
    &["tracepoint:", "uprobe:", "uretprobe:", "software:", "profile:", "rawtracepoint:"];

/// One script.
pub(super) struct Script {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Arguments of `load`: what kind of events, and how many.
    pub(super) load: [String; 2],
    /// Its attach points, in order.
    pub(super) probes: Vec<String>,
}

/// All of them, by name.
pub(super) fn read_all() -> Result<Vec<Script>, String> {
    let dir = root().join("benches/scripts");
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "bt"));
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Result<Script, String> {
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let load = text
        .lines()
        .find_map(|line| line.strip_prefix("// load: ")?.split_once(' '))
        .ok_or_else(|| format!("{} does not begin with `// load: KIND COUNT`", path.display()))?;
    let probes = text
        .lines()
        .filter(|line| PROVIDERS.iter().any(|provider| line.starts_with(provider)))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    Ok(Script {
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        load: [load.0.to_owned(), load.1.to_owned()],
        path,
        probes,
    })
}
