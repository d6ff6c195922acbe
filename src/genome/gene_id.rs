//! Gene ids and the version suffixes that keep two files from joining.

/// An Ensembl or RefSeq accession without its version: `ENSG00000141510.16` → `ENSG00000141510`,
/// `NM_000546.6` → `NM_000546`. `None` where there is no version to strip.
///
/// Other ids are left alone, because a dot belongs to many a gene symbol (`RP11-34P13.7`). GENCODE's
/// `_PAR_Y` is kept (`ENSG00000182378.15_PAR_Y` → `ENSG00000182378_PAR_Y`), so the two copies of a
/// gene in the pseudo-autosomal region stay two genes.
pub fn strip_version(id: &str) -> Option<String> {
    let (accession, rest) = id.split_once('.')?;
    if !(is_ensembl(accession) || is_refseq(accession)) {
        return None;
    }
    let (version, suffix) = match rest.split_once('_') {
        Some((version, "PAR_Y")) => (version, "_PAR_Y"),
        Some(_) => return None,
        None => (rest, ""),
    };
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    is_version.then(|| format!("{accession}{suffix}"))
}

/// `ENS`, a species code, a feature letter, 11 digits (old PAR copies: `ENSGR` and 10 digits).
fn is_ensembl(accession: &str) -> bool {
    let Some(rest) = accession.strip_prefix("ENS") else { return false };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_uppercase());
    digits.len() < rest.len() && digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `NM_`, `NR_`, `XM_`, `XR_`, `NG_` and digits.
fn is_refseq(accession: &str) -> bool {
    ["NM_", "NR_", "XM_", "XR_", "NG_"].iter().any(|prefix| {
        accession
            .strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_accessions_go_and_dots_of_symbols_stay() {
        let stripped = |id| strip_version(id);
        assert_eq!(stripped("ENSG00000141510.16").as_deref(), Some("ENSG00000141510"));
        assert_eq!(stripped("ENSMUSG00000059552.14").as_deref(), Some("ENSMUSG00000059552"));
        assert_eq!(stripped("ENST00000269305.9").as_deref(), Some("ENST00000269305"));
        assert_eq!(stripped("ENSG00000182378.15_PAR_Y").as_deref(), Some("ENSG00000182378_PAR_Y"));
        assert_eq!(stripped("ENSGR0000182378.10").as_deref(), Some("ENSGR0000182378"));
        assert_eq!(stripped("NM_000546.6").as_deref(), Some("NM_000546"));
        for id in ["ENSG00000141510", "RP11-34P13.7", "AC012345.1", "WBGene00000001.1", "ENSG00000141510.x", "a.b_c"] {
            assert_eq!(stripped(id), None, "{id}");
        }
    }
}
