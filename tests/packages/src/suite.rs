// SPDX-License-Identifier: MIT OR Apache-2.0

//! Debian systems in `target/suites/`, made by `scripts/suite.sh`, entered by `scripts/enter.sh`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::{root, this_test};

/// A suite with more packages in it. What runs there changes neither, but its own directory.
#[derive(Debug)]
pub struct Layer {
    suite: Suite,
    name: String,
}

/// Whether a command has the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// As a distribution's builder: none, not even the loopback device.
    Off,
    /// The machine's.
    On,
}

impl Layer {
    /// Returns the suite with what these commands install in it, as root, with network. It is made
    /// once and kept for as long as the commands of that name are the same.
    ///
    /// # Panics
    /// Where it cannot be made: the message says why.
    #[track_caller]
    pub fn new(suite: Suite, name: &str, commands: &str) -> Self {
        let mut script = Command::new(root().join("scripts/suite.sh"));
        let output = script.args([suite.name(), name, commands]).output();
        let output = output.expect("scripts/suite.sh can be run");
        assert!(
            output.status.success(),
            "\n{}where no mirror has it, PURGATORY_WITHOUT={} goes on without\n{}",
            String::from_utf8_lossy(&output.stderr),
            suite.name(),
            this_test::alone()
        );
        let name = name.into();
        Self { suite, name }
    }

    /// Returns a command that runs there, in `directory`, which it knows as `/work`.
    pub fn command(&self, network: Network, directory: &Path) -> Command {
        let mut enter = Command::new(root().join("scripts/enter.sh"));
        if network == Network::On {
            enter.arg("--online");
        }
        enter.args([self.suite.name(), &self.name]).arg(directory);
        enter
    }

    /// Runs a shell's commands without network; they must succeed. Returns what they print.
    ///
    /// # Panics
    /// Where one fails.
    #[track_caller]
    pub fn offline(&self, directory: &Path, commands: &str) -> String {
        let output = self.try_offline(directory, commands);
        let [says, error] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
        assert!(
            output.status.success(),
            "\n{says}{error}in {self:?}, {}: {commands}\n{}",
            directory.display(),
            this_test::alone()
        );
        says.into_owned()
    }

    /// Runs them, come what may.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn try_offline(&self, directory: &Path, commands: &str) -> Output {
        let mut enter = self.command(Network::Off, directory);
        let output = enter.args(["sh", "-ec", commands]).output();
        output.expect("scripts/enter.sh can be run")
    }
}

/// Returns an empty directory of this test's, which is kept to find out why it failed.
///
/// # Panics
/// Where there can be none.
pub fn fresh_directory() -> PathBuf {
    let path = root().join("target/packages").join(this_test::file_name());
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory below target/");
    path
}
