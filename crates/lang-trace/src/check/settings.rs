//! Reads the settings of a script and of the environment into a [`Config`]; `config` says which there are.
use super::{Options, config};
use crate::ast::{self, Script};
use crate::typed::Config;
use osmia_base::{Diagnostic, Diagnostics};

/// Settings of script and environment.
pub(super) fn settings(script: &Script, options: &Options, diagnostics: &mut Diagnostics) -> Config {
    let mut config = Config::default();
    for setting in &script.config {
        let value = match &setting.value.kind {
            ast::ExprKind::Integer(number) => config::Setting::Number(*number),
            ast::ExprKind::Bool(true) => config::Setting::Text("true"),
            ast::ExprKind::Bool(false) => config::Setting::Text("false"),
            ast::ExprKind::Ident(word) => config::Setting::Text(word),
            ast::ExprKind::Str(text) => config::Setting::Text(std::str::from_utf8(text).unwrap_or("")),
            _ => {
                diagnostics.error(setting.value.span, "a setting is a number, a word or a string");
                continue;
            }
        };
        let name = &setting.name;
        match config::set(&mut config, &name.node, &value) {
            Ok(()) => {}
            Err(config::Refusal::Unknown) => diagnostics.push(
                Diagnostic::error(setting.span, format!("{}: not a known configuration option", name.node))
                    .suggest(&name.node, config::names()),
            ),
            Err(config::Refusal::Renamed(now)) => {
                let _ = config::set(&mut config, now, &value);
                let text = format!("{} has been renamed, please use {now}", name.node);
                diagnostics.push(Diagnostic::warning(setting.span, text));
            }
            Err(config::Refusal::Deprecated) => {
                let text = format!("{} is deprecated and has no effect", name.node);
                diagnostics.push(Diagnostic::warning(setting.span, text));
            }
            Err(config::Refusal::Value(text)) => {
                diagnostics.error(setting.span, text);
            }
        }
    }
    for (name, value) in &options.environment {
        // What the environment says wrongly was reported where it was read.
        let _ = config::set(&mut config, name, &config::Setting::Text(value));
    }
    config
}

/// The name that a setting from the environment has by now, if it had another before bpftrace 0.20.
pub fn environment_renamed(name: &str) -> Option<String> {
    match config::set(&mut Config::default(), name, &config::Setting::Number(0)) {
        Err(config::Refusal::Renamed(now)) => Some(format!("BPFTRACE_{}", now.to_uppercase())),
        _ => None,
    }
}

/// What is wrong with a setting from the environment, in words; `None` where nothing is.
pub fn environment_error(name: &str, value: &str) -> Option<String> {
    match config::set(&mut Config::default(), name, &config::Setting::Text(value)) {
        Ok(()) | Err(config::Refusal::Unknown | config::Refusal::Deprecated) => None,
        Err(config::Refusal::Renamed(now)) => environment_error(now, value),
        Err(config::Refusal::Value(text)) => Some(format!("{name}={value}: {text}")),
    }
}
