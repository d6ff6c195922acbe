//! Shuffles of a sequence that keep how often each letter follows each other: what a model tells apart from them is no
//! matter of composition.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// A number below `bound`, which is at least 1.
pub fn below(generator: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize
}

/// A sequence of the same letters, of which each follows each other as often as in `letters`, and whose first and last are the same: a
/// random walk over all steps, each such sequence as likely as any other (Altschul & Erickson 1985). Letters are taken as they
/// are: N follows as often as before too.
pub fn shuffled(letters: &[u8], generator: &mut ChaCha8Rng) -> Vec<u8> {
    let (Some(&first), Some(&end)) = (letters.first(), letters.last()) else { return Vec::new() };
    // the steps from each letter
    let mut steps: Vec<Vec<u8>> = vec![Vec::new(); 256];
    letters.windows(2).for_each(|pair| steps[usize::from(pair[0])].push(pair[1]));
    let from: Vec<u8> = (0..=255).filter(|&letter| letter != end && !steps[usize::from(letter)].is_empty()).collect();
    // each letter's last step, so that they all lead to the end: of random ones, the first that do
    let mut last = vec![0; 256];
    loop {
        for &letter in &from {
            let own = &steps[usize::from(letter)];
            last[usize::from(letter)] = below(generator, own.len());
        }
        let leads = |&letter: &u8| {
            let mut at = letter;
            for _ in 0..=from.len() {
                if at == end {
                    return true;
                }
                at = steps[usize::from(at)][last[usize::from(at)]];
            }
            false
        };
        if from.iter().all(leads) {
            break;
        }
    }
    for (letter, own) in (0..=255u8).zip(&mut steps) {
        let kept = (letter != end && !own.is_empty()).then(|| own.swap_remove(last[usize::from(letter)]));
        for at in (1..own.len()).rev() {
            own.swap(at, below(generator, at + 1));
        }
        // taken from the end: the kept step is the last
        kept.into_iter().for_each(|step| own.insert(0, step));
    }
    let mut walk = vec![first];
    let mut at = first;
    while let Some(next) = steps[usize::from(at)].pop() {
        walk.push(next);
        at = next;
    }
    walk
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn pairs(letters: &[u8]) -> HashMap<&[u8], usize> {
        letters.windows(2).fold(HashMap::new(), |mut counts, pair| {
            *counts.entry(pair).or_default() += 1;
            counts
        })
    }

    #[test]
    fn pairs_of_letters_stay_and_their_order_does_not() {
        let mut generator = ChaCha8Rng::seed_from_u64(5);
        for letters in [&b"ACGGTTTACGNNNACCAGATTACAGGATCCTTGA"[..], b"A", b"AC", b"AAAAAC", b"GATTACAGATTACA", b""] {
            for _ in 0..50 {
                let found = shuffled(letters, &mut generator);
                assert_eq!(pairs(&found), pairs(letters));
                assert_eq!(
                    (found.first(), found.last(), found.len()),
                    (letters.first(), letters.last(), letters.len())
                );
            }
        }
        let long: Vec<u8> = (0..500usize).map(|at| b"ACGT"[at * at % 101 % 4]).collect();
        let [one, two] = [0, 1].map(|_| shuffled(&long, &mut generator));
        assert!(one != two && one != long);
    }

    #[test]
    fn each_arrangement_is_as_likely_as_any_other() {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let mut counts: HashMap<Vec<u8>, f64> = HashMap::new();
        for _ in 0..20_000 {
            *counts.entry(shuffled(b"ACABBACBCA", &mut generator)).or_default() += 1.0;
        }
        // every arrangement with these pairs, by trying all
        let mut all = std::collections::HashSet::new();
        let mut letters = b"ACABBACBCA".to_vec();
        permute(&mut letters, 0, &mut |letters| {
            if pairs(letters) == pairs(b"ACABBACBCA") && letters.first() == Some(&b'A') && letters.last() == Some(&b'A')
            {
                all.insert(letters.to_vec());
            }
        });
        assert!(all.len() > 5 && counts.len() == all.len(), "{} {}", all.len(), counts.len());
        let expected = 20_000.0 / all.len() as f64;
        let chi: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
        let freedom = (all.len() - 1) as f64;
        assert!(chi < freedom + 4.0 * (2.0 * freedom).sqrt(), "{chi} {freedom}");
    }

    fn permute(letters: &mut [u8], at: usize, visit: &mut impl FnMut(&[u8])) {
        if at == letters.len() {
            return visit(letters);
        }
        let mut seen = Vec::new();
        for other in at..letters.len() {
            if !seen.contains(&letters[other]) {
                seen.push(letters[other]);
                letters.swap(at, other);
                permute(letters, at + 1, visit);
                letters.swap(at, other);
            }
        }
    }
}
