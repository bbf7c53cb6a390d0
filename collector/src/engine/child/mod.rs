//! What runs inside the child process: it loads the library and serves until its parent is gone.

mod native;

use std::ffi::{CString, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use native::NativeError;

/// The hidden subcommand that turns any of our executables into an engine's child.
pub const SUBCOMMAND: &str = "engine-child";

/// How long a predecessor, whose parent was killed, may take to let go of the data.
const LOCK_TIMEOUT: Duration = Duration::from_secs(20);

/// Between two tries to take the lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Debug, Error)]
enum ChildError {
    #[error("usage: {SUBCOMMAND} LIBRARY LOCK [ClickHouse argument]...; only an engine's parent calls this")]
    Usage,
    #[error("an argument holds a NUL byte")]
    Argument(#[from] std::ffi::NulError),
    #[error("the pipe to the parent cannot be watched: {0}")]
    Parent(io::Error),
    #[error("the lock {} cannot be taken: {source}", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("another server has held {} for {} s", path.display(), LOCK_TIMEOUT.as_secs())]
    Locked { path: PathBuf },
    #[error(transparent)]
    Native(#[from] NativeError),
}

/// Runs the child if `args` (program name first) ask for it. To be called first in `main`, before any thread: it
/// changes what stdin is, and the server wants the main thread.
pub fn maybe_run(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    (args.next()? == SUBCOMMAND).then(|| run(args))
}

/// Serves until the parent closes its end of stdin or the server is told to end. `args`: library, lock file, then
/// ClickHouse's arguments.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match serve(args.into_iter()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The parent reads stderr; there is no other way out.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(mut args: impl Iterator<Item = OsString>) -> Result<(), ChildError> {
    let library = PathBuf::from(args.next().ok_or(ChildError::Usage)?);
    let lock = PathBuf::from(args.next().ok_or(ChildError::Usage)?);
    let arguments = args.map(|argument| CString::new(argument.into_vec())).collect::<Result<Vec<_>, _>>()?;
    // Else it is called by the name of the link through which its parent found it. Nothing depends on it.
    let _ = rustix::thread::set_name(c"clickhouse");
    end_with_parent().map_err(ChildError::Parent)?;
    let _lock = hold(lock)?;
    Ok(native::serve(&library, arguments)?)
}

/// Ends this process as soon as the parent's end of stdin closes, which happens however the parent dies.
///
/// The parent-death signal of Linux would not do: it fires when the *thread* that started the child ends.
fn end_with_parent() -> io::Result<()> {
    let mut pipe = File::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    // The server must neither read nor close the pipe.
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let watch = move || {
        let mut byte = [0];
        loop {
            match pipe.read(&mut byte) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that cannot be read would never tell of the parent's end: then this is the end.
                Ok(0) | Err(_) => break,
            }
        }
        // Not `exit`: it would run the library's destructors under its running threads. What was acknowledged is stored.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort()
    };
    thread::Builder::new().name("parent".to_owned()).spawn(watch)?;
    Ok(())
}

/// Waits for a predecessor to end. The parent's own lock is free as soon as the parent is dead; its child may still write.
fn hold(path: PathBuf) -> Result<File, ChildError> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    let file = match File::options().create(true).append(true).open(&path) {
        Ok(file) => file,
        Err(source) => return Err(ChildError::Lock { path, source }),
    };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(ChildError::Lock { path, source }),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Err(ChildError::Locked { path }),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_subcommand_starts_a_child() {
        let run = |args: &[&str]| maybe_run(args.iter().map(OsString::from));
        assert!(run(&[]).is_none());
        assert!(run(&["ordertrace"]).is_none());
        assert!(run(&["ordertrace", "up", SUBCOMMAND]).is_none());
        assert_eq!(run(&["ordertrace", SUBCOMMAND]), Some(ExitCode::FAILURE));
    }
}
