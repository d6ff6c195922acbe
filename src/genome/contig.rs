//! What the name of a sequence says: where it comes in a list, and whether it is a chromosome proper.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

/// What kind of sequence a name belongs to; of the copies of a gene the one on the first kind is the gene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContigKind {
    /// A chromosome, by UCSC's, Ensembl's or RefSeq's (`NC_`) naming.
    Chromosome,
    /// Whatever else: scaffolds, unplaced and unlocalised contigs.
    Contig,
    /// Another version of a piece of a chromosome: `_alt`, `_fix`, `_hap1`, Ensembl's `CHR_HSCHR6_…` and patches.
    Alternative,
}

/// The kind of a sequence, by its name alone.
pub fn contig_kind(name: &str) -> ContigKind {
    let last = name.rsplit('_').next().unwrap_or_default();
    let is_haplotype = last.strip_prefix("hap").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let is_ensembl = ["CHR_H", "HSCHR", "HG"].iter().any(|start| name.starts_with(start)) && name.contains('_');
    if matches!(last, "alt" | "fix" | "PATCH") || is_haplotype || is_ensembl {
        ContigKind::Alternative
    } else if group(name) < Group::Other || name.starts_with("NC_") {
        ContigKind::Chromosome
    } else {
        ContigKind::Contig
    }
}

/// The order of sequences in a list: numbered chromosomes (2 before 10, 2L before 2R, II before IV), X, Y, Z and W,
/// the mitochondrion, then all others; within each by name, digits read as numbers.
pub fn contig_order(one: &str, other: &str) -> Ordering {
    let key = |name| (group(name), roman(stem(name)));
    key(one).cmp(&key(other)).then_with(|| natural_order(one, other)).then_with(|| one.cmp(other))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Numbered,
    Sex,
    Mitochondrion,
    Other,
}

fn group(name: &str) -> Group {
    let stem = stem(name);
    match stem {
        "X" | "Y" | "Z" | "W" => Group::Sex,
        "M" | "MT" | "Mt" | "Mito" => Group::Mitochondrion,
        // 1, 22, and the arms 2L, 2R, 3a
        _ if stem.len() <= 3 && stem.starts_with(|c: char| c.is_ascii_digit()) => Group::Numbered,
        _ if roman(stem).is_some() => Group::Numbered,
        _ => Group::Other,
    }
}

fn stem(name: &str) -> &str {
    ["chr", "Chr", "CHR"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// The number that I to XXXIX stand for; a lone X is the sex chromosome.
fn roman(stem: &str) -> Option<u32> {
    if stem == "X" {
        return None;
    }
    let ones = stem.trim_start_matches('X');
    let tens = u32::try_from(stem.len() - ones.len()).ok()?;
    let ones =
        ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"].iter().position(|&numeral| numeral == ones)?;
    (tens <= 3 && !stem.is_empty()).then(|| 10 * tens + ones as u32)
}

/// Compares runs of digits as numbers and everything else as text.
fn natural_order(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.chars().peekable(), other.chars().peekable());
    loop {
        let order = match (one.peek(), other.peek()) {
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (a, b) = (digits(&mut one), digits(&mut other));
                // without leading zeros the longer number is the greater
                a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
            }
            (None, None) => return Ordering::Equal,
            _ => one.next().cmp(&other.next()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn digits(text: &mut Peekable<Chars<'_>>) -> String {
    let mut digits = String::new();
    while let Some(digit) = text.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    digits.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_listed_as_people_list_them() {
        for expected in [
            &["chr1", "chr2", "chr10", "chrX", "chrY", "chrM", "chr1_KI270706v1_random", "chrUn_GL000195v1"][..],
            &["1", "9", "11", "X", "MT", "GL000191.1", "KI270728.1"],
            &["2L", "2R", "3L", "4", "X", "Y", "211000022278279"],
            &["I", "II", "III", "IV", "V", "X", "MtDNA"],
            &["chrI", "chrIX", "chrXI", "chrXVI", "chrX", "chrM"],
            &["NC_000001.11", "NC_000010.11", "NC_012920.1"],
            &["scaffold_2", "scaffold_10"],
        ] {
            let mut sorted = expected.to_vec();
            sorted.reverse();
            sorted.sort_by(|one, other| contig_order(one, other));
            assert_eq!(sorted, expected);
        }
        assert_ne!(contig_order("chr01", "chr1"), Ordering::Equal, "a total order");
    }

    #[test]
    fn alternative_contigs_are_told_by_their_names() {
        use ContigKind::{Alternative, Chromosome, Contig};
        for (name, kind) in [
            ("chr6", Chromosome),
            ("MT", Chromosome),
            ("2L", Chromosome),
            ("NC_000006.12", Chromosome),
            ("chr6_GL000250v2_alt", Alternative),
            ("chr6_cox_hap2", Alternative),
            ("chr1_KZ208906v1_fix", Alternative),
            ("CHR_HSCHR6_MHC_COX_CTG1", Alternative),
            ("HSCHR6_MHC_COX", Alternative),
            ("HG1007_PATCH", Alternative),
            ("chr6_KI270797v1_random", Contig),
            ("NT_167244.2", Contig),
            ("scaffold_12", Contig),
        ] {
            assert_eq!(contig_kind(name), kind, "{name}");
        }
    }
}
