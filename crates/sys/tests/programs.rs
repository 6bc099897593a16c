//! Programs, links, ids and infos of the real kernel.
mod common;

use common::{count, counter, counting, exit, insn, load, mov, returns, since};
use osmia_abi::{AttachType, LinkType, ProgramType, flags, perf};
use osmia_sys::bpf::{
    AttachPoint, BtfLoad, Copying, LinkCreate, LinkDetail, LinkTarget, ObjectKind, Order, PerfEventDetail,
    Pinned, ProgAttach, ProgDetach, ProgLoad, ProgQuery, QueryDetail, TestRun, UprobeMulti, btf_by_id,
    btf_info, enable_run_time_stats, ids, iter_create, link_by_id, link_detach, link_info, link_update,
    map_info, prog_bind_map, prog_by_id, prog_detail, prog_info, raw_tracepoint_open, task_fd_query,
};
use osmia_sys::perf::{PerfEvent, PerfEventOpen};
use osmia_sys::{BtfFd, Errno};
use std::ffi::CString;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;

#[test]
fn a_program_runs_on_a_packet() {
    let prog = returns(ProgramType::SocketFilter, 42);
    let packet = [0; 64];
    let result =
        TestRun { data: &packet, data_out: 128, repeat: 3, ..Default::default() }.call(&prog).unwrap();
    assert_eq!((result.returned, result.data.as_slice()), (42, &packet[..]));
}

#[test]
fn a_program_gets_the_arguments_of_a_raw_tracepoint() {
    // return ctx[0] + ctx[1]
    let sum = [insn(0x79, 0, 1, 0, 0), insn(0x79, 2, 1, 8, 0), insn(0x0f, 0, 2, 0, 0), exit()];
    let prog = load(ProgramType::RawTracepoint, &sum);
    let context: Vec<u8> = [40_u64, 2].iter().flat_map(|number| number.to_ne_bytes()).collect();
    assert_eq!(TestRun { context: &context, ..Default::default() }.call(&prog).unwrap().returned, 42);
}

