// SPDX-License-Identifier: MIT OR Apache-2.0

//! A QEMU TCG plugin that writes down what the purgatory does: each system instruction with its
//! operand, each load and store with its value, and counters at the borders of its phases.
//!
//! It knows nothing of caches: that is for the tests, which read what it writes
//! ([`purgatory_test_trace_format`]).

mod events;
mod instruction;
mod options;
mod qemu;
mod recorder;
mod registers;

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, OnceLock};

use self::events::*;
use self::instruction::{is_maintenance, is_system, is_vector_list, reads_ctr};
use self::options::Options;
use self::qemu::{Block, Id, Instruction, Place};
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
