// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory for page tables: frames for our own, and the loader's.

use core::arch::{asm, global_asm};
use core::ptr::{self, NonNull};

use purgatory::cpu::Cpu;
use purgatory::paging::pool::{BYTES, Pool, PoolMemory, TableSize};
use purgatory::paging::table::{Frames, Run};
use purgatory::paging::walk::Tables;
use purgatory::region::Region;
use purgatory::request::Check;
use purgatory::translation::PAGE;

use super::cache;
use super::image::address_of;

// The pool's memory: the end of the image (link.ld).
global_asm!(
    ".pushsection .pool, \"aw\", %nobits",
    ".balign {align}",
    ".globl pool",
    ".type pool, %object",
    "pool: .zero {size}",
    ".size pool, . - pool",
    ".popsection",
    align = const align_of::<PoolMemory>(),
    size = const size_of::<PoolMemory>(),
);

/// Proof that the pool has no other user: the entry code makes one, and it cannot be copied.
#[repr(C)]
pub struct PoolToken(());

/// The pool. Only the frames that are used are touched.
pub struct TablePool {
    /// The smallest cache line, bytes.
    line: u64,
    /// A physical address. Below it the loader's dirty lines were written back, and we may have
    /// stored since. A multiple of the line.
    cleaned: u64,
    _token: PoolToken,
}

impl TablePool {
    /// Takes the pool, untouched.
    pub fn new(token: PoolToken, cpu: &Cpu) -> Self {
        Self {
            line: cpu.dcache_line,
            cleaned: pool_start(),
            _token: token,
        }
    }

    /// Hands out all of it again. Tables that were built in it are lost.
    pub fn frames(&mut self) -> PoolFrames<'_> {
        let start = pool_start();
        let memory = ptr::with_exposed_provenance_mut::<PoolMemory>(start as usize);
        self.clean_up_to(start + HOLE);
        // SAFETY: `pool` has this size and alignment (pool_start), any bytes are a valid
        // PoolMemory, and the pool is borrowed for as long as it is handed out, so nothing else
        // refers to it.
        let memory = unsafe { &mut *memory };
        PoolFrames {
            heap: Pool::new(memory),
            free: start,
            pool: self,
        }
    }

    /// Returns one past the last byte that was ever touched, rounded up to a cache line.
    pub const fn mark(&self) -> u64 {
        self.cleaned
    }

    /// Writes back the caches' lines of the next bytes, so that a line the loader left dirty cannot
    /// overwrite them later.
    fn clean_up_to(&mut self, end: u64) {
        if self.cleaned < end {
            cache::clean_and_invalidate(self.cleaned, end, self.line);
            cache::complete();
            self.cleaned = (end + self.line - 1) & !(self.line - 1);
        }
    }
}

/// Bytes that the allocator stores after the last frame, and at the start of the pool: the size of
/// the hole there, and a pointer to the next.
const HOLE: u64 = 2 * size_of::<usize>() as u64;

/// Returns the pool's address.
fn pool_start() -> u64 {
    // The compiler does not see that a constant address is aligned. It does for this one, and drops
    // the allocator's checks.
    address_of!("pool") & !(align_of::<PoolMemory>() as u64 - 1)
}

/// Frames of the pool.
pub struct PoolFrames<'a> {
    heap: Pool,
    /// The start of the hole from which no frame has been taken yet.
    free: u64,
    pool: &'a mut TablePool,
}

/// A table in the pool, which is written from its start to its end. It takes two registers.
pub struct Frame {
    table: NonNull<u64>,
    /// Entries that are written.
    written: u32,
    entries: u32,
}

impl Frame {
    /// Writes the next entries up to number `end`, or to the end of the table.
    fn fill_up_to(&mut self, end: u64, descriptor: u64, step: u64) {
        let end = end.min(self.entries.into()).max(self.written.into()) as u32;
        // SAFETY: entries of the table, to which nothing else refers.
        unsafe {
            let at = self.table.add(self.written as usize);
            fill(at, self.table.add(end as usize), descriptor, step);
        }
        self.written = end;
    }
}

impl Frames for PoolFrames<'_> {
    type Frame = Frame;

    fn allocate(&mut self, size: TableSize) -> Option<Frame> {
        let bytes = size.bytes() as u64;
        // The allocator takes the lowest place that fits: frames of one size follow one another.
        let end = ((self.free + bytes - 1) & !(bytes - 1)) + bytes;
        self.pool
            .clean_up_to((end + HOLE).min(pool_start() + BYTES as u64));
        self.free = end;
        Some(Frame {
            table: self.heap.allocate(size)?.cast(),
            written: 0,
            entries: (size.bytes() / size_of::<u64>()) as u32,
        })
    }

    fn address(&self, frame: &Frame) -> u64 {
        frame.table.as_ptr().expose_provenance() as u64
    }

    // One caller: on its own it is larger with some compilers.
    #[inline(always)]
    fn write(&mut self, table: &mut Frame, run: Run) {
        table.fill_up_to(run.index, 0, 0);
        table.fill_up_to(run.index + run.count, run.descriptor, run.step);
    }

    fn finish(&mut self, mut table: Frame) {
        table.fill_up_to(u64::MAX, 0, 0);
    }
}

