// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds the programs for bare metal: the image, wrapped as kexec loads it, the probe, and the tests'
//! guests.
//!
//! `cargo build --profile image` compiles and links the same code. This does what it cannot do:
//! find the tools, keep the caller's environment and configuration out, and write ET_REL.

mod cargo;
mod chosen;
mod configuration;
mod core_source;
mod environment;
mod flatten;
mod map;
mod note;
mod options;
mod origin;
mod panics;
mod profile;
mod sbom;
mod summary;
mod toolchain;
mod wrap;

use anyhow::{Context, Result, ensure};
use cargo::Cargo;
use options::{Options, Sha256, Variant, Verb};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most bytes that the probe may have.
const LARGEST_PROBE: usize = 256 << 10;

fn main() -> ExitCode {
    let fails = |error, code| {
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    };
    // The exit code tells the Makefile that nothing was begun.
    match options::parse(lexopt::Parser::from_env()).and_then(chosen::settle) {
        Err(error) => fails(error, 2),
        Ok((options, verb)) => match run(&options, verb) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fails(error, 1),
        },
    }
}

fn run(options: &Options, verb: Verb) -> Result<()> {
    match verb {
        Verb::Image(variant) => image(options, &variant),
        Verb::Probe => probe(options),
        Verb::Guests => guests(options),
        Verb::Cargo(subcommand, rest) => {
            Cargo::new(options, "image")?.run(&subcommand, |cargo| cargo.args(rest))
        }
    }
}

/// Builds and wraps the image, says what is in it, and leaves the linked ELF file, the map of it and
/// the bill of materials beside it.
fn image(options: &Options, variant: &Variant) -> Result<()> {
    // Each in its own directory, because the two builds may run at once.
    let (features, build_dir) = match variant.sha256 {
        Sha256::Own => ("firmware", "image"),
        Sha256::Crate => ("firmware,sha2", "image-sha2"),
    };
    let name = variant.sha256.name();
    let output = |extension: &str| options.target_dir.join(format!("{name}.{extension}"));
    publish(&["ro", "elf", "map", "spdx"].map(output), || {
        let cargo = Cargo::new(options, build_dir)?;
        println!("{}", cargo.toolchain);
        let linked = cargo.link("purgatory", features)?;
        let elf = read(&linked.elf)?;
        panics::check(&elf, &cargo.toolchain.version)?;
        let mut flat = flatten::flatten(&elf).with_context(|| linked.elf.display().to_string())?;
        flat.set("on_failure", variant.on_failure.unwrap_or(0))?;
        let note = note::note(&options.root, &cargo.toolchain.version, variant.sha256)?;
        let object = wrap::wrap(&flat, &note)?;
        println!("{}", output("ro").display());
        print!("{}", summary::summary(&elf, &flat, &object)?);
        let map = map::map(&elf)?;
        print!("{}", summary::check_size(object.len(), variant.sha256)?);
        let sbom = sbom::sbom(&sbom::Materials {
            file: &format!("{name}.ro"),
            object: &object,
            commit: &note::commit(&options.root)?,
            rustc: &cargo.toolchain.version,
            rustc_commit: &cargo.toolchain.commit,
            tree: &cargo.tree("purgatory", features)?,
            lock: &cargo::table(&options.root.join("Cargo.lock"))?,
            unchecked: &linked.unchecked,
            epoch: env::var("SOURCE_DATE_EPOCH").ok().as_deref(),
        })?;
        Ok(vec![object, elf, map.into_bytes(), sbom.into_bytes()])
    })
}

/// Builds the kernel that is not one, as a loader takes it, and leaves the linked ELF file beside it.
fn probe(options: &Options) -> Result<()> {
    let output = |extension: &str| options.target_dir.join(format!("probe.{extension}"));
    publish(&["Image", "elf"].map(output), || {
        let cargo =
            Cargo::new(options, "image")?.with("PURGATORY_COMMIT", note::commit(&options.root)?);
        let linked = cargo.link("purgatory-probe", "bare-metal")?;
        let elf = read(&linked.elf)?;
        let bytes = flatten::bytes(&elf).with_context(|| linked.elf.display().to_string())?;
        println!("{}: {} bytes", output("Image").display(), bytes.len());
        ensure!(
            bytes.len() <= LARGEST_PROBE,
            "the probe has more than {LARGEST_PROBE} bytes"
        );
        Ok(vec![bytes, elf])
    })
}

/// Builds the programs of the guest package.
fn guests(options: &Options) -> Result<()> {
    let manifest = cargo::table(&options.root.join("tests/lab/guest/Cargo.toml"))?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let name = |bin: &toml::Value| Some(bin.get("name")?.as_str()?.to_string());
    let programs: Vec<String> = bins.into_iter().flatten().filter_map(name).collect();
    let elf = |program: &str| options.target_dir.join(format!("guests/{program}.elf"));
    // One of them has two variants.
    let names = programs.iter().map(String::as_str).chain(["hash-sha2"]);
    let paths: Vec<PathBuf> = names.map(elf).collect();
    publish(&paths, || {
        let package = ["-p", "purgatory-test-guest", "--features"];
        let cargo = Cargo::new(options, "image")?;
        cargo.run("build", |build| {
            build.args(package).args(["bare-metal", "--bins"])
        })?;
        let with_crate = Cargo::new(options, "image-sha2")?;
        let hash = ["bare-metal,sha2", "--bin", "hash"];
        with_crate.run("build", |build| build.args(package).args(hash))?;
        let built = programs.iter().map(|program| cargo.built(program));
        let built = built.chain([with_crate.built("hash")]);
        built.map(|program| read(&program)).collect()
    })?;
    for path in paths {
        println!("{}", path.display());
    }
    Ok(())
}

/// Writes the output of `make`, in the order of the paths. A reader sees either the old or the new
/// file. On failure the file is removed, so that an old one cannot pass for new.
fn publish(paths: &[PathBuf], make: impl FnOnce() -> Result<Vec<Vec<u8>>>) -> Result<()> {
    let replace = |(path, content): (&PathBuf, Vec<u8>)| {
        let aside = path.with_extension(format!("{}.new", std::process::id()));
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
            .and_then(|()| fs::write(&aside, content))
            .and_then(|()| fs::rename(&aside, path))
            .with_context(|| path.display().to_string())
    };
    let outcome = make().and_then(|contents| paths.iter().zip(contents).try_for_each(replace));
    if outcome.is_err() {
        for path in paths {
            let _ = fs::remove_file(path);
        }
    }
    outcome
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}
