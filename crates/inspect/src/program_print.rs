//! Programs as text and JSON.
use super::{Json, Program, hex};
use osmia_render::{Zone, strftime};

/// Programs as bpftool lists them for people.
pub fn programs_text(programs: &[Program], zone: &Zone, out: &mut Vec<u8>) {
    programs.iter().for_each(|program| program_text(program, zone, out));
}

fn program_text(program: &Program, zone: &Zone, out: &mut Vec<u8>) {
    let mut text = header_text(program);
    if let Some(seconds) = program.loaded_at {
        let at = strftime("%FT%T%z", seconds.checked_mul(1_000_000_000), zone);
        text += &format!("\tloaded_at {at}  uid {}\n", program.user);
    }
    text += &format!("\txlated {}B", program.xlated_len);
    text += &match program.jited_len {
        0 => "  not jited".to_owned(),
        bytes => format!("  jited {bytes}B"),
    };
    if let Some(bytes) = program.memlock {
        text += &format!("  memlock {bytes}B");
    }
    if program.orphaned {
        text += "  orphaned";
    }
    if !program.map_ids.is_empty() {
        let ids: Vec<String> = program.map_ids.iter().map(u32::to_string).collect();
        text += &format!("  map_ids {}", ids.join(","));
    }
    out.extend(text.into_bytes());
    program.known.pins_text(out);
    if program.btf_id != 0 {
        out.extend(format!("\n\tbtf_id {}", program.btf_id).into_bytes());
    }
    program.known.holders_text(out);
    out.push(b'\n');
    metadata_text(program, out);
}

/// The line that names a program.
pub(super) fn header_text(program: &Program) -> String {
    let mut text = format!("{}: {}  ", program.id, program.kind.text());
    if !program.name.is_empty() {
        text += &format!("name {}  ", program.name);
    }
    text += &format!("tag {}", hex::digits(&program.tag));
    if let Some(device) = &program.device {
        text += &device.text();
    }
    if program.gpl_compatible {
        text += "  gpl";
    }
    if program.run_time_ns != 0 {
        text += &format!(" run_time_ns {} run_cnt {}", program.run_time_ns, program.run_count);
    }
    if program.recursion_misses != 0 {
        text += &format!(" recursion_misses {}", program.recursion_misses);
    }
    text + "\n"
}

fn metadata_text(program: &Program, out: &mut Vec<u8>) {
    if program.metadata.is_empty() {
        return;
    }
    out.extend(b"\tmetadata:");
    for item in &program.metadata {
        out.extend(format!("\n\t\t{} = ", item.name).into_bytes());
        let mut json = Json::dialect(false);
        item.value.layout.print(&item.value.bytes, &mut json);
        out.extend(json.take());
    }
    out.push(b'\n');
}

/// Programs as JSON: an array, or, where `single` and there is one, an object.
pub fn programs_json(programs: &[Program], single: bool, json: &mut Json) {
    match programs {
        [program] if single => program_json(program, json),
        programs => json.array(|json| programs.iter().for_each(|program| program_json(program, json))),
    }
}

fn program_json(program: &Program, json: &mut Json) {
    json.object(|json| {
        header_json(program, json);
        if let Some(device) = &program.device {
            device.json(json);
        }
        if let Some(seconds) = program.loaded_at {
            json.field("loaded_at", seconds);
            json.field("uid", program.user);
        }
        json.field("orphaned", program.orphaned);
        json.field("bytes_xlated", program.xlated_len);
        json.field("jited", program.jited_len != 0);
        if program.jited_len != 0 {
            json.field("bytes_jited", program.jited_len);
        }
        if let Some(bytes) = program.memlock {
            json.field("bytes_memlock", bytes);
        }
        if !program.map_ids.is_empty() {
            json.name("map_ids");
            json.array(|json| program.map_ids.iter().for_each(|id| json.bare(id)));
        }
        if program.btf_id != 0 {
            json.field("btf_id", program.btf_id);
        }
        program.known.json(json);
        metadata_json(program, json);
    });
}

/// The fields that name a program.
pub(super) fn header_json(program: &Program, json: &mut Json) {
    json.field("id", program.id);
    program.kind.json("type", json);
    if !program.name.is_empty() {
        json.text_field("name", &program.name);
    }
    json.text_field("tag", &hex::digits(&program.tag));
    json.field("gpl_compatible", program.gpl_compatible);
    if program.run_time_ns != 0 {
        json.field("run_time_ns", program.run_time_ns);
        json.field("run_cnt", program.run_count);
    }
    if program.recursion_misses != 0 {
        json.field("recursion_misses", program.recursion_misses);
    }
}

fn metadata_json(program: &Program, json: &mut Json) {
    if program.metadata.is_empty() {
        return;
    }
    json.name("metadata");
    json.object(|json| {
        for item in &program.metadata {
            json.name(&item.name);
            item.value.layout.print(&item.value.bytes, json);
        }
    });
}
