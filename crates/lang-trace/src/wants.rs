//! Which parts of a machine a script needs to know of before it can be checked. A script that needs nothing costs
//! nothing: no types, no symbol table, no tracefs.
use crate::ast::{
    CItem, CTag, Expr, ExprKind, Script, TypeName, TypeNameKind, Visit, visit_block, visit_definitions,
    visit_expr,
};
use crate::attach_point::{
    AttachPoint, Mangled, Point, UserPlace, has_wildcard, of_function, of_probe, resolve_point,
};
use crate::check::plain_name;
use crate::parse::BASIC;
use crate::probes::Provider;
use crate::probes::TASK_FROM_PID;
use osmia_abi::Feature;
use osmia_object::SourcePlace;
use std::collections::{BTreeMap, BTreeSet};

/// What must be known of the machine. All names may be patterns (see [`crate::attach_point::matches`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Tracepoints, `(category, name)`, with their fields.
    pub tracepoints: BTreeSet<(String, String)>,
    /// Fields of theirs that the script reads: only the kernel's types name the values of an enumeration.
    pub fields: BTreeSet<String>,
    /// The names of raw tracepoints.
    pub raw_tracepoints: bool,
    /// Kernel functions.
    pub functions: BTreeSet<WantedFunction>,
    /// Which kernel modules are loaded.
    pub modules: bool,
    /// Which BPF programs are loaded.
    pub bpf_programs: bool,
    /// User files as the script writes them, with what is looked up in each. An empty name is the program of the process
    /// that `-p` names; `*` all that this process runs, or that all processes run.
    pub binaries: BTreeMap<String, FileWants>,
    /// What the debug information of user files is asked, by path as the script writes it.
    pub debug: BTreeMap<String, DebugWants>,
    /// The kernel's types.
    pub kernel_btf: bool,
    /// Kernel symbols whose addresses are needed.
    pub ksyms: BTreeSet<String>,
    /// Kernel functions of which is to be known which programs may call them.
    pub kfuncs: BTreeSet<String>,
    /// The number of processors.
    pub cpus: bool,
    /// What the kernel is to be asked, as it shows only in what programs give.
    pub features: BTreeSet<Feature>,
}

/// A kernel function, or a pattern for several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedFunction {
    /// Its module, or a pattern for several.
    pub module: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether its types are needed.
    pub types: bool,
}

/// What a user file's debug information is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugWants {
    /// Functions whose parameters are needed; names may be patterns.
    pub functions: BTreeSet<String>,
    /// Types: `struct NAME`, `union NAME`, `enum NAME`, or the name of a type definition.
    pub types: BTreeSet<String>,
    /// Lines of its source that are probed.
    pub lines: BTreeSet<SourcePlace>,
}

/// What must be known of a user file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileWants {
    /// Functions.
    pub functions: BTreeSet<String>,
    /// Functions by their names as C++ and Rust have them.
    pub demangled: BTreeSet<String>,
    /// Functions and variables whose addresses are needed.
    pub variables: BTreeSet<String>,
    /// The probes that its author put in.
    pub probes: bool,
    /// Virtual addresses where something is to be put.
    pub addresses: BTreeSet<u64>,
    /// Bytes behind functions' starts where something is to be put.
    pub offsets: BTreeSet<(String, u64)>,
}

