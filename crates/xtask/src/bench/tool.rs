//! A tracer at work.
use super::lab::Lab;
use super::programs::{self, Program};
use super::script::Script;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a tracer may take to attach, and to leave.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is told to leave.
const ATTEMPTS: u32 = 4;
const MOMENT: Duration = Duration::from_millis(20);

/// A tracer with a script; it is gone when this is.
pub(super) struct Tool {
    child: Child,
    output: PathBuf,
}

impl Tool {
    /// Starts it; what it prints goes to a file.
    pub(super) fn start(lab: &Lab, mut command: Command, script: &Script) -> Result<Self, String> {
        let output = lab.dir.join("output");
        let file = File::create(&output).map_err(|error| format!("{}: {error}", output.display()))?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        command.arg(&script.path).current_dir(&lab.dir);
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let child = command.spawn().map_err(|error| error.to_string())?;
        Ok(Self { child, output })
    }

    /// Waits until every probe has a program that has run, under a little load.
    pub(super) fn ready(&mut self, lab: &Lab, script: &Script) -> Result<Vec<Program>, String> {
        let start = Instant::now();
        loop {
            let found = programs::of_probes(lab, self.child.id(), &script.probes).and_then(|programs| {
                load(lab, &[&script.load[0], "100"])?;
                programs::again(lab, &programs)
            });
            let why = match found {
                Ok(programs) if programs.iter().all(|program| program.runs > 0) => return Ok(programs),
                Ok(_) => "its probes do not fire".to_owned(),
                Err(why) => why,
            };
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) || start.elapsed() > PATIENCE {
                return Err(format!("{}: {why}; it printed:\n{}", script.name, self.printed()));
            }
            std::thread::sleep(MOMENT);
        }
    }

    /// Ends it as Ctrl-C does, again where the first was not heard (as happens to bpftrace 0.17), and gives back what it has
    /// printed.
    pub(super) fn stop(mut self) -> Result<String, String> {
        let interrupt = format!("kill -INT {}", self.child.id());
        let mut ends = (0..ATTEMPTS).filter_map(|_| {
            let _ = Command::new("sh").args(["-c", &interrupt]).status();
            self.wait(PATIENCE / ATTEMPTS)
        });
        let status = ends.next().ok_or("it does not end on Ctrl-C")?;
        if status.success() {
            Ok(self.printed())
        } else {
            Err(format!("it ended with {status}:\n{}", self.printed()))
        }
    }

    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(MOMENT / 10);
        }
        None
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap_or_default()).into_owned()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes events.
pub(super) fn load(lab: &Lab, args: &[&str]) -> Result<(), String> {
    let status = Command::new("./load").args(args).current_dir(&lab.dir).stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("load {} failed ({status})", args.join(" "))),
        Err(error) => Err(format!("load: {error}")),
    }
}
