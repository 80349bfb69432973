// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the plugin is told: `-plugin libpurgatory_test_plugin.so,out=…,image=…-…,entry=…,kernel=…`.

use std::ops::Range;
use std::path::PathBuf;

/// The plugin's options. Numbers are hexadecimal, with or without `0x`.
#[derive(Debug, Default)]
pub struct Options {
    /// `out`: the file to write to.
    pub out: PathBuf,
    /// `image`: the image in memory, `start-end`. What runs elsewhere is not looked at.
    pub image: Range<u64>,
    /// `entry`: the image's entry point, where the trace begins.
    pub entry: u64,
    /// `kernel`: the kernel's entry point, where the trace ends.
    pub kernel: u64,
    /// `mark`: an instruction of the image at which the counters are written down. Any number of
    /// them.
    pub marks: Vec<u64>,
    /// `watch`: memory, `start-end`, at whose first access or maintenance the counters are written
    /// down. Any number.
    pub watches: Vec<Range<u64>>,
    /// `memory=on`: each load and store is written down, not just counted.
    pub memory: bool,
    /// `dc=on`: maintenance by address is written down, not just counted.
    pub dc: bool,
}

impl Options {
    /// Reads them.
    pub fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            let (name, value) = argument.split_once('=').unwrap_or((argument, "on"));
            match name {
                "out" => options.out = value.into(),
                "image" => options.image = range(value)?,
                "entry" => options.entry = number(value)?,
                "kernel" => options.kernel = number(value)?,
                "mark" => options.marks.push(number(value)?),
                "watch" => options.watches.push(range(value)?),
                "memory" => options.memory = value == "on",
                "dc" => options.dc = value == "on",
                _ => return Err(format!("unknown option {name}")),
            }
        }
        if options.out.as_os_str().is_empty() || !options.image.contains(&options.entry) {
            return Err("the options out, image and entry are needed".into());
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|error| format!("{text}: {error}"))
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let (start, end) = text.split_once('-').ok_or(format!("{text}: no range"))?;
    Ok(number(start)?..number(end)?)
}
