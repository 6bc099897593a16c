//! The command line as words: what may be written, and its help. Nothing here touches the machine.
use clap::{ArgAction, Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  osmia -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }'
  osmia -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
  osmia -e 'profile:hz:99 { @[kstack] = count(); }'
  osmia trace -l 'tracepoint:sched:*'        what can be traced
  osmia script.bt                            a script from a file
  osmia run hello.bpf.o                      an object made by clang
  osmia run hello.bpf.c                      a program in C
  osmia prog show                            what is loaded
  osmia --vm -e 'begin { print(1 + 2); }'    without root, in this process

`osmia trace --help` tells all options of scripts.";

/// eBPF in one program: ask a running Linux machine a question and read the answer.
#[derive(Debug, Parser)]
#[command(name = "osmia", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(override_usage = "osmia [COMMAND] [OPTIONS]\n       osmia -e PROGRAM\n       osmia FILE.bt")]
pub(crate) struct Osmia {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a script in the tracing language (bpftrace's), or list what can be traced
    Trace(Trace),
    /// Run a file, whatever it is: a script, an object (told by its content) or a program in C (.c)
    Run(Run),
    /// Compile a program in C for BPF: an object, with its types, lines and CO-RE relocations
    Compile(Compile),
    /// Attach programs anywhere: those of an object, or one that is loaded
    Attach(crate::attach::Attach),
    /// Take programs away: a link, or what a place holds without one
    Detach(crate::attach::Detach),
    /// Tell whether a script is right, without running it and without any rights
    Check(Check),
    /// Tell in plain words why the kernel's verifier refused a program, from its log or by loading an object
    Explain(Explain),
    /// Tell what this machine allows, what it does not, and why; and what others left behind on it
    Doctor(Doctor),
    /// Tell what is loaded and how it hangs together: programs, maps, links, pins, processes
    Graph(Graph),
    /// Show what programs cost, moment by moment
    Top(Top),
    /// Rewrite scripts in the form that all scripts have
    Fmt(Fmt),
    /// Make a project to begin with: a program that runs in the kernel, and one that loads it
    New(New),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of an object's commands, or of all, for `man -l -`
    Man {
        /// Such as `prog`
        object: Option<String>,
    },
}

const COMPILE_EXAMPLES: &str = "\
Examples:
  osmia compile hello.bpf.c                   makes hello.bpf.o
  osmia compile -I include -D LIMIT=8 -o out.o hello.bpf.c

It takes no clang and no headers: those of libbpf (bpf/bpf_helpers.h, …) are part of osmia, and the kernel's types stand for
vmlinux.h and for the kernel's own headers where they are not there. What it does not know, the clang of this machine ($CLANG)
compiles, if there is one: a warning says so.";

/// Compile a program in C.
#[derive(Args, Clone, Debug)]
#[command(after_help = COMPILE_EXAMPLES)]
pub(crate) struct Compile {
    /// The program
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Where the object goes; else its name is the program's, with .o for .c
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Search this directory for included files
    #[arg(short = 'I', value_name = "DIR")]
    pub(crate) include_dirs: Vec<PathBuf>,

    /// Define a macro, as 1 where no text is given
    #[arg(short = 'D', value_name = "NAME[=TEXT]")]
    pub(crate) defines: Vec<String>,

    /// Read the kernel's types from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  bpftool prog load x.bpf.o /sys/fs/bpf/x 2>&1 | osmia explain -
  osmia explain verifier.log
  osmia explain x.bpf.o                       loads each program by itself and attaches nothing
  osmia explain --json x.bpf.o";

/// Tell why the verifier refused.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// A log of the verifier's, `-` for standard input, an object, or a program in C
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Tell it as JSON
    #[arg(short = 'j', long)]
    pub(crate) json: bool,

    /// The kernel's types, where they are not to be the running kernel's
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,
}

/// Tell what this machine allows.
#[derive(Args, Clone, Debug)]
pub(crate) struct Doctor {
    /// Tell it as JSON
    #[arg(short = 'j', long)]
    pub(crate) json: bool,

    /// Remove the dynamic events (kprobe_events, uprobe_events) that killed processes left
    #[arg(long)]
    pub(crate) clean: bool,
}

/// How a graph is told.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
pub(crate) enum GraphForm {
    /// For people: each program with what is around it
    #[default]
    Text,
    /// Nodes and edges
    Json,
    /// For Graphviz
    Dot,
}

/// Tell how things hang together.
#[derive(Args, Clone, Debug)]
pub(crate) struct Graph {
    /// In which form
    #[arg(short = 'f', long, value_enum, default_value_t)]
    pub(crate) format: GraphForm,
}

/// Show what programs cost.
#[derive(Args, Clone, Debug)]
pub(crate) struct Top {
    /// Seconds from sample to sample
    #[arg(short = 'd', long, default_value_t = 1.0)]
    pub(crate) delay: f64,

    /// How many samples; without end if it is not said
    #[arg(short = 'n', long)]
    pub(crate) samples: Option<u64>,

