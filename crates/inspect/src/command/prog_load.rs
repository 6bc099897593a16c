//! `prog load`, `prog loadall`
use super::{Done, Failure, Session, Words, objects, pinning};
use crate::{OpenMap, Subject, facts, open_map};
use osmia_abi::{ProgramType, flags};
use osmia_loader::{
    AttachOptions, Choice, Device, Exclusive, LoadOptions, Loaded, LoadedProgram, Reuse, attach,
};
use osmia_object::section::lookup;
use osmia_object::{Attach, Object};
use osmia_sys::bpf::pin;
use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Whether all programs of an object are loaded and pinned, or only its first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    All,
}

/// What was asked for besides the object and the path.
#[derive(Default)]
struct Wanted<'a> {
    /// The section whose kind all programs get.
    section: Option<&'a str>,
    reused: Vec<(MapName<'a>, OpenMap)>,
    /// Maps that one program alone may use.
    exclusive: Vec<(MapName<'a>, &'a str)>,
    pin_maps: Option<&'a str>,
    auto_attach: bool,
    kernel_btf: Option<&'a str>,
    device: Option<Device>,
}

impl Wanted<'_> {
    /// Takes the name of the interface that programs are bound to.
    fn bind(&mut self, keyword: &str, how: fn(u32) -> Device, words: &mut Words<'_>) -> Done {
        if let Some(device) = self.device {
            let same = std::mem::discriminant(&device) == std::mem::discriminant(&how(0));
            return Err(Failure::words(match same {
                true => format!("{keyword} already specified"),
                false => "xdpmeta_dev and offload_dev are mutually exclusive".to_owned(),
            }));
        }
        let name = words.need("the name of an interface")?;
        let index = facts::interface_index(name)
            .ok_or_else(|| Failure::words(format!("unrecognized netdevice '{name}': No such device")))?;
        self.device = Some(how(index));
        Ok(())
    }
}

/// How a map of an object is named.
#[derive(Clone, Copy)]
enum MapName<'a> {
    Index(u32),
    Name(&'a str),
}

/// `OBJ PATH …`
pub(super) fn load(session: &mut Session<'_>, words: Words<'_>) -> Done {
    load_which(session, words, Which::First)
}

/// `OBJ PATH …`
pub(super) fn loadall(session: &mut Session<'_>, words: Words<'_>) -> Done {
    load_which(session, words, Which::All)
}

fn load_which(session: &mut Session<'_>, mut words: Words<'_>, which: Which) -> Done {
    if session.options.use_loader {
        return load_by_program(session, words, which);
    }
    words.at_least(2).map_err(Failure::plain)?;
    let (file, path) = (words.need("an object's file")?, words.need("a path")?);
    let wanted = wanted(&mut words)?;
    let mut object = objects::open(file)?;
    if let Some(section) = wanted.section {
        retype(&mut object, section)?;
    }
    let reused = reused(&object, &wanted)?;
    let debug = session.options.debug;
    let options = LoadOptions {
        programs: Choice::Autoload,
        reuse: reused,
        exclusive: exclusive(&object, &wanted)?,
        device: wanted.device,
        log_level: if debug { flags::LOG_LEVEL1 | flags::LOG_LEVEL2 | flags::LOG_STATS } else { 0 },
        ..LoadOptions::default()
    };
    let loaded = objects::load(session, &object, file, wanted.kernel_btf.map(Path::new), &options)?;
    let mut pinned = Pinned::default();
    let done = pin_programs(session, &loaded, path, which, &wanted, &mut pinned)
        .and_then(|()| pin_maps(session, &loaded, &wanted, &mut pinned));
    if done.is_err() {
        pinned.undo();
    }
    done
}

