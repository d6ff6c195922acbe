//! Gene ids, and the suffixes that keep two files from joining: the one rule for annotations and tables.

/// GENCODE's mark of the second copy of a gene in the pseudo-autosomal region.
const PAR_Y: &str = "_PAR_Y";

/// An Ensembl or RefSeq accession without its version: `ENSG00000141510.16` → `ENSG00000141510`,
/// `NM_000546.6` → `NM_000546`. `None` where there is no version to strip.
///
/// The number that GENCODE's lift37 and UCSC's copies put after a version goes with it
/// (`ENSG00000223972.5_2` → `ENSG00000223972`, `NM_7.1_2` → `NM_7`). Other ids are left alone, because a dot belongs to
/// many a gene symbol (`RP11-34P13.7`). GENCODE's `_PAR_Y` is kept (`ENSG00000182378.15_PAR_Y` →
/// `ENSG00000182378_PAR_Y`), so the two copies of a gene in the pseudo-autosomal region stay two genes.
///
/// ```
/// use attentrack::genome::strip_version;
///
/// assert_eq!(strip_version("ENSG00000141510.16").as_deref(), Some("ENSG00000141510"));
/// assert_eq!(strip_version("FBgn0003996"), None);
/// ```
pub fn strip_version(id: &str) -> Option<String> {
    let (accession, rest) = id.split_once('.')?;
    if !(is_ensembl(accession) || is_refseq(accession)) {
        return None;
    }
    // lift37 numbers a PAR copy before or after its mark: .5_PAR_Y_1, .5_1_PAR_Y
    let unmarked = rest.replacen(PAR_Y, "", 1);
    let mark = if unmarked.len() < rest.len() { PAR_Y } else { "" };
    let mut numbers = unmarked.splitn(2, '_');
    numbers.all(is_number).then(|| format!("{accession}{mark}"))
}

/// Whether an id is an Ensembl or RefSeq accession, with or without version.
pub fn is_accession(id: &str) -> bool {
    let accession = id.split_once('.').map_or(id, |(accession, _)| accession);
    is_ensembl(accession) || is_refseq(accession)
}

/// The id that a copy of a transcript is a copy of, by the number that UCSC's programs append where one transcript
/// aligns at several places: `NM_3_2` → `NM_3`, `NM_7.1_2` → `NM_7.1`, `uc001_dup1` → `uc001`.
pub fn copied_transcript(id: &str) -> Option<&str> {
    let (original, suffix) = id.rsplit_once('_')?;
    if let Some(number) = suffix.strip_prefix("dup") {
        return is_number(number).then_some(original);
    }
    let accession = original.split_once('.').map_or(original, |(accession, _)| accession);
    (is_number(suffix) && is_refseq(accession)).then_some(original)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `ENS`, a species code, a feature letter, 11 digits (old PAR copies: `ENSGR` and 10 digits).
fn is_ensembl(accession: &str) -> bool {
    let Some(rest) = accession.strip_prefix("ENS") else { return false };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_uppercase());
    digits.len() < rest.len() && digits.len() >= 10 && is_number(digits)
}

/// `NM_`, `NR_`, `XM_`, `XR_`, `NG_` and digits.
fn is_refseq(accession: &str) -> bool {
    ["NM_", "NR_", "XM_", "XR_", "NG_"].iter().any(|prefix| accession.strip_prefix(prefix).is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_accessions_go_and_dots_of_symbols_stay() {
        for (id, stripped) in [
            ("ENSG00000141510.16", "ENSG00000141510"),
            ("ENSMUSG00000059552.14", "ENSMUSG00000059552"),
            ("ENST00000269305.9", "ENST00000269305"),
            ("ENSG00000182378.15_PAR_Y", "ENSG00000182378_PAR_Y"),
            ("ENSGR0000182378.10", "ENSGR0000182378"),
            ("NM_000546.6", "NM_000546"),
            // GENCODE lift37
            ("ENSG00000223972.5_2", "ENSG00000223972"),
            ("ENST00000456328.2_13", "ENST00000456328"),
            ("ENSG00000182378.15_PAR_Y_1", "ENSG00000182378_PAR_Y"),
            ("ENSG00000182378.15_1_PAR_Y", "ENSG00000182378_PAR_Y"),
            // UCSC
            ("NM_7.1_2", "NM_7"),
        ] {
            assert_eq!(strip_version(id).as_deref(), Some(stripped), "{id}");
        }
        for id in [
            "ENSG00000141510",
            "ENSG00000182378_PAR_Y",
            "RP11-34P13.7",
            "AC012345.1",
            "WBGene00000001.1",
            "ENSG00000141510.x",
            "ENSG00000141510.5_x",
            "ENSG00000141510.5_1_2",
            "ENSG00000141510.",
            "a.b_c",
        ] {
            assert_eq!(strip_version(id), None, "{id}");
        }
    }

    #[test]
    fn copies_are_told_from_accessions_that_end_in_a_number() {
        assert_eq!(copied_transcript("NM_3_2"), Some("NM_3"));
        assert_eq!(copied_transcript("XR_9.1_12"), Some("XR_9.1"));
        assert_eq!(copied_transcript("NR_001524_dup1"), Some("NR_001524"));
        assert_eq!(copied_transcript("uc001_dup1"), Some("uc001"));
        for id in ["NM_3", "NR_001524.1", "T_2", "ENST00000456328.2_1", "x_dup", "x"] {
            assert_eq!(copied_transcript(id), None, "{id}");
        }
    }
}
