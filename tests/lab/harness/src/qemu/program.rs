// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which QEMU is run. The plugin's build script takes this file too: it is built for the same.

use std::env;
use std::path::{Path, PathBuf};

/// The name of Debian's program, which is run unless another one is asked for.
const USUAL: &str = "qemu-system-aarch64";

/// Returns the program: `$QEMU`, which is a name or a path, absolute or from the repository's `root`
/// on.
pub fn program(root: &Path) -> PathBuf {
    let asked = env::var_os("QEMU").filter(|name| !name.is_empty());
    let program = PathBuf::from(asked.unwrap_or(USUAL.into()));
    if program.components().count() > 1 {
        root.join(program)
    } else {
        program
    }
}
