//! What stands between two cells of a line.

use std::borrow::Cow;

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Tab,
    Comma,
    /// As spreadsheets write where the comma is the decimal point.
    Semicolon,
    /// Any run of blanks, as R's `write.table` writes.
    Blank,
}

impl Separator {
    /// The separator of a table with this header and this first row (a header of one name has none).
    pub(super) fn of(header: &str, first_row: &str) -> Self {
        let in_line = |line: &str| {
            let count = |separator: char| delimited(line, separator).len();
            if line.contains('\t') {
                Some(Separator::Tab)
            } else if line.contains(';') && count(';') >= count(',') {
                Some(Separator::Semicolon)
            } else {
                (count(',') > 1).then_some(Separator::Comma)
            }
        };
        let is_one_name = Separator::Blank.cells(header).len() == 1;
        in_line(header).or_else(|| in_line(first_row).filter(|_| is_one_name)).unwrap_or(Separator::Blank)
    }

    /// The separator of a table with this header, whose columns are never separated by blanks.
    pub(super) fn of_header(header: &str) -> Self {
        match Self::of(header, "") {
            Separator::Blank => Separator::Tab,
            separator => separator,
        }
    }

    /// The cells of a line, without the quotes that R and spreadsheets put around them.
    pub(super) fn cells(self, line: &str) -> Vec<Cow<'_, str>> {
        match self.delimiter() {
            Some(delimiter) => delimited(line, delimiter),
            None => blank_separated(line),
        }
    }

    /// Whether the last cell of the line opens a quote and goes on in the next line. Not with tabs: there
    /// a quote at the start of a cell is more often a part of it (`"5-end" …`).
    pub(super) fn goes_on(self, line: &str) -> bool {
        let Some(delimiter @ (',' | ';')) = self.delimiter() else { return false };
        let mut rest = Some(line);
        while let Some(cell) = rest {
            if cell.starts_with('"') && quoted(cell).is_none() {
                return true;
            }
            (_, rest) = next_cell(cell, delimiter);
        }
        false
    }

    fn delimiter(self) -> Option<char> {
        match self {
            Separator::Tab => Some('\t'),
            Separator::Comma => Some(','),
            Separator::Semicolon => Some(';'),
            Separator::Blank => None,
        }
    }
}

fn delimited(line: &str, delimiter: char) -> Vec<Cow<'_, str>> {
    if !line.contains('"') {
        return line.split(delimiter).map(Cow::Borrowed).collect();
    }
    let (mut cells, mut rest) = (Vec::new(), Some(line));
    while let Some(text) = rest {
        let (cell, after) = next_cell(text, delimiter);
        cells.push(cell);
        rest = after;
    }
    cells
}

fn blank_separated(line: &str) -> Vec<Cow<'_, str>> {
    let (mut cells, mut rest) = (Vec::new(), line.trim());
    while !rest.is_empty() {
        let (cell, after) = match quoted(rest) {
            Some((cell, after)) if after.is_empty() || after.starts_with(char::is_whitespace) => (cell, after),
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            }
        };
        cells.push(cell);
        rest = after.trim_start();
    }
    cells
}

/// The first cell of `text`, and what follows its delimiter, if there is one.
fn next_cell(text: &str, delimiter: char) -> (Cow<'_, str>, Option<&str>) {
    if let Some((cell, after)) = quoted(text)
        && (after.is_empty() || after.starts_with(delimiter))
    {
        return (cell, after.strip_prefix(delimiter));
    }
    match text.split_once(delimiter) {
        Some((cell, after)) => (Cow::Borrowed(cell), Some(after)),
        None => (Cow::Borrowed(text), None),
    }
}

/// The quoted text at the start, where a quote in it is doubled, and what follows it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut at = 0;
    loop {
        let end = at + inner[at..].find('"')?;
        if inner[end + 1..].starts_with('"') {
            at = end + 2;
            continue;
        }
        let cell = &inner[..end];
        let cell = if cell.contains('"') { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) };
        return Some((cell, &inner[end + 1..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_belong_to_whole_cells() {
        // pandas.read_csv gives the same cells
        for (separator, line, expected) in [
            (Separator::Comma, r#"a,"x, y",,"#, &["a", "x, y", "", ""][..]),
            (Separator::Comma, r#""say ""so""",b"#, &[r#"say "so""#, "b"]),
            (Separator::Tab, "\"a\"\t5\"-end\tb", &["a", "5\"-end", "b"]),
            (Separator::Tab, "\"5-end\tb", &["\"5-end", "b"]),
            (Separator::Blank, "\"a b\"  1.5 ", &["a b", "1.5"]),
            (Separator::Semicolon, "a;1,5;", &["a", "1,5", ""]),
        ] {
            assert_eq!(separator.cells(line), expected, "{line}");
        }
        assert!(Separator::Comma.goes_on("a,\"x") && !Separator::Comma.goes_on("a,\"x\",b\""));
    }

    #[test]
    fn separators() {
        for (header, first_row, expected) in [
            ("a b\tc", "", Separator::Tab),
            ("\"\",\"x;y\",\"z\"", "", Separator::Comma),
            ("id;a, b;c", "", Separator::Semicolon),
            ("E003", "a\t1", Separator::Tab),
            ("E003", "a,1", Separator::Comma),
            ("E001 E003", "a 1,5 2,5", Separator::Blank),
        ] {
            assert_eq!(Separator::of(header, first_row), expected, "{header}");
        }
    }
}
