//! Memory by physical address: what is hashed, and frames for tables.

use core::{alloc::Layout, arch::asm, cell::UnsafeCell, ptr, slice};

use linked_list_allocator::Heap;
use purgatory::{
    digest::{BLOCK, Engine, software},
    paging::{Granule, table::Frames},
};

/// The hash engine: reads memory where it lies, with the MMU off or mapped to itself.
pub struct Memory(());

impl Memory {
    /// # Safety
    ///
    /// Only addresses inside checked regions may be given to the engine, and in the window these
    /// have to be mapped.
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

impl Engine for Memory {
    fn compress(&mut self, state: &mut [u32; 8], at: u64, count: u64) {
        let mut at = at;
        for _ in 0..count {
            if at == 0 {
                // Memory may start at 0, a Rust slice may not.
                let mut block = [0; BLOCK];
                for (byte, at) in block.iter_mut().zip(at..) {
                    *byte = self.byte(at);
                }
                self.compress_block(state, &block);
            } else {
                let block = ptr::with_exposed_provenance::<u8>(at as usize);
                // SAFETY: by Memory::new, readable memory; nobody writes to it while we are here.
                let block = unsafe { slice::from_raw_parts(block, BLOCK) };
                if let Ok(block) = block.try_into() {
                    software::compress(state, block);
                }
            }
            at += BLOCK as u64;
        }
    }

    fn compress_block(&mut self, state: &mut [u32; 8], block: &[u8; BLOCK]) {
        software::compress(state, block);
    }

    fn byte(&mut self, at: u64) -> u8 {
        // SAFETY: by Memory::new, readable memory. Volatile, since it may lie at address 0.
        unsafe { ptr::with_exposed_provenance::<u8>(at as usize).read_volatile() }
    }
}

/// Bytes in the pool: enough for 126 tables of 4 KiB.
const POOL: usize = 512 << 10;

/// The memory of the pool; aligned, so that the first frame is as well.
#[repr(C, align(4096))]
struct PoolMemory(UnsafeCell<[u8; POOL]>);

// SAFETY: only the one `Pool` touches it, and there is one CPU.
unsafe impl Sync for PoolMemory {}

#[unsafe(link_section = ".bss.pool")]
static POOL_MEMORY: PoolMemory = PoolMemory(UnsafeCell::new([0; POOL]));

/// Frames for page tables.
pub struct Pool(Heap);

impl Pool {
    /// # Safety
    ///
    /// To be called once: the frames of two pools would be the same.
    pub unsafe fn new() -> Self {
        // SAFETY: this memory serves the pool and nothing else.
        Self(unsafe { Heap::new(POOL_MEMORY.0.get().cast(), POOL) })
    }
}

impl Frames for Pool {
    fn allocate(&mut self, granule: Granule) -> Option<u64> {
        let page = granule.page() as usize;
        let layout = Layout::from_size_align(page, page).ok()?;
        let frame = self.0.allocate_first_fit(layout).ok()?;
        let address = frame.as_ptr().expose_provenance();
        // SAFETY: the frame is ours, aligned to its size, which is a multiple of 16.
        unsafe {
            asm!(
                "2: stp xzr, xzr, [{at}], #16",
                "cmp {at}, {end}",
                "b.lo 2b",
                at = inout(reg) address => _,
                end = in(reg) address + page,
                options(nostack),
            );
        }
        Some(address as u64)
    }

    fn write(&mut self, table: u64, index: u64, descriptor: u64) {
        let entry = ptr::with_exposed_provenance_mut::<u64>((table + index * 8) as usize);
        // SAFETY: the builder writes to frames of this pool, at indices inside a table.
        unsafe { entry.write_volatile(descriptor) };
    }
}
