//! The façade: compile a script, load it, watch it; run an object; look at what is loaded; typed handles ([`skeleton`]).
mod arrivals;
mod attach;
mod bring_up;
mod by_request;
mod c;
mod capture;
mod check;
mod child;
mod choice;
mod compile;
mod doctor;
mod explain;
mod gather;
mod imports;
mod info;
mod iterate;
mod kernel;
mod ledger;
mod list;
mod measure;
mod misfit;
mod names;
mod order;
mod output;
mod portable;
mod run;
mod run_object;
mod script;
mod session;
mod show;
pub mod skeleton;
mod stacks;
mod stand_alone;
mod top;
mod unwind;
mod user;
mod world;

pub use attach::{AttachRequest, attach_loaded, detach_link, detach_place};
pub use bring_up::{Placing, only_program};
pub use c::{CObject, COptions, compile_c, is_c};
pub use check::{Checked, check};
pub use child::{Child, find_process};
pub use choice::{Choice, Mode};
pub use compile::{CompileError, CompileOptions, Compiled, Stage, compile, transport};
pub use doctor::{Finding, Leftover, Report, State, doctor};
pub use explain::{Explained, Lack, Verdict, explain_log, explain_object};
pub use info::info;
pub use list::{list_probes, list_script};
pub use measure::measure;
pub use osmia_abi::Feature;
pub use osmia_host::{Search, read_file, read_stream};
pub use osmia_inspect as inspect;
pub use osmia_lang_trace::check::{environment_error, environment_renamed};
pub use osmia_lang_trace::{Detail, FormatError, format as format_script};
pub use osmia_loader::ProbeMode;
pub use osmia_object::{ObjectRef, place};
pub use osmia_render::{Style, Zone};
pub use output::{Buffering, Form, Output};
pub use portable::{SECTION, fill_parameters, open_script, write_script};
pub use run::{LOSSY, RunError, RunOptions, run};
pub use run_object::{Keep, ObjectOptions, run_object};
pub use script::{ScriptError, ScriptObject, ScriptPlaces, WholeScript, read_script};
pub use session::{Choices, End, Session};
pub use stand_alone::{carried, stand_alone};
pub use top::{Cost, Sample, Sampler};
pub use world::{Asked, Ran, World};

/// The level of bpftrace's language that is spoken.
pub const BPFTRACE_LEVEL: &str = "0.26.1";

/// What the C library says of an error, without its number.
pub fn error_text(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |number| osmia_sys::Errno(number).text())
}

/// An object as a file that libbpf, bpftool and osmia load.
pub fn write_object(object: &osmia_object::Object) -> Vec<u8> {
    osmia_object::elf::write(object)
}

/// The choices of this machine: the time zone is read only where the script prints times.
pub fn local_style(schema: &osmia_event::Schema) -> Style {
    use osmia_event::Type;
    let is_time = |kind: &Type| matches!(kind, Type::Timestamp { .. } | Type::WallTime { .. });
    let times = schema.streams.iter().any(|stream| {
        matches!(stream.verb, osmia_event::Verb::Time(_))
            || stream.fields.iter().any(|field| is_time(&field.kind))
    });
    if times { Style { zone: Zone::system(), ..Style::default() } } else { Style::default() }
}
