// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make supply`: whose code is in the image, and whether all crates keep to the rules.

use std::fs;
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result};
use purgatory_test_harness::{artifact, root};
use purgatory_test_supply::policy::{Policy, crates};
use purgatory_test_supply::shares::Shares;

/// How to get what checks all of it.
const INSTALL: &str = "`cargo install --locked cargo-deny` gives it";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Gives whether nothing was found.
fn run() -> Result<bool> {
    let bill = artifact("purgatory.spdx").map_err(anyhow::Error::msg)?;
    let elf = artifact("purgatory.elf").map_err(anyhow::Error::msg)?;
    let shares = Shares::of(&fs::read(elf)?)?;
    println!("bill of materials: {}\n", bill.display());
    println!("{}", shares.table());
    println!("lines in unsafe that are linked\n{}", shares.places());
    rules()
}

/// Checks with cargo-deny what can be checked here, else without it, and says what was not.
fn rules() -> Result<bool> {
    let version = deny(&["--version"]).filter(|output| output.status.success());
    let Some(version) = version else {
        return without_deny();
    };
    let version = String::from_utf8_lossy(&version.stdout);
    let fetched = deny(&["fetch", "db"]).context("cargo deny fetch db")?;
    let mut check = vec!["check"];
    if !fetched.status.success() {
        check.extend(["licenses", "bans", "sources"]);
    }
    let checked = deny(&check).context("cargo deny check")?;
    let complaints = String::from_utf8_lossy(&checked.stderr);
    println!("{}: {}", version.trim(), check.join(" "));
    print!("{complaints}{}", String::from_utf8_lossy(&checked.stdout));
    if !fetched.status.success() {
        let reason = String::from_utf8_lossy(&fetched.stderr);
        println!("advisories: NOT CHECKED: their database cannot be fetched\n{reason}");
    }
    Ok(checked.status.success())
}

fn without_deny() -> Result<bool> {
    let read = |name: &str| fs::read_to_string(root().join(name)).context(name.to_string());
    let crates = crates()?;
    let offences =
        Policy::read(&read(".cargo/deny.toml")?)?.offences(&crates, &read("Cargo.lock")?)?;
    for offence in &offences {
        println!("{offence}");
    }
    println!(
        "licences, sources, duplicates: {} crates that this machine uses, {} against deny.toml",
        crates.len(),
        offences.len()
    );
    println!("advisories: NOT CHECKED: there is no cargo-deny; {INSTALL}");
    Ok(offences.is_empty())
}

/// Returns what cargo-deny says, if there is one.
fn deny(arguments: &[&str]) -> Option<Output> {
    let mut deny = Command::new("cargo-deny");
    deny.current_dir(root())
        .args(["--workspace", "--locked"])
        .args(arguments);
    deny.output().ok()
}
