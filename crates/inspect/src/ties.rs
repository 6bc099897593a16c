//! Everything that is loaded and how it hangs together: processes and pins hold links, programs and maps; links run programs; programs use maps.
use crate::{
    Form, Handle, InspectError, Json, Link, Map, Pins, Program, Refs, links, links_text, maps, programs,
};
use osmia_sys::bpf::ObjectKind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What a node is, and which one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// A process, by its number.
    Process(u32),
    /// A path in a BPF file system.
    Pin(String),
    /// A link, by its id.
    Link(u32),
    /// A program, by its id.
    Program(u32),
    /// A map, by its id.
    Map(u32),
}

/// How two nodes hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// A process has a descriptor.
    Holds,
    /// A path keeps it.
    Pins,
    /// A link runs a program.
    Runs,
    /// A program uses a map.
    Uses,
}

impl Tie {
    const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Pins => "pins",
            Self::Runs => "runs",
            Self::Uses => "uses",
        }
    }
}

/// What is known of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its kind: `kprobe`, `hash`, `xdp`.
    pub kind: String,
    /// Its name, or where it is attached.
    pub name: String,
}

/// Nodes and ties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// All nodes, in the order of kinds and numbers.
    pub nodes: BTreeMap<Node, Facts>,
    /// All ties.
    pub ties: BTreeSet<(Node, Tie, Node)>,
}

impl Graph {
    /// Looks at everything that is loaded, at all pins, and at all processes that may be looked at.
    pub fn gather() -> Result<Self, InspectError> {
        let (programs, maps, links) = (programs(&Handle::All)?, maps(&Handle::All)?, links(&Handle::All)?);
        Ok(Self::of(&programs, &maps, &links, &Refs::gather(Pins::Sought)))
    }

    /// The graph of these things.
    pub fn of(programs: &[Program], maps: &[Map], links: &[Link], refs: &Refs) -> Self {
        let mut graph = Self::default();
        for map in maps {
            let facts = Facts { kind: map.kind.text(), name: map.name.clone() };
            graph.add(Node::Map(map.id), facts, refs, (ObjectKind::Map, map.id));
        }
        for program in programs {
            let facts = Facts { kind: program.kind.text(), name: program.name.clone() };
            let node = Node::Program(program.id);
            graph.add(node.clone(), facts, refs, (ObjectKind::Prog, program.id));
            graph.ties.extend(program.map_ids.iter().map(|map| (node.clone(), Tie::Uses, Node::Map(*map))));
        }
        for link in links {
            let facts = Facts { kind: link.kind.text(), name: place(link) };
            graph.add(Node::Link(link.id), facts, refs, (ObjectKind::Link, link.id));
            if link.program != 0 {
                graph.ties.insert((Node::Link(link.id), Tie::Runs, Node::Program(link.program)));
            }
        }
        // Things may go while they are looked at.
        let there: BTreeSet<Node> = graph.nodes.keys().cloned().collect();
        graph.ties.retain(|(from, _, to)| there.contains(from) && there.contains(to));
        graph
    }

    fn add(&mut self, node: Node, facts: Facts, refs: &Refs, id: (ObjectKind, u32)) {
        let known = refs.of(id.0, id.1);
        for holder in known.holders {
            let process = Node::Process(holder.pid);
            self.nodes.insert(process.clone(), Facts { kind: "process".to_owned(), name: holder.comm });
            self.ties.insert((process, Tie::Holds, node.clone()));
        }
        for path in known.pins.into_iter().flatten() {
            let pin = Node::Pin(path.clone());
            self.nodes.insert(pin.clone(), Facts { kind: "pin".to_owned(), name: path });
            self.ties.insert((pin, Tie::Pins, node.clone()));
        }
        self.nodes.insert(node, facts);
    }

