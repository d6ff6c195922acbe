//! Folds for cross-fitting: genes whose windows overlap, and one gene in several samples, stay together.

use std::collections::BTreeMap;

use crate::learn::random::gene_order;

/// Genes this close are neighbours even if their windows do not overlap.
const NEIGHBOURS_BP: i64 = 50_000;

/// Where a gene is, for those whose position is known; else which gene it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locus {
    /// Chromosome and TSS.
    At(String, i64),
    /// Gene id.
    Somewhere(String),
}

/// The fold of each gene. Neighbourhoods go to the folds from the largest to the smallest, each to the
/// fold with fewest genes; those of one size in an order of the seed.
pub fn assign(places: &[Locus], flank_bp: u32, n_folds: usize, seed: u64) -> Vec<usize> {
    let reach = NEIGHBOURS_BP.max(2 * i64::from(flank_bp));
    let mut sorted: BTreeMap<&Locus, Vec<usize>> = BTreeMap::new();
    places.iter().enumerate().for_each(|(gene, place)| sorted.entry(place).or_default().push(gene));
    // a dense chromosome would be one chain: a neighbourhood ends where it has its share of a fold
    let most = (places.len() / (4 * n_folds)).max(1);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<&Locus> = None;
    for (place, genes) in sorted {
        let is_near = match (last, place) {
            (Some(Locus::At(chrom, tss)), Locus::At(other, position)) => chrom == other && position - tss <= reach,
            _ => false,
        };
        match groups.last_mut() {
            Some(group) if is_near && group.len() < most => group.extend(genes),
            _ => groups.push(genes),
        }
        last = Some(place);
    }
    let mut order = gene_order(seed, 0, groups.len());
    order.sort_by_key(|&group| std::cmp::Reverse(groups[group].len()));
    let (mut folds, mut sizes) = (vec![0; places.len()], vec![0; n_folds]);
    for group in order {
        let fold = (0..n_folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
        sizes[fold] += groups[group].len();
        groups[group].iter().for_each(|&gene| folds[gene] = fold);
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_and_samples_stay_together() {
        let at = |chrom: &str, tss: i64| Locus::At(chrom.to_owned(), tss);
        let mut places: Vec<Locus> = (0..200).map(|gene| at("chr1", gene / 2 * 200_000 + gene % 2 * 3_000)).collect();
        places.extend((0..100).map(|gene| Locus::Somewhere(format!("G{gene}"))));
        let twice: Vec<Locus> = places.iter().chain(&places).cloned().collect();
        let folds = assign(&twice, 5000, 5, 1);
        assert!((0..200).step_by(2).all(|gene| folds[gene] == folds[gene + 1]));
        assert!((0..300).all(|gene| folds[gene] == folds[gene + 300]));
        let size = |fold| folds.iter().filter(|&&of| of == fold).count();
        assert!((0..5).all(|fold| (116..=124).contains(&size(fold))), "{folds:?}");
        assert_eq!(folds, assign(&twice, 5000, 5, 1));
        assert_ne!(folds, assign(&twice, 5000, 5, 2));
    }
}
