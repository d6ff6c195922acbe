//! Gene symbols (MYC, HLA-A): what people call a gene. They are shown and searched by, never joined by: several
//! genes may have one symbol.
//!
//! The rule: a symbol holds no white space, no `|` (BED names read `MYC|H3K4me3`), no `"` and no hidden character
//! ([`is_hidden`]); `_` is written for each run of them. A number, a text without any letter or digit, and what
//! programs write for a missing value (NA, nan, None, null) are no symbols. Files write `.` where there is none.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::text::{check_text, is_hidden};

/// What programs write where a value is missing. `na` is a gene of the fly.
const MISSING: [&str; 8] = ["NA", "N/A", "<NA>", "NaN", "nan", "None", "NULL", "null"];

/// The symbol that a name makes, as the rule has it; `None` for what is not a symbol.
pub fn symbol_of(name: &str) -> Option<Cow<'_, str>> {
    let name = name.trim();
    let says_something = name.contains(char::is_alphanumeric) && !name.bytes().all(|byte| byte.is_ascii_digit());
    if !says_something || MISSING.contains(&name) {
        return None;
    }
    if !name.contains(is_barred) {
        return Some(Cow::Borrowed(name));
    }
    let pieces: Vec<&str> = name.split(is_barred).filter(|piece| !piece.is_empty()).collect();
    Some(Cow::Owned(pieces.join("_")))
}

/// A symbol as files have it.
pub fn symbol_or_dot(symbol: Option<&str>) -> &str {
    symbol.unwrap_or(".")
}

/// The symbol of a cell of a table, for serde.
///
/// # Errors
/// A hidden character, which a table's readers refuse everywhere.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    check_text("gene name", &name).map_err(D::Error::custom)?;
    Ok(symbol_of(&name).map(Cow::into_owned))
}

/// A symbol as files have it, for serde.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(symbol: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(symbol_or_dot(symbol.as_deref()))
}

fn is_barred(character: char) -> bool {
    character.is_whitespace() || matches!(character, '|' | '"') || is_hidden(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_every_kingdom_stay_as_they_are() {
        for name in
            ["MYC", "HLA-A", "l(1)G0020", "E(spl)m8-HLH", "beta'COP", "mt:tRNA-Ala", "HOXA@", "na", "7SK", "β-Man"]
        {
            assert_eq!(symbol_of(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_would_break_a_bed_name_or_a_table_is_replaced() {
        for (name, symbol) in [
            ("tetR gene", "tetR_gene"),
            ("A|B", "A_B"),
            (" A \t|\n B ", "A_B"),
            ("\"A\"", "A"),
            ("A\u{202e}B\u{a0}C", "A_B_C"),
        ] {
            assert_eq!(symbol_of(name).as_deref(), Some(symbol), "{name:?}");
        }
    }

    #[test]
    fn numbers_and_placeholders_are_no_symbols() {
        for name in ["", ".", "-", " ", "7157", "NA", "nan", "None", "|"] {
            assert_eq!(symbol_of(name), None, "{name:?}");
        }
        assert_eq!([symbol_or_dot(None), symbol_or_dot(Some("MYC"))], [".", "MYC"]);
    }
}
