//! Which format a file is in, told by its content.

use std::fmt;

/// Format of an annotation file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GTF, also known as GFF2.5: `gene_id "…";`.
    Gtf,
    /// GFF3: `ID=…;Parent=…`.
    Gff3,
    /// BED6 and wider: a gene, or its TSS, a row.
    Bed,
    /// bigBed of at least six columns: a gene, or a transcript that names its gene, a row.
    BigBed,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Gtf => "GTF",
            Format::Gff3 => "GFF3",
            Format::Bed => "BED",
            Format::BigBed => "bigBed",
        })
    }
}

/// What one line says of the format of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It can only be a line of that format.
    Of(Format),
    /// It has the nine columns of GTF and GFF3, the last of which tells nothing: a bare id, a dot, a header.
    GtfOrGff3,
    /// It is no line of an annotation, or one of a kind that is not read and cut short.
    Nothing,
}

/// Tells the format by one line.
pub(super) fn evidence(line: &str) -> Evidence {
    let is_tabbed = line.contains('\t');
    let columns: Vec<&str> = if is_tabbed { line.split('\t').collect() } else { line.split_whitespace().collect() };
    // also -5 and 1e+02, whose row then says what is wrong
    let is_number =
        |text: &&str| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && text.parse::<f64>().is_ok();
    let number = |at: usize| columns.get(at).is_some_and(is_number);
    // pandas writes 0, 1, 2… above a table without names
    let is_numbering = || (0..).zip(&columns).all(|(at, text)| text.parse() == Ok(at));
    // BED first: its columns 2 and 3 are a source and a feature type in the other two
    if number(1) && number(2) && !is_numbering() {
        return Evidence::Of(Format::Bed);
    }
    let Some(attributes) = columns.get(8) else { return Evidence::Nothing };
    let attributes = attributes.trim_start_matches([' ', ';']).trim_end();
    match attributes.find([' ', '=']).map(|at| attributes.as_bytes()[at]) {
        Some(b'=') => Evidence::Of(Format::Gff3),
        Some(_) => Evidence::Of(Format::Gtf),
        None => Evidence::GtfOrGff3,
    }
}

/// What to say of a file whose first line gives no evidence, and no other line does.
pub(super) fn not_an_annotation(line: &str) -> String {
    let shown: String = line.chars().take(60).collect();
    format!(
        "is not a gene annotation: expected the 9 tab-separated columns of GTF or GFF3, or BED6, found {} in {shown:?}",
        line.split('\t').count()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_format_or_nothing() {
        let of = |line: &str| evidence(line);
        assert_eq!(of("1\thavana\tgene\t1\t9\t.\t+\t.\tgene_id \"a\"; note \"x=y\";"), Evidence::Of(Format::Gtf));
        assert_eq!(of("1\thavana\tgene\t1\t9\t.\t+\t.\tID=gene:a;Name=b c"), Evidence::Of(Format::Gff3));
        assert_eq!(of("chr1\t1\t9\ta\t0\t+"), Evidence::Of(Format::Bed));
        assert_eq!(of("chr1\t-1\t9\ta\t0\t+"), Evidence::Of(Format::Bed));
        assert_eq!(of("1\tAUGUSTUS\tgene\t1\t9\t.\t+\t.\tg1"), Evidence::GtfOrGff3);
        assert_eq!(of("0\t1\t2\t3\t4\t5\t6\t7\t8"), Evidence::GtfOrGff3);
        assert_eq!(of("gene_id\tE003"), Evidence::Nothing);
        assert_eq!(of("I\tWB\tSNP\t12176071\t.\t+"), Evidence::Nothing);
    }
}
