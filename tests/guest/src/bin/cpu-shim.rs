// SPDX-License-Identifier: MIT OR Apache-2.0

//! A shim at EL2 below the two kernels and the purgatory, which run at EL1: it lies to the
//! purgatory about the CPU, and says what it has seen of it when its MMU goes on, and when the
//! kernel runs.
//!
//! Registers and instructions that it traps: reads of ID registers (`HCR_EL2.TID2`, `TID3`), writes
//! to registers that control translation (`TVM`), TLB and I-cache maintenance (`TTLB`, `TPU`).
//! `TCR2_EL1` may not exist: then it is undefined at EL1, and a breakpoint at the purgatory's
//! vector for that brings it here.

#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::fmt::Write;

use purgatory_test_guest::briefing::{HASH_RAISES_SERROR, SINK_ABORTS, SINK_WORKS};
use purgatory_test_guest::id_register::{IdRegister, trap};
use purgatory_test_guest::machine::{self, Exit, Uart, exit, stage2};
use purgatory_test_guest::sctlr::M;
use purgatory_test_guest::{Briefing, guest_entry};

guest_entry!(main);

/// `HCR_EL2`: a stage 2 is there, virtual SErrors may be taken, one is pending.
const VM: u64 = 1 << 0;
const AMO: u64 = 1 << 5;
const VSE: u64 = 1 << 8;
/// `RW`, `TVM`, `TTLB`, `TPU`, `TID3`, `TID2`.
const HCR: u64 = 1 << 31 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 18 | 1 << 17;
/// MMU and caches off, and what is RES1.
const SCTLR: u64 = 0x30d0_0800;
/// EL1 with its own stack, all exceptions masked.
const SPSR: u64 = 0x3c5;
/// Enabled, at EL1 only, all four bytes.
const BREAKPOINT: u64 = 1 | 1 << 1 | 0xf << 5;
/// Where an exception at EL1 goes that is taken from there.
const SYNCHRONOUS: u64 = 0x200;
/// `TCR2_EL1.PIE`: what Linux leaves on a machine that has it.
const PIE: u64 = 1 << 1;

/// What has been seen so far.
struct Seen {
    tcr2: u64,
    /// Since the MMU was on, or the old kernel ran.
    tlb_empty: bool,
    icache_empty: bool,
    purgatory_ran: bool,
}

static mut SEEN: Seen = Seen {
    tcr2: PIE,
    tlb_empty: false,
    icache_empty: false,
    purgatory_ran: false,
};

extern "C" fn main() -> ! {
    let briefing = machine::briefing();
    if machine::current_el() != 2 {
        exit(Exit::WrongMachine);
    }
    let (mut hcr, mut breakpoint) = (HCR, BREAKPOINT);
    if briefing.sink == HASH_RAISES_SERROR {
        hcr |= AMO;
    } else if briefing.sink != SINK_WORKS {
        // SAFETY: at EL2, and once.
        unsafe { stage2::set_up(briefing.uart) };
        hcr |= VM | AMO;
        // The abort goes to that vector, and no further.
        breakpoint = 0;
    }
    // SAFETY: all of this is about EL1, or about what is trapped from there. Names that not every
    // assembler knows are not used.
    unsafe {
        asm!(
            "msr hcr_el2, {hcr}",
            "msr cptr_el2, {cptr}",
            "msr cntvoff_el2, xzr",
            "msr cnthctl_el2, {timer}",
            "msr sctlr_el1, {sctlr}",
            "msr vbar_el2, {vectors}",
            // Breakpoints of EL1 come here: MDCR_EL2.TDE, MDSCR_EL1.MDE.
            "msr oslar_el1, xzr",
            "mrs {scratch}, mdcr_el2",
            "orr {scratch}, {scratch}, #(1 << 8)",
            "msr mdcr_el2, {scratch}",
            "mrs {scratch}, mdscr_el1",
            "orr {scratch}, {scratch}, #(1 << 15)",
            "msr mdscr_el1, {scratch}",
            "msr dbgbvr0_el1, {undefined}",
            "msr dbgbcr0_el1, {breakpoint}",
            "msr spsr_el2, {spsr}",
            "msr elr_el2, {old_kernel}",
            "mov sp, {stack}",
            "isb",
            "eret",
            hcr = in(reg) hcr,
            cptr = in(reg) 0x33ff_u64,
            timer = in(reg) 3_u64,
            sctlr = in(reg) SCTLR,
            vectors = in(reg) &raw const shim_vectors,
            scratch = in(reg) 0_u64,
            undefined = in(reg) briefing.purgatory[0] + SYNCHRONOUS,
            breakpoint = in(reg) breakpoint,
            spsr = in(reg) SPSR,
            old_kernel = in(reg) briefing.old_kernel,
            stack = in(reg) (&raw mut STACK).add(1),
            options(noreturn)
        );
    }
}

