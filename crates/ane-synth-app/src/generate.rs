//! `ane-synth completions` and `ane-synth man`: made from the definition of the command line, so
//! that they never lag behind it.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::cli::{Cli, CompletionsArguments, ManArguments};
use crate::error::AppError;
use crate::manual;
use crate::output;

pub(crate) fn print_completions(arguments: &CompletionsArguments) -> Result<(), AppError> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, &name, &mut script);
    let script = String::from_utf8_lossy(&script);
    output::say(with_one_state_name(&script, &name).trim_end())
}

/// clap_complete's script for bash spells the state of a subcommand in two ways when the command's
/// name has a hyphen, and then completes nothing after a subcommand (clap issue 6421). Here the
/// second spelling becomes the first; a script that has only one stays as it is.
fn with_one_state_name(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

pub(crate) fn manual_pages(arguments: &ManArguments) -> Result<(), AppError> {
    let Some(folder) = &arguments.dir else {
        return output::say(manual::page(command())?.1.trim_end());
    };
    let command = command();
    let subcommands = command.get_subcommands().cloned();
    let pages = std::iter::once(command.clone())
        .chain(subcommands)
        .map(manual::page)
        .collect::<Result<Vec<_>, _>>()?;
    fs::create_dir_all(folder).map_err(|error| {
        let advice = format!("cannot be made a folder ({error}); name another one");
        AppError::about(folder, advice)
    })?;
    let mut written = Vec::new();
    for (name, text) in &pages {
        let path = folder.join(name);
        replace(&path, text)?;
        written.push(path.display().to_string());
    }
    output::say(&written.join("\n"))
}

/// The command with its subcommands named in full, as pages are.
fn command() -> Command {
    // A page about `help` would say nothing that the others do not.
    let mut command = Cli::command()
        .disable_help_subcommand(true)
        .subcommand_help_heading("COMMANDS")
        .subcommand_value_name("command");
    command.build();
    command
}

/// Writes beside the file and moves it there, so that there is an old page or a new one.
fn replace(path: &Path, text: &str) -> Result<(), AppError> {
    let beside = path.with_extension("1.partial");
    let result = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    result.map_err(|error| {
        let _ = fs::remove_file(&beside);
        AppError::about(
            path,
            format_args!("cannot be written ({error}); name another --dir"),
        )
    })
}