    /// The nodes tied to `node` by `tie`, from their side.
    fn towards<'a>(&'a self, node: &'a Node, tie: Tie) -> impl Iterator<Item = &'a Node> {
        self.ties.iter().filter(move |(_, other, to)| *other == tie && to == node).map(|(from, ..)| from)
    }

    /// The nodes that `node` is tied to by `tie`.
    fn from<'a>(&'a self, node: &'a Node, tie: Tie) -> impl Iterator<Item = &'a Node> {
        self.ties.iter().filter(move |(from, other, _)| *other == tie && from == node).map(|(.., to)| to)
    }
}

/// Where a link is, on one line.
fn place(link: &Link) -> String {
    let mut text = Vec::new();
    links_text(std::slice::from_ref(link), &mut text);
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [first, .., _] if lines.len() > 4 => format!("{first} (and {} more)", lines.len() - 1),
        lines => lines.join("; "),
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "process:{pid}"),
            Self::Pin(path) => write!(f, "pin:{path}"),
            Self::Link(id) => write!(f, "link:{id}"),
            Self::Program(id) => write!(f, "prog:{id}"),
            Self::Map(id) => write!(f, "map:{id}"),
        }
    }
}

/// For people: each program with what is around it, then the maps and links that no program has.
pub fn ties_text(graph: &Graph) -> String {
    let mut out = String::new();
    for (node, facts) in &graph.nodes {
        let alone = match node {
            Node::Program(_) => true,
            Node::Map(_) => graph.towards(node, Tie::Uses).next().is_none(),
            Node::Link(_) => graph.from(node, Tie::Runs).next().is_none(),
            Node::Process(_) | Node::Pin(_) => false,
        };
        if alone {
            out.push_str(&line(node, facts, 0));
            kept(graph, node, 1, &mut out);
            for other in graph.towards(node, Tie::Runs).chain(graph.from(node, Tie::Uses)) {
                if let Some(facts) = graph.nodes.get(other) {
                    out.push_str(&line(other, facts, 1));
                    kept(graph, other, 2, &mut out);
                }
            }
        }
    }
    if out.is_empty() {
        out.push_str(NOTHING);
    }
    out
}

/// What stands for a graph without anything.
const NOTHING: &str = "no programs, maps or links are loaded\n";

/// `    map 7  hash  counts`
fn line(node: &Node, facts: &Facts, depth: usize) -> String {
    let (word, id) = match node {
        Node::Process(pid) => ("process", pid.to_string()),
        Node::Pin(path) => ("pin", path.clone()),
        Node::Link(id) => ("link", id.to_string()),
        Node::Program(id) => ("prog", id.to_string()),
        Node::Map(id) => ("map", id.to_string()),
    };
    let text = format!("{}{word} {id}  {}  {}", "    ".repeat(depth), facts.kind, facts.name);
    format!("{}\n", text.trim_end())
}

/// Who keeps it.
fn kept(graph: &Graph, node: &Node, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    let holders = graph.towards(node, Tie::Holds).filter_map(|holder| match holder {
        Node::Process(pid) => Some(format!("{}({pid})", graph.nodes.get(holder)?.name)),
        _ => None,
    });
    let holders: Vec<String> = holders.collect();
    if !holders.is_empty() {
        let _ = writeln!(out, "{indent}held by {}", holders.join(", "));
    }
    for pin in graph.towards(node, Tie::Pins) {
        if let Node::Pin(path) = pin {
            let _ = writeln!(out, "{indent}pinned {path}");
        }
    }
}

/// `{"nodes": [{"id", "kind", "type", "name"}], "edges": [{"from", "to", "kind"}]}`.
pub fn ties_json(graph: &Graph, form: Form) -> Vec<u8> {
    let mut json = Json::new(form);
    json.object(|json| {
        json.name("nodes");
        json.array(|json| {
            for (node, facts) in &graph.nodes {
                json.object(|json| {
                    let id = node.to_string();
                    json.text_field("id", &id);
                    json.text_field("kind", id.split(':').next().unwrap_or_default());
                    json.text_field("type", &facts.kind);
                    json.text_field("name", &facts.name);
                });
            }
        });
        json.name("edges");
        json.array(|json| {
            for (from, tie, to) in &graph.ties {
                json.object(|json| {
                    json.text_field("from", &from.to_string());
                    json.text_field("to", &to.to_string());
                    json.text_field("kind", tie.name());
                });
            }
        });
    });
    json.finish()
}

