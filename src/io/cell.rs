//! What a cell of a table says: a number, a missing value, or something else.

/// How programs write that a value is missing, in any case: R, pandas, spreadsheets, databases.
const MISSING: [&str; 16] = [
    "", "na", "n/a", "<na>", "nan", "null", "none", "nil", ".", "-", "--", "#n/a", "#na", "#n/a n/a", "-1.#ind",
    "1.#qnan",
];

/// Spellings that no gene has as its name. `na` and `nan` are genes of the fly.
const NO_ID: [&str; 13] = ["", "NA", "N/A", "<NA>", "NaN", "NULL", "None", ".", "-", "--", "#N/A", "#NA", "?"];

/// Whether a cell stands for no value: empty, or what R, pandas, spreadsheets, databases and genome tools
/// write there.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// Whether the cell stands for a missing gene id.
pub(super) fn is_no_id(cell: &str) -> bool {
    NO_ID.contains(&cell)
}

/// A finite number with a decimal point, or `None` for a missing value.
///
/// # Errors
/// What was found instead, in words.
pub(super) fn number(cell: &str) -> Result<Option<f64>, String> {
    let cell = cell.trim();
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        Ok(value) if value.is_nan() => Ok(None),
        Ok(_) => Err(format!("expected a finite number or NA, found {cell}, which no measurement is")),
        Err(_) if is_missing(cell) => Ok(None),
        Err(_) if is_number_with_comma(cell) => {
            Err(format!("found {cell:?}: it cannot be told whether the comma is a decimal point or parts thousands"))
        }
        Err(_) => Err(format!("expected a number or NA, found {cell:?}")),
    }
}

/// `1,5`, `1,234.5`, `1.234,5`.
fn is_number_with_comma(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    cell.contains(',') && digits > 0 && cell.bytes().all(|byte| byte.is_ascii_digit() || b",.+-eE".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_what_is_none() {
        for (cell, value) in [("1.5", 1.5), (" 2 ", 2.0), ("1E-3", 0.001), ("+.5", 0.5), ("5.", 5.0), ("-0", 0.0)] {
            assert_eq!(number(cell), Ok(Some(value)), "{cell}");
        }
        // the defaults of pandas.read_csv, R's NA, a database's null, a spreadsheet's error
        for cell in ["", " ", "NA", "#N/A", "None", "-", "--", "NaN", "-nan", "<NA>", "null", "-1.#IND", ".", "N/A"] {
            assert_eq!(number(cell), Ok(None), "{cell}");
        }
        for (cell, words) in [
            ("inf", "finite"),
            ("1,5", "comma"),
            ("1,234.5", "comma"),
            ("1.234,5", "comma"),
            ("#DIV/0!", "#DIV/0!"),
            ("1e999", "finite"),
            ("5 %", "5 %"),
            ("a,b", "a number"),
        ] {
            assert!(number(cell).unwrap_err().contains(words), "{cell}");
        }
    }
}
