//! What a program costs: counters of the processor, read when it begins and when it ends.
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::perf::{self, attr_flags};
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_isa::text::assemble;
use osmia_object::{Attach, AttachTypes, Image, ImageMap, ImageProgram, ProbeSide};
use osmia_sys::bpf::MapFd;
use osmia_sys::perf::{PerfEvent, PerfEventOpen};
use osmia_sys::{Errno, possible_cpus};
use std::os::fd::AsRawFd;

/// What can be counted.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Type and number of the event.
    event: (u32, u64),
    /// What it is compared with: the name of another, what the quotient is called, what it is multiplied with.
    pub ratio: Option<(&'static str, &'static str, f64)>,
}

const fn metric(name: &'static str, event: (u32, u64)) -> Metric {
    Metric { name, event, ratio: None }
}

/// A number of reads from a cache, or of those that missed it.
const fn cache(number: u64, result: u64) -> (u32, u64) {
    (perf::TYPE_HW_CACHE, number | result << 16)
}

/// Numbers in `include/uapi/linux/perf_event.h`, `PERF_COUNT_HW_CACHE_*`.
const L1D: u64 = 0;
const LAST_LEVEL: u64 = 2;
const DATA_TLB: u64 = 3;
const CODE_TLB: u64 = 4;
const ACCESS: u64 = 0;
const MISS: u64 = 1;

/// All that can be counted: what bpftool counts, in its order, and the time, which every machine knows.
pub const METRICS: &[Metric] = &[
    metric("cycles", (perf::TYPE_HARDWARE, perf::HW_CPU_CYCLES)),
    Metric {
        ratio: Some(("cycles", "insns per cycle", 1.0)),
        ..metric("instructions", (perf::TYPE_HARDWARE, perf::HW_INSTRUCTIONS))
    },
    metric("l1d_loads", cache(L1D, ACCESS)),
    Metric {
        ratio: Some(("instructions", "LLC misses per million insns", 1e6)),
        ..metric("llc_misses", cache(LAST_LEVEL, MISS))
    },
    Metric {
        ratio: Some(("instructions", "itlb misses per million insns", 1e6)),
        ..metric("itlb_misses", cache(CODE_TLB, MISS))
    },
    Metric {
        ratio: Some(("instructions", "dtlb misses per million insns", 1e6)),
        ..metric("dtlb_misses", cache(DATA_TLB, MISS))
    },
    metric("cpu_clock_ns", (perf::TYPE_SOFTWARE, perf::SW_CPU_CLOCK)),
];

/// The metrics with these names or their beginnings, each once, in the order of the table; the word that is none.
pub fn metrics(words: &[String]) -> Result<Vec<&'static Metric>, &String> {
    let find = |word: &str| METRICS.iter().position(|metric| metric.name.starts_with(word));
    let mut chosen: Vec<usize> = words.iter().map(|word| find(word).ok_or(word)).collect::<Result<_, _>>()?;
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen.iter().filter_map(|at| METRICS.get(*at)).collect())
}

/// What was read of one counter while programs ran (`struct bpf_perf_event_value`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How much was counted.
    pub counter: u64,
    /// Nanoseconds in which it was to count.
    pub enabled: u64,
    /// Nanoseconds in which it did: the processor can count only so much at once.
    pub running: u64,
}

/// What was read of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// How often the program ran.
    pub runs: u64,
    /// What was counted, in the order of the metrics.
    pub readings: Vec<Reading>,
}

/// Bytes of a reading.
const READING: usize = size_of::<Reading>();

/// Positions of the maps: the counters, a column of CPUs for each metric; what each was at entry, behind a number that says
/// whether that is so; the sums, behind the number of runs.
const EVENTS: usize = 0;
const ENTRY: usize = 1;
const SUMS: usize = 2;

/// A program at the entry of a program's function and one at its return. The first reads all counters and notes them; the
/// second reads them again and adds the differences up.
pub fn profiler(program: u32, function: &str, metrics: usize, cpus: usize) -> Result<Image, String> {
    let element = (8 + READING * metrics) as u32;
    let map = |name: &str, kind, value_size, max_entries| ImageMap {
        name: name.to_owned(),
        kind,
        key_size: 4,
        value_size,
        max_entries,
        ..ImageMap::default()
    };
    let at = |name: &str, side, attach_type, code: &str| {
        let insns = assemble(code).map_err(|errors| format!("{errors:?}"))?.insns;
        Ok::<_, String>(ImageProgram {
            name: name.to_owned(),
            kind: ProgramType::Tracing,
            attach_type: Some(attach_type),
            attach_types: AttachTypes::Program(program),
            attach: Attach::ProgramTrampoline { program, function: function.to_owned(), side },
            insns,
            ..ImageProgram::default()
        })
    };
    Ok(Image {
        // The kernel lets no other programs read counters; ours may be had under MIT too.
        license: "Dual MIT/GPL".to_owned(),
        maps: vec![
            map("events", MapType::PerfEventArray, 4, (metrics * cpus) as u32),
            map("entry", MapType::PercpuArray, element, 1),
            map("sums", MapType::PercpuArray, element, 1),
        ],
        programs: vec![
            at("profile_entry", ProbeSide::Entry, AttachType::TraceFentry, &entry_code(metrics, cpus))?,
            at("profile_exit", ProbeSide::Return, AttachType::TraceFexit, &exit_code(metrics, cpus))?,
        ],
        ..Image::default()
    })
}

/// Where a reading stands behind the number of eight bytes.
const fn place(metric: usize) -> usize {
    8 + READING * metric
}