#[repr(align(16))]
struct Stack {
    _bytes: [u8; 0x4000],
}
static mut STACK: Stack = Stack {
    _bytes: [0; 0x4000],
};

unsafe extern "C" {
    static shim_vectors: u8;
}

// What comes from EL1 is handled; all else is the shim's own fault. Registers are saved as x0 to
// x30.
global_asm!(
    ".pushsection .text.shim_vectors, \"ax\"",
    ".balign 2048",
    "shim_vectors:",
    ".rept 8",
    ".balign 128",
    "b {broken}",
    ".endr",
    ".balign 128",
    "sub sp, sp, #256",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29",
    "str x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "b 1f",
    ".rept 7",
    ".balign 128",
    "b {broken}",
    ".endr",
    "1:",
    "str x30, [sp, #240]",
    "mov x0, sp",
    "bl {trapped}",
    "ldr x30, [sp, #240]",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29",
    "ldr x\\n, [sp, #(\\n * 8)]",
    ".endr",
    "add sp, sp, #256",
    "eret",
    ".popsection",
    broken = sym broken,
    trapped = sym trapped,
);

/// Reads a system register.
macro_rules! get {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading has no effect.
        unsafe { asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register.
macro_rules! set {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: what EL1 wanted to write, or where it goes on: nothing of ours depends on it.
        unsafe { asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack)) }
    }};
}

/// Something at EL1 has come here.
extern "C" fn trapped(x: &mut [u64; 32]) {
    const SYSTEM: u64 = 0x18;
    const DATA_ABORT: u64 = 0x24;
    const BREAKPOINT: u64 = 0x30;
    let esr = get!("esr_el2");
    match esr >> 26 {
        SYSTEM => {
            let rt = (esr >> 5 & 0x1f) as usize;
            let register = esr & 0x003f_fc1e;
            x[31] = 0;
            if esr & 1 != 0 {
                x[rt] = read(register);
            } else {
                write(register, x[rt]);
            }
            set!("elr_el2", get!("elr_el2") + 4);
        }
        DATA_ABORT => sink(x, esr),
        BREAKPOINT => undefined(x),
        _ => broken(),
    }
}

/// An access to the UART. For who is not the purgatory it is done.
fn sink(x: &mut [u64; 32], esr: u64) {
    // `ISS.WnR`, `ISS.SRT`.
    const WRITE: u64 = 1 << 6;
    // Data abort from the same level, synchronous external abort.
    const EXTERNAL_ABORT: u64 = 0x25 << 26 | 1 << 25 | 0x10;
    let briefing = machine::briefing();
    if !by_the_purgatory(briefing) {
        let rt = (esr >> 16 & 0x1f) as usize;
        let register = get!("far_el2") as *mut u32;
        x[31] = 0;
        // SAFETY: a register of the UART, which EL1 wanted to access. What it is told to be is 32
        // bits wide.
        unsafe {
            if esr & WRITE == 0 {
                x[rt] = register.read_volatile().into();
            } else {
                register.write_volatile(x[rt] as u32);
            }
        }
        set!("elr_el2", get!("elr_el2") + 4);
    } else if briefing.sink == SINK_ABORTS {
        set!("esr_el1", EXTERNAL_ABORT);
        set!("far_el1", get!("far_el2"));
        set!("elr_el1", get!("elr_el2"));
        set!("spsr_el1", get!("spsr_el2"));
        set!("elr_el2", get!("vbar_el1") + SYNCHRONOUS);
        set!("spsr_el2", SPSR);
    } else {
        set!("hcr_el2", get!("hcr_el2") | VSE);
        set!("elr_el2", get!("elr_el2") + 4);
    }
}

/// The purgatory's instruction is undefined: TCR2_EL1 on a CPU that has none?
fn undefined(x: &mut [u64; 32]) {
    const MSR_TCR2: u32 = 0xd518_2060;
    let at = get!("elr_el1");
    // SAFETY: it has just been fetched from there, and everything is mapped to itself.
    let instruction = unsafe { (at as *const u32).read() };
    if get!("esr_el1") >> 26 != 0 || instruction & !0x1f != MSR_TCR2 {
        broken();
    }
    x[31] = 0;
    write(TCR2, x[instruction as usize & 0x1f]);
    set!("elr_el2", at + 4);
    set!("spsr_el2", get!("spsr_el1"));
}

