// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots of a kernel that has the image built in, as the purgatory of its own `kexec_file_load`.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use purgatory_test_harness::boot::HALTED;
use purgatory_test_harness::linux::initramfs::Archive;
use purgatory_test_harness::linux::{Kexec, Suite};
use purgatory_test_harness::qemu::{Outcome, Qemu};
use purgatory_test_harness::{artifact, root, this_test};

/// The exception level, and the CPU for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// EL1.
    El1,
    /// EL2 without the Virtualization Host Extensions.
    El2,
    /// EL2 with them.
    Vhe,
}

impl Level {
    /// Returns what the purgatory says about it.
    pub const fn says(self) -> &'static str {
        match self {
            Self::El1 => "(EL1, D-cache on",
            Self::El2 => "(EL2, D-cache on",
            Self::Vhe => "(EL2 VHE, D-cache on",
        }
    }
}

/// A kernel that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// With the patch.
    Patched,
    /// Without it.
    Stock,
    /// With the patch, and `on_failure` = 3 in its purgatory.
    Resets,
}

/// From power-on to the end of the last kernel.
#[derive(Clone, Debug)]
pub struct Boot {
    /// The level.
    pub level: Level,
    /// Memory, MiB.
    pub memory: u32,
    /// CPUs.
    pub cpus: u32,
    /// The first kernel, and the one that it starts.
    pub kernel: Kernel,
    /// What is loaded in the place of the same kernel: `target/probe.Image`, say.
    pub loads: Option<&'static str>,
    /// What loads: `kexec`, or `call`, the system call alone.
    pub load: &'static str,
    /// What the first userland does: `tests/kexec-file/init` explains it.
    pub then: String,
    /// More for the first kernel.
    pub options: &'static str,
}

impl Boot {
    /// Loads with kexec-tools at EL2 with VHE, with 2 GiB.
    pub fn new(then: &str) -> Self {
        Self {
            level: Level::Vhe,
            memory: 2048,
            cpus: 1,
            kernel: Kernel::Patched,
            loads: None,
            load: "kexec",
            then: then.into(),
            options: "",
        }
    }

    /// Runs it until a kernel has come to its end, or one of these lines has come.
    ///
    /// # Panics
    /// When something is missing; the message says what.
    pub fn run(&self, until: &[&str]) -> Outcome {
        self.try_run(until)
            .unwrap_or_else(|error| panic!("\n{error}\n{}", this_test::alone()))
    }

    fn try_run(&self, until: &[&str]) -> Result<Outcome, String> {
        let image = image(self.kernel)?;
        let initramfs = match self.loads {
            Some(name) => initramfs(&format!("{:?}.{name}", self.kernel), &artifact(name)?)?,
            None => initramfs(&format!("{:?}", self.kernel), &image)?,
        };
        let (machine, cpu) = match self.level {
            Level::El1 => ("virt,gic-version=2", "cortex-a72"),
            Level::El2 => ("virt,gic-version=2,virtualization=on", "cortex-a72"),
            Level::Vhe => ("virt,gic-version=2,virtualization=on", "neoverse-n1"),
        };
        let append = format!(
            "console=ttyAMA0 panic=-1 quiet crashkernel=256M kexec_sink=0x9000000 sink=kexec_sink=0x9000000 \
             stage=first load={} then={} {}",
            self.load, self.then, self.options
        );
        let qemu = Qemu::new(machine)
            .cpu(cpu)
            .memory(&self.memory.to_string())
            .args(["-smp", &self.cpus.to_string()])
            .args(["-kernel", &image.to_string_lossy()])
            .args(["-initrd", &initramfs.to_string_lossy()])
            .args(["-append", &append]);
        let until: Vec<_> = until.iter().copied().chain([HALTED]).collect();
        qemu.run(&until).map_err(|error| error.to_string())
    }
}

/// Returns the version that is tested: 6.12, or what `KEXEC_FILE_KERNEL` says.
pub fn version() -> String {
    env::var("KEXEC_FILE_KERNEL").unwrap_or_else(|_| "6.12".into())
}

fn directory() -> PathBuf {
    root().join("target/kexec-file").join(version())
}

fn image(kernel: Kernel) -> Result<PathBuf, String> {
    let name = match kernel {
        Kernel::Patched | Kernel::Resets => "Image",
        Kernel::Stock => "Image.stock",
    };
    let built = directory().join(name);
    if !built.is_file() {
        return Err(format!("no {}: run make test-kexec-file", built.display()));
    }
    if kernel != Kernel::Resets {
        return Ok(built);
    }
    let to = directory().join("Image.resets");
    let set = || -> io::Result<()> {
        let image = with_on_failure(fs::read(built)?, 3).map_err(io::Error::other)?;
        write_whole(&to, &image)
    };
    set().map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(to)
}

/// Sets `on_failure` in the purgatory that is in a kernel.
fn with_on_failure(mut kernel: Vec<u8>, seconds: u32) -> Result<Vec<u8>, String> {
    let ro = fs::read(root().join("target/purgatory.ro")).map_err(|error| error.to_string())?;
    let mut at = kernel.windows(ro.len()).enumerate();
    let at = at.find_map(|(at, window)| (window == ro).then_some(at));
    let at = at.ok_or("the kernel does not carry target/purgatory.ro")?;
    let file = ElfFile64::<LittleEndian>::parse(&*ro).map_err(|error| error.to_string())?;
    let symbol = file.symbol_by_name("on_failure").ok_or("no on_failure")?;
    let section = symbol.section_index().ok_or("on_failure is nowhere")?;
    let section = file.section_by_index(section);
    let section = section.map_err(|error| error.to_string())?;
    let (start, _) = section.file_range().ok_or("on_failure has no bytes")?;
    let place = at + (start + symbol.address()) as usize;
    kernel[place..][..4].copy_from_slice(&seconds.to_le_bytes());
    Ok(kernel)
}

/// Returns the userland of all kernels; the first one has the kernel to load and the programs for
/// it besides.
fn initramfs(name: &str, image: &Path) -> Result<PathBuf, String> {
    let busybox = Suite::Bookworm.downloaded("busybox")?;
    let kexec = Kexec::Bookworm.program()?;
    let load = load_program()?;
    let to = directory().join(format!("{name}.cpio"));
    let here = root().join("tests/kexec-file");
    let make = || -> io::Result<()> {
        let mut last = Archive::default();
        last.add("init", &fs::read(here.join("init"))?)?;
        last.add("bin/busybox", &fs::read(busybox)?)?;
        let mut first = last.clone();
        first.add("last.cpio", &last.finish()?)?;
        first.add("kexec", &fs::read(kexec)?)?;
        first.add("load", &fs::read(load)?)?;
        first.add("Image", &fs::read(image)?)?;
        first.add("Image.signed", &fs::read(directory().join("Image.signed"))?)?;
        write_whole(&to, &first.finish()?)
    };
    make().map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(to)
}

/// Returns the program of `tests/kexec-file/load.c`.
fn load_program() -> Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        let program = directory().join("load");
        let output = Command::new("aarch64-linux-gnu-gcc")
            .args(["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&program)
            .arg(root().join("tests/kexec-file/load.c"))
            .output()
            .map_err(|error| format!("aarch64-linux-gnu-gcc: {error}"))?;
        if output.status.success() {
            Ok(program)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    BUILT.get_or_init(build).clone()
}

/// Writes a file that another test may be reading.
fn write_whole(to: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = to.with_extension(format!("{:?}.new", std::thread::current().id()));
    fs::write(&aside, bytes)?;
    fs::rename(aside, to)
}
