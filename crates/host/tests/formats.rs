//! Format files of tracepoints, taken from real kernels.
use osmia_testkit::golden;

#[test]
fn fields() {
    golden("tests/formats", |text| match osmia_host::tracefs::parse_format(text) {
        None => "not understood".to_owned(),
        Some(event) => {
            let field = |field: &osmia_object::TraceField| {
                let sign = if field.signed { "signed" } else { "unsigned" };
                let array = field.array.map(|count| format!("[{count}]")).unwrap_or_default();
                format!("{} +{} {sign} {}: {}{array}\n", field.size, field.offset, field.name, field.kind)
            };
            format!("id {}\n{}", event.id, event.fields.iter().map(field).collect::<String>())
        }
    });
}
