//! What a kernel has: as text, as JSON, and as macros of C.
use super::Json;
use crate::features::{Item, Section};

/// For people.
pub fn features_text(sections: &[Section], out: &mut Vec<u8>) {
    for section in sections {
        line(out, &format!("Scanning {}...", section.title));
        for item in &section.items {
            line(out, &text_of(item));
        }
        line(out, "");
    }
}

fn line(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

fn text_of(item: &Item) -> String {
    match item {
        Item::Setting { told, .. } => told.clone(),
        Item::Config { name, value: Some(value) } => format!("{name} is set to {value}"),
        Item::Config { name, value: None } => format!("{name} is not set"),
        Item::Feature { told, there: true, .. } => format!("{told} is available"),
        Item::Feature { told, there: false, .. } => format!("{told} is NOT available"),
        Item::Helpers { kind, supported, helpers } => {
            let mut text = format!("eBPF helpers supported for program type {kind}:");
            let callable = helpers.iter().filter(|(_, may)| *may);
            text.extend(callable.map(|(name, _)| format!("\n\t- bpf_{name}")));
            match (helpers.iter().any(|(_, may)| *may), supported) {
                (true, _) => {}
                (false, false) => text += "\n\tProgram type not supported",
                (false, true) => text += "\n\tCould not determine which helpers are available",
            }
            text
        }
    }
}

/// As JSON: an object, with one for each section.
pub fn features_json(sections: &[Section], json: &mut Json) {
    json.object(|json| {
        for section in sections {
            json.name(section.key);
            json.object(|json| section.items.iter().for_each(|item| item_json(item, json)));
        }
    });
}

fn item_json(item: &Item, json: &mut Json) {
    match item {
        Item::Setting { key, value, .. } => json.field(key, value),
        Item::Config { name, value: Some(value) } => json.text_field(name, value),
        Item::Config { name, value: None } => json.field(name, "null"),
        Item::Feature { key, there, .. } => json.field(&format!("have_{key}"), there),
        Item::Helpers { kind, helpers, .. } => {
            json.name(&format!("{kind}_available_helpers"));
            json.array(|json| {
                for (name, _) in helpers.iter().filter(|(_, may)| *may) {
                    json.string(&format!("bpf_{name}"));
                }
            });
        }
    }
}

/// The configuration that programs in C may want to know; the rest of it says nothing that other macros do not say.
const CONFIG_IN_C: &str = "CONFIG_HZ";

/// As macros of C, whose names begin with `prefix`.
pub fn features_macros(sections: &[Section], prefix: &str, out: &mut Vec<u8>) {
    for section in sections {
        line(out, &format!("/*** {} ***/", section.comment));
        if section.key == "helpers" {
            line(out, &helper_macro(prefix));
        }
        for item in &section.items {
            macros_of(item, prefix, out);
        }
        line(out, "");
    }
}

fn helper_macro(prefix: &str) -> String {
    let lines = [
        "/*",
        " * Use {}HAVE_PROG_TYPE_HELPER(prog_type_name, helper_name)",
        " * to determine if <helper_name> is available for <prog_type_name>,",
        " * e.g.",
        " *\t#if {}HAVE_PROG_TYPE_HELPER(xdp, bpf_redirect)",
        " *\t\t// do stuff with this helper",
        " *\t#elif",
        " *\t\t// use a workaround",
        " *\t#endif",
        " */",
        "#define {}HAVE_PROG_TYPE_HELPER(prog_type, helper)\t\\",
        "\t{}BPF__PROG_TYPE_ ## prog_type ## __HELPER_ ## helper",
    ];
    lines.join("\n").replace("{}", prefix)
}

fn macros_of(item: &Item, prefix: &str, out: &mut Vec<u8>) {
    match item {
        Item::Config { name, value } if *name == CONFIG_IN_C => match value {
            Some(value) => line(out, &format!("#define {prefix}{name} {value}")),
            None => line(out, &format!("/* {prefix}{name} is not set */")),
        },
        Item::Setting { .. } | Item::Config { .. } => {}
        Item::Feature { key, there, .. } => {
            let have = if *there { "HAVE" } else { "NO_HAVE" };
            line(out, &format!("#define {prefix}{have}_{}", key.to_ascii_uppercase()));
        }
        Item::Helpers { kind, helpers, .. } => {
            for (name, may) in helpers {
                let number = u8::from(*may);
                line(out, &format!("#define {prefix}BPF__PROG_TYPE_{kind}__HELPER_bpf_{name} {number}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Form;

    fn sample() -> Vec<Section> {
        let feature = |key: &str, there| Item::Feature { key: key.into(), told: format!("The {key}"), there };
        vec![
            Section {
                key: "system_config",
                title: "system",
                comment: "System",
                items: vec![
                    Item::Setting { key: "jit", value: -1, told: "no idea".into() },
                    Item::Config { name: "CONFIG_HZ", value: Some("250".into()) },
                    Item::Config { name: "CONFIG_NO", value: None },
                ],
            },
            Section {
                key: "helpers",
                title: "helpers",
                comment: "Helpers",
                items: vec![
                    feature("xdp_prog_type", true),
                    feature("lsm_prog_type", false),
                    Item::Helpers { kind: "xdp", supported: true, helpers: vec![("a", true), ("b", false)] },
                    Item::Helpers { kind: "lsm", supported: true, helpers: vec![("a", false)] },
                    Item::Helpers { kind: "lirc", supported: false, helpers: vec![("a", false)] },
                ],
            },
        ]
    }

    #[test]
    fn the_same_answers_are_text_json_and_macros() {
        let mut text = Vec::new();
        features_text(&sample(), &mut text);
        let expected = "Scanning system...\nno idea\nCONFIG_HZ is set to 250\nCONFIG_NO is not set\n\nScanning helpers...\n\
            The xdp_prog_type is available\nThe lsm_prog_type is NOT available\n\
            eBPF helpers supported for program type xdp:\n\t- bpf_a\n\
            eBPF helpers supported for program type lsm:\n\tCould not determine which helpers are available\n\
            eBPF helpers supported for program type lirc:\n\tProgram type not supported\n\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);

        let mut json = Json::new(Form::Json);
        features_json(&sample(), &mut json);
        let expected = r#"{"system_config":{"jit":-1,"CONFIG_HZ":"250","CONFIG_NO":null},"helpers":{"have_xdp_prog_type":true,"have_lsm_prog_type":false,"xdp_available_helpers":["bpf_a"],"lsm_available_helpers":[],"lirc_available_helpers":[]}}"#;
        assert_eq!(String::from_utf8(json.take()).unwrap(), expected);

        let mut macros = Vec::new();
        features_macros(&sample(), "MY_", &mut macros);
        let macros = String::from_utf8(macros).unwrap();
        let lines =
            ["#define MY_CONFIG_HZ 250", "#define MY_HAVE_XDP_PROG_TYPE", "#define MY_NO_HAVE_LSM_PROG_TYPE"];
        assert!(lines.iter().all(|line| macros.lines().any(|it| it == *line)), "{macros}");
        assert!(macros.contains("\n#define MY_BPF__PROG_TYPE_xdp__HELPER_bpf_b 0\n"), "{macros}");
        assert!(
            macros.contains("#define MY_HAVE_PROG_TYPE_HELPER(prog_type, helper)\t\\\n\tMY_BPF__"),
            "{macros}"
        );
        assert!(!macros.contains("CONFIG_NO"), "{macros}");
    }
}
