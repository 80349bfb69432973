// SPDX-License-Identifier: MIT OR Apache-2.0

//! A QEMU TCG plugin that writes down what the purgatory does: each system instruction with its
//! operand, each load and store with its value, and counters at the borders of its phases.
//!
//! It knows nothing of caches: that is for the tests, which read what it writes
//! ([`purgatory_test_trace_format`]).

mod instruction;
mod options;
mod qemu;
mod recorder;
mod registers;

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, OnceLock};

use purgatory_test_trace_format::{Kind, Reason};

use self::instruction::{is_maintenance, is_system, is_vector_list, reads_ctr, writes_sctlr};
use self::options::Options;
use self::qemu::{Access, Block, Id, Instruction, MemoryInfo, Place};
use self::recorder::Recorder;
use self::registers::Registers;

/// Bytes in the largest cache line that there can be (`CTR_EL0.DminLine`): a line's address may be
/// that much below the memory that is meant.
const LARGEST_LINE: u64 = 2048;

static PLUGIN: OnceLock<Plugin> = OnceLock::new();

struct Plugin {
    options: Options,
    recorder: Recorder,
    registers: OnceLock<Registers>,
    /// The instructions that read `CTR_EL0`, by address.
    readers: Mutex<BTreeMap<u64, &'static Place>>,
    /// The first half of a vector register has been loaded or stored, the other follows.
    half: AtomicBool,
    /// The watched memory that has not been accessed yet, by number.
    unseen: AtomicU64,
    /// The watched memory that has not been accessed or maintained yet, by number.
    untouched: AtomicU64,
}

/// Starts, as QEMU has loaded us.
///
/// # Safety
/// QEMU calls it, with `count` arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    _: *const c_void,
    count: c_int,
    arguments: *const *const c_char,
) -> c_int {
    // SAFETY: by this function's contract.
    let arguments = unsafe { qemu::arguments(count, arguments) };
    match install(&arguments) {
        Ok(()) => {
            qemu::register(id);
            0
        }
        Err(error) => {
            eprintln!("purgatory-test-plugin: {error}");
            1
        }
    }
}

fn install(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments)?;
    let recorder = Recorder::new(&options.out)?;
    let watched = (1 << options.watches.len()) - 1;
    let plugin = Plugin {
        unseen: AtomicU64::new(watched),
        untouched: AtomicU64::new(watched),
        options,
        recorder,
        registers: OnceLock::new(),
        readers: Mutex::default(),
        half: AtomicBool::new(false),
    };
    PLUGIN.set(plugin).map_err(|_| "loaded twice".into())
}

/// A CPU starts.
fn on_cpu() {
    if let Some(plugin) = PLUGIN.get() {
        plugin.registers.get_or_init(Registers::find);
    }
}

/// QEMU ends.
fn on_exit() {
    if let Some(plugin) = PLUGIN.get() {
        plugin.recorder.flush();
    }
}

/// This block is translated.
fn on_block(block: *mut Block) {
    let Some(plugin) = PLUGIN.get() else { return };
    // SAFETY: the block is what QEMU calls us with.
    for instruction in unsafe { Block::instructions(block) } {
        plugin.instrument(instruction);
    }
}

impl Plugin {
    fn instrument(&self, instruction: &Instruction) {
        let place = Place {
            pc: instruction.address(),
            word: instruction.word(),
        };
        // Blocks are translated once or a few times, so it does not grow much.
        let data = || &*Box::leak(Box::new(place));
        if place.pc == self.options.kernel {
            instruction.on_run(at_kernel, data());
        }
        if !self.options.image.contains(&place.pc) {
            return;
        }
        instruction.count(self.recorder.instructions());
        if place.pc == self.options.entry {
            instruction.on_run(at_entry, data());
        }
        if let Ok(mut readers) = self.readers.lock() {
            if reads_ctr(place.word) {
                readers.insert(place.pc, data());
            }
            if let Some(reader) = readers.get(&place.pc.wrapping_sub(4)) {
                instruction.on_run(after_read, reader);
            }
        }
        if self.options.marks.contains(&place.pc) {
            instruction.on_run(at_mark, data());
        }
        if is_maintenance(place.word) {
            instruction.on_run(at_maintenance, data());
            // After the call, so that a snapshot is of what has run before.
            instruction.count(self.recorder.dc());
        } else if is_system(place.word) {
            instruction.on_run(at_system, data());
        }
        instruction.on_memory(if is_vector_list(place.word) {
            after_half
        } else {
            after_access
        });
    }

    fn register(&self, number: u32) -> u64 {
        let registers = self.registers.get();
        registers.map_or(0, |registers| registers.read(number))
    }

    /// While there is something to write down.
    fn recorder(&self) -> Option<&Recorder> {
        self.recorder.recording().then_some(&self.recorder)
    }
}

/// Returns the place of a callback, and the plugin.
fn called(data: *mut c_void) -> Option<(&'static Plugin, Place)> {
    // SAFETY: these callbacks are registered with a place.
    let place = unsafe { Place::from_data(data) };
    Some((PLUGIN.get()?, place))
}

extern "C" fn at_entry(_: c_uint, data: *mut c_void) {
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

extern "C" fn at_kernel(_: c_uint, data: *mut c_void) {
    let Some((plugin, place)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        recorder.snapshot(Reason::Kernel, place.pc, recorder.instructions().get(), 0);
        recorder.instruction(Kind::Kernel, place, 0);
        recorder.record(false);
    }
}

extern "C" fn at_mark(_: c_uint, data: *mut c_void) {
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

extern "C" fn at_system(_: c_uint, data: *mut c_void) {
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

extern "C" fn at_maintenance(_: c_uint, data: *mut c_void) {
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
extern "C" fn after_read(_: c_uint, data: *mut c_void) {
    let Some((plugin, reader)) = called(data) else {
        return;
    };
    if let Some(recorder) = plugin.recorder() {
        recorder.instruction(Kind::Read, reader, plugin.register(reader.word & 31));
    }
}

extern "C" fn after_access(_: c_uint, info: MemoryInfo, address: u64, pc: *mut c_void) {
    if let Some(plugin) = PLUGIN.get() {
        plugin.access(Access::new(info), address, pc.addr() as u64, Half::None);
    }
}

/// The same for a half of a 16-byte register: the two halves count as one access.
extern "C" fn after_half(_: c_uint, info: MemoryInfo, address: u64, pc: *mut c_void) {
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
