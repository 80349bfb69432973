// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;
use std::vec;
use std::vec::Vec;
use vm_fdt::{Error, FdtWriter};

type Result<T> = core::result::Result<T, Error>;

/// A tree as `fill` makes it.
fn tree(fill: impl FnOnce(&mut FdtWriter) -> Result<()>) -> Vec<u8> {
    let make = || {
        let mut writer = FdtWriter::new()?;
        let root = writer.begin_node("")?;
        fill(&mut writer)?;
        writer.end_node(root)?;
        writer.finish()
    };
    make().expect("a tree that can be written")
}

/// Reads the tree at a multiple of 8 bytes, as a loader has to place it.
fn with<T>(tree: &[u8], read: impl FnOnce(Option<&DeviceTree<'_>>) -> T) -> T {
    let mut room = vec![0; tree.len() + 8];
    let start = room.as_ptr().align_offset(8);
    let place = &mut room[start..start + tree.len()];
    place.copy_from_slice(tree);
    read(DeviceTree::new(place).as_ref())
}

#[test]
fn a_bus_translates_and_the_spacing_of_registers_is_told() {
    let tree = tree(|fdt| {
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 1)?;
        let aliases = fdt.begin_node("aliases")?;
        fdt.property_string("serial1", "/soc/bus@10/serial@40")?;
        fdt.end_node(aliases)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "serial1:115200n8")?;
        fdt.property_string("bootargs", "quiet probe-wait=3")?;
        fdt.end_node(chosen)?;
        let soc = fdt.begin_node("soc")?;
        fdt.property_u32("#address-cells", 1)?;
        fdt.property_u32("#size-cells", 1)?;
        fdt.property_array_u32(
            "ranges",
            &[
                0,
                0,
                0x1000,
                0x10,
                0x7e00_0000,
                0x1,
                0xfe00_0000,
                0x100_0000,
            ],
        )?;
        let bus = fdt.begin_node("bus@10")?;
        fdt.property_u32("#address-cells", 1)?;
        fdt.property_u32("#size-cells", 1)?;
        fdt.property_null("ranges")?;
        let serial = fdt.begin_node("serial@40")?;
        fdt.property_string_list(
            "compatible",
            vec!["vendor,uart".into(), "snps,dw-apb-uart".into()],
        )?;
        fdt.property_array_u32("reg", &[0x7e00_1000, 0x100])?;
        fdt.property_u32("reg-shift", 2)?;
        fdt.property_u32("reg-io-width", 4)?;
        fdt.end_node(serial)?;
        fdt.end_node(bus)?;
        fdt.end_node(soc)
    });
    // [0, 0 0x1000, 0x10] maps nothing of this; the next entry does.
    with(&tree, |tree| {
        let tree = tree.expect("a tree");
        assert_eq!(tree.command_line(), Some("quiet probe-wait=3"));
        let expected = Port::new(b"snps,dw-apb-uart", 0x1_fe00_1000, Some(2), Some(4));
        assert_eq!(tree.console(), expected);
        assert!(expected.is_some());
    });
}

#[test]
fn a_bus_without_ranges_translates_nothing() {
    let tree = tree(|fdt| {
        fdt.property_u32("#address-cells", 1)?;
        fdt.property_u32("#size-cells", 1)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "/i2c/serial@40")?;
        fdt.end_node(chosen)?;
        let bus = fdt.begin_node("i2c")?;
        fdt.property_u32("#address-cells", 1)?;
        fdt.property_u32("#size-cells", 0)?;
        let serial = fdt.begin_node("serial@40")?;
        fdt.property_string("compatible", "ns16550a")?;
        fdt.property_u32("reg", 0x40)?;
        fdt.end_node(serial)?;
        fdt.end_node(bus)
    });
    with(&tree, |tree| {
        assert_eq!(tree.expect("a tree").console(), None)
    });
}

#[test]
fn memory_is_every_entry_of_every_node_of_the_kind() {
    let tree = tree(|fdt| {
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        for (name, kind, reg) in [
            (
                "memory@80000000",
                "memory",
                &[0x8000_0000, 0x1000, 1 << 33, 1 << 31][..],
            ),
            ("pcie@10", "pci", &[0x10, 0x10]),
            ("memory@0", "memory", &[0, 1 << 30]),
        ] {
            let node = fdt.begin_node(name)?;
            fdt.property_string("device_type", kind)?;
            fdt.property_array_u64("reg", reg)?;
            // What lies deeper is a memory of somebody else's.
            let deeper = fdt.begin_node("memory@1")?;
            fdt.property_string("device_type", "memory")?;
            fdt.property_array_u64("reg", &[1, 1])?;
            fdt.end_node(deeper)?;
            fdt.end_node(node)?;
        }
        Ok(())
    });
    with(&tree, |tree| {
        let tree = tree.expect("a tree");
        let expected = [(0x8000_0000, 0x1000), (1 << 33, 1 << 31), (0, 1 << 30)];
        assert_eq!(tree.memory().collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_tree_with_chosen_alone_has_a_command_line_and_neither_console_nor_memory() {
    let tree = tree(|fdt| {
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("bootargs", "probe=0x9000000")?;
        fdt.end_node(chosen)
    });
    with(&tree, |tree| {
        let tree = tree.expect("a tree");
        assert_eq!(tree.command_line(), Some("probe=0x9000000"));
        assert_eq!(tree.console(), None);
        assert_eq!(tree.memory().count(), 0);
    });
}

#[test]
fn a_machine_without_psci_is_not_called() {
    for (nodes, may) in [
        (&["cpus"][..], false),
        (&["cpus", "psci"], true),
        (&["chosen"], true),
    ] {
        let tree = tree(|fdt| {
            nodes.iter().try_for_each(|name| {
                let node = fdt.begin_node(name)?;
                fdt.end_node(node)
            })
        });
        with(&tree, |tree| {
            assert_eq!(tree.expect("a tree").may_have_psci(), may, "{nodes:?}")
        });
    }
}

/// Wherever a byte is wrong: something is read or nothing, without a panic or an endless loop.
#[test]
fn a_damaged_tree_ends() {
    let tree = tree(|fdt| {
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "/serial@40")?;
        fdt.property_string("bootargs", "probe=0x9000000")?;
        fdt.end_node(chosen)?;
        let serial = fdt.begin_node("serial@40")?;
        fdt.property_string("compatible", "arm,pl011")?;
        fdt.property_array_u32("reg", &[0, 0x40, 0x1000])?;
        fdt.end_node(serial)
    });
    for at in 0..tree.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = tree.clone();
            damaged[at] ^= flip;
            with(&damaged, |tree| {
                if let Some(tree) = tree {
                    let _ = (tree.command_line(), tree.console(), tree.memory().count());
                    let _ = tree.may_have_psci();
                }
            });
        }
    }
}
