// SPDX-License-Identifier: MIT OR Apache-2.0

//! The memory that tables are built in, and its allocator.
//!
//! `linked_list_allocator` finds room for tables of every size, each aligned to it. A build that
//! does not fit gives all of its frames back at once: the next one begins with a new [`Pool`] on
//! the same memory. `Heap::deallocate` is not used: it would link three assertions.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use linked_list_allocator::Heap;

use crate::translation::{PAGE, first_table};

/// Bytes in the pool: 13 tables of 4 KiB. That is enough to map the image and any part of one
/// region (at most 1 GiB) at once, wherever they lie below 2^48: the first table, and for each of
/// the two a table at each of three levels, or two if it crosses a border. All regions of a usual
/// layout take four or five.
pub const BYTES: usize = 52 << 10;

/// The pool's memory. Aligned to 4 KiB, like the image itself.
#[repr(C, align(4096))]
pub struct PoolMemory([MaybeUninit<u8>; BYTES]);

impl PoolMemory {
    /// Returns uninitialised memory.
    #[must_use]
    pub const fn uninit() -> Self {
        Self([MaybeUninit::uninit(); BYTES])
    }
}

/// The size of a table, and its alignment (Arm ARM D8.2, "Translation table base address").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableSize {
    /// A first table of at most 64 entries.
    Bytes512,
    /// 512 entries.
    KiB4,
}

impl TableSize {
    /// Returns the size of the first table for addresses of `va_bits` bits. It has room for all of
    /// its entries; the rest is never used.
    #[must_use]
    pub const fn first(va_bits: u32) -> Self {
        if first_table(va_bits) <= Self::Bytes512.bytes() as u64 {
            Self::Bytes512
        } else {
            Self::KiB4
        }
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::KiB4 => PAGE as usize,
        }
    }
}

/// Hands out frames of the pool's memory.
pub struct Pool {
    heap: Heap,
}

impl Pool {
    /// Returns a pool with all of the memory free.
    #[must_use]
    pub fn new(memory: &'static mut PoolMemory) -> Self {
        Self {
            heap: Heap::from_slice(&mut memory.0),
        }
    }

    /// Takes an uninitialised frame of `size`, aligned to it; `None` if no more fits.
    pub fn allocate(&mut self, size: TableSize) -> Option<NonNull<u8>> {
        match size {
            TableSize::Bytes512 => self.aligned::<{ TableSize::Bytes512.bytes() }>(),
            TableSize::KiB4 => self.aligned::<{ TableSize::KiB4.bytes() }>(),
        }
    }

    // With a constant layout, and on its own, the allocator's checks of the layout fold away.
    #[inline(never)]
    fn aligned<const BYTES: usize>(&mut self) -> Option<NonNull<u8>> {
        let layout = const {
            match Layout::from_size_align(BYTES, BYTES) {
                Ok(layout) => layout,
                Err(_) => panic!("not a power of two"),
            }
        };
        self.heap.allocate_first_fit(layout).ok()
    }
}