impl Wants {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What `script` needs, its attach points having `params` in the place of `$1` and so on. Attach points that cannot be
/// read want nothing; checking says what is wrong with them.
pub fn wants(script: &Script, params: &[Vec<u8>]) -> Wants {
    let mut collector = Collector {
        wants: Wants::default(),
        own: own_names(script),
        providers: BTreeSet::new(),
        params,
        variables: BTreeSet::new(),
        said: Said::default(),
        named: false,
    };
    visit_definitions(script, &mut collector);
    // What macros name may be in the files of any probe.
    let common = collector.variables.clone();
    let said = std::mem::take(&mut collector.said);
    for probe in &script.probes {
        collector.variables.clone_from(&common);
        collector.said.clone_from(&said);
        let points: Vec<AttachPoint> = probe
            .points
            .iter()
            .filter_map(|text| resolve_point(&text.text, text.span, params).ok())
            .collect();
        points.iter().for_each(|point| collector.point(point));
        probe.predicate.iter().for_each(|predicate| visit_expr(predicate, &mut collector));
        visit_block(&probe.body, &mut collector);
        collector.variables_of(&points);
        points.iter().for_each(|point| collector.debug(point));
    }
    if collector.wants.tracepoints.is_empty() {
        collector.wants.fields.clear();
    }
    // A function that is probed at both sides may be probed with one program, by a function that the kernel describes.
    let sides = [Provider::Kprobe, Provider::Kretprobe];
    if sides.iter().all(|side| collector.providers.contains(side)) {
        collector.wants.kernel_btf = true;
        collector.wants.features.extend([Feature::KprobeMulti, Feature::KprobeSession]);
    }
    collector.wants
}

/// Words that need no types: builtins, words of calls (`perf`, `monotonic`), units.
const KNOWN: [&str; 60] = [
    "args",
    "arg0",
    "arg1",
    "arg2",
    "arg3",
    "arg4",
    "arg5",
    "arg6",
    "arg7",
    "arg8",
    "arg9",
    "ctx",
    "retval",
    "kstack",
    "ustack",
    "nsecs",
    "elapsed",
    "pid",
    "tid",
    "uid",
    "gid",
    "comm",
    "cpu",
    "ncpus",
    "numaid",
    "cgroup",
    "func",
    "probe",
    "probetype",
    "rand",
    "username",
    "cpid",
    "has_cpid",
    "usermode",
    "jiffies",
    "config",
    "monotonic",
    "boot",
    "tai",
    "sw_tai",
    "bpftrace",
    "perf",
    "raw",
    "build_id",
    "curr_ns",
    "init",
    "true",
    "false",
    "sarg0",
    "sarg1",
    "sarg2",
    "sarg3",
    "default_str_length",
    "exit",
    "count",
    "safe_mode",
    "signal_num",
    "elf_info",
    "elf_is_exe",
    "_",
];

/// Builtins and calls that read the current task, whose layout only the kernel's types tell.
const OF_TASK: [&str; 7] = ["curtask", "ppid", "pcomm", "leader_comm", "leader_tid", "path", "skboutput"];

/// Types that mean the same everywhere, besides those that the parser knows.
const MORE_BASIC: [&str; 6] = ["", "u8", "u16", "u32", "u64", "timestamp"];

/// Names that the script itself gives meaning to; types as `struct x`.
fn own_names(script: &Script) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &script.preamble.items {
        match item {
            CItem::Include { .. } => (),
            CItem::Define { name, .. } | CItem::Typedef { name, .. } => drop(names.insert(name.node.clone())),
            CItem::Type(definition) => {
                names.extend(definition.name.as_ref().map(|name| tagged(definition.tag, &name.node)));
                names.extend(definition.names.iter().map(|item| item.name.node.clone()));
            }
        }
    }
    for item in &script.macros {
        names.insert(item.name.node.clone());
        names.extend(item.params.iter().map(|param| param.name.node.clone()));
    }
    names.extend(script.functions.iter().map(|function| function.name.node.clone()));
    names
}

fn tagged(tag: CTag, name: &str) -> String {
    format!("{} {name}", tag.word())
}

struct Collector<'a> {
    wants: Wants,
    /// Names that need not be looked up.
    own: BTreeSet<String>,
    /// The kinds of probes that there are.
    providers: BTreeSet<Provider>,
    /// `$1`, `$2`, ….
    params: &'a [Vec<u8>],
    /// What `uaddr` names in the block that is being read.
    variables: BTreeSet<String>,
    /// What else that block says.
    said: Said,
    /// Whether the `args` that comes next has a field's name behind it, or stands for all fields.
    named: bool,
}

