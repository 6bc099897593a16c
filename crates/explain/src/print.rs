//! An explanation as text.
use crate::{Explanation, Place, Refused, Station};
use std::fmt;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class.map_or("Refused", crate::Class::name);
        writeln!(f, "{class}: {}", self.meaning.as_ref().unwrap_or(&self.message))?;
        if let Some(place) = &self.place {
            writeln!(f, "  at {place}")?;
        }
        if let (Some(slot), Some(insn)) = (self.slot, &self.insn) {
            writeln!(f, "  instruction {slot}: {insn}")?;
        }
        if let Some(value) = &self.value {
            writeln!(f, "  {value}")?;
        }
        for station in &self.origin {
            writeln!(f, "    {station}")?;
        }
        for cause in &self.causes {
            writeln!(f, "    {cause}")?;
        }
        if self.meaning.is_some() {
            writeln!(f, "  the verifier says: {}", self.message)?;
        }
        for note in &self.notes {
            writeln!(f, "    {note}")?;
        }
        match &self.advice {
            Some(advice) => writeln!(f, "  what to do: {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.words, &self.held) {
            (Some(words), Some(held)) => write!(f, "r{} holds {words}: {held}", self.register),
            (None, Some(held)) => write!(f, "r{} holds {held}", self.register),
            (_, None) => write!(f, "the value in question is that of r{}", self.register),
        }
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4}: {}: {}", self.slot, self.insn, self.what)?;
        match self.place.as_ref().filter(|place| !place.text.is_empty()) {
            Some(place) if place.file.is_empty() => write!(f, " ({})", place.text),
            Some(place) => write!(f, " (line {}: {})", place.line, place.text),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.text.is_empty()) {
            (true, _) => f.write_str(&self.text),
            (false, true) => write!(f, "{}:{}", self.file, self.line),
            (false, false) => write!(f, "{}:{}: {}", self.file, self.line, self.text),
        }
    }
}
