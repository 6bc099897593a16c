//! Settings: `config = { … }` in the script, `BPFTRACE_…` in the environment; the environment wins.
use crate::params::ParamValue;
use crate::typed::{Config, MissingProbes, Unstable};
use osmia_abi::{GPL_COMPATIBLE, is_gpl_compatible};

/// A setting's value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting<'a> {
    /// A number.
    Number(u64),
    /// A word or a text.
    Text(&'a str),
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is none of this name.
    Unknown,
    /// It has another name now.
    Renamed(&'static str),
    /// It is read and means nothing.
    Deprecated,
    /// The value is not one that it can have: what to say.
    Value(String),
}

/// How a setting is put.
type Put = fn(&mut Config, &Setting<'_>) -> Result<(), String>;

/// Name and way of every setting.
const SETTINGS: &[(&str, Put)] = &[
    ("max_strlen", |config, value| number(value).map(|n| config.max_strlen = n)),
    ("max_map_keys", |config, value| number(value).map(|n| config.max_map_keys = n)),
    ("on_stack_limit", |config, value| number(value).map(|n| config.on_stack_limit = n)),
    ("max_probes", |config, value| number(value).map(|n| config.max_probes = n)),
    ("max_bpf_progs", |config, value| number(value).map(|n| config.max_bpf_progs = n)),
    ("max_cat_bytes", |config, value| number(value).map(|n| config.max_cat_bytes = n)),
    ("log_size", |config, value| number(value).map(|n| config.log_size = n)),
    ("perf_rb_pages", |config, value| number(value).map(|n| config.perf_rb_pages = n)),
    ("print_maps_on_exit", |config, value| truth(value).map(|on| config.print_maps_on_exit = on)),
    ("cpp_demangle", |config, value| truth(value).map(|on| config.cpp_demangle = on)),
    ("lazy_symbolication", |config, value| truth(value).map(|on| config.lazy_symbolication = on)),
    ("use_blazesym", |config, value| truth(value).map(|on| config.use_blazesym = on)),
    ("show_debug_info", |config, value| truth(value).map(|on| config.show_debug_info = on)),
    ("str_trunc_trailer", |config, value| text(value).map(|text| config.str_trunc_trailer = text)),
    ("license", |config, value| license(value).map(|text| config.license = text)),
    ("cache_user_symbols", |_, value| {
        let words = ["PER_PID", "PER_PROGRAM", "NONE", "0", "1"];
        one_of(value, &words, "cache_user_symbols: valid values are PER_PID, PER_PROGRAM, and NONE.")
            .map(drop)
    }),
    ("missing_probes", |config, value| {
        let words = ["error", "warn", "ignore"];
        let word = one_of(value, &words, "missing_probes: valid values are ignore, warn, and error.")?;
        config.missing_probes = [MissingProbes::Error, MissingProbes::Warn, MissingProbes::Ignore][word];
        Ok(())
    }),
    ("stack_mode", |config, value| {
        let word = value.to_string().to_ascii_lowercase();
        let mode = super::stack::mode(&word);
        mode.map(|mode| config.stack_mode = mode)
            .ok_or_else(|| format!("Invalid value for {}", super::stack::VALID_MODES))
    }),
    ("unstable_import_statement", |config, value| {
        stability(value).map(|how| config.unstable_import_statement = how)
    }),
    ("unstable_tseries", |config, value| stability(value).map(|how| config.unstable_tseries = how)),
    ("unstable_dw_ustack", |config, value| stability(value).map(|how| config.unstable_dw_ustack = how)),
    ("unstable_typeinfo", |config, value| stability(value).map(|how| config.unstable_typeinfo = how)),
];

/// Settings that are read and mean nothing.
const DEPRECATED: &[&str] = &[
    "symbol_source",
    "max_type_res_iterations",
    "unstable_addr",
    "unstable_import",
    "unstable_macro",
    "unstable_map_decl",
];

/// What only the environment can say.
const ENVIRONMENT_ONLY: &[&str] = &["btf", "kernel_build", "kernel_source", "vmlinux"];

/// Names that settings had before 0.20.
const RENAMED: &[(&str, &str)] = &[
    ("strlen", "max_strlen"),
    ("no_cpp_demangle", "cpp_demangle"),
    ("cat_bytes_max", "max_cat_bytes"),
    ("map_keys_max", "max_map_keys"),
];

/// Takes one setting; upper case and the environment's prefix are fine.
pub(super) fn set(config: &mut Config, name: &str, value: &Setting<'_>) -> Result<(), Refusal> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("bpftrace_").unwrap_or(&name);
    if DEPRECATED.contains(&name) {
        return Err(Refusal::Deprecated);
    }
    if let Some((_, now)) = RENAMED.iter().find(|(old, _)| *old == name) {
        return Err(Refusal::Renamed(now));
    }
    if ENVIRONMENT_ONLY.contains(&name) {
        return Err(Refusal::Value(format!("{name}: can only be set as an environment variable")));
    }
    let (known, put) = SETTINGS.iter().find(|(known, _)| *known == name).ok_or(Refusal::Unknown)?;
    // What is wrong with a licence is told without the setting's name: its text has it.
    let told = |text: String| if *known == "license" { text } else { format!("{known}: {text}") };
    put(config, value).map_err(|text| Refusal::Value(told(text)))
}

/// All names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|(name, _)| *name)
}

fn number(value: &Setting<'_>) -> Result<u32, String> {
    let parsed = match value {
        Setting::Number(number) => Some(*number),
        Setting::Text(text) => crate::literal::integer(text).ok(),
    };
    let number = parsed.ok_or_else(|| format!("expecting a number, got {value}"))?;
    u32::try_from(number).map_err(|_| format!("expecting a number up to {}, got {value}", u32::MAX))
}

fn truth(value: &Setting<'_>) -> Result<bool, String> {
    let word = match value {
        Setting::Number(number) => return Ok(*number != 0),
        Setting::Text(word) => word.to_ascii_lowercase(),
    };
    match word.as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("Invalid bool value: valid values are true, false, 1 or 0.".into()),
    }
}

