//! Who may know whom: the manifests against the table in `ARCHITECTURE.md`.
use crate::run::{output, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Fails where a crate depends on one that the table does not let it know.
pub(crate) fn deps() -> Result<(), String> {
    let table = std::fs::read_to_string(root().join("ARCHITECTURE.md"))
        .map_err(|error| format!("ARCHITECTURE.md: {error}"))?;
    let allowed = closure(&allowed(&table));
    let metadata = output("cargo", &["metadata", "--format-version=1", "--no-deps"])?;
    let actual = actual(&metadata)?;
    let mut wrong = Vec::new();
    for (name, known) in &actual {
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table of ARCHITECTURE.md"));
            continue;
        };
        wrong.extend(known.difference(may).map(|other| format!("{name} may not know {other}")));
    }
    wrong.extend(
        allowed
            .keys()
            .filter(|name| !actual.contains_key(*name))
            .map(|name| format!("{name} is in the table, but there is no such crate")),
    );
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The rows `| `name` | purpose | may know |`.
fn allowed(table: &str) -> Graph {
    let mut graph = Graph::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [names, _, known] = cells.as_slice() else { continue };
        for name in names.split(',').map(|name| name.trim().trim_matches('`')) {
            let own = known
                .split(';')
                .find_map(|part| part.trim().strip_prefix(&format!("{name}:")))
                .unwrap_or(known);
            let known = own.split(',').map(|word| word.trim().trim_matches('`').to_owned());
            graph.insert(name.to_owned(), known.filter(|word| !matches!(word.as_str(), "-" | "")).collect());
        }
    }
    let all: BTreeSet<String> = graph.keys().cloned().collect();
    for (name, known) in &mut graph {
        if known.remove("all above") {
            known.extend(
                all.iter()
                    .filter(|other| *other != name && !matches!(other.as_str(), "cli" | "xtask" | "testkit"))
                    .cloned(),
            );
        }
    }
    graph
}

/// "May know" includes what those know.
fn closure(graph: &Graph) -> Graph {
    let mut full = graph.clone();
    loop {
        let before = full.clone();
        for known in full.values_mut() {
            let more: Vec<String> =
                known.iter().filter_map(|name| before.get(name)).flatten().cloned().collect();
            known.extend(more);
        }
        if full == before {
            return full;
        }
    }
}

/// The crates of the workspace and what they depend on, tests left out.
fn actual(metadata: &str) -> Result<Graph, String> {
    let metadata: Value = serde_json::from_str(metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    let mut graph = Graph::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        let known = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
            .filter_map(|dependency| dependency["name"].as_str().map(room));
        graph.insert(room(package["name"].as_str().unwrap_or_default()), known.collect());
    }
    Ok(graph)
}

/// `osmia-btf` is the room `btf`.
fn room(package: &str) -> String {
    package.strip_prefix("osmia-").unwrap_or(package).to_owned()
}
