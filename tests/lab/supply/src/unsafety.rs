// SPDX-License-Identifier: MIT OR Apache-2.0

//! The lines of a source file that are in `unsafe`.
//!
//! By its tokens, not by its syntax: so what stands in the definition of a macro counts too.

use std::iter::Peekable;
use std::ops::RangeInclusive;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream::IntoIter};

/// Returns the lines of each `unsafe` block and each `unsafe` function with a body, from the
/// keyword to the closing brace.
///
/// # Errors
/// When the text is not Rust.
pub fn unsafe_lines(text: &str) -> Result<Vec<RangeInclusive<u32>>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{error}"))?;
    let mut found = vec![];
    collect(tokens, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, found: &mut Vec<RangeInclusive<u32>>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(word) if word == "unsafe" => {
                if let Some(body) = body(&mut tokens, found) {
                    let end = body.span_close().end().line;
                    found.push(word.span().start().line as u32..=end as u32);
                    collect(body.stream(), found);
                }
            }
            _ => {}
        }
    }
}

/// Returns the braces of what `unsafe` begins: there are none in an attribute, a declaration and a
/// type; and those of a trait, an implementation and a foreign block hold no unsafe code by
/// themselves.
fn body(tokens: &mut Peekable<IntoIter>, found: &mut Vec<RangeInclusive<u32>>) -> Option<Group> {
    let mut is_function = false;
    if let Some(TokenTree::Group(group)) = tokens.peek() {
        if group.delimiter() != Delimiter::Brace {
            return None;
        }
        is_function = true;
    }
    loop {
        match tokens.peek()? {
            TokenTree::Ident(word) if word == "fn" => {
                tokens.next();
                // `fn(…)` is a type.
                if let Some(TokenTree::Group(_)) = tokens.peek() {
                    return None;
                }
                is_function = true;
            }
            TokenTree::Ident(word) if word == "impl" && !is_function => return None,
            TokenTree::Ident(word) if word == "trait" => return None,
            TokenTree::Punct(end) if end.as_char() == ';' => return None,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                if !is_function {
                    return None;
                }
                let body = group.clone();
                tokens.next();
                return Some(body);
            }
            TokenTree::Group(group) => {
                collect(group.stream(), found);
                tokens.next();
            }
            _ => {
                tokens.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_found(expected: &[RangeInclusive<u32>], text: &str) {
        assert_eq!(unsafe_lines(text).unwrap(), expected, "{text}");
    }

    #[test]
    fn a_block_counts_from_the_keyword_to_the_brace() {
        assert_found(&[2..=4], "fn a() {\nunsafe {\nb();\n}\n}");
        assert_found(&[1..=1], "fn a() { let x = unsafe { b() }; }");
        assert_found(&[1..=3, 2..=2], "fn a() { unsafe {\nunsafe { b() }\n} }");
    }

    #[test]
    fn a_function_counts_with_its_head() {
        let text =
            "impl A {\npub unsafe fn a<T: B>(x: [T; 2]) -> impl C\nwhere T: D {\n}\nfn b() {}}";
        assert_found(&[2..=4], text);
        assert_found(&[1..=2], "unsafe extern \"C\" fn a() {\n}");
    }

    #[test]
    fn the_definition_of_a_macro_counts() {
        let text =
            "macro_rules! a { ($x:ident) => {\nunsafe { $x() }\n}; () => {\nunsafe fn $x() {}\n} }";
        assert_found(&[2..=2, 4..=4], text);
    }

    #[test]
    fn what_holds_no_unsafe_code_does_not_count() {
        for text in [
            "// unsafe { }\n/* unsafe { } */ const A: &str = \"unsafe { }\";",
            "#[unsafe(no_mangle)] fn a() { b() }",
            "unsafe impl A for B { fn c() { } }",
            "unsafe trait A { unsafe fn b(); } fn c() { }",
            "unsafe extern \"C\" { static A: u8; } fn b() { }",
            "struct A { b: unsafe fn(u8), c: unsafe extern \"C\" fn() } fn d() { }",
            "fn a() -> unsafe fn() { b }",
            "r#unsafe { }",
        ] {
            assert_found(&[], text);
        }
        assert_found(&[2..=2], "unsafe impl A for B { fn c() {\nunsafe { }\n} }");
    }
}
