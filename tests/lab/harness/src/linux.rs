// SPDX-License-Identifier: MIT OR Apache-2.0

//! A kexec as people do it: Debian's kernel in QEMU, and a userland that loads the next kernel with
//! kexec-tools and leaves for it.
//!
//! What it needs comes from `scripts/fetch.sh` (kernels, busybox, sources) and
//! `scripts/kexec-tools.sh` (kexec-tools around our `purgatory.ro`). The userland is
//! `tests/kexec/init`.

pub mod initramfs;
mod kexec;
mod record;
mod suite;

use std::fs;
use std::path::{Path, PathBuf};

use self::initramfs::{Sources, write_initramfs};
pub use self::kexec::Kexec;
pub use self::record::Record;
pub use self::suite::Suite;
use self::suite::present;
use crate::boot::HALTED;
use crate::qemu::{Outcome, Qemu};

/// How the first kernel is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// `kexec -l`, then `kexec -e`.
    Execute,
    /// `kexec -p`, then a crash.
    Crash,
    /// `kexec -p`, then a device overwrites a part of the loaded kernel, then a crash.
    DamagedCrash,
    /// `kexec -p`, then a crash at an exception of a program that has the CPU in streaming mode
    /// (FEAT_SME).
    StreamingCrash,
}

/// One kexec, or several: from power-on over the first kernel and the purgatory to the last
/// kernel's userland.
#[derive(Clone, Debug)]
pub struct Cycle {
    machine: String,
    cpu: Option<String>,
    memory: String,
    kernel: Suite,
    kernel_options: String,
    kexec: Kexec,
    program: Option<PathBuf>,
    /// What is loaded, if not the kernel itself, and its last words.
    loads: Option<(PathBuf, String)>,
    options: String,
    leave: Leave,
    kexecs: u32,
}

impl Cycle {
    /// Starts with `kexec -l` and `-e` with Debian 12's kernel and kexec-tools on this CPU, at EL1.
    pub fn new(cpu: &str) -> Self {
        Self {
            cpu: Some(cpu.into()),
            // With an interrupt translation service (ITS) no kernel survives a kexec under QEMU.
            ..Self::on_machine("virt,gic-version=2")
        }
    }

    /// Starts with the same on a machine that has its own CPUs, and perhaps EL2.
    pub fn on_machine(machine: &str) -> Self {
        Self {
            machine: machine.into(),
            cpu: None,
            memory: "1024".into(),
            kernel: Suite::Bookworm,
            kernel_options: String::new(),
            kexec: Kexec::Bookworm,
            program: None,
            loads: None,
            options: String::new(),
            leave: Leave::Execute,
            kexecs: 1,
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

    /// Takes another kernel, the same at each stage.
    pub fn kernel(mut self, kernel: Suite) -> Self {
        self.kernel = kernel;
        self
    }

    /// Adds an option for the first kernel.
    pub fn kernel_option(mut self, option: &str) -> Self {
        self.kernel_options.push_str(option);
        self.kernel_options.push(' ');
        self
    }

    /// Takes another build of kexec-tools.
    pub fn kexec(mut self, kexec: Kexec) -> Self {
        self.kexec = kexec;
        self
    }

    /// Takes a static program that was built elsewhere.
    pub fn program(mut self, program: &Path) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Loads this file, which ends with these words, instead of the same kernel once more.
    pub fn loads(mut self, file: &Path, until: &str) -> Self {
        self.loads = Some((file.into(), until.into()));
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

    /// Makes it a chain of this many kexecs.
    pub fn kexecs(mut self, count: u32) -> Self {
        self.kexecs = count;
        self
    }

    /// Runs it, to the end or to where it can only hang. What went well is kept for the table of
    /// compatibility.
    ///
    /// # Errors
    /// When something is missing; the message says what to run.
    pub fn run(&self) -> Result<Outcome, String> {
        let image = self.kernel.downloaded("Image")?;
        let kexec = match &self.program {
            Some(program) => program.clone(),
            None => self.kexec.program()?,
        };
        // It stays, for who runs a failing test's QEMU by hand.
        let (loaded, until, what) = match &self.loads {
            Some((file, until)) => (file, until.as_str(), "other"),
            None => (&image, HALTED, self.kernel.name()),
        };
        let initramfs = kexec.with_extension(format!("{what}.cpio"));
        let sources = Sources {
            busybox: &Suite::Bookworm.downloaded("busybox")?,
            kexec: &kexec,
            libraries: &self.kexec.libraries()?,
            image: loaded,
        };
        write_initramfs(&initramfs, &sources)
            .map_err(|error| format!("{}: {error}", initramfs.display()))?;

        let mut qemu = Qemu::new(&self.machine)
            .memory(&self.memory)
            .args(["-kernel", &image.to_string_lossy()])
            .args(["-initrd", &initramfs.to_string_lossy()])
            .args(["-append", &self.command_line()]);
        if let Some(cpu) = &self.cpu {
            qemu = qemu.cpu(cpu);
        }
        let qemu = match self.leave {
            Leave::DamagedCrash => qemu.args(["-device", "edu,dma_mask=0xffffffffffffffff"]),
            Leave::Execute | Leave::Crash | Leave::StreamingCrash => qemu,
        };
        let outcome = qemu.run(&[HALTED, until]);
        let outcome = outcome.map_err(|error| error.to_string())?;
        let program = fs::read(&kexec).map_err(|error| format!("{}: {error}", kexec.display()))?;
        if let Some(record) = Record::seen(&program, &outcome.console) {
            record.keep()?;
        }
        Ok(outcome)
    }

    /// What the first kernel is told; `tests/kexec/init` explains it.
    fn command_line(&self) -> String {
        let (load, leave) = match self.leave {
            Leave::Execute => ("-l", "leave=execute"),
            Leave::Crash => ("-p", "leave=crash crashkernel=192M"),
            Leave::DamagedCrash => ("-p", "leave=crash damage=dma crashkernel=192M"),
            Leave::StreamingCrash => ("-p", "leave=streaming crashkernel=192M"),
        };
        // -c: newer ones would try the system call that knows no purgatory first.
        let load = format!("{load} -c --serial=ttyAMA0{}", self.options);
        let options = &self.kernel_options;
        let more = self.kexecs - 1;
        format!(
            "console=ttyAMA0 quiet panic=-1 {options}stage=first more={more} {leave} load=\"{load}\""
        )
    }
}
