//! Links as text and JSON.
use super::link_names::{attach_type, cgroup_order, event, netfilter};
use super::{Json, Link};
use osmia_sys::bpf::{LinkDetail, PerfEventDetail};
use std::fmt::Write as _;

/// The flag of links at many functions that they are at the functions' ends (`BPF_F_KPROBE_MULTI_RETURN`).
const RETURN: u32 = 1;

/// Links as bpftool lists them for people.
pub fn links_text(links: &[Link], out: &mut Vec<u8>) {
    for link in links {
        out.extend(link_text(link).into_bytes());
        link.known.pins_text(out);
        link.known.holders_text(out);
        out.push(b'\n');
    }
}

fn link_text(link: &Link) -> String {
    let mut text = format!("{}: {}  ", link.id, link.kind.text());
    text += &match link.detail {
        LinkDetail::StructOps { map_id } => format!("map {map_id}  "),
        _ => format!("prog {}  ", link.program),
    };
    // Writing to a string cannot fail, here and below.
    let _ = detail_text(link, &mut text);
    text
}

fn detail_text(link: &Link, text: &mut String) -> std::fmt::Result {
    match &link.detail {
        LinkDetail::Other | LinkDetail::StructOps { .. } => Ok(()),
        LinkDetail::RawTracepoint { name, cookie } => {
            write!(text, "\n\ttp '{name}'  ")?;
            cookie_text(*cookie, text)
        }
        LinkDetail::Tracing { attach_type: attach, target_obj_id, target_btf_id, cookie } => {
            let kind = link.program_kind.map_or_else(|| "unknown".to_owned(), |kind| kind.plain());
            write!(text, "\n\tprog_type {kind}  {}", attach_text(*attach))?;
            if (*target_obj_id, *target_btf_id) != (0, 0) {
                write!(text, "\n\ttarget_obj_id {target_obj_id}  target_btf_id {target_btf_id}  ")?;
            }
            if *cookie == 0 { Ok(()) } else { write!(text, "\n\tcookie {cookie}  ") }
        }
        LinkDetail::Cgroup { cgroup_id, attach_type } => {
            write!(text, "\n\tcgroup_id {cgroup_id}  {}", attach_text(*attach_type))
        }
        LinkDetail::Iter { .. } => iter_text(&link.detail, text),
        LinkDetail::Netns { netns_ino, attach_type } => {
            write!(text, "\n\tnetns_ino {netns_ino}  {}", attach_text(*attach_type))
        }
        LinkDetail::Xdp { ifindex } => write!(text, "\n\t{}", interface_text(link, *ifindex)),
        LinkDetail::Tcx { ifindex, attach_type } | LinkDetail::Netkit { ifindex, attach_type } => {
            write!(text, "\n\t{}{}", interface_text(link, *ifindex), attach_text(*attach_type))
        }
        LinkDetail::Sockmap { map_id, attach_type } => {
            write!(text, "\n\tmap_id {map_id}  {}", attach_text(*attach_type))
        }
        LinkDetail::Netfilter { family, hook, priority, flags } => {
            write!(text, "\n\t{}", netfilter(*family, *hook, *priority, *flags))
        }
        LinkDetail::KprobeMulti { .. } | LinkDetail::UprobeMulti { .. } => many_text(link, text),
        LinkDetail::PerfEvent(detail) => perf_text(detail, text),
    }
}

fn cookie_text(cookie: u64, text: &mut String) -> std::fmt::Result {
    if cookie == 0 { Ok(()) } else { write!(text, "cookie {cookie}  ") }
}

fn attach_text(number: u32) -> String {
    format!("attach_type {}  ", attach_type(number).map_or_else(|| number.to_string(), str::to_owned))
}

fn interface_text(link: &Link, index: u32) -> String {
    match (&link.interface, index) {
        (Some(name), _) => format!("ifindex {name}({index})  "),
        (None, 0) => "ifindex (detached)  ".to_owned(),
        (None, _) => "ifindex (unknown)  ".to_owned(),
    }
}

/// What an iterator walks over, as far as it was told.
fn is_map(target: &str) -> bool {
    matches!(target, "bpf_map_elem" | "bpf_sk_storage_map")
}

fn is_task(target: &str) -> bool {
    matches!(target, "task" | "task_file" | "task_vma")
}

/// Thread and process of an iterator over tasks.
fn thread_and_process(selector: u64) -> (u32, u32) {
    let [first, second] = [selector as u32, (selector >> 32) as u32];
    if cfg!(target_endian = "little") { (first, second) } else { (second, first) }
}

fn iter_text(detail: &LinkDetail, text: &mut String) -> std::fmt::Result {
    let LinkDetail::Iter { target, map_id, selector, order } = detail else { return Ok(()) };
    write!(text, "target_name {target}  ")?;
    if is_map(target) {
        write!(text, "map_id {map_id}  ")?;
    } else if is_task(target) {
        match thread_and_process(*selector) {
            (0, 0) => {}
            (0, process) => write!(text, "pid {process} ")?,
            (thread, _) => write!(text, "tid {thread} ")?,
        }
    }
    if target == "cgroup" {
        write!(text, "cgroup_id {selector}  order {}  ", cgroup_order(*order))?;
    }
    Ok(())
}