const SCTLR_EL1: u64 = trap(3, 0, 1, 0, 0);
const TTBR0: u64 = trap(3, 0, 2, 0, 0);
const TTBR1: u64 = trap(3, 0, 2, 0, 1);
const TCR: u64 = trap(3, 0, 2, 0, 2);
const TCR2: u64 = trap(3, 0, 2, 0, 3);
const MAIR: u64 = trap(3, 0, 10, 2, 0);
const IC_IALLU: u64 = trap(1, 0, 7, 5, 0);
const TLBI_VMALLE1: u64 = trap(1, 0, 8, 7, 0);

/// Whether it is the purgatory that has come here.
fn by_the_purgatory(briefing: &Briefing) -> bool {
    (briefing.purgatory[0]..briefing.purgatory[1]).contains(&get!("elr_el2"))
}

/// What an ID register holds, or is said to hold.
fn read(register: u64) -> u64 {
    let known = IdRegister::ALL
        .into_iter()
        .find(|known| known.trap() == register);
    let real = match known {
        Some(IdRegister::Pfr0) => get!("id_aa64pfr0_el1"),
        Some(IdRegister::Pfr1) => get!("id_aa64pfr1_el1"),
        Some(IdRegister::Isar0) => get!("id_aa64isar0_el1"),
        Some(IdRegister::Mmfr0) => get!("id_aa64mmfr0_el1"),
        Some(IdRegister::Mmfr1) => get!("id_aa64mmfr1_el1"),
        Some(IdRegister::Mmfr3) => get!("s3_0_c0_c7_3"),
        Some(IdRegister::Ctr) => get!("ctr_el0"),
        None => broken(),
    };
    let briefing = machine::briefing();
    let overrides = briefing
        .overrides
        .iter()
        .filter(|one| one.register == register);
    if !by_the_purgatory(briefing) {
        return real;
    }
    overrides.fold(real, |said, one| said & !one.mask | one.value & one.mask)
}

/// Does what EL1 wanted to do, and looks at it.
fn write(register: u64, value: u64) {
    let seen = &raw mut SEEN;
    // SAFETY: there is one CPU, and no exception while one is handled.
    let seen = unsafe { &mut *seen };
    let purgatory = by_the_purgatory(machine::briefing()) || register == TCR2;
    match register {
        SCTLR_EL1 => {
            if purgatory && value & !get!("sctlr_el1") & M != 0 {
                seen.report("MMU on");
                (seen.tlb_empty, seen.icache_empty) = (false, false);
            } else if !purgatory && seen.purgatory_ran {
                seen.report("kernel");
                seen.purgatory_ran = false;
            }
            let late = machine::briefing().sink == HASH_RAISES_SERROR;
            if late && purgatory && get!("sctlr_el1") & !value & M != 0 {
                set!("hcr_el2", get!("hcr_el2") | VSE);
            }
            seen.purgatory_ran |= purgatory;
            set!("sctlr_el1", value);
        }
        TTBR0 => set!("ttbr0_el1", value),
        TTBR1 => set!("ttbr1_el1", value),
        TCR => set!("tcr_el1", value),
        MAIR => set!("mair_el1", value),
        TCR2 if get!("sctlr_el1") & M == 0 => seen.tcr2 = value,
        IC_IALLU => {
            seen.icache_empty = purgatory;
            // SAFETY: costs nothing but time.
            unsafe { asm!("ic iallu", options(nostack)) };
        }
        TLBI_VMALLE1 => {
            seen.tlb_empty = purgatory;
            // SAFETY: as above.
            unsafe { asm!("tlbi vmalle1", options(nostack)) };
        }
        _ => broken(),
    }
}

impl Seen {
    fn report(&self, when: &str) {
        let tcr = get!("tcr_el1");
        let granule = ["4 KiB", "64 KiB", "16 KiB", "reserved"][(tcr >> 14 & 3) as usize];
        let word = |empty| if empty { "empty" } else { "stale" };
        let mut uart = Uart::new(machine::briefing().uart);
        let _ = writeln!(
            uart,
            "shim: {when}: {granule} granule, IPS={}, TCR2={:#x}, TLB {}, I-cache {}",
            tcr >> 32 & 7,
            self.tcr2,
            word(self.tlb_empty),
            word(self.icache_empty),
        );
    }
}

/// What nobody expected.
extern "C" fn broken() -> ! {
    let mut uart = Uart::new(machine::briefing().uart);
    let _ = writeln!(
        uart,
        "shim: exception: ESR_EL2={:#x} ELR_EL2={:#x} ESR_EL1={:#x} ELR_EL1={:#x}",
        get!("esr_el2"),
        get!("elr_el2"),
        get!("esr_el1"),
        get!("elr_el1"),
    );
    exit(Exit::Broken)
}
