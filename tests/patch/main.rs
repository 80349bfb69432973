// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image put into a kexec that is installed, and taken out: `make patch`, `unpatch`, `set` and
//! `info`, on Debian's files and on files that should not exist. And `make install`. `tests/kexec`
//! boots what comes of it.

mod attributes;
mod debian;
mod exchanged;
mod folder;
mod hostile;
mod info;
mod install;
mod interrupted;
mod kexec_script;
mod makefile;
mod object;
mod on_failure;
mod others;
