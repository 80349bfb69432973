// SPDX-License-Identifier: MIT OR Apache-2.0

//! Without a purgatory, as QEMU starts a kernel; on machines of other kinds.

use std::fs;

use purgatory_test_harness::boot::RAM;
use purgatory_test_harness::v3_tables::BLOCK;
use rstest::rstest;
use vm_fdt::{Error, FdtWriter};

use crate::run::{END, Run, file, without_purgatory};

// QEMU puts a kernel that may lie anywhere 2 MiB above the start of memory.

#[rstest]
#[case("virt,gic-version=2", "cortex-a53", "EL1")]
#[case("virt,gic-version=2,virtualization=on", "max", "EL2")]
#[case("virt,gic-version=3", "neoverse-n1", "EL1")]
fn qemu_starts_it(#[case] machine: &str, #[case] cpu: &str, #[case] level: &str) {
    let run = Run::of(&without_purgatory(machine, "quiet").cpu(cpu), RAM + BLOCK);
    run.says(&[
        "probe:   all 11 kept",
        &format!("probe:   level    {level}"),
        "probe:   RAM      0x0000000040000000, 128 MiB",
        "probe: speed",
        "probe:   nothing: this purgatory has not started this",
        END,
        "probe: stopped",
    ]);
}

/// It has memory from 0 on, and a UART of the Server Base System Architecture.
#[test]
fn a_versal() {
    let qemu = without_purgatory("xlnx-versal-virt", "quiet").memory("1024");
    let run = Run::of(&qemu, BLOCK);
    run.says(&[
        "probe:   all 11 kept",
        "probe:   CPU      Arm Cortex-A72",
        END,
    ]);
}

/// Its UARTs lie on a bus with addresses of its own: a PL011, and one that is an 8250 but for its place.
/// It has no PSCI, so that nobody resets it.
#[rstest]
#[case("arm,pl011", 0x7e20_1000)]
#[case("brcm,bcm2835-aux-uart", 0x7e21_5040)]
fn a_raspberry_pi(#[case] compatible: &str, #[case] uart: u32) {
    let tree = raspberry_pi(compatible, uart).expect("a tree that can be written");
    let file = file("dtb");
    fs::write(&file, tree).expect("target/ can be written to");
    let qemu = without_purgatory("raspi3b", "probe-wait=1").args(["-dtb", &file.to_string_lossy()]);
    let qemu = if compatible == "arm,pl011" {
        qemu
    } else {
        qemu.second_serial()
    };
    let run = Run::of(&qemu, BLOCK);
    run.says(&[
        "probe:   all 11 kept",
        "probe:   CPU      Arm Cortex-A53",
        "probe:   PSCI     nobody answers",
        "probe:   RAM      ",
        END,
        "probe: reset in 1 seconds",
        "probe: PSCI has not reset",
    ]);
    let _ = fs::remove_file(&file);
}

/// What matters here of a Raspberry Pi's tree.
fn raspberry_pi(compatible: &str, uart: u32) -> Result<Vec<u8>, Error> {
    let name = format!("serial@{uart:x}");
    let mut fdt = FdtWriter::new()?;
    let root = fdt.begin_node("")?;
    fdt.property_u32("#address-cells", 1)?;
    fdt.property_u32("#size-cells", 1)?;
    let aliases = fdt.begin_node("aliases")?;
    fdt.property_string("serial0", &format!("/soc/{name}"))?;
    fdt.end_node(aliases)?;
    // Without a node `psci` there is nobody to call.
    let cpus = fdt.begin_node("cpus")?;
    fdt.end_node(cpus)?;
    let chosen = fdt.begin_node("chosen")?;
    fdt.property_string("stdout-path", "serial0:115200n8")?;
    fdt.end_node(chosen)?;
    let soc = fdt.begin_node("soc")?;
    fdt.property_u32("#address-cells", 1)?;
    fdt.property_u32("#size-cells", 1)?;
    fdt.property_array_u32("ranges", &[0x7e00_0000, 0x3f00_0000, 0x100_0000])?;
    let serial = fdt.begin_node(&name)?;
    fdt.property_string("compatible", compatible)?;
    fdt.property_array_u32("reg", &[uart, 0x40])?;
    fdt.end_node(serial)?;
    fdt.end_node(soc)?;
    fdt.end_node(root)?;
    fdt.finish()
}
