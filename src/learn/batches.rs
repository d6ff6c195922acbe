//! Genes on the device, and the batches that several models take from them side by side.

use std::ops::Range;

use candle_core::{Device, Result, Tensor, bail};

use super::GeneSet;

/// Gene sets as one array on the device, uploaded once; every batch is gathered from it.
#[derive(Debug)]
pub struct DeviceGenes {
    /// [gene of any set + 1, number of a row]; the last row is zeros.
    values: Tensor,
    /// \[gene of any set\].
    labels: Vec<f32>,
    /// \[gene of any set\], or empty.
    expression: Vec<f32>,
    /// Row of the first gene of each set, and of the row of zeros.
    starts: Vec<usize>,
    /// The axes of a row.
    row: Vec<usize>,
}

/// What several models take in one step. A model with fewer genes than others is filled up with
/// empty windows of weight 0.
#[derive(Debug)]
pub struct Batch {
    /// Signal, [gene, model] and the axes of a row.
    pub x: Tensor,
    /// Labels, [gene, model].
    pub label: Tensor,
    /// 1 / genes of the model in this batch, 0 for those that fill it up: [gene, model].
    pub weight: Tensor,
    /// log2(x + 1), [gene, model], where the genes have it.
    pub expression: Option<Tensor>,
    /// Genes of each model, without those that fill the batch up.
    pub genes: Vec<usize>,
}

/// The batches of one pass over the genes, each model in an order of its own.
#[derive(Debug)]
pub struct Batches<'a> {
    genes: &'a DeviceGenes,
    /// [gene of the pass, model]: rows, labels and weights, uploaded once a pass.
    rows: Tensor,
    labels: Tensor,
    weights: Tensor,
    expression: Option<Tensor>,
    /// Genes of each model in the pass.
    lengths: Vec<usize>,
    batch_size: usize,
}

impl DeviceGenes {
    /// Puts the sets on the device; a row has these axes ([`crate::model::ModelConfig::row`]).
    ///
    /// # Errors
    /// If a set does not hold whole rows, or of the device.
    pub fn new(sets: Vec<GeneSet>, row: &[usize], device: &Device) -> Result<Self> {
        let (size, mut starts) = (row.iter().product::<usize>(), vec![0]);
        let all = (sets.iter().map(GeneSet::len).sum::<usize>() + 1) * size;
        let (mut values, mut labels, mut expression) = (Vec::new(), Vec::new(), Vec::new());
        for set in sets {
            if set.values.len() != set.len() * size {
                bail!("{} values of {} genes with rows of {row:?}", set.values.len(), set.len());
            }
            starts.push(starts[starts.len() - 1] + set.len());
            // the first set is moved, not copied: most trainings have one
            if values.is_empty() {
                (values, labels, expression) = (set.values, set.labels, set.expression);
                values.reserve_exact(all - values.len());
            } else {
                values.extend(set.values);
                labels.extend(set.labels);
                expression.extend(set.expression);
            }
        }
        if !expression.is_empty() && expression.len() != labels.len() {
            bail!("the expression of {} of {} genes", expression.len(), labels.len());
        }
        values.resize(values.len() + size, 0.0);
        let values = Tensor::from_vec(values, (labels.len() + 1, size), device)?;
        Ok(DeviceGenes { values, labels, expression, starts, row: row.to_vec() })
    }

    /// Number of genes of a set.
    pub fn len(&self, set: usize) -> usize {
        self.starts[set + 1] - self.starts[set]
    }

    /// Labels of a set.
    pub fn labels(&self, set: usize) -> &[f32] {
        &self.labels[self.starts[set]..self.starts[set + 1]]
    }

