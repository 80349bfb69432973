// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pure half of the purgatory: every decision, and no access to the hardware.
//!
//! The symbols that `kexec` set in the image become a checked [`request::Request`]; the ID registers
//! become a [`cpu::Cpu`]; both together become page tables ([`paging`]), register values and a
//! digest. All of it is plain arithmetic without `unsafe`, so it is tested on the host. The image
//! (`src/main.rs`, `src/arch/`) adds registers, memory and ordering.
//!
//! From the symbols to page tables, and back by a walk:
//!
//! ```
//! use purgatory::abi::{RawRegion, RawSymbols};
//! use purgatory::cpu::{Cpu, IdRegisters};
//! use purgatory::paging::layout::{ImageParts, Layout};
//! use purgatory::paging::table::{self, VaBits};
//! use purgatory::paging::walk::{self, Fault};
//! use purgatory::request::Request;
//! # use purgatory::paging::{pool::TableSize, table::{Frames, Run}, walk::Tables};
//! # /// Tables from 0x7000_0000 on: (table, index) to descriptor.
//! # #[derive(Default)]
//! # struct Memory(u64, std::collections::BTreeMap<(u64, u64), u64>);
//! # impl Frames for Memory {
//! #     type Frame = u64;
//! #     fn allocate(&mut self, _: TableSize) -> Option<u64> {
//! #         self.0 += 0x1000;
//! #         Some(0x7000_0000 + self.0)
//! #     }
//! #     fn address(&self, frame: &u64) -> u64 { *frame }
//! #     fn write(&mut self, table: &mut u64, run: Run) {
//! #         let entry = |n| ((*table, run.index + n), run.descriptor + n * run.step);
//! #         self.1.extend((0..run.count).map(entry));
//! #     }
//! #     fn finish(&mut self, _: u64) {}
//! # }
//! # impl Tables for Memory {
//! #     fn read(&self, table: u64, index: u64) -> Option<u64> {
//! #         Some(*self.1.get(&(table, index)).unwrap_or(&0))
//! #     }
//! # }
//!
//! // EL1, 40 bits of physical address, 4 KiB granule.
//! let cpu = Cpu::new(&IdRegisters { current_el: 1 << 2, mmfr0: 2, ..IdRegisters::default() });
//! let at = 0x6000_0000;
//! let (rodata, guard, stack, pool) = (at + 0x3000, at + 0x4000, at + 0x5000, at + 0x7000);
//! let image = ImageParts { text: at, rodata, guard, stack, pool };
//! let own = image.region(cpu.pa_range).unwrap();
//!
//! // What a loader sets: one region of 2 MiB, with the kernel and the device tree in it.
//! let mut raw = RawSymbols { arm64_kernel_entry: 0x4000_0000, ..RawSymbols::default() };
//! raw.arm64_dtb_addr = 0x401f_0000;
//! raw.sha256_regions[0] = RawRegion { start: 0x4000_0000, len: 0x20_0000 };
//! let request = Request::new(&raw, &own, cpu.pa_range).unwrap();
//! let check = request.check.unwrap();
//!
//! // Identity tables for the image and the region. `Memory` implements `Frames` and `Tables`.
//! let mut memory = Memory::default();
//! let layout = Layout::new(&image, check.regions());
//! let va_bits = VaBits::of(&cpu, &layout).unwrap();
//! let map = table::build(cpu.regime, va_bits, &layout, &mut memory).unwrap();
//!
//! // A walk finds the region mapped to itself, and not the page below the stack.
//! let walk = |address| walk::translate(map.va_bits(), map.root(), &memory, address);
//! assert_eq!(walk(raw.arm64_dtb_addr).unwrap().address, raw.arm64_dtb_addr);
//! assert_eq!(walk(image.guard), Err(Fault::Translation { level: 3 }));
//! ```

#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod words;

pub mod abi;
pub mod control;
pub mod cpu;
pub mod digest;
pub mod paging;
pub mod part;
pub mod region;
pub mod report;
pub mod request;
pub mod sink;
pub mod translation;
