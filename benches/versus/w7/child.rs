//! Processes that are measured: pinned to a core, and gone when nobody holds them.
//!
//! Each is begun by this program itself, which then pins itself, asks to be killed with its parent,
//! and becomes what is wanted; so a run that is interrupted leaves no process behind either.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{self, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, WaitId, WaitIdOptions, set_parent_process_death_signal, waitid},
    thread::{CpuSet, sched_setaffinity},
};
use tokio::sync::oneshot;

use super::{own, scratch::Scratch};
use crate::contest::{Failed, Run};

/// Where the processes run that are measured; what feeds them and what they feed is on core 0.
const CORE: usize = 1;

/// Asks this program to become a child; the words behind it say which.
const FLAG: &str = "--child";

/// Asks a child to become another program.
const EXEC: &str = "exec";

/// How often it is looked whether a child has ended: a thousandth of the shortest run.
const LOOK: Duration = Duration::from_micros(200);

/// In `/proc`, times are told in hundredths of a second.
const TICKS: f64 = 100.0;

/// What a child is to do.
#[derive(Debug)]
pub(crate) struct Work {
    words: Vec<OsString>,
    stdout: Option<File>,
}

impl Work {
    /// Returns the work of another program, which may be a name or a path.
    pub(crate) fn program(program: impl AsRef<OsStr>) -> Self {
        Self::own(EXEC).and(program)
    }

    /// Returns work that this program does itself.
    pub(super) fn own(role: &str) -> Self {
        Self { words: vec![role.into()], stdout: None }
    }

    /// Adds an argument.
    pub(crate) fn and(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    /// Lets its standard output go to a file.
    pub(crate) fn into_file(mut self, file: File) -> Self {
        self.stdout = Some(file);
        self
    }
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    pid: Pid,
    stderr: PathBuf,
}

impl Child {
    /// Starts it; what it says on stderr is kept in the scratch folder for an error.
    pub(crate) fn start(work: Work, scratch: &Scratch) -> io::Result<Self> {
        let stderr = scratch.path("stderr");
        let process = Command::new(env::current_exe()?)
            .arg(FLAG)
            .args(work.words)
            .stdin(Stdio::null())
            .stdout(work.stdout.map_or_else(Stdio::null, Stdio::from))
            .stderr(File::create(&stderr)?)
            .spawn()?;
        let pid = Pid::from_child(&process);
        Ok(Self { process, pid, stderr })
    }

    /// Whether it has ended; its times stay readable.
    pub(crate) fn has_ended(&self) -> io::Result<bool> {
        Ok(self.ended()?.is_some())
    }

    /// Whether it has ended, and with which code, unless it was killed.
    fn ended(&self) -> io::Result<Option<Option<i32>>> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(self.pid), look)?;
        Ok(ended.map(|status| status.exit_status()))
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn finish(&self, patience: Duration) -> Result<(), Failed> {
        let until = Instant::now() + patience;
        loop {
            match self.ended()? {
                Some(Some(0)) => return Ok(()),
                Some(_) => return Err(self.failed()),
                None if Instant::now() > until => {
                    return Err(format!("it has not ended after {patience:?}").into());
                }
                None => thread::sleep(LOOK),
            }
        }
    }

    /// Why it failed, by its own words.
    pub(crate) fn failed(&self) -> Failed {
        let said = fs::read_to_string(&self.stderr).unwrap_or_default();
        format!("its process failed: {}", said.trim()).into()
    }

    /// The seconds that a core has worked for it so far, in the program and in the kernel, to a
    /// hundredth.
    pub(crate) fn cpu(&self) -> Result<f64, Failed> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_pid()))?;
        // The name of the program, in brackets, may contain anything; numbers are behind it.
        let numbers = stat.rsplit_once(')').map_or("", |(_, numbers)| numbers);
        let times: Vec<u64> =
            numbers.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
        let ticks: u64 = times.iter().sum();
        Ok(ticks as f64 / TICKS)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Either it runs and can be killed, or it has ended; it is waited for in both cases.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Finds a program that may be no one's but the administrator's.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Finds a program, or says how to get it.
pub(crate) fn installed(program: &str, package: &str) -> Result<PathBuf, Failed> {
    let missing = || format!("{program} is not installed: apt-get install {package}");
    find(program).ok_or_else(|| Failed::Skipped(missing()))
}

/// Runs blocking work on a thread of its own, which outlives the processes that it starts.
pub(crate) fn on_a_thread(work: impl FnOnce() -> Result<Vec<f64>, Failed> + Send + 'static) -> Run {
    Box::pin(async move {
        let (tell, told) = oneshot::channel();
        // Nobody waits for a run that was given up.
        let work = move || drop(tell.send(work()));
        thread::Builder::new().name("run".into()).spawn(work)?;
        told.await.map_err(|_| "its thread panicked")?
    })
}

/// Keeps this thread on a core, and all that it starts.
pub(super) fn pin(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// The other side: becomes what the command line asks for, if it asks for a child.
pub(crate) fn play() -> Option<ExitCode> {
    let mut words = env::args_os().skip(1);
    if words.next()? != FLAG {
        return None;
    }
    let words: Vec<_> = words.collect();
    Some(match become_child(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn become_child(words: &[OsString]) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    pin(CORE).map_err(|error| {
        io::Error::other(format!("core {CORE} cannot be had ({error}): run it on two cores"))
    })?;
    match words {
        [exec, program, words @ ..] if exec == EXEC => {
            Err(Command::new(program).args(words).exec())
        }
        [role, words @ ..] => own::run(role, words),
        [] => Err(io::ErrorKind::InvalidInput.into()),
    }
}
