// SPDX-License-Identifier: MIT OR Apache-2.0

//! Asks the QEMU that is to load the plugin which version of its interface it has.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[path = "../../harness/src/qemu/program.rs"]
mod program;

/// The newest version that src/qemu.rs knows. Of one that is newer QEMU says itself whether it still
/// takes this one.
const NEWEST: u32 = 7;

/// A plugin made for a version that will never be: QEMU says up to which it takes them.
const PROBE: &str = "
    #[unsafe(no_mangle)]
    pub static qemu_plugin_version: i32 = i32::MAX;
    #[unsafe(no_mangle)]
    pub extern \"C\" fn qemu_plugin_install() -> i32 { 1 }
";

fn main() {
    // A file that is never there has it run each time: QEMU may have been upgraded.
    println!("cargo::rerun-if-changed=never");
    let asked = ask().unwrap_or_else(|why| {
        println!("cargo::warning=for the newest QEMU: {why}");
        NEWEST
    });
    println!("cargo::rustc-env=QEMU_PLUGIN_VERSION={}", asked.min(NEWEST));
}

fn ask() -> Result<u32, String> {
    let folder = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let [source, probe] = ["probe.rs", "probe.so"].map(|name| Path::new(&folder).join(name));
    fs::write(&source, PROBE).map_err(|error| error.to_string())?;
    let rustc = env::var("RUSTC").unwrap_or("rustc".into());
    let target = env::var("TARGET").map_err(|error| error.to_string())?;
    said(
        Command::new(rustc)
            .args(["--edition=2024", "--crate-type=cdylib", "--target", &target])
            .arg("-o")
            .args([&probe, &source]),
    )?;
    // This crate is four levels below the root.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(4);
    let said = said(
        Command::new(program::program(root.unwrap_or(Path::new("."))))
            .args(["-M", "none", "-display", "none", "-plugin"])
            .arg(&probe),
    )?;
    let version = said.split("supports only up to version ").nth(1);
    let version = version.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    version.ok_or(said)
}

/// Returns what a program says on its standard error.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
