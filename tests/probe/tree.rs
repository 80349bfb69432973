// SPDX-License-Identifier: MIT OR Apache-2.0

//! Device trees as a loader hands them over.

use purgatory_test_harness::boot::{RAM, UART};
use vm_fdt::{Error, FdtWriter};

/// What is in it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The command line.
    pub options: String,
    /// Whether it describes a machine: one that is described by ACPI has `/chosen` alone.
    pub machine: bool,
    /// Where it says that the UART is.
    pub uart: u64,
    /// What UART it is.
    pub compatible: &'static str,
}

impl Tree {
    /// Describes QEMU's machine `virt`, with this command line.
    pub fn new(options: &str) -> Self {
        Self {
            options: options.into(),
            machine: true,
            uart: UART,
            compatible: "arm,pl011",
        }
    }

    /// Returns it as it lies in memory.
    pub fn bytes(&self) -> Vec<u8> {
        self.write().expect("a tree that can be written")
    }

    fn write(&self) -> Result<Vec<u8>, Error> {
        let mut fdt = FdtWriter::new()?;
        let root = fdt.begin_node("")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("bootargs", &self.options)?;
        if self.machine {
            fdt.property_string("stdout-path", &format!("/serial@{:x}:115200n8", self.uart))?;
        }
        fdt.end_node(chosen)?;
        if self.machine {
            let memory = fdt.begin_node(&format!("memory@{RAM:x}"))?;
            fdt.property_string("device_type", "memory")?;
            fdt.property_array_u64("reg", &[RAM, 512 << 20])?;
            fdt.end_node(memory)?;
            let serial = fdt.begin_node(&format!("serial@{:x}", self.uart))?;
            fdt.property_string_list(
                "compatible",
                vec![self.compatible.into(), "arm,primecell".into()],
            )?;
            fdt.property_array_u64("reg", &[self.uart, 0x1000])?;
            fdt.end_node(serial)?;
        }
        fdt.end_node(root)?;
        fdt.finish()
    }
}
