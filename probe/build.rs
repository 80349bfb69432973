// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lays the probe out by `link.ld`. The linker's other arguments are in `.cargo/config.toml`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    let package = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    println!("cargo::rustc-link-arg-bins=-T{package}/link.ld");
}
