//! What has to be on the machine.
use super::lab::Lab;
use super::report::{Findings, Summary, table};
use crate::run::output;
use std::path::Path;

const AIM: f64 = 8.0;

/// Sizes of both programs with all that they need.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let osmia = lab.osmia.to_string_lossy();
    let headers = output("readelf", &["--program-headers", "--wide", &osmia])?;
    let is_static = !headers.contains("INTERP");
    let is_stripped = !output("readelf", &["--sections", "--wide", &osmia])?.contains(".symtab");
    let ours = size(&lab.osmia)?;
    let program = size(&lab.bpftrace)?;
    let mut libraries = libraries(&lab.bpftrace)?;
    libraries.sort_by(|a, b| b.1.total_cmp(&a.1));
    let sum: f64 = libraries.iter().map(|(_, size)| size).sum();
    let kind = format!(
        "{}, {}",
        if is_static { "static" } else { "**dynamic**" },
        if is_stripped { "stripped" } else { "**not stripped**" }
    );
    let summary = Summary {
        what: "the binary, with the libraries it needs",
        peer: format!("{:.1} MB", program + sum),
        ours: format!("{ours:.1} MB"),
        ratio: format!("{:.0}×", (program + sum) / ours),
        aim: "static, under 8 MB",
        met: is_static && ours < AIM,
    };
    let mut rows = vec![
        vec![format!("osmia ({kind})"), format!("{ours:.2}")],
        vec!["bpftrace".into(), format!("{program:.2}")],
        vec![format!("its {} shared libraries", libraries.len()), format!("{sum:.2}")],
    ];
    rows.extend(
        libraries.iter().take(4).map(|(name, size)| vec![format!("… of these {name}"), format!("{size:.2}")]),
    );
    let details = "### What must be there\n\nSizes of files in MB (10⁶ bytes); the libraries are those that `ldd` names.\n\n"
        .to_owned()
        + &table(&["file", "MB"], &rows);
    Ok(Findings { summary: vec![summary], details })
}

fn size(path: &Path) -> Result<f64, String> {
    let bytes = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    Ok(bytes as f64 / 1e6)
}

/// The shared libraries of a program and of its libraries, with their sizes.
fn libraries(program: &Path) -> Result<Vec<(String, f64)>, String> {
    let list = output("ldd", &[&program.to_string_lossy()])?;
    let paths = list.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths
        .map(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            Ok((name.to_owned(), size(Path::new(path))?))
        })
        .collect()
}
