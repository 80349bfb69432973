// SPDX-License-Identifier: MIT OR Apache-2.0

//! What QEMU calls us with once, or for each block: the part of the interface that version 7 has
//! changed. Each callback of ours has a function for either.

use std::ffi::{c_uint, c_void};
use std::ptr;

use super::{Block, Id, VERSION, WITH_DATA};
use crate::{on_block, on_cpu, on_exit};

type Data = *mut c_void;

// Each function has two types, of which QEMU has one.
#[allow(clashing_extern_declarations)]
unsafe extern "C" {
    #[link_name = "qemu_plugin_register_vcpu_init_cb"]
    fn register_cpu(id: Id, call: extern "C" fn(Id, c_uint));
    #[link_name = "qemu_plugin_register_vcpu_tb_trans_cb"]
    fn register_block(id: Id, call: extern "C" fn(Id, *mut Block));
    #[link_name = "qemu_plugin_register_atexit_cb"]
    fn register_exit(id: Id, call: extern "C" fn(Id, Data), data: Data);

    #[link_name = "qemu_plugin_register_vcpu_init_cb"]
    fn register_cpu_with(id: Id, call: extern "C" fn(c_uint, Data), data: Data);
    #[link_name = "qemu_plugin_register_vcpu_tb_trans_cb"]
    fn register_block_with(id: Id, call: extern "C" fn(*mut Block, Data), data: Data);
    #[link_name = "qemu_plugin_register_atexit_cb"]
    fn register_exit_with(id: Id, call: extern "C" fn(Data), data: Data);
}

extern "C" fn cpu(_: Id, _: c_uint) {
    on_cpu();
}

extern "C" fn block(_: Id, block: *mut Block) {
    on_block(block);
}

extern "C" fn exit(_: Id, _: Data) {
    on_exit();
}

extern "C" fn cpu_with(_: c_uint, _: Data) {
    on_cpu();
}

extern "C" fn block_with(block: *mut Block, _: Data) {
    on_block(block);
}

extern "C" fn exit_with(_: Data) {
    on_exit();
}

/// Asks to be called when a CPU starts, for each block that is translated, and at the end.
pub fn register(id: Id) {
    let none = ptr::null_mut();
    // SAFETY: the functions have the types that a QEMU of this version calls, and live as long as it
    // does.
    unsafe {
        if VERSION < WITH_DATA {
            register_cpu(id, cpu);
            register_block(id, block);
            register_exit(id, exit, none);
        } else {
            register_cpu_with(id, cpu_with, none);
            register_block_with(id, block_with, none);
            register_exit_with(id, exit_with, none);
        }
    }
}
