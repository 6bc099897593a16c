//! Programs, structures of functions and links.
use super::Error;
use osmia_loader::{AttachOptions, Attachment, LoadedMap, LoadedProgram, detach_all};
use osmia_object::{Attach, place};
use osmia_sys::bpf::{TestRun, TestRunResult, prog_info};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    loaded: Option<Arc<LoadedProgram>>,
}

impl Program {
    pub(super) fn new(name: &str, loaded: Option<Arc<LoadedProgram>>) -> Self {
        Self { name: name.to_owned(), loaded }
    }

    fn get(&self) -> Result<&LoadedProgram, Error> {
        self.loaded.as_deref().ok_or_else(|| Error::new(format!("the program {} was not loaded", self.name)))
    }

    /// Attaches it where its section says. The link holds it there until it is dropped.
    pub fn attach(&self) -> Result<Link, Error> {
        let program = self.get()?;
        if program.attach == Attach::Nowhere {
            return Err(Error::new(format!(
                "the section of the program {} does not say where it is to be attached: use attach_at",
                self.name
            )));
        }
        attached(program, &program.attach, AttachOptions::default())
    }

    /// The same, with what the program gets from `bpf_get_attach_cookie`.
    pub fn attach_with_cookie(&self, cookie: u64) -> Result<Link, Error> {
        let program = self.get()?;
        attached(program, &program.attach, AttachOptions { cookie, ..AttachOptions::default() })
    }

    /// Attaches it at a place that is said in words, as `osmia attach` takes them: `xdp eth0`,
    /// `uprobe /bin/sh:main cookie=7`.
    pub fn attach_at(&self, words: &str) -> Result<Link, Error> {
        let wish = place::parse_place(&[words]).map_err(Error::new)?;
        let cookie = wish.cookie.unwrap_or(0);
        attached(self.get()?, &wish.attach, AttachOptions { cookie, ..AttachOptions::default() })
    }

    /// Attaches it where its section says; `None` for programs whose section does not, and for those that were not loaded.
    pub fn attach_if_placed(&self) -> Result<Option<Link>, Error> {
        match self.loaded.as_deref().map(|program| &program.attach) {
            None | Some(Attach::Nowhere | Attach::TestRun) => Ok(None),
            Some(_) => self.attach().map(Some),
        }
    }

    /// Runs it once by request, on this packet (`BPF_PROG_TEST_RUN`).
    pub fn test_run(&self, packet: &[u8]) -> Result<TestRunResult, Error> {
        let run = TestRun { data: packet, data_out: packet.len() + 256, ..TestRun::default() };
        run.call(&self.get()?.fd).map_err(Error::new)
    }

    /// Its id.
    pub fn id(&self) -> Result<u32, Error> {
        prog_info(&self.get()?.fd).map(|info| info.id).map_err(Error::new)
    }

    /// Its descriptor, for what skeletons do not do.
    pub fn fd(&self) -> Result<BorrowedFd<'_>, Error> {
        self.get().map(|program| program.fd.as_fd())
    }
}

fn attached(program: &LoadedProgram, place: &Attach, options: AttachOptions) -> Result<Link, Error> {
    osmia_loader::attach(program, place, &options).map(Link).map_err(Error::new)
}

/// A structure of functions (`struct_ops`).
#[derive(Clone, Debug)]
pub struct Structure {
    name: String,
    map: Option<Arc<LoadedMap>>,
}

impl Structure {
    pub(super) fn new(name: &str, map: Option<Arc<LoadedMap>>) -> Self {
        Self { name: name.to_owned(), map }
    }

    /// Registers it. The link holds it until it is dropped.
    pub fn attach(&self) -> Result<Link, Error> {
        let not_made = || Error::new(format!("the structure {} was not made", self.name));
        let registered = osmia_loader::register(self.map.as_ref().ok_or_else(not_made)?);
        registered.ok_or_else(not_made)?.map(Link).map_err(Error::new)
    }

    /// The same; `None` for one that was not made.
    pub fn attach_if_made(&self) -> Result<Option<Link>, Error> {
        self.map.as_ref().map(|_| self.attach()).transpose()
    }
}

/// What holds a program in its place, until it is dropped.
#[derive(Debug)]
pub struct Link(Attachment);

impl Link {
    /// Pins it: the program then stays when this process ends. Places that no link can hold refuse. Where several links hold
    /// it, their numbers stand behind the path.
    pub fn pin(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        osmia_loader::pin_links(&[&self.0], path.as_ref()).map(drop).map_err(Error::new)
    }

    /// Puts another program in the place of this one, without a moment in which none runs. Not all kinds of links can.
    pub fn update(&self, program: &Program) -> Result<(), Error> {
        self.0.update_program(program.get()?).map_err(Error::new)
    }

    /// Puts another structure of functions of the same name in the place of this one.
    pub fn update_structure(&self, structure: &Structure) -> Result<(), Error> {
        let not_made = || Error::new(format!("the structure {} was not made", structure.name));
        self.0.update_structure(structure.map.as_ref().ok_or_else(not_made)?).map_err(Error::new)
    }

    /// A walk of an iterator: reading the file runs the program, and gives what it writes.
    pub fn iterate(&self) -> io::Result<File> {
        Ok(self.0.iterate()?)
    }
}

/// Takes programs away, side by side: in the time of the slowest, not of all together.
pub fn detach(links: impl IntoIterator<Item = Link>) {
    detach_all(links.into_iter().map(|link| link.0).collect());
}