/// Looks up the one element of a map; its address is in `r0`.
fn lookup(map: usize) -> String {
    format!(
        "*(u32 *)(r10 - 4) = 0\nr1 = map[idx:{map}]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nif r0 == 0 goto end\n"
    )
}

/// Reads a counter of the CPU in `r7` to where `r3` points to.
fn read(metric: usize, cpus: usize) -> String {
    format!(
        "r1 = map[idx:{EVENTS}]\nr2 = r7\nr2 += {}\nr4 = {READING}\ncall bpf_perf_event_read_value\nif r0 != 0 goto end\n",
        metric * cpus
    )
}

/// What ends both programs.
const END: &str = "end:\nr0 = 0\nexit\n";

fn entry_code(metrics: usize, cpus: usize) -> String {
    let mut code =
        lookup(ENTRY) + "r6 = r0\ncall bpf_get_smp_processor_id\nr7 = r0\nr1 = 0\n*(u64 *)(r6 + 0) = r1\n";
    for metric in 0..metrics {
        code += &format!("r3 = r6\nr3 += {}\n", place(metric));
        code += &read(metric, cpus);
    }
    code + "r1 = 1\n*(u64 *)(r6 + 0) = r1\n" + END
}

fn exit_code(metrics: usize, cpus: usize) -> String {
    // Below the key: what the counters are now.
    let below = |metric: usize| 8 + READING * (metrics - metric);
    let mut code = "call bpf_get_smp_processor_id\nr7 = r0\n".to_owned();
    for metric in 0..metrics {
        code += &format!("r3 = r10\nr3 += -{}\n", below(metric));
        code += &read(metric, cpus);
    }
    code += &(lookup(ENTRY)
        + "r8 = r0\nr1 = *(u64 *)(r8 + 0)\nif r1 == 0 goto end\nr1 = 0\n*(u64 *)(r8 + 0) = r1\n");
    code += &(lookup(SUMS) + "r9 = r0\nr1 = *(u64 *)(r9 + 0)\nr1 += 1\n*(u64 *)(r9 + 0) = r1\n");
    for at in (0..metrics).flat_map(|metric| (0..READING / 8).map(move |word| (metric, 8 * word))) {
        let (now, place) = (below(at.0) - at.1, place(at.0) + at.1);
        code += &format!(
            "r1 = *(u64 *)(r10 - {now})\nr2 = *(u64 *)(r8 + {place})\nr1 -= r2\nr2 = *(u64 *)(r9 + {place})\nr2 += r1\n\
             *(u64 *)(r9 + {place}) = r2\n"
        );
    }
    code + END
}

/// A counter that could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCounter {
    /// On which CPU.
    pub cpu: usize,
    /// Why.
    pub errno: Errno,
}

/// Opens a metric's counters, one for each CPU that runs, into its column of the map; tells which CPUs do not run.
pub(super) fn open_counters(
    events: &MapFd,
    column: usize,
    metric: &Metric,
    opened: &mut Vec<PerfEvent>,
) -> Result<Vec<usize>, NoCounter> {
    let cpus = possible_cpus().map_err(|errno| NoCounter { cpu: 0, errno })?;
    let (r#type, config) = metric.event;
    let flags = if r#type == perf::TYPE_SOFTWARE { 0 } else { attr_flags::EXCLUDE_USER };
    let attr = PerfEventAttr { r#type, config, flags, ..Default::default() };
    let mut offline = Vec::new();
    for cpu in 0..cpus {
        let failed = |errno| NoCounter { cpu, errno };
        let event = match PerfEventOpen::on_cpu(attr, cpu as i32).call() {
            Err(Errno::ENODEV) => {
                offline.push(cpu);
                continue;
            }
            event => event.map_err(failed)?,
        };
        let key = ((column * cpus + cpu) as u32).to_ne_bytes();
        let value = std::os::fd::AsFd::as_fd(&event).as_raw_fd().to_ne_bytes();
        events.update(&key, &value, osmia_abi::flags::ANY).map_err(failed)?;
        event.enable().map_err(failed)?;
        opened.push(event);
    }
    Ok(offline)
}

/// Adds up what all CPUs have in the map of sums.
pub(super) fn read_sums(sums: &MapFd, metrics: usize) -> Result<Profile, Errno> {
    let bytes = sums.get(&[0; 4])?.unwrap_or_default();
    let mut profile = Profile { runs: 0, readings: vec![Reading::default(); metrics] };
    for cpu in bytes.chunks_exact(8 + READING * metrics) {
        let word =
            |at: usize| cpu.get(at..at + 8).and_then(|it| it.try_into().ok()).map_or(0, u64::from_ne_bytes);
        profile.runs += word(0);
        for (metric, reading) in profile.readings.iter_mut().enumerate() {
            let at = place(metric);
            reading.counter = reading.counter.wrapping_add(word(at));
            reading.enabled = reading.enabled.wrapping_add(word(at + 8));
            reading.running = reading.running.wrapping_add(word(at + 16));
        }
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_for_any_number_of_counters_are_whole() {
        for metrics in 1..=METRICS.len() {
            let image = profiler(7, "f", metrics, 4).unwrap();
            assert_eq!(
                image.programs.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
                ["profile_entry", "profile_exit"]
            );
            assert_eq!(
                image.maps.iter().map(|it| it.max_entries).collect::<Vec<_>>(),
                [4 * metrics as u32, 1, 1]
            );
            // Below the frame pointer there are 512 bytes.
            assert!(8 + READING * metrics <= 512);
        }
    }
}
