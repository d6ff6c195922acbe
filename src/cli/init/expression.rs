//! Which column of an expression table is of which sample.

/// The column of a sample: of its very name, of its name in another case, or the only one whose words hold those of the
/// name one after the other (`E003` in `tpm_E003_rep1`).
pub fn column_of<'a>(columns: &'a [String], sample: &str) -> Option<&'a str> {
    let exact = columns.iter().find(|column| *column == sample);
    let wanted = words(sample);
    let holds = |column: &&String| words(column).windows(wanted.len().max(1)).any(|some| some == wanted);
    let alike = || {
        let mut found = columns.iter().filter(|column| column.eq_ignore_ascii_case(sample));
        found.next().filter(|_| found.next().is_none())
    };
    let holding = || {
        let mut found = columns.iter().filter(holds);
        found.next().filter(|_| found.next().is_none())
    };
    exact.or_else(alike).or_else(holding).map(String::as_str)
}

fn words(name: &str) -> Vec<String> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_name_case_or_words_and_never_guessed() {
        let columns = ["gene_id", "E003", "tpm_E116_rep1", "wt", "KO_1", "KO_2"].map(str::to_owned);
        for (sample, column) in [
            ("E003", Some("E003")),
            ("E116", Some("tpm_E116_rep1")),
            ("WT", Some("wt")),
            ("KO", None),
            ("E00", None),
            ("liver", None),
        ] {
            assert_eq!(column_of(&columns, sample), column, "{sample}");
        }
    }
}
