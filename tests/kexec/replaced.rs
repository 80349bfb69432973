// SPDX-License-Identifier: MIT OR Apache-2.0

//! Our image in the place of the C purgatory, with the source of kexec-tools: `make` there goes by
//! the files' times, and an image that looks older than the rest is not taken, without a word.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use purgatory_test_harness::linux::Kexec;
use purgatory_test_harness::{artifact, root, this_test};
use rstest::rstest;

/// 1 January 2024, before any build here.
const LONG_AGO: Duration = Duration::from_secs(1_704_067_200);

/// A `cp` that keeps times, as an alias or `install -p` does, and a `touch` without effect.
const CP_KEEPS_TIMES: (&str, &str) = ("cp", "#!/bin/sh\nexec /bin/cp -p \"$@\"\n");
const TOUCH_IS_IDLE: (&str, &str) = ("touch", "#!/bin/sh\n");

/// Who replaces it.
#[derive(Clone, Copy)]
enum Recipe {
    /// The commands of packaging/README.md.
    ByHand,
    /// `scripts/kexec-tools.sh`.
    Script,
}

#[rstest]
fn an_image_older_than_kexec_tools_is_taken(
    #[values(Recipe::ByHand, Recipe::Script)] recipe: Recipe,
    #[values(&[], &[CP_KEEPS_TIMES])] tools: &[(&str, &str)],
) {
    let packager = Packager::new(tools);
    let output = packager.follows(recipe);
    assert!(output.status.success(), "{output:?}");
    assert!(packager.has_ours_in(recipe), "{output:?}");
}

#[rstest]
fn an_image_that_make_did_not_take_is_noticed(
    #[values(Recipe::ByHand, Recipe::Script)] recipe: Recipe,
) {
    let packager = Packager::new(&[CP_KEEPS_TIMES, TOUCH_IS_IDLE]);
    let output = packager.follows(recipe);
    assert!(!packager.has_ours_in(recipe), "{output:?}");
    assert!(!output.status.success(), "{output:?}");
}

/// Somebody with a kexec-tools that is built, with its own purgatory, and an old image of ours.
/// Laid out as our root, so that our script works in it.
struct Packager(PathBuf);

impl Packager {
    /// With these tools in front of the system's.
    fn new(tools: &[(&str, &str)]) -> Self {
        Kexec::Bookworm.program().unwrap();
        // It stays, for who wants to know why a test failed.
        let packagers = root().join("target/kexec/packagers");
        let packager = Self(packagers.join(this_test::file_name()));
        if packager.0.exists() {
            fs::remove_dir_all(&packager.0).unwrap();
        }
        for directory in [
            "scripts",
            "tools",
            "target/downloads",
            "target/kexec/bookworm",
        ] {
            fs::create_dir_all(packager.path(directory)).unwrap();
        }
        for (name, text) in tools {
            let tool = packager.path("tools").join(name);
            fs::write(&tool, text).unwrap();
            fs::set_permissions(&tool, Permissions::from_mode(0o755)).unwrap();
        }

        let ours = packager.path("target/purgatory.ro");
        fs::copy(artifact("purgatory.ro").unwrap(), &ours).unwrap();
        let image = File::options().append(true).open(&ours).unwrap();
        image
            .set_modified(SystemTime::UNIX_EPOCH + LONG_AGO)
            .unwrap();

        for name in ["src", "version"] {
            let built = root().join("target/kexec/bookworm").join(name);
            let copy = packager.path("target/kexec/bookworm");
            succeeds(Command::new("cp").arg("-a").args([built, copy]));
        }
        let own = "rm purgatory/purgatory.ro kexec/purgatory.c && make";
        succeeds(&mut packager.source_shell(own));
        assert!(!packager.has_ours_in(Recipe::ByHand));
        packager
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn follows(&self, recipe: Recipe) -> Output {
        match recipe {
            Recipe::ByHand => self.source_shell(&recipe_by_hand()).output(),
            Recipe::Script => {
                let name = "scripts/kexec-tools.sh";
                for name in [name, "scripts/kexec.sh"] {
                    fs::copy(root().join(name), self.path(name)).unwrap();
                }
                // One version is enough, and the other would have to be built first.
                let downloads = "target/downloads/bookworm";
                symlink(root().join(downloads), self.path(downloads)).unwrap();
                self.command(&self.path(name)).output()
            }
        }
        .unwrap()
    }

    /// Whether the program that comes out has our image in it, whole.
    fn has_ours_in(&self, recipe: Recipe) -> bool {
        let program = match recipe {
            Recipe::ByHand => "target/kexec/bookworm/src/build/sbin/kexec",
            Recipe::Script => "target/kexec/bookworm/kexec",
        };
        // The script leaves none where it does not succeed.
        let program = fs::read(self.path(program)).unwrap_or_default();
        let ours = fs::read(self.path("target/purgatory.ro")).unwrap();
        program.windows(ours.len()).any(|window| window == ours)
    }

    /// A shell where kexec-tools' source is.
    fn source_shell(&self, script: &str) -> Command {
        let mut shell = self.command(Path::new("sh"));
        shell
            .args(["-c", script])
            .env("ro", self.path("target/purgatory.ro"))
            .current_dir(self.path("target/kexec/bookworm/src"));
        shell
    }

    fn command(&self, program: &Path) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command.env("PATH", format!("{}:{path}", self.path("tools").display()));
        // What a `make test` around us says is not for this one.
        for variable in [
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
            "CC",
            "CFLAGS",
            "LDFLAGS",
        ] {
            command.env_remove(variable);
        }
        command
    }
}

/// The commands of packaging/README.md, but for the path of our image, which is set already, and
/// the first build, which is done.
fn recipe_by_hand() -> String {
    let readme = fs::read_to_string(root().join("packaging/README.md")).unwrap();
    let (_, section) = readme.split_once("## What is done to kexec-tools").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let done = ["ro=", "./configure"];
    for line in done {
        assert!(block.lines().any(|got| got.starts_with(line)), "{block}");
    }
    let left = block
        .lines()
        .filter(|got| !done.iter().any(|line| got.starts_with(line)));
    left.collect::<Vec<_>>().join("\n")
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
