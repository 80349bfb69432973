//! The command line.

use crate::toolchain::Core;
use std::path::{Path, PathBuf};

/// How to use this program.
const USAGE: &str = "usage: cargo run -p xtask -- [options] <command>
commands:
  image          build target/purgatory.ro, .elf and .map, and print what is in them
  guests         build the tests' bare-metal programs into target/guests/
  cargo <args>   run a cargo command (clippy, rustc …) as the image is built
options:
  --core=installed|source   where `core` comes from (default: installed, else source)
  --root=<dir>              the workspace to build (default: the one around)
  --target-dir=<dir>        instead of its target/";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Build and wrap the image.
    Image,
    /// Build the test guests.
    Guests,
    /// Run any cargo command for the bare-metal target.
    Cargo(Vec<String>),
}

/// Where things are and where they go.
#[derive(Debug)]
pub struct Options {
    /// The workspace.
    pub root: PathBuf,
    /// What `target/` is for this run.
    pub target_dir: PathBuf,
    /// The one source of `core` that is allowed, if only one is.
    pub core: Option<Core>,
}

/// Reads the arguments that follow the program's name.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<(Options, Command), String> {
    let mut root = here();
    let mut target_dir = None;
    let mut core = None;
    let mut arguments = arguments.peekable();
    while let Some(option) = arguments.next_if(|a| a.starts_with("--")) {
        let absolute = |dir| std::path::absolute(dir).map_err(|e| format!("{option}: {e}"));
        match option.split_once('=') {
            Some(("--core", "installed")) => core = Some(Core::Installed),
            Some(("--core", "source")) => core = Some(Core::Source),
            Some(("--root", dir)) => root = absolute(dir)?,
            Some(("--target-dir", dir)) => target_dir = Some(absolute(dir)?),
            _ => return Err(format!("unknown option {option}\n{USAGE}")),
        }
    }
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let command = match command.as_deref() {
        Some("image") if rest.is_empty() => Command::Image,
        Some("guests") if rest.is_empty() => Command::Guests,
        Some("cargo") if !rest.is_empty() => Command::Cargo(rest),
        _ => return Err(USAGE.to_string()),
    };
    let options = Options {
        target_dir: target_dir.unwrap_or_else(|| root.join("target")),
        root,
        core,
    };
    Ok((options, command))
}

/// The workspace that this program is run in, else the one it was built from. With one target
/// directory for several checkouts these may differ.
fn here() -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    let around = |directory: &&Path| directory.join("xtask/Cargo.toml").is_file();
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = current.ancestors().find(around).or(own.parent());
    found.unwrap_or(own).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(line: &str) -> Result<(Options, Command), String> {
        parse(line.split_whitespace().map(str::to_string))
    }

    #[test]
    fn options_come_before_the_command_and_the_rest_is_cargos() {
        let line = "--core=source --root=/w --target-dir=/x cargo clippy --core=no";
        let (options, command) = parse_words(line).unwrap();
        assert_eq!(options.core, Some(Core::Source));
        assert_eq!(options.root, Path::new("/w"));
        assert_eq!(options.target_dir, Path::new("/x"));
        let rest = ["clippy", "--core=no"].map(String::from).to_vec();
        assert_eq!(command, Command::Cargo(rest));
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for line in ["", "image now", "cargo", "--core=both image", "dance"] {
            assert!(parse_words(line).unwrap_err().contains("usage:"), "{line}");
        }
    }
}
