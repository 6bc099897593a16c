//! Format files of tracepoints, taken from real kernels.
use osmia_host::{KERNEL_BTF, event_of_types, kernel_btf, tracefs};
use osmia_object::{TraceEvent, TraceField};
use osmia_testkit::golden;
use std::path::Path;

#[test]
fn fields() {
    golden("tests/formats", |text| match tracefs::parse_format(text) {
        None => "not understood".to_owned(),
        Some(event) => {
            let field = |field: &TraceField| {
                let sign = if field.signed { "signed" } else { "unsigned" };
                let array = field.array.map(|count| format!("[{count}]")).unwrap_or_default();
                format!("{} +{} {sign} {}: {}{array}\n", field.size, field.offset, field.name, field.kind)
            };
            format!("id {}\n{}", event.id, event.fields.iter().map(field).collect::<String>())
        }
    });
}

/// Where the kernel's types know a tracepoint, they say the same as its format file: fields, offsets, sizes, elements.
#[test]
fn types_say_what_format_files_say() {
    let btf = kernel_btf(Path::new(KERNEL_BTF)).expect("the kernel's types");
    let root = tracefs::root().expect("the trace file system");
    let shape = |event: &TraceEvent| -> Vec<(String, u32, u32)> {
        let own = |field: &&TraceField| !field.name.starts_with("__");
        let field = |field: &TraceField| (field.name.clone(), field.offset, field.size);
        event.fields.iter().filter(own).map(field).collect()
    };
    let mut compared = 0;
    for (category, name) in tracefs::event_names(root).expect("tracepoints") {
        let (Some(by_types), Ok(by_format)) =
            (event_of_types(&btf, &name), tracefs::event(root, &category, &name))
        else {
            continue;
        };
        // The kernel's own system call events are classes that one may not see.
        assert_eq!(shape(&by_types), shape(&by_format), "{category}:{name}");
        let locations =
            |event: &TraceEvent| event.fields.iter().filter(|field| field.kind.contains("_loc ")).count();
        assert_eq!(locations(&by_types), locations(&by_format), "{category}:{name}");
        compared += 1;
    }
    assert!(compared > 100, "only {compared} tracepoints have types");
}