/// What a block says that the debug information of its probes' files may explain.
#[derive(Clone, Debug, Default)]
struct Said {
    /// `args`.
    arguments: bool,
    /// Types that are neither the language's nor the script's.
    types: BTreeSet<String>,
}

impl Collector<'_> {
    fn point(&mut self, point: &AttachPoint) {
        self.providers.insert(point.provider);
        match &point.place {
            Point::Tracepoint { category, name } => {
                // One program at many system calls asks of the current task whether its call is one of 32 bits.
                self.wants.kernel_btf |= category == "syscalls" && has_wildcard(name);
                self.wants.tracepoints.insert((category.clone(), name.clone()));
            }
            Point::RawTracepoint { .. } => {
                self.wants.kernel_btf = true;
                self.wants.raw_tracepoints = true;
            }
            Point::KernelFunction { module, function, .. } => {
                self.kernel_function(point, module.as_ref(), function);
            }
            Point::BpfProgram { .. } => self.wants.bpf_programs = true,
            Point::Iterator { .. } => self.wants.kernel_btf = true,
            Point::UserFunction { path, place } => self.user_place(of_function(path.as_deref()), place),
            Point::Usdt { path, .. } => self.file(of_probe(path.as_deref())).probes = true,
            _ => (),
        }
    }

    fn kernel_function(&mut self, point: &AttachPoint, module: Option<&String>, function: &str) {
        let typed = matches!(point.provider, Provider::Fentry | Provider::Fexit);
        self.wants.kernel_btf |= typed;
        let named = module.filter(|module| !has_wildcard(module) && *module != "vmlinux");
        self.wants.modules |= named.is_some();
        if !typed && (has_wildcard(function) || !self.wants.functions.is_empty()) {
            // Many functions may go by one link. A program is loaded for that or for single probes, so it is asked first.
            self.wants.features.insert(Feature::KprobeMulti);
        }
        self.wants.functions.insert(WantedFunction {
            module: module.cloned(),
            name: function.to_owned(),
            types: typed || named.is_some(),
        });
    }

    fn file(&mut self, path: &str) -> &mut FileWants {
        self.wants.binaries.entry(path.to_owned()).or_default()
    }

    fn user_place(&mut self, path: &str, place: &UserPlace) {
        let file = self.file(path);
        match place {
            UserPlace::Symbol { name, mangled: Mangled::AsIs, offset } => {
                file.functions.insert(name.clone());
                if *offset != 0 {
                    file.offsets.insert((name.clone(), *offset));
                }
            }
            UserPlace::Symbol { name, mangled: Mangled::Demangled, .. } => {
                file.demangled.insert(name.clone());
            }
            UserPlace::Address(address) => {
                file.addresses.insert(*address);
            }
            UserPlace::Line { .. } => (),
        }
    }

    /// What `uaddr` names in a block is in the files of its points.
    fn variables_of(&mut self, points: &[AttachPoint]) {
        let variables = std::mem::take(&mut self.variables);
        for point in points {
            let path = match &point.place {
                Point::UserFunction { path, .. } => of_function(path.as_deref()),
                Point::Usdt { path, .. } => of_probe(path.as_deref()),
                _ => continue,
            };
            self.file(path).variables.extend(variables.iter().cloned());
        }
    }

    /// What the debug information of the probe's file is asked.
    fn debug(&mut self, point: &AttachPoint) {
        let Point::UserFunction { path: Some(path), place } = &point.place else { return };
        let mut wanted = DebugWants { types: self.said.types.clone(), ..DebugWants::default() };
        match place {
            UserPlace::Symbol { name, mangled, .. } if self.said.arguments => {
                let name = if *mangled == Mangled::Demangled { "*" } else { name };
                wanted.functions.insert(name.to_owned());
            }
            UserPlace::Line { file, line, column } => {
                let place = SourcePlace { file: file.clone(), line: *line, column: *column };
                wanted.lines.insert(place);
            }
            UserPlace::Symbol { .. } | UserPlace::Address(_) => {}
        }
        if wanted != DebugWants::default() {
            let all = self.wants.debug.entry(path.clone()).or_default();
            all.functions.extend(wanted.functions);
            all.types.extend(wanted.types);
            all.lines.extend(wanted.lines);
        }
    }

    fn word(&mut self, word: &str) {
        let word = plain_name(word);
        self.said.arguments |= word == "args";
        if word == "args" && !std::mem::take(&mut self.named) {
            self.wants.fields.insert("*".to_owned());
        }
        self.wants.cpus |= word == "ncpus";
        self.asks_comm(word);
        self.wants.kernel_btf |= !KNOWN.contains(&word) && !self.own.contains(word);
    }

    fn call(&mut self, name: &str, args: &[Expr]) {
        self.wants.kernel_btf |=
            OF_TASK.contains(&name) || name == "percpu_kaddr" || name.starts_with("kfunc_");
        // Another process' name is asked of the kernel's own functions.
        if name == "comm" && !args.is_empty() {
            self.wants.kernel_btf = true;
            self.wants.kfuncs.insert(TASK_FROM_PID.to_owned());
        }
        if let ("kfunc_allowed", Some(arg)) = (name, args.first()) {
            self.wants.kfuncs.extend(self.text(arg));
        }
        // Packets come by a buffer for each processor.
        self.wants.cpus |= matches!(name, "ncpus" | "percpu_kaddr" | "skboutput");
        self.asks_comm(name);
        if let ("kaddr" | "percpu_kaddr", Some(arg)) = (name, args.first()) {
            self.wants.ksyms.extend(self.text(arg));
        }
        if let ("uaddr", Some(arg)) = (name, args.first()) {
            self.variables.extend(self.text(arg));
        }
    }

    /// A text that is written there: a literal, or `str($1)`.
    fn text(&self, arg: &Expr) -> Option<String> {
        match &arg.kind {
            ExprKind::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
            ExprKind::Positional(index) => {
                String::from_utf8(self.params.get((*index as usize).checked_sub(1)?)?.clone()).ok()
            }
            ExprKind::Call { name, args } if name.node == "str" => self.text(args.first()?),
            _ => None,
        }
    }

    /// Whether the kernel pads names, only a program that reads one tells.
    fn asks_comm(&mut self, word: &str) {
        self.wants.features.extend((word == "comm").then_some(Feature::CommPadded));
    }

    /// A member of something: of `args` the probe itself tells what it is; of the rest only types do.
    fn member(&mut self, base: &Expr, name: &str) {
        let plain = match &base.kind {
            ExprKind::Ident(base) if base == "args" => {
                self.named = true;
                self.wants.fields.insert(name.to_owned());
                true
            }
            ExprKind::Ident(base) => base == "config",
            ExprKind::Record(_) => true,
            ExprKind::Call { name, .. } => name.node == "typeinfo" || name.node == "config",
            _ => self.own_type(base),
        };
        self.wants.kernel_btf |= !plain;
    }

    /// Whether this is a cast to a type that the script defines.
    fn own_type(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Cast(ty, _) => self.is_own(ty),
            ExprKind::Field(base, _) | ExprKind::Index(base, _) | ExprKind::Unary(_, base) => {
                self.own_type(base)
            }
            _ => false,
        }
    }

    fn is_own(&self, ty: &TypeName) -> bool {
        match &ty.kind {
            TypeNameKind::Tagged(tag, name) => self.own.contains(&tagged(*tag, name)),
            TypeNameKind::Named(name) => self.own.contains(name),
            TypeNameKind::Pointer(inner) | TypeNameKind::Array(inner, _) => self.is_own(inner),
            _ => false,
        }
    }
}

