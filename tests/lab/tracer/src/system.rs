// SPDX-License-Identifier: MIT OR Apache-2.0

//! The system instructions that matter here, by their encoding (Arm ARM C4.1, C5).

/// What a system instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// `ISB`.
    Isb,
    /// `DMB`, for loads and stores alike, for the whole system.
    Dmb,
    /// `DSB`, for loads and stores alike.
    Dsb(Domain),
    /// A barrier that orders too little to be of use here: `DSB LD`, `DMB ISH`, `SB`, `CLREX`.
    LesserBarrier,
    /// `DC`.
    Dc(Dc),
    /// `IC`.
    Ic(Ic),
    /// `TLBI`.
    Tlbi(Tlbi),
    /// `MSR` to a system register.
    Msr(Register),
    /// `MSR` to a field of `PSTATE`.
    Pstate,
    /// Anything else.
    Other(u32),
}

/// For whom a `DSB` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// `SY`.
    FullSystem,
    /// `OSH`, `ISH`, `NSH`.
    Less,
}

/// Data cache maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dc {
    /// `IVAC`: invalidate by address to the Point of Coherency.
    Ivac,
    /// `CVAC`: clean.
    Cvac,
    /// `CIVAC`: clean and invalidate.
    Civac,
    /// `ZVA`: zeroes a block of memory.
    Zva,
    /// `ISW`, `CSW`, `CISW`.
    SetWay,
    /// To other points: `CVAU`, `CVAP`, `CVADP`.
    Other,
}

/// Instruction cache maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ic {
    /// `IALLU`: all of this CPU's.
    Iallu,
    /// `IALLUIS`, `IVAU`.
    Other,
}

/// Invalidation of translations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tlbi {
    /// `VMALLE1`.
    Vmalle1,
    /// `ALLE2`.
    Alle2,
    /// One that is sent to other CPUs.
    Broadcast,
    /// Any other.
    Other,
}

/// A system register by its duty at one exception level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// `SCTLR_ELx`.
    Sctlr(u64),
    /// `TTBR0_ELx`.
    Ttbr0(u64),
    /// `TTBR1_ELx`.
    Ttbr1(u64),
    /// `TCR_ELx`.
    Tcr(u64),
    /// `TCR2_ELx`.
    Tcr2(u64),
    /// `MAIR_ELx`.
    Mair(u64),
    /// `HCR_EL2`.
    Hcr,
    /// Another one.
    Other(u16),
}

/// Bits 20 to 5 of the instruction.
const fn encoding(op0: u16, op1: u16, crn: u16, crm: u16, op2: u16) -> u16 {
    op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

impl System {
    /// Takes an instruction of the system class apart.
    pub const fn decode(word: u32) -> Self {
        let key = (word >> 5) as u16;
        let (op0, crn, crm, op2) = (
            key >> 14 & 3,
            key >> 7 & 0xf,
            key as u8 >> 3 & 0xf,
            key as u8 & 7,
        );
        match (op0, crn) {
            (0, 3) => Self::barrier(crm, op2),
            (0, 4) => Self::Pstate,
            (1, 7) => Self::cache(key, word),
            (1, 8 | 9) => Self::Tlbi(Tlbi::decode(key)),
            (2 | 3, _) => Self::Msr(Register::decode(key)),
            _ => Self::Other(word),
        }
    }

    const fn barrier(crm: u8, op2: u8) -> Self {
        match (op2, crm) {
            (6, _) => Self::Isb,
            (4, 15) => Self::Dsb(Domain::FullSystem),
            (4, 3 | 7 | 11) => Self::Dsb(Domain::Less),
            (5, 15) => Self::Dmb,
            _ => Self::LesserBarrier,
        }
    }

    const fn cache(key: u16, word: u32) -> Self {
        const IALLU: u16 = encoding(1, 0, 7, 5, 0);
        const IALLUIS: u16 = encoding(1, 0, 7, 1, 0);
        const IVAU: u16 = encoding(1, 3, 7, 5, 1);
        const IVAC: u16 = encoding(1, 0, 7, 6, 1);
        const ISW: u16 = encoding(1, 0, 7, 6, 2);
        const CSW: u16 = encoding(1, 0, 7, 10, 2);
        const CISW: u16 = encoding(1, 0, 7, 14, 2);
        const ZVA: u16 = encoding(1, 3, 7, 4, 1);
        const CVAC: u16 = encoding(1, 3, 7, 10, 1);
        const CVAU: u16 = encoding(1, 3, 7, 11, 1);
        const CVAP: u16 = encoding(1, 3, 7, 12, 1);
        const CVADP: u16 = encoding(1, 3, 7, 13, 1);
        const CIVAC: u16 = encoding(1, 3, 7, 14, 1);
        match key {
            IALLU => Self::Ic(Ic::Iallu),
            IALLUIS | IVAU => Self::Ic(Ic::Other),
            IVAC => Self::Dc(Dc::Ivac),
            CVAC => Self::Dc(Dc::Cvac),
            CIVAC => Self::Dc(Dc::Civac),
            ZVA => Self::Dc(Dc::Zva),
            ISW | CSW | CISW => Self::Dc(Dc::SetWay),
            CVAU | CVAP | CVADP => Self::Dc(Dc::Other),
            _ => Self::Other(word),
        }
    }
}

impl Tlbi {
    const fn decode(key: u16) -> Self {
        const VMALLE1: u16 = encoding(1, 0, 8, 7, 0);
        const ALLE2: u16 = encoding(1, 4, 8, 7, 0);
        match (key, key >> 3 & 0xf) {
            (VMALLE1, _) => Self::Vmalle1,
            (ALLE2, _) => Self::Alle2,
            // The inner and the outer shareable ones.
            (_, 0..=3 | 5) => Self::Broadcast,
            _ => Self::Other,
        }
    }
}

impl Register {
    const fn decode(key: u16) -> Self {
        const HCR_EL2: u16 = encoding(3, 4, 1, 1, 0);
        let el = match key >> 11 & 7 {
            0 => 1,
            4 => 2,
            _ => return Self::Other(key),
        };
        // Without op1, which is the exception level.
        match key & !(7 << 11) {
            _ if key == HCR_EL2 => Self::Hcr,
            key if key == encoding(3, 0, 1, 0, 0) => Self::Sctlr(el),
            key if key == encoding(3, 0, 2, 0, 0) => Self::Ttbr0(el),
            key if key == encoding(3, 0, 2, 0, 1) => Self::Ttbr1(el),
            key if key == encoding(3, 0, 2, 0, 2) => Self::Tcr(el),
            key if key == encoding(3, 0, 2, 0, 3) => Self::Tcr2(el),
            key if key == encoding(3, 0, 10, 2, 0) => Self::Mair(el),
            _ => Self::Other(key),
        }
    }
}
