//! Options that all commands take, as getopt reads them.
use super::Failure;
use crate::Form;
use osmia_sys::Errno;
use std::path::PathBuf;

/// What all commands are told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How answers are printed.
    pub form: Form,
    /// Whether to tell where things are pinned.
    pub pins: bool,
    /// Whether attributes of maps that are not known are overlooked in objects.
    pub relaxed_maps: bool,
    /// Whether a BPF file system is never mounted.
    pub no_mount: bool,
    /// Whether to tell what happens while an object is loaded.
    pub debug: bool,
    /// Whether objects are loaded by a program that runs in the kernel.
    pub use_loader: bool,
    /// With what that program is signed.
    pub sign: Option<Sign>,
    /// The file with the types that other types build on.
    pub base_btf: Option<PathBuf>,
    /// The language of what is generated.
    pub language: Option<String>,
}

/// With what a program is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The file with the private key.
    pub key: PathBuf,
    /// The file with the certificate.
    pub certificate: PathBuf,
}

/// What an option means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named after their options")]
pub enum Switch {
    Version,
    Help,
    Pretty,
    Json,
    Bpffs,
    MapCompat,
    NoMount,
    Debug,
    UseLoader,
    Sign,
    Key,
    Certificate,
    BaseBtf,
    Language,
    Legacy,
}

/// An option.
#[derive(Debug)]
pub struct OptionRow {
    /// Its letter; a zero for none.
    pub short: char,
    /// Its long name; empty for none.
    pub long: &'static str,
    /// What its value is; empty for none.
    pub value: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// What it means.
    pub switch: Switch,
}

impl OptionRow {
    /// How it is written: `-j` and `--json`, as far as there are both.
    pub fn names(&self) -> Vec<String> {
        let short = (self.short != '\0').then(|| format!("-{}", self.short));
        let long = (!self.long.is_empty()).then(|| format!("--{}", self.long));
        short.into_iter().chain(long).collect()
    }
}

const fn row(
    short: char,
    long: &'static str,
    value: &'static str,
    help: &'static str,
    switch: Switch,
) -> OptionRow {
    OptionRow { short, long, value, help, switch }
}

/// All options.
pub const OPTIONS: &[OptionRow] = &[
    row('j', "json", "", "answer in JSON, on one line", Switch::Json),
    row('p', "pretty", "", "answer in JSON that people can read", Switch::Pretty),
    row('f', "bpffs", "", "also tell where things are pinned", Switch::Bpffs),
    row('m', "mapcompat", "", "overlook unknown attributes of maps in objects", Switch::MapCompat),
    row('n', "nomount", "", "never mount a BPF file system", Switch::NoMount),
    row('d', "debug", "", "tell what happens while an object is loaded", Switch::Debug),
    row('L', "use-loader", "", "load objects by a program that runs in the kernel", Switch::UseLoader),
    row('S', "sign", "", "sign that program; implies -L, needs -k and -i", Switch::Sign),
    row('k', "", "KEY.pem", "the private key to sign with", Switch::Key),
    row('i', "", "CERT.x509", "the certificate to sign with", Switch::Certificate),
    row('B', "base-btf", "FILE", "types that other types build on", Switch::BaseBtf),
    row('\0', "lang", "LANG", "the language of generated text: c or rust", Switch::Language),
    row('l', "", "", "does nothing; once asked for an older library's strictness", Switch::Legacy),
    row('h', "help", "", "tell how commands are written", Switch::Help),
    row('V', "version", "", "tell the version", Switch::Version),
];

/// A command line without its options.
pub(super) struct Parsed {
    pub(super) options: Options,
    pub(super) words: Vec<String>,
    pub(super) wish: Wish,
}

/// What is to be done.
pub(super) enum Wish {
    Run,
    Version,
    Help,
    /// Nothing: there is no such option.
    Unknown(String),
    Wrong(Failure),
}

#[derive(Default)]
struct Seen {
    options: Options,
    version: bool,
    help: bool,
    sign: bool,
    key: Option<PathBuf>,
    certificate: Option<PathBuf>,
}

/// Reads options wherever they stand: after `--` there are none, and a number below zero is none.
pub(super) fn parse(words: &[String]) -> Parsed {
    let (mut seen, mut left) = (Seen::default(), Vec::new());
    let mut words = words.iter();
    let mut wrong = None;
    while let Some(word) = words.next() {
        let rest: &mut dyn Iterator<Item = &String> = &mut words;
        let number = |rest: &&str| rest.starts_with(|first: char| first.is_ascii_digit());
        let fine = match word.strip_prefix('-').filter(|rest| !number(rest)) {
            Some("-") => {
                left.extend(words.by_ref().cloned());
                true
            }
            None | Some("") => {
                left.push(word.clone());
                true
            }
            Some(letters) => match letters.strip_prefix('-') {
                Some(name) => seen.long(name, rest),
                None => seen.short(letters, rest),
            },
        };
        if !fine {
            wrong = Some(word);
        }
        if seen.help || !fine {
            break;
        }
    }
    let wish = match wrong {
        Some(word) => Wish::Unknown(word.clone()),
        None => seen.wish(),
    };
    Parsed { options: seen.options, words: left, wish }
}

