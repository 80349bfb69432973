// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory for page tables: frames for our own, and the loader's.

use core::arch::{asm, global_asm};
use core::ptr::{self, NonNull};

use purgatory::paging::pool::{Pool, PoolMemory, TableSize};
use purgatory::paging::table::Frames;
use purgatory::paging::walk::Tables;
use purgatory::request::Check;
use purgatory::translation::Granule;

use super::image::address_of;

// The pool's memory.
global_asm!(
    ".pushsection .bss.pool, \"aw\", %nobits",
    ".balign {align}",
    "pool: .zero {size}",
    ".size pool, . - pool",
    ".type pool, %object",
    ".popsection",
    align = const align_of::<PoolMemory>(),
    size = const size_of::<PoolMemory>(),
);

/// Proof that the pool has no other user: the entry code makes one, and it cannot be copied.
#[repr(C)]
pub struct PoolToken(());

/// Frames of the pool, all of it anew. What was built in it before is lost.
pub struct PoolFrames<'a> {
    pool: Pool,
    _token: &'a mut PoolToken,
}

/// A table in the pool.
pub struct Frame {
    table: NonNull<u64>,
    entries: u64,
}

impl<'a> PoolFrames<'a> {
    /// Takes all of the pool.
    pub fn new(token: &'a mut PoolToken) -> Self {
        // The compiler does not see that a constant address is aligned; of this one it does, and
        // drops the allocator's checks.
        let address = address_of!("pool") & !(align_of::<PoolMemory>() as u64 - 1);
        let memory = ptr::with_exposed_provenance_mut::<PoolMemory>(address as usize);
        // SAFETY: `pool` is so large and aligned (above), any bytes are a valid PoolMemory, and the
        // token is borrowed for as long as the pool is handed out, so nothing else refers to it.
        let memory = unsafe { &mut *memory };
        Self {
            pool: Pool::new(memory),
            _token: token,
        }
    }
}

impl Frames for PoolFrames<'_> {
    type Frame = Frame;

    fn allocate(&mut self, size: TableSize) -> Option<Frame> {
        let frame = self.pool.allocate(size)?.cast::<u64>();
        // SAFETY: the allocator gave us so many bytes, aligned to their number.
        unsafe { zero(frame.as_ptr(), frame.as_ptr().byte_add(size.bytes())) };
        Some(Frame {
            table: frame,
            entries: (size.bytes() / size_of::<u64>()) as u64,
        })
    }

    fn address(&self, frame: &Frame) -> u64 {
        frame.table.as_ptr().expose_provenance() as u64
    }

    fn write(&mut self, table: &mut Frame, index: u64, descriptor: u64) {
        if index < table.entries {
            // SAFETY: inside the table, which nobody else refers to.
            unsafe { table.table.add(index as usize).write_volatile(descriptor) };
        }
    }
}

/// Clears memory, 16 bytes at a time.
///
/// # Safety
///
/// From `at` up to `end`, multiples of 16 that differ, is memory of the caller's.
unsafe fn zero(at: *mut u64, end: *mut u64) {
    // SAFETY: by the contract above.
    unsafe {
        asm!(
            "2: stp xzr, xzr, [{at}], #16",
            "cmp {at}, {end}",
            "b.lo 2b",
            at = inout(reg) at => _,
            end = in(reg) end,
            options(nostack),
        );
    }
}

/// The loader's tables, as far as they lie in what is verified: memory that can be read.
pub struct LoaderMemory<'a>(pub Check<'a>);

impl Tables for LoaderMemory<'_> {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let table = self.0.find(table, Granule::Size4K.page())?;
        if table.start() % table.len() != 0 {
            return None;
        }
        let entry = ptr::with_exposed_provenance::<u64>((table.start() + index * 8) as usize);
        // The MMU will read it through the cache, where the loader's copy may be the newer one.
        // SAFETY: aligned, and inside a region, which is memory; nobody writes there, and cleaning
        // loses no data.
        Some(unsafe {
            asm!("dc civac, {}", "dsb sy", in(reg) entry, options(nostack, preserves_flags));
            entry.read_volatile()
        })
    }
}
