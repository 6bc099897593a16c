//! `token`: what mounts of the BPF file system delegate.
use super::{Done, Failure, Object, Session, Words, row};
use std::fs;

pub(super) const OBJECT: Object = Object {
    name: "token",
    help: "permissions that BPF file systems delegate",
    rows: &[row(&["show", "list"], "", "tell which mounts delegate what", show)],
    terms: &[],
};

/// What may be delegated: the heading, and the option of the mount.
const SETS: &[(&str, &str)] = &[
    ("allowed_cmds", "delegate_cmds"),
    ("allowed_maps", "delegate_maps"),
    ("allowed_progs", "delegate_progs"),
    ("allowed_attachs", "delegate_attachs"),
];

/// A mount that delegates something.
struct Mount {
    place: String,
    /// What is delegated of each set.
    sets: Vec<Vec<String>>,
}

fn show(session: &mut Session<'_>, words: Words<'_>) -> Done {
    words.end()?;
    let text = fs::read_to_string("/proc/mounts")
        .map_err(|error| Failure::io("Failed to open: /proc/mounts", &error))?;
    let mounts: Vec<Mount> = text.lines().filter_map(mount).collect();
    session.print(
        mounts.as_slice(),
        |mounts, out| {
            for mount in mounts {
                out.extend(format!("token_info  {}", mount.place).into_bytes());
                for ((heading, _), items) in SETS.iter().zip(&mount.sets) {
                    out.extend(format!("\n\t{heading}:").into_bytes());
                    for (place, item) in items.iter().enumerate() {
                        let lead = if place % 4 == 0 { "\n\t  " } else { "" };
                        out.extend(format!("{lead}{item:<20}").into_bytes());
                    }
                }
                out.push(b'\n');
            }
        },
        |mounts, json| {
            json.array(|json| {
                for mount in mounts {
                    json.object(|json| {
                        json.text_field("token_info", &mount.place);
                        for ((heading, _), items) in SETS.iter().zip(&mount.sets) {
                            json.name(heading);
                            json.array(|json| items.iter().for_each(|item| json.string(item)));
                        }
                    });
                }
            });
        },
    )
}

fn mount(line: &str) -> Option<Mount> {
    let mut words = line.split(' ').skip(1);
    let (place, kind, options) = (words.next()?, words.next()?, words.next()?);
    if !kind.starts_with("bpf") || !options.contains("delegate_") {
        return None;
    }
    let of = |key: &str| {
        let value = options.split(',').find_map(|option| option.strip_prefix(key)?.strip_prefix('='));
        value.into_iter().flat_map(|value| value.split(':')).map(str::to_owned).collect()
    };
    let place = crate::refs::unescaped(place).display().to_string();
    Some(Mount { place, sets: SETS.iter().map(|(_, key)| of(key)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read() {
        let line = "none /mnt/my\\040fs bpf rw,delegate_cmds=prog_load:map_create,delegate_maps=any 0 0";
        let mount = mount(line).unwrap();
        assert_eq!(mount.place, "/mnt/my fs");
        let expected: [&[&str]; 4] = [&["prog_load", "map_create"], &["any"], &[], &[]];
        assert_eq!(
            mount.sets,
            expected.map(|set| set.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>())
        );
        assert!(super::mount("bpf /sys/fs/bpf bpf rw 0 0").is_none());
    }
}