    /// A line of JSON a sample; so it is also where nobody sees it
    #[arg(short = 'j', long)]
    pub(crate) json: bool,
}

const TRACE_EXAMPLES: &str = "\
Examples:
  osmia trace -e 'begin { printf(\"hello world.\\n\"); exit(); }'
  osmia trace -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%-7d %-16s %s\\n\", pid, comm, str(args.filename)); }'
  osmia trace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:s:1 { print(@); clear(@); }'
  osmia trace -e 'uprobe:libc:malloc { @bytes = hist(arg0); }' -c 'ls /'
  osmia trace -l 'tracepoint:sched:*'
  osmia trace -lv tracepoint:sched:sched_switch
  osmia trace --emit out.bpf.o script.bt
  osmia trace script.bt -- first second       $1 and $2 in the script";

/// Run a script in the tracing language, or list what can be traced.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = TRACE_EXAMPLES)]
pub(crate) struct Trace {
    /// The script's file, `-` for standard input; with -l what to list. Then $1, $2, … of the script
    #[arg(value_name = "FILE")]
    pub(crate) words: Vec<OsString>,

    /// The script itself
    #[arg(short = 'e', value_name = "PROGRAM", overrides_with = "program")]
    pub(crate) program: Option<String>,

    /// List probes that match a pattern, or those of a script; with -v their fields too
    #[arg(short = 'l', long = "list")]
    pub(crate) list: bool,

    /// Trace this process only, run while it lives
    #[arg(short = 'p', long, value_name = "PID")]
    pub(crate) pid: Option<String>,

    /// Start this command once everything is attached, and stop when it ends
    #[arg(short = 'c', long = "cmd", value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// Write what the script prints to a file
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The form of what is printed: text, json (bpftrace's), ndjson (typed), folded, pprof (stacks)
    #[arg(short = 'f', value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// When output is passed on: by line (line, none), or in large pieces (full)
    #[arg(short = 'B', value_name = "MODE")]
    pub(crate) buffering: Option<String>,

    /// Say nothing but what the script prints
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,

    /// Tell more: what is compiled, loaded and attached, and the kernel's log
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,

    /// Print stages and do not run: ast, types, ir, ir-opt, bytecode, object, verifier, all
    #[arg(short = 'd', long = "debug", value_name = "STAGE", value_delimiter = ',')]
    pub(crate) debug: Vec<String>,

    /// Write the compiled object to a file that libbpf can load, and do not run
    #[arg(long, visible_alias = "emit-elf", value_name = "FILE.bpf.o")]
    pub(crate) emit: Option<PathBuf>,

    /// Run in this process, without root and kernel: begin, end, interval, test and bench probes
    #[arg(long)]
    pub(crate) vm: bool,

    /// Compile, load and attach, and then stop
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Allow functions that change the machine: system, signal, override
    #[arg(long = "unsafe")]
    pub(crate) dangerous: bool,

    /// Say nothing of warnings
    #[arg(long)]
    pub(crate) no_warnings: bool,

    /// End with status 3 if anything was lost: events, updates of full maps, stacks, names
    #[arg(long)]
    pub(crate) strict: bool,

    /// Report helpers that fail while the script runs
    #[arg(short = 'k', long = "warnings", action = ArgAction::Count)]
    pub(crate) helper_errors: u8,

    /// Read the kernel's types from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,

    /// Do as if the kernel lacked these: kprobe_multi, kprobe_session, uprobe_multi, ringbuf
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    pub(crate) no_feature: Vec<String>,

    /// Tell what this machine can do
    #[arg(long)]
    pub(crate) info: bool,

    /// Search this directory for included files
    #[arg(short = 'I', value_name = "DIR")]
    pub(crate) include_dirs: Vec<PathBuf>,

    /// Read this file before the script, as if the script included it
    #[arg(long = "include", value_name = "FILE")]
    pub(crate) includes: Vec<PathBuf>,

    /// Search these directories for files with debug information
    #[arg(long, value_name = "DIR[:DIR]", value_delimiter = ':')]
    pub(crate) debuginfo: Vec<PathBuf>,

    /// Read the list of kernel functions that can be traced from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) traceable_functions: Option<PathBuf>,

    /// Also follow this process for stacks that are unwound by DWARF
    #[arg(long, value_name = "PID")]
    pub(crate) dwarf_pid: Vec<String>,

    /// Switch on USDT probes in all processes that have the file mapped
    #[arg(long)]
    pub(crate) usdt_file_activation: bool,

    /// Run the script's test probes, and report which of them pass
    #[arg(long)]
    pub(crate) test: bool,

    /// Run the script's bench probes, and report how long they take
    #[arg(long)]
    pub(crate) bench: bool,

    /// Print the script formatted, and do not run it (`osmia fmt` rewrites files)
    #[arg(long = "fmt")]
    pub(crate) format_script: bool,

    /// What to do with the script: codegen, compiler-bench, bench, test, format
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<String>,

    /// Only run probes whose name this regular expression matches
    #[arg(long, value_name = "REGEX")]
    pub(crate) probe_filter: Option<String>,

    /// Write a program that stands alone and runs the script, and do not run
    #[arg(long, value_name = "FILE")]
    pub(crate) aot: Option<PathBuf>,

    /// Accepted for bpftrace's sake: the compiler's own form is always verified where it is built for debugging
    #[arg(long, hide = true)]
    pub(crate) verify_llvm_ir: bool,

    /// What bpftrace writes its compiler's own form to; ours is printed
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) emit_llvm: Option<PathBuf>,

