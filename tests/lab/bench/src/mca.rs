// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a stretch of machine code costs on a CPU that is not here: `llvm-mca`.

use std::io::Write;
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};

use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol};

/// The CPUs that are asked for: in-order ones, that of the Raspberry Pi 4, and two of servers.
pub const CPUS: [&str; 5] = [
    "cortex-a53",
    "cortex-a55",
    "cortex-a72",
    "neoverse-n1",
    "neoverse-v1",
];

/// Consecutive instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(Vec<u32>);

impl Code {
    /// Takes a function out of an ELF file.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn function(elf: &[u8], name: &str) -> Result<Self, String> {
        let elf: ElfFile64 = ElfFile64::parse(elf).map_err(|error| error.to_string())?;
        let mut symbols = elf.symbols();
        let symbol = symbols
            .find(|symbol| symbol.name() == Ok(name))
            .ok_or(format!("there is no function {name}"))?;
        let section = symbol.section_index().ok_or(format!("{name} is nowhere"))?;
        let section = elf
            .section_by_index(section)
            .map_err(|error| error.to_string())?;
        let data = section.data().map_err(|error| error.to_string())?;
        let from = (symbol.address() - section.address()) as usize;
        let bytes = data.get(from..from + symbol.size() as usize);
        let words = bytes
            .ok_or(format!("{name} is cut short"))?
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        Ok(Self(words.collect()))
    }

    /// Takes the loop out of it: from where the first conditional branch backward goes, to that
    /// branch.
    ///
    /// # Errors
    /// When there is no loop.
    pub fn the_loop(self) -> Result<Self, String> {
        // 19 signed bits in words.
        let range = self.back(|word| (word >> 24 == 0x54).then_some((word as i32) << 8 >> 13))?;
        Ok(Self(self.0[range].to_vec()))
    }

    /// As it is executed: the loop in it that ends with TBZ or TBNZ this many times.
    ///
    /// # Errors
    /// When there is no such loop.
    pub fn unrolled(mut self, times: usize) -> Result<Self, String> {
        // 14 signed bits in words.
        let range = self.back(|word| {
            (word & 0x7e00_0000 == 0x3600_0000).then_some((word as i32) << 13 >> 18)
        })?;
        let turns = self.0[range.clone()].repeat(times);
        self.0.splice(range, turns);
        Ok(self)
    }

    /// From where the first branch backward goes, to that branch. How far a word goes, if it is one
    /// that counts, the function tells.
    fn back(&self, how_far: fn(u32) -> Option<i32>) -> Result<RangeInclusive<usize>, String> {
        let mut branches = self.0.iter().enumerate().filter_map(|(at, &word)| {
            let head = at.checked_add_signed(how_far(word)? as isize)?;
            (head < at).then_some(head..=at)
        });
        branches.next().ok_or("there is no loop".into())
    }

    /// Counts the instructions.
    pub fn instructions(&self) -> usize {
        self.0.len()
    }

    /// Counts loads and stores, in units of at most 16 bytes (Arm ARM C4.1, "Loads and Stores").
    /// What only asks the cache for memory is none of them.
    pub fn accesses(&self) -> usize {
        let units = |&word: &u32| match word {
            _ if word & 0x0a00_0000 != 0x0800_0000 => 0,
            // PRFM with an immediate offset, scaled or not.
            _ if word & 0xffc0_0000 == 0xf980_0000 || word & 0xffe0_0c00 == 0xf880_0000 => 0,
            // LD1 and ST1 of whole registers, by the field that tells how many.
            _ if word & 0xbf00_0000 == 0x0c00_0000 => match word >> 12 & 0xf {
                0b0010 => 4,
                0b0110 => 3,
                0b1010 => 2,
                _ => 1,
            },
            // Pairs of 16-byte registers.
            _ if word & 0xfe00_0000 == 0xac00_0000 => 2,
            _ => 1,
        };
        self.0.iter().map(units).sum()
    }
}

/// `llvm-mca` and the disassembler that comes with it.
#[derive(Clone, Debug)]
pub struct Mca {
    suffix: String,
}

impl Mca {
    /// Finds the newest there is.
    ///
    /// # Errors
    /// When there is none; the message tells how to get one.
    pub fn find() -> Result<Self, String> {
        let versions = (14..50).rev().map(|version| format!("-{version}"));
        let there = |suffix: &String| {
            let program = |name: &str| {
                let mut command = Command::new(format!("{name}{suffix}"));
                let command = command.arg("--version").stdout(Stdio::null());
                command.status().is_ok_and(|status| status.success())
            };
            program("llvm-mca") && program("llvm-mc")
        };
        let suffix = versions.chain([String::new()]).find(there);
        suffix.map(|suffix| Self { suffix }).ok_or(
            "no llvm-mca: `apt-get install llvm-22`, or the newest that `apt-cache search llvm-` \
             shows"
                .into(),
        )
    }

