//! What things hold at first.
use super::Parser;
use super::recovery::Within;
use crate::ast::{Designator, Initial, Initializer};
use osmia_base::Spanned;

impl Parser<'_> {
    /// `initializer = assignment | list`
    pub(super) fn initializer(&mut self) -> Initializer {
        if self.at("{") { self.initializer_list() } else { Initializer::Expr(self.assignment()) }
    }

    /// `list = "{" (initial ("," initial)* ","?)? "}"`
    pub(super) fn initializer_list(&mut self) -> Initializer {
        let start = self.pos;
        let list = self.nested(Self::initials).unwrap_or_default();
        Initializer::List(list, self.from(start))
    }

    fn initials(&mut self) -> Vec<Initial> {
        let open = self.bump();
        let mut list = Vec::new();
        while !self.lost && !self.at("}") {
            let initial = self.beside(Self::initial);
            list.push(initial);
            if !self.at("}") && !self.eat(",") && !self.lost {
                self.missing("`,` or `}` behind this value");
            }
        }
        self.close("}", open, "list of values", Within::Block);
        list
    }

    /// `initial = (designator+ "="? | name ":")? initializer`
    fn initial(&mut self) -> Initial {
        let designators = self.designation();
        Initial { designators, value: self.initializer() }
    }

    fn designation(&mut self) -> Vec<Designator> {
        if self.at_name() && self.second().is(":") {
            let name = self.bump();
            self.bump();
            return vec![Designator::Member(Spanned::new(name.text, name.span))];
        }
        let designators = self.designators();
        // `[1] 5` without `=` is an old form.
        let old = matches!(designators.as_slice(), [Designator::Index(_) | Designator::Range(..)]);
        if !designators.is_empty() && !self.eat("=") && !old && !self.lost {
            self.missing("`=`");
        }
        designators
    }

    /// `designator = "." name | "[" index ("..." index)? "]"`
    pub(super) fn designators(&mut self) -> Vec<Designator> {
        let mut designators = Vec::new();
        while !self.lost {
            if self.eat(".") {
                let name = self.name("the name of a member");
                designators.extend(name.map(Designator::Member));
            } else if self.at("[") {
                let designator = self.beside(Self::index_designator);
                designators.push(designator);
            } else {
                break;
            }
        }
        designators
    }

    fn index_designator(&mut self) -> Designator {
        let open = self.bump();
        let first = Box::new(self.conditional());
        let last = self.eat("...").then(|| Box::new(self.beside(Self::conditional)));
        self.close("]", open, "index", Within::Statement);
        match last {
            Some(last) => Designator::Range(first, last),
            None => Designator::Index(first),
        }
    }
}
