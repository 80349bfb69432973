// SPDX-License-Identifier: MIT OR Apache-2.0

//! A kexec as people do it: Debian's kernel in QEMU, and a userland that loads the next kernel with
//! kexec-tools and leaves for it.
//!
//! What it needs comes from `scripts/fetch.sh` (kernel, busybox, sources) and
//! `scripts/kexec-tools.sh` (kexec-tools around our `purgatory.ro`). The userland is
//! `tests/kexec/init`.

mod initramfs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use self::initramfs::write_initramfs;
use crate::boot::HALTED;
use crate::qemu::{Outcome, Qemu};
use crate::root;

/// Emulated, a cycle takes some 15 s on an idle machine.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A build of kexec-tools: which version, around which purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kexec {
    /// 2.0.25, the one of Debian 12, with our `purgatory.ro`.
    Bookworm,
    /// The newest (2.0.32 or later), with our `purgatory.ro`.
    Sid,
    /// Debian 12's program as it is installed, with our `purgatory.ro` patched into it.
    Installed,
    /// 2.0.25 as released, with the C purgatory: tells a fault of ours from one of the surroundings.
    WithCPurgatory,
}

/// How the first kernel is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// `kexec -l`, then `kexec -e`.
    Execute,
    /// `kexec -p`, then a crash.
    Crash,
    /// `kexec -p`, then a device overwrites a part of the loaded kernel, then a crash.
    DamagedCrash,
}

/// One kexec: from power-on over the first kernel and the purgatory to the second kernel's
/// userland.
#[derive(Clone, Debug)]
pub struct Cycle {
    machine: String,
    cpu: String,
    memory: String,
    kexec: Kexec,
    options: String,
    leave: Leave,
}

impl Cycle {
    /// Starts with `kexec -l` and `-e` with Debian 12's kexec-tools on this CPU, at EL1.
    pub fn new(cpu: &str) -> Self {
        Self {
            // With an interrupt translation service (ITS) no kernel survives a kexec under QEMU.
            machine: "virt,gic-version=2".into(),
            cpu: cpu.into(),
            memory: "1024".into(),
            kexec: Kexec::Bookworm,
            options: String::new(),
            leave: Leave::Execute,
        }
    }

    /// Adds EL2: where the CPU has VHE, Linux stays there with `HCR_EL2.E2H` set.
    pub fn el2(mut self) -> Self {
        self.machine.push_str(",virtualization=on");
        self
    }

    /// Sets the memory, in MiB.
    pub fn memory(mut self, mebibytes: &str) -> Self {
        self.memory = mebibytes.into();
        self
    }

    /// Takes another build of kexec-tools.
    pub fn kexec(mut self, kexec: Kexec) -> Self {
        self.kexec = kexec;
        self
    }

    /// Adds an option for `kexec -l` or `-p`.
    pub fn option(mut self, option: &str) -> Self {
        self.options.push(' ');
        self.options.push_str(option);
        self
    }

    /// Leaves the first kernel in another way.
    pub fn leave(mut self, leave: Leave) -> Self {
        self.leave = leave;
        self
    }

    /// Runs it, to the end or to where it can only hang.
    ///
    /// # Errors
    /// When something is missing; the message says what to run.
    pub fn run(&self) -> Result<Outcome, String> {
        let image = downloaded("Image")?;
        let busybox = downloaded("busybox")?;
        let kexec = self.kexec.program()?;
        // It stays, for who runs a failing test's QEMU by hand.
        let initramfs = kexec.with_extension("cpio");
        let libraries = match self.kexec {
            Kexec::Installed => kexec_libraries()?,
            Kexec::Bookworm | Kexec::Sid | Kexec::WithCPurgatory => Vec::new(),
        };
        write_initramfs(&initramfs, &busybox, &kexec, &image, &libraries)
            .map_err(|error| format!("{}: {error}", initramfs.display()))?;

        let qemu = Qemu::new(&self.machine)
            .cpu(&self.cpu)
            .memory(&self.memory)
            .args(["-kernel", &image.to_string_lossy()])
            .args(["-initrd", &initramfs.to_string_lossy()])
            .args(["-append", &self.command_line()]);
        let qemu = match self.leave {
            Leave::DamagedCrash => qemu.args(["-device", "edu,dma_mask=0xffffffffffffffff"]),
            Leave::Execute | Leave::Crash => qemu,
        };
        qemu.run(&[HALTED], TIMEOUT)
            .map_err(|error| error.to_string())
    }

    /// What the first kernel is told; `tests/kexec/init` explains it.
    fn command_line(&self) -> String {
        let (load, leave) = match self.leave {
            Leave::Execute => ("-l", "leave=execute"),
            Leave::Crash => ("-p", "leave=crash crashkernel=192M"),
            Leave::DamagedCrash => ("-p", "leave=crash damage=dma crashkernel=192M"),
        };
        // -c: newer ones would try the system call that knows no purgatory first.
        let load = format!(
            "{load} -c --serial=ttyAMA0 --initrd=/second.cpio{}",
            self.options
        );
        format!("console=ttyAMA0 quiet panic=-1 stage=first {leave} load=\"{load}\"")
    }
}

impl Kexec {
    /// The program, built anew when it does not have the current `purgatory.ro` in it.
    fn program(self) -> Result<PathBuf, String> {
        if self == Self::Installed {
            return patch_installed();
        }
        static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
        BUILT.get_or_init(build_kexec_tools).clone()?;
        let path = root().join("target/kexec").join(match self {
            Self::Bookworm => "bookworm/kexec",
            Self::Sid => "sid/kexec",
            Self::WithCPurgatory => "bookworm/kexec-c",
            Self::Installed => "installed/kexec",
        });
        let waive = match self {
            Self::Sid => "; where no mirror has it, PURGATORY_WITHOUT=sid goes on without",
            Self::Bookworm | Self::WithCPurgatory | Self::Installed => "",
        };
        present(path).map_err(|missing| missing + waive)
    }
}

fn build_kexec_tools() -> Result<(), String> {
    run_script("kexec-tools.sh", &[])
}

/// As README.md tells who has no source.
fn patch_installed() -> Result<PathBuf, String> {
    let installed = downloaded("installed/kexec")?;
    let patched = root().join("target/kexec/installed/kexec");
    let made = fs::create_dir_all(patched.with_file_name(""));
    made.map_err(|error| format!("{}: {error}", patched.display()))?;
    run_script("patch-kexec.sh", &[&installed, &patched])?;
    Ok(patched)
}

fn run_script(name: &str, arguments: &[&Path]) -> Result<(), String> {
    let script = root().join("scripts").join(name);
    let output = Command::new(&script)
        .args(arguments)
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// What the installed program is linked to.
fn kexec_libraries() -> Result<Vec<PathBuf>, String> {
    let directory = root().join("target/downloads/bookworm/installed");
    let entries = fs::read_dir(&directory);
    let entries = entries.map_err(|error| format!("{}: {error}", directory.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| !path.ends_with("kexec")).collect())
}

fn downloaded(name: &str) -> Result<PathBuf, String> {
    present(root().join("target/downloads/bookworm").join(name))
}

fn present(path: PathBuf) -> Result<PathBuf, String> {
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "{} is not there: run scripts/fetch.sh",
            path.display()
        ))
    }
}
