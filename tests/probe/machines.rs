// SPDX-License-Identifier: MIT OR Apache-2.0

//! Without a purgatory, as QEMU starts a kernel; on machines of other kinds.

use std::fs;

use purgatory_test_harness::Regime::{self, El1And0, El2};
use purgatory_test_harness::artifact;
use purgatory_test_harness::boot::RAM;
use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::pace::clock;
use purgatory_test_harness::qemu::{Qemu, option_value};
use purgatory_test_harness::v3_tables::BLOCK;
use rstest::rstest;
use vm_fdt::{Error, FdtWriter};

use crate::run::{END, MOST, Run, file, without_purgatory};

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

/// All its memory lies above 1 TiB. Its firmware, which Debian does not have, would make tables of ACPI; here the
/// device tree is QEMU's, without a console.
#[test]
fn a_server_of_the_base_system_architecture() {
    let qemu = without_purgatory("sbsa-ref", "probe=0x60000000").cpu("neoverse-n1");
    // By that the display does not look for a file that Debian has in another package.
    let qemu = qemu.args(["-global", "bochs-display.romfile=", "-smp", "1"]);
    let run = Run::of(&qemu.args(clock(10)), (1 << 40) + BLOCK);
    run.says(&[
        "probe:   all 11 kept",
        "probe:   level    EL2",
        "probe:   PSCI     nobody answers",
        "probe:   RAM      0x0000010000000000, 1024 MiB",
        "probe: speed",
        END,
        "probe: stopped",
    ]);
}

/// Its UART has the register for bytes to send in the middle. Firmware would have switched it on: here the loader does,
/// by `UCR2.TXEN`.
#[rstest]
#[case("quiet")]
#[case::as_kexec_finds_it("probe=0x30890000")]
#[case::what_is_written("probe=0x30890040")]
fn an_imx8m(#[case] options: &str) {
    let tree = imx8m(options).expect("a tree that can be written");
    let file = file("dtb");
    fs::write(&file, tree).expect("target/ can be written to");
    let qemu = without_purgatory("imx8mp-evk", options).second_serial();
    let qemu = qemu.args(["-dtb", &file.to_string_lossy(), "-smp", "1"]);
    let qemu = qemu.args(["-device", "loader,addr=0x30890084,data=4,data-len=4"]);
    let run = Run::of(&qemu.args(clock(10)), RAM + BLOCK);
    run.says(&[
        "probe:   all 11 kept",
        "probe:   CPU      Arm Cortex-A53",
        "probe: speed",
        END,
        "probe: stopped",
    ]);
    let _ = fs::remove_file(&file);
}

/// What matters here of an i.MX 8M Plus's tree.
fn imx8m(options: &str) -> Result<Vec<u8>, Error> {
    let mut fdt = FdtWriter::new()?;
    let root = fdt.begin_node("")?;
    fdt.property_u32("#address-cells", 1)?;
    fdt.property_u32("#size-cells", 1)?;
    let cpus = fdt.begin_node("cpus")?;
    fdt.end_node(cpus)?;
    let chosen = fdt.begin_node("chosen")?;
    fdt.property_string("bootargs", options)?;
    fdt.property_string("stdout-path", "/serial@30890000")?;
    fdt.end_node(chosen)?;
    let serial = fdt.begin_node("serial@30890000")?;
    let names = ["fsl,imx8mp-uart", "fsl,imx6q-uart"].map(String::from);
    fdt.property_string_list("compatible", names.into())?;
    fdt.property_array_u32("reg", &[0x3089_0000, 0x1_0000])?;
    fdt.end_node(serial)?;
    fdt.end_node(root)?;
    fdt.finish()
}

/// It does not mask SErrors, which booting.rst asks for (findings/booti-daif.sh).
#[rstest]
fn u_boot_starts_it(
    #[values(Suite::Bookworm, Suite::Trixie)] suite: Suite,
    #[values(El1And0, El2)] regime: Regime,
) {
    const AT: u64 = 0x4100_0000;
    let [u_boot, probe] = [suite.downloaded("u-boot.bin"), artifact("probe.Image")]
        .map(|file| file.unwrap_or_else(|error| panic!("{error}")));
    let virtualization = if regime == El2 {
        ",virtualization=on"
    } else {
        ""
    };
    let qemu = Qemu::new(&format!("virt,gic-version=2{virtualization}"));
    let qemu = qemu.cpu("cortex-a72").memory("512");
    let qemu = qemu.args(["-bios", &u_boot.to_string_lossy(), "-device"]);
    let qemu = qemu.arg(format!(
        "loader,file={},addr={AT:#x},force-raw=on",
        option_value(&probe)
    ));
    // It comes when there is nothing else to boot.
    let qemu = qemu.types("\n=> ", &format!("booti {AT:#x} - ${{fdtcontroladdr}}\n"));
    let run = Run::of(&qemu.at_most(4 * MOST), AT);
    run.equal("what is not kept", &vec!["DAIF masked"], &run.broken());
    run.says(&[
        "probe:   NOT DAIF masked       0x00000000000002c0",
        &format!("probe:   level    {}", regime.name()),
        "probe:   PSCI     1.1 by ",
        "probe:   RAM      0x0000000040000000, 512 MiB",
        "probe: speed",
        "probe:   nothing: this purgatory has not started this",
        END,
        "probe: stopped",
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
