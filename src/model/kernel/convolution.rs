//! Products of the windows that a convolution sees with its weights, and sums of their outer products: the inner loops
//! of [`crate::model::Convolutions`].
//!
//! An array holds rows, one a position, of one number a channel for each of sixteen genes. The window of a position is
//! then one slice, of several rows, that begins with its own.

use crate::model::lanes::{Lanes, Simd};

/// An array of rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Rows<'a> {
    /// Its numbers.
    pub values: &'a [Lanes],
    /// From the beginning of a row to that of the next.
    pub stride: usize,
}

/// Columns of a weight matrix side by side.
pub(in crate::model) const TOGETHER: usize = 8;

/// `out[row][column]` = Σ over `depth` of `input[row × stride + k]` × `weights[column / 8][k][column % 8]`, from row `first`
/// of `input`, for as many columns as a row of `out` has.
#[inline(always)]
pub(super) fn window_products<S: Simd, const ROWS: usize>(
    input: Rows<'_>,
    first: usize,
    depth: usize,
    weights: &[f32],
    out: &mut [Lanes],
    out_stride: usize,
) {
    let weights = weights.as_chunks::<TOGETHER>().0;
    let (mut out, mut row) = (out, first);
    while out.len() >= ROWS * out_stride {
        let (own, rest) = out.split_at_mut(ROWS * out_stride);
        let windows = std::array::from_fn(|at| &input.values[(row + at) * input.stride..][..depth]);
        if ROWS > 1 {
            products_of::<S, ROWS, TOGETHER>(windows, weights, 0, own, out_stride);
        } else {
            // where registers are few
            products_of::<S, ROWS, 4>(windows, weights, 0, own, out_stride);
            products_of::<S, ROWS, 4>(windows, weights, 4, own, out_stride);
        }
        (out, row) = (rest, row + ROWS);
    }
    for own in out.chunks_exact_mut(out_stride) {
        products_of::<S, 1, TOGETHER>([&input.values[row * input.stride..][..depth]], weights, 0, own, out_stride);
        row += 1;
    }
}

/// `COLUMNS` of each eight columns, beginning with `from`.
#[inline(always)]
fn products_of<S: Simd, const ROWS: usize, const COLUMNS: usize>(
    windows: [&[Lanes]; ROWS],
    weights: &[[f32; TOGETHER]],
    from: usize,
    out: &mut [Lanes],
    out_stride: usize,
) {
    let depth = windows[0].len();
    for (at, weights) in weights.chunks_exact(depth).enumerate() {
        let mut sums = [[S::splat(0.0); COLUMNS]; ROWS];
        for (k, weights) in weights.iter().enumerate() {
            let x = windows.map(|window| S::load(&window[k]));
            for (column, &weight) in weights[from..from + COLUMNS].iter().enumerate() {
                let weight = S::splat(weight);
                for (sums, x) in sums.iter_mut().zip(x) {
                    sums[column] = weight.mul_add(x, sums[column]);
                }
            }
        }
        for (out, sums) in out.chunks_exact_mut(out_stride).zip(sums) {
            for (out, sum) in out[TOGETHER * at + from..].iter_mut().zip(sums) {
                sum.store(out);
            }
        }
    }
}

/// `out[k][column]` = Σ over rows and lanes of `input[row × stride + first + k]` × `gradient[row][column]`, for as many k
/// as fit into `out`, which has `columns` (a multiple of four) a row.
#[inline(always)]
pub(super) fn window_outer_products<S: Simd, const WIDTH: usize>(
    input: Rows<'_>,
    first: usize,
    gradient: Rows<'_>,
    columns: usize,
    out: &mut [f32],
) {
    let (mut out, mut k) = (out, first);
    while out.len() >= WIDTH * columns {
        let (own, rest) = out.split_at_mut(WIDTH * columns);
        outer_of::<S, WIDTH>(input, k, gradient, columns, own);
        (out, k) = (rest, k + WIDTH);
    }
    for own in out.chunks_exact_mut(columns) {
        outer_of::<S, 1>(input, k, gradient, columns, own);
        k += 1;
    }
}

#[inline(always)]
fn outer_of<S: Simd, const WIDTH: usize>(
    input: Rows<'_>,
    first: usize,
    gradient: Rows<'_>,
    columns: usize,
    out: &mut [f32],
) {
    for column in (0..columns).step_by(4) {
        let mut sums = [[S::splat(0.0); 4]; WIDTH];
        for (row, gradient) in gradient.values.chunks_exact(gradient.stride).enumerate() {
            let [g0, g1, g2, g3] = &gradient[column..column + 4] else { continue };
            let gradient = [S::load(g0), S::load(g1), S::load(g2), S::load(g3)];
            let window = &input.values[first + row * input.stride..][..WIDTH];
            for (sums, x) in sums.iter_mut().zip(window) {
                let x = S::load(x);
                for (sum, gradient) in sums.iter_mut().zip(gradient) {
                    *sum = gradient.mul_add(x, *sum);
                }
            }
        }
        for (out, sums) in out.chunks_exact_mut(columns).zip(sums) {
            out[column..column + 4].copy_from_slice(&S::sums(sums));
        }
    }
}
