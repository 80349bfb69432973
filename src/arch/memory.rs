//! Memory for page tables: frames for our own, and the loader's.

use core::{arch::asm, cell::UnsafeCell, ptr};

use purgatory::{
    cpu::TABLE_PA_BITS,
    paging::{Granule, table::Frames, walk::Tables},
    region::Region,
    request::Check,
};

/// Bytes in the pool: 128 tables of 4 KiB, or the small first one and seven of 64 KiB.
const POOL: usize = 512 << 10;

/// The memory of the pool; aligned, so that the first frame is as well.
#[repr(C, align(4096))]
struct PoolMemory(UnsafeCell<[u8; POOL]>);

// SAFETY: only the one `Pool` that its `Once` allows touches it, and there is one CPU.
unsafe impl Sync for PoolMemory {}

#[unsafe(link_section = ".bss.pool")]
static POOL_MEMORY: PoolMemory = PoolMemory(UnsafeCell::new([0; POOL]));

/// Proof that the pool has no other user: the entry code makes one, and it cannot be copied.
#[repr(C)]
pub struct Once(());

/// Frames for page tables: those of the pool, one behind the other.
pub struct Pool {
    next: u64,
    end: u64,
}

impl Pool {
    /// The whole pool.
    pub fn new(_: Once) -> Self {
        let start = POOL_MEMORY.0.get().expose_provenance() as u64;
        Self {
            next: start,
            end: start + POOL as u64,
        }
    }
}

impl Frames for Pool {
    fn allocate(&mut self, size: u64) -> Option<u64> {
        let frame = (self.next + (size - 1)) & !(size - 1);
        let end = frame + size;
        if end > self.end {
            return None;
        }
        self.next = end;
        // SAFETY: the frame lies in the pool, which nobody else uses, and its size is a multiple of 16.
        unsafe {
            asm!(
                "2: stp xzr, xzr, [{at}], #16",
                "cmp {at}, {end}",
                "b.lo 2b",
                at = inout(reg) frame => _,
                end = in(reg) end,
                options(nostack),
            );
        }
        Some(frame)
    }

    fn write(&mut self, table: u64, index: u64, descriptor: u64) {
        let entry = ptr::with_exposed_provenance_mut::<u64>((table + index * 8) as usize);
        // SAFETY: the builder writes to frames of this pool, at indices inside a table.
        unsafe { entry.write_volatile(descriptor) };
    }
}

/// The loader's tables, as far as they lie in what is verified: memory that can be read.
pub struct LoaderTables<'a>(pub Check<'a>);

impl Tables for LoaderTables<'_> {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let table = Region::new(table, Granule::Size4K.page(), TABLE_PA_BITS).ok()?;
        let aligned = table.start() % table.len() == 0;
        let known = self.0.regions().any(|region| region.encloses(&table));
        if !(aligned && known) {
            return None;
        }
        let entry = ptr::with_exposed_provenance::<u64>((table.start() + index * 8) as usize);
        // SAFETY: aligned, and inside a region, which is memory; nobody writes there.
        Some(unsafe { entry.read_volatile() })
    }
}
