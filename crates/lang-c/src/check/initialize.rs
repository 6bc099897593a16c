//! Initializers: what goes where (C11 6.7.9).
use super::Checker;
use super::convert::Given;
use super::make::{Value, number};
use crate::Name;
use crate::ast::{self, Basic, Designator, Initial, Initializer, RecordKind};
use crate::typed::{Expr, Place, Relocate};
use crate::types::{Field, Ty, TypeKind};
use osmia_base::{Diagnostic, Span, Spanned};

/// How deep what is initialized may be made of parts.
const MAX_DEPTH: u32 = 128;

/// So many stores may one initializer make.
const MAX_STORES: usize = 1 << 20;

/// One thing that is stored at first.
#[derive(Clone, Debug)]
pub(super) enum Store {
    Scalar(Place, Expr),
    /// A record as it is elsewhere.
    Copy(Place, Place),
    /// Text at the begin of an array of characters: its bytes, as many as fit.
    Text(Place, Vec<u8>),
}

/// What an initializer comes to.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// In order; later ones win.
    pub(super) stores: Vec<Store>,
    /// How many elements an array without a length has by it.
    pub(super) length: u64,
    /// Where a member without a length is given elements.
    pub(super) flexible: Option<Span>,
    /// Whether braces stand around it, so that what is not named is zero.
    pub(super) braced: bool,
    /// Where the last part begins, in bits, of as many stores as were looked at.
    pub(super) furthest: Option<u64>,
    pub(super) looked_at: usize,
    /// How many stores were gone through for what is initialized once more.
    pub(super) gone_through: usize,
    depth: u32,
}

/// The items of a braced list, one after the other.
struct Cursor<'b> {
    items: &'b [Initial],
    /// What the first item is, if it was looked at already; none inside where an error was told.
    seen: Option<Option<Value>>,
}

impl<'b> Cursor<'b> {
    const fn new(items: &'b [Initial]) -> Self {
        Self { items, seen: None }
    }

    fn advance(&mut self) {
        self.items = self.items.get(1..).unwrap_or(&[]);
        self.seen = None;
    }

    fn first(&self) -> Option<&'b Initial> {
        self.items.first()
    }

    /// The next item, unless it says itself where it goes.
    fn plain(&self) -> Option<&'b Initial> {
        self.first().filter(|item| item.designators.is_empty())
    }
}

