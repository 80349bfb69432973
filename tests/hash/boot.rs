// SPDX-License-Identifier: MIT OR Apache-2.0

//! Gives the list to the guest, in memory that is a file here, and reads the answers from it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use purgatory_test_harness::boot::{RAM, UART, usual_cpu};
use purgatory_test_harness::executable::executable;
use purgatory_test_harness::guest::Guest;
use purgatory_test_harness::jobs::{ANSWERS, Answer, INSTRUCTIONS, JOBS, Job};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::qemu::{Outcome, Qemu, Stopped, option_value};
use purgatory_test_harness::zerocopy::IntoBytes;
use purgatory_test_harness::{Briefing, Piece, Regime, entry_state, this_test};

use crate::cases;
use crate::messages::{END, MESSAGES, Messages};

const BRIEFING_AT: u64 = 0x4080_0000;
const GUEST_AT: u64 = 0x4081_0000;
const JOBS_AT: u64 = 0x4100_0000;
const ANSWERS_AT: u64 = 0x4300_0000;
/// The machine's memory, in MiB.
const MEMORY: u64 = (END - RAM) >> 20;

/// Wrong answers that are told one by one.
const TOLD: usize = 5;

/// `FPEN` of `CPACR_EL1`, and of `CPTR_EL2` with E2H = 1: everything traps, only EL0 does, nothing
/// does; and `CPTR_EL2` with E2H = 0, what is RES1 in it with and without `TFP`. Each with a bit
/// that is not about FP: `TTA`, which traps the trace unit.
fn traps(regime: Regime) -> Vec<u64> {
    match regime {
        Regime::El1And0 | Regime::El2And0 => vec![0, 1 << 20, 3 << 20 | 1 << 28, 2 << 20 | 1 << 28],
        Regime::El2 => vec![0x37ff, 0x33ff, 0x33ff | 1 << 20, 0x37ff | 1 << 20],
    }
}

/// Runs all cases in this regime.
pub fn check(regime: Regime, guest: &str) {
    let memory = cases::all();
    let states = traps(regime);
    let jobs: Vec<_> = memory
        .cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| case.jobs(states[index % states.len()]))
        .collect();
    assert!(JOBS_AT + size_of_val(&*jobs) as u64 <= ANSWERS_AT);
    assert!(ANSWERS_AT + size_of::<Answer>() as u64 * jobs.len() as u64 <= MESSAGES);
    let files = Files::new();
    let (outcome, answers) = run(&files, guest, regime, &memory, &jobs)
        .unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    assert!(
        matches!(outcome.stopped_by, Stopped::Exit(status) if status.code() == Some(0)),
        "the guest has not come to its end\n{}\n{outcome}",
        this_test::alone()
    );

    let wrong: Vec<_> = jobs
        .iter()
        .zip(&answers)
        .enumerate()
        .filter_map(|(index, (job, answer))| {
            let case = &memory.cases[index / 2];
            let right =
                case.digest == answer.digest && job.traps == answer.traps && answer.vectors == 0;
            let path = if job.path == INSTRUCTIONS {
                "SHA2 instructions"
            } else {
                "software"
            };
            (!right).then(|| {
                format!(
                    "{path}, {}:\n  expected {:02x?}, traps {:#x}, vectors 0\n  got      {:02x?}, \
                     traps {:#x}, vectors {:#x}\n",
                    case.name, case.digest, job.traps, answer.digest, answer.traps, answer.vectors
                )
            })
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} answers are wrong:\n{}\n{}\n{outcome}",
        wrong.len(),
        jobs.len(),
        wrong[..wrong.len().min(TOLD)].concat(),
        this_test::alone()
    );
}

/// The files that QEMU reads and that it has for memory. They go away.
pub struct Files {
    program: PathBuf,
    memory: PathBuf,
}

impl Files {
    pub fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("hash")
            .join(this_test::file_name());
        Self {
            program: path.with_extension("elf"),
            memory: path.with_extension("memory"),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed is overwritten by the next run.
        let _ = fs::remove_file(&self.program);
        let _ = fs::remove_file(&self.memory);
    }
}

fn run(
    files: &Files,
    guest: &str,
    regime: Regime,
    memory: &Messages,
    jobs: &[Job],
) -> Result<(Outcome, Vec<Answer>), String> {
    let mut answers = vec![Answer::default(); jobs.len()];
    let lists = [
        Piece::new(JOBS, JOBS_AT, &[], size_of_val(jobs) as u64),
        Piece::new(ANSWERS, ANSWERS_AT, &[], size_of_val(&*answers) as u64),
    ];
    let segments = [
        Segment::ragged("jobs", JOBS_AT, jobs.as_bytes().to_vec()),
        Segment::ragged("messages", MESSAGES, memory.bytes.clone()),
    ];
    let outcome = boot(files, guest, regime, &lists, &segments)?;
    File::open(&files.memory)
        .and_then(|file| file.read_exact_at(answers.as_mut_bytes(), ANSWERS_AT - RAM))
        .map_err(|error| format!("{error}\n{outcome}"))?;
    Ok((outcome, answers))
}

/// Starts a guest with these pieces in its briefing and these segments in memory.
pub fn boot(
    files: &Files,
    guest: &str,
    regime: Regime,
    pieces: &[Piece],
    segments: &[Segment],
) -> Result<Outcome, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut briefing = Briefing {
        uart: UART,
        regime: regime as u64,
        settings: entry_state::settings(regime),
        ..Briefing::default()
    };
    briefing.pieces[..pieces.len()].copy_from_slice(pieces);
    let guest = Guest::read(guest)?.place(GUEST_AT, BRIEFING_AT);
    let mut all = vec![
        Segment::ragged("briefing", BRIEFING_AT, briefing.as_bytes().to_vec()),
        Segment::ragged("guest", GUEST_AT, guest),
    ];
    all.extend_from_slice(segments);
    let program = executable(&all, GUEST_AT);
    fs::create_dir_all(files.program.parent().unwrap_or(Path::new("."))).map_err(text)?;
    fs::write(&files.program, program).map_err(text)?;

    let virtualization = match regime {
        Regime::El1And0 => "",
        Regime::El2 | Regime::El2And0 => ",virtualization=on",
    };
    let backend = format!(
        "memory-backend-file,id=ram,share=on,size={MEMORY}M,mem-path={}",
        option_value(&files.memory)
    );
    Qemu::new(&format!(
        "virt,gic-version=2{virtualization},memory-backend=ram"
    ))
    .cpu(usual_cpu(regime))
    .memory(&format!("{MEMORY}M"))
    .args(["-object", &backend])
    .args(["-semihosting-config", "enable=on,target=native"])
    .args(["-kernel", &files.program.display().to_string()])
    .run(&[])
    .map_err(|error| error.to_string())
}
