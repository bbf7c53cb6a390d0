//! The collector's executable.

use std::process::ExitCode;

use ordertrace_collector::engine::child;

fn main() -> ExitCode {
    // An embedded engine runs this executable again as its child; that one must not get any further.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    ExitCode::SUCCESS
}