#[test]
fn a_syscall_program_writes_its_context() {
    // ctx[0] = 7, as a number of four bytes
    let mut load = ProgLoad::new(ProgramType::Syscall, &[], c"GPL");
    let code = [mov(2, 7), insn(0x63, 1, 2, 0, 0), mov(0, 1), exit()];
    (load.insns, load.flags) = (code.as_flattened(), flags::SLEEPABLE);
    let prog = load.call_explained().unwrap().fd;
    let result = TestRun { context: &[0; 8], ..Default::default() }.call(&prog).unwrap();
    assert_eq!((result.returned, result.context), (1, vec![7, 0, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn a_refused_program_keeps_its_log() {
    let code = [exit()];
    let load = ProgLoad::new(ProgramType::SocketFilter, code.as_flattened(), c"GPL");
    assert_eq!(
        load.call().map(drop).map_err(|error| (error.errno, error.log)),
        Err((Errno::EACCES, String::new()))
    );
    let error = load.call_explained().map(drop).unwrap_err();
    assert_eq!(error.errno, Errno::EACCES);
    assert!(error.log.contains("R0 !read_ok"), "{}", error.log);
}

#[test]
fn a_log_longer_than_the_first_buffer_is_kept_whole() {
    let mut code = vec![mov(0, 0); 4000];
    code.push(exit());
    let mut load = ProgLoad::new(ProgramType::SocketFilter, code.as_flattened(), c"GPL");
    load.log_level = flags::LOG_LEVEL2;
    let log = load.call().unwrap().log;
    assert!(log.len() > 64 << 10, "{} bytes", log.len());
    assert!(log.contains("\n0: (b7) r0 = 0"), "begins with {:.200}", log);
    assert!(log.contains("processed 4001 insns"), "ends with the costs");
}

#[test]
fn halves_of_instructions_are_refused() {
    let error = ProgLoad::new(ProgramType::SocketFilter, &[0; 12], c"GPL").call().map(drop).unwrap_err();
    assert_eq!(error.errno, Errno::EINVAL);
}

#[test]
fn infos_are_those_that_bpftool_shows() {
    let map = counter();
    let mut loading = ProgLoad::new(ProgramType::RawTracepoint, &[], c"GPL");
    let [first, second] = common::map_in(1, &map);
    let code = [first, second, mov(0, 5), exit()];
    (loading.insns, loading.name) = (code.as_flattened(), "osmia_facts");
    let prog = loading.call_explained().unwrap().fd;
    let facts = prog_detail(&prog).unwrap();
    assert_eq!((facts.name.as_str(), facts.raw.r#type), ("osmia_facts", ProgramType::RawTracepoint.raw()));
    assert_eq!(facts.detail.map_ids, [map_info(&map).unwrap().id]);
    assert_eq!(facts.detail.xlated.len(), 32);
    assert!(!facts.detail.jited.is_empty() && facts.detail.jited_ksyms.len() == 1);
    assert_eq!(facts.detail.tags, [facts.raw.tag]);

    let shown = bpftool(&["-j", "prog", "show", "id", &facts.raw.id.to_string()]);
    let tag: String = facts.raw.tag.iter().map(|byte| format!("{byte:02x}")).collect();
    for part in [
        format!("\"id\":{},", facts.raw.id),
        format!("\"tag\":\"{tag}\""),
        format!("\"bytes_xlated\":{}", facts.detail.xlated.len()),
        format!("\"bytes_jited\":{}", facts.detail.jited.len()),
        format!("\"map_ids\":[{}]", facts.detail.map_ids[0]),
    ] {
        assert!(shown.contains(&part), "{part} in {shown}");
    }
}

fn bpftool(args: &[&str]) -> String {
    let out = Command::new("bpftool").args(args).output().expect("bpftool is installed");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn every_object_is_found_by_its_id() {
    let (map, prog) = (counter(), returns(ProgramType::RawTracepoint, 0));
    let (map_id, prog_id) = (map_info(&map).unwrap().id, prog_info(&prog).unwrap().id);
    let all = |kind| ids(kind).collect::<Result<Vec<u32>, Errno>>().unwrap();
    assert!(all(ObjectKind::Map).contains(&map_id) && all(ObjectKind::Prog).contains(&prog_id));
    assert!(all(ObjectKind::Prog).is_sorted());
    assert_eq!(prog_info(&prog_by_id(prog_id).unwrap()).unwrap().tag, prog_info(&prog).unwrap().tag);
    drop(prog);
    // The kernel takes programs out of its list at once; our own descriptor was the last.
    assert_eq!(prog_by_id(prog_id).map(drop), Err(Errno::ENOENT));
}

#[test]
fn btf_is_loaded_read_back_and_refused_with_a_log() {
    // Header, one type `int` of four bytes, and the names "" and "int".
    let mut data = Vec::new();
    data.extend([0x9f, 0xeb, 1, 0]);
    for number in [24_u32, 0, 16, 16, 5, 1, 1 << 24, 4, 1 << 24 | 32] {
        data.extend(number.to_ne_bytes());
    }
    data.extend(*b"\0int\0");
    let btf = BtfLoad::new(&data).call_explained().unwrap();
    let facts = btf_info(&btf, Copying::Data).unwrap();
    assert_eq!((facts.data, facts.kernel, facts.size), (data.clone(), false, data.len()));
    assert!(btf_by_id(facts.id).is_ok());
    data[28] = 200; // the int's flags
    data[31] = 30; // an unknown kind
    let error = BtfLoad::new(&data).call_explained().map(drop).unwrap_err();
    assert_eq!(error.errno, Errno::EINVAL);
    assert!(error.log.contains("kind"), "{}", error.log);
}

#[test]
fn the_kernels_own_btf_has_a_name() {
    let own =
        ids(ObjectKind::Btf).map(|id| btf_info(&btf_by_id(id.unwrap()).unwrap(), Copying::Facts).unwrap());
    let own: Vec<_> = own.filter(|facts| facts.kernel).map(|facts| facts.name).collect();
    assert!(own.contains(&"vmlinux".to_owned()), "{own:?}");
}

#[test]
fn a_program_counts_a_raw_tracepoint_until_its_link_is_gone() {
    let map = counter();
    let prog = counting(ProgramType::RawTracepoint, &map);
    let cookie = if since(6, 10) { 9 } else { 0 };
    let link = raw_tracepoint_open(Some(c"sys_enter"), &prog, cookie).unwrap();
    std::fs::read("/proc/self/stat").unwrap();
    assert!(count(&map) > 0);
    let facts = link_info(&link).unwrap();
    assert_eq!(facts.kind, LinkType::RawTracepoint.raw());
    let shown = if since(6, 17) { cookie } else { 0 };
    assert_eq!(facts.detail, LinkDetail::RawTracepoint { name: "sys_enter".into(), cookie: shown });
    assert_eq!(facts.prog, prog_info(&prog).unwrap().id);
    let again = link_by_id(facts.id).unwrap();
    assert!(matches!(Pinned::of(again.into_fd()), Ok(Pinned::Link(_))));
    assert_eq!(raw_tracepoint_open(Some(c"no_such_event"), &prog, 0).map(drop), Err(Errno::ENOENT));
    let query = task_fd_query(std::process::id(), link.as_raw_fd().unsigned_abs()).unwrap();
    assert_eq!((query.name.as_str(), query.kind), ("sys_enter", 0));
}

fn clock_event() -> PerfEvent {
    let attr = osmia_abi::attr::PerfEventAttr {
        r#type: perf::TYPE_SOFTWARE,
        config: perf::SW_CPU_CLOCK,
        sample_period: 100_000,
        ..Default::default()
    };
    PerfEventOpen::on_thread(attr, 0).call().unwrap()
}

/// Keeps this thread on a CPU.
fn work() {
    let begin = std::time::Instant::now();
    while begin.elapsed() < std::time::Duration::from_millis(20) {
        std::hint::black_box(0);
    }
}

#[test]
fn a_program_runs_at_each_sample_of_a_perf_event_by_link() {
    let map = counter();
    let (prog, event) = (counting(ProgramType::PerfEvent, &map), clock_event());
    let target = LinkTarget::PerfEvent { event: event.as_fd(), cookie: 77 };
    let link =
        LinkCreate { prog: prog.as_fd(), attach: AttachType::PerfEvent, flags: 0, target }.call().unwrap();
    work();
    assert!(count(&map) > 0);
    // The kernel turns the software clock into an event of a type of its own.
    let detail = link_info(&link).unwrap().detail;
    let LinkDetail::PerfEvent(shown) = &detail else { panic!("{detail:?}") };
    let cookie = if since(6, 9) { 77 } else { 0 };
    match shown {
        PerfEventDetail::Event { config, cookie: got, .. } => {
            assert_eq!((*config, *got), (perf::SW_CPU_CLOCK, cookie))
        }
        other => assert!(!since(6, 6), "{other:?}"),
    }
    assert_eq!(link_detach(&link), Err(Errno::EOPNOTSUPP), "perf links are detached by closing them");
}

#[test]
fn a_program_runs_at_each_sample_of_a_perf_event_by_ioctl() {
    let map = counter();
    let (prog, event) = (counting(ProgramType::PerfEvent, &map), clock_event());
    event.set_bpf(&prog).unwrap();
    event.disable().unwrap();
    let before = count(&map);
    work();
    assert_eq!(count(&map), before, "a disabled event does not count");
    event.set_period(50_000).unwrap();
    event.enable().unwrap();
    work();
    assert!(count(&map) > before);
    assert!(event.count().unwrap() > 0 && event.id().unwrap() > 0);
}

#[inline(never)]
extern "C" fn place_of_a_uprobe(number: u64) -> u64 {
    std::hint::black_box(number) + 1
}

#[inline(never)]
extern "C" fn place_of_another_uprobe(number: u64) -> u64 {
    std::hint::black_box(number) + 2
}

/// Where in the file of this test an address is.
fn file_offset(address: usize) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next().unwrap().split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        if (number(start)..number(end)).contains(&(address as u64)) {
            return address as u64 - number(start) + number(fields.nth(1).unwrap());
        }
    }
    panic!("{address:#x} is not mapped");
}

#[test]
fn one_link_holds_many_uprobes() {
    let map = counter();
    let mut loading = ProgLoad::new(ProgramType::Kprobe, &[], c"GPL");
    loading.expected_attach = Some(AttachType::TraceUprobeMulti);
    let code = counting_code(&map);
    loading.insns = code.as_flattened();
    let prog = loading.call_explained().unwrap_or_else(|error| panic!("{error}")).fd;
    let path = CString::new(std::env::current_exe().unwrap().into_os_string().into_encoded_bytes()).unwrap();
    let places = [place_of_a_uprobe as *const () as usize, place_of_another_uprobe as *const () as usize];
    let offsets = places.map(file_offset);
    let many = UprobeMulti {
        path: &path,
        offsets: &offsets,
        cookies: &[1, 2],
        pid: std::process::id(),
        ..Default::default()
    };
    let target = LinkTarget::UprobeMulti(many);
    let link =
        LinkCreate { prog: prog.as_fd(), attach: AttachType::TraceUprobeMulti, flags: 0, target }.call();
    if !since(6, 6) {
        return assert_eq!(link.map(drop), Err(Errno::EINVAL));
    }
    let link = link.unwrap();
    place_of_a_uprobe(1);
    place_of_another_uprobe(1);
    place_of_another_uprobe(1);
    assert_eq!(count(&map), 3);
    let LinkDetail::UprobeMulti { offsets: shown, cookies, pid, path: file, .. } =
        link_info(&link).unwrap().detail
    else {
        panic!("not a uprobe_multi link")
    };
    assert_eq!((shown.as_slice(), cookies.as_slice(), pid), (&offsets[..], &[1, 2][..], std::process::id()));
    assert_eq!(file.as_bytes(), path.as_bytes());
}

fn counting_code(map: &osmia_sys::bpf::MapFd) -> Vec<[u8; 8]> {
    let [first, second] = common::map_in(1, map);
    let key = [insn(0x62, 10, 0, -4, 0), common::copy(2, 10), common::add(2, -4)];
    let rest =
        [common::call(1), insn(0x15, 0, 0, 2, 0), mov(1, 1), insn(0xdb, 0, 1, 0, 0), mov(0, 0), exit()];
    [&key[..], &[first, second], &rest].concat()
}

#[test]
fn a_uprobe_is_a_perf_event_with_a_name() {
    let map = counter();
    let prog = counting(ProgramType::Kprobe, &map);
    let kind = std::fs::read_to_string("/sys/bus/event_source/devices/uprobe/type").unwrap();
    let path = CString::new(std::env::current_exe().unwrap().into_os_string().into_encoded_bytes()).unwrap();
    let config2 = file_offset(place_of_a_uprobe as *const () as usize);
    let attr = osmia_abi::attr::PerfEventAttr {
        r#type: kind.trim().parse().unwrap(),
        config2,
        ..Default::default()
    };
    let mut open = PerfEventOpen::on_thread(attr, 0);
    open.name = Some(&path);
    let event = open.call().unwrap();
    let target = LinkTarget::PerfEvent { event: event.as_fd(), cookie: 5 };
    let link =
        LinkCreate { prog: prog.as_fd(), attach: AttachType::PerfEvent, flags: 0, target }.call().unwrap();
    place_of_a_uprobe(1);
    assert!(count(&map) > 0);
    if !since(6, 9) {
        return;
    }
    let LinkDetail::PerfEvent(PerfEventDetail::Uprobe { is_return: false, file, offset, cookie: 5, .. }) =
        link_info(&link).unwrap().detail
    else {
        panic!("not a uprobe: {:?}", link_info(&link))
    };
    assert_eq!((file.as_bytes(), u64::from(offset)), (path.as_bytes(), config2));
}

#[test]
fn an_iterator_walks_over_tasks() {
    // if ctx->task: seq_write(ctx->meta->seq, "task\n", 5)
    let code = [
        insn(0x79, 2, 1, 8, 0),
        insn(0x15, 2, 0, 8, 0),
        insn(0x79, 1, 1, 0, 0),
        insn(0x79, 1, 1, 0, 0),
        insn(0x62, 10, 0, -8, i32::from_le_bytes(*b"task")),
        insn(0x62, 10, 0, -4, i32::from(b'\n')),
        common::copy(2, 10),
        common::add(2, -8),
        mov(3, 5),
        common::call(127),
        mov(0, 0),
        exit(),
    ];
    let mut loading = ProgLoad::new(ProgramType::Tracing, code.as_flattened(), c"GPL");
    loading.expected_attach = Some(AttachType::TraceIter);
    loading.attach_btf_id = kernel_function("bpf_iter_task");
    let prog = loading.call_explained().unwrap_or_else(|error| panic!("{error}")).fd;
    let create = LinkCreate {
        prog: prog.as_fd(),
        attach: AttachType::TraceIter,
        flags: 0,
        target: LinkTarget::Iter(osmia_sys::bpf::IterTarget::Process(std::process::id())),
    };
    let link = create.call().unwrap();
    let mut text = String::new();
    iter_create(&link).unwrap().read_to_string(&mut text).unwrap();
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    assert!(!text.is_empty() && text.lines().all(|line| line == "task"), "{text}");
    assert!(text.lines().count().abs_diff(threads) <= 8, "{} of {threads}", text.lines().count());
    let LinkDetail::Iter { target, selector, .. } = link_info(&link).unwrap().detail else {
        panic!("not an iterator")
    };
    assert_eq!((target.as_str(), (selector >> 32) as u32), ("task", std::process::id()));
}

/// The number of a function's type in the kernel's BTF.
fn kernel_function(name: &str) -> u32 {
    let all = bpftool(&["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
    let line = all.lines().find(|line| line.contains(&format!("FUNC '{name}'"))).expect("the kernel has it");
    line.trim_start_matches('[').split(']').next().unwrap().parse().unwrap()
}

#[test]
fn runs_are_counted_while_somebody_wants_them() {
    let prog = returns(ProgramType::SocketFilter, 1);
    let _wanted = enable_run_time_stats().unwrap();
    TestRun { data: &[0; 64], repeat: 10, ..Default::default() }.call(&prog).unwrap();
    assert!(prog_info(&prog).unwrap().verified_insns >= 2);
    let map = counter();
    let raw = counting(ProgramType::RawTracepoint, &map);
    let _link = raw_tracepoint_open(Some(c"sys_enter"), &raw, 0).unwrap();
    std::fs::read("/proc/self/stat").unwrap();
    let info = prog_info(&raw).unwrap();
    assert!(info.run_cnt > 0 && info.run_time_ns > 0);
}

#[test]
fn a_map_is_bound_to_a_program_that_does_not_name_it() {
    let (map, prog) = (counter(), returns(ProgramType::SocketFilter, 1));
    prog_bind_map(&prog, &map).unwrap();
    assert_eq!(prog_detail(&prog).unwrap().detail.map_ids, [map_info(&map).unwrap().id]);
}

#[test]
fn a_descriptor_of_something_else_is_refused() {
    let file = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(btf_info(&BtfFd::from_fd(file.into()), Copying::Facts).map(drop), Err(Errno::EINVAL));
}

#[test]
fn a_cgroup_tells_what_is_attached_to_it() {
    let Some(root) = cgroup_root() else { return };
    let dir = Cgroup::new(root.join(format!("osmia-sys-{}", std::process::id())));
    let cgroup = std::fs::File::open(&dir.0).unwrap();
    let (prog, attach) = (returns(ProgramType::CgroupSkb, 1), AttachType::CgroupInetEgress);
    let id = prog_info(&prog).unwrap().id;
    let target = AttachPoint::Fd(cgroup.as_fd());
    let query = || ProgQuery { target, attach, flags: 0, detail: QueryDetail::Flags }.call().unwrap();
    let flags = flags::ALLOW_MULTI;
    let order = Order::default();
    ProgAttach { target, prog: prog.as_fd(), attach, flags, replace: None, order }.call().unwrap();
    let seen = query();
    assert_eq!((seen.progs, seen.prog_flags, seen.flags), (vec![id], vec![flags], flags));
    ProgDetach { target, prog: Some(prog.as_fd()), attach, flags: 0, order }.call().unwrap();
    assert_eq!(query().progs, [0; 0]);
    let link = LinkCreate {
        prog: prog.as_fd(),
        attach,
        flags: 0,
        target: LinkTarget::Cgroup(cgroup.as_fd(), order),
    };
    let link = link.call().unwrap();
    assert_eq!(query().progs, [id]);
    let other = returns(ProgramType::CgroupSkb, 0);
    assert_eq!(
        link_update(&link, &other, Some(other.as_fd())),
        Err(Errno::EPERM),
        "it is not the one that is there"
    );
    link_update(&link, &other, Some(prog.as_fd())).unwrap();
    assert_eq!(query().progs, [prog_info(&other).unwrap().id]);
    link_detach(&link).unwrap();
    assert_eq!(query().progs, [0; 0]);
}

/// A cgroup for the time of a test.
struct Cgroup(std::path::PathBuf);

impl Cgroup {
    fn new(path: std::path::PathBuf) -> Self {
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        std::fs::remove_dir(&self.0).unwrap();
    }
}

/// Where the second version of cgroups is mounted.
#[expect(clippy::print_stderr, reason = "a test says what it leaves out")]
fn cgroup_root() -> Option<std::path::PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let found = mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let place = fields.next()?;
        (fields.next() == Some("cgroup2")).then(|| place.into())
    });
    if found.is_none() {
        eprintln!("cgroups are not mounted: attaching to them is not tested");
    }
    found
}

#[test]
fn an_interface_tells_what_is_attached_to_it() {
    if !since(6, 6) {
        return;
    }
    let (prog, attach) = (returns(ProgramType::SchedCls, -1), AttachType::TcxEgress);
    let target = LinkTarget::Ordered(1, Order::default());
    let link = LinkCreate { prog: prog.as_fd(), attach, flags: 0, target }.call().unwrap();
    let query = ProgQuery { target: AttachPoint::Interface(1), attach, flags: 0, detail: QueryDetail::Links };
    let seen = query.call().unwrap();
    let place = seen.progs.iter().position(|id| *id == prog_info(&prog).unwrap().id).unwrap();
    let facts = link_info(&link).unwrap();
    assert_eq!(seen.links.get(place), Some(&facts.id));
    assert!(seen.revision > 0);
    assert_eq!(facts.detail, LinkDetail::Tcx { ifindex: 1, attach_type: attach.raw() });
}
