// SPDX-License-Identifier: MIT OR Apache-2.0

//! An image's settings are kept when it is built again.
//!
//! The image itself holds them. If a failed build has left no image, a file beside it does.

use crate::options::{Options, Verb};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Completes the request by the settings chosen before, and says so.
pub fn settle((options, mut verb): (Options, Verb)) -> Result<(Options, Verb)> {
    if let Verb::Image(variant) = &mut verb {
        let image = options.target_dir.join(variant.sha256.name());
        let kept = image.with_extension("on_failure");
        let image = image.with_extension("ro");
        let before = match purgatory_tool::on_failure(&image) {
            Some(value) => value,
            None => read(&kept).with_context(|| kept.display().to_string())?,
        };
        let now = variant.on_failure.unwrap_or(before);
        let image = image.display();
        ensure!(
            now == 0 || !variant.default,
            "{image}: on_failure = {now} was chosen, and tests are of 0: run make ON_FAILURE=0 first"
        );
        match (variant.on_failure, before) {
            (None, 0) | (Some(0), 0) => {}
            (None, _) => println!(
                "{image}: on_failure = {now}, as was chosen before; ON_FAILURE=0 undoes that"
            ),
            (Some(_), _) => println!("{image}: on_failure = {now}, it was {before}"),
        }
        write(&kept, now).with_context(|| kept.display().to_string())?;
        variant.on_failure = Some(now);
    }
    Ok((options, verb))
}

fn read(kept: &Path) -> Result<u32> {
    match fs::read_to_string(kept) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        text => Ok(text?.trim().parse()?),
    }
}

/// Keeps a value in as small a file as possible.
fn write(kept: &Path, value: u32) -> io::Result<()> {
    if value != 0 {
        fs::create_dir_all(kept.parent().unwrap_or(Path::new(".")))?;
        return fs::write(kept, format!("{value}\n"));
    }
    match fs::remove_file(kept) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
