//! Motifs from contributions: the stretches of sequences to which a model's score owes most, laid on each other.
//!
//! 1. In each sequence the windows of [`WIDTH`] bases whose contributions add up to most, none over another, are its
//!    seqlets, if they reach a threshold.
//! 2. The largest seqlet that is left begins a motif: the mean of its members, each base at its contribution. A seqlet is a
//!    member if, shifted and on either strand, its cosine with that mean reaches [`LIKENESS`]. Mean and members are found in turn.
//! 3. Members are taken out, and the next motif begins. The bases of a motif's members, counted at each position and cut
//!    at the ends where they tell little, are its matrix.

/// Bases of a seqlet.
pub const WIDTH: usize = 15;
/// Least cosine of a seqlet with its motif.
const LIKENESS: f64 = 0.5;
/// Most bases that a seqlet is shifted by.
const SHIFT: isize = 8;
/// Times that members are found and averaged.
const ROUNDS: usize = 6;
/// Bases beyond a seqlet that are counted on either side, before the ends are cut.
const FLANK: isize = 6;
/// Bits of a position that ends a motif.
const BITS: f64 = 0.25;
/// Added to the counts of each position, in all.
const PSEUDO_COUNT: f64 = 1.0;

/// A sequence, and what each base adds to its score.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedSequence {
    /// 0 to 3 for A, C, G, T; 4 for others.
    pub codes: Vec<u8>,
    /// One a base.
    pub contributions: Vec<f64>,
}

/// A stretch of a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seqlet {
    /// Number of its sequence.
    pub sequence: usize,
    /// First base of the motif's matrix on it, as the sequence is written; may lie before it.
    pub start: isize,
    /// Whether the motif lies on the opposite strand.
    pub reverse: bool,
    /// Sum of its contributions.
    pub sum: f64,
}

/// A motif.
#[derive(Clone, Debug, PartialEq)]
pub struct ContributionMotif {
    /// Shares of A, C, G and T at each position.
    pub matrix: Vec<[f64; 4]>,
    /// Those that it was made of, the largest sums first.
    pub members: Vec<Seqlet>,
}

/// The sums of all windows of a sequence, the largest first, none of which lies over another.
fn windows(of: &ExplainedSequence) -> Vec<(usize, f64)> {
    if of.contributions.len() < WIDTH {
        return Vec::new();
    }
    let mut sums: Vec<(usize, f64)> =
        of.contributions.windows(WIDTH).enumerate().map(|(at, window)| (at, window.iter().sum())).collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut kept: Vec<(usize, f64)> = Vec::new();
    for (at, sum) in sums {
        if kept.iter().all(|(other, _)| at.abs_diff(*other) >= WIDTH) {
            kept.push((at, sum));
        }
    }
    kept
}

/// The sum of the best window, which one in twenty of the sequences exceeds; `None` without a window.
pub fn threshold(sequences: &[ExplainedSequence]) -> Option<f64> {
    let mut best: Vec<f64> = sequences.iter().filter_map(|of| windows(of).first().map(|(_, sum)| *sum)).collect();
    best.sort_by(f64::total_cmp);
    best.get((best.len() * 19 / 20).min(best.len().saturating_sub(1))).copied()
}

/// Motifs of windows whose sum is above the threshold and above zero, of `fewest` members at least, the most members first.
pub fn motifs(sequences: &[ExplainedSequence], threshold: f64, fewest: usize, most: usize) -> Vec<ContributionMotif> {
    let mut left: Vec<Seqlet> = Vec::new();
    for (sequence, of) in sequences.iter().enumerate() {
        let own = windows(of).into_iter().filter(|(_, sum)| *sum > threshold.max(0.0));
        left.extend(own.map(|(start, sum)| Seqlet { sequence, start: start as isize, reverse: false, sum }));
    }
    left.sort_by(|a, b| b.sum.total_cmp(&a.sum).then((a.sequence, a.start).cmp(&(b.sequence, b.start))));
    let mut found = Vec::new();
    // a seed that gathers no others is taken out alone
    while left.len() >= fewest.max(1) && found.len() < most {
        let mut members = vec![left[0]];
        for _ in 0..ROUNDS {
            let mean = mean(sequences, &members);
            members = left.iter().filter_map(|seqlet| aligned(sequences, seqlet, &mean)).collect();
        }
        let mut is_member = vec![false; left.len()];
        for member in &members {
            // shifts are shorter than a seqlet, and seqlets of a sequence do not overlap
            let near = |seqlet: &Seqlet| {
                seqlet.sequence == member.sequence
                    && (seqlet.start - member.start).abs() <= SHIFT
                    && seqlet.sum == member.sum
            };
            left.iter().zip(&mut is_member).filter(|(seqlet, _)| near(seqlet)).for_each(|(_, is)| *is = true);
        }
        is_member[0] = true;
        let mut own = is_member.iter();
        left.retain(|_| !own.next().copied().unwrap_or(false));
        if members.len() >= fewest {
            found.extend(counted(sequences, members));
        }
    }
    found.sort_by_key(|motif| std::cmp::Reverse(motif.members.len()));
    found
}

/// The base at a position of a seqlet, as the motif reads it, and its contribution; `None` beyond the ends and of unknown ones.
fn base(sequences: &[ExplainedSequence], seqlet: &Seqlet, at: isize, width: isize) -> Option<(usize, f64)> {
    let of = &sequences[seqlet.sequence];
    let place = usize::try_from(seqlet.start + if seqlet.reverse { width - 1 - at } else { at }).ok()?;
    let code = usize::from(*of.codes.get(place)?);
    (code < 4).then(|| (if seqlet.reverse { 3 - code } else { code }, of.contributions[place]))
}