/// Stores `value`, `value + step` and so on from `at` up to `end`, 16 bytes at a time where they
/// are aligned: each store goes to memory.
///
/// # Safety
///
/// From `at` up to `end`, multiples of 8, is the caller's memory; it may be empty.
// Several callers: one copy saves space.
#[inline(never)]
unsafe fn fill(at: NonNull<u64>, end: NonNull<u64>, value: u64, step: u64) {
    // SAFETY: by the contract above.
    unsafe {
        asm!(
            "cmp {at}, {end}",
            "b.hs 4f",
            "tbnz {at}, #3, 3f",
            "2: add {next}, {at}, #16",
            "cmp {next}, {end}",
            "b.hi 3f",
            "add {next}, {value}, {step}",
            "stp {value}, {next}, [{at}], #16",
            "add {value}, {next}, {step}",
            "cmp {at}, {end}",
            "b.lo 2b",
            "b 4f",
            "3: str {value}, [{at}], #8",
            "add {value}, {value}, {step}",
            "cmp {at}, {end}",
            "b.lo 2b",
            "4:",
            at = inout(reg) at.as_ptr() => _,
            end = in(reg) end.as_ptr(),
            value = inout(reg) value => _,
            step = in(reg) step,
            next = out(reg) _,
            options(nostack),
        );
    }
}

/// The loader's tables: memory in one of the regions that are verified, which can be read.
pub struct LoaderMemory {
    region: Option<Region>,
    /// The smallest cache line, bytes.
    line: u64,
}

impl LoaderMemory {
    /// Lets tables be read in the region of `check` that the one at `root` lies in.
    pub fn new(cpu: &Cpu, check: &Check<'_>, root: u64) -> Self {
        Self {
            region: check.find(root, PAGE),
            line: cpu.dcache_line,
        }
    }
}

/// Writes back the entries from `entry` up to `end`: the MMU will read them through the caches,
/// where the loader's copy may be newer. It has a name so that tools can patch it.
#[inline(never)]
#[unsafe(export_name = "clean_entries")]
extern "C" fn clean(entry: u64, end: u64, line: u64) {
    cache::clean_and_invalidate(entry, end, line);
    cache::complete();
}

impl Tables for LoaderMemory {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let page = self.region?.between(table, table.checked_add(PAGE)?)?;
        if page.len() != PAGE || table % PAGE != 0 {
            return None;
        }
        let entry = table + index * 8;
        clean(entry, entry + 8, self.line);
        // SAFETY: aligned, and inside a region, which is memory; nothing writes there.
        Some(unsafe { ptr::with_exposed_provenance::<u64>(entry as usize).read_volatile() })
    }

    fn alike(&self, table: u64, index: u64, step: u64) -> u64 {
        clean(table + index * 8, table + PAGE, self.line);
        let start = table + index * 8;
        // SAFETY: entries of a table that `read` has found in a region.
        let end = unsafe { alike_entries(start, table + PAGE, step) };
        (end - start) / 8
    }
}

unsafe extern "C" {
    /// Returns the end of the entries from `start` on that are alike, at most `end`: all invalid,
    /// or each `step` more than the one before it.
    ///
    /// # Safety
    ///
    /// `start`, a multiple of 8, and `end`, of 16, are the borders of memory that is not empty.
    fn alike_entries(start: u64, end: u64, step: u64) -> u64;
}

// x0 at, x1 end, x2 step; x3 what the next entry should be, x4 the bits that count. x5, x6 the entry
// and the one after it: two by one access.
global_asm!(
    ".pushsection .text.alike_entries, \"ax\", %progbits",
    ".globl alike_entries",
    ".type alike_entries, %function",
    "alike_entries:",
    "    and     x3, x0, #~15",
    "    ldp     x3, x6, [x3]",
    "    tbz     x0, #3, 1f",
    "    mov     x3, x6",
    "1:  mov     x4, #-1",
    "    tbnz    x3, #0, 2f",
    // For an invalid entry only that bit counts.
    "    mov     x2, xzr",
    "    mov     x3, xzr",
    "    mov     x4, #1",
    "2:  add     x0, x0, #8",
    "    cmp     x0, x1",
    "    b.hs    4f",
    "    mov     x5, x6",
    "    tbnz    x0, #3, 3f",
    "    ldp     x5, x6, [x0]",
    "3:  add     x3, x3, x2",
    "    eor     x5, x5, x3",
    "    tst     x5, x4",
    "    b.eq    2b",
    "4:  ret",
    ".size alike_entries, . - alike_entries",
    ".popsection",
);