impl Visit for Collector<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Ident(word) => self.word(word),
            ExprKind::Call { name, args } => self.call(&name.node, args),
            ExprKind::Field(base, name) => self.member(base, &name.node),
            _ => (),
        }
    }

    fn type_name(&mut self, ty: &TypeName) {
        let known = match &ty.kind {
            TypeNameKind::Tagged(tag, name) => self.own.contains(&tagged(*tag, name)),
            TypeNameKind::Named(name) => {
                name.split(' ').all(|word| BASIC.contains(&word) || MORE_BASIC.contains(&word))
                    || self.own.contains(name)
            }
            _ => true,
        };
        self.wants.kernel_btf |= !known;
        if !known {
            self.said.types.insert(match &ty.kind {
                TypeNameKind::Tagged(tag, name) => tagged(*tag, name),
                TypeNameKind::Named(name) => name.clone(),
                _ => return,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use osmia_base::Source;

    fn of(text: &str) -> Wants {
        let parsed = parse(&Source::new("stdin", text));
        assert!(!parsed.diagnostics.has_errors(), "{text}");
        wants(&parsed.script, &[b"sched_switch".to_vec()])
    }

    #[test]
    fn simple_scripts_want_nothing() {
        for text in [
            "BEGIN { printf(\"hello world\\n\"); exit(); }",
            "interval:s:1 /pid > 1/ { @[cpu, kstack(perf, 3)] = count(); print((uint8)nsecs); }",
            "#define A 1\nstruct x { int a; struct x *next; } BEGIN { print(A); $x = (struct x *)0; print(((struct x *)1)->next->a) }",
            "enum e { ONE } macro m(a) { a + ONE } BEGIN { print(m(1)) }",
            "profile:hz:99 { @[ustack] = count() }",
        ] {
            assert!(of(text).is_empty(), "{text}: {:?}", of(text));
        }
    }

    #[test]
    fn types_are_wanted_for_what_only_they_tell() {
        for text in [
            "BEGIN { print(curtask) }",
            "BEGIN { $t = (struct task_struct *)0; }",
            "BEGIN { print(sizeof(struct sock)) }",
            "BEGIN { let $x : pid_t = 1 }",
            "fentry:vfs_read { }",
            "rt:sched_switch { }",
            "iter:task { }",
            "BEGIN { print(AF_INET) }",
            "t:a:b { print(args.skb->len) }",
            "BEGIN { print(ppid()) }",
        ] {
            assert!(of(text).kernel_btf, "{text}");
        }
        assert!(!of("t:a:b { print(str(args.filename)) }").kernel_btf);
    }

    #[test]
    fn fields_of_tracepoints_are_wanted_by_name() {
        let fields = |text: &str| of(text).fields.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(fields("t:a:b { print(args.reason); print((int32)args.len) }"), "len reason");
        assert_eq!(fields("t:a:b /args.reason/ { print(args) }"), "* reason");
        assert_eq!(fields("u:/bin/sh:main { print(args.reason) }"), "");
    }

    #[test]
    fn names_are_wanted_as_written() {
        let wants =
            of("t:sched:$1, k:vfs_*, kr:mod:f*, u:/bin/sh:main, u:libc:mal*, rt:sched*, f:foo, k:bar \
             { print(kaddr(\"jiffies\")); print(ncpus) }");
        let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(wants.tracepoints.first(), Some(&("sched".to_owned(), "sched_switch".to_owned())));
        let function = |wanted: &WantedFunction| match &wanted.module {
            Some(module) => format!("{module}:{}", wanted.name),
            None => wanted.name.clone(),
        };
        let functions: Vec<String> = wants.functions.iter().map(function).collect();
        assert_eq!(functions.join(" "), "bar foo vfs_* mod:f*");
        assert!(wants.raw_tracepoints && wants.modules && !wants.bpf_programs);
        assert_eq!(names(&wants.ksyms), "jiffies");
        assert_eq!(wants.binaries.keys().cloned().collect::<Vec<_>>(), ["/bin/sh", "libc"]);
        assert!(wants.cpus && wants.kernel_btf);
    }
}
