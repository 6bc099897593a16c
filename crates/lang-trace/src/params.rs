//! Named parameters: what a script asks for with `getopt`, and what it is given behind `--`.
use crate::ast::{
    BinaryOp, Expr, ExprKind, Script, UnaryOp, Visit, visit_block, visit_definitions, visit_expr,
};
use crate::{constant, literal};
use osmia_base::{Diagnostics, Span};
use std::collections::BTreeMap;

/// A named parameter of a script.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NamedParam {
    /// What it is called, without `--`.
    pub name: String,
    /// Its value where none is given; says what kind of value it is.
    pub default: ParamValue,
    /// What `--help` says of it.
    pub help: String,
}

/// The value of a named parameter.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ParamValue {
    /// Whether it is on.
    Bool(bool),
    /// A number that cannot be negative.
    Unsigned(u64),
    /// A number; the default is negative.
    Signed(i64),
    /// Text.
    Text(String),
}

/// Words that turn a parameter on, and off.
const ON: [&str; 4] = ["1", "true", "on", "yes"];
const OFF: [&str; 4] = ["0", "false", "off", "no"];

/// The parameters that a script asks for, in order of their names, and what is wrong with how it asks.
pub fn named_params(script: &Script) -> (Vec<NamedParam>, Diagnostics) {
    let mut collector = Collector::default();
    visit_definitions(script, &mut collector);
    for probe in &script.probes {
        probe.predicate.iter().for_each(|predicate| visit_expr(predicate, &mut collector));
        visit_block(&probe.body, &mut collector);
    }
    (collector.params.into_values().collect(), collector.diagnostics)
}

/// The values of all parameters, for words such as `--name=value` and `--name`; an error in words.
pub fn param_values(params: &[NamedParam], words: &[String]) -> Result<BTreeMap<String, ParamValue>, String> {
    let mut values: BTreeMap<String, ParamValue> =
        params.iter().map(|param| (param.name.clone(), param.default.clone())).collect();
    let mut unexpected = Vec::new();
    for word in words {
        let word = word.strip_prefix("--").unwrap_or(word);
        let (name, given) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        match params.iter().find(|param| param.name == name) {
            Some(param) => drop(values.insert(name.to_owned(), value(param, given)?)),
            None => unexpected.push(name),
        }
    }
    if unexpected.is_empty() { Ok(values) } else { Err(refuse(params, &unexpected)) }
}

/// What to say to words that are no parameters; `--help` asks what there is.
fn refuse(params: &[NamedParam], unexpected: &[&str]) -> String {
    let wrong: Vec<String> =
        unexpected.iter().filter(|name| **name != "help").map(|name| format!("--{name}")).collect();
    let mut out = String::new();
    if !wrong.is_empty() {
        out = format!("ERROR: unexpected program command line options: {}\n", wrong.join(", "));
    }
    if params.is_empty() {
        return out + "HINT: no custom program options defined.\n";
    }
    let help = unexpected.contains(&"help");
    let listed: Vec<String> = params
        .iter()
        .map(|param| match param.help.as_str() {
            text if help && !text.is_empty() => format!("--{}: {text}", param.name),
            _ => format!("--{}", param.name),
        })
        .collect();
    let between = if help { "\n" } else { " " };
    out + &format!("HINT: expected program options:{between}{}\n", listed.join(between))
}

/// The value that is given for a parameter.
fn value(param: &NamedParam, given: Option<&str>) -> Result<ParamValue, String> {
    let refuse = |words: &str| {
        let given = given.unwrap_or("true");
        Err(format!("ERROR: program command line option --{} {words} (value: {given})\n", param.name))
    };
    let (text, default) = match (given, &param.default) {
        (None, ParamValue::Bool(_)) => return Ok(ParamValue::Bool(true)),
        (None, ParamValue::Text(_)) => return refuse("expects a string"),
        (None, _) => return refuse("expects an integer"),
        (Some(text), default) => (text, default),
    };
    match default {
        ParamValue::Text(_) => Ok(ParamValue::Text(text.to_owned())),
        ParamValue::Bool(_) => match text.to_lowercase().as_str() {
            word if ON.contains(&word) => Ok(ParamValue::Bool(true)),
            word if OFF.contains(&word) => Ok(ParamValue::Bool(false)),
            _ => refuse("expects a boolean (e.g. 'true')"),
        },
        ParamValue::Unsigned(_) => match literal::integer(text) {
            Ok(number) => Ok(ParamValue::Unsigned(number)),
            Err(_) => signed(text).map_or_else(|| refuse("invalid integer"), |it| Ok(ParamValue::Signed(it))),
        },
        ParamValue::Signed(_) => match signed(text) {
            Some(number) => Ok(ParamValue::Signed(number)),
            None => refuse("invalid integer"),
        },
    }
}

fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => i64::try_from(-i128::from(literal::integer(rest).ok()?)).ok(),
        None => i64::try_from(literal::integer(text).ok()?).ok(),
    }
}

#[derive(Default)]
struct Collector {
    params: BTreeMap<String, NamedParam>,
    diagnostics: Diagnostics,
}

impl Visit for Collector {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { name, args } = &expr.kind
            && name.node == "getopt"
        {
            self.ask(args, expr.span);
        }
    }
}

