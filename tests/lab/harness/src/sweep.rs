// SPDX-License-Identifier: MIT OR Apache-2.0

//! One machine in which the image is called many times, with another state of the CPU each time:
//! what the guest `register-sweep` needs, loaded.

use std::fs;
use std::path::Path;

use purgatory_test_guest::Regime;
use purgatory_test_guest::sweep::{ARRIVAL, Encoding, ORDERS, Orders};
use zerocopy::IntoBytes;

use crate::a64::{branch_to, movk, movz};
use crate::artifact;
use crate::boot::{UART, noise};
use crate::executable::{executable, machine};
use crate::halts::halts;
use crate::loader::{Load, Segment};
use crate::ordered::{GUEST_AT, ordered};
use crate::purgatory_ro::PurgatoryRo;
use crate::qemu::{Outcome, Qemu};

const KERNEL_AT: u64 = 0x4100_0000;
const DTB_AT: u64 = 0x4120_0000;
const IMAGE_AT: u64 = 0x4140_3000;
/// The image as it was loaded, for each call anew.
const PRISTINE_AT: u64 = 0x4160_0000;
const MEMORY: &str = "64M";

/// What runs.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The CPU model, one with memory tags.
    pub cpu: String,
    /// The regime.
    pub regime: Regime,
    /// The one register that is set alone; `None`: each.
    pub only: Option<Encoding>,
    /// What random combinations of registers begin with.
    pub seed: u64,
    /// How many of them there are.
    pub combinations: u64,
    /// `skip_checks`: nothing is verified.
    pub skip_checks: bool,
    /// `arm64_sink`.
    pub sink: u64,
    /// The image.
    pub image: PurgatoryRo,
}

impl Sweep {
    /// Takes the image that is built.
    ///
    /// # Errors
    /// When it is not built, or not fit.
    pub fn new(cpu: &str, regime: Regime, seed: u64, combinations: u64) -> Result<Self, String> {
        let image = fs::read(artifact("purgatory.ro")?).map_err(|error| error.to_string())?;
        Ok(Self {
            cpu: cpu.into(),
            regime,
            only: None,
            seed,
            combinations,
            skip_checks: false,
            sink: UART,
            image: PurgatoryRo::read(&image).map_err(|refusal| refusal.to_string())?,
        })
    }

    /// Loads and runs. The file for QEMU stays at `path`.
    ///
    /// # Errors
    /// When nothing ran.
    pub fn run(&self, path: &Path) -> Result<Outcome, String> {
        let run = self.qemu(path)?.run(&[]);
        run.map_err(|error| error.to_string())
    }

    /// Loads, and returns the machine.
    ///
    /// # Errors
    /// When something is missing.
    pub fn qemu(&self, path: &Path) -> Result<Qemu, String> {
        // Version 3 of the interrupt controller has system registers, and memory tags have some.
        let machine = machine(path, &self.build()?, "gic-version=3,mte=on", self.regime)?;
        let halts = halts(&self.image).into_iter();
        Ok(machine
            .cpu(&self.cpu)
            .memory(MEMORY)
            .parks_at(halts.flat_map(|halt| [IMAGE_AT + halt, IMAGE_AT + halt + 4])))
    }

    fn build(&self) -> Result<Vec<u8>, String> {
        let kernel = Segment::new("kernel", KERNEL_AT, kernel());
        let dtb = Segment::new("dtb", DTB_AT, noise(1000));
        let mut load = Load::new(
            self.image.clone(),
            vec![kernel, dtb],
            IMAGE_AT,
            KERNEL_AT,
            DTB_AT,
        );
        load.sink = self.sink;
        load.skip_checks = self.skip_checks;
        let loaded = load.finish().map_err(|refusal| refusal.to_string())?;
        let image = loaded.segments.last().expect("the image is always loaded");
        let mut pristine = image.bytes.clone();
        pristine.resize(pristine.len().next_multiple_of(8), 0);
        let orders = Orders {
            image: IMAGE_AT,
            image_memsz: image.len,
            pristine: PRISTINE_AT,
            pristine_len: pristine.len() as u64,
            start: loaded.start,
            dtb: DTB_AT,
            only: self.only.map_or(0, Encoding::number),
            seed: self.seed,
            combinations: self.combinations,
        };
        let guest = ordered("register-sweep", self.regime, ORDERS, orders.as_bytes())?;
        let mut segments = vec![Segment::ragged("pristine", PRISTINE_AT, pristine)];
        segments.extend(guest);
        segments.extend(loaded.segments.iter().cloned());
        Ok(executable(&segments, GUEST_AT))
    }
}

/// A kernel that branches to the guest, with nothing of the CPU changed but a general register.
fn kernel() -> Vec<u8> {
    const SCRATCH: u32 = 17;
    let target = GUEST_AT + ARRIVAL;
    let words = [
        movz(SCRATCH, target as u16),
        movk(SCRATCH, (target >> 16) as u16),
        branch_to(SCRATCH),
    ];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}
