// SPDX-License-Identifier: MIT OR Apache-2.0

//! The Debian systems are what the other tests take them for.

use purgatory_test_packages::suite::{Layer, Network, Suite, fresh_directory};

/// A package of no size.
const SMALL: &str = "apt-get install -y hello";

#[test]
fn a_layer_has_its_packages_and_is_not_changed() {
    let layer = Layer::new(Suite::Bookworm, "hello", SMALL);
    let directory = fresh_directory();
    let damage = "hello; rm /usr/bin/hello /usr/bin/gcc; touch /etc/damage; echo kept >file";
    assert_eq!(layer.offline(&directory, damage), "Hello, world!\n");
    let intact = "hello; test -e /usr/bin/gcc; test ! -e /etc/damage; cat file";
    let says = layer.offline(&directory, intact);
    assert_eq!(says, "Hello, world!\nkept\n");
}

#[test]
fn there_is_a_network_only_where_it_is_asked_for() {
    let layer = Layer::new(Suite::Bookworm, "hello", SMALL);
    let directory = fresh_directory();
    let update = "apt-get -o APT::Update::Error-Mode=any -o Acquire::Retries=0 update";
    assert!(!layer.try_offline(&directory, update).status.success());
    let mut online = layer.command(Network::On, &directory);
    let output = online.args(["sh", "-ec", update]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// What runs there as root finds neither disk nor terminal of the machine's.
#[test]
fn none_of_the_machines_devices_is_there() {
    let layer = Layer::new(Suite::Bookworm, "hello", SMALL);
    let says = layer.offline(&fresh_directory(), "ls -x -w0 /dev; echo kept >/dev/null");
    let own = "fd  full  null  ptmx  pts  random  shm  stderr  stdin  stdout  tty  urandom  zero";
    assert_eq!(says.trim(), own);
    let terminal = layer.offline(&fresh_directory(), "script -qc tty /dev/null");
    assert_eq!(terminal.trim(), "/dev/pts/0");
}
