//! Programs at cgroups, network namespaces, sockets and their maps, and devices; iterators over parts.
mod common;

use common::{
    COUNT, Counter, command, compile, counting, map, own_network, put, refusal, runs_until_dropped, send,
    since,
};
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_loader::{LoadOptions, Loaded, adopt, attach, load};
use osmia_object::{Attach, CgroupOrder, Hold, ImageProgram, ObjectRef, Order, Over, Sharing, SocketHook};
use osmia_sys::bpf::{AttachPoint, ProgQuery, QueryDetail, map_info, prog_info};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const BARE: Hold = Hold::Bare { sharing: Sharing::Alone, replace: None };
const MULTI: Hold = Hold::Bare { sharing: Sharing::Multi, replace: None };

/// A cgroup of the unified hierarchy that is removed at the end.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new(name: &str) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        let unified = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"));
        let root = match unified.and_then(|line| line.split(' ').nth(1)) {
            Some(root) => PathBuf::from(root),
            None => {
                command("mkdir -p /tmp/osmia-cgroup2 && mount -t cgroup2 none /tmp/osmia-cgroup2");
                PathBuf::from("/tmp/osmia-cgroup2")
            }
        };
        let dir = root.join(format!("osmia-test-{}-{name}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    fn path(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    /// Runs a command in the group.
    fn run(&self, line: &str) {
        command(&format!("echo $BASHPID > {}/cgroup.procs; {line}; true", self.path()));
    }

    fn programs(&self, attach: AttachType) -> Vec<u32> {
        let dir = File::open(&self.0).unwrap();
        let target = AttachPoint::Fd(dir.as_fd());
        let query = ProgQuery { target, attach, flags: 0, detail: QueryDetail::None };
        query.call().unwrap().progs
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0); // what is left of a failed test
    }
}

fn at(cgroup: &Cgroup, hold: Hold) -> Attach {
    Attach::Cgroup { path: cgroup.path(), order: Order::default(), hold }
}

fn id(counter: &Counter) -> u32 {
    prog_info(&counter.loaded.programs[0].fd).unwrap().id
}

/// A cgroup's hook: the program for it, what it ends with, and what makes it run.
const HOOKS: &[(ProgramType, AttachType, i32, &str)] = &[
    (ProgramType::CgroupSkb, AttachType::CgroupInetEgress, 1, "echo x > /dev/udp/127.0.0.1/9"),
    (ProgramType::CgroupSock, AttachType::CgroupInetSockCreate, 1, "echo x > /dev/udp/127.0.0.1/9"),
    (ProgramType::CgroupSock, AttachType::CgroupInetSockRelease, 1, "echo x > /dev/udp/127.0.0.1/9"),
    (ProgramType::CgroupSockAddr, AttachType::CgroupInet4Connect, 1, "echo x > /dev/udp/127.0.0.1/9"),
    (ProgramType::CgroupDevice, AttachType::CgroupDevice, 1, "cat < /dev/null"),
    (ProgramType::CgroupSysctl, AttachType::CgroupSysctl, 1, "cat /proc/sys/kernel/ostype > /dev/null"),
    (ProgramType::SockOps, AttachType::CgroupSockOps, 1, "(exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null"),
];

#[test]
fn hooks_of_cgroups_run_programs_by_links_and_without() {
    own_network();
    let cgroup = Cgroup::new("hooks");
    for (kind, attach_type, result, line) in HOOKS {
        for hold in [Hold::Link, BARE, MULTI] {
            let counter = counting(*kind, Some(*attach_type), *result);
            let attached = put(&counter, &at(&cgroup, hold));
            assert_eq!(cgroup.programs(*attach_type), [id(&counter)], "{attach_type:?}");
            runs_until_dropped(&counter, attached, || cgroup.run(line));
            assert_eq!(cgroup.programs(*attach_type), []);
        }
    }
}

