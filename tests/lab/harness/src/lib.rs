// SPDX-License-Identifier: MIT OR Apache-2.0

//! What tests, demo and bench stand on: a loader that follows kexec's rules, the image as it sees
//! it, and QEMU.

use std::path::{Path, PathBuf};

pub mod a64;
pub mod abi;
pub mod boot;
pub mod compatibility;
pub mod console;
mod each_regime;
pub mod entry_state;
pub mod executable;
pub mod flips;
pub mod guest;
pub mod halts;
pub mod linux;
pub mod loader;
mod ordered;
pub mod pace;
pub mod patch;
pub mod purgatory_ro;
pub mod qemu;
pub mod svg;
pub mod sweep;
pub mod symbols;
pub mod this_test;
pub mod v3_tables;

/// What is known of system registers.
pub use purgatory_test_guest::sweep::{Encoding, rule};
pub use purgatory_test_guest::{
    Briefing, IdRegister, Piece, Regime, Register, Setting, briefing, jobs, sctlr,
};
/// Between structures that guests and tests share, and bytes.
pub use zerocopy;

/// Returns the root of the workspace, where `Cargo.toml` and `target/` are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .expect("tests/lab/harness is three levels below the root")
        .to_path_buf()
}

/// Returns the path of something that the build leaves in `target/`: `purgatory.ro`, `guests/…`.
///
/// # Errors
/// When it is not there: the message names the command that makes it.
pub fn artifact(name: &str) -> Result<PathBuf, String> {
    let path = root().join("target").join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is not there: run `make`", path.display()))
    }
}
