// SPDX-License-Identifier: MIT OR Apache-2.0

//! What QEMU calls as the machine runs.

use std::ffi::{c_uint, c_void};
use std::sync::atomic::Ordering::Relaxed;

use purgatory_test_trace_format::{Kind, Reason};

use super::instruction::writes_sctlr;
use super::qemu::{Access, MemoryInfo, Place};
use super::{LARGEST_LINE, PLUGIN, Plugin};

/// Returns the place of a callback, and the plugin.
fn called(data: *mut c_void) -> Option<(&'static Plugin, Place)> {
    // SAFETY: these callbacks are registered with a place.
    let place = unsafe { Place::from_data(data) };
    Some((PLUGIN.get()?, place))
}

pub(super) extern "C" fn at_entry(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    let recorder = &plugin.recorder;
    recorder.record(true);
    recorder.instruction(Kind::Entry, place, 0);
    recorder.snapshot(
        Reason::Entry,
        place.pc,
        recorder.instructions().get() - 1,
        0,
    );
}

pub(super) extern "C" fn at_kernel(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        recorder.snapshot(Reason::Kernel, place.pc, recorder.instructions().get(), 0);
        recorder.instruction(Kind::Kernel, place, 0);
        recorder.record(false);
    }
}

pub(super) extern "C" fn at_mark(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        recorder.snapshot(
            Reason::Marked,
            place.pc,
            recorder.instructions().get() - 1,
            0,
        );
    }
}

pub(super) extern "C" fn at_system(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        if writes_sctlr(place.word) {
            recorder.snapshot(
                Reason::Sctlr,
                place.pc,
                recorder.instructions().get() - 1,
                0,
            );
        }
        recorder.instruction(Kind::System, place, plugin.register(place.word & 31));
    }
}

pub(super) extern "C" fn at_maintenance(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    let Some(recorder) = plugin.recorder() else {
        return;
    };
    // Millions of them, in the end: then the register is not read.
    let untouched = plugin.untouched.load(Relaxed);
    if untouched == 0 && !plugin.options.dc {
        return;
    }
    let address = plugin.register(place.word & 31);
    for (index, watched) in plugin.options.watches.iter().enumerate() {
        let line = watched.start & !(LARGEST_LINE - 1)..watched.end;
        if untouched & 1 << index != 0 && line.contains(&address) {
            plugin.untouched.store(untouched & !(1 << index), Relaxed);
            let count = recorder.instructions().get() - 1;
            recorder.snapshot(Reason::Maintained, place.pc, count, index as u64);
        }
    }
    if plugin.options.dc {
        recorder.instruction(Kind::System, place, address);
    }
}

/// The instruction before, which is `data`, has read `CTR_EL0`.
pub(super) extern "C" fn after_read(_: c_uint, data: *mut c_void) {
    let Some((plugin, reader)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        recorder.instruction(Kind::Read, reader, plugin.register(reader.word & 31));
    }
}

pub(super) extern "C" fn after_access(_: c_uint, info: MemoryInfo, address: u64, pc: *mut c_void) {
    if let Some(plugin) = PLUGIN.get() {
        plugin.access(Access::new(info), address, pc.addr() as u64, Half::None);
    }
}

/// The same for a half of a 16-byte register: the two halves count as one access.
pub(super) extern "C" fn after_half(_: c_uint, info: MemoryInfo, address: u64, pc: *mut c_void) {
    let Some(plugin) = PLUGIN.get() else { return };
    let access = Access::new(info);
    let half = match access.size_shift {
        3 if plugin.half.fetch_xor(true, Relaxed) => Half::Second,
        3 => Half::First,
        _ => Half::None,
    };
    plugin.access(access, address, pc.addr() as u64, half);
}

/// Which half of a 16-byte access it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// It is a whole one.
    None,
    First,
    Second,
}

impl Plugin {
    fn access(&self, access: Access, address: u64, pc: u64, half: Half) {
        let Some(recorder) = self.recorder() else {
            return;
        };
        match half {
            Half::None => recorder.count(access.size_shift, access.store),
            Half::First => {}
            Half::Second => recorder.count(4, access.store),
        }
        if self.options.memory {
            recorder.access(pc, access, address);
        }
        if access.store && !self.options.image.contains(&address) {
            // A word on the console may be the last: then QEMU is killed.
            recorder.flush();
        }
        let unseen = self.unseen.load(Relaxed);
        let untouched = self.untouched.load(Relaxed);
        if unseen == 0 {
            return;
        }
        for (index, watched) in self.options.watches.iter().enumerate() {
            if unseen & 1 << index != 0 && watched.contains(&address) {
                self.unseen.store(unseen & !(1 << index), Relaxed);
                self.untouched.store(untouched & !(1 << index), Relaxed);
                let count = recorder.instructions().get();
                recorder.snapshot(Reason::Accessed, pc, count, index as u64);
            }
        }
    }
}