fn many_text(link: &Link, text: &mut String) -> std::fmt::Result {
    match &link.detail {
        LinkDetail::KprobeMulti { addresses, flags, missed, .. } if !addresses.is_empty() => {
            let kind = if flags & RETURN != 0 { "kretprobe" } else { "kprobe" };
            write!(text, "\n\t{kind}.multi  func_cnt {}  ", addresses.len())?;
            if *missed != 0 {
                write!(text, "missed {missed}  ")?;
            }
            write!(text, "\n\t{:<16} {:<16} func [module]", "addr", "cookie")?;
            for it in &link.functions {
                let name = it.name.as_deref().unwrap_or("(unknown)");
                let module = it.module.as_ref().map(|module| format!(" [{module}]")).unwrap_or_default();
                write!(text, "\n\t{:016x} {:<16x} {name}{module}  ", it.address, it.cookie)?;
            }
            Ok(())
        }
        LinkDetail::UprobeMulti { path, offsets, semaphores, cookies, flags, pid } if !offsets.is_empty() => {
            let kind = if flags & RETURN != 0 { "uretprobe" } else { "uprobe" };
            write!(text, "\n\t{kind}.multi  path {path}  func_cnt {}  ", offsets.len())?;
            if *pid != 0 {
                write!(text, "pid {pid}  ")?;
            }
            write!(text, "\n\t{:<16}   {:<16}   {:<16}", "offset", "ref_ctr_offset", "cookies")?;
            for ((offset, semaphore), cookie) in offsets.iter().zip(semaphores).zip(cookies) {
                write!(text, "\n\t0x{offset:<16x} 0x{semaphore:<16x} 0x{cookie:<16x}")?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn perf_text(detail: &PerfEventDetail, text: &mut String) -> std::fmt::Result {
    match detail {
        PerfEventDetail::Other { .. } => Ok(()),
        PerfEventDetail::Kprobe { is_return, function, offset, address, missed, cookie } => {
            if function.is_empty() && *address == 0 {
                return Ok(());
            }
            let kind = if *is_return { "kretprobe" } else { "kprobe" };
            write!(text, "\n\t{kind} ")?;
            if *address != 0 {
                write!(text, "{address:x} ")?;
            }
            text.push_str(function);
            for (lead, value) in [("+0x", *offset)] {
                if value != 0 {
                    write!(text, "{lead}{value:x}")?;
                }
            }
            for (lead, value) in [("  missed ", *missed), ("  cookie ", *cookie)] {
                if value != 0 {
                    write!(text, "{lead}{value}")?;
                }
            }
            text.push_str("  ");
            Ok(())
        }
        PerfEventDetail::Uprobe { is_return, file, offset, cookie, semaphore } => {
            if file.is_empty() {
                return Ok(());
            }
            let kind = if *is_return { "uretprobe" } else { "uprobe" };
            // C's `%#x` writes zero without the prefix.
            let offset = if *offset == 0 { "0".to_owned() } else { format!("{offset:#x}") };
            write!(text, "\n\t{kind} {file}+{offset}  ")?;
            cookie_text(*cookie, text)?;
            if *semaphore == 0 { Ok(()) } else { write!(text, "ref_ctr_offset {semaphore:#x}  ") }
        }
        PerfEventDetail::Tracepoint { name, cookie } => {
            if name.is_empty() {
                return Ok(());
            }
            write!(text, "\n\ttracepoint {name}  ")?;
            cookie_text(*cookie, text)
        }
        PerfEventDetail::Event { event_type, config, cookie } => {
            let (kind, what) = event(*event_type, *config);
            let kind = kind.map_or_else(|| format!("{event_type} "), str::to_owned);
            write!(text, "\n\tevent {kind}:{}  ", what.unwrap_or_else(|| config.to_string()))?;
            cookie_text(*cookie, text)
        }
    }
}

/// Links as JSON: an array, or, where `single` and there is one, an object.
pub fn links_json(links: &[Link], single: bool, json: &mut Json) {
    match links {
        [link] if single => link_json(link, json),
        links => json.array(|json| links.iter().for_each(|link| link_json(link, json))),
    }
}

fn link_json(link: &Link, json: &mut Json) {
    json.object(|json| {
        json.field("id", link.id);
        link.kind.json("type", json);
        json.field("prog_id", link.program);
        detail_json(link, json);
        link.known.json(json);
    });
}

fn attach_json(number: u32, json: &mut Json) {
    match attach_type(number) {
        Some(name) => json.text_field("attach_type", name),
        None => json.field("attach_type", number),
    }
}

fn interface_json(link: &Link, index: u32, json: &mut Json) {
    let missing = if index == 0 { "(detached)" } else { "(unknown)" };
    json.text_field("devname", link.interface.as_deref().unwrap_or(missing));
    json.field("ifindex", index);
}

fn detail_json(link: &Link, json: &mut Json) {
    match &link.detail {
        LinkDetail::Other => {}
        LinkDetail::RawTracepoint { name, cookie } => {
            json.text_field("tp_name", name);
            json.field("cookie", cookie);
        }
        LinkDetail::Tracing { attach_type, target_obj_id, target_btf_id, cookie } => {
            if let Some(kind) = link.program_kind {
                kind.json("prog_type", json);
            }
            attach_json(*attach_type, json);
            json.field("target_obj_id", target_obj_id);
            json.field("target_btf_id", target_btf_id);
            json.field("cookie", cookie);
        }
        LinkDetail::Cgroup { cgroup_id, attach_type } => {
            json.field("cgroup_id", cgroup_id);
            attach_json(*attach_type, json);
        }
        LinkDetail::Iter { target, map_id, selector, order } => {
            iter_json(target, *map_id, *selector, *order, json);
        }
        LinkDetail::Netns { netns_ino, attach_type } => {
            json.field("netns_ino", netns_ino);
            attach_json(*attach_type, json);
        }
        LinkDetail::Xdp { ifindex } => interface_json(link, *ifindex, json),
        LinkDetail::Tcx { ifindex, attach_type } | LinkDetail::Netkit { ifindex, attach_type } => {
            interface_json(link, *ifindex, json);
            attach_json(*attach_type, json);
        }
        LinkDetail::StructOps { map_id } => json.field("map_id", map_id),
        LinkDetail::Sockmap { map_id, attach_type } => {
            json.field("map_id", map_id);
            attach_json(*attach_type, json);
        }
        LinkDetail::Netfilter { family, hook, priority, flags } => {
            json.field("pf", family);
            json.field("hook", hook);
            json.field("prio", priority);
            json.field("flags", flags);
        }
        LinkDetail::KprobeMulti { addresses, flags, missed, .. } => {
            json.field("retprobe", flags & RETURN != 0);
            json.field("func_cnt", addresses.len());
            json.field("missed", missed);
            functions_json(link, json);
        }
        LinkDetail::UprobeMulti { path, offsets, semaphores, cookies, flags, pid } => {
            json.field("retprobe", flags & RETURN != 0);
            json.text_field("path", path);
            json.field("func_cnt", offsets.len());
            json.field("pid", pid);
            json.name("funcs");
            json.array(|json| {
                for ((offset, semaphore), cookie) in offsets.iter().zip(semaphores).zip(cookies) {
                    json.object(|json| {
                        json.field("offset", offset);
                        json.field("ref_ctr_offset", semaphore);
                        json.field("cookie", cookie);
                    });
                }
            });
        }
        LinkDetail::PerfEvent(detail) => perf_json(detail, json),
    }
}

fn iter_json(target: &str, map_id: u32, selector: u64, order: u32, json: &mut Json) {
    json.text_field("target_name", target);
    if is_map(target) {
        json.field("map_id", map_id);
    } else if is_task(target) {
        match thread_and_process(selector) {
            (0, 0) => {}
            (0, process) => json.field("pid", process),
            (thread, _) => json.field("tid", thread),
        }
    }
    if target == "cgroup" {
        json.field("cgroup_id", selector);
        json.text_field("order", cgroup_order(order));
    }
}

fn functions_json(link: &Link, json: &mut Json) {
    json.name("funcs");
    json.array(|json| {
        for it in &link.functions {
            json.object(|json| {
                json.field("addr", it.address);
                for (key, text) in [("func", &it.name), ("module", &it.module)] {
                    match text {
                        Some(text) => json.text_field(key, text),
                        None => json.field(key, "null"),
                    }
                }
                json.field("cookie", it.cookie);
            });
        }
    });
}

fn perf_json(detail: &PerfEventDetail, json: &mut Json) {
    match detail {
        PerfEventDetail::Other { .. } => {}
        PerfEventDetail::Kprobe { is_return, function, offset, address, missed, cookie } => {
            json.field("retprobe", is_return);
            json.field("addr", address);
            json.text_field("func", function);
            json.field("offset", offset);
            json.field("missed", missed);
            json.field("cookie", cookie);
        }
        PerfEventDetail::Uprobe { is_return, file, offset, cookie, semaphore } => {
            json.field("retprobe", is_return);
            json.text_field("file", file);
            json.field("offset", offset);
            json.field("cookie", cookie);
            json.field("ref_ctr_offset", semaphore);
        }
        PerfEventDetail::Tracepoint { name, cookie } => {
            json.text_field("tracepoint", name);
            json.field("cookie", cookie);
        }
        PerfEventDetail::Event { event_type, config, cookie } => {
            let (kind, what) = event(*event_type, *config);
            match kind {
                Some(kind) => json.text_field("event_type", kind),
                None => json.field("event_type", event_type),
            }
            match what {
                Some(what) => json.text_field("event_config", &what),
                None => json.field("event_config", config),
            }
            json.field("cookie", cookie);
        }
    }
}