impl Collector {
    fn ask(&mut self, args: &[Expr], span: Span) {
        let Some(Expr { kind: ExprKind::Str(name), .. }) = args.first() else {
            let span = args.first().map_or(span, |arg| arg.span);
            self.diagnostics.error(span, "First argument to 'getopt' must be a string literal.");
            return;
        };
        let name = String::from_utf8_lossy(name).into_owned();
        if args.len() > 3 {
            let text =
                "The 'getopt' function can take a maximum of three arguments and a minimum of one argument.";
            self.diagnostics.error(span, text);
            return;
        }
        let Some(default) = args.get(1).map_or(Some(ParamValue::Bool(false)), literal_value) else {
            let text = "Second argument to 'getopt' must be a string literal, integer literal, or a boolean literal.";
            self.diagnostics.error(args[1].span, text);
            return;
        };
        let help = match args.get(2).map(|arg| &arg.kind) {
            None => String::new(),
            Some(ExprKind::Str(help)) => String::from_utf8_lossy(help).into_owned(),
            Some(_) => {
                let text = "Function 'getopt' requires the third parameter to be a string literal.";
                self.diagnostics.error(args[2].span, text);
                return;
            }
        };
        self.add(NamedParam { name, default, help }, span);
    }

    /// The same parameter may be asked for in several places, in the same way.
    fn add(&mut self, param: NamedParam, span: Span) {
        let name = param.name.clone();
        let Some(known) = self.params.get_mut(&name) else {
            self.params.insert(name, param);
            return;
        };
        if known.default != param.default {
            let text = format!(
                "Command line option '{name}' needs to have the same default value in all places it is used. Previous default value: {}",
                known.default
            );
            self.diagnostics.error(span, text);
        } else if known.help.is_empty() {
            known.help = param.help;
        } else if !param.help.is_empty() && known.help != param.help {
            let text = format!(
                "Command line option '{name}' must have the same description in all places it's used. Hint: You can wrap it in a macro"
            );
            self.diagnostics.error(span, text);
        }
    }
}

impl std::fmt::Display for ParamValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Signed(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// A literal as a value, and a sum, product and the like of literal numbers.
pub(crate) fn literal_value(expr: &Expr) -> Option<ParamValue> {
    Some(match &expr.kind {
        ExprKind::Bool(value) => ParamValue::Bool(*value),
        ExprKind::Str(text) => ParamValue::Text(String::from_utf8_lossy(text).into_owned()),
        _ => {
            let number = literal_number(expr)?;
            match u64::try_from(number) {
                Ok(number) => ParamValue::Unsigned(number),
                Err(_) => ParamValue::Signed(i64::try_from(number).ok()?),
            }
        }
    })
}

fn literal_number(expr: &Expr) -> Option<i128> {
    match &expr.kind {
        ExprKind::Integer(value) => Some(i128::from(*value)),
        ExprKind::Unary(op @ UnaryOp::Negate, inner) => Some(constant::unary(*op, literal_number(inner)?)),
        ExprKind::Binary(op, a, b) if is_arithmetic(*op) => {
            let (a, b) = (literal_number(a)?, literal_number(b)?);
            let divides = matches!(op, BinaryOp::Div | BinaryOp::Mod);
            (b != 0 || !divides).then(|| constant::binary(*op, a, b))
        }
        _ => None,
    }
}

const fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, BitAnd, BitOr, BitXor, Div, Mod, Mul, Shl, Shr, Sub};
    matches!(op, Mul | Div | Mod | Add | Sub | Shl | Shr | BitAnd | BitXor | BitOr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use osmia_base::Source;

    fn given(script: &str, words: &[&str]) -> Result<String, String> {
        let parsed = parse(&Source::new("stdin", script));
        let (params, diagnostics) = named_params(&parsed.script);
        assert!(!parsed.diagnostics.has_errors() && !diagnostics.has_errors(), "{script}");
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let values = param_values(&params, &words)?;
        Ok(values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    const SCRIPT: &str = "begin { print((getopt(\"n\", 5, \"how many\"), getopt(\"s\", \"x\"), getopt(\"b\"), getopt(\"m\", -1))); }";

    #[test]
    fn the_default_says_what_is_expected() {
        assert_eq!(given(SCRIPT, &[]).unwrap(), "b=false m=-1 n=5 s=x");
        assert_eq!(
            given(SCRIPT, &["--n=0xff", "--s=a=b", "--b", "--m=-7"]).unwrap(),
            "b=true m=-7 n=255 s=a=b"
        );
        assert_eq!(given(SCRIPT, &["--b=Off"]).unwrap(), "b=false m=-1 n=5 s=x");
        for (word, expected) in [
            ("--n=False", "ERROR: program command line option --n invalid integer (value: False)\n"),
            ("--n", "ERROR: program command line option --n expects an integer (value: true)\n"),
            ("--s", "ERROR: program command line option --s expects a string (value: true)\n"),
            ("--b=2", "ERROR: program command line option --b expects a boolean (e.g. 'true') (value: 2)\n"),
            (
                "--m=99999999999999999999",
                "ERROR: program command line option --m invalid integer (value: 99999999999999999999)\n",
            ),
        ] {
            assert_eq!(given(SCRIPT, &[word]).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_default_may_be_a_sum_of_literals() {
        let script = "begin { print((getopt(\"n\", 2 * 1024 - 1), getopt(\"m\", 3 - 5), getopt(\"s\", 1 << 4 | 1))); }";
        assert_eq!(given(script, &[]).unwrap(), "m=-2 n=2047 s=17");
    }

    #[test]
    fn what_there_is_is_told() {
        assert_eq!(
            given(SCRIPT, &["--help"]).unwrap_err(),
            "HINT: expected program options:\n--b\n--m\n--n: how many\n--s\n"
        );
        assert_eq!(
            given("begin { print(getopt(\"aa\", 10)); }", &["--bb"]).unwrap_err(),
            "ERROR: unexpected program command line options: --bb\nHINT: expected program options: --aa\n"
        );
        assert_eq!(
            given("begin { }", &["--help"]).unwrap_err(),
            "HINT: no custom program options defined.\n"
        );
    }
}
