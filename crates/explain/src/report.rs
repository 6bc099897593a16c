//! The structured report of newer kernels (kernel/bpf/diagnostics.c): a heading, `Reason:`, `At:`, `Causal path:`, `Suggestion:`.

/// A report, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// The class, as the kernel names it.
    pub(crate) class: String,
    /// What was wrong, in a few words.
    pub(crate) title: String,
    /// Why.
    pub(crate) reason: String,
    /// What to do.
    pub(crate) suggestion: String,
    /// The instruction, in slots.
    pub(crate) slot: Option<u32>,
    /// File, line and column.
    pub(crate) at: Option<(String, u32, u32)>,
    /// The text of that line.
    pub(crate) source: String,
    /// What led there, line by line.
    pub(crate) causes: Vec<String>,
}

/// The parts of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Reason,
    At,
    Causes,
    Suggestion,
    Other,
}

const PARTS: [(&str, Part); 4] = [
    ("Reason:", Part::Reason),
    ("At:", Part::At),
    ("Causal path:", Part::Causes),
    ("Suggestion:", Part::Suggestion),
];

impl Report {
    /// Reads the last report of a log.
    pub(crate) fn read(log: &str) -> Option<Self> {
        let (_, text) = log.rsplit_once("Verification failed: ")?;
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let (class, title) = head.split_once(": ").unwrap_or((head, ""));
        let mut report =
            Self { class: class.trim().to_owned(), title: title.trim().to_owned(), ..Self::default() };
        let mut part = Part::Other;
        for line in body.lines() {
            if line.starts_with("processed ") {
                break;
            }
            match PARTS.iter().find(|(name, _)| line.trim_end() == *name) {
                Some((_, next)) => part = *next,
                None => report.add(part, line.trim()),
            }
        }
        Some(report)
    }

    fn add(&mut self, part: Part, line: &str) {
        match part {
            _ if line.is_empty() => {}
            Part::Reason => join(&mut self.reason, line),
            Part::Suggestion => join(&mut self.suggestion, line),
            Part::Causes => self.causes.push(line.to_owned()),
            Part::At => self.place(line),
            Part::Other => {}
        }
    }

    /// `main @ prog.c:12:5`, `insn 7`, `>>> 7 | (95) exit`, `>>> 12 | return *p;`.
    fn place(&mut self, line: &str) {
        let numbered =
            |text: &str| text.split_once(" | ").and_then(|(number, _)| number.trim().parse::<u32>().ok());
        if let Some(focus) = line.strip_prefix(">>>") {
            let text = focus.split_once(" | ").map_or("", |(_, text)| text.trim());
            if text.starts_with('(') && text.as_bytes().get(3) == Some(&b')') {
                self.slot = numbered(focus).or(self.slot);
            } else if self.at.as_ref().is_some_and(|(_, line, _)| numbered(focus) == Some(*line)) {
                text.clone_into(&mut self.source);
            }
        } else if let Some(number) = line.strip_prefix("insn ") {
            self.slot = number.trim().parse().ok().or(self.slot);
        } else if self.at.is_none() {
            self.at = location(line.rsplit_once(" @ ").map_or(line, |(_, at)| at));
        }
    }
}

/// Reads `prog.c:12:5`.
fn location(text: &str) -> Option<(String, u32, u32)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file.to_owned(), line.parse().ok()?, column.parse().ok()?))
}

fn join(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(line);
}
