//! Columns of BED-like text: a fast path for what is right, and words for what is not.

/// Chromosome, start, end, and what follows them.
pub(super) type Interval<'a> = (&'a [u8], i64, i64, &'a [u8]);

/// Lines of BED-like text that hold no data: empty ones, comments and the browser's settings.
#[inline]
pub(super) fn is_comment(line: &[u8]) -> bool {
    match line.first() {
        None | Some(b'#') => true,
        Some(b' ' | b'\t') => line.trim_ascii().is_empty(),
        Some(b't' | b'b') => is_setting(line, b"track") || is_setting(line, b"browser"),
        Some(_) => false,
    }
}

/// Whether the line begins with the whole word; a scaffold may be called track_1.
pub(super) fn is_setting(line: &[u8], word: &[u8]) -> bool {
    line.strip_prefix(word).is_some_and(|rest| rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t')))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ')
}

/// The first column and the rest. Columns are separated by a tab or blanks, or by a tab among blanks;
/// two tabs have an empty column between them.
#[inline]
pub(super) fn cell(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|&byte| is_blank(byte)) {
        Some(at) => (&line[..at], after_separator(&line[at..])),
        None => (line, &[]),
    }
}

/// What follows the separator that `rest` begins with.
#[inline]
fn after_separator(rest: &[u8]) -> &[u8] {
    match rest {
        [] => rest,
        [_, next, ..] if !is_blank(*next) => &rest[1..],
        _ => {
            let mut tabs = 0;
            let end = rest.iter().position(|&byte| {
                tabs += usize::from(byte == b'\t');
                !is_blank(byte) || tabs > 1
            });
            &rest[end.unwrap_or(rest.len())..]
        }
    }
}

/// The first three columns of BED-like text; `None` if a column is not as it should be, which
/// [`interval_problem`] explains.
#[inline]
pub(super) fn interval(line: &[u8]) -> Option<Interval<'_>> {
    let line = if line.first() == Some(&b' ') { line.trim_ascii_start() } else { line };
    let (chrom, rest) = cell(line);
    let (start, rest) = whole_number(rest)?;
    let (end, rest) = whole_number(rest)?;
    (!chrom.is_empty() && chrom[0] != b'"' && start <= end).then_some((chrom, start, end, rest))
}

/// A whole number of at most 18 digits, and what follows its separator.
#[inline]
fn whole_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let (mut at, mut number) = (0, 0_i64);
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
        at += 1;
    }
    let ends = text.get(at).is_none_or(|&byte| is_blank(byte));
    ((1..=18).contains(&at) && ends).then(|| (number, after_separator(&text[at..])))
}

/// All columns; empty ones at the end are left out, but for the fourth: it is a value that is missing.
pub(super) fn cells(line: &[u8]) -> Vec<String> {
    let mut rest = if line.first() == Some(&b' ') { line.trim_ascii_start() } else { line };
    let mut cells = Vec::new();
    while !rest.is_empty() {
        let (cell, after) = cell(rest);
        cells.push(String::from_utf8_lossy(cell).into_owned());
        rest = after;
    }
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    if cells.len() == 3 && line.ends_with(b"\t") {
        cells.push(String::new());
    }
    cells
}

/// Why the first three columns are no interval.
pub(super) fn interval_problem(line: &[u8]) -> String {
    let cells = cells(line);
    let [chrom, start, end, ..] = &cells[..] else {
        return format!("expected chromosome, start and end, found {} columns", cells.len());
    };
    if chrom.is_empty() {
        return "column 1 (chromosome) is empty".to_owned();
    }
    if let Some(cell) = cells.iter().find(|cell| cell.starts_with('"')) {
        return format!("{cell} is in quotes; write the table without them (R: quote = FALSE)");
    }
    for (number, name, cell) in [(2, "start", start), (3, "end", end)] {
        if whole_number(cell.as_bytes()).is_none() {
            return format!("{name} must be a whole number of bases, found {cell:?} in column {number}{}", hint(cell));
        }
    }
    format!("end ({end}) lies before start ({start})")
}

fn hint(cell: &str) -> &'static str {
    let digits = cell.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_digit());
    match cell {
        "" => ", which is empty",
        _ if !digits => "",
        _ if cell.starts_with('-') => " (positions are counted from 0)",
        _ if cell.contains(['e', 'E']) => " (in R: options(scipen = 999); in awk: printf \"%d\")",
        _ => "",
    }
}

/// The header that bedtools and the UCSC table browser write, who count from 0. Those of R
/// (seqnames, start, end) and MACS (chr, start, end, length) stand over positions that count from 1.
pub(super) fn is_header(line: &[u8]) -> bool {
    line.starts_with(b"chrom") && {
        let cells = cells(line);
        let names: Vec<&str> = cells.iter().map(String::as_str).take(3).collect();
        matches!(names[..], ["chrom", "start" | "chromStart", "end" | "chromEnd"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_parsed_strictly() {
        assert_eq!(interval(b"chr1\t5\t9\trest\tx"), Some((&b"chr1"[..], 5, 9, &b"rest\tx"[..])));
        assert_eq!(interval(b"  chr1   5 \t 9  2.5  "), Some((&b"chr1"[..], 5, 9, &b"2.5  "[..])));
        assert_eq!(interval(b"chr1\t5\t9"), Some((&b"chr1"[..], 5, 9, &b""[..])));
        #[rustfmt::skip]
        let wrong: [(&[u8], &str); 9] = [
            (b"chr1\t9\t5", "end (5) lies before start (9)"), (b"chr1\t-1\t5", "\"-1\" in column 2"),
            (b"chr1\t1\t1e+03", "\"1e+03\" in column 3"), (b"chr1\t1", "found 2 columns"),
            (b"chr1\t\t1\t5\t2", "column 2, which is empty"), (b"\t1\t5\t2", "column 1"), (b"\"chr1\"\t1\t5", "in quotes"),
            (b"chr1\t1.0\t5", "\"1.0\" in column 2"), (b"chr1\t1\t9999999999999999999", "column 3"),
        ];
        for (line, problem) in wrong {
            assert_eq!(interval(line), None);
            assert!(interval_problem(line).contains(problem), "{}", interval_problem(line));
        }
    }

    #[test]
    fn columns_are_told_apart() {
        assert_eq!(cells(b"a\t\tb \t c  d\t\t"), ["a", "", "b", "c", "d"]);
        assert_eq!(cells(b"c\t1\t2\t"), ["c", "1", "2", ""]);
        assert!(is_comment(b"track name=x") && is_comment(b"browser") && is_comment(b" \t ") && is_comment(b""));
        assert!(!is_comment(b"track_1\t0\t5\t2") && !is_comment(b"browser2\t0\t5") && !is_comment(b"chr1"));
    }
}
