// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which mutants are asked for.

use std::time::SystemTime;

use purgatory_test_harness::flips::Random;

use crate::known::Known;
use crate::mutant::{Mutant, Of};

/// The command line: `--code=N` takes so many mutants of code, by a seed, which `--seed=S` gives, and
/// without it all of them; `--of=system` and `--of=code` leave the others out, `--unlisted` what is in
/// the list; `--list` tries none. Of all words that follow each must be in a mutant's line; `a|b` is
/// either of two.
#[derive(Debug, Default)]
pub struct Options {
    code: Option<usize>,
    seed: Option<u64>,
    /// None is tried, all are listed.
    pub list: bool,
    /// None that the list has is tried.
    unlisted: bool,
    /// Code, or all else.
    of_code: Option<bool>,
    words: Vec<String>,
}

impl Options {
    /// Reads them.
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            let number = |text: &str| {
                let number = text.parse::<u64>();
                number.map_err(|error| format!("{argument}: {error}"))
            };
            match argument.split_once('=') {
                Some(("--code", "all")) => options.code = None,
                Some(("--code", text)) => options.code = Some(number(text)? as usize),
                Some(("--seed", "")) => {}
                Some(("--seed", text)) => options.seed = Some(number(text)?),
                Some(("--of", "system")) => options.of_code = Some(false),
                Some(("--of", "code")) => options.of_code = Some(true),
                None if argument == "--list" => options.list = true,
                None if argument == "--unlisted" => options.unlisted = true,
                _ if argument.starts_with("--") => return Err(format!("{argument}: no option")),
                _ => options.words.push(argument),
            }
        }
        Ok(options)
    }

    /// Chooses mutants.
    pub fn choose(&self, all: &[Mutant], list: &[Known]) -> Vec<Mutant> {
        let chosen = all.iter().filter(|mutant| {
            let line = mutant.to_string();
            let of_code = mutant.of == Of::Code;
            let has = |words: &String| words.split('|').any(|word| line.contains(word));
            self.of_code.is_none_or(|wanted| wanted == of_code)
                && self.words.iter().all(has)
                && !(self.unlisted && list.iter().any(|known| known.is(mutant)))
        });
        let (mut chosen, mut code): (Vec<_>, Vec<_>) =
            chosen.cloned().partition(|mutant| mutant.of != Of::Code);
        if let Some(wanted) = self.code.filter(|&wanted| wanted < code.len()) {
            let seed = self.seed.unwrap_or_else(now);
            println!("{wanted} of {} mutants of code, SEED={seed}", code.len());
            let mut random = Random::new(seed);
            for place in 0..wanted {
                let rest = (code.len() - place) as u64;
                code.swap(place, place + random.below(rest) as usize);
            }
            code.truncate(wanted);
        }
        chosen.append(&mut code);
        chosen
    }
}

/// A number that is another each time.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
