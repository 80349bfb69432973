// SPDX-License-Identifier: MIT OR Apache-2.0

//! A boot in QEMU.

use std::fs;
use std::path::Path;

use purgatory_test_guest::Regime;

use super::{Boot, MIB, RAM};
use crate::halts::halts;
use crate::qemu::{Outcome, Qemu, option_value};

impl Boot {
    /// Returns the machine, with what [`Boot::build`] has made at `path`.
    pub fn qemu(&self, path: &Path) -> Qemu {
        let virtualization = match self.regime {
            Regime::El1And0 if !self.has_shim() => "",
            _ => ",virtualization=on",
        };
        let secure = if self.has_firmware() {
            ",secure=on"
        } else {
            ""
        };
        let size = format!("{}M", self.memory);
        let kind = match &self.memory_file {
            Some(file) => format!(
                "memory-backend-file,share=on,mem-path={}",
                option_value(file)
            ),
            None => "memory-backend-ram".into(),
        };
        Qemu::new(&format!(
            "virt,gic-version=2{virtualization}{secure},memory-backend=ram"
        ))
        .cpu(&self.cpu)
        .memory(&size)
        // More than the host has may be asked for: little of it is touched.
        .args(["-object", &format!("{kind},id=ram,size={size},reserve=off")])
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-kernel", &path.display().to_string()])
        .parks_at(self.halts())
    }

    /// Returns where the image halts: on the `WFE`, or on the branch after it.
    fn halts(&self) -> impl Iterator<Item = u64> {
        let at = self.load.purgatory_at;
        let halts = halts(&self.load.image).into_iter();
        halts.flat_map(move |halt| [at + halt, at + halt + 4])
    }

    /// Writes what [`Boot::build`] makes into a file.
    ///
    /// # Errors
    /// When kexec would not load this, or it does not fit into the machine.
    pub fn build_at(&self, path: &Path) -> Result<(), String> {
        let (loaded, file) = self.build()?;
        let (end, ram) = (loaded.end(), RAM + self.memory * MIB);
        if end > ram {
            let more = (end - RAM).div_ceil(MIB);
            return Err(format!(
                "{} MiB of memory are too few: {more} are needed",
                self.memory
            ));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        fs::write(path, file).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Loads and runs, until the purgatory halts or the new kernel has ended the machine. The file
    /// for QEMU stays at `path`.
    ///
    /// # Errors
    /// When nothing ran.
    pub fn run(&self, path: &Path) -> Result<Outcome, String> {
        self.build_at(path)?;
        self.qemu(path).run(&[]).map_err(|error| error.to_string())
    }
}
