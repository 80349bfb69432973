// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program that does each case: loads all registers, executes the instruction, stores all of them
//! where they were. Its memory is a file, which is written before and read afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use purgatory_test_harness::boot::RAM;
use purgatory_test_harness::qemu::{Qemu, Stopped, option_value};
use purgatory_test_harness::this_test;
use purgatory_test_proof::encoding::Encoded;

use super::case::{self, Case};

/// Where the program begins, with the vectors; where its code does; where the cases are.
const VECTORS: u64 = RAM + 0x20_0000;
pub const CODE: u64 = VECTORS + 0x800;
pub const CASES: u64 = RAM + 0x400_0000;
/// What the program stores at its end.
const DONE_AT: u64 = CASES - 8;
const DONE: u64 = 1;

const NOP: u32 = 0xd503_201f;
const MOV_X0_0: u32 = 0xd280_0000;

/// One instruction, and its cases.
pub struct Block {
    word: u32,
    /// Where its code is, and where its cases are.
    code: u64,
    cases: u64,
    count: usize,
}

/// The guest's memory.
pub struct Memory(Vec<u8>);

impl Memory {
    fn place(&mut self, at: u64, bytes: &[u8]) {
        self.0[(at - RAM) as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    pub fn put(&mut self, at: u64, value: u64) {
        self.place(at, &value.to_le_bytes());
    }

    pub fn get(&self, at: u64) -> u64 {
        let bytes = self.0[(at - RAM) as usize..].first_chunk();
        u64::from_le_bytes(*bytes.expect("memory"))
    }
}

pub fn is_branch(code: Encoded) -> bool {
    matches!(code.name, "b.lo" | "tbnz w")
}

/// A branch only goes over one instruction.
pub fn over_one(word: u32) -> u32 {
    match Encoded::new(word).map(|code| code.name) {
        Some("b.lo") => word & !0x00ff_ffe0 | 2 << 5,
        Some("tbnz w") => word & !0x0007_ffe0 | 2 << 5,
        _ => word,
    }
}

impl Block {
    /// Makes one after another.
    pub fn after(last: Option<&Self>, word: u32, count: usize) -> Self {
        Self {
            word,
            code: last.map_or(CODE, |last| last.code + 4 * last.program().0.len() as u64),
            cases: last.map_or(CASES, Self::end),
            count,
        }
    }

    fn end(&self) -> u64 {
        self.cases + case::stride(self.word) * self.count as u64
    }

    pub fn cases(&self) -> impl Iterator<Item = Case> {
        let (_, pc) = self.program();
        let places = (self.cases..self.end()).step_by(case::stride(self.word) as usize);
        places
            .zip(1..)
            .map(move |(at, seed)| Case::new(self.word, pc, at, seed))
    }

    /// Returns the code, and the place of the instruction in it. `TPIDR_EL0` is the case,
    /// `TPIDRRO_EL0` the end of them.
    fn program(&self) -> (Vec<u32>, u64) {
        let mut code = vec![];
        for (register, value) in [(0xd51b_d040, self.cases), (0xd51b_d060, self.end())] {
            code.extend(mov(0, value));
            code.push(register);
        }
        let head = code.len();
        code.push(0xd53b_d05e); // MRS X30, TPIDR_EL0
        code.extend((0..32).map(|t| vector(true, t, 30)));
        code.extend([general(true, 0, 30, case::FLAGS), 0xd51b_4200]); // MSR NZCV, X0
        code.extend([general(true, 0, 30, case::X + 8 * 31), 0x9100_001f]); // MOV SP, X0
        code.extend((0..31).map(|t| general(true, t, 30, case::X + 8 * u64::from(t))));
        let pc = self.code + 4 * code.len() as u64;
        let is_branch = Encoded::new(self.word).is_some_and(is_branch);
        code.extend([self.word, if is_branch { MOV_X0_0 } else { NOP }]);
        code.extend([0xd518_d080, 0xd53b_d040]); // MSR TPIDR_EL1, X0; MRS X0, TPIDR_EL0
        code.extend((1..31).map(|t| general(false, t, 0, case::X + 8 * u64::from(t))));
        code.extend([0xd538_d081, general(false, 1, 0, case::X)]); // MRS X1, TPIDR_EL1
        code.extend([0x9100_03e1, general(false, 1, 0, case::X + 8 * 31)]); // MOV X1, SP
        code.extend([0xd53b_4201, general(false, 1, 0, case::FLAGS)]); // MRS X1, NZCV
        code.extend((0..32).map(|t| vector(false, t, 0)));
        code.push(0x9100_0000 | (case::stride(self.word) as u32) << 10); // ADD X0, X0, #…
        code.extend([0xd51b_d040, 0xd53b_d061, 0xeb01_001f]); // the next one; CMP X0, X1
        let back = head as i32 - code.len() as i32;
        code.push(0x5400_0003 | (back as u32 & 0x7_ffff) << 5); // B.LO
        (code, pc)
    }
}

/// `MOVZ` and `MOVK`.
fn mov(d: u32, value: u64) -> [u32; 2] {
    let halves = [(0xd280_0000, value), (0xf2a0_0000, value >> 16)];
    halves.map(|(code, half)| code | (half as u32 & 0xffff) << 5 | d)
}

/// `LDR` or `STR` of a general register.
fn general(load: bool, t: u32, n: u32, at: u64) -> u32 {
    0xf900_0000 | u32::from(load) << 22 | (at as u32 / 8) << 10 | n << 5 | t
}

/// Returns the same of a vector register, where a case has it.
fn vector(load: bool, t: u32, n: u32) -> u32 {
    let at = case::V as u32 + 16 * t;
    0x3d80_0000 | u32::from(load) << 22 | (at / 16) << 10 | n << 5 | t
}

/// Returns all of it. An exception ends the machine as well, but without a sign that it is done.
fn program(blocks: &[Block]) -> (Vec<u32>, u64) {
    let off = [0xd2b0_8000, 0xf280_0100, 0xd400_0002]; // PSCI SYSTEM_OFF by HVC
    let mut code: Vec<u32> = vec![];
    while code.len() < 0x800 / 4 {
        code.extend(off);
        code.resize(code.len().next_multiple_of(0x80 / 4), NOP);
    }
    code.extend(blocks.iter().flat_map(|block| block.program().0));
    code.extend(mov(0, DONE_AT));
    code.extend([0xd280_0021, general(false, 1, 0, 0)]); // MOV X1, #1
    code.extend(off);
    let entry = VECTORS + 4 * code.len() as u64;
    code.extend(mov(0, VECTORS));
    code.push(0xd518_c000); // MSR VBAR_EL1, X0
    code.extend([0xd2a0_0600, 0xd518_1040, 0xd503_3fdf]); // CPACR_EL1.FPEN; ISB
    let back = (CODE as i64 - (VECTORS + 4 * code.len() as u64) as i64) / 4;
    code.push(0x1400_0000 | back as u32 & 0x3ff_ffff); // B
    (code, entry)
}

/// Does all cases, and returns memory as it is then.
pub fn run(blocks: &[Block]) -> Result<Memory, String> {
    let size = blocks.last().map_or(CASES, Block::end) - RAM;
    let size = size.next_multiple_of(1 << 20);
    let mut memory = Memory(vec![0; size as usize]);
    let (code, entry) = program(blocks);
    if VECTORS + 4 * code.len() as u64 > DONE_AT {
        return Err("the program does not fit".into());
    }
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.place(VECTORS, &code);
    let cases = blocks.iter().flat_map(Block::cases);
    cases.for_each(|case| case.put(&mut memory));

    let file = File::new();
    let text = |error: std::io::Error| format!("{}: {error}", file.0.display());
    fs::create_dir_all(file.0.parent().unwrap_or(Path::new("."))).map_err(text)?;
    fs::write(&file.0, &memory.0).map_err(text)?;
    let path = option_value(&file.0);
    let backend = format!("memory-backend-file,id=ram,share=on,size={size},mem-path={path}");
    let outcome = Qemu::new("virt,gic-version=2,memory-backend=ram")
        .cpu("max")
        .memory(&format!("{}M", size >> 20))
        .args(["-object", &backend])
        .args(["-device", &format!("loader,addr={entry:#x},cpu-num=0")])
        .run(&[])
        .map_err(|error| error.to_string())?;
    memory.0 = fs::read(&file.0).map_err(text)?;
    let exited = matches!(outcome.stopped_by, Stopped::Exit(status) if status.success());
    if exited && memory.get(DONE_AT) == DONE {
        Ok(memory)
    } else {
        Err(format!("the guest has not come to its end\n{outcome}"))
    }
}

/// What QEMU has for memory. It goes away.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proof");
        Self(folder.join(this_test::file_name()).with_extension("memory"))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What cannot be removed is overwritten by the next run.
        let _ = fs::remove_file(&self.0);
    }
}