#[test]
fn a_program_at_a_cgroup_is_replaced() {
    let cgroup = Cgroup::new("replace");
    let new = || counting(ProgramType::CgroupDevice, Some(AttachType::CgroupDevice), 1);
    let (first, second) = (new(), new());
    let old = put(&first, &at(&cgroup, MULTI));
    let replace = Some(ObjectRef::Id(id(&first)));
    let attached = put(&second, &at(&cgroup, Hold::Bare { sharing: Sharing::Multi, replace }));
    assert_eq!(cgroup.programs(AttachType::CgroupDevice), [id(&second)]);
    drop((old, attached));
    assert_eq!(cgroup.programs(AttachType::CgroupDevice), []);
}

#[test]
fn refusals_at_cgroups_teach() {
    let counter = counting(ProgramType::CgroupSkb, Some(AttachType::CgroupInetEgress), 1);
    let to = |path: &str| Attach::Cgroup { path: path.to_owned(), order: Order::default(), hold: Hold::Link };
    assert!(refusal(&counter, &to("/nowhere")).contains("/nowhere cannot be opened"));
    let text = refusal(&counter, &to("/tmp"));
    assert!(text.contains("/tmp is no cgroup of the unified hierarchy"), "{text}");
    // Nobody knows any more for which hook a program was loaded that another process loaded.
    let cgroup = Cgroup::new("adopted");
    let adopted = adopt(&ObjectRef::Id(id(&counter)), None).unwrap();
    let text = attach(&adopted, &at(&cgroup, Hold::Link), &Default::default()).unwrap_err().to_string();
    assert!(text.contains("type=NAME"), "{text}");
    let adopted = adopt(&ObjectRef::Id(id(&counter)), Some(AttachType::CgroupInetEgress)).unwrap();
    assert_eq!(adopted.name, "test_program");
    drop(attach(&adopted, &at(&cgroup, Hold::Link), &Default::default()).unwrap());
    assert!(adopt(&ObjectRef::Id(u32::MAX), None).unwrap_err().contains("there is no program 4294967295"));
}

#[test]
fn socket_lookup_of_a_network() {
    own_network();
    const PASS: i32 = 1;
    for path in [None, Some("/proc/thread-self/ns/net".to_owned())] {
        let counter = counting(ProgramType::SkLookup, Some(AttachType::SkLookup), PASS);
        let attached = put(&counter, &Attach::Netns { path, hold: Hold::Link });
        runs_until_dropped(&counter, attached, || {
            let _ = TcpStream::connect("127.0.0.1:9"); // nobody listens
        });
    }
    let counter = counting(ProgramType::SkLookup, Some(AttachType::SkLookup), PASS);
    let text = refusal(&counter, &Attach::Netns { path: Some("/dev/null".to_owned()), hold: Hold::Link });
    assert!(text.contains("no network namespace"), "{text}");
}

#[test]
fn the_flow_dissector_of_a_network() {
    own_network();
    // Where packets are steered to processors, the flow of each is asked for.
    command(
        "dir=$(mktemp -d); mount -t sysfs none $dir; echo 3 > $dir/class/net/lo/queues/rx-0/rps_cpus; umount $dir; \
         rmdir $dir",
    );
    const OK: i32 = 0;
    for hold in [Hold::Link, BARE] {
        let new = || counting(ProgramType::FlowDissector, Some(AttachType::FlowDissector), OK);
        let counter = new();
        let attached = put(&counter, &Attach::Netns { path: None, hold });
        let text = refusal(&new(), &Attach::Netns { path: None, hold: Hold::Link });
        assert!(text.contains("has a program at this hook already"), "{text}");
        runs_until_dropped(&counter, attached, || {
            send(3);
            // The other processor takes its packets when it comes to that.
            let mut before = None;
            while before != Some(counter.count()) {
                before = Some(counter.count());
                std::thread::sleep(std::time::Duration::from_millis(500));
            }
        });
    }
}

