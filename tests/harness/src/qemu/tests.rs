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
    let (sender, receiver) = channel();
    sender.send(b"purgatory: ha".to_vec()).unwrap();
    sender.send(b"lted\r\n".to_vec()).unwrap();
    let mut raw = Vec::new();
    let end = Instant::now() + Duration::from_secs(5);
    let stopped = Qemu::new("virt").watch(&receiver, &mut raw, &["x", "halted"], end);
    assert_eq!(stopped, Some(Stopped::Pattern(1)));
}

#[test]
fn a_machine_that_says_nothing_is_killed_in_time() {
    let run = Qemu::new("virt")
        .arg("-S")
        .run(&[], Duration::from_millis(500))
        .unwrap();
    assert_eq!(run.stopped_by, Stopped::Timeout, "{run}");
}

#[test]
fn a_machine_that_qemu_refuses_ends_with_its_words() {
    let run = Qemu::new("no-such-machine")
        .run(&[], Duration::from_secs(30))
        .unwrap();
    assert!(
        matches!(run.stopped_by, Stopped::Exit(status) if !status.success()),
        "{run}"
    );
    assert!(run.stderr.contains("no-such-machine"), "{run}");
}
