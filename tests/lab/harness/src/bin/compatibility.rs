// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make compatibility`: puts what the tests have booted into the document that has the table.
//! Rows of what was not booted here stay as they are.

use std::fs;
use std::process::ExitCode;

use purgatory_test_harness::compatibility::Table;
use purgatory_test_harness::linux::Record;

fn main() -> ExitCode {
    match update() {
        Ok(rows) => {
            print!("{rows}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("compatibility: {error}");
            ExitCode::FAILURE
        }
    }
}

fn update() -> Result<String, String> {
    let kept = Record::kept()?;
    if kept.is_empty() {
        return Err("nothing was booted: run `make test ARGS=\"--test kexec\"`".into());
    }
    let mut table = Table::find()?;
    kept.into_iter().for_each(|record| table.add(record));
    fs::write(&table.path, table.page())
        .map_err(|error| format!("{}: {error}", table.path.display()))?;
    Ok(table.rows())
}
