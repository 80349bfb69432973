// SPDX-License-Identifier: MIT OR Apache-2.0

//! The CPU's general registers, which QEMU gives in arrays of GLib's.

use std::ffi::{CStr, c_char, c_uint, c_void};
use std::ptr;

/// Names a register of the CPU.
#[repr(C)]
struct RegisterHandle(c_void);

/// GLib's `GArray` and `GByteArray`, of which these fields are public.
#[repr(C)]
struct Array<T> {
    data: *mut T,
    len: c_uint,
}

/// Additions of later versions of the interface come after these.
#[repr(C)]
struct RegisterDescriptor {
    handle: *mut RegisterHandle,
    name: *const c_char,
    feature: *const c_char,
}

unsafe extern "C" {
    fn qemu_plugin_get_registers() -> *mut Array<RegisterDescriptor>;
    // What it returns depends on the interface's version; what it appends does not.
    fn qemu_plugin_read_register(handle: *mut RegisterHandle, to: *mut Array<u8>);
    // GLib's, which QEMU is linked with.
    fn g_byte_array_new() -> *mut Array<u8>;
    fn g_byte_array_unref(array: *mut Array<u8>);
    fn g_array_get_element_size(array: *mut Array<RegisterDescriptor>) -> c_uint;
    fn g_array_unref(array: *mut Array<RegisterDescriptor>);
}

/// `X0` to `X30`.
pub struct Registers([*mut RegisterHandle; 31]);

// SAFETY: the handles are numbers in disguise, valid for all threads.
unsafe impl Send for Registers {}
// SAFETY: as above.
unsafe impl Sync for Registers {}

impl Registers {
    /// Finds them, within `crate::on_cpu`.
    pub fn find() -> Self {
        let mut found = [ptr::null_mut(); 31];
        // SAFETY: QEMU gives an array of descriptors, ours to free, whose names are strings that
        // stay.
        unsafe {
            let array = qemu_plugin_get_registers();
            let size = g_array_get_element_size(array) as usize;
            for index in 0..(*array).len as usize {
                let descriptor = &*(*array).data.byte_add(index * size);
                let name = CStr::from_ptr(descriptor.name).to_string_lossy();
                let number = name.strip_prefix('x').and_then(|n| n.parse::<usize>().ok());
                if let Some(place) = number.and_then(|number| found.get_mut(number)) {
                    *place = descriptor.handle;
                }
            }
            g_array_unref(array);
        }
        Self(found)
    }

    /// Returns the value of `Xn`; 0 for `n` = 31, which is `XZR`. To be asked within
    /// `crate::qemu::OnInstruction`.
    pub fn read(&self, number: u32) -> u64 {
        let Some(&handle) = self.0.get(number as usize) else {
            return 0;
        };
        let mut bytes = [0; 8];
        // SAFETY: the array is ours; the handle is QEMU's own.
        unsafe {
            let array = g_byte_array_new();
            if !handle.is_null() {
                qemu_plugin_read_register(handle, array);
            }
            if (*array).len == 8 {
                ptr::copy_nonoverlapping((*array).data, bytes.as_mut_ptr(), 8);
            }
            g_byte_array_unref(array);
        }
        u64::from_le_bytes(bytes)
    }
}
