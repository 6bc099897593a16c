//! Tests on other kernels, in virtual machines that see this machine's files.
use crate::run::{root, run_whole};

/// What is run, and on which kernels.
const KERNELS: &[&str] = &["6.12", "6.1"];

/// Test binaries that are built on this machine and run in each virtual machine, by the crate that has them.
const SUITES: &[(&str, &str)] = &[
    ("osmia-cli", "questions"),
    ("osmia-inspect", "modules"),
    ("osmia-inspect", "profile"),
    ("osmia-loader", "attach"),
    ("osmia-loader", "attach_cookies"),
    ("osmia-loader", "attach_functions"),
    ("osmia-loader", "attach_group"),
    ("osmia-loader", "attach_net"),
    ("osmia-loader", "attach_structures"),
    ("osmia-loader", "attach_usdt"),
    ("osmia-loader", "load"),
    ("osmia-loader", "sealed"),
    ("osmia-loader", "objects"),
    ("osmia-lang-trace", "verifier"),
];

/// Both kernels have trampolines: tests of them run.
const ENVIRONMENT: &str = "OSMIA_TRAMPOLINES=1";

/// Runs the suites under each kernel, or under those that are named, the kernels side by side: an emulated machine rarely keeps
/// more than one processor busy.
pub(crate) fn kernels(args: &[String]) -> Result<(), String> {
    let chosen: Vec<&str> =
        if args.is_empty() { KERNELS.to_vec() } else { args.iter().map(String::as_str).collect() };
    let mut binaries = Vec::new();
    for (package, test) in SUITES {
        binaries.push(test_binary(package, test)?);
    }
    std::thread::scope(|scope| {
        let machines: Vec<_> =
            chosen.iter().map(|kernel| scope.spawn(|| suites(kernel, &binaries))).collect();
        machines.into_iter().try_for_each(|machine| {
            machine.join().unwrap_or_else(|_| Err("a thread that ran a virtual machine panicked".to_owned()))
        })
    })
}

/// Runs all suites under one kernel, whether one fails or not.
fn suites(kernel: &str, binaries: &[String]) -> Result<(), String> {
    let vm = root().join("crates/xtask/kernel-vm");
    let vm = vm.to_string_lossy();
    let mut result = Ok(());
    for binary in binaries {
        let words = [
            "--verbose",
            "--timeout",
            "900",
            "--env",
            ENVIRONMENT,
            "--kernel",
            kernel,
            "--",
            binary,
            "--test-threads=1",
        ];
        result = result.and(in_machine(&vm, &words));
    }
    result
}

/// What `kernel-vm` ends with when the machine itself stopped: emulated processors sometimes trip over code that the kernel changes.
const STOPPED: &str = "exit status: 70";

/// Runs a command in a virtual machine; once more where the machine stopped in its middle.
fn in_machine(vm: &str, words: &[&str]) -> Result<(), String> {
    match run_whole(vm, words) {
        Err(error) if error.contains(STOPPED) => {
            println!("── the virtual machine stopped; once more");
            run_whole(vm, words)
        }
        done => done,
    }
}

/// Builds a test and says where it is.
fn test_binary(package: &str, test: &str) -> Result<String, String> {
    let args = ["test", "--no-run", "--message-format=json", "--package", package, "--test", test];
    let messages = crate::run::output("cargo", &args)?;
    let path = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == test)
        .find_map(|message| message["executable"].as_str().map(str::to_owned));
    path.ok_or_else(|| format!("cargo built no test `{test}` of {package}"))
}
