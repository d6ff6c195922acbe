//! What the name of a sequence says: whether it is a chromosome proper.

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
    } else if is_chromosome(name) || name.starts_with("NC_") {
        ContigKind::Chromosome
    } else {
        ContigKind::Contig
    }
}

/// Whether it is named like a chromosome: a number or an arm, X, Y, Z, W, the mitochondrion.
fn is_chromosome(name: &str) -> bool {
    let stem = stem(name);
    let is_arm = stem.len() <= 3 && stem.starts_with(|c: char| c.is_ascii_digit());
    matches!(stem, "X" | "Y" | "Z" | "W" | "M" | "MT" | "Mt" | "Mito") || is_arm || is_roman(stem)
}

fn stem(name: &str) -> &str {
    ["chr", "Chr", "CHR"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Whether it is a number from I to XXXIX.
fn is_roman(stem: &str) -> bool {
    let ones = stem.trim_start_matches('X');
    let tens = stem.len() - ones.len();
    tens <= 3 && !stem.is_empty() && ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"].contains(&ones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_contigs_are_told_by_their_names() {
        use ContigKind::{Alternative, Chromosome, Contig};
        for (name, kind) in [
            ("chr6", Chromosome),
            ("MT", Chromosome),
            ("2L", Chromosome),
            ("XIV", Chromosome),
            ("chrM", Chromosome),
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