impl Seen {
    /// `-jp`, `-BFILE`, `-B FILE`
    fn short(&mut self, letters: &str, rest: &mut dyn Iterator<Item = &String>) -> bool {
        for (at, letter) in letters.char_indices() {
            let Some(row) = OPTIONS.iter().find(|row| row.short == letter && letter != '\0') else {
                return false;
            };
            if row.value.is_empty() {
                self.set(row.switch, String::new());
                continue;
            }
            let attached = letters.get(at + letter.len_utf8()..).filter(|value| !value.is_empty());
            let value = attached.map(str::to_owned).or_else(|| rest.next().cloned());
            return value.map(|value| self.set(row.switch, value)).is_some();
        }
        true
    }

    /// `--json`, `--base-btf FILE`, `--base-btf=FILE`; the beginning of a name will do if no other begins so.
    fn long(&mut self, word: &str, rest: &mut dyn Iterator<Item = &String>) -> bool {
        let (name, attached) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let begun = || OPTIONS.iter().filter(|row| !row.long.is_empty() && row.long.starts_with(name));
        let exact = begun().find(|row| row.long == name);
        let Some(row) = exact.or_else(|| begun().next().filter(|_| begun().count() == 1)) else {
            return false;
        };
        let value = match (row.value.is_empty(), attached) {
            (true, None) => Some(String::new()),
            (true, Some(_)) => None,
            (false, attached) => attached.map(str::to_owned).or_else(|| rest.next().cloned()),
        };
        value.map(|value| self.set(row.switch, value)).is_some()
    }

    fn set(&mut self, switch: Switch, value: String) {
        let options = &mut self.options;
        match switch {
            Switch::Version => self.version = true,
            Switch::Help => self.help = true,
            Switch::Pretty => options.form = Form::PrettyJson,
            Switch::Json if options.form == Form::Text => options.form = Form::Json,
            Switch::Json | Switch::Legacy => {}
            Switch::Bpffs => options.pins = true,
            Switch::MapCompat => options.relaxed_maps = true,
            Switch::NoMount => options.no_mount = true,
            Switch::Debug => options.debug = true,
            Switch::UseLoader => options.use_loader = true,
            Switch::Sign => (self.sign, options.use_loader) = (true, true),
            Switch::Key => self.key = Some(value.into()),
            Switch::Certificate => self.certificate = Some(value.into()),
            Switch::Language => options.language = Some(value),
            Switch::BaseBtf => options.base_btf = Some(value.into()),
        }
    }

    fn wish(&mut self) -> Wish {
        if self.help {
            return Wish::Help;
        }
        match (self.sign, self.key.take(), self.certificate.take()) {
            (true, Some(key), Some(certificate)) => self.options.sign = Some(Sign { key, certificate }),
            (false, None, None) => {}
            (true, _, _) => {
                return wrong(
                    "-S signs with a private key (-k KEY.pem) and a certificate (-i CERT.x509): give both",
                );
            }
            (false, _, _) => return wrong("-k and -i are for signing: give -S (--sign) as well"),
        }
        if self.version { Wish::Version } else { Wish::Run }
    }
}

fn wrong(words: &str) -> Wish {
    Wish::Wrong(Failure::with(words, Errno::EINVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Parsed {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_stand_anywhere() {
        let all = parsed("map -fj dump --nom id 7 -BFILE --base-btf=OTHER -- -p");
        assert_eq!(all.words, ["map", "dump", "id", "7", "-p"]);
        assert!(all.options.pins && all.options.no_mount && all.options.form == Form::Json);
        assert_eq!(all.options.base_btf, Some("OTHER".into()));
        assert_eq!(parsed("-p -j").options.form, Form::PrettyJson);
        assert_eq!(parsed("batch file -").words, ["batch", "file", "-"]);
        let numbers = parsed("key -1 value -7 -j");
        assert_eq!(numbers.words, ["key", "-1", "value", "-7"]);
        assert!(numbers.options.form == Form::Json && matches!(numbers.wish, Wish::Run));
    }

    #[test]
    fn what_is_no_option_is_told() {
        for line in ["-x", "--b", "--json=1", "-B", "prog --nonsense", "-jx"] {
            assert!(matches!(parsed(line).wish, Wish::Unknown(_)), "{line}");
        }
        assert!(matches!(parsed("-S -k a").wish, Wish::Wrong(failure) if failure.status() == 234));
        assert!(matches!(parsed("-h -x").wish, Wish::Help));
        let signed = parsed("-S -k a -i b");
        assert_eq!(signed.options.sign, Some(Sign { key: "a".into(), certificate: "b".into() }));
    }

    #[test]
    fn usage_is_that_of_the_called_name() {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let status = super::super::run("osmia", &["-x".to_owned()], &mut out, &mut errors);
        let errors = String::from_utf8(errors).unwrap();
        assert!(
            status == 255 && errors.starts_with("Error: unrecognized option '-x'\nUsage: osmia "),
            "{errors}"
        );
    }
}
