// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which kexec-tools has been seen to boot which kernel: a row of the table of compatibility for
//! each cycle that went well, in `target/compatibility/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::root;

/// The regimes, as the purgatory calls them.
const REGIMES: [&str; 3] = ["EL1", "EL2", "EL2 VHE"];

/// How the first kernel was left: what the last one's userland calls itself, and what that means.
const STAGES: [(&str, &str); 2] = [("last", "`kexec -e`"), ("crash", "crash")];

/// A kexec that went well. In the order of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    kexec_tools: String,
    kernel: String,
    regime: String,
    left: String,
    /// The day, in UTC.
    date: String,
}

impl Record {
    /// The table's head.
    pub const HEAD: &'static str = "| kexec-tools | kernel | regime | left by | last seen |\n\
                            |---|---|---|---|---|\n";

    /// Returns what this console shows of today: that the purgatory has verified with the D-cache
    /// on, and that the kernel which it then started has reached its userland. `None` where it does
    /// not.
    pub fn seen(program: &[u8], console: &str) -> Option<Self> {
        let (before, userland) = STAGES.iter().find_map(|(stage, left)| {
            let (before, after) = console.split_once(&*format!("init: stage {stage}, Linux "))?;
            Some((before, (after.split(',').next()?, *left)))
        })?;
        let (_, verdict) = before.rsplit_once(" verified in ")?;
        let (_, how) = verdict.split_once('(')?;
        let (regime, rest) = how.split_once(", D-cache on, ")?;
        rest.contains("\npurgatory: booting kernel now")
            .then_some(())?;
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Self {
            kexec_tools: version(program)?,
            kernel: userland.0.into(),
            regime: regime.into(),
            left: userland.1.into(),
            date: today.split('T').next()?.into(),
        }
        .checked()
    }

    /// Reads a row of the table; `None` where it is none that [`Record::row`] could have written.
    pub fn read(row: &str) -> Option<Self> {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_string()).collect();
        let [_, kexec_tools, kernel, regime, left, date, _] = cells.try_into().ok()?;
        let record = Self {
            kexec_tools,
            kernel,
            regime,
            left,
            date,
        };
        (record.row() == row).then_some(record)?.checked()
    }

    fn checked(self) -> Option<Self> {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let version = |text: &str| text.split('.').count() == 3 && text.split('.').all(number);
        let release = self.kernel.split(['-', '+']).next()?;
        let date = humantime::parse_rfc3339(&format!("{}T00:00:00Z", self.date));
        let good = version(&self.kexec_tools)
            && version(release)
            && REGIMES.contains(&&*self.regime)
            && STAGES.iter().any(|(_, left)| *left == self.left)
            && date.is_ok_and(|date| date <= SystemTime::now());
        good.then_some(self)
    }

    /// Returns the row of the table.
    pub fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} |",
            self.kexec_tools, self.kernel, self.regime, self.left, self.date
        )
    }

    /// Returns whether the two differ by the day alone.
    pub fn same(&self, other: &Self) -> bool {
        let date = other.date.clone();
        Self {
            date,
            ..self.clone()
        } == *other
    }

    /// Writes it down, for `make compatibility`.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn keep(&self) -> Result<(), String> {
        let left = self.left.replace('`', "");
        let name = [&self.kexec_tools, &self.kernel, &self.regime, &left].map(|s| &**s);
        let path = folder().join(name.join("_").replace(' ', "-"));
        let written = fs::create_dir_all(folder()).and_then(|()| fs::write(&path, self.row()));
        written.map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Returns all that were written down.
    ///
    /// # Errors
    /// When one cannot be read, or is none.
    pub fn kept() -> Result<Vec<Self>, String> {
        let Ok(entries) = fs::read_dir(folder()) else {
            return Ok(Vec::new());
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.map(|path| Self::of(&path)).collect()
    }

    fn of(path: &Path) -> Result<Self, String> {
        let row = fs::read_to_string(path);
        let row = row.map_err(|error| format!("{}: {error}", path.display()))?;
        Self::read(&row).ok_or_else(|| format!("{}: no record: {row}", path.display()))
    }
}

fn folder() -> PathBuf {
    root().join("target/compatibility")
}

/// Returns what `kexec --version` prints, which stands in the program as a whole.
fn version(program: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"kexec-tools ";
    let mut places = program.windows(NAME.len()).enumerate();
    places.find_map(|(at, found)| {
        let rest = program.get(at + NAME.len()..).filter(|_| found == NAME)?;
        let end = rest
            .iter()
            .position(|c| !c.is_ascii_digit() && *c != b'.')?;
        let version = String::from_utf8_lossy(&rest[..end]);
        version.starts_with("2.").then(|| version.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &[u8] = b"\x7fELF kexec-tools homepage\0kexec-tools 2.0.32\0";
    const CONSOLE: &str = "init: stage first, Linux 6.1.0-50-arm64, up 2 s\n\
        I'm in purgatory\npurgatory: 27.6 MiB in 4 regions verified in 31 ms (EL2 VHE, D-cache on, \
        SHA2 instructions)\npurgatory: booting kernel now\n\
        init: stage last, Linux 6.1.0-50-arm64, up 2 s\n";

    #[test]
    fn what_the_console_shows_is_recorded() {
        let record = Record::seen(PROGRAM, CONSOLE).expect("all of it is there");
        let start = "| 2.0.32 | 6.1.0-50-arm64 | EL2 VHE | `kexec -e` | 20";
        assert!(record.row().starts_with(start), "{record:?}");
        assert_eq!(Record::read(&record.row()), Some(record));
        let crash = CONSOLE.replace("stage last", "stage crash");
        let crash = Record::seen(PROGRAM, &crash).expect("all of it is there");
        assert!(crash.row().contains(" | crash | "), "{crash:?}");
    }

    #[test]
    fn what_it_does_not_show_is_not() {
        for (there, instead) in [
            ("stage last", "stage middle"),
            ("purgatory: booting kernel now\n", ""),
            (" verified in ", " hashed in "),
            ("D-cache on", "D-cache off"),
            ("EL2 VHE", "EL3"),
            ("last, Linux 6.1.0", "last, Linux x"),
        ] {
            let console = CONSOLE.replace(there, instead);
            assert_eq!(Record::seen(PROGRAM, &console), None, "{instead}");
        }
        assert_eq!(Record::seen(b"kexec-tools", CONSOLE), None);
    }

    #[test]
    fn a_row_that_no_run_can_have_written_is_none() {
        let row = "| 2.0.25 | 6.1.0-50-arm64 | EL1 | crash | 2026-01-31 |";
        assert!(Record::read(row).is_some());
        for (there, instead) in [
            ("2.0.25", "2.0"),
            ("6.1.0", "6.1"),
            ("EL1", "EL3"),
            ("crash", "reboot"),
            ("2026-01-31", "2026-02-30"),
            ("2026", "9026"),
            ("| EL1", "|  EL1"),
            (" | EL1", ""),
        ] {
            assert_eq!(
                Record::read(&row.replace(there, instead)),
                None,
                "{instead}"
            );
        }
    }
}
