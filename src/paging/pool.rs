// SPDX-License-Identifier: MIT OR Apache-2.0

//! The memory that tables are built in, and its allocator.
//!
//! `linked_list_allocator` finds room for tables of every size, each aligned to it. A build that
//! does not fit gives all of its frames back at once: the next one begins with a new [`Pool`] on
//! the same memory. (`Heap::deallocate` would link three assertions on the way.)

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use linked_list_allocator::Heap;

use crate::translation::Granule;

/// Bytes in the pool: 128 tables of 4 KiB, 31 of 16 KiB or 7 of 64 KiB beside the small first one.
pub const BYTES: usize = 512 << 10;

/// The pool's memory. Aligned to 4 KiB, the boundary that the image itself lies at.
#[repr(C, align(4096))]
pub struct PoolMemory([MaybeUninit<u8>; BYTES]);

impl PoolMemory {
    /// Memory that holds nothing yet.
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
    /// 2048 entries.
    KiB16,
    /// 8192 entries.
    KiB64,
}

impl TableSize {
    /// Returns the size of the first table for addresses of so many bits: room for its entries,
    /// and the rest of them never used.
    #[must_use]
    pub const fn first(granule: Granule, va_bits: u32) -> Self {
        if granule.first_table(va_bits) <= Self::Bytes512.bytes() as u64 {
            Self::Bytes512
        } else {
            Self::page(granule)
        }
    }

    /// Returns the size of all other tables: that of a page.
    #[must_use]
    pub const fn page(granule: Granule) -> Self {
        match granule {
            Granule::Size4K => Self::KiB4,
            Granule::Size16K => Self::KiB16,
            Granule::Size64K => Self::KiB64,
        }
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::KiB4 => 4 << 10,
            Self::KiB16 => 16 << 10,
            Self::KiB64 => 64 << 10,
        }
    }
}

/// Hands out frames of the pool's memory.
pub struct Pool {
    heap: Heap,
}

impl Pool {
    /// Begins with all of the memory.
    #[must_use]
    pub fn new(memory: &'static mut PoolMemory) -> Self {
        Self {
            heap: Heap::from_slice(&mut memory.0),
        }
    }

    /// Takes a frame of `size`, aligned to it, which holds anything; `None` when no more fits.
    pub fn allocate(&mut self, size: TableSize) -> Option<NonNull<u8>> {
        match size {
            TableSize::Bytes512 => self.aligned::<{ TableSize::Bytes512.bytes() }>(),
            TableSize::KiB4 => self.aligned::<{ TableSize::KiB4.bytes() }>(),
            TableSize::KiB16 => self.aligned::<{ TableSize::KiB16.bytes() }>(),
            TableSize::KiB64 => self.aligned::<{ TableSize::KiB64.bytes() }>(),
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
