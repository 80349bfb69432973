// SPDX-License-Identifier: MIT OR Apache-2.0

//! One boot, whole: a machine, an old kernel in the regime that is asked for, segments, the
//! purgatory, and a new kernel that looks at what it gets.

mod noise;
mod place;
mod run;
mod unusual;
mod usual;

use std::fs;
use std::path::{Path, PathBuf};

use purgatory_test_guest::{Briefing, Piece, Regime, Register, Setting};
use zerocopy::IntoBytes;

pub use self::noise::noise;
pub use self::place::Place;
pub use self::usual::usual_cpu;
use crate::executable::executable;
use crate::guest::Guest;
use crate::loader::{Load, Loaded, Segment};
use crate::purgatory_ro::{PAGE, PurgatoryRo};
use crate::v3_tables::BLOCK;
use crate::{artifact, entry_state};

/// The data register of the PL011 of QEMU's `virt` machine.
pub const UART: u64 = 0x0900_0000;

/// The purgatory's last words when it starts no kernel.
pub const HALTED: &str = "purgatory: halted; reset the machine and load again";

/// The new kernel's first words.
pub const REACHED: &str = "new kernel: reached";

/// Where the memory of QEMU's `virt` machine starts.
pub const RAM: u64 = 0x4000_0000;

/// What the two kernels share, above the device tree that QEMU leaves at the start of RAM.
const BRIEFING_AT: u64 = 0x4080_0000;
const OLD_KERNEL_AT: u64 = BRIEFING_AT + 0x1_0000;
const STAND_IN_AT: u64 = BRIEFING_AT + 0x4_0000;
/// Of the two that run below the old kernel there is at most one.
const BELOW_AT: u64 = BRIEFING_AT + 0x8_0000;

const MIB: u64 = 1 << 20;

/// A boot. Tests change its parts before it [`Boot::run`]s.
#[derive(Clone, Debug)]
pub struct Boot {
    /// The CPU model.
    pub cpu: String,
    /// Memory in MiB.
    pub memory: u64,
    /// The segments, the purgatory, and what is spoilt about them.
    pub load: Load,
    /// What the two kernels are told. [`Boot::run`] fills in what follows from `load`.
    pub briefing: Briefing,
    /// The regime, and with it the machine.
    pub regime: Regime,
    /// A guest that the old kernel leaves for instead of the purgatory.
    pub stand_in: Option<Guest>,
    /// What must not have changed, in addition to the segments and the purgatory's code.
    pub pieces: Vec<Piece>,
    /// What else is in memory, unknown to the purgatory.
    pub unhashed: Vec<Segment>,
    /// The machine's memory is this file: what is in it in the end can be read.
    pub memory_file: Option<PathBuf>,
    old_kernel: Guest,
}

/// Returns the image that `make` has built, of this name.
///
/// # Errors
/// When it is not built, or not fit.
pub fn built_image(name: &str) -> Result<PurgatoryRo, String> {
    read_image(&artifact(name)?)
}

fn read_image(path: &Path) -> Result<PurgatoryRo, String> {
    let name = path.display();
    let image = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    PurgatoryRo::read(&image).map_err(|refusal| format!("{name}: {refusal}"))
}

impl Boot {
    /// Leaves the kernel alone to be loaded, with the device tree in it: it must be verified too.
    pub fn only_the_kernel(&mut self) {
        self.load.segments.truncate(1);
        self.load.dtb = self.load.entry + 8;
    }

    /// Takes the image whose SHA-256 in software is that of the crate `sha2`.
    ///
    /// # Errors
    /// When it is not built, or not fit.
    pub fn with_the_sha2_crate(&mut self) -> Result<(), String> {
        self.with_image(&artifact("purgatory-sha2.ro")?)
    }

    /// Takes the image of this file.
    ///
    /// # Errors
    /// When it is not there, or not fit.
    pub fn with_image(&mut self, path: &Path) -> Result<(), String> {
        self.load.image = read_image(path)?;
        Ok(())
    }

