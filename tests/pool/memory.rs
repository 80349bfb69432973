// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pool's memory, its frames, and the tables in them.

use std::collections::BTreeMap;
use std::ptr::NonNull;

use purgatory::paging::pool::{BYTES, Pool, PoolMemory, TableSize};
use purgatory::paging::table::{Frames, Run};
use purgatory::paging::walk::Tables;

/// The pool's memory, as the image has it: handed out again when it is no longer used.
pub struct Memory(NonNull<PoolMemory>);

impl Memory {
    /// Makes some that holds anything.
    pub fn new() -> Self {
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

    /// Hands out all of the memory again, as `arch::memory` does.
    pub fn frames(&mut self) -> PoolFrames<'_> {
        // SAFETY: `self` is borrowed for as long as the pool is used, so nothing else refers to it.
        let memory = unsafe { self.0.as_mut() };
        PoolFrames {
            pool: Pool::new(memory),
            taken: BTreeMap::new(),
            _memory: self,
        }
    }

    /// Returns where it begins.
    pub fn start(&self) -> usize {
        self.0.as_ptr().addr()
    }
}

/// Frames of it.
pub struct PoolFrames<'a> {
    pool: Pool,
    /// Address and end of each frame.
    pub taken: BTreeMap<usize, usize>,
    _memory: &'a mut Memory,
}

/// A frame that is being written.
pub struct Frame {
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
    /// Takes frames until there are none; returns their addresses.
    pub fn all(&mut self, size: TableSize) -> Vec<usize> {
        let frame = || self.allocate(size).map(|frame| frame.table.addr().get());
        std::iter::from_fn(frame).collect()
    }

    /// Returns the bytes that are in no frame.
    pub fn lost(&self) -> usize {
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