/// For Graphviz.
pub fn ties_dot(graph: &Graph) -> String {
    let mut out = String::from("digraph bpf {\n    rankdir = LR;\n    node [fontname = \"sans-serif\"];\n");
    for (node, facts) in &graph.nodes {
        let shape = match node {
            Node::Process(_) => "ellipse",
            Node::Pin(_) => "note",
            Node::Link(_) => "cds",
            Node::Program(_) => "box",
            Node::Map(_) => "cylinder",
        };
        let label = match node {
            Node::Pin(path) => path.clone(),
            Node::Process(pid) => format!("{} {pid}", facts.name),
            _ => format!("{node}\n{}\n{}", facts.kind, facts.name),
        };
        let _ =
            writeln!(out, "    {} [shape = {shape}, label = {}];", quoted(&node.to_string()), quoted(&label));
    }
    for (from, tie, to) in &graph.ties {
        let _ = writeln!(
            out,
            "    {} -> {} [label = {}];",
            quoted(&from.to_string()),
            quoted(&to.to_string()),
            tie.name()
        );
    }
    out.push_str("}\n");
    out
}

/// A string of Graphviz's.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Graph {
        let facts = |kind: &str, name: &str| Facts { kind: kind.to_owned(), name: name.to_owned() };
        let mut graph = Graph::default();
        graph.nodes.insert(Node::Process(7), facts("process", "a \"b\""));
        graph.nodes.insert(Node::Pin("/sys/fs/bpf/x".to_owned()), facts("pin", "/sys/fs/bpf/x"));
        graph.nodes.insert(Node::Link(3), facts("xdp", "lo"));
        graph.nodes.insert(Node::Program(2), facts("xdp", "pass"));
        graph.nodes.insert(Node::Map(1), facts("hash", "counts"));
        graph.nodes.insert(Node::Map(9), facts("array", ""));
        graph.ties.insert((Node::Process(7), Tie::Holds, Node::Link(3)));
        graph.ties.insert((Node::Pin("/sys/fs/bpf/x".to_owned()), Tie::Pins, Node::Map(1)));
        graph.ties.insert((Node::Link(3), Tie::Runs, Node::Program(2)));
        graph.ties.insert((Node::Program(2), Tie::Uses, Node::Map(1)));
        graph
    }

    #[test]
    fn text_goes_from_programs_outwards() {
        let expected = "prog 2  xdp  pass\n    link 3  xdp  lo\n        held by a \"b\"(7)\n    map 1  hash  counts\n        \
            pinned /sys/fs/bpf/x\nmap 9  array\n";
        assert_eq!(ties_text(&small()), expected);
        assert_eq!(ties_text(&Graph::default()), "no programs, maps or links are loaded\n");
    }

    #[test]
    fn names_are_quoted() {
        let dot = ties_dot(&small());
        assert!(dot.contains("\"process:7\" [shape = ellipse, label = \"a \\\"b\\\" 7\"];"), "{dot}");
        assert!(dot.contains("\"prog:2\" -> \"map:1\" [label = uses];"), "{dot}");
    }

    #[test]
    fn json_has_nodes_and_edges() {
        let text = String::from_utf8(ties_json(&small(), Form::Json)).unwrap();
        assert!(text.starts_with("{\"nodes\":[{\"id\":\"process:7\",\"kind\":\"process\""), "{text}");
        assert!(text.contains("{\"from\":\"link:3\",\"to\":\"prog:2\",\"kind\":\"runs\"}"), "{text}");
    }
}
