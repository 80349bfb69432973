// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mutants that no run can tell from the image, with the reasons: `tests/mutants/image.txt`.

use crate::mutant::Mutant;

/// The list.
const LIST: &str = include_str!("../image.txt");

/// A line of the list.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The mutant's words; `*` stands for any.
    pub words: &'static str,
    /// Nothing is lost on any CPU; otherwise something is, and emulation cannot show it.
    pub equivalent: bool,
    /// Why.
    pub why: &'static str,
}

impl Known {
    /// Reads the list.
    pub fn all() -> Result<Vec<Self>, String> {
        read(LIST)
    }

    /// Whether it is this mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        matches(self.words, &mutant.words())
    }

    /// Whether it may be several mutants, which differ from compiler to compiler.
    pub fn is_rule(&self) -> bool {
        self.words.contains('*')
    }
}

fn read(list: &'static str) -> Result<Vec<Known>, String> {
    let mut all = Vec::new();
    let mut reason = None;
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (first, rest) = line.split_at_checked(2).ok_or(line)?;
        match (first, reason) {
            ("= ", _) => reason = Some((true, rest)),
            ("? ", _) => reason = Some((false, rest)),
            ("  ", Some((equivalent, why))) => all.push(Known {
                words: rest.trim(),
                equivalent,
                why,
            }),
            _ => return Err(format!("the list of survivors: {line}")),
        }
    }
    Ok(all)
}

/// Whether the text is that of a pattern, in which each `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(first) else {
        return false;
    };
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        let text = "src/arch/a.rs: f: line: cmp #1 -> #2 #0";
        for pattern in [
            text,
            "*",
            "src/arch/a.rs: f: *",
            "* #0",
            "*: cmp *#*",
            "src/arch/a.rs: f: line: cmp #1 -> #2 #0*",
        ] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for pattern in ["", "src", "*: cmp", "*#1", "f*", "*f: *g*"] {
            assert!(!matches(pattern, text), "{pattern}");
        }
    }

    #[test]
    fn reasons_stand_before_what_they_are_for() {
        let all = read("# all\n\n= one\n    a: b #0\n    c: d *\n? two\n    e: f #1\n").unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|known| (known.words, known.equivalent, known.why))
            .collect();
        let right = [
            ("a: b #0", true, "one"),
            ("c: d *", true, "one"),
            ("e: f #1", false, "two"),
        ];
        assert_eq!(all, right);
        assert!(read("    a: b #0\n").is_err());
        assert!(read("a: b #0\n").is_err());
    }

    #[test]
    fn the_list_can_be_read() {
        assert!(Known::all().is_ok_and(|all| !all.is_empty()));
    }
}
