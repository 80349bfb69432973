//! `xtask guests`: the tests' bare-metal programs.

use crate::cargo::Cargo;
use crate::image::copy;
use crate::manifest;
use crate::options::Options;
use std::path::Path;

/// Builds each program of the guest package.
pub fn build(options: &Options) -> Result<(), String> {
    let package = options.root.join("tests/guest");
    let script = Path::new("tests/guest/link.ld");
    let script = options.root.join(script).is_file().then_some(script);
    let to = options.target_dir.join("guests");
    std::fs::create_dir_all(&to).map_err(|e| format!("{}: {e}", to.display()))?;
    let cargo = Cargo::find(options)?;
    for program in manifest::programs(&package)? {
        let built = cargo.link("purgatory-test-guest", "bare-metal", &program, script)?;
        let elf = to.join(&program).with_extension("elf");
        copy(&built, &elf)?;
        println!("{}", elf.display());
    }
    Ok(())
}
