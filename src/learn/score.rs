//! What a model, or the mean of an ensemble, says of many genes.

use candle_core::{Device, Result, Tensor};

use super::Task;
use crate::model::{Mode, Network};

/// Genes a forward pass, on which a gene's numbers do not depend: few on the processor, so that they
/// stay in its caches, many on a GPU.
pub(super) fn batch_size(device: &Device) -> usize {
    if device.is_cpu() { 32 } else { 1024 }
}

/// A model's outputs as plain arrays. Of an ensemble they are the means over its members: of the
/// probabilities, not of the logits (deep ensembles, Lakshminarayanan et al. 2017), or of the predicted
/// labels; and of both attentions, which so still sum to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Probability of being expressed, or of a regression the predicted label; one a gene.
    pub scores: Vec<f32>,
    /// Row-major [gene, number of the row that networks read]; empty where the model has none.
    pub bin_attention: Vec<f32>,
    /// Row-major [gene, channel of each layer that networks read]; empty where the model has none.
    pub mark_attention: Vec<f32>,
    /// How far the members are apart; `None` of one model.
    pub spread: Option<Spread>,
}

/// Sample standard deviations over the members of an ensemble (divisor members − 1), in the order of
/// [`Scores`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// For the scores, one a gene.
    pub scores: Vec<f32>,
    /// Row-major [gene, number of the row that networks read].
    pub bin_attention: Vec<f32>,
    /// Row-major [gene, channel of each layer that networks read].
    pub mark_attention: Vec<f32>,
}

/// Scores genes by every model and averages; `values` are rows of what the model reads, transformed.
/// `done` is told of each batch.
///
/// # Errors
/// If the number of values does not fit the model, or of the device.
pub fn score(model: &dyn Network, task: Task, values: &[f32], done: impl Fn(usize)) -> Result<Scores> {
    let (row, members) = (model.config().row(), model.n_models());
    let size: usize = row.iter().product();
    let mut scores = Scores { spread: (members > 1).then(Spread::default), ..Scores::default() };
    for batch in values.chunks(batch_size(model.device()) * size) {
        let genes = batch.len() / size;
        let x = Tensor::from_slice(batch, [&[genes, 1], row.as_slice()].concat(), model.device())?;
        let output = model.forward(&x.broadcast_as([&[genes, members], row.as_slice()].concat())?, &Mode::Infer)?;
        let read = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let read_some = |tensor: &Option<Tensor>| tensor.as_ref().map_or(Ok(Vec::new()), read);
        let of_genes = read(&output.logit)?.into_iter().map(|logit| task.score(logit)).collect();
        let (bin_attention, mark_attention) = (read_some(&output.bin_attention)?, read_some(&output.mark_attention)?);
        let spread = scores.spread.as_mut();
        let (of_score, of_bins, of_marks) = match spread {
            None => (None, None, None),
            Some(spread) => {
                (Some(&mut spread.scores), Some(&mut spread.bin_attention), Some(&mut spread.mark_attention))
            }
        };
        average(of_genes, members, 1, &mut scores.scores, of_score);
        let channels = mark_attention.len() / (genes * members);
        average(bin_attention, members, size, &mut scores.bin_attention, of_bins);
        average(mark_attention, members, channels, &mut scores.mark_attention, of_marks);
        done(genes);
    }
    Ok(scores)
}

/// Appends the means over the members, and their sample standard deviations, of values [gene, member,
/// number].
fn average(values: Vec<f32>, members: usize, numbers: usize, means: &mut Vec<f32>, spread: Option<&mut Vec<f32>>) {
    let Some(spread) = spread else { return means.extend(values) };
    if values.is_empty() {
        return;
    }
    let (mut sums, mut squares) = (vec![0f64; numbers], vec![0f64; numbers]);
    for gene in values.chunks_exact(members * numbers) {
        sums.fill(0.0);
        for member in gene.chunks_exact(numbers) {
            sums.iter_mut().zip(member).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        sums.iter_mut().for_each(|sum| *sum /= members as f64);
        squares.fill(0.0);
        for member in gene.chunks_exact(numbers) {
            for ((square, &value), mean) in squares.iter_mut().zip(member).zip(&sums) {
                *square += (f64::from(value) - mean) * (f64::from(value) - mean);
            }
        }
        means.extend(sums.iter().map(|&mean| mean as f32));
        spread.extend(squares.iter().map(|square| (square / (members - 1) as f64).sqrt() as f32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sample_standard_deviation_of_each_number() {
        // two genes, three members, two numbers
        let values = vec![1.0, 10.0, 2.0, 10.0, 6.0, 10.0, 0.5, 0.0, 0.5, 3.0, 0.5, 0.0];
        let (mut means, mut spread) = (Vec::new(), Vec::new());
        average(values.clone(), 3, 2, &mut means, Some(&mut spread));
        assert_eq!(means, [3.0, 10.0, 0.5, 1.0]);
        assert_eq!(spread, [7f32.sqrt(), 0.0, 0.0, 3f32.sqrt()]);
        let mut same = Vec::new();
        average(values.clone(), 1, 2, &mut same, None);
        assert_eq!(same, values);
    }
}
