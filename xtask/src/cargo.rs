//! Runs cargo for the bare-metal target, the same way whatever the machine and the environment.

use crate::options::Options;
use crate::toolchain::{self, Candidate, Core, TARGET};
use crate::{environment, linker, manifest, probe};
use std::ffi::OsString;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A choice of tools, ready to compile.
pub struct Cargo {
    root: PathBuf,
    /// Apart from the host's builds, so that neither waits for the other's lock.
    build_dir: PathBuf,
    compiler: Candidate,
    core: Core,
    linker: PathBuf,
}

impl Cargo {
    /// Finds the tools.
    pub fn find(options: &Options) -> Result<Self, String> {
        let candidates = probe::candidates();
        let (compiler, core) = toolchain::choose(&candidates, options.core)?;
        Ok(Self {
            root: options.root.clone(),
            build_dir: options.target_dir.join("image"),
            linker: linker::find(compiler, &candidates)?,
            compiler: compiler.clone(),
            core,
        })
    }

    /// Links one program of a package by `script`, or by the linker's own layout without one, and
    /// gives the path of the result. The linker's map goes beside it.
    pub fn link(
        &self,
        package: &str,
        feature: &str,
        program: &str,
        script: Option<&Path>,
    ) -> Result<PathBuf, String> {
        let built = self.build_dir.join(TARGET).join("release").join(program);
        let selection = ["-p", package, "--features", feature, "--bin", program];
        let mut command = self.command("rustc")?;
        command.args(selection).arg("--");
        for argument in [
            "-pie",
            "--no-dynamic-linker",
            // Text relocations would have to be applied to read-only pages.
            "-ztext",
            "-znoexecstack",
            "--no-undefined",
            "--gc-sections",
            "--build-id=none",
            // An ADRP at the end of a page may compute a wrong address on early Cortex-A53.
            "--fix-cortex-a53-843419",
        ] {
            command.arg(format!("-Clink-arg={argument}"));
        }
        if let Some(script) = script {
            let script = self.tracked(&self.root.join(script))?;
            command.arg(format!("-Clink-arg=-T{}", script.display()));
        }
        let map = built.with_extension("map");
        command.arg(format!("-Clink-arg=-Map={}", map.display()));
        run(command)?;
        Ok(built)
    }

    /// A copy of a linker script, named after its contents. cargo does not see that a script has
    /// changed, but it does see that a flag has.
    fn tracked(&self, script: &Path) -> Result<PathBuf, String> {
        let text = std::fs::read(script).map_err(|e| format!("{}: {e}", script.display()))?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&text);
        let copy = self.build_dir.join(format!("{:016x}.ld", hasher.finish()));
        std::fs::write(&copy, text).map_err(|e| format!("{}: {e}", copy.display()))?;
        Ok(copy)
    }

    /// `cargo <subcommand>` with the tools, the target and the flags settled.
    fn command(&self, subcommand: &str) -> Result<Command, String> {
        let profiles = self.build_dir.join("profiles.toml");
        let settings = manifest::profiles(&self.root)?;
        std::fs::create_dir_all(&self.build_dir)
            .and_then(|()| std::fs::write(&profiles, settings))
            .map_err(|e| format!("{}: {e}", profiles.display()))?;

        let mut command = Command::new(&self.compiler.cargo);
        for (name, _) in std::env::vars_os() {
            if environment::is_unwanted(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.root)
            .arg(subcommand)
            .arg("--config")
            .arg(&profiles)
            .args(["--release", "--target", TARGET, "--target-dir"])
            .arg(&self.build_dir)
            .env("PATH", self.path()?)
            .env("RUSTC", &self.compiler.rustc)
            // Empty means none, and goes before any configuration file.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            // What will break one day in the source of `core` is not for us to read about.
            .env("CARGO_FUTURE_INCOMPAT_REPORT_FREQUENCY", "never")
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags().join("\x1f"))
            .env(linker_variable(), &self.linker);
        if self.core == Core::Source {
            command.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
        }
        Ok(command)
    }

    /// cargo's companions (clippy) are looked up on `PATH`: those beside it go first.
    fn path(&self) -> Result<OsString, String> {
        let beside = self.compiler.cargo.parent().map(Path::to_path_buf);
        std::env::join_paths(beside.into_iter().chain(probe::path_directories()))
            .map_err(|e| format!("PATH: {e}"))
    }

    /// The compiler's flags. Setting them replaces those of every configuration file.
    fn rustflags(&self) -> Vec<String> {
        let mut flags = vec![
            "-Crelocation-model=pie".to_string(),
            "-Cforce-unwind-tables=no".to_string(),
            // Where every byte counts, one copy of a function is better than a fast call of it.
            "-Cllvm-args=-inline-threshold=50 -enable-machine-outliner=always".to_string(),
        ];
        // Messages and debug information name files: not by where they happen to lie. The last
        // prefix that fits counts.
        let source = self.compiler.sysroot.join("lib/rustlib/src/rust");
        let as_installed = format!("/rustc/{}", self.compiler.commit);
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
        let mut remap = |from: &Path, to: &str| {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        };
        if let Some(cargo_home) = cargo_home.or(home) {
            remap(&cargo_home, "cargo");
        }
        remap(&source, &as_installed);
        remap(&self.root, ".");
        remap(&self.build_dir, "target");
        flags
    }
}

impl fmt::Display for Cargo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (compiler, linker) = (&self.compiler, self.linker.display());
        write!(
            f,
            "{compiler}, `core` from {}, linked by {linker}",
            self.core
        )
    }
}

/// Runs a cargo command, with what follows it, as the image is built.
pub fn pass_through(options: &Options, arguments: &[String]) -> Result<(), String> {
    let (subcommand, rest) = arguments.split_first().expect("the parser saw one");
    let mut command = Cargo::find(options)?.command(subcommand)?;
    command.args(rest);
    run(command)
}

/// The configuration of the target's linker, as a variable. Unlike a flag it is no part of what
/// cargo distinguishes builds by.
fn linker_variable() -> String {
    let triple = TARGET.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{triple}_LINKER")
}

fn run(mut command: Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).display().to_string();
    let subcommand = Path::new(command.get_args().next().unwrap_or_default());
    let what = format!("{program} {}", subcommand.display());
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{what} failed, see above")),
        Err(e) => Err(format!("{what}: {e}")),
    }
}