/// The mean contributions of members.
fn mean(sequences: &[ExplainedSequence], members: &[Seqlet]) -> Vec<[f64; 4]> {
    let mut sums = vec![[0.0; 4]; WIDTH];
    for member in members {
        for (at, sum) in sums.iter_mut().enumerate() {
            if let Some((code, value)) = base(sequences, member, at as isize, WIDTH as isize) {
                sum[code] += value;
            }
        }
    }
    let n = members.len().max(1) as f64;
    sums.iter_mut().flatten().for_each(|sum| *sum /= n);
    sums
}

/// The seqlet where it is most like the mean; `None` if it is not like it.
fn aligned(sequences: &[ExplainedSequence], seqlet: &Seqlet, mean: &[[f64; 4]]) -> Option<Seqlet> {
    let norm = mean.iter().flatten().map(|value| value * value).sum::<f64>().sqrt();
    let mut best: Option<(f64, Seqlet)> = None;
    for reverse in [false, true] {
        for shift in -SHIFT..=SHIFT {
            let shifted = Seqlet { start: seqlet.start + shift, reverse, ..*seqlet };
            let (mut product, mut square) = (0.0, 0.0);
            for (at, mean) in mean.iter().enumerate() {
                if let Some((code, value)) = base(sequences, &shifted, at as isize, WIDTH as isize) {
                    product += mean[code] * value;
                    square += value * value;
                }
            }
            let likeness = product / (norm * square.sqrt()).max(f64::MIN_POSITIVE);
            if best.is_none_or(|(before, _)| likeness > before) {
                best = Some((likeness, shifted));
            }
        }
    }
    best.filter(|(likeness, _)| *likeness >= LIKENESS).map(|(_, seqlet)| seqlet)
}

/// The motif of members: counts of bases, cut at the ends; `None` where no position tells anything.
fn counted(sequences: &[ExplainedSequence], members: Vec<Seqlet>) -> Option<ContributionMotif> {
    let width = WIDTH as isize;
    let share = |at: isize| {
        let mut counts = [PSEUDO_COUNT / 4.0; 4];
        for member in &members {
            if let Some((code, _)) = base(sequences, member, at, width) {
                counts[code] += 1.0;
            }
        }
        let all: f64 = counts.iter().sum();
        counts.map(|count| count / all)
    };
    let matrix: Vec<[f64; 4]> = (-FLANK..width + FLANK).map(share).collect();
    let tells = |position: &[f64; 4]| information(position) >= BITS;
    let (first, last) = (matrix.iter().position(tells)?, matrix.iter().rposition(tells)?);
    let (before, after) = (first as isize - FLANK, last as isize - FLANK);
    let moved = |member: Seqlet| {
        let start = if member.reverse { member.start + width - 1 - after } else { member.start + before };
        Seqlet { start, ..member }
    };
    Some(ContributionMotif { matrix: matrix[first..=last].to_vec(), members: members.into_iter().map(moved).collect() })
}

/// Bits that a position tells, of 2.
pub fn information(position: &[f64; 4]) -> f64 {
    2.0 + position.iter().filter(|share| **share > 0.0).map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOTIF: &[u8] = &[3, 2, 0, 1, 3, 1, 0, 3, 1];

    /// Sequences by a formula, in all of which the motif lies, on either strand, with contributions at its bases.
    fn planted(n: usize) -> Vec<ExplainedSequence> {
        let mut state = 3u64;
        let mut next = move |below: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) % below
        };
        let sequence = |at: usize| {
            let mut codes: Vec<u8> = (0..60).map(|_| next(4) as u8).collect();
            let mut contributions: Vec<f64> = (0..60).map(|_| next(100) as f64 / 2000.0).collect();
            let start = 5 + next(40) as usize;
            for (place, &code) in MOTIF.iter().enumerate() {
                let (place, code) =
                    if at.is_multiple_of(3) { (MOTIF.len() - 1 - place, 3 - code) } else { (place, code) };
                codes[start + place] = code;
                contributions[start + place] = 1.0;
            }
            ExplainedSequence { codes, contributions }
        };
        (0..n).map(sequence).collect()
    }

    #[test]
    fn a_planted_motif_is_gathered_from_both_strands() {
        let sequences = planted(60);
        let found = motifs(&sequences, 4.0, 10, 5);
        assert_eq!(found.len(), 1);
        assert!(found[0].members.len() >= 58, "{}", found[0].members.len());
        let matrix = &found[0].matrix;
        let consensus: Vec<u8> = matrix
            .iter()
            .map(|shares| shares.iter().position(|share| *share > 0.9).map_or(9, |code| code as u8))
            .collect();
        let opposite: Vec<u8> = MOTIF.iter().rev().map(|code| 3 - code).collect();
        assert!(consensus == MOTIF || consensus == opposite, "{consensus:?}");
        // members say where the matrix lies
        let forward = consensus == MOTIF;
        for member in &found[0].members {
            let own = &sequences[member.sequence].codes[member.start as usize..][..MOTIF.len()];
            assert_eq!(own == MOTIF, member.reverse != forward, "{member:?}");
        }
    }

    #[test]
    fn sequences_without_much_have_no_motif() {
        let mut sequences = planted(30);
        for of in &mut sequences {
            of.contributions.fill(0.01);
        }
        assert_eq!(motifs(&sequences, 4.0, 10, 5), []);
        let all = threshold(&planted(40)).unwrap();
        assert!((9.0..9.5).contains(&all), "{all}");
        assert_eq!(threshold(&[]), None);
        let short = ExplainedSequence { codes: vec![0; 4], contributions: vec![1.0; 4] };
        assert_eq!(motifs(&[short], 0.0, 1, 5), []);
    }
}
