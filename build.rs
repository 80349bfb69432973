// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lays the image out by `link.ld`. The linker's other arguments are in `.cargo/config.toml`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    let root = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    println!("cargo::rustc-link-arg-bin=purgatory=-T{root}/link.ld");
}
