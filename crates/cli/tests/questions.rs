//! What a person can do: scripts and objects run for real, on whatever kernel this is. The same tests run on the host and in
//! virtual machines with other kernels; what a kernel lacks is refused with a sentence, and that is tested there instead.
#[path = "questions/faults.rs"]
mod faults;
#[path = "questions/format.rs"]
mod format;
#[path = "questions/functions.rs"]
mod functions;
#[path = "questions/language.rs"]
mod language;
#[path = "questions/objects.rs"]
mod objects;
#[path = "questions/support.rs"]
mod support;
#[path = "questions/tracing.rs"]
mod tracing;
