// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the device tree tells (Devicetree Specification 0.4): the command line, the console, memory.
//!
//! The crate `dtb` reads its format; paths, cells and `ranges` are told apart here.

use dtb::{Reader, StructItem, StructItems};

use crate::port::Port;

/// A device tree.
#[derive(Debug)]
pub struct DeviceTree<'a> {
    reader: Reader<'a>,
}

/// A node, by what stands in it.
#[derive(Clone, Debug)]
struct Node<'a> {
    items: StructItems<'a>,
    /// Cells of an address and of a size in its `reg`: its parent tells.
    cells: Cells,
}

/// `#address-cells` and `#size-cells`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cells {
    address: usize,
    size: usize,
}

/// What is so where a node does not tell (2.3.5).
const DEFAULT: Cells = Cells {
    address: 2,
    size: 1,
};

impl<'a> DeviceTree<'a> {
    /// Reads a device tree; `None` where that is not one.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let reader = Reader::read(bytes).ok()?;
        Some(Self { reader })
    }

    fn root(&self) -> Option<Node<'a>> {
        let mut items = self.reader.struct_items();
        items.next().filter(StructItem::is_begin_node)?;
        Some(Node {
            items,
            cells: DEFAULT,
        })
    }

    /// Returns the kernel's command line.
    #[must_use]
    pub fn command_line(&self) -> Option<&'a str> {
        text(self.root()?.child("chosen")?.property("bootargs")?)
    }

    /// Returns the console, if it is a UART that is known.
    #[must_use]
    pub fn console(&self) -> Option<Port> {
        let root = self.root()?;
        let chosen = root.child("chosen")?;
        // The second is what it was called before.
        let path = chosen
            .property("stdout-path")
            .or_else(|| chosen.property("linux,stdout-path"));
        let path = text(path?)?.split(':').next()?;
        let path = if path.starts_with('/') {
            path
        } else {
            text(root.child("aliases")?.property(path)?)?
        };
        let (node, base) = root.find(path.trim_start_matches('/'))?;
        let number = |name| Some(cells(node.property(name)?, 1)?.0 as u32);
        let compatible = node.property("compatible").unwrap_or_default();
        let base = base + u64::from(number("reg-offset").unwrap_or(0));
        let mut names = compatible.split(|byte| *byte == 0);
        names.find_map(|name| Port::new(name, base, number("reg-shift"), number("reg-io-width")))
    }

    /// Returns whether firmware may be called by PSCI: where it has none, a call can hang. A tree that
    /// describes no machine does not tell; then ACPI does, which asks for PSCI.
    #[must_use]
    pub fn may_have_psci(&self) -> bool {
        let child = |name| self.root().and_then(|root| root.child(name));
        child("psci").is_some() || child("cpus").is_none()
    }

    /// Returns where memory is, and how many bytes.
    pub fn memory(&self) -> impl Iterator<Item = (u64, u64)> {
        let is_memory = |node: &Node<'a>| node.property("device_type") == Some(b"memory\0");
        let nodes = self.root().into_iter().flat_map(|root| root.children());
        let nodes = nodes.map(|(_, node)| node).filter(is_memory);
        nodes.flat_map(|node| {
            let mut reg = node.property("reg").unwrap_or_default();
            core::iter::from_fn(move || {
                let (start, rest) = cells(reg, node.cells.address)?;
                let (len, rest) = cells(rest, node.cells.size)?;
                reg = rest;
                Some((start, len))
            })
        })
    }
}

impl<'a> Node<'a> {
    fn property(&self, wanted: &str) -> Option<&'a [u8]> {
        // Properties come before nodes.
        self.items
            .clone()
            .map_while(|item| match item {
                StructItem::Property { name, value } => Some((name, value)),
                _ => None,
            })
            .find_map(|(name, value)| (name == wanted).then_some(value))
    }

    /// Returns what is so for the nodes below.
    fn cells_below(&self) -> Cells {
        let number = |name| Some(cells(self.property(name)?, 1)?.0 as usize);
        Cells {
            address: number("#address-cells").unwrap_or(DEFAULT.address),
            size: number("#size-cells").unwrap_or(DEFAULT.size),
        }
    }

    /// Returns the nodes right below, each with its name.
    fn children(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let (mut items, cells) = (self.items.clone(), self.cells_below());
        let mut depth = 0_u32;
        core::iter::from_fn(move || {
            loop {
                match items.next()? {
                    StructItem::BeginNode { name } => {
                        depth += 1;
                        if depth == 1 {
                            let items = items.clone();
                            return Some((name, Node { items, cells }));
                        }
                    }
                    StructItem::EndNode => depth = depth.checked_sub(1)?,
                    StructItem::Property { .. } => {}
                }
            }
        })
    }

    /// Returns the node right below of this name, with its unit address or without.
    fn child(&self, wanted: &str) -> Option<Self> {
        let is_it = |name: &str| name == wanted || name.split('@').next() == Some(wanted);
        self.children()
            .find_map(|(name, node)| is_it(name).then_some(node))
    }

    /// Returns the node at this path below, and the physical address of its first registers: each node
    /// on the way tells by `ranges` what an address below is for the one above.
    fn find(&self, path: &str) -> Option<(Self, u64)> {
        match path.split_once('/') {
            None => {
                let node = self.child(path)?;
                let (address, _) = cells(node.property("reg")?, node.cells.address)?;
                Some((node, address))
            }
            Some((name, rest)) => {
                let bus = self.child(name)?;
                let (node, address) = bus.find(rest)?;
                Some((node, bus.translate(address)?))
            }
        }
    }

    /// Returns what an address of the nodes below is for the node above; `None` where it is nothing.
    fn translate(&self, address: u64) -> Option<u64> {
        let mut ranges = self.property("ranges")?;
        if ranges.is_empty() {
            return Some(address);
        }
        let below = self.cells_below();
        while let Some((from, rest)) = cells(ranges, below.address) {
            let (to, rest) = cells(rest, self.cells.address)?;
            let (len, rest) = cells(rest, below.size)?;
            let offset = address.wrapping_sub(from);
            if offset < len {
                return to.checked_add(offset);
            }
            ranges = rest;
        }
        None
    }
}

/// Returns the number in the first `count` cells, and what follows them. Of more than two cells the last
/// two count: in front of these a bus of PCI has flags.
fn cells(bytes: &[u8], count: usize) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_at_checked(count.checked_mul(4)?)?;
    if first.is_empty() && bytes.is_empty() {
        return None;
    }
    let number = first
        .iter()
        .fold(0, |sum: u64, &byte| sum << 8 | u64::from(byte));
    Some((number, rest))
}

fn text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes.strip_suffix(&[0])?).ok()
}

#[cfg(test)]
mod tests;
