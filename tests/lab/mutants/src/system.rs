// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mutants of barriers, maintenance instructions and writes of registers: each left out, and each
//! pair of neighbours swapped.

use purgatory_test_harness::a64::NOP;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;

use crate::instruction::Instruction;
use crate::mutant::{Mutant, Of};

/// Returns all.
pub fn mutants(image: &PurgatoryRo) -> Result<Vec<Mutant>, String> {
    let all = Instruction::all(image)?;
    let mutant = |one: &Instruction, what, words, writes| Mutant {
        routine: one.routine.clone(),
        what,
        number: 0,
        at: one.at,
        words,
        of: Of::System { writes },
    };
    let dropped = all.iter().map(|one| {
        let what = format!("no {}", one.words());
        mutant(one, what, vec![NOP], one.writes())
    });
    let neighbours = all.windows(2).filter(|pair| {
        let (first, second) = (&pair[0], &pair[1]);
        first.at + 4 == second.at && first.word != second.word && first.routine == second.routine
    });
    let swapped = neighbours.map(|pair| {
        let what = format!("{} <> {}", pair[0].words(), pair[1].words());
        let writes = pair.iter().any(Instruction::writes);
        mutant(&pair[0], what, vec![pair[1].word, pair[0].word], writes)
    });
    Ok(Mutant::numbered(dropped.chain(swapped).collect()))
}
