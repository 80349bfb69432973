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

/// In the place of QEMU: its output is what was typed.
fn cat() -> Child {
    let piped = || Stdio::piped();
    let cat = Command::new("cat").stdin(piped()).stdout(piped()).spawn();
    cat.unwrap()
}

#[test]
fn a_key_follows_its_prompt_as_a_break_and_itself() {
    let mut cat = cat();
    let (sender, receiver) = channel();
    sender.send(b"init: ready\r\n".to_vec()).unwrap();
    // The machine goes on, and ends.
    thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        sender.send(b"Kernel panic\r\n".to_vec())
    });
    let qemu = Qemu::new("virt").sysrq("ready", b'c');
    let end = Instant::now() + Duration::from_secs(5);
    let mut raw = Vec::new();
    let stopped = qemu.press(
        cat.stdin.take(),
        &receiver,
        &mut raw,
        &["halted", "panic"],
        end,
    );
    assert_eq!(stopped, Some(Stopped::Pattern(1)));
    assert!(qemu.command_line().contains("-serial mon:stdio"));
    assert_eq!(cat.wait_with_output().unwrap().stdout, b"\x01bc");
}

#[test]
fn no_key_is_pressed_without_its_prompt() {
    let mut cat = cat();
    let (sender, receiver) = channel();
    sender.send(b"purgatory: halted\r\n".to_vec()).unwrap();
    let qemu = Qemu::new("virt").sysrq("ready", b'c');
    let end = Instant::now() + Duration::from_secs(5);
    let mut raw = Vec::new();
    let stopped = qemu.press(cat.stdin.take(), &receiver, &mut raw, &["halted"], end);
    assert_eq!(stopped, Some(Stopped::Pattern(0)));
    assert_eq!(cat.wait_with_output().unwrap().stdout, b"");
}
