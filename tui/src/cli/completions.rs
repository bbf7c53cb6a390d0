use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, Failure, Options, Output};

/// Arguments of `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to complete in
    pub shell: Shell,
}

pub(super) fn run<W: Write>(args: CompletionsArgs, options: &Options, output: &mut Output<W>) -> Result<Exit, Failure> {
    options.range.refuse("completions")?;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ordertrace", &mut script);
    output.out.write_all(&script)?;
    Ok(Exit::Answered)
}