impl Checker<'_> {
    /// All that an initializer stores in a place.
    pub(super) fn initialize(&mut self, place: Place, initializer: &Initializer) -> Filled {
        let mut filled = Filled::default();
        self.initialize_in(place, initializer, &mut filled);
        filled
    }

    fn initialize_in(&mut self, place: Place, initializer: &Initializer, filled: &mut Filled) {
        match initializer {
            Initializer::Expr(expr) => match text_for(self, place.ty, expr) {
                Some(text) => self.text_store(place, text, expr.span, filled),
                None => {
                    if let Some(value) = self.value(expr) {
                        self.store(place, value, expr.span, filled);
                    }
                }
            },
            Initializer::List(items, span) => {
                filled.braced = true;
                self.list(place, items, *span, filled);
            }
        }
    }

    fn list(&mut self, place: Place, items: &[Initial], span: Span, filled: &mut Filled) {
        if let [Initial { designators, value: Initializer::Expr(expr) }] = items
            && designators.is_empty()
            && let Some(text) = text_for(self, place.ty, expr)
        {
            return self.text_store(place, text, expr.span, filled);
        }
        self.complete(place.ty);
        match self.types.bare_kind(place.ty) {
            TypeKind::Array(..) | TypeKind::Record(_) => self.braced(place, items, filled),
            _ => self.braced_scalar(place, items, span, filled),
        }
    }

    fn braced_scalar(&mut self, place: Place, items: &[Initial], span: Span, filled: &mut Filled) {
        match items {
            [] => {
                let ty = place.ty;
                let zero = self.int(0, Basic::Int, span);
                let zero = self.convert(zero, ty);
                filled.stores.push(Store::Scalar(place, zero));
            }
            [only] if only.designators.is_empty() => self.initialize_in(place, &only.value, filled),
            _ => self.error(span, "one number or pointer is initialized by one value".to_owned()),
        }
    }

    /// All items of a braced list.
    fn braced(&mut self, place: Place, items: &[Initial], filled: &mut Filled) {
        let mut cursor = Cursor::new(items);
        let mut begun = false;
        while let Some(item) = cursor.first() {
            let before = cursor.items.len();
            if !item.designators.is_empty() {
                self.designated(place.clone(), &[], &item.designators, &mut cursor, filled);
            } else if !begun {
                self.fill(place.clone(), 0, &mut cursor, filled);
            }
            begun = true;
            if cursor.items.len() == before {
                let text = self.spell(place.ty);
                self.error(item_span(item), format!("there are more values than `{text}` has room for"));
                return;
            }
        }
    }

    /// Items that do not say where they go, from a position on.
    fn fill(&mut self, place: Place, from: u64, cursor: &mut Cursor<'_>, filled: &mut Filled) {
        if !self.deeper(&place, filled) {
            cursor.items = &[];
            return;
        }
        match self.types.bare_kind(place.ty) {
            TypeKind::Array(_, length) => {
                let length = length.unwrap_or(u64::MAX);
                self.fill_array(&place, from, length, cursor, filled);
            }
            TypeKind::Record(_) => self.fill_record(&place, from, cursor, filled),
            _ => {}
        }
        filled.depth -= 1;
    }

    fn deeper(&mut self, place: &Place, filled: &mut Filled) -> bool {
        if filled.depth >= MAX_DEPTH || filled.stores.len() >= MAX_STORES {
            self.error(place.span, "this initializer is too large to be understood".to_owned());
            return false;
        }
        filled.depth += 1;
        true
    }

    fn fill_array(
        &mut self,
        place: &Place,
        from: u64,
        length: u64,
        cursor: &mut Cursor<'_>,
        filled: &mut Filled,
    ) {
        for index in from..length {
            let before = cursor.items.len();
            if cursor.plain().is_none() {
                return;
            }
            let Some(element) = self.indexed(place.clone(), index, filled) else { return };
            self.item(element, cursor, filled);
            if cursor.items.len() == before || filled.stores.len() >= MAX_STORES {
                return;
            }
        }
    }

    fn fill_record(&mut self, place: &Place, from: u64, cursor: &mut Cursor<'_>, filled: &mut Filled) {
        let Some(record) = self.types.record(place.ty) else { return };
        let Some(body) = &self.types.records[record].body else { return };
        let union = self.types.records[record].kind == RecordKind::Union;
        let first = body.fields.iter().position(takes_a_value);
        for index in usize::try_from(from).unwrap_or(usize::MAX)..body.fields.len() {
            if cursor.plain().is_none() {
                return;
            }
            let field = self.types.records[record].body.as_ref().and_then(|body| body.fields.get(index));
            if !field.is_some_and(takes_a_value) {
                continue;
            }
            if union && Some(index) != first {
                return;
            }
            let Some(field) = self.field(place.clone(), record, index, Relocate::No) else { return };
            self.choose_member(place, record, index, filled);
            self.item(field, cursor, filled);
        }
    }

    /// The next item, into this place; if it has no braces and the place has parts, as many items as those take.
    fn item(&mut self, place: Place, cursor: &mut Cursor<'_>, filled: &mut Filled) {
        let Some(item) = cursor.first() else { return };
        let expr = match &item.value {
            Initializer::List(items, span) => {
                cursor.advance();
                self.begin_anew(&place, filled);
                return self.list(place, items, *span, filled);
            }
            Initializer::Expr(expr) => expr,
        };
        if let Some(text) = text_for(self, place.ty, expr) {
            cursor.advance();
            self.begin_anew(&place, filled);
            return self.text_store(place, text, expr.span, filled);
        }
        let array = matches!(self.types.bare_kind(place.ty), TypeKind::Array(..));
        if array || self.types.record(place.ty).is_some() {
            let value = cursor.seen.take().unwrap_or_else(|| self.value(expr));
            let whole = value.as_ref().is_some_and(|value| {
                let ty = self.type_of(value);
                !matches!(value, Value::Function(..)) && self.compatible(ty, place.ty)
            });
            if !whole {
                cursor.seen = Some(value);
                return self.elided(place, cursor, filled);
            }
            cursor.advance();
            self.begin_anew(&place, filled);
            if let Some(value) = value {
                self.store(place, value, expr.span, filled);
            }
            return;
        }
        let value = cursor.seen.take().unwrap_or_else(|| self.value(expr));
        cursor.advance();
        if let Some(value) = value {
            self.store(place, value, expr.span, filled);
        }
    }

    /// A place with parts whose braces are left out; its first item may say itself where the whole goes.
    fn elided(&mut self, place: Place, cursor: &mut Cursor<'_>, filled: &mut Filled) {
        let Some(item) = cursor.first() else { return };
        if item.designators.is_empty() {
            return self.fill(place, 0, cursor, filled);
        }
        // The designators led here; what follows begins with this item.
        let Some(first) = self.first_part(place.clone(), filled) else {
            cursor.advance();
            return;
        };
        if self.deeper(&place, filled) {
            self.item(first, cursor, filled);
            filled.depth -= 1;
            self.fill(place, 1, cursor, filled);
        }
    }

    fn first_part(&mut self, place: Place, filled: &mut Filled) -> Option<Place> {
        match self.types.bare_kind(place.ty) {
            TypeKind::Array(..) => self.indexed(place, 0, filled),
            TypeKind::Record(record) => {
                let record = *record;
                self.field(place, record, 0, Relocate::No)
            }
            _ => None,
        }
    }

    /// Goes where an item says, stores it there, and goes on behind it.
    fn designated(
        &mut self,
        place: Place,
        path: &[usize],
        rest: &[Designator],
        cursor: &mut Cursor<'_>,
        filled: &mut Filled,
    ) {
        if let Some((&index, path)) = path.split_first() {
            let record = self.types.record(place.ty);
            let field = record.and_then(|record| self.field(place.clone(), record, index, Relocate::No));
            let Some(field) = field else { return cursor.advance() };
            if let Some(record) = record {
                self.choose_member(&place, record, index, filled);
            }
            self.designated(field, path, rest, cursor, filled);
            return self.fill(place, index as u64 + 1, cursor, filled);
        }
        match rest.split_first() {
            None => self.item(place, cursor, filled),
            Some((Designator::Member(name), rest)) => match self.path_to(&place, *name) {
                Some(path) => self.designated(place, &path, rest, cursor, filled),
                None => cursor.advance(),
            },
            Some((Designator::Index(index), rest)) => {
                self.designated_elements(place, (index, index), rest, cursor, filled);
            }
            Some((Designator::Range(first, last), rest)) => {
                self.designated_elements(place, (first, last), rest, cursor, filled);
            }
        }
    }

    fn designated_elements(
        &mut self,
        place: Place,
        (first, last): (&ast::Expr, &ast::Expr),
        rest: &[Designator],
        cursor: &mut Cursor<'_>,
        filled: &mut Filled,
    ) {
        let Some((from, to)) = self.range(&place, first, last) else { return cursor.advance() };
        if from < to {
            let second = self.indexed(place.clone(), from + 1, filled);
            if let Some((second, last)) = second.zip(self.indexed(place.clone(), to, filled)) {
                self.begin_elements_anew(&second, &last, filled);
            }
        }
        let (items, mut after) = (cursor.items, cursor.items);
        for index in from..=to {
            if filled.stores.len() >= MAX_STORES {
                break;
            }
            // What follows goes on behind the last of them.
            *cursor = Cursor::new(if index == to { items } else { items.get(..1).unwrap_or(items) });
            let Some(element) = self.indexed(place.clone(), index, filled) else { return cursor.advance() };
            self.designated(element, &[], rest, cursor, filled);
            after = cursor.items;
        }
        *cursor = Cursor::new(after);
        if after.len() == items.len() {
            cursor.advance();
        }
        self.fill(place, to.saturating_add(1), cursor, filled);
    }

    fn path_to(&mut self, place: &Place, name: Spanned<Name>) -> Option<Vec<usize>> {
        let record = self.types.record(place.ty);
        let path = record.and_then(|record| self.find_member(record, name.node));
        if path.is_none() {
            // The same words as where a member is read.
            self.step_into(place.clone(), name);
        }
        path
    }

    fn range(&mut self, place: &Place, first: &ast::Expr, last: &ast::Expr) -> Option<(u64, u64)> {
        let (from, to) = (self.constant(first)?.0, self.constant(last)?.0);
        let TypeKind::Array(_, length) = self.types.bare_kind(place.ty) else {
            let text = self.spell(place.ty);
            self.error(first.span, format!("`{text}` has no elements"));
            return None;
        };
        let end = length.unwrap_or(i64::MAX as u64 / 8);
        let (from, to) = (u64::try_from(from).ok(), u64::try_from(to).ok());
        let inside = from.zip(to).filter(|(from, to)| from <= to && *to < end);
        if inside.is_none() {
            let text = self.spell(place.ty);
            self.error(first.span.to(last.span), format!("`{text}` has no such element"));
        }
        inside
    }

    /// An element by number; an array without a length grows by it.
    fn indexed(&mut self, place: Place, index: u64, filled: &mut Filled) -> Option<Place> {
        let span = place.span;
        if matches!(self.types.bare_kind(place.ty), TypeKind::Array(_, None)) {
            if matches!(place.kind, crate::typed::PlaceKind::Field { .. }) {
                filled.flexible = Some(span);
            } else {
                filled.length = filled.length.max(index.saturating_add(1));
            }
        }
        let long = self.types.basic(Basic::Long);
        let index = number(i64::try_from(index).ok()?, long, span);
        self.element(place, index, Relocate::No, span)
    }

    fn store(&mut self, place: Place, value: Value, span: Span, filled: &mut Filled) {
        let place = Place { span, ..place };
        if let (Value::Place(from), TypeKind::Array(..)) = (&value, self.types.bare_kind(place.ty)) {
            return self.store_array(place, from.clone(), span, filled);
        }
        if let TypeKind::Array(..) = self.types.bare_kind(place.ty) {
            let text = self.spell(place.ty);
            let diagnostic =
                Diagnostic::error(span, format!("`{text}` is initialized by a list, or by text"));
            return self.diagnostics.push(diagnostic.hint("write `{ … }` around the elements"));
        }
        let ty = self.types.unqualified(place.ty);
        match self.given(value, ty, "what is initialized", span) {
            Some(Given::Scalar(value)) => filled.stores.push(Store::Scalar(place, value)),
            Some(Given::Record(from)) => filled.stores.push(Store::Copy(place, from)),
            None => {}
        }
    }

    /// GNU C: an array from a compound literal.
    fn store_array(&mut self, place: Place, from: Place, span: Span, filled: &mut Filled) {
        if !self.compatible(place.ty, from.ty) {
            let text = self.spell(place.ty);
            self.error(span, format!("`{text}` is initialized by a list, or by text"));
            return;
        }
        if let TypeKind::Array(_, Some(length)) = self.types.bare_kind(from.ty) {
            filled.length = filled.length.max(*length);
        }
        filled.stores.push(Store::Copy(place, from));
    }

    fn text_store(&mut self, place: Place, text: &[u8], span: Span, filled: &mut Filled) {
        let mut bytes = text.to_vec();
        bytes.push(0);
        match self.types.bare_kind(place.ty) {
            TypeKind::Array(_, Some(length)) => {
                let room = usize::try_from(*length).unwrap_or(usize::MAX);
                if text.len() > room {
                    let text = format!("this text has {} bytes, and there is room for {room}", text.len());
                    self.warn(span, text);
                }
                bytes.truncate(room);
            }
            _ if matches!(place.kind, crate::typed::PlaceKind::Field { .. }) => filled.flexible = Some(span),
            _ => filled.length = filled.length.max(bytes.len() as u64),
        }
        filled.stores.push(Store::Text(Place { span, ..place }, bytes));
    }
}

/// Whether a member is initialized in its turn: unnamed bits are padding.
fn takes_a_value(field: &Field) -> bool {
    field.name.is_some() || field.bits.is_none()
}

/// The text that initializes an array of characters.
fn text_for<'b>(checker: &Checker<'_>, ty: Ty, expr: &'b ast::Expr) -> Option<&'b [u8]> {
    let ast::ExprKind::Text(text) = &expr.kind else { return None };
    let TypeKind::Array(element, _) = checker.types.bare_kind(ty) else { return None };
    checker.types.integer(*element).filter(|integer| integer.size == 1).map(|_| text.as_slice())
}

fn item_span(item: &Initial) -> Span {
    match &item.value {
        Initializer::Expr(expr) => expr.span,
        Initializer::List(_, span) => *span,
    }
}
