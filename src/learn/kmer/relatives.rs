//! Sequences that share a long stretch of letters on either strand: windows of one peak that overlap, copies, repeats.
//! Where one of them is learnt from, the other is no test of it.

use super::Alphabet;

/// Letters in a row that unrelated sequences do not share.
pub const STRETCH: usize = 40;

/// A stretch, the same for both of its strands: its length above the codes of its letters, two bits a letter.
type Stretch = u128;

/// For each sequence of DNA the number of its group: those that share a stretch of [`STRETCH`] letters, or others with
/// each of them, are one group. Groups are numbered from 0 in the order of the sequences. A sequence that is shorter
/// goes with those that are equal to it. Unknown letters are in no stretch.
pub fn groups<'a>(sequences: impl IntoIterator<Item = &'a [u8]>) -> Vec<usize> {
    let (mut owned, mut n) = (Vec::new(), 0);
    for sequence in sequences {
        owned.extend(stretches(sequence).map(|stretch| (stretch, n)));
        n += 1;
    }
    owned.sort_unstable();
    let mut parent: Vec<usize> = (0..n).collect();
    for pair in owned.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (a, b) = (root(&mut parent, pair[0].1), root(&mut parent, pair[1].1));
        // the first sequence of a group is its root
        parent[a.max(b)] = a.min(b);
    }
    let (mut numbers, mut next) = (vec![0; n], 0);
    for at in 0..n {
        let root = root(&mut parent, at);
        if root == at {
            numbers[at] = next;
            next += 1;
        } else {
            numbers[at] = numbers[root];
        }
    }
    numbers
}

/// Whether each sequence shares a stretch with one of `others`, as [`groups`] has it.
pub fn related<'a>(
    sequences: impl IntoIterator<Item = &'a [u8]>,
    others: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<bool> {
    let mut known: Vec<Stretch> = others.into_iter().flat_map(stretches).collect();
    known.sort_unstable();
    known.dedup();
    let is_related = |sequence| stretches(sequence).any(|stretch| known.binary_search(&stretch).is_ok());
    sequences.into_iter().map(is_related).collect()
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// All stretches of a sequence; of one shorter than [`STRETCH`] itself.
fn stretches(letters: &[u8]) -> impl Iterator<Item = Stretch> + '_ {
    let (dna, length) = (Alphabet::dna(), letters.len().min(STRETCH));
    let (mask, top) = ((1u128 << (2 * length)) - 1, 2 * length.saturating_sub(1));
    let (mut own, mut opposite, mut known) = (0u128, 0u128, 0);
    letters.iter().filter_map(move |&letter| {
        let Some(code) = dna.code(letter) else {
            known = 0;
            return None;
        };
        own = (own << 2 | u128::from(code)) & mask;
        opposite = opposite >> 2 | u128::from(3 - code) << top;
        known += 1;
        (known >= length).then(|| own.min(opposite) | (length as u128) << 96)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = b"GATTACAGATTTCGCCGTAATCGGATCTTGCAACGTTAGCCATGCATTGCAAC";

    fn opposite(letters: &[u8]) -> Vec<u8> {
        letters.iter().rev().map(|letter| b"TGCA"[usize::from(Alphabet::dna().code(*letter).unwrap())]).collect()
    }

    #[test]
    fn those_that_share_forty_letters_are_one_group_in_a_chain_and_on_both_strands() {
        let begins = [&A[..45], b"TTTTTTT"].concat();
        let ends = [b"CCCCCC", &A[3..48]].concat();
        let other = opposite(&A[8..52]);
        // shares with `other` alone, which shares with the first
        let chained = [b"AAAAAAAAA", &other[..41]].concat();
        let unlike = vec![b'G'; 60];
        let all: Vec<&[u8]> = vec![&begins, &unlike, &ends, &chained, &other];
        assert_eq!(groups(all.iter().copied()), [0, 1, 0, 0, 0]);
        assert_eq!(related([&begins[..], &unlike, &ends], [&chained[..], &other]), [false, false, true]);
        // 39 letters are too few
        assert_eq!(groups([&[&A[..39], b"GGGG"].concat()[..], &[&A[..39], b"CTTT"].concat()]), [0, 1]);
    }

    #[test]
    fn unknown_letters_break_stretches_and_short_sequences_go_with_equals() {
        let mut broken = A.to_vec();
        broken[25] = b'N';
        assert_eq!(groups([A, &broken]), [0, 1]);
        let lower = A.to_ascii_lowercase();
        assert_eq!(groups([A, &lower]), [0, 0]);
        let short: [&[u8]; 6] = [b"ACGTT", b"ACGT", b"AACGT", b"ACGNT", b"ACGNT", b""];
        // AACGT is ACGTT on the other strand
        assert_eq!(groups(short), [0, 1, 0, 2, 3, 4]);
    }
}
