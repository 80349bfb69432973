// SPDX-License-Identifier: MIT OR Apache-2.0

//! Hashes what it is told to with the image's own source, in one boot, with the MMU off: then every
//! access has to be aligned, as it has to be in a purgatory without a window.

#![no_std]
#![no_main]

use core::arch::global_asm;
use core::fmt::Write;

use image::sha256::{Hash, Memory};
use purgatory::abi::{MAX_REGIONS, RawRegion, RawSymbols};
use purgatory::cpu::{Cpu, IdRegisters};
use purgatory::digest::PIECE;
use purgatory::part::Part;
use purgatory::region::{PaRange, Region};
use purgatory::request::Check;
use purgatory_test_guest::jobs::{ANSWERS, Answer, INSTRUCTIONS, JOBS, Job};
use purgatory_test_guest::machine::{self, Exit, Uart, exit};
use purgatory_test_guest::{Briefing, Piece, Regime, Register, guest_entry};

/// What is tested: the same files that the image is compiled from.
#[path = "../../../../../src/arch"]
#[allow(dead_code)] // the image itself uses more of it
mod image {
    pub mod cache;
    pub mod sha256;
}

guest_entry!(main);

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    let mut uart = Uart::new(briefing.uart);
    uart.enable();
    let regime = regime(briefing);
    for setting in briefing.settings.iter().filter(|one| one.register != 0) {
        if let Some(register) = Register::from_number(setting.register) {
            machine::write(register, regime, setting.value);
        }
    }
    let (jobs, answers) = (piece(briefing, JOBS), piece(briefing, ANSWERS));
    let count = jobs.len as usize / size_of::<Job>();
    // SAFETY: the test has put that many jobs there, with room for an answer to each; nothing else
    // is in either place.
    let (jobs, answers) = unsafe {
        (
            core::slice::from_raw_parts(jobs.start as *const Job, count),
            core::slice::from_raw_parts_mut(answers.start as *mut Answer, count),
        )
    };
    for (job, answer) in jobs.iter().zip(answers) {
        *answer = do_job(regime, job);
    }
    let _ = writeln!(uart, "hash: {count} jobs done, {}", regime.name());
    exit(Exit::Passed)
}

/// Returns the requested regime, if this machine has it.
fn regime(briefing: &Briefing) -> Regime {
    let el = machine::current_el();
    let possible =
        |regime: &Regime| regime.el() == el && (*regime != Regime::El2And0 || machine::has_vhe());
    let regime = Regime::from_number(briefing.regime).filter(possible);
    regime.unwrap_or_else(|| exit(Exit::WrongMachine))
}

fn piece<'a>(briefing: &'a Briefing, name: &str) -> &'a Piece {
    let mut pieces = briefing.pieces.iter();
    let piece = pieces.find(|piece| piece.len != 0 && piece.name() == name);
    piece.unwrap_or_else(|| exit(Exit::NoBriefing))
}

fn do_job(regime: Regime, job: &Job) -> Answer {
    /// A value that a hash would not leave by chance.
    const PATTERN: u64 = 0x9d3c_55aa_0f71_e86b;
    const STEP: u64 = 0x0102_0408_1020_4081;

    let open = |regime| match regime {
        Regime::El1And0 | Regime::El2And0 => 3 << 20,
        Regime::El2 => 0x33ff,
    };
    machine::write(Register::Cpacr, regime, open(regime));
    // SAFETY: FP/SIMD is not trapped, and no compiled code of ours uses it.
    unsafe { vectors_fill(PATTERN, STEP) };
    machine::write(Register::Cpacr, regime, job.traps);

    let digest = if job.steps == 0 {
        hash(regime, job.path, &job.regions[..job.count as usize])
    } else {
        monte_carlo(regime, job)
    };

    let traps = machine::read(Register::Cpacr, regime).unwrap_or(!job.traps);
    machine::write(Register::Cpacr, regime, open(regime));
    let (first, step) = if job.path == INSTRUCTIONS {
        (0, 0)
    } else {
        (PATTERN, STEP)
    };
    // SAFETY: as above.
    let vectors = unsafe { vectors_differ(first, step) };
    Answer {
        digest,
        traps,
        vectors,
    }
}

/// As the image does it, from the loader's symbols and the ID registers of a CPU that has the
/// instructions or does not.
fn hash(regime: Regime, path: u64, regions: &[[u64; 2]]) -> [u8; 32] {
    let cpu = Cpu::new(&IdRegisters {
        current_el: machine::current_el() << 2,
        hcr_el2: machine::read(Register::Hcr, regime).unwrap_or(0),
        // The field SHA2.
        isar0: path << 12,
        ..IdRegisters::default()
    });
    let mut raw = RawSymbols::default();
    for (raw, &[start, len]) in raw.sha256_regions.iter_mut().zip(regions) {
        *raw = RawRegion { start, len };
    }
    // An image far from everything.
    let pa_range = PaRange::new(5);
    let image = Region::new(0x1000, 0x1000, pa_range);
    let image = image.unwrap_or_else(|_| exit(Exit::Broken));
    let check = Check::new(&raw, &image, pa_range);
    let check = check.unwrap_or_else(|_| exit(Exit::Failed));
    let (_, bytes) = check.count_and_bytes();
    let mut hash = Hash::new(&cpu, bytes);
    // In parts of a few pages. Nothing is a message as well, which the image refuses before.
    let room = &mut [None; MAX_REGIONS];
    let mut part = Part::whole(check.regions(), room);
    loop {
        part.follow(check.regions(), hash.hashed(), 4 * PIECE, false);
        hash.add(&check, &part, Memory::Uncached);
        if hash.hashed() == bytes {
            break;
        }
    }
    // The digest that is asked for is all zeros.
    let Err(digest) = hash.verdict() else {
        exit(Exit::Failed)
    };
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().zip(digest.bytes()) {
        *place = byte;
    }
    bytes
}

/// Returns a thousand and more digests, each of the three before it.
fn monte_carlo(regime: Regime, job: &Job) -> [u8; 32] {
    // SAFETY: the first region is a seed.
    let seed = unsafe { *(job.regions[0][0] as *const [u8; 32]) };
    let mut last = [seed; 3];
    for _ in 0..job.steps {
        let at = (&raw const last).expose_provenance();
        let message = [at as u64, size_of_val(&last) as u64];
        let next = hash(regime, job.path, &[message]);
        last = [last[1], last[2], next];
    }
    last[2]
}

unsafe extern "C" {
    /// Fills each half of vector register n with `first + n * step`.
    fn vectors_fill(first: u64, step: u64);
    /// Returns the bits in which any half differs from what [`vectors_fill`] would have left.
    fn vectors_differ(first: u64, step: u64) -> u64;
}

global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    ".pushsection .text.vectors, \"ax\"",
    "vectors_fill:",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "    dup     v\\n\\().2d, x0",
    "    add     x0, x0, x1",
    ".endr",
    "    ret",
    "vectors_differ:",
    "    mov     x2, #0",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "    umov    x3, v\\n\\().d[0]",
    "    umov    x4, v\\n\\().d[1]",
    "    eor     x3, x3, x0",
    "    eor     x4, x4, x0",
    "    orr     x2, x2, x3",
    "    orr     x2, x2, x4",
    "    add     x0, x0, x1",
    ".endr",
    "    mov     x0, x2",
    "    ret",
    ".popsection",
    ".arch_extension nosimd",
    ".arch_extension nofp",
);