fn text(value: &Setting<'_>) -> Result<String, String> {
    Ok(value.to_string())
}

fn license(value: &Setting<'_>) -> Result<String, String> {
    let found = value.to_string();
    if is_gpl_compatible(&found) {
        return Ok(found);
    }
    Err(format!(
        "Invalid value for license. Found: {found}. Valid values: {}. Read more about BPF programs and licensing: \
        https://docs.kernel.org/bpf/bpf_licensing.html#using-bpf-programs-in-the-linux-kernel",
        GPL_COMPATIBLE.join(", ")
    ))
}

fn one_of(value: &Setting<'_>, words: &[&str], valid: &str) -> Result<usize, String> {
    let word = value.to_string();
    let position = words.iter().position(|known| known.eq_ignore_ascii_case(&word));
    position.ok_or_else(|| format!("Invalid value for {valid}"))
}

/// What `config()` tells: the settings by name.
pub(super) fn values(config: &Config) -> Vec<(&'static str, ParamValue)> {
    use ParamValue::{Bool, Text, Unsigned};
    let number = |value: u32| Unsigned(u64::from(value));
    let missing = match config.missing_probes {
        MissingProbes::Error => "error",
        MissingProbes::Warn => "warn",
        MissingProbes::Ignore => "ignore",
    };
    vec![
        ("cpp_demangle", Bool(config.cpp_demangle)),
        ("lazy_symbolication", Bool(config.lazy_symbolication)),
        ("print_maps_on_exit", Bool(config.print_maps_on_exit)),
        ("use_blazesym", Bool(config.use_blazesym)),
        ("show_debug_info", Bool(config.show_debug_info)),
        ("log_size", number(config.log_size)),
        ("max_bpf_progs", number(config.max_bpf_progs)),
        ("max_cat_bytes", number(config.max_cat_bytes)),
        ("max_map_keys", number(config.max_map_keys)),
        ("max_probes", number(config.max_probes)),
        ("max_strlen", number(config.max_strlen)),
        ("on_stack_limit", number(config.on_stack_limit)),
        ("perf_rb_pages", number(config.perf_rb_pages)),
        ("str_trunc_trailer", Text(config.str_trunc_trailer.clone())),
        ("unstable_import_statement", Text(level_name(config.unstable_import_statement).into())),
        ("unstable_tseries", Text(level_name(config.unstable_tseries).into())),
        ("unstable_typeinfo", Text(level_name(config.unstable_typeinfo).into())),
        ("unstable_dw_ustack", Text(level_name(config.unstable_dw_ustack).into())),
        ("missing_probes", Text(missing.into())),
        ("stack_mode", Text(super::stack::mode_name(config.stack_mode).into())),
        ("license", Text(config.license.clone())),
    ]
}

const fn level_name(level: Unstable) -> &'static str {
    match level {
        Unstable::Enable => "enable",
        Unstable::Warn => "warn",
        Unstable::Error => "error",
    }
}

fn stability(value: &Setting<'_>) -> Result<Unstable, String> {
    if let Ok(on) = truth(value) {
        return Ok(if on { Unstable::Enable } else { Unstable::Error });
    }
    let words = ["enable", "warn", "error"];
    let word = one_of(value, &words, "unstable config: valid values are enable, warn, and error.")?;
    Ok([Unstable::Enable, Unstable::Warn, Unstable::Error][word])
}

impl std::fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_in_every_spelling_and_refuses_the_rest() {
        let mut config = Config::default();
        assert_eq!(set(&mut config, "BPFTRACE_MAX_STRLEN", &Setting::Text("200")), Ok(()));
        assert_eq!(config.max_strlen, 200);
        assert_eq!(set(&mut config, "missing_probes", &Setting::Text("warn")), Ok(()));
        assert_eq!(config.missing_probes, MissingProbes::Warn);
        assert_eq!(set(&mut config, "strlen", &Setting::Number(1)), Err(Refusal::Renamed("max_strlen")));
        assert_eq!(set(&mut config, "nonsense", &Setting::Number(1)), Err(Refusal::Unknown));
        assert_eq!(
            set(&mut config, "print_maps_on_exit", &Setting::Text("maybe")),
            Err(Refusal::Value(
                "print_maps_on_exit: Invalid bool value: valid values are true, false, 1 or 0.".into()
            ))
        );
        assert_eq!(set(&mut config, "unstable_macro", &Setting::Number(1)), Err(Refusal::Deprecated));
        assert!(matches!(set(&mut config, "license", &Setting::Text("Potato")), Err(Refusal::Value(_))));
    }
}
