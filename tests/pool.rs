// SPDX-License-Identifier: MIT OR Apache-2.0

//! The memory that tables are built in, on the host: the image's allocator and its builder, with
//! frames of every granule, until nothing fits, and again from the start.

use purgatory::paging::AddressMap;
use purgatory::paging::layout::{ImageParts, Layout};
use purgatory::paging::pool::{BYTES, Pool, PoolMemory, TableSize};
use purgatory::paging::table::{Frames, NoTables, Run, build};
use purgatory::paging::walk::{Tables, translate};
use purgatory::region::{PaRange, Region};
use purgatory::translation::{Granule, Regime};
use std::collections::BTreeMap;
use std::ptr::NonNull;

const SIZES: [TableSize; 4] = [
    TableSize::Bytes512,
    TableSize::KiB4,
    TableSize::KiB16,
    TableSize::KiB64,
];

const GRANULES: [Granule; 3] = [Granule::Size4K, Granule::Size16K, Granule::Size64K];

/// The pool's memory, as the image has it: handed out again when nobody uses it any more.
struct Memory(NonNull<PoolMemory>);

impl Memory {
    fn new() -> Self {
        let memory = Box::leak(Box::new(PoolMemory::uninit()));
        // Whatever a frame held before, all of it is written.
        // SAFETY: all of the box's bytes, and any bytes are a valid PoolMemory.
        unsafe {
            std::ptr::from_mut(memory)
                .cast::<u8>()
                .write_bytes(0xa5, BYTES)
        };
        Self(NonNull::from(memory))
    }

    /// All of the memory anew, as arch::memory does it.
    fn frames(&mut self) -> PoolFrames<'_> {
        // SAFETY: `self` is borrowed for as long as the pool is used, so nothing else refers to it.
        let memory = unsafe { self.0.as_mut() };
        PoolFrames {
            pool: Pool::new(memory),
            taken: BTreeMap::new(),
            _memory: self,
        }
    }

    fn start(&self) -> usize {
        self.0.as_ptr().addr()
    }
}

struct PoolFrames<'a> {
    pool: Pool,
    /// Address and end of each frame.
    taken: BTreeMap<usize, usize>,
    _memory: &'a mut Memory,
}

struct Frame {
    table: NonNull<u64>,
    written: usize,
    entries: usize,
}

impl Frame {
    fn push(&mut self, descriptor: u64) {
        assert!(self.written < self.entries, "more than {}", self.entries);
        // SAFETY: inside the frame, as just seen.
        unsafe { self.table.add(self.written).write(descriptor) };
        self.written += 1;
    }
}

impl PoolFrames<'_> {
    /// Takes frames until there are none; their addresses.
    fn all(&mut self, size: TableSize) -> Vec<usize> {
        let frame = || self.allocate(size).map(|frame| frame.table.addr().get());
        std::iter::from_fn(frame).collect()
    }

    /// Bytes that are in no frame.
    fn lost(&self) -> usize {
        BYTES - self.taken.iter().map(|(at, end)| end - at).sum::<usize>()
    }
}

impl Frames for PoolFrames<'_> {
    type Frame = Frame;

    fn allocate(&mut self, size: TableSize) -> Option<Frame> {
        let table = self.pool.allocate(size)?.cast();
        let at = table.addr().get();
        self.taken.insert(at, at + size.bytes());
        let entries = size.bytes() / 8;
        Some(Frame {
            table,
            written: 0,
            entries,
        })
    }

    fn address(&self, frame: &Frame) -> u64 {
        frame.table.as_ptr().expose_provenance() as u64
    }

    fn write(&mut self, frame: &mut Frame, run: Run) {
        while frame.written < run.index as usize {
            frame.push(0);
        }
        (0..run.count).for_each(|number| frame.push(run.descriptor + number * run.step));
    }

    fn finish(&mut self, mut frame: Frame) {
        while frame.written < frame.entries {
            frame.push(0);
        }
    }
}

impl Tables for PoolFrames<'_> {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let end = *self.taken.get(&(table as usize))?;
        let at = table as usize + index as usize * 8;
        let entry = std::ptr::with_exposed_provenance::<u64>(at);
        // SAFETY: inside a frame, all of whose entries are written by now.
        (at < end).then(|| unsafe { entry.read() })
    }
}

