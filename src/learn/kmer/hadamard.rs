//! The fast Hadamard transform of tables of all words.

use rayon::prelude::*;

/// Transforms of more numbers than these are shared between threads.
pub(super) const ALONE: usize = 1 << 16;

/// The Hadamard transform of 4ᵍ numbers in place, letter by letter; twice it multiplies by 4ᵍ.
pub(super) fn transform(x: &mut [f32]) {
    const BLOCK: usize = 64;
    if let Ok(block) = <&mut [f32; BLOCK]>::try_from(&mut *x) {
        [16, 4, 1].iter().for_each(|&step| block.chunks_exact_mut(4 * step).for_each(|part| letter(part, step)));
        return;
    }
    let step = x.len() / 4;
    if step == 0 {
        return;
    }
    letter(x, step);
    if step >= ALONE {
        x.par_chunks_exact_mut(step).for_each(transform);
    } else {
        x.chunks_exact_mut(step).for_each(transform);
    }
}

/// The transform along one letter, whose four values lie `step` apart.
#[inline(always)]
fn letter(x: &mut [f32], step: usize) {
    let (ac, gt) = x.split_at_mut(2 * step);
    let ((a, c), (g, t)) = (ac.split_at_mut(step), gt.split_at_mut(step));
    for (((a, c), g), t) in a.iter_mut().zip(c).zip(g).zip(t) {
        let [ac, a_c, gt, g_t] = [*a + *c, *a - *c, *g + *t, *g - *t];
        (*a, *c, *g, *t) = (ac + gt, a_c + g_t, ac - gt, a_c - g_t);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_of_a_transform_is_the_table_times_its_length() {
        for length in [1, 2, 3, 5, 9] {
            let n = 1usize << (2 * length);
            let before: Vec<f32> = (0..n).map(|at| ((at * 37 % 101) as f32) - 50.0).collect();
            let mut x = before.clone();
            transform(&mut x);
            transform(&mut x);
            assert!(x.iter().zip(&before).all(|(x, before)| (x / n as f32 - before).abs() < 1e-4), "{length}");
        }
    }
}
