// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of CPUs (Linux, `arch/arm64/include/asm/cputype.h`).

use core::fmt;

/// `MIDR_EL1`, by which a CPU tells what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Midr(pub u64);

impl Midr {
    const fn implementer(self) -> u64 {
        self.0 >> 24 & 0xff
    }

    const fn part(self) -> u64 {
        self.0 >> 4 & 0xfff
    }

    /// Returns the CPU's name, where it is known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let is_it = |&&(implementer, part, _): &&(u64, u64, _)| {
            (implementer, part) == (self.implementer(), self.part())
        };
        NAMES.iter().find(is_it).map(|&(_, _, name)| name)
    }
}

/// As "Arm Cortex-A72 r0p3".
impl fmt::Display for Midr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}")?,
            None => write!(
                f,
                "implementer {:#04x} part {:#05x}",
                self.implementer(),
                self.part()
            )?,
        }
        write!(f, " r{}p{}", self.0 >> 20 & 0xf, self.0 & 0xf)
    }
}

/// Implementer, part, name.
const NAMES: &[(u64, u64, &str)] = &[
    // What QEMU calls `max`.
    (0x00, 0x051, "QEMU max"),
    (0x41, 0xd02, "Arm Cortex-A34"),
    (0x41, 0xd03, "Arm Cortex-A53"),
    (0x41, 0xd04, "Arm Cortex-A35"),
    (0x41, 0xd05, "Arm Cortex-A55"),
    (0x41, 0xd06, "Arm Cortex-A65"),
    (0x41, 0xd07, "Arm Cortex-A57"),
    (0x41, 0xd08, "Arm Cortex-A72"),
    (0x41, 0xd09, "Arm Cortex-A73"),
    (0x41, 0xd0a, "Arm Cortex-A75"),
    (0x41, 0xd0b, "Arm Cortex-A76"),
    (0x41, 0xd0c, "Arm Neoverse N1"),
    (0x41, 0xd0d, "Arm Cortex-A77"),
    (0x41, 0xd0e, "Arm Cortex-A76AE"),
    (0x41, 0xd40, "Arm Neoverse V1"),
    (0x41, 0xd41, "Arm Cortex-A78"),
    (0x41, 0xd42, "Arm Cortex-A78AE"),
    (0x41, 0xd44, "Arm Cortex-X1"),
    (0x41, 0xd46, "Arm Cortex-A510"),
    (0x41, 0xd47, "Arm Cortex-A710"),
    (0x41, 0xd48, "Arm Cortex-X2"),
    (0x41, 0xd49, "Arm Neoverse N2"),
    (0x41, 0xd4a, "Arm Neoverse E1"),
    (0x41, 0xd4b, "Arm Cortex-A78C"),
    (0x41, 0xd4c, "Arm Cortex-X1C"),
    (0x41, 0xd4d, "Arm Cortex-A715"),
    (0x41, 0xd4e, "Arm Cortex-X3"),
    (0x41, 0xd4f, "Arm Neoverse V2"),
    (0x41, 0xd80, "Arm Cortex-A520"),
    (0x41, 0xd81, "Arm Cortex-A720"),
    (0x41, 0xd82, "Arm Cortex-X4"),
    (0x41, 0xd83, "Arm Neoverse V3AE"),
    (0x41, 0xd84, "Arm Neoverse V3"),
    (0x41, 0xd85, "Arm Cortex-X925"),
    (0x41, 0xd87, "Arm Cortex-A725"),
    (0x41, 0xd8e, "Arm Neoverse N3"),
    (0x42, 0x516, "Broadcom Vulcan"),
    (0x43, 0x0a1, "Cavium ThunderX"),
    (0x43, 0x0a2, "Cavium ThunderX 81xx"),
    (0x43, 0x0a3, "Cavium ThunderX 83xx"),
    (0x43, 0x0af, "Cavium ThunderX2"),
    (0x46, 0x001, "Fujitsu A64FX"),
    (0x48, 0xd01, "HiSilicon TSV110"),
    (0x4e, 0x003, "NVIDIA Denver"),
    (0x4e, 0x004, "NVIDIA Carmel"),
    (0x50, 0x000, "Applied Micro X-Gene"),
    (0x51, 0x800, "Qualcomm Kryo 2xx Gold"),
    (0x51, 0x801, "Qualcomm Kryo 2xx Silver"),
    (0x51, 0x802, "Qualcomm Kryo 3xx Gold"),
    (0x51, 0x803, "Qualcomm Kryo 3xx Silver"),
    (0x51, 0x804, "Qualcomm Kryo 4xx Gold"),
    (0x51, 0x805, "Qualcomm Kryo 4xx Silver"),
    (0x51, 0xc00, "Qualcomm Falkor"),
    (0x61, 0x022, "Apple M1 Icestorm"),
    (0x61, 0x023, "Apple M1 Firestorm"),
    (0x6d, 0xd49, "Microsoft Azure Cobalt 100"),
    (0xc0, 0xac3, "Ampere-1"),
    (0xc0, 0xac4, "Ampere-1A"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_cpu_is_named_with_its_revision() {
        assert_eq!(Midr(0x410f_d083).to_string(), "Arm Cortex-A72 r0p3");
        assert_eq!(Midr(0x414f_d0c1).to_string(), "Arm Neoverse N1 r4p1");
    }

    #[test]
    fn one_that_is_not_known_is_told_by_its_numbers() {
        assert_eq!(
            Midr(0x7f2f_abc5).to_string(),
            "implementer 0x7f part 0xabc r2p5"
        );
    }

    #[test]
    fn no_name_stands_in_the_list_twice() {
        for (index, (implementer, part, name)) in NAMES.iter().enumerate() {
            for (other_implementer, other_part, other) in &NAMES[..index] {
                assert_ne!((implementer, part), (other_implementer, other_part));
                assert_ne!(name, other);
            }
        }
    }
}