/// So many of one size fit that no more could.
#[test]
fn frames_of_each_size_fill_the_pool() {
    for size in SIZES {
        let mut memory = Memory::new();
        // Begins on a page of 4 KiB, which need not be one of 16 or 64 KiB.
        let start = memory.start();
        let whole = (start + BYTES) / size.bytes() - start.div_ceil(size.bytes());
        let frames = memory.frames().all(size);
        assert_eq!(frames.len(), whole, "{size:?} at {start:#x}");
        assert!(
            frames.iter().all(|at| at % size.bytes() == 0),
            "{frames:x?}"
        );
    }
}

/// Small frames go where the alignment of large ones has left room.
#[test]
fn frames_of_all_sizes_lie_in_the_pool_and_apart_and_little_of_it_is_lost() {
    let mut memory = Memory::new();
    let start = memory.start();
    let mut frames = memory.frames();
    let mixed = [0, 1, 3, 2, 0, 3, 1, 1, 2, 3, 0].map(|index| SIZES[index]);
    for size in mixed.into_iter().chain([TableSize::KiB4; 128]) {
        frames.allocate(size);
    }
    for (&at, &end) in &frames.taken {
        assert!(start <= at && end <= start + BYTES, "{at:#x}..{end:#x}");
    }
    let next = frames.taken.keys().skip(1);
    let apart = frames
        .taken
        .values()
        .zip(next)
        .all(|(end, next)| end <= next);
    assert!(apart, "{:x?}", frames.taken);
    assert!(frames.lost() < 2 * 4096, "{} bytes are lost", frames.lost());
}

#[test]
fn a_pool_that_is_exhausted_stays_so_and_is_whole_when_it_is_handed_out_again() {
    let mut memory = Memory::new();
    for size in SIZES {
        let mut frames = memory.frames();
        assert_eq!(frames.all(TableSize::KiB4).len(), 128, "before {size:?}");
        assert!(frames.allocate(TableSize::Bytes512).is_none());
        memory.frames().all(size);
    }
}

const IMAGE: ImageParts = ImageParts {
    text: 0x6000_0000,
    rodata: 0x6000_4000,
    guard: 0x6000_5000,
    stack: 0x6000_6000,
    pool: 0x6000_8000,
};

/// `count` regions, each in a table of its own at every level below the first that 64 KiB granules
/// have.
fn spread(count: u64) -> Vec<Region> {
    let region = |index| Region::new((index + 1) << 42, 0x1000, PaRange::new(5)).unwrap();
    (0..count).map(region).collect()
}

fn build_in(
    memory: &mut Memory,
    granule: Granule,
    regions: &[Region],
) -> Result<AddressMap, NoTables> {
    let layout = Layout::new(granule, IMAGE, regions.iter().copied());
    let mut frames = memory.frames();
    let map = build(Regime::El1And0, &layout, &mut frames)?;
    for at in regions
        .iter()
        .map(Region::start)
        .chain([IMAGE.text, IMAGE.pool - 8])
    {
        let found = translate(granule, map.va_bits(), map.root(), &frames, at);
        assert_eq!(found.map(|found| found.address), Ok(at), "{granule:?}");
    }
    Ok(map)
}

#[test]
fn tables_of_every_granule_are_built_in_it_and_translate() {
    let mut memory = Memory::new();
    for granule in GRANULES {
        let map = build_in(&mut memory, granule, &spread(2)).unwrap();
        assert_eq!(map.granule(), granule);
    }
}

/// What the image does where 64 KiB tables do not fit: the next granule finds all of the pool.
#[test]
fn a_refused_build_leaves_nothing_behind() {
    let mut memory = Memory::new();
    // Two tables for each region and for the image, beside the first: seven of 64 KiB are too few,
    // 31 of 16 KiB (three for each) are enough.
    let regions = spread(9);
    for _ in 0..3 {
        let refused = build_in(&mut memory, Granule::Size64K, &regions);
        assert_eq!(refused, Err(NoTables::OutOfFrames));
        let map = build_in(&mut memory, Granule::Size16K, &regions).unwrap();
        assert_eq!(map.granule(), Granule::Size16K);
    }
}

#[test]
fn the_layout_that_needs_the_most_4_kib_tables_fits() {
    // Sixteen regions, more than kexec has, each over the border of two tables at every level.
    let region = |index: u64| {
        let border = (index + 1) << 40;
        Region::new(border - 0x1000, 0x2000, PaRange::new(5)).unwrap()
    };
    let regions: Vec<_> = (0..16).map(region).collect();
    build_in(&mut Memory::new(), Granule::Size4K, &regions).unwrap();
}
