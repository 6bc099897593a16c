//! `osmia attach` and `osmia detach` for what is loaded already.
use crate::kernel::ENDING;
use crate::output::Output;
use crate::run_object::{Keep, keep_each};
use osmia_loader::{AttachOptions, adopt, take_away, take_away_link};
use osmia_object::ObjectRef;
use osmia_object::place::Wish;
use osmia_sys::bpf::{Pinned, link_by_id};
use osmia_sys::{Errno, FileSystem, Interest, LinkFd, Poller, SignalFd, file_system_at};
use std::path::{Path, PathBuf};

/// A wish for a program that is loaded already.
#[derive(Clone, Debug)]
pub struct AttachRequest {
    /// The program.
    pub program: ObjectRef,
    /// Where.
    pub wish: Wish,
    /// What becomes of it.
    pub keep: Keep,
    /// What else there is to say.
    pub options: AttachOptions,
    /// Say nothing.
    pub quiet: bool,
}

/// Attaches a loaded program; keeps it there, or waits for a signal and takes it away.
pub fn attach_loaded(request: &AttachRequest, output: &mut Output) -> Result<(), String> {
    let program = adopt(&request.program, request.wish.attach_type)?;
    if let Some(kind) = request.wish.kind.filter(|kind| *kind != program.kind) {
        return Err(format!(
            "`{}` is a {} program, and that place takes {} programs",
            program.name,
            program.kind.name(),
            kind.name()
        ));
    }
    let signals = SignalFd::new(ENDING).map_err(|error| error.to_string())?;
    let cookie = request.wish.cookie.unwrap_or(request.options.cookie);
    let options = AttachOptions { cookie, ..request.options.clone() };
    let attached =
        osmia_loader::attach(&program, &request.wish.attach, &options).map_err(|error| error.to_string())?;
    let say = |output: &mut Output, line: &str| match request.quiet {
        true => Ok(()),
        false => output.note(line).map_err(|error| error.to_string()),
    };
    if request.keep != Keep::Watched {
        for path in keep_each(vec![attached], &request.keep)? {
            say(output, &format!("pinned {}", path.display()))?;
        }
        return Ok(());
    }
    say(output, "attached; it is taken away when this ends")?;
    wait(&signals).map_err(|error| error.to_string())?;
    drop(attached);
    Ok(())
}

fn wait(signals: &SignalFd) -> Result<(), Errno> {
    let poller = Poller::new()?;
    poller.add(signals, 0, Interest::Read)?;
    loop {
        match poller.wait(None) {
            Err(Errno::EINTR) => {}
            answer => return answer.map(drop),
        }
    }
}

/// Ends a link, by its pin, which is removed, by a directory of pins, or by its id: what was done, and what was not and why, link
/// by link.
pub fn detach_link(which: &ObjectRef) -> Vec<Result<String, String>> {
    match which {
        ObjectRef::Pinned(path) if Path::new(path).is_dir() => detach_pins(Path::new(path)),
        ObjectRef::Pinned(path) => vec![detach_pin(Path::new(path))],
        ObjectRef::Id(id) => {
            let link = link_by_id(*id).map_err(|errno| unopened(*id, errno));
            vec![link.and_then(|link| end(&link, &format!("link {id}")))]
        }
        ObjectRef::Name(name) => vec![Err(format!("links have no names: say the id or the pin of `{name}`"))],
    }
}

/// Why a link is not opened by its id.
fn unopened(id: u32, errno: Errno) -> String {
    match errno {
        Errno::ENOENT => format!("there is no link {id}"),
        Errno::EPERM | Errno::EACCES => format!(
            "link {id} cannot be opened: only root (CAP_SYS_ADMIN) may open links by their ids; run it with sudo, or name its pin"
        ),
        errno => format!("link {id} cannot be opened: {errno}"),
    }
}

