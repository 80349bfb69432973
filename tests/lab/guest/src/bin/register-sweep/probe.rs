// SPDX-License-Identifier: MIT OR Apache-2.0

//! Access to any system register by its encoding. What the CPU does not allow is seen, not fatal.
//!
//! Each register has two instructions of its own in memory, made at run time; an exception that
//! comes from there is answered by going on after it.

use core::arch::{asm, global_asm};

use purgatory_test_guest::sweep::Encoding;

/// The number of registers that there is room for.
pub const MOST: usize = 2048;

/// `RET`.
const RET: u32 = 0xd65f_03c0;

// A stub: MRS, RET, MSR, RET. x0 is the value; x1 becomes 1 if the access is not allowed.
// The handler: x1 to x3 are scratch.
global_asm!(
    ".pushsection .bss.stubs, \"aw\", %nobits",
    // Pages of their own: QEMU takes its time for a store to a page with instructions.
    ".balign 4096",
    ".globl stubs",
    "stubs: .zero {size}",
    "stubs_end:",
    ".popsection",
    ".pushsection .text.probe, \"ax\"",
    ".balign 2048",
    ".globl probe_vectors",
    "probe_vectors:",
    ".rept 4",
    ".balign 128",
    "b guest_vectors",
    ".endr",
    // Synchronous, from our own level with SP_ELx.
    ".balign 128",
    "b 1f",
    ".rept 11",
    ".balign 128",
    "b guest_vectors",
    ".endr",
    "1:",
    "mrs x3, CurrentEL",
    "mrs x2, elr_el1", // ELR_EL2 has another name only with E2H = 0.
    "cmp x3, #8",
    "b.ne 2f",
    "mrs x2, elr_el2",
    "2:",
    "adrp x1, stubs",
    "add x1, x1, :lo12:stubs",
    "cmp x2, x1",
    "b.lo guest_vectors",
    "adrp x1, stubs_end",
    "add x1, x1, :lo12:stubs_end",
    "cmp x2, x1",
    "b.hs guest_vectors",
    "mov x1, #1",
    "add x2, x2, #4",
    "cmp x3, #8",
    "b.eq 3f",
    "msr elr_el1, x2",
    "eret",
    "3:",
    "msr elr_el2, x2",
    "eret",
    ".popsection",
    size = const MOST * size_of::<Stub>(),
);

/// The instructions for one register.
#[repr(C)]
struct Stub([u32; 4]);

const _: () = assert!(MOST * size_of::<Stub>() % 4096 == 0);

unsafe extern "C" {
    static mut stubs: [Stub; MOST];
}

fn stub(index: usize) -> *mut Stub {
    assert!(index < MOST, "more registers than there is room for");
    // SAFETY: inside the array, which is so long.
    unsafe { (&raw mut stubs).cast::<Stub>().add(index) }
}

/// Makes the instructions with this number access this register.
pub fn prepare(index: usize, register: Encoding) {
    let stub = stub(index);
    // SAFETY: they are not being executed now, and fetches after the barriers see the new ones.
    unsafe {
        stub.write_volatile(Stub([register.mrs(), RET, register.msr(), RET]));
        asm!(
            "dc cvau, {0}",
            "dsb ish",
            "ic ivau, {0}",
            "dsb ish",
            "isb",
            in(reg) stub,
            options(nostack)
        );
    }
}

/// Returns what the register with this number holds; `None` where it cannot be read.
pub fn read(index: usize) -> Option<u64> {
    call(stub(index) as u64, 0)
}

/// Writes it; `false` where that is not allowed.
pub fn write(index: usize, value: u64) -> bool {
    call(stub(index) as u64 + 8, value).is_some()
}

fn call(at: u64, value: u64) -> Option<u64> {
    let (result, refused): (u64, u64);
    // SAFETY: the stub uses x0 alone, an exception x1 to x3 as well. What is written was chosen
    // such that this program survives it: `left_out`, and what `call` writes last.
    unsafe {
        asm!(
            "blr {at}",
            "isb",
            at = in(reg) at,
            inlateout("x0") value => result,
            inlateout("x1") 0_u64 => refused,
            out("x2") _,
            out("x3") _,
            out("x30") _,
        );
    }
    (refused == 0).then_some(result)
}