/// `OBJ [PATH …]` with `-L`: without a path, whether it can be loaded is all that is seen.
fn load_by_program(session: &mut Session<'_>, mut words: Words<'_>, which: Which) -> Done {
    words.at_least(1).map_err(Failure::plain)?;
    let (file, path) = (words.need("an object's file")?, words.word());
    let wanted = wanted(&mut words)?;
    let given = !wanted.reused.is_empty() || !wanted.exclusive.is_empty() || wanted.kernel_btf.is_some();
    if given || wanted.device.is_some() {
        return Err(Failure::words("with -L, maps, types and interfaces are those of this kernel"));
    }
    let mut object = objects::open(file)?;
    if let Some(section) = wanted.section {
        retype(&mut object, section)?;
    }
    let loaded = objects::load_by_program(session, &object, file)?;
    let Some(path) = path else { return Ok(()) };
    let mut pinned = Pinned::default();
    let done = pin_programs(session, &loaded, path, which, &wanted, &mut pinned)
        .and_then(|()| pin_maps(session, &loaded, &wanted, &mut pinned));
    if done.is_err() {
        pinned.undo();
    }
    done
}

fn wanted<'a>(words: &mut Words<'a>) -> Result<Wanted<'a>, Failure> {
    let mut wanted = Wanted::default();
    while let Some(word) = words.peek() {
        if words.take("type") {
            if wanted.section.is_some() {
                return Err(Failure::words("program type already specified"));
            }
            wanted.section = Some(words.need("a kind of programs")?);
        } else if words.take("map") {
            words.at_least(4).map_err(Failure::plain)?;
            let name = match words.peek() {
                Some(word) if "idx".starts_with(word) => {
                    words.word();
                    MapName::Index(words.number("IDX")?)
                }
                Some(word) if "name".starts_with(word) => {
                    words.word();
                    MapName::Name(words.need("a map's name")?)
                }
                other => {
                    let other = other.unwrap_or_default();
                    return Err(Failure::words(format!("expected 'idx' or 'name', got: '{other}'?")));
                }
            };
            if words.peek() == Some("exclusive") {
                words.word();
                wanted.exclusive.push((name, words.need("a program's name")?));
            } else {
                wanted.reused.push((name, open_map(&words.handle(Subject::Map)?)?));
            }
        } else if words.take("offload_dev") || words.take("dev") {
            wanted.bind("offload_dev", Device::Offload, words)?;
        } else if words.take("xdpmeta_dev") {
            wanted.bind("xdpmeta_dev", Device::Metadata, words)?;
        } else if words.take("pinmaps") {
            wanted.pin_maps = Some(words.need("a folder")?);
        } else if words.take("autoattach") {
            wanted.auto_attach = true;
        } else if words.take("kernel_btf") {
            wanted.kernel_btf = Some(words.need("a file")?);
        } else {
            return Err(Failure::words(format!(
                "expected no more arguments, 'type', 'map', 'offload_dev', 'xdpmeta_dev', 'pinmaps', 'autoattach', \
                or 'kernel_btf', got: '{word}'?"
            )));
        }
    }
    Ok(wanted)
}

/// Gives all programs the kind that a section's name stands for.
fn retype(object: &mut Object, section: &str) -> Done {
    let slashed = format!("{section}/");
    let found = lookup(section).or_else(|| lookup(&slashed));
    let Some(found) = found else {
        let known: Vec<&str> = ProgramType::ALL.iter().skip(1).map(|kind| kind.name()).collect();
        let kinds = known.join(", ");
        return Err(Failure::words(format!(
            "'{section}' is the name of no section of programs; kinds are {kinds}"
        )));
    };
    let kind = found.program();
    for (_, function) in object.functions.iter_mut() {
        if let Some(program) = &mut function.program {
            (program.kind, program.attach_type) = (kind.kind, kind.attach_type);
        }
    }
    Ok(())
}