fn detach_pins(dir: &Path) -> Vec<Result<String, String>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => return vec![Err(format!("{}: {error}", dir.display()))],
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let (mut programs, mut maps) = (0, 0);
    paths.retain(|path| match Pinned::get(path) {
        Ok(Pinned::Link(_)) => true,
        Ok(Pinned::Prog(_)) => {
            programs += 1;
            false
        }
        Ok(Pinned::Map(_)) => {
            maps += 1;
            false
        }
        Err(_) => false,
    });
    if paths.is_empty() {
        return vec![Err(format!("{}: no link is pinned there", dir.display()))];
    }
    let done = paths.iter().map(|path| detach_pin(path));
    done.chain(still_pinned(dir, programs, maps).map(Ok)).collect()
}

/// What a directory has besides links, in a sentence.
fn still_pinned(dir: &Path, programs: usize, maps: usize) -> Option<String> {
    let some = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {one}s")),
    };
    let what: Vec<String> = some(programs, "program").into_iter().chain(some(maps, "map")).collect();
    let are = if programs + maps == 1 { "is" } else { "are" };
    let dir = dir.display();
    (!what.is_empty()).then(|| {
        format!(
            "{dir}: {} {are} still pinned there; unloaded when their pins are removed: rm -r {dir}",
            what.join(" and ")
        )
    })
}

fn detach_pin(path: &Path) -> Result<String, String> {
    let name = path.display();
    let link = match Pinned::get(path) {
        Ok(Pinned::Link(link)) => link,
        Ok(Pinned::Prog(_)) => {
            return Err(format!(
                "{name} is a program's pin, and a program may be in many places: name its link, or its place \
                 (`osmia detach WHERE prog={name}`)"
            ));
        }
        Ok(Pinned::Map(_)) => return Err(format!("{name} is the pin of a map")),
        Err(Errno::ELOOP) => {
            return Err(format!(
                "{name}: there is a symbolic link on the way in a directory that others can write; name the place itself"
            ));
        }
        Err(Errno::EACCES | Errno::EPERM) if file_system_at(FileSystem::Bpf, path) == Ok(false) => {
            return Err(format!(
                "{name} is no pin: pins are files of a BPF file system, such as /sys/fs/bpf"
            ));
        }
        Err(errno) => return Err(format!("{name}: {errno}")),
    };
    // What only ends with its last pin and descriptor ends with this pin, unless somebody else holds it.
    let ended = take_away_link(&link);
    std::fs::remove_file(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(match ended {
        Ok(()) => format!("{name}: detached, and its pin removed"),
        Err(_) => {
            format!("{name}: its pin is removed; the program stays if another pin or process holds the link")
        }
    })
}

fn end(link: &LinkFd, name: &str) -> Result<String, String> {
    match take_away_link(link) {
        Ok(()) => Ok(format!("{name}: detached")),
        Err(Errno::EOPNOTSUPP | Errno::ENOTSUPP | Errno::EINVAL) => Err(format!(
            "{name} is of a kind that ends only with its last pin and descriptor: remove its pin (`osmia detach PIN`), or end \
             the process that holds it"
        )),
        Err(errno) => Err(format!("{name} cannot be detached: {errno}")),
    }
}

/// Takes a program away from a place that holds it without a link.
pub fn detach_place(wish: &Wish, program: Option<&ObjectRef>) -> Result<(), String> {
    take_away(&wish.attach, wish.attach_type, program)
        .map_err(|error| format!("{}: {}", error.place, error.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_pinned_is_counted() {
        let told = |programs, maps| still_pinned(Path::new("/d"), programs, maps);
        assert_eq!(told(0, 0), None);
        let words = "/d: 2 programs and 5 maps are still pinned there; unloaded when their pins are removed: rm -r /d";
        assert_eq!(told(2, 5).as_deref(), Some(words));
        assert!(told(0, 1).is_some_and(|words| words.starts_with("/d: 1 map is still pinned there")));
    }

    #[test]
    fn links_that_are_not_there_and_links_of_others() {
        assert_eq!(unopened(7, Errno::ENOENT), "there is no link 7");
        assert!(unopened(7, Errno::EPERM).starts_with("link 7 cannot be opened: only root"));
    }
}
