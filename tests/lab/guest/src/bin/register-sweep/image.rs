// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's memory, made again what the loader made it.

use purgatory_test_guest::sweep::Orders;

/// Puts back what the last call has changed, and zeros where the kernel would put them. What is
/// correct already is not written, because QEMU would translate the image again.
pub fn restore(orders: &Orders) {
    let words = |bytes: u64| bytes as usize / 8;
    for index in 0..words(orders.image_memsz) {
        // SAFETY: both are memory that the host has set apart, of whole pages; the image does not
        // run.
        unsafe {
            let wanted = if index < words(orders.pristine_len) {
                (orders.pristine as *const u64).add(index).read()
            } else {
                0
            };
            let at = (orders.image as *mut u64).add(index);
            if at.read_volatile() != wanted {
                at.write_volatile(wanted);
            }
        }
    }
}
