//! Facts that programs and maps have in common.
use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The kernel's number for it.
    pub number: u32,
    /// Its name, if we know it.
    pub name: Option<&'static str>,
}

impl Kind {
    /// `hash`, or `type 99`.
    pub(super) fn text(self) -> String {
        self.name.map_or_else(|| format!("type {}", self.number), str::to_owned)
    }

    /// `hash`, or `99`.
    pub(super) fn plain(self) -> String {
        self.name.map_or_else(|| self.number.to_string(), str::to_owned)
    }

    /// The name, or the number, as a field.
    pub(super) fn json(self, key: &str, json: &mut super::Json) {
        match self.name {
            Some(name) => json.text_field(key, name),
            None => json.field(key, self.number),
        }
    }
}

/// The interface that something is offloaded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its index.
    pub index: u32,
    /// The device number of its network namespace's file.
    pub namespace_device: u64,
    /// The inode of that file.
    pub namespace_inode: u64,
    /// Its name, if it is in our network namespace.
    pub name: Option<String>,
}

impl Device {
    /// None for index 0.
    pub(super) fn of(index: u32, namespace_device: u64, namespace_inode: u64) -> Option<Self> {
        let ours = || fs::metadata("/proc/self/ns/net").ok();
        let here =
            || ours().is_some_and(|file| (file.dev(), file.ino()) == (namespace_device, namespace_inode));
        (index != 0).then(|| {
            let name = here().then(|| interface(index)).flatten();
            Self { index, namespace_device, namespace_inode, name }
        })
    }

    /// What stands after the kind in text.
    pub(super) fn text(&self) -> String {
        match &self.name {
            Some(name) => format!("  offloaded_to {name}"),
            None => format!(
                "  offloaded_to ifindex {} ns_dev {} ns_ino {}",
                self.index, self.namespace_device, self.namespace_inode
            ),
        }
    }

    pub(super) fn json(&self, json: &mut super::Json) {
        json.name("dev");
        json.object(|json| {
            json.field("ifindex", self.index);
            json.field("ns_dev", self.namespace_device);
            json.field("ns_inode", self.namespace_inode);
            if let Some(name) = &self.name {
                json.text_field("ifname", name);
            }
        });
    }
}

/// The index of an interface.
pub(super) fn interface_index(name: &str) -> Option<u32> {
    let fits = !name.is_empty() && !name.contains('/') && name != "..";
    let text = fits.then(|| fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).ok())?;
    text?.trim().parse().ok()
}

/// The name of an interface.
pub(super) fn interface(index: u32) -> Option<String> {
    let has_index = |entry: &fs::DirEntry| {
        fs::read_to_string(entry.path().join("ifindex")).is_ok_and(|text| text.trim().parse() == Ok(index))
    };
    let found = fs::read_dir("/sys/class/net").ok()?.filter_map(Result::ok).find(has_index)?;
    found.file_name().into_string().ok()
}

/// What `/proc` tells of a descriptor of ours.
pub(super) struct FdInfo(String);

impl FdInfo {
    pub(super) fn of(fd: &impl AsFd) -> Self {
        let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
        Self(fs::read_to_string(path).unwrap_or_default())
    }

    /// The number after a key.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        line.trim().parse().ok()
    }
}
