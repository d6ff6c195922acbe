//! Text as HTML and SVG take it.

use crate::genome::{is_hidden, visible};

/// Text with the characters that mean something in HTML replaced, and those that nobody sees (most of which XML does
/// not allow) shown as escapes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if is_hidden(letter) => safe.push_str(&visible(letter.encode_utf8(&mut [0; 4]))),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(escaped("<b class=\"a\">H'1 & 2"), "&lt;b class=&quot;a&quot;&gt;H&#39;1 &amp; 2");
        assert_eq!(escaped("a\0b\u{1b}[0m\u{202e}"), "a\\u{0}b\\u{1b}[0m\\u{202e}");
    }
}