    /// Accepted for bpftrace's sake: BTF is always used
    #[arg(short = 'b', hide = true)]
    pub(crate) always_btf: bool,
}

/// Run a file, whatever it is.
#[derive(Args, Clone, Debug)]
pub(crate) struct Run {
    /// Keep programs, maps and links under this directory of the BPF file system, and leave
    #[arg(long, value_name = "DIR")]
    pub(crate) pin: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) places: crate::attach::Places,

    #[command(flatten)]
    pub(crate) trace: Trace,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  osmia check script.bt
  osmia check --btf vmlinux-6.12.btf script.bt       against the types of another kernel
  osmia check -f json script.bt                      for editors

The status is 0 for a script that is right (warnings or not) and 1 for one that is not. What this machine does not
tell (nobody but root may read tracepoints) is a warning. JSON is one object: version, file, ok, diagnostics; each of
these has severity, text, file, start and end (line and column from 1, in bytes), related places, and hints.";

/// Tell whether a script is right.
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// The script's file, `-` for standard input. Then $1, $2, … of the script
    #[arg(value_name = "FILE")]
    pub(crate) words: Vec<OsString>,

    /// The script itself
    #[arg(short = 'e', value_name = "PROGRAM", overrides_with = "program")]
    pub(crate) program: Option<String>,

    /// The form of what is told: text, json
    #[arg(short = 'f', value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Read the kernel's types from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,

    /// Allow functions that change the machine: system, signal, override
    #[arg(long = "unsafe")]
    pub(crate) dangerous: bool,

    /// Search this directory for included files
    #[arg(short = 'I', value_name = "DIR")]
    pub(crate) include_dirs: Vec<PathBuf>,

    /// Read this file before the script, as if the script included it
    #[arg(long = "include", value_name = "FILE")]
    pub(crate) includes: Vec<PathBuf>,
}

/// In which language a project is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// With libbpf, built by make
    #[default]
    C,
    /// With the crate osmia, built by cargo
    Rust,
}

const NEW_EXAMPLES: &str = "\
Examples:
  osmia new hello && cd hello && make && sudo ./hello
  osmia new hello --lang rust && cd hello && cargo build && sudo target/debug/hello

In both the half that runs in the kernel is C, which clang compiles; what its README.md says goes on from there.";

/// Make a project to begin with.
#[derive(Args, Clone, Debug)]
#[command(after_help = NEW_EXAMPLES)]
pub(crate) struct New {
    /// The project's directory, which is made; its last part is the program's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The language of the half that people start
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Language,

    /// With --lang rust: a checkout of osmia, whose crates are used in place of those of its repository
    #[arg(long, value_name = "DIR")]
    pub(crate) library: Option<PathBuf>,
}

const FMT_EXAMPLES: &str = "\
Examples:
  osmia fmt script.bt other.bt      rewrites the files whose form is another
  osmia fmt - < script.bt           prints the script in its form
  osmia fmt --check *.bt            only tells which files have another form

The status of --check is 1 if there are such files. Only the layout changes: comments, C definitions and what the script
means stay as they are. A script with mistakes is told of and left as it is.";

/// Rewrite scripts in the form that all scripts have.
#[derive(Args, Clone, Debug)]
#[command(after_help = FMT_EXAMPLES)]
pub(crate) struct Fmt {
    /// The scripts' files; `-` for standard input, which is printed to standard output
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Write nothing: tell which files have another form, with status 1 if any has
    #[arg(long)]
    pub(crate) check: bool,
}

/// How help of the name `bpftrace` is laid out.
const HELP: &str = "\
{about}

USAGE:
    bpftrace [options] filename
    bpftrace [options] - <stdin input>
    bpftrace [options] -e 'program'
    parameters of the script follow the filename or program; named ones (--NAME=VALUE) follow --

OPTIONS:
{options}

EXAMPLES:
    bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
    bpftrace -e 'kprobe:do_nanosleep { printf(\"PID %d sleeping...\\n\", pid); }'
    bpftrace -l 'tracepoint:sched:*'
";

/// The tracing language for Linux, without LLVM: osmia under bpftrace's name
#[derive(Debug, Parser)]
#[command(name = "bpftrace", disable_version_flag = true, max_term_width = 100, help_template = HELP)]
#[command(infer_long_args = true, args_override_self = true)]
pub(crate) struct Bpftrace {
    /// Print the version
    #[arg(short = 'V', long)]
    pub(crate) version: bool,

    #[command(flatten)]
    pub(crate) trace: Trace,
}