/// Which of the object's maps are there already.
fn reused(object: &Object, wanted: &Wanted<'_>) -> Result<Vec<Reuse>, Failure> {
    let names: Vec<&str> = object.maps.values().map(|map| map.name.as_str()).collect();
    let mut reused: Vec<Reuse> = Vec::new();
    for (name, map) in &wanted.reused {
        let name = match name {
            MapName::Name(name) => names.iter().find(|known| *known == name).copied(),
            MapName::Index(index) => names.get(*index as usize).copied(),
        };
        let Some(name) = name else {
            return Err(match wanted.reused.iter().find(|(_, other)| other.facts.id == map.facts.id) {
                Some((MapName::Name(name), _)) => Failure::words(format!("unable to find map '{name}'")),
                Some((MapName::Index(index), _)) => Failure::words(format!("map idx '{index}' not used")),
                None => Failure::words("unable to find a map"),
            });
        };
        if reused.iter().any(|other| other.name == name) {
            return Err(Failure::words(format!("replacement for map '{name}' specified more than once")));
        }
        reused.push(Reuse { name: name.to_owned(), id: map.facts.id });
    }
    Ok(reused)
}

/// Which of the object's maps are for one program alone.
fn exclusive(object: &Object, wanted: &Wanted<'_>) -> Result<Vec<Exclusive>, Failure> {
    let one = |&(name, program): &(MapName<'_>, &str)| {
        let map = match name {
            MapName::Name(name) => Some(name.to_owned()),
            MapName::Index(index) => object.maps.values().nth(index as usize).map(|map| map.name.clone()),
        };
        let map = map.ok_or_else(|| Failure::words("the object has no map of this number"))?;
        Ok(Exclusive { map, program: program.to_owned() })
    };
    wanted.exclusive.iter().map(one).collect()
}

/// Pins that were made: they go away again where something fails.
#[derive(Default)]
struct Pinned(Vec<PathBuf>);

impl Pinned {
    fn pin(&mut self, object: &impl AsFd, path: PathBuf) -> Done {
        pin(object, &path)
            .map_err(|errno| Failure::errno(format!("failed to pin {}", path.display()), errno).plain())?;
        self.0.push(path);
        Ok(())
    }

    fn undo(self) {
        for path in self.0 {
            // The first failure is the one to tell.
            drop(fs::remove_file(path));
        }
    }
}

fn pin_programs(
    session: &mut Session<'_>,
    loaded: &Loaded,
    path: &str,
    which: Which,
    wanted: &Wanted<'_>,
    pinned: &mut Pinned,
) -> Done {
    if which == Which::First {
        let none = || Failure::words("object file doesn't contain any bpf program");
        let program = loaded.programs.first().ok_or_else(none)?;
        pinning::prepare(session, path)?;
        return pin_program(session, program, PathBuf::from(path), wanted, pinned);
    }
    pinning::folder(session, path)?;
    for program in &loaded.programs {
        pin_program(session, program, Path::new(path).join(&program.name), wanted, pinned)?;
    }
    Ok(())
}

/// Pins a program, or, where that is wanted and its section says where it belongs, a link that holds it there.
fn pin_program(
    session: &mut Session<'_>,
    program: &LoadedProgram,
    path: PathBuf,
    wanted: &Wanted<'_>,
    pinned: &mut Pinned,
) -> Done {
    if !wanted.auto_attach {
        return pinned.pin(&program.fd, path);
    }
    let placed = !matches!(program.attach, Attach::Nowhere | Attach::TestRun | Attach::Syscall { .. });
    let attached = placed.then(|| attach(program, &program.attach, &AttachOptions::default()));
    let failure = match &attached {
        Some(Ok(attachment)) => match attachment.links().as_deref() {
            Some([link]) => return pinned.pin(*link, path),
            _ => "what holds it is no single link".to_owned(),
        },
        Some(Err(error)) => error.to_string(),
        None => "its section does not say where it belongs".to_owned(),
    };
    session.note(&format!(
        "Program {} does not support autoattach, falling back to pinning ({failure})",
        program.name
    ));
    pinned.pin(&program.fd, path)
}

fn pin_maps(session: &Session<'_>, loaded: &Loaded, wanted: &Wanted<'_>, pinned: &mut Pinned) -> Done {
    let Some(folder) = wanted.pin_maps else { return Ok(()) };
    pinning::folder(session, folder)?;
    for map in loaded.maps.iter().filter(|map| !map.template) {
        // A BPF file system takes no dots in names.
        pinned.pin(&map.fd, Path::new(folder).join(map.name.replace('.', "_")))?;
    }
    Ok(())
}