/// A program that counts at the sockets of a map, and that map.
fn at_sockets(kind: ProgramType, attach_type: AttachType) -> (Loaded, osmia_loader::Globals, ObjectRef) {
    const PASS: i32 = 1;
    let text = COUNT.replace("r0 = 0", &format!("r0 = {PASS}"));
    let program = ImageProgram { attach_type: Some(attach_type), ..common::program(kind, &text) };
    let maps = vec![common::bss(), map("sockets", MapType::Sockmap, 4, 8, 4)];
    let loaded = load(&common::image(maps, vec![program]), &LoadOptions::default()).unwrap();
    let globals = osmia_loader::Globals::new(&loaded.maps[0].fd).unwrap();
    let id = ObjectRef::Id(map_info(&loaded.maps[1].fd).unwrap().id);
    (loaded, globals, id)
}

fn count(globals: &osmia_loader::Globals) -> u64 {
    let mut raw = [0; 8];
    globals.read(0, &mut raw).unwrap();
    u64::from_ne_bytes(raw)
}

#[test]
fn sockets_of_a_map() {
    own_network();
    let kinds = [
        (ProgramType::SkMsg, AttachType::SkMsgVerdict),
        (ProgramType::SkSkb, AttachType::SkSkbStreamVerdict),
        (ProgramType::SkSkb, AttachType::SkSkbVerdict),
    ];
    let holds = if since(6, 10) { vec![Hold::Link, BARE] } else { vec![BARE] };
    for ((kind, attach_type), hold) in
        kinds.into_iter().flat_map(|kind| holds.iter().map(move |hold| (kind, hold)))
    {
        let (loaded, globals, map) = at_sockets(kind, attach_type);
        let to = Attach::Sockmap { map, hold: hold.clone() };
        let attached = attach(&loaded.programs[0], &to, &Default::default())
            .unwrap_or_else(|error| panic!("{attach_type:?}: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let member = if kind == ProgramType::SkMsg { &client } else { &server };
        let value = (member.as_raw_fd() as u64).to_ne_bytes();
        loaded.maps[1].fd.update(&0_u32.to_ne_bytes(), &value, 0).unwrap();
        client.write_all(b"osmia").unwrap();
        let mut got = [0; 5];
        server.read_exact(&mut got).unwrap();
        assert!(count(&globals) > 0, "{attach_type:?} {hold:?}");
        drop((client, server, attached));
        let text = attach(
            &loaded.programs[0],
            &Attach::Sockmap { map: ObjectRef::Id(map_info(&loaded.maps[0].fd).unwrap().id), hold: BARE },
            &Default::default(),
        );
        assert!(text.unwrap_err().to_string().contains("maps of sockets"));
    }
}

#[test]
fn a_socket_of_a_process_is_filtered() {
    own_network();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let counter = counting(ProgramType::SocketFilter, None, 0xffff);
    let (pid, fd) = (std::process::id(), receiver.as_raw_fd() as u32);
    let attached = put(&counter, &Attach::Socket { pid, fd, hook: SocketHook::Filter });
    runs_until_dropped(&counter, attached, || {
        sender.send_to(b"osmia", receiver.local_addr().unwrap()).unwrap();
    });
    let text = refusal(&counter, &Attach::Socket { pid, fd: 9999, hook: SocketHook::Filter });
    assert!(text.contains("fd/9999 cannot be opened"), "{text}");
    let null = File::open("/dev/null").unwrap();
    let text =
        refusal(&counter, &Attach::Socket { pid, fd: null.as_raw_fd() as u32, hook: SocketHook::Filter });
    assert!(text.contains("is no socket"), "{text}");
    let text = refusal(&counter, &Attach::Socket { pid: 4_000_000, fd: 0, hook: SocketHook::Filter });
    assert!(text.contains("no process 4000000"), "{text}");
}

const SHARED_PORT: &str = "
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
int main(void) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7777) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, first = -1;
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) || bind(fd, (void *)&to, sizeof to)) return 1;
        if (first < 0) first = fd;
    }
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    printf(\"%d\\n\", first);
    fflush(stdout);
    while (getchar() != EOF) {
        sendto(sender, \"osmia\", 5, 0, (void *)&to, sizeof to);
        puts(\"sent\");
        fflush(stdout);
    }
}";

#[test]
fn among_sockets_of_one_port_a_program_chooses() {
    own_network();
    let path = compile("port", SHARED_PORT, &["-O1"]);
    let mut child = Command::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let fd: u32 = lines.next().unwrap().unwrap().parse().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut ask = || {
        stdin.write_all(b"x").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), "sent");
    };
    const PASS: i32 = 1;
    let counter = counting(ProgramType::SkReuseport, Some(AttachType::SkReuseportSelect), PASS);
    let attached = put(&counter, &Attach::Socket { pid: child.id(), fd, hook: SocketHook::Reuseport });
    ask();
    let ran = counter.count();
    assert!(ran > 0);
    drop(attached);
    ask();
    assert_eq!(counter.count(), ran);
    drop(stdin);
    child.wait().unwrap();
}

