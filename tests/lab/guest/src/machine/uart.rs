// SPDX-License-Identifier: MIT OR Apache-2.0

//! The PL011, polled.

use core::fmt;

/// The serial port of QEMU's `virt` machine.
#[derive(Clone, Copy)]
pub struct Uart(u64);

impl Uart {
    const FLAGS: u64 = 0x18;
    const FLAG_TRANSMIT_FULL: u32 = 1 << 5;
    const CONTROL: u64 = 0x30;
    const CONTROL_ENABLE_TRANSMIT: u32 = 1 << 0 | 1 << 8;

    /// Returns the port whose data register is at this address.
    pub fn new(data: u64) -> Self {
        Self(data)
    }

    /// Switches it on, as a kernel has done long before it calls kexec.
    pub fn enable(self) {
        self.write(Self::CONTROL, Self::CONTROL_ENABLE_TRANSMIT);
    }

    fn write(self, register: u64, value: u32) {
        // SAFETY: a register of the PL011 that the loader has named.
        unsafe { ((self.0 + register) as *mut u32).write_volatile(value) }
    }

    fn flags(self) -> u32 {
        // SAFETY: as above.
        unsafe { ((self.0 + Self::FLAGS) as *const u32).read_volatile() }
    }

    fn send(self, byte: u8) {
        while self.flags() & Self::FLAG_TRANSMIT_FULL != 0 {}
        self.write(0, byte.into());
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
        Ok(())
    }
}
