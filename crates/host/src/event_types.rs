//! Tracepoints as the kernel's types tell of them: what is known where the trace file system may not be read, or where the
//! types are another machine's. Only events that are a class of their own are found: the types do not say which class
//! the others are of, and the record of a system call does not name its arguments.
use osmia_btf::{Btf, Kind, Member, TypeId};
use osmia_object::{TraceEvent, TraceField};

/// What the record of a class of events is called, before its name (`include/trace/stages`).
const RECORD: &str = "trace_event_raw_";

/// The tracepoint of this name; its number is not known.
pub fn event_of_types(btf: &Btf, name: &str) -> Option<TraceEvent> {
    let record = btf.get(btf.find_struct(&format!("{RECORD}{name}"))?).ok()?;
    let mut fields = Vec::new();
    for member in record.kind.members() {
        match member.name.as_str() {
            "ent" => fields.extend(common(btf, member)?),
            "__data" => {}
            _ => fields.push(field(btf, member, 0)?),
        }
    }
    Some(TraceEvent { id: 0, fields })
}

/// The fields that all events have (`struct trace_entry`).
fn common(btf: &Btf, entry: &Member) -> Option<Vec<TraceField>> {
    let ty = btf.get(btf.resolve(entry.ty)).ok()?;
    let named = |member: &Member| {
        let found = field(btf, member, entry.bit_offset / 8)?;
        Some(TraceField { name: format!("common_{}", found.name), ..found })
    };
    ty.kind.members().iter().map(named).collect()
}

fn field(btf: &Btf, member: &Member, base: u32) -> Option<TraceField> {
    let id = btf.resolve(member.ty);
    let size = u32::try_from(btf.size_of(id).ok()?).ok()?;
    let (spelled, array) = match btf.get(id).ok()?.kind {
        Kind::Array { element, len, .. } => (element, Some(len)),
        _ => (member.ty, None),
    };
    let location = ["__data_loc", "__rel_loc"].into_iter().find_map(|location| {
        let name = member.name.strip_prefix(location)?.strip_prefix('_')?;
        Some((name.to_owned(), format!("{location} char[]")))
    });
    let (name, kind) = location.unwrap_or_else(|| (member.name.clone(), btf.type_name(spelled)));
    let signed = is_signed(btf, spelled);
    Some(TraceField { name, kind, array, offset: base + member.bit_offset / 8, size, signed })
}

fn is_signed(btf: &Btf, id: TypeId) -> bool {
    match btf.get(btf.resolve(id)).map(|ty| ty.kind) {
        Ok(Kind::Int { encoding, .. }) => encoding.is_signed(),
        Ok(Kind::Enum(body) | Kind::Enum64(body)) => body.signed,
        _ => false,
    }
}
