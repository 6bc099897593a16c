//! `map`: loaded maps.
use super::map_create::{create, freeze, pin};
use super::map_element::{delete, getnext, lookup, pop, update};
use super::map_events::{event_pipe, events};
use super::{Done, MAP, Object, PROG, Session, Words, map_dump, row, term};
use crate::{Handle, Map, Pins, Refs, Subject, maps, maps_json, maps_text};
use osmia_sys::bpf::ObjectKind;

pub(super) const OBJECT: Object = Object {
    name: "map",
    help: "loaded maps",
    rows: &[
        row(&["show", "list"], "[MAP]", "tell what is loaded: all of it, or what a handle names", show),
        row(&["dump"], "MAP", "show all that is in a map", map_dump::dump),
        row(
            &["update"],
            "MAP [key DATA] [value VALUE] [{ any | exist | noexist }]",
            "write an element: a new one, one that is there, or either",
            update,
        ),
        row(&["lookup"], "MAP [key DATA]", "show an element", lookup),
        row(&["getnext"], "MAP [key DATA]", "show the key after a key, or the first", getnext),
        row(&["delete"], "MAP key DATA", "remove an element", delete),
        row(&["pin"], "MAP FILE", "keep a map under a path in a BPF file system", pin),
        row(
            &["event_pipe"],
            "MAP [cpu N index M]",
            "show what programs send to an array of perf events, until a signal",
            event_pipe,
        ),
        row(
            &["events"],
            "MAP [type NAME]",
            "show what programs send to a ring buffer or an array of perf events, as values of a type",
            events,
        ),
        row(
            &["create"],
            "FILE type TYPE key KEY_SIZE value VALUE_SIZE entries MAX_ENTRIES name NAME\n\
            [flags FLAGS] [inner_map MAP] [offload_dev NAME]",
            "make a map and pin it",
            create,
        ),
        row(&["peek"], "MAP", "show the next element of a queue or stack", lookup),
        row(&["push", "enqueue"], "MAP value VALUE", "add an element to a queue or stack", update),
        row(&["pop", "dequeue"], "MAP", "show the next element of a queue or stack, and remove it", pop),
        row(&["freeze"], "MAP", "forbid user space to write to a map from now on", freeze),
    ],
    terms: &[
        MAP,
        term("DATA", "{ [hex] BYTE ... | 'VALUE OF ITS TYPE' }, as {pid: 1, comm: \"x\"}"),
        PROG,
        term("VALUE", "{ DATA | MAP | PROG }"),
        term("TYPE", "the name of a kind of maps; 'feature list_builtins map_types' tells all"),
    ],
};

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let handle = super::prog::only_handle(Subject::Map, &mut words)?;
    let mut maps = maps(&handle)?;
    let refs = Refs::gather(session.pins());
    maps.iter_mut().for_each(|map: &mut Map| map.known = refs.of(ObjectKind::Map, map.id));
    session.print(maps.as_slice(), maps_text, |maps, json| maps_json(maps, handle != Handle::All, json))
}

impl Session<'_> {
    /// Whether pins are to be told.
    pub(super) const fn pins(&self) -> Pins {
        if self.options.pins { Pins::Sought } else { Pins::Ignored }
    }
}