    /// Returns its version, in words.
    ///
    /// # Errors
    /// When it does not say.
    pub fn version(&self) -> Result<String, String> {
        let text = self.run("llvm-mca", &["--version"], "")?;
        let line = text.lines().find(|line| line.contains("version"));
        Ok(line.unwrap_or("llvm-mca").trim().to_string())
    }

    /// Models the cycles of one pass through the code on this CPU, when it runs again and again
    /// with its data in the nearest cache.
    ///
    /// # Errors
    /// When the tools do not know the code or the CPU.
    pub fn cycles(&self, code: &Code, cpu: &str) -> Result<f64, String> {
        const TURNS: [u64; 2] = [20, 120];
        let bytes = code.0.iter().flat_map(|word| word.to_le_bytes());
        let bytes: Vec<String> = bytes.map(|byte| format!("{byte:#04x}")).collect();
        let target = "-triple=aarch64";
        let assembly = self.run(
            "llvm-mc",
            &["--disassemble", target, "-mattr=+sha2"],
            &bytes.join(" "),
        )?;
        let cpu = format!("-mcpu={cpu}");
        let mut totals = [0; 2];
        for (turns, total) in TURNS.into_iter().zip(&mut totals) {
            let turns = format!("-iterations={turns}");
            let options = ["-mtriple=aarch64", &cpu, &turns];
            let report = self.run("llvm-mca", &options, &assembly)?;
            let line = report
                .lines()
                .find_map(|line| line.strip_prefix("Total Cycles:"));
            *total = line
                .and_then(|cycles| cycles.trim().parse().ok())
                .ok_or("llvm-mca has said nothing of cycles")?;
        }
        // What it takes to get going is not what is asked for.
        Ok((totals[1] - totals[0]) as f64 / (TURNS[1] - TURNS[0]) as f64)
    }

    fn run(&self, tool: &str, options: &[&str], input: &str) -> Result<String, String> {
        let program = format!("{tool}{}", self.suffix);
        let text = |error: std::io::Error| format!("{program}: {error}");
        let mut child = Command::new(&program)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        // Both tools read all before they write.
        let mut stdin = child.stdin.take().ok_or("no standard input")?;
        stdin.write_all(input.as_bytes()).map_err(text)?;
        drop(stdin);
        let output = child.wait_with_output().map_err(text)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.success() && !errors.contains("invalid instruction") {
            Ok(String::from_utf8_lossy(&output.stdout).into())
        } else {
            Err(format!("{program}: {errors}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_ends_with_the_branch_back() {
        // nop; nop; b.lo to the second; ret.
        let code = Code(vec![0xd503_201f, 0xd503_201f, 0x54ff_ffe3, 0xd65f_03c0]);
        assert_eq!(code.the_loop(), Ok(Code(vec![0xd503_201f, 0x54ff_ffe3])));
    }

    #[test]
    fn a_branch_forward_is_no_loop() {
        // nop; b.lo to the last; nop.
        let code = Code(vec![0xd503_201f, 0x5400_0023, 0xd503_201f]);
        assert!(code.the_loop().is_err());
    }

    #[test]
    fn a_loop_in_the_loop_is_unrolled() {
        // nop; ret; tbnz w0, #0 to the second; b.lo to the first.
        let code = Code(vec![0xd503_201f, 0xd65f_03c0, 0x3707_ffe0, 0x54ff_ffa3]);
        let unrolled = [
            0xd503_201f,
            0xd65f_03c0,
            0x3707_ffe0,
            0xd65f_03c0,
            0x3707_ffe0,
            0x54ff_ffa3,
        ];
        assert_eq!(code.clone().the_loop(), Ok(code.clone()));
        assert_eq!(code.unrolled(2), Ok(Code(unrolled.to_vec())));
        assert!(Code(vec![0xd503_201f, 0x54ff_ffe3]).unrolled(2).is_err());
    }

    #[test]
    fn accesses_are_counted_in_units_of_16_bytes() {
        for (accesses, word) in [
            // ld1 {v10.4s-v13.4s}, [x3]; ld1 {v0.4s, v1.4s}, [x0].
            (4, 0x4c40_286a),
            (2, 0x4c40_a800),
            // ldp x11, x13, [x1], #64; stp q0, q1, [sp]; ldrb w0, [x1].
            (1, 0xa8c4_342b),
            (2, 0xad00_07e0),
            (1, 0x3940_0020),
            // sha256h q0, q1, v8.4s; add x1, x1, #64; b.lo.
            (0, 0x5e08_4020),
            (0, 0x9101_0021),
            (0, 0x54ff_ffe3),
            // prfm pldl1strm, [x5]; prfum pldl1keep, [x1, #-1].
            (0, 0xf980_00a1),
            (0, 0xf89f_f020),
        ] {
            assert_eq!(Code(vec![word]).accesses(), accesses, "{word:#010x}");
        }
    }
}