    /// Some genes of a set, back from the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn to_host(&self, set: usize, genes: Range<usize>) -> Result<GeneSet> {
        let values = self.values.narrow(0, self.starts[set] + genes.start, genes.len())?;
        let values = values.flatten_all()?.to_vec1::<f32>()?;
        let rows = self.starts[set] + genes.start..self.starts[set] + genes.end;
        let expression = self.expression.get(rows).map(<[f32]>::to_vec).unwrap_or_default();
        Ok(GeneSet { values, labels: self.labels(set)[genes].to_vec(), expression })
    }

    /// The batches of a pass in which each model takes genes of its set in its order; a model with an
    /// empty order takes no part.
    ///
    /// # Errors
    /// If the device fails.
    pub fn batches(&self, models: &[(usize, Vec<usize>)], batch_size: usize) -> Result<Batches<'_>> {
        let lengths: Vec<usize> = models.iter().map(|(_, order)| order.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let cells = longest * models.len();
        let (mut rows, mut labels, mut weights) =
            (Vec::with_capacity(cells), Vec::with_capacity(cells), Vec::with_capacity(cells));
        let mut expression = Vec::new();
        for at in 0..longest {
            for (set, order) in models {
                match order.get(at) {
                    Some(&gene) => {
                        let row = self.starts[*set] + gene;
                        rows.push(row as u32);
                        labels.push(self.labels[row]);
                        expression.extend(self.expression.get(row));
                        weights.push(1.0 / (order.len() - at / batch_size * batch_size).min(batch_size) as f32);
                    }
                    None => {
                        rows.push(self.labels.len() as u32);
                        labels.push(0.0);
                        expression.extend((!self.expression.is_empty()).then_some(0.0));
                        weights.push(0.0);
                    }
                }
            }
        }
        let (device, shape) = (self.values.device(), (longest, models.len()));
        Ok(Batches {
            genes: self,
            rows: Tensor::from_vec(rows, shape, device)?,
            labels: Tensor::from_vec(labels, shape, device)?,
            weights: Tensor::from_vec(weights, shape, device)?,
            expression: (!self.expression.is_empty())
                .then(|| Tensor::from_vec(expression, shape, device))
                .transpose()?,
            lengths,
            batch_size,
        })
    }
}

impl Batches<'_> {
    /// Number of batches: those of the model with most genes.
    pub fn len(&self) -> usize {
        self.lengths.iter().max().map_or(0, |&longest| longest.div_ceil(self.batch_size))
    }

    /// The batch at `at`, counted from 0.
    ///
    /// # Errors
    /// If there is none, or of the device.
    pub fn get(&self, at: usize) -> Result<Batch> {
        let start = at * self.batch_size;
        let own = |&length: &usize| length.saturating_sub(start).min(self.batch_size);
        let genes: Vec<usize> = self.lengths.iter().map(own).collect();
        let length = genes.iter().copied().max().unwrap_or(0);
        let rows = self.rows.narrow(0, start, length)?.flatten_all()?;
        let shape = [&[length, genes.len()], self.genes.row.as_slice()].concat();
        Ok(Batch {
            x: self.genes.values.index_select(&rows, 0)?.reshape(shape)?,
            label: self.labels.narrow(0, start, length)?,
            weight: self.weights.narrow(0, start, length)?,
            expression: self.expression.as_ref().map(|all| all.narrow(0, start, length)).transpose()?,
            genes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_with_fewer_genes_are_filled_up_with_empty_windows_of_no_weight() {
        let set = |from: f32, genes: usize| GeneSet {
            values: (0..genes * 2).map(|at| from + at as f32).collect(),
            labels: vec![1.0; genes],
            expression: (0..genes).map(|gene| from + gene as f32).collect(),
        };
        let genes = DeviceGenes::new(vec![set(1.0, 3), set(100.0, 1)], &[1, 2], &Device::Cpu).unwrap();
        assert_eq!((genes.len(0), genes.len(1), genes.labels(1)), (3, 1, [1.0].as_slice()));
        let expected = GeneSet { values: vec![3.0, 4.0, 5.0, 6.0], labels: vec![1.0; 2], expression: vec![2.0, 3.0] };
        assert_eq!(genes.to_host(0, 1..3).unwrap(), expected);
        assert_eq!(genes.to_host(1, 0..1).unwrap().values, [100.0, 101.0]);
        let batches = genes.batches(&[(0, vec![2, 0, 1]), (1, vec![0]), (0, vec![])], 2).unwrap();
        assert_eq!(batches.len(), 2);
        let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let first = batches.get(0).unwrap();
        assert_eq!(first.x.dims(), [2, 3, 1, 2]);
        assert_eq!(flat(&first.x), [5.0, 6.0, 100.0, 101.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(flat(&first.weight), [0.5, 1.0, 0.0, 0.5, 0.0, 0.0]);
        assert_eq!(flat(&first.label), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(flat(first.expression.as_ref().unwrap()), [3.0, 100.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(first.genes, [2, 1, 0]);
        let second = batches.get(1).unwrap();
        assert_eq!((flat(&second.x), second.genes), (vec![3.0, 4.0, 0.0, 0.0, 0.0, 0.0], vec![1, 0, 0]));
        assert_eq!(flat(&second.weight), [1.0, 0.0, 0.0]);
        assert!(DeviceGenes::new(vec![set(1.0, 3)], &[2, 2], &Device::Cpu).is_err());
    }
}
