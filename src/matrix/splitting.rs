//! Ways to divide genes into train, valid and test.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Split, SplitRow, Splits};
use crate::genome::Gene;

/// Shares of train, valid and test; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fractions {
    /// Share of the genes that the model learns from.
    pub train: f64,
    /// Share that the epoch and the threshold are chosen on.
    pub valid: f64,
    /// Share that the model is judged on.
    pub test: f64,
}

impl Fractions {
    /// 65, 15 and 20 %, for splits by chromosome and at random.
    pub const USUAL: Fractions = Fractions { train: 0.65, valid: 0.15, test: 0.2 };
    /// Thirds, as DeepChrome and AttentiveChrome have it.
    pub const THIRDS: Fractions = Fractions { train: 1.0 / 3.0, valid: 1.0 / 3.0, test: 1.0 / 3.0 };

    fn of(self, split: Split) -> f64 {
        match split {
            Split::Train => self.train,
            Split::Valid => self.valid,
            Split::Test => self.test,
        }
    }

    /// Genes in train, valid and test, out of `n`: train and valid rounded, test the rest.
    fn counts(self, n: usize) -> [usize; 3] {
        let rounded = |share: f64| ((share * n as f64).round() as usize).min(n);
        let train = rounded(self.train);
        let valid = rounded(self.valid).min(n - train);
        [train, valid, n - train - valid]
    }
}

/// Why a split cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SplitError {
    /// Fewer groups than parts.
    #[error("{groups} {what} are too few for {parts} parts")]
    TooFew {
        /// What is divided: chromosomes, genes, groups.
        what: &'static str,
        /// How many there are.
        groups: usize,
        /// How many parts are wanted.
        parts: usize,
    },
    /// A split without a gene.
    #[error("no gene is left for {0}")]
    Empty(Split),
}

/// Train first, then valid, then test, in the order of the genes: the published protocol.
///
/// 19,802 genes in thirds are 6601, 6601 and 6600.
pub fn file_order(n_genes: usize, fractions: Fractions) -> Vec<Split> {
    let counts = fractions.counts(n_genes);
    Split::ALL.into_iter().zip(counts).flat_map(|(split, count)| std::iter::repeat_n(split, count)).collect()
}

/// Whole groups at random: `group[gene]` is the gene's group, numbered from 0. Test is filled first,
/// then valid; the same seed gives the same split on every machine.
pub fn random(group: &[usize], fractions: Fractions, seed: u64) -> Vec<Split> {
    let sizes = group_sizes(group);
    let [_, valid, test] = fractions.counts(group.len());
    let (mut n_test, mut n_valid) = (0, 0);
    let mut split_of_group = vec![Split::Train; sizes.len()];
    for at in shuffled(sizes.len(), seed) {
        // a group goes where it does not overshoot by more than it would leave short
        if n_test + sizes[at] / 2 < test {
            split_of_group[at] = Split::Test;
            n_test += sizes[at];
        } else if n_valid + sizes[at] / 2 < valid {
            split_of_group[at] = Split::Valid;
            n_valid += sizes[at];
        }
    }
    group.iter().map(|&group| split_of_group[group]).collect()
}

/// Whole groups (chromosomes), the largest first, each to the split that lacks most genes; groups in
/// `given` stay where they are, and nothing is added to a split that is given. Deterministic.
///
/// # Errors
/// Fewer groups than splits to fill.
pub fn greedy(group: &[usize], fractions: Fractions, given: &HashMap<usize, Split>) -> Result<Vec<Split>, SplitError> {
    let sizes = group_sizes(group);
    let is_given = |split: Split| given.values().any(|&other| other == split);
    let open: Vec<Split> = Split::ALL.into_iter().filter(|&split| !is_given(split)).collect();
    let mut free: Vec<usize> = (0..sizes.len()).filter(|at| !given.contains_key(at)).collect();
    if free.len() < open.len() {
        let what = if given.is_empty() { "chromosomes" } else { "chromosomes that are not named" };
        return Err(SplitError::TooFew { what, groups: free.len(), parts: open.len() });
    }
    free.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
    let n_free: usize = free.iter().map(|&at| sizes[at]).sum();
    let share: f64 = open.iter().map(|&split| fractions.of(split)).sum();
    let mut lacking: Vec<f64> = open.iter().map(|&split| fractions.of(split) / share * n_free as f64).collect();
    let mut empty: Vec<bool> = vec![true; open.len()];
    let mut split_of_group: HashMap<usize, Split> = given.clone();
    for (placed, &at) in free.iter().enumerate() {
        // the last groups are kept for splits that would stay empty
        let must_fill = free.len() - placed <= empty.iter().filter(|&&empty| empty).count();
        let candidates = (0..open.len()).filter(|&split| !must_fill || empty[split]);
        let Some(chosen) = candidates.max_by(|&a, &b| lacking[a].total_cmp(&lacking[b]).then(b.cmp(&a))) else {
            continue;
        };
        lacking[chosen] -= sizes[at] as f64;
        empty[chosen] = false;
        split_of_group.insert(at, open[chosen]);
    }
    Ok(group.iter().map(|group| split_of_group.get(group).copied().unwrap_or(Split::Train)).collect())
}

