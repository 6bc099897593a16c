//! The command line as words: what may be written, and its help. Nothing here touches the machine.
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  osmia -e 'tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }'
  osmia -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
  osmia -e 'profile:hz:99 { @[kstack] = count(); }'
  osmia trace -l 'tracepoint:sched:*'        what can be traced
  osmia script.bt                            a script from a file
  osmia run hello.bpf.o                      an object made by clang
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
    /// Run a file, whatever it is: a script or an object (told by its content)
    Run(Run),
    /// Loaded programs
    #[command(subcommand, alias = "p")]
    Prog(Prog),
    /// Loaded maps
    #[command(subcommand, alias = "m")]
    Map(Map),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
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
    pub(crate) words: Vec<String>,

    /// The script itself
    #[arg(short = 'e', value_name = "PROGRAM")]
    pub(crate) program: Option<String>,

    /// List probes that match a pattern, or those of a script; with -v their fields too
    #[arg(short = 'l', long = "list")]
    pub(crate) list: bool,

    /// Trace this process only (user probes), run while it lives
    #[arg(short = 'p', value_name = "PID")]
    pub(crate) pid: Option<u32>,

    /// Start this command once everything is attached, and stop when it ends
    #[arg(short = 'c', value_name = "COMMAND")]
    pub(crate) command: Option<String>,

    /// Write what the script prints to a file
    #[arg(short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The form of what is printed
    #[arg(short = 'f', value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Format,

    /// When output is passed on
    #[arg(short = 'B', value_name = "MODE", value_enum)]
    pub(crate) buffering: Option<Buffering>,

    /// Say nothing but what the script prints
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,

    /// Tell more: what is compiled, loaded and attached, and the kernel's log
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,

    /// Print a stage of the compiler and do not run: ast, types, ir, ir-opt, bytecode, object, all
    #[arg(short = 'd', value_name = "STAGE", value_delimiter = ',')]
    pub(crate) debug: Vec<String>,

    /// Write the compiled object to a file that libbpf and bpftool can load, and do not run
    #[arg(long, visible_alias = "emit-elf", value_name = "FILE.bpf.o")]
    pub(crate) emit: Option<PathBuf>,

    /// Run in this process, without root and without the kernel: begin, end, interval and test probes
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
    #[arg(short = 'k')]
    pub(crate) helper_errors: bool,

    /// Read the kernel's types from this file
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,

    /// Do as if the kernel lacked these: kprobe_multi, uprobe_multi, ringbuf
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    pub(crate) no_feature: Vec<String>,

    /// Tell what this machine can do
    #[arg(long)]
    pub(crate) info: bool,

    /// Search directory for included files (accepted for bpftrace's sake)
    #[arg(short = 'I', value_name = "DIR", hide = true)]
    pub(crate) include_dirs: Vec<PathBuf>,

    /// A file to include (accepted for bpftrace's sake)
    #[arg(long = "include", value_name = "FILE", hide = true)]
    pub(crate) includes: Vec<PathBuf>,

    /// Accepted for bpftrace's sake: there is no LLVM to verify
    #[arg(long, hide = true)]
    pub(crate) verify_llvm_ir: bool,

    /// Accepted for bpftrace's sake: BTF is always used
    #[arg(short = 'b', long = "btf-always", hide = true)]
    pub(crate) always_btf: bool,
}

/// The form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As bpftrace prints it
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// When output is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Buffering {
    /// After each line
    Line,
    /// When there is a lot of it, and at the end
    Full,
    /// At once
    None,
}

/// Run a file, whatever it is.
#[derive(Args, Clone, Debug)]
pub(crate) struct Run {
    /// Keep programs, maps and links under this directory of the BPF file system, and leave
    #[arg(long, value_name = "DIR")]
    pub(crate) pin: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) trace: Trace,
}

/// How bpftool's rows are printed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Printing {
    /// As JSON
    #[arg(short = 'j', long, global = true)]
    pub(crate) json: bool,
    /// As JSON that people can read
    #[arg(short = 'p', long, global = true)]
    pub(crate) pretty: bool,
}

/// Loaded programs.
#[derive(Debug, Subcommand)]
pub(crate) enum Prog {
    /// All loaded programs, or one: `id N`, `name NAME`, `tag TAG`, `pinned FILE`
    #[command(alias = "list")]
    Show {
        #[command(flatten)]
        printing: Printing,
        /// Which; all where none is given
        #[arg(value_name = "PROG")]
        handle: Vec<String>,
    },
    /// A program's instructions: `xlated id N`, then `opcodes`, `linum`, `file FILE`
    Dump {
        #[command(flatten)]
        printing: Printing,
        /// What, and of which program
        #[arg(value_name = "PROG")]
        words: Vec<String>,
    },
}

/// Loaded maps.
#[derive(Debug, Subcommand)]
pub(crate) enum Map {
    /// All loaded maps, or one: `id N`, `name NAME`, `pinned FILE`
    #[command(alias = "list")]
    Show {
        #[command(flatten)]
        printing: Printing,
        /// Which; all where none is given
        #[arg(value_name = "MAP")]
        handle: Vec<String>,
    },
    /// A map's contents: `id N`
    Dump {
        #[command(flatten)]
        printing: Printing,
        /// Which
        #[arg(value_name = "MAP")]
        handle: Vec<String>,
    },
}

/// The command line of the name `bpftrace`: the options of `osmia trace`.
#[derive(Debug, Parser)]
#[command(name = "bpftrace", disable_version_flag = true, max_term_width = 100)]
pub(crate) struct Bpftrace {
    /// Print the version
    #[arg(short = 'V', long)]
    pub(crate) version: bool,

    #[command(flatten)]
    pub(crate) trace: Trace,
}