#[test]
fn infrared_receivers_are_asked_for() {
    let text = compile_lirc();
    assert!(text.contains("no infrared receiver"), "{text}");
}

fn compile_lirc() -> String {
    let program = common::program(ProgramType::LircMode2, COUNT);
    let image = common::image(vec![common::bss()], vec![program]);
    match load(&image, &LoadOptions::default()) {
        Ok(loaded) => {
            attach(&loaded.programs[0], &Attach::Lirc { device: "/dev/null".to_owned() }, &Default::default())
                .unwrap_err()
                .to_string()
        }
        // A kernel without receivers does not load such programs either.
        Err(_) => "no infrared receiver".to_owned(),
    }
}

#[test]
fn writable_raw_tracepoints_run_programs() {
    let counter = Counter::new(ProgramType::RawTracepointWritable, None);
    let attached = put(&counter, &Attach::RawTracepoint { name: "bpf_test_finish".to_owned() });
    let other = counting(ProgramType::SocketFilter, None, 0);
    runs_until_dropped(&counter, attached, || {
        osmia_loader::run_many(&other.loaded.programs[0], 1).unwrap();
    });
}

/// An iterator's program, as the kernel's types have it.
fn iterator(target: &str) -> Counter {
    Counter::with(iterator_program(target))
}

fn iterator_program(target: &str) -> ImageProgram {
    let btf = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let found = btf.find_func(&format!("bpf_iter_{target}")).unwrap();
    ImageProgram {
        attach_type: Some(AttachType::TraceIter),
        attach_btf_id: found,
        ..common::program(ProgramType::Tracing, COUNT)
    }
}

/// Whether this kernel lets anybody walk over the elements of maps; the virtual machines of CI must.
fn walks_over_maps() -> bool {
    let image = common::image(vec![common::bss()], vec![iterator_program("bpf_map_elem")]);
    match load(&image, &LoadOptions::default()) {
        Ok(_) => true,
        Err(error) => {
            assert!(std::env::var_os("OSMIA_TRAMPOLINES").is_none(), "{error}");
            assert!(error.to_string().contains("does not permit it"), "{error}");
            false
        }
    }
}

/// How often an iterator's program runs for one walk.
fn walked(target: &str, over: Over) -> u64 {
    let counter = iterator(target);
    let attached = put(&counter, &Attach::Iterator { target: target.to_owned(), pin: None, over });
    attached.iterate().unwrap().read_to_end(&mut Vec::new()).unwrap();
    counter.count()
}

