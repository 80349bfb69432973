// SPDX-License-Identifier: MIT OR Apache-2.0

//! The table of compatibility is one that `make compatibility` could have written.

use purgatory_test_harness::compatibility::Table;
use purgatory_test_harness::linux::Record;

#[test]
fn no_row_is_one_that_no_test_could_write() {
    let table = Table::find().unwrap_or_else(|error| panic!("{error}"));
    let rows = table.rows();
    let rows: Vec<_> = rows.lines().skip(Record::HEAD.lines().count()).collect();
    for wanted in [
        "| EL1 |",
        "| EL2 |",
        "| EL2 VHE |",
        "| `kexec -e` |",
        "| crash |",
    ] {
        let found = rows.iter().any(|row| row.contains(wanted));
        assert!(found, "no row with {wanted}");
    }
}
