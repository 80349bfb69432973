// SPDX-License-Identifier: MIT OR Apache-2.0

//! The part of QEMU's plugin interface that we use, and all `unsafe` code that goes with it.
//!
//! QEMU exports these functions to whatever plugin it loads. Version 4 of the interface is that of
//! QEMU 10.0, version 7 that of QEMU 11.1, which takes none before. Which of them it is, `build.rs`
//! has asked the QEMU that will load us.

mod callbacks;

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

pub use self::callbacks::register;

/// Names this plugin to QEMU.
pub type Id = u64;

/// The version of the interface that we are made for.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
#[doc(hidden)]
pub static qemu_plugin_version: c_int = VERSION;

const VERSION: c_int = match c_int::from_str_radix(env!("QEMU_PLUGIN_VERSION"), 10) {
    Ok(version) => version,
    Err(_) => panic!("QEMU_PLUGIN_VERSION is a number"),
};

/// From this version on callbacks have data of ours instead of our name.
const WITH_DATA: c_int = 7;

/// A block of instructions that QEMU is about to translate.
#[repr(C)]
pub struct Block(c_void);

/// One instruction of a block.
#[repr(C)]
pub struct Instruction(c_void);

/// What QEMU knows of an access to memory.
pub type MemoryInfo = u32;

/// A counter that translated code adds to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Counter {
    scoreboard: *mut c_void,
    offset: usize,
}

// SAFETY: the scoreboard is QEMU's, which has made it for several threads.
unsafe impl Sync for Counter {}
// SAFETY: as above.
unsafe impl Send for Counter {}

#[repr(C)]
struct MemoryValue {
    kind: c_int,
    data: [u64; 2],
}

const MAY_READ_REGISTERS: c_int = 1;
const LOADS_AND_STORES: c_int = 3;
const ADD: c_int = 0;
/// A 16-byte value; smaller ones have smaller numbers.
const VALUE_16: c_int = 4;

/// Called before an instruction.
pub type OnInstruction = extern "C" fn(c_uint, *mut c_void);
/// Called after an access: information, virtual address.
pub type OnMemory = extern "C" fn(c_uint, MemoryInfo, u64, *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_tb_n_insns(block: *const Block) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const Block, index: usize) -> *mut Instruction;
    fn qemu_plugin_insn_vaddr(instruction: *const Instruction) -> u64;
    fn qemu_plugin_insn_data(instruction: *const Instruction, to: *mut u8, len: usize) -> usize;
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: *mut Instruction,
        call: OnInstruction,
        flags: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
        instruction: *mut Instruction,
        operation: c_int,
        counter: Counter,
        value: u64,
    );
    fn qemu_plugin_register_vcpu_mem_cb(
        instruction: *mut Instruction,
        call: OnMemory,
        flags: c_int,
        which: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_mem_size_shift(info: MemoryInfo) -> c_uint;
    fn qemu_plugin_mem_is_store(info: MemoryInfo) -> bool;
    fn qemu_plugin_mem_get_value(info: MemoryInfo) -> MemoryValue;
    fn qemu_plugin_scoreboard_new(size: usize) -> *mut c_void;
    fn qemu_plugin_u64_get(counter: Counter, cpu: c_uint) -> u64;
}

/// Returns the arguments of the plugin, as `name=value`.
///
/// # Safety
/// `arguments` points to `count` strings, as QEMU promises.
pub unsafe fn arguments(count: c_int, arguments: *const *const c_char) -> Vec<String> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: by this function's contract.
    let text = |index| unsafe { CStr::from_ptr(*arguments.add(index)) };
    (0..count)
        .map(|index| text(index).to_string_lossy().into_owned())
        .collect()
}

impl Counter {
    /// Makes a counter for each CPU, at 0.
    pub fn new() -> Self {
        // SAFETY: has no conditions.
        let scoreboard = unsafe { qemu_plugin_scoreboard_new(size_of::<u64>()) };
        Self {
            scoreboard,
            offset: 0,
        }
    }