#[test]
fn iterators_walk_over_maps_or_the_kernel_forbids_it() {
    if !walks_over_maps() {
        return;
    }
    let hash = map("numbers", MapType::Hash, 4, 8, 8);
    let loaded = load(&common::image(vec![hash], vec![]), &LoadOptions::default()).unwrap();
    for key in 0..5_u32 {
        loaded.maps[0].fd.update(&key.to_ne_bytes(), &[0; 8], 0).unwrap();
    }
    let numbers = || Over::Map(ObjectRef::Id(map_info(&loaded.maps[0].fd).unwrap().id));
    // The last run is the one that says that the walk is over.
    assert_eq!(walked("bpf_map_elem", numbers()), 6);
    let text = refusal(
        &iterator("bpf_map_elem"),
        &Attach::Iterator { target: "bpf_map_elem".to_owned(), pin: None, over: Over::All },
    );
    assert!(text.contains("wants to be told what to walk over"), "{text}");
    let text = refusal(
        &iterator("bpf_sk_storage_map"),
        &Attach::Iterator { target: "bpf_sk_storage_map".to_owned(), pin: None, over: numbers() },
    );
    assert!(text.contains("the map is of another kind"), "{text}");
}

#[test]
fn iterators_walk_over_parts() {
    let all = walked("task", Over::All);
    let own = walked("task", Over::Process(std::process::id()));
    assert!(own < all, "{own} of {all}");
    assert_eq!(walked("task", Over::Thread(std::process::id())), 2);
    let cgroup = Cgroup::new("walk");
    let below = Cgroup(cgroup.0.join("below"));
    std::fs::create_dir(&below.0).unwrap();
    let over = |order| Over::Cgroup { path: cgroup.path(), order };
    assert_eq!(walked("cgroup", over(CgroupOrder::SelfOnly)), 2);
    assert_eq!(walked("cgroup", over(CgroupOrder::Descendants)), 3);
    assert_eq!(walked("cgroup", over(CgroupOrder::DescendantsPost)), 3);
    assert!(walked("cgroup", over(CgroupOrder::Ancestors)) >= 3);
    drop(below);
    assert!(walked("task", Over::Process(4_000_000)) <= 1, "somebody else was walked over");
}

/// A directory in the BPF file system that is removed at the end.
struct PinDir(PathBuf);

impl PinDir {
    fn new(name: &str, mode: &str) -> Self {
        let dir = format!("/sys/fs/bpf/osmia-test-{}-{name}", std::process::id());
        command(&format!(
            "mount | grep -q ' /sys/fs/bpf ' || mount -t bpf bpf /sys/fs/bpf; mkdir -m {mode} {dir}"
        ));
        Self(PathBuf::from(dir))
    }
}

impl Drop for PinDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what is left of a failed test
    }
}

#[test]
fn links_to_pins_are_followed_only_where_nobody_else_could_put_them() {
    let counter = Counter::new(ProgramType::RawTracepoint, None);
    let program = &counter.loaded.programs[0].fd;
    for (mode, trusted) in [("700", true), ("777", false), ("1777", false)] {
        let dir = PinDir::new(mode, mode);
        osmia_sys::bpf::pin(program, &dir.0.join("program")).unwrap();
        std::os::unix::fs::symlink("program", dir.0.join("link")).unwrap();
        std::os::unix::fs::symlink(&dir.0, dir.0.join("dir")).unwrap();
        let opens = |name: &str| osmia_sys::bpf::get_pinned(&dir.0.join(name)).is_ok();
        assert!(opens("program"));
        assert_eq!(opens("link"), trusted, "{mode}");
        assert_eq!(opens("dir/program"), trusted, "{mode}");
        let pins = |name: &str| osmia_sys::bpf::pin(program, &dir.0.join(name)).is_ok();
        assert!(!pins("link"), "a link was written through");
        assert_eq!(pins("dir/other"), trusted, "{mode}");
        let named = ObjectRef::Pinned(dir.0.join("link").to_string_lossy().into_owned());
        let adopted = adopt(&named, None);
        assert_eq!(adopted.is_ok(), trusted);
        if let Err(text) = adopted {
            assert!(
                text.contains("a symbolic link on the way to it in a directory that others can write"),
                "{text}"
            );
        }
    }
}
