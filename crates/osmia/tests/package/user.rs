//! A program with a skeleton of each way: made by its build script, and written by `gen skeleton --lang rust`.
#![forbid(unsafe_code)]
#![deny(warnings)]
use osmia::skeleton::{Arrived, text};
use std::ops::ControlFlow;

mod tool {
    include!(concat!(env!("OUT_DIR"), "/tool.skel.rs"));
}
mod written;

use tool::types::{event, key, mode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut open = tool::Tool::open()?;
    assert_eq!((open.rodata.target.get(), open.rodata.wanted.get()), (1, mode::ON));
    assert_eq!((open.data.flag.get().checked(), open.data.mode.get()), (Some(true), mode::NEGATIVE));
    assert_eq!(open.data.many.get(), [1, 2, 3, 4, 5]);
    open.rodata.target.set(std::process::id());
    open.rodata.verbose.set(true.into());
    open.bss.hits.set(100);
    open.data.many.each()[0].set(7);
    open.maps.events.max_entries = 9;
    assert!(!open.programs.unwanted.autoload && open.programs.on_call.autoload);
    open.programs.on_request.autoload = true;
    // Only kernels from 6.18 on have maps for one program alone.
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let version: Vec<u32> = release.split('.').map_while(|number| number.parse().ok()).collect();
    if version >= vec![6, 18] {
        let mut other = tool::Tool::open()?;
        other.maps.queue.exclusive = Some("on_request".to_owned());
        let refused = other.load().map(drop).unwrap_err().to_string();
        assert!(refused.contains("may be used by another program alone"), "{refused}");
        open.maps.queue.exclusive = Some("on_call".to_owned());
    }
    let mut control = open.struct_ops_link.control.get();
    assert_eq!(text(&control.name), "to_be_named");
    let name = format!("osmia{}", std::process::id());
    control.name.iter_mut().zip(name.bytes()).for_each(|(place, letter)| *place = letter as i8);
    control.name[name.len()] = 0;
    open.struct_ops_link.control.set(control);

    let mut tool = open.load()?;
    assert_eq!((tool.rodata.verbose.get().get(), tool.kconfig.CONFIG_BPF.get().get()), (true, true));
    assert!(tool.programs.unwanted.attach().unwrap_err().to_string().contains("unwanted"));
    assert_eq!(tool.programs.on_request.test_run(&[0; 64])?.returned, 3);
    let mut reader = tool.maps.records.reader()?;
    assert_eq!((tool.bss.hits.get(), tool.bss.odd.get()), (100, [0; 3]));
    tool.attach()?;
    let _ = std::fs::metadata("/");
    assert!(congestion_controls()?.contains(&name));
    tool.detach();
    assert!(!congestion_controls()?.contains(&name));
    let hits = tool.bss.hits.get();
    assert!(hits > 100, "{hits}");
    let _ = std::fs::metadata("/");
    assert_eq!(tool.bss.hits.get(), hits, "it was taken away");
    let runs = hits - 100;

    assert!(tool.data.flag.get().get());
    assert_eq!(tool.data.mode.get(), mode::ON);
    assert_eq!(tool.data.many.each()[0].get(), 10_i32.wrapping_pow(runs as u32).wrapping_mul(7));
    assert_eq!(tool.data_custom.custom.get(), 9 + runs);
    check(&tool.bss.last.get());
    let entries = tool.maps.events.entries()?;
    let at = key { pid: std::process::id(), kind: 7, ..key::default() };
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].0, at);
    check(&entries[0].1);
    check(&tool.maps.events.get(&at)?.ok_or("no event")?);
    assert_eq!(tool.maps.each.get(&0)?.ok_or("no value")?.iter().sum::<u64>(), runs);
    let shared = tool.maps.shared.values()?;
    assert_eq!((shared.len(), shared.get(1).map(|it| u64::from(it.get()))), (3, Some(4 * runs)));
    shared.get(2).ok_or("no slot")?.set(5);
    assert_eq!(tool.maps.shared.get(&2)?, Some(5));
    assert_eq!(tool.maps.queue.pop()?, Some(77));
    let mut seen = 0;
    reader.consume(|arrived| {
        if let Arrived::Record(bytes) = arrived {
            check(&osmia::skeleton::read(bytes).unwrap());
            seen += 1;
        }
        ControlFlow::Continue(())
    })?;
    assert!(seen > 0);
    for (number, pid) in (2..).zip(1..9) {
        tool.maps.events.insert(&key { pid, ..key::default() }, &event { r#type: number, ..event::default() })?;
    }
    assert!(tool.maps.events.insert(&key::default(), &event::default()).is_err(), "nine there are at most");
    assert!(tool.maps.events.remove(&at)? && !tool.maps.events.remove(&at)?);
    assert!(tool.maps.events.get(&at)?.is_none());

    let link = tool.programs.on_call.attach_at("raw_tp/sys_enter")?;
    let _ = std::fs::metadata("/");
    assert!(tool.bss.hits.get() > hits);
    drop(link);
    // The other way to the same.
    let again = written::Other::open()?.load()?;
    assert_eq!(again.data.many.get(), [1, 2, 3, 4, 5]);
    println!("all is well");
    Ok(())
}

fn congestion_controls() -> std::io::Result<String> {
    std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control")
}

fn check(event: &event) {
    assert_eq!((text(&event.comm), event.mode, event.seen.get()), ("hello".to_owned(), mode::ON, true));
    assert_eq!((event.from.v4(), event.from.v6()[..4].to_vec()), (0x0102_0304, vec![4, 3, 2, 1]));
    assert_eq!((event.r#where, event.low(), event.high(), event.at.x), (8, 5, 100, -1));
    let mut other = *event;
    other.from.set_v6([1; 16]);
    other.set_low(2);
    assert_eq!((other.from.v4(), other.low(), other.high(), event.r#type), (0x0101_0101, 2, 100, 3));
}