    /// Returns its value for the first CPU.
    pub fn get(self) -> u64 {
        // SAFETY: the scoreboard is never freed, and has one word for each CPU.
        unsafe { qemu_plugin_u64_get(self, 0) }
    }
}

impl Block {
    /// Returns the instructions of a block.
    ///
    /// # Safety
    /// `block` is what QEMU has just told [`crate::on_block`] of, and the instructions are not used
    /// after that call.
    pub unsafe fn instructions(block: *const Self) -> impl Iterator<Item = &'static Instruction> {
        // SAFETY: by this function's contract; the indices are those that there are.
        let count = unsafe { qemu_plugin_tb_n_insns(block) };
        (0..count).filter_map(move |index| {
            // SAFETY: as above.
            unsafe { qemu_plugin_tb_get_insn(block, index).as_ref() }
        })
    }
}

impl Instruction {
    const fn raw(&self) -> *mut Self {
        ptr::from_ref(self).cast_mut()
    }

    /// Returns its address.
    pub fn address(&self) -> u64 {
        // SAFETY: we have a reference.
        unsafe { qemu_plugin_insn_vaddr(self) }
    }

    /// Returns its encoding.
    pub fn word(&self) -> u32 {
        let mut bytes = [0; 4];
        // SAFETY: no more is written than there is room for.
        unsafe { qemu_plugin_insn_data(self, bytes.as_mut_ptr(), bytes.len()) };
        u32::from_le_bytes(bytes)
    }

    /// Counts how often it runs.
    pub fn count(&self, counter: Counter) {
        // SAFETY: the counter lives as long as QEMU does.
        unsafe {
            qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(self.raw(), ADD, counter, 1);
        }
    }

    /// Asks to be called before it runs, with two words, and with registers that can be read.
    pub fn on_run(&self, call: OnInstruction, data: &'static Place) {
        let data = ptr::from_ref(data).cast_mut().cast();
        // SAFETY: the data live as long as QEMU does.
        unsafe {
            qemu_plugin_register_vcpu_insn_exec_cb(self.raw(), call, MAY_READ_REGISTERS, data);
        }
    }

    /// Asks to be called after each of its loads and stores, with its address as data.
    pub fn on_memory(&self, call: OnMemory) {
        let data = ptr::without_provenance_mut(self.address() as usize);
        // SAFETY: the function takes the data for a number.
        unsafe {
            qemu_plugin_register_vcpu_mem_cb(self.raw(), call, 0, LOADS_AND_STORES, data);
        }
    }
}

/// An instruction and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address.
    pub pc: u64,
    /// Its encoding.
    pub word: u32,
}

impl Place {
    /// Returns what [`Instruction::on_run`] was given.
    ///
    /// # Safety
    /// `data` is what QEMU has called [`OnInstruction`] with.
    pub unsafe fn from_data(data: *mut c_void) -> Self {
        // SAFETY: nothing else than a `&'static Place` is ever given.
        unsafe { *data.cast_const().cast() }
    }
}

/// An access to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The size: 2 to this power.
    pub size_shift: u32,
    /// Not a load.
    pub store: bool,
    info: MemoryInfo,
}

impl Access {
    /// Reads what QEMU says of it.
    pub fn new(info: MemoryInfo) -> Self {
        // SAFETY: these two take the number apart.
        unsafe {
            Self {
                size_shift: qemu_plugin_mem_size_shift(info),
                store: qemu_plugin_mem_is_store(info),
                info,
            }
        }
    }

    /// Returns what was loaded or stored: lower and upper eight bytes. To be asked within
    /// [`OnMemory`].
    pub fn value(&self) -> [u64; 2] {
        // SAFETY: has no conditions.
        let value = unsafe { qemu_plugin_mem_get_value(self.info) };
        // Of a smaller value, the rest of the union is not set.
        if value.kind == VALUE_16 {
            value.data
        } else {
            let bits = 8 << self.size_shift;
            [value.data[0] & (u64::MAX >> (64 - bits)), 0]
        }
    }
}
