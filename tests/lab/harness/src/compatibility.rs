// SPDX-License-Identifier: MIT OR Apache-2.0

//! The table of compatibility: between two marks in README.md, or in a page in `docs/`.

use std::fs;
use std::path::PathBuf;

use crate::linux::Record;
use crate::root;

const BEGIN: &str = "<!-- compatibility: written by `make compatibility` -->\n";
const END: &str = "<!-- compatibility ends -->\n";

/// The table, and the page around it.
#[derive(Debug)]
pub struct Table {
    /// The page.
    pub path: PathBuf,
    before: String,
    after: String,
    records: Vec<Record>,
}

impl Table {
    /// Reads the one that there is.
    ///
    /// # Errors
    /// When there is none, or more than one, or it has a row that no test could have written.
    pub fn find() -> Result<Self, String> {
        let docs = root().join("docs");
        let entries = fs::read_dir(&docs).map_err(|e| format!("{}: {e}", docs.display()))?;
        let pages = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let pages = pages.filter(|path| path.extension().is_some_and(|name| name == "md"));
        let mut found = Vec::new();
        for path in pages.chain([root().join("README.md")]) {
            let page = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            found.extend(Self::in_page(path, &page)?);
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            tables => Err(format!(
                "{tables} tables in README.md and docs/*.md, not one"
            )),
        }
    }

    fn in_page(path: PathBuf, page: &str) -> Result<Option<Self>, String> {
        let name = path.display();
        let Some((before, rest)) = page.split_once(BEGIN) else {
            return Ok(None);
        };
        let ends = rest.split_once(END);
        let (table, after) = ends.ok_or_else(|| format!("{name}: no {END}"))?;
        let rows = table.strip_prefix(Record::HEAD);
        let rows = rows.ok_or_else(|| format!("{name}: another head: {table}"))?;
        let read = |row| Record::read(row).ok_or_else(|| format!("{name}: no such row: {row}"));
        let records = rows.lines().map(read).collect::<Result<Vec<_>, _>>()?;
        if records.is_sorted() && !records.windows(2).any(|two| two[0].same(&two[1])) {
            Ok(Some(Self {
                before: before.into(),
                after: after.into(),
                records,
                path,
            }))
        } else {
            Err(format!("{name}: rows out of order, or twice"))
        }
    }

    /// Adds a record, in the place of an older one of the same.
    pub fn add(&mut self, record: Record) {
        self.records.retain(|old| !old.same(&record));
        self.records.push(record);
        self.records.sort();
    }

    /// Returns the table.
    pub fn rows(&self) -> String {
        let rows: Vec<_> = self.records.iter().map(|one| one.row() + "\n").collect();
        Record::HEAD.to_string() + &rows.concat()
    }

    /// Returns the page with the table in it.
    pub fn page(&self) -> String {
        [&*self.before, BEGIN, &self.rows(), END, &self.after].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "| 2.0.25 | 6.1.0-50-arm64 | EL1 | crash | 2026-01-30 |\n";
    const NEW: &str = "| 2.0.25 | 6.1.0-50-arm64 | EL1 | crash | 2026-01-31 |\n";
    const OTHER: &str = "| 2.0.32 | 6.1.0-50-arm64 | EL1 | crash | 2026-01-01 |\n";

    fn table(rows: &[&str]) -> Result<Option<Table>, String> {
        let page = ["text\n", BEGIN, Record::HEAD, &rows.concat(), END, "more\n"].concat();
        Table::in_page("page.md".into(), &page)
    }

    #[test]
    fn a_newer_record_takes_the_place_of_an_older_one() {
        let mut found = table(&[OLD, OTHER]).unwrap().unwrap();
        found.add(Record::read(NEW.trim_end()).unwrap());
        assert_eq!(found.page(), table(&[NEW, OTHER]).unwrap().unwrap().page());
        assert!(found.page().starts_with("text\n") && found.page().ends_with("more\n"));
    }

    #[test]
    fn what_is_no_such_table_is_refused() {
        assert!(Table::in_page("page.md".into(), "text").unwrap().is_none());
        assert!(Table::in_page("page.md".into(), BEGIN).is_err());
        for rows in [&[OTHER, OLD][..], &[OLD, NEW], &["| x |\n"], &["\n"]] {
            assert!(table(rows).is_err(), "{rows:?}");
        }
    }
}
