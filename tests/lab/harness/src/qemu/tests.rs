// SPDX-License-Identifier: MIT OR Apache-2.0

//! The runner, with machines and without.

use super::*;

#[test]
fn a_shell_reads_the_command_line_as_we_run_it() {
    assert_eq!(quoted("virt,gic-version=2"), "virt,gic-version=2");
    assert_eq!(quoted("a b's"), r"'a b'\''s'");
    assert_eq!(quoted(""), "''");
}

#[test]
fn a_comma_in_a_path_ends_no_option() {
    let path = Path::new("/home/me, myself/ram");
    assert_eq!(option_value(path), "/home/me,, myself/ram");
}

#[test]
fn a_pattern_is_found_where_two_chunks_meet() {
    let qemu = Qemu::new("virt");
    let mut watch = Watch::new(&qemu, &["x", "halted"], None);
    assert_eq!(watch.take(b"purgatory: ha"), None);
    assert_eq!(watch.take(b"lted\r\n"), Some(1));
}

#[test]
fn a_machine_that_hangs_is_killed_and_is_an_error() {
    let qemu = Qemu::new("virt").arg("-S");
    let error = qemu.run_within(&[], Duration::from_millis(500));
    assert!(matches!(error, Err(Error::Hung(_))), "{error:?}");
}

#[test]
fn a_machine_that_qemu_refuses_ends_with_its_words() {
    let run = Qemu::new("no-such-machine").run(&[]).unwrap();
    assert!(
        matches!(run.stopped_by, Stopped::Exit(status) if !status.success()),
        "{run}"
    );
    assert!(run.stderr.contains("no-such-machine"), "{run}");
}

/// Where QEMU has the CPU start, with nothing there but zeros, which are no instruction: it stays in the
/// vectors at 0x200, which are as empty.
fn lost() -> Qemu {
    Qemu::new("virt").cpu("cortex-a53")
}

#[test]
fn a_cpu_is_seen_where_it_stays() {
    let run = lost().parks_at([0x200]).run(&[]).unwrap();
    assert_eq!(run.stopped_by, Stopped::Parked, "{run}");
}

#[test]
fn instructions_are_counted() {
    let run = lost()
        .parks_at([0x204])
        .at_most(10_000_000)
        .run(&[])
        .unwrap();
    assert_eq!(run.stopped_by, Stopped::Spent, "{run}");
}

#[test]
fn exceptions_are_counted_where_no_instruction_is_executed() {
    /// `MOVZ X0, #0xf00, LSL #16`; `MSR VBAR_EL1, X0`; and zeros behind it. Nothing answers there.
    const CODE: &str = "loader,addr=0x41000000,data=0xd518c000d2a1e000,data-len=8";
    let lost = lost().args([
        "-device",
        CODE,
        "-device",
        "loader,addr=0x41000000,cpu-num=0",
    ]);
    let run = lost
        .at_most(10_000_000)
        .exceptions(10_000)
        .run(&[])
        .unwrap();
    assert_eq!(run.stopped_by, Stopped::Spent, "{run}");
}