    /// Returns a kernel, an initrd of this length and a device tree, loaded as kexec does, with a
    /// console.
    ///
    /// # Errors
    /// When `purgatory.ro` or a guest is not built, or not fit.
    pub fn new(cpu: &str, regime: Regime, place: Place, initrd: u64) -> Result<Self, String> {
        let image = read_image(&artifact("purgatory.ro")?)?;
        let kernel = place.base();
        let kernel = Segment::new(
            "kernel",
            kernel,
            Guest::read("new-kernel")?.place(kernel, BRIEFING_AT),
        );
        let initrd_at = kernel.end().next_multiple_of(BLOCK);
        let initrd = Segment::new("initrd", initrd_at, noise(initrd));
        let dtb = Segment::new("dtb", initrd.end().next_multiple_of(BLOCK), device_tree());
        // Like kexec's, in no way aligned to what page tables like.
        let purgatory_at = dtb.end() + 3 * PAGE;
        let memory = place.memory() + 2 * (initrd.len / MIB);

        let (entry, dtb_at) = (kernel.at, dtb.at);
        let mut load = Load::new(
            image,
            vec![kernel, initrd, dtb],
            purgatory_at,
            entry,
            dtb_at,
        );
        load.sink = UART;
        let briefing = Briefing {
            uart: UART,
            settings: entry_state::settings(regime),
            ..Briefing::default()
        };
        let old_kernel = Guest::read("old-kernel")?;
        Ok(Self {
            stand_in: None,
            pieces: Vec::new(),
            unhashed: Vec::new(),
            memory_file: None,
            cpu: cpu.into(),
            memory,
            load,
            briefing,
            regime,
            old_kernel,
        })
    }

    /// Returns the segment of this name. Panics where there is none.
    pub fn segment(&mut self, name: &str) -> &mut Segment {
        let mut all = self.load.segments.iter_mut();
        all.find(|segment| segment.name == name)
            .unwrap_or_else(|| panic!("no segment {name}"))
    }

    /// Makes the old kernel leave this value in the register.
    pub fn leave(&mut self, register: Register, value: u64) {
        let number = register as u64;
        let mut all = self.briefing.settings.iter_mut();
        let place = all.find(|setting| [number, 0].contains(&setting.register));
        *place.expect("there is room for all registers") = Setting {
            register: number,
            value,
        };
    }

    /// Loads everything, and makes it one file for QEMU.
    ///
    /// # Errors
    /// When kexec would not load this.
    pub fn build(&self) -> Result<(Loaded, Vec<u8>), String> {
        let loaded = self.load.finish().map_err(|refusal| refusal.to_string())?;
        let segments = self.load.segments.iter().filter(|segment| segment.len != 0);
        let known = segments.map(Segment::piece).chain([self.code(&loaded)?]);
        let mut pieces = [Piece::default(); 20];
        for (place, piece) in pieces.iter_mut().zip(known.chain(self.pieces.clone())) {
            *place = piece;
        }
        let stand_in = self.stand_in.as_ref().map(|_| STAND_IN_AT);
        let briefing = Briefing {
            regime: self.regime as u64,
            purgatory_start: stand_in.unwrap_or(loaded.start),
            old_kernel: OLD_KERNEL_AT,
            purgatory: [
                self.load.purgatory_at,
                self.load.purgatory_at + self.load.image.memsz,
            ],
            kernel_entry: self.load.entry,
            dtb: self.load.dtb,
            pieces,
            ..self.briefing.clone()
        };
        let briefing = briefing.as_bytes().to_vec();
        let mut segments = vec![Segment::new("briefing", BRIEFING_AT, briefing)];
        let below = match (self.has_firmware(), self.has_shim()) {
            (true, _) => Some(Guest::read("firmware")?),
            (_, true) => Some(Guest::read("cpu-shim")?),
            _ => None,
        };
        let guests = [
            (below.as_ref(), BELOW_AT),
            (Some(&self.old_kernel), OLD_KERNEL_AT),
            (self.stand_in.as_ref(), STAND_IN_AT),
        ];
        for (guest, at) in guests {
            let place =
                |guest: &Guest| Segment::new(guest.name(), at, guest.place(at, BRIEFING_AT));
            segments.extend(guest.map(place));
        }
        segments.extend(loaded.segments.iter().chain(&self.unhashed).cloned());
        let start = below.as_ref().map_or(OLD_KERNEL_AT, |_| BELOW_AT);
        let file = executable(&segments, start);
        Ok((loaded, file))
    }

    /// Returns the purgatory's code: what comes before the first of the symbols. It is never
    /// written.
    fn code(&self, loaded: &Loaded) -> Result<Piece, String> {
        let len = self
            .load
            .image
            .offset("sha256_regions")
            .map_err(|error| error.to_string())?;
        let purgatory = loaded
            .segments
            .last()
            .expect("the purgatory is always loaded");
        let bytes = &purgatory.bytes[..len as usize];
        Ok(Piece::new("purgatory code", purgatory.at, bytes, len))
    }
}

/// Nobody here reads more of a device tree than its magic.
fn device_tree() -> Vec<u8> {
    let mut bytes = noise(1000);
    bytes[..4].copy_from_slice(&0xd00d_feed_u32.to_be_bytes());
    bytes
}
