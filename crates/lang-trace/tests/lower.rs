//! What scripts become, as optimized IR.
mod machine;

use osmia_abi::{Features, Version};
use osmia_lang_trace::LowerOptions;
use osmia_object::Target;

#[test]
fn ir() {
    osmia_testkit::golden("tests/lower", |script| {
        let target = Target { features: Features::of_version(Version(6, 18)), cpus: 4, ..Target::default() };
        match machine::lowered(script, &target, &LowerOptions::default()) {
            Ok(mut lowered) => {
                osmia_ir::optimize(&mut lowered.module);
                osmia_ir::text::print(&lowered.module)
            }
            Err(error) => error,
        }
    });
}

/// What a script leaves for its readers to know.
#[test]
fn schema_and_plan() {
    let target = Target { features: Features::of_version(Version(6, 18)), ..Target::default() };
    let script = "begin { @g = 1; @c[pid] = count(); @h = hist(3); printf(\"%s %d\", comm, pid); exit(2); }\n\
                  interval:s:1 { print(@c, 5); }";
    let lowered =
        machine::lowered(script, &target, &LowerOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let storages: Vec<String> =
        lowered.schema.maps.iter().map(|map| format!("{} {} {:?}", map.name, map.map, map.storage)).collect();
    assert_eq!(
        storages,
        ["@c AT_c Hash { per_cpu: true }", "@g .bss Global { offset: 0 }", "@h AT_h Array { per_cpu: true }"]
    );
    let streams: Vec<(usize, u32)> =
        lowered.schema.streams.iter().map(|stream| (stream.fields.len(), stream.size)).collect();
    // First what a full @c sends.
    assert_eq!(streams, [(0, 12), (2, 24), (1, 16), (0, 4)]);
    let programs: Vec<&str> = lowered.plan.probes.iter().map(|probe| probe.program.as_str()).collect();
    assert_eq!(programs, ["begin_1", "interval_s_1_2"]);
}
