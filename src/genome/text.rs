//! Characters that nobody sees: what is refused in ids, names, titles and paths, and how it is shown in messages.
//!
//! The rule: an id, a name, a title or a path holds no control character (tab, line end, NUL, ESC, and the rest of
//! C0 and C1), no line or paragraph separator (U+2028, U+2029), no mark that turns the direction of writing
//! (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), no byte-order mark, and nothing that is not
//! UTF-8 (which is read as U+FFFD). So every table holds it in one cell, and every message, SVG and page shows it
//! as it is. Readers refuse what breaks the rule, escapes such as GFF3's `%09` decoded.

use std::borrow::Cow;

/// Whether a character is one of those that nobody sees.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffd}' | '\u{fffe}' | '\u{ffff}')
}

/// A text with every hidden character as an escape that can be seen: `\t`, `\n`, `\r`, else `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            shown.push_str(&escape(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn escape(character: char) -> String {
    match character {
        '\t' | '\n' | '\r' => character.escape_default().to_string(),
        other => other.escape_unicode().to_string(),
    }
}

/// A text holds a character that nobody sees.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} \"{}\" holds {}", visible(.text), named(*.character))]
pub struct HiddenCharacter {
    what: &'static str,
    text: String,
    character: char,
}

impl HiddenCharacter {
    /// What to do about it.
    pub const REMEDY: &str = "Take the character out wherever the name stands: no table or message can hold it";
}

/// Checks a text against the rule; `what` names it in the error: gene id, chromosome, title …
///
/// # Errors
/// Names the first hidden character.
pub fn check_text(what: &'static str, text: &str) -> Result<(), HiddenCharacter> {
    // nearly all are plain ASCII
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(());
    }
    match text.chars().find(|&character| is_hidden(character)) {
        Some(character) => Err(HiddenCharacter { what, text: text.to_owned(), character }),
        None => Ok(()),
    }
}

fn named(character: char) -> String {
    match character {
        '\t' => "a tab".to_owned(),
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line end".to_owned(),
        '\u{fffd}' => "bytes that are not UTF-8 text".to_owned(),
        other => format!("the hidden character {}", escape(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_refused_and_shown() {
        for (text, shown, named) in [
            ("A\tB", "A\\tB", "a tab"),
            ("A\nB", "A\\nB", "a line end"),
            ("A\u{1b}[31m", "A\\u{1b}[31m", "\\u{1b}"),
            ("A\0", "A\\u{0}", "\\u{0}"),
            ("A\u{2028}", "A\\u{2028}", "a line end"),
            ("\u{202e}A", "\\u{202e}A", "\\u{202e}"),
            ("\u{9b}1m", "\\u{9b}1m", "\\u{9b}"),
            ("A\u{fffd}", "A\\u{fffd}", "not UTF-8"),
        ] {
            assert_eq!(visible(text), shown);
            let message = check_text("gene id", text).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("gene id \"{shown}\" holds ")) && message.contains(named),
                "{message}"
            );
        }
    }

    #[test]
    fn names_that_people_have_are_text() {
        for text in ["ENSG00000141510.16", "HLA-A*01:01", "3'UTR \"x\"", "Gène μ 遺伝子", "a b", "", "\\t"] {
            assert_eq!(check_text("gene id", text), Ok(()));
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }
}
