//! Rows that are not genes, and ids that a spreadsheet has changed.

/// Names under which tables keep their gene ids, the likeliest first; case does not matter, and a blank
/// is as good as an underscore.
pub(super) const GENE_COLUMNS: [&str; 12] = [
    "gene_id",
    "geneid",
    "ensembl_gene_id",
    "ensembl_id",
    "ensembl",
    "gene",
    "name",
    "target_id",
    "feature_id",
    "transcript_id",
    "id",
    "id_ref",
];

/// What tools that count reads write below or above the genes: HTSeq (before 0.5.4 without the two
/// underscores) and STAR.
const READ_COUNTS: [&str; 9] = [
    "no_feature",
    "ambiguous",
    "too_low_aQual",
    "not_aligned",
    "alignment_not_unique",
    "N_unmapped",
    "N_multimapping",
    "N_noFeature",
    "N_ambiguous",
];

const MONTHS: [&str; 13] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"];

/// Whether the row counts reads that belong to no gene.
pub(super) fn is_read_count(id: &str) -> bool {
    id.starts_with("__") || READ_COUNTS.contains(&id)
}

/// Whether a spreadsheet has made a date or a number of a gene's name: `1-Mar` or `Mar-01` of MARCH1,
/// `2006/09/02` of SEPT2, `2.31E+13` of 2310009E13Rik (Ziemann et al. 2016, doi 10.1186/s13059-016-1044-7).
pub(super) fn is_of_spreadsheet(id: &str) -> bool {
    let parts: Vec<&str> = id.split(['-', '/']).collect();
    let is_number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = |part: &str| MONTHS.iter().any(|month| part.eq_ignore_ascii_case(month));
    let months = parts.iter().filter(|part| is_month(part)).count();
    let numbers = parts.iter().filter(|part| is_number(part)).count();
    let is_date = matches!((parts.len(), months, numbers), (2, 1, 1) | (3, 1, 2) | (3, 0, 3));
    let is_power = id
        .split_once("E+")
        .is_some_and(|(number, power)| number.contains('.') && number.parse::<f64>().is_ok() && is_number(power));
    is_date || is_power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_powers() {
        for id in ["1-Mar", "Mar-01", "2-Sep", "01-Dec-2006", "2006/09/02", "2006-09-02", "2.31E+13", "9/2/2006"] {
            assert!(is_of_spreadsheet(id), "{id}");
        }
        for id in ["MARCH1", "SEPT2", "HLA-A", "H2-K1", "NKX2-5", "RP11-34P13.7", "7SK", "1", "ENSG00000000003", "DEC1"]
        {
            assert!(!is_of_spreadsheet(id), "{id}");
        }
    }
}
