//! DeepChrome's front end: convolution over bins, the highest of neighbouring positions, ReLU.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::TensorSpec;
use super::chain::{self, Convolution, NetworkLayer, Weights};
use super::layer::OfModel;

/// Sizes of the front end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrontEnd {
    /// Marks that it sees.
    pub channels: usize,
    /// Bins of a window.
    pub n_bins: usize,
    /// Bins that a filter sees.
    pub kernel_width: usize,
    /// Filters.
    pub filters: usize,
    /// Neighbouring positions of which the highest is kept.
    pub pool: usize,
}

impl FrontEnd {
    /// Positions after pooling; those at the window's end that fill no pool are left out.
    pub fn positions(&self) -> usize {
        (self.n_bins + 1).saturating_sub(self.kernel_width) / self.pool
    }

    /// Why windows of these sizes have no position at all.
    pub fn problem(&self) -> Option<String> {
        (self.positions() == 0).then(|| {
            format!(
                "a window has {} bins, too few for a kernel of {} bins and a pool of {}: make them smaller",
                self.n_bins, self.kernel_width, self.pool
            )
        })
    }

    /// Weight and bias, as Torch draws them.
    pub fn tensors(&self, name: &str) -> Vec<TensorSpec> {
        let bound = 1.0 / ((self.channels * self.kernel_width) as f64).sqrt();
        vec![
            TensorSpec::new(format!("{name}.weight"), &[self.filters, self.channels, self.kernel_width], bound),
            TensorSpec::new(format!("{name}.bias"), &[self.filters], bound),
        ]
    }

    /// From [gene, channel, bin] to [gene, position, filter].
    pub fn forward(&self, x: &Tensor, weights: &mut OfModel) -> Result<Tensor> {
        let (weight, bias) = (weights.next()?, weights.next()?);
        let (genes, all) = (x.dim(0)?, self.n_bins + 1 - self.kernel_width);
        // the windows that the filters see side by side, so that one product serves all of them
        let x = x.t()?.contiguous()?;
        let seen = (0..self.kernel_width).map(|at| x.narrow(1, at, all)).collect::<Result<Vec<_>>>()?;
        let seen = Tensor::cat(&seen, 2)?.reshape((genes * all, self.kernel_width * self.channels))?;
        let weight = weight.permute((2, 1, 0))?.contiguous()?;
        let weight = weight.reshape((self.kernel_width * self.channels, self.filters))?;
        let sums = seen.matmul(&weight)?.reshape((genes, all, self.filters))?;
        // ReLU and bias commute with the maximum
        max_pool(&sums, self.pool)?.broadcast_add(&bias)?.relu()
    }

    /// Its layers, from [channel, bin] to [filter, position].
    pub fn chain(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let &FrontEnd { channels, kernel_width: width, filters, .. } = self;
        let (weights, bias) = (weights.numbers(filters * channels * width), weights.numbers(filters));
        let pool = chain::MaxPool { width: self.pool, positions: self.n_bins + 1 - width };
        vec![
            NetworkLayer::Convolution(Convolution { channels, width, weights, bias }),
            NetworkLayer::RELU,
            NetworkLayer::MaxPool(pool),
        ]
    }

    /// The same, the positions pooled by attention.
    pub fn attended(&self, weights: &mut Weights) -> Vec<NetworkLayer> {
        let mut layers = self.chain(weights);
        layers.extend([NetworkLayer::transposed(self.filters, self.positions()), weights.attention(self.filters)]);
        layers
    }

    /// Attention over positions [gene, position] as attention over bins [gene, bin]: each position's is
    /// shared evenly by the bins that it sees, so that the sum stays 1.
    pub fn over_bins(&self, attention: &Tensor) -> Result<Tensor> {
        let (positions, seen) = (self.positions(), self.kernel_width + self.pool - 1);
        let share = |at: usize| {
            let (position, bin) = (at / self.n_bins, at % self.n_bins);
            let first = position * self.pool;
            if (first..first + seen).contains(&bin) { 1.0 / seen as f32 } else { 0.0 }
        };
        let shares: Vec<f32> = (0..positions * self.n_bins).map(share).collect();
        attention.matmul(&Tensor::from_vec(shares, (positions, self.n_bins), attention.device())?)
    }
}

/// The highest of each `pool` neighbouring positions: [gene, position, filter] to [gene, position / pool,
/// filter]. Of equal ones the first gets the gradient, as in PyTorch.
pub fn max_pool(x: &Tensor, pool: usize) -> Result<Tensor> {
    let (genes, positions, filters) = x.dims3()?;
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op1(MaxPool { pool });
    }
    let kept = positions / pool;
    x.narrow(1, 0, kept * pool)?.reshape((genes, kept, pool, filters))?.max(2)
}

struct MaxPool {
    pool: usize,
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (genes, positions, filters) = layout.shape().dims3()?;
        let kept = positions / self.pool;
        let x = contiguous(x, layout)?;
        let mut highest = Vec::with_capacity(genes * kept * filters);
        for gene in x.chunks_exact(positions * filters) {
            for pool in gene.chunks_exact(self.pool * filters).take(kept) {
                let start = highest.len();
                highest.extend_from_slice(&pool[..filters]);
                for row in pool.chunks_exact(filters).skip(1) {
                    for (highest, &value) in highest[start..].iter_mut().zip(row) {
                        *highest = if value > *highest { value } else { *highest };
                    }
                }
            }
        }
        Ok((CpuStorage::F32(highest), (genes, kept, filters).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        Ok(Some(x.detach().contiguous()?.apply_op2_no_bwd(&gradient, &MaxPoolGradient { pool: self.pool })?))
    }
}

/// From x [gene, position, filter] and the gradient of its pools.
struct MaxPoolGradient {
    pool: usize,
}

impl CustomOp2 for MaxPoolGradient {
    fn name(&self) -> &'static str {
        "max-pool-gradient"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout, g: &CpuStorage, gl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, positions, filters) = xl.shape().dims3()?;
        let (x, g) = (contiguous(x, xl)?, contiguous(g, gl)?);
        let mut out = vec![0f32; x.len()];
        let kept = positions / self.pool;
        let genes = x.chunks_exact(positions * filters).zip(out.chunks_exact_mut(positions * filters));
        for ((x, out), g) in genes.zip(g.chunks_exact((kept * filters).max(1))) {
            for (at, g) in g.chunks_exact(filters).enumerate() {
                for (filter, &g) in g.iter().enumerate() {
                    let place = |position: usize| (at * self.pool + position) * filters + filter;
                    let first = |best: usize, other: usize| if x[other] > x[best] { other } else { best };
                    out[(1..self.pool).map(place).fold(place(0), first)] = g;
                }
            }
        }
        Ok((CpuStorage::F32(out), xl.shape().clone()))
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("the pool needs contiguous inputs") };
    Ok(&storage.as_slice::<f32>()?[start..end])
}
