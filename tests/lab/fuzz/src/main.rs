// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make fuzz`: every target for some time; or one target with the inputs of these files.

use std::env;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use purgatory_test_fuzz::corpus::{self, found, kept};
use purgatory_test_fuzz::fuzz::{self, Until};
use purgatory_test_fuzz::targets::{ALL, Target};

const USAGE: &str =
    "usage: purgatory-test-fuzz [--time=SECONDS] [--seed=NUMBER] [--keep] [TARGET [FILE…]]";

fn main() -> ExitCode {
    match told() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all is well.
fn told() -> Result<bool, String> {
    let (mut time, mut seed, mut keep, mut words) = (60, None, false, Vec::new());
    for arg in env::args().skip(1) {
        let number = |text: &str| text.parse().map_err(|error| format!("{arg}: {error}"));
        match arg.split_once('=') {
            Some(("--time", seconds)) => time = number(seconds)?,
            Some(("--seed", given)) => seed = Some(number(given)?),
            _ if arg == "--keep" => keep = true,
            _ => words.push(arg),
        }
    }
    let target = words.first().map(|name| {
        let target = ALL.iter().find(|target| target.name == name);
        target.ok_or_else(|| format!("there is no target {name}"))
    });
    let Some(target) = target.transpose()? else {
        return each(&ALL, time, seed, keep);
    };
    if words.len() == 1 {
        return each(&[*target], time, seed, keep);
    }
    for path in &words[1..] {
        let input = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        println!("{path}: {:#x}", (target.run)(&input));
    }
    Ok(true)
}

/// Runs these, each for its part of the time. What they find is kept for the next time, or in the
/// repository.
fn each(targets: &[Target], seconds: u64, seed: Option<u64>, keep: bool) -> Result<bool, String> {
    // Other inputs each time.
    let seed = seed.unwrap_or_else(|| std::process::id().into());
    println!("seed: --seed={seed}");
    let time = Until::Time(Duration::from_secs(seconds) / targets.len() as u32);
    for target in targets {
        let text = |error: std::io::Error| error.to_string();
        let mut inputs = corpus::read(&kept(target.name)).map_err(text)?;
        inputs.extend(corpus::read(&found(target.name)).map_err(text)?);
        let given = if keep { Vec::new() } else { inputs.clone() };
        let run = fuzz::run(target, inputs, seed, time);
        println!(
            "{}: {} inputs, {} kinds of answers, {} edges, {} inputs kept",
            target.name,
            run.cases,
            run.kinds,
            run.edges,
            run.corpus.len()
        );
        for input in run.corpus.iter().filter(|input| !given.contains(input)) {
            let folder = if keep { kept } else { found }(target.name);
            let path = folder.join(corpus::name(input));
            corpus::write(&path, input).map_err(text)?;
        }
        if let Some(input) = run.failed {
            eprintln!("{}", fuzz::failure(target, &input, "fails"));
            return Ok(false);
        }
    }
    Ok(true)
}