/// Cuts whole groups into `folds` parts of like size, the largest group first, each to the smallest
/// part: for each gene its part. Without a seed groups are taken by size; with one, in random order.
///
/// # Errors
/// Fewer groups than folds.
pub fn parts(group: &[usize], folds: usize, seed: Option<u64>, what: &'static str) -> Result<Vec<usize>, SplitError> {
    let sizes = group_sizes(group);
    if sizes.len() < folds {
        return Err(SplitError::TooFew { what, groups: sizes.len(), parts: folds });
    }
    let mut order = seed.map_or_else(|| (0..sizes.len()).collect(), |seed| shuffled(sizes.len(), seed));
    order.sort_by_key(|&at| std::cmp::Reverse(sizes[at]));
    let (mut filled, mut part_of_group) = (vec![0; folds], vec![0; sizes.len()]);
    for at in order {
        let smallest = (0..folds).min_by_key(|&part| filled[part]).unwrap_or(0);
        filled[smallest] += sizes[at];
        part_of_group[at] = smallest;
    }
    Ok(group.iter().map(|&group| part_of_group[group]).collect())
}

/// Cuts genes in file order into `folds` blocks of like size: for each gene its part.
///
/// # Errors
/// Fewer genes than folds.
pub fn blocks(n_genes: usize, folds: usize) -> Result<Vec<usize>, SplitError> {
    if n_genes < folds {
        return Err(SplitError::TooFew { what: "genes", groups: n_genes, parts: folds });
    }
    Ok((0..n_genes).map(|gene| gene * folds / n_genes).collect())
}

/// Cross-validation: in fold k part k is test, the next part is valid, the others are train.
pub fn cross_validation(part: &[usize], folds: usize) -> Vec<Vec<Split>> {
    let split = |part: usize, fold: usize| match part {
        part if part == fold => Split::Test,
        part if part == (fold + 1) % folds => Split::Valid,
        _ => Split::Train,
    };
    (0..folds).map(|fold| part.iter().map(|&part| split(part, fold)).collect()).collect()
}

/// One row a gene and fold, folds in order.
///
/// # Errors
/// A split without a gene, in any fold.
pub fn rows(genes: &[Gene], folds: &[Vec<Split>]) -> Result<Splits, SplitError> {
    let mut splits = Splits::default();
    for (fold, of_gene) in (0..).zip(folds) {
        if let Some(empty) = Split::ALL.into_iter().find(|split| !of_gene.contains(split)) {
            return Err(SplitError::Empty(empty));
        }
        let row = |(gene, &split): (&Gene, &Split)| {
            let Gene { id, symbol, .. } = gene.clone();
            SplitRow { gene_id: id, gene_name: symbol, split, fold }
        };
        splits.rows.extend(genes.iter().zip(of_gene).map(row));
    }
    Ok(splits)
}

fn group_sizes(group: &[usize]) -> Vec<usize> {
    let mut sizes = vec![0; group.iter().max().map_or(0, |last| last + 1)];
    group.iter().for_each(|&group| sizes[group] += 1);
    sizes
}

fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Strand, Tss};

    fn counts(splits: &[Split]) -> [usize; 3] {
        Split::ALL.map(|split| splits.iter().filter(|&&other| other == split).count())
    }

    #[test]
    fn the_published_thirds() {
        assert_eq!(counts(&file_order(19_802, Fractions::THIRDS)), [6601, 6601, 6600]);
        let split = file_order(1193, Fractions { train: 0.6, valid: 0.15, test: 0.25 });
        assert_eq!(counts(&split), [716, 179, 298]);
        assert_eq!((split[715], split[716], split[895]), (Split::Train, Split::Valid, Split::Test));
    }

    #[test]
    fn random_splits_have_their_sizes_and_depend_on_the_seed_alone() {
        let groups: Vec<usize> = (0..1000).collect();
        let split = random(&groups, Fractions::USUAL, 7);
        assert_eq!(counts(&split), [650, 150, 200]);
        assert_eq!(split, random(&groups, Fractions::USUAL, 7));
        assert_ne!(split, random(&groups, Fractions::USUAL, 8));
        // pinned: a new version of the generator must not silently change everybody's splits
        let test: Vec<usize> = (0..40).filter(|&gene| split[gene] == Split::Test).collect();
        assert_eq!(test, [4, 5, 7, 11, 14, 18, 25, 29, 32, 37]);
    }

    #[test]
    fn groups_stay_together() {
        let groups: Vec<usize> = (0..999).map(|gene| gene / 3).collect();
        let split = random(&groups, Fractions::USUAL, 1);
        assert!(
            (0..333).all(|group| split[3 * group] == split[3 * group + 1] && split[3 * group] == split[3 * group + 2])
        );
        let [_, valid, test] = counts(&split);
        assert!(valid.abs_diff(150) <= 2 && test.abs_diff(200) <= 2, "{valid} {test}");
    }

    #[test]
    fn greedy_fills_each_split_close_to_its_share() {
        // genes of 23 chromosomes, roughly as on the human genome
        let sizes = [20, 13, 11, 8, 9, 10, 9, 7, 8, 8, 13, 10, 3, 6, 6, 8, 12, 3, 14, 5, 2, 4, 8];
        let group: Vec<usize> =
            sizes.iter().enumerate().flat_map(|(at, &size)| std::iter::repeat_n(at, size * 10)).collect();
        let split = greedy(&group, Fractions::USUAL, &HashMap::new()).unwrap();
        let [train, valid, test] = counts(&split).map(|count| count as f64 / group.len() as f64);
        assert!((train - 0.65).abs() < 0.02 && (valid - 0.15).abs() < 0.02 && (test - 0.2).abs() < 0.02);
        let of_chrom = |at: usize| group.iter().position(|&group| group == at).map(|gene| split[gene]);
        assert!(group.iter().zip(&split).all(|(&at, &split)| of_chrom(at) == Some(split)));
    }

    #[test]
    fn greedy_leaves_no_split_empty_and_respects_what_is_given() {
        assert_eq!(counts(&greedy(&[0, 1, 2], Fractions::USUAL, &HashMap::new()).unwrap()), [1, 1, 1]);
        assert!(greedy(&[0, 1], Fractions::USUAL, &HashMap::new()).is_err());
        let given = [(1, Split::Test), (2, Split::Valid)].into();
        let split = greedy(&[0, 1, 2, 3], Fractions::USUAL, &given).unwrap();
        assert_eq!(split, [Split::Train, Split::Test, Split::Valid, Split::Train]);
        let split = greedy(&[0, 1, 2, 3], Fractions::USUAL, &[(1, Split::Test)].into()).unwrap();
        assert_eq!(counts(&split), [2, 1, 1]);
    }

    #[test]
    fn each_gene_is_tested_once_in_cross_validation() {
        let group: Vec<usize> = (0..100).map(|gene| gene / 9).collect();
        for part in [parts(&group, 5, None, "chromosomes"), parts(&group, 5, Some(3), "groups"), blocks(100, 5)] {
            let folds = cross_validation(&part.unwrap(), 5);
            for gene in 0..100 {
                let of = |split| folds.iter().filter(|fold| fold[gene] == split).count();
                assert_eq!((of(Split::Test), of(Split::Valid), of(Split::Train)), (1, 1, 3));
            }
            assert!(folds.iter().all(|fold| counts(fold).iter().all(|&count| count > 0)));
        }
        assert!(parts(&[0, 1], 3, None, "chromosomes").is_err());
    }

    #[test]
    fn an_empty_split_is_refused() {
        let splits = file_order(2, Fractions::THIRDS);
        let gene = |id: &str| {
            let tss = Tss { chrom: "1".into(), position: 0, strand: Strand::Forward };
            Gene { id: id.into(), symbol: None, tss, end: None }
        };
        assert_eq!(rows(&[gene("a"), gene("b")], &[splits]), Err(SplitError::Empty(Split::Test)));
    }
}
