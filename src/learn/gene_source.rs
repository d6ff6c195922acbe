//! Where training gets its genes from: from the device, or from files a shard at a time.

use candle_core::{Device, Tensor};

use super::batches::{Batch, Batches, DeviceGenes};
use super::learner::{Learner, TrainError};
use super::stream::{Shuffled, Stream};
use super::{GeneSet, random};

/// The training or the validation genes of all models: gene sets, one of each for each number of
/// [`Learner::set`].
#[derive(Debug)]
pub enum GeneSource {
    /// All on the device, uploaded once.
    OnDevice(DeviceGenes),
    /// Too large for it: read anew in every epoch.
    Streamed(StreamedGenes),
}

/// Gene sets that are streamed, each in an order of its own.
#[derive(Debug)]
pub struct StreamedGenes {
    sets: Vec<Stream>,
    /// The axes of a row.
    row: Vec<usize>,
    device: Device,
}

impl StreamedGenes {
    /// A row has these axes ([`crate::model::ModelConfig::row`]); batches are put on the device.
    pub fn new(sets: Vec<Stream>, row: &[usize], device: &Device) -> Self {
        StreamedGenes { sets, row: row.to_vec(), device: device.clone() }
    }
}

impl GeneSource {
    /// Number of genes of a set.
    pub fn len(&self, set: usize) -> usize {
        self.labels(set).len()
    }

    /// Labels of a set.
    pub fn labels(&self, set: usize) -> &[f32] {
        match self {
            GeneSource::OnDevice(genes) => genes.labels(set),
            GeneSource::Streamed(genes) => genes.sets[set].labels(),
        }
    }

    /// The batches of an epoch (counted from 0), every gene once; a model that is `None` takes no part.
    /// The order of a model's genes depends on its seed and the epoch alone, whatever other models
    /// there are: on the device it is a permutation of all its genes; for a stream's see [`Stream`].
    pub(super) fn shuffled(
        &self,
        models: &[Option<&Learner>],
        epoch: u32,
        batch_size: usize,
    ) -> Result<Pass<'_>, TrainError> {
        match self {
            GeneSource::OnDevice(genes) => {
                let order = |learner: &Learner| random::gene_order(learner.seed, epoch, genes.len(learner.set));
                Pass::on_device(genes, models, order, batch_size)
            }
            GeneSource::Streamed(genes) => {
                let flow = |learner: &&Learner| genes.sets[learner.set].shuffled(learner.seed, epoch);
                Ok(Pass::streamed(genes, models.iter().map(|model| model.as_ref().map(flow)).collect(), batch_size))
            }
        }
    }

    /// As [`Self::shuffled`], but each model's genes in the order of the files.
    pub(super) fn in_order(&self, models: &[Option<&Learner>], batch_size: usize) -> Result<Pass<'_>, TrainError> {
        match self {
            GeneSource::OnDevice(genes) => {
                Pass::on_device(genes, models, |learner| (0..genes.len(learner.set)).collect(), batch_size)
            }
            GeneSource::Streamed(genes) => {
                let flow = |learner: &&Learner| genes.sets[learner.set].unshuffled();
                Ok(Pass::streamed(genes, models.iter().map(|model| model.as_ref().map(flow)).collect(), batch_size))
            }
        }
    }

    /// Calls `work` for all genes of a set in the order of the files, some at a time.
    ///
    /// # Errors
    /// Those of `work`, a shard that cannot be read, or of the device.
    pub fn for_each(
        &self,
        set: usize,
        mut work: impl FnMut(&GeneSet) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        const AT_A_TIME: usize = 1024;
        match self {
            GeneSource::OnDevice(genes) => (0..genes.len(set))
                .step_by(AT_A_TIME)
                .try_for_each(|first| work(&genes.to_host(set, first..(first + AT_A_TIME).min(genes.len(set)))?)),
            GeneSource::Streamed(genes) => genes.sets[set].in_order().try_for_each(|shard| work(&shard?)),
        }
    }
}

/// The batches of one pass over the genes.
#[derive(Debug)]
pub(super) enum Pass<'a> {
    OnDevice { batches: Batches<'a>, at: usize },
    Streamed { genes: &'a StreamedGenes, flows: Vec<Option<Shuffled>>, batch_size: usize },
}

impl<'a> Pass<'a> {
    fn on_device(
        genes: &'a DeviceGenes,
        models: &[Option<&Learner>],
        order: impl Fn(&Learner) -> Vec<usize>,
        batch_size: usize,
    ) -> Result<Self, TrainError> {
        let order = |model: &Option<&Learner>| model.map_or((0, Vec::new()), |learner| (learner.set, order(learner)));
        let orders: Vec<_> = models.iter().map(order).collect();
        Ok(Pass::OnDevice { batches: genes.batches(&orders, batch_size)?, at: 0 })
    }

    fn streamed(genes: &'a StreamedGenes, flows: Vec<Option<Shuffled>>, batch_size: usize) -> Self {
        Pass::Streamed { genes, flows, batch_size }
    }

    /// The next batch; `None` after the last.
    pub fn next(&mut self) -> Result<Option<Batch>, TrainError> {
        match self {
            Pass::OnDevice { batches, at } => {
                if *at == batches.len() {
                    return Ok(None);
                }
                *at += 1;
                Ok(Some(batches.get(*at - 1)?))
            }
            Pass::Streamed { genes, flows, batch_size } => {
                let mut sets = vec![GeneSet::default(); flows.len()];
                for (flow, set) in flows.iter_mut().zip(&mut sets) {
                    if let Some(flow) = flow {
                        while set.len() < *batch_size && flow.push_next(set)? {}
                    }
                }
                if sets.iter().all(GeneSet::is_empty) {
                    return Ok(None);
                }
                Ok(Some(side_by_side(&sets, &genes.row, &genes.device)?))
            }
        }
    }
}

/// One batch from each model's genes, filled up with empty windows of weight 0.
fn side_by_side(sets: &[GeneSet], row: &[usize], device: &Device) -> candle_core::Result<Batch> {
    let genes: Vec<usize> = sets.iter().map(GeneSet::len).collect();
    let (size, length) = (row.iter().product::<usize>(), genes.iter().copied().max().unwrap_or(0));
    let cells = length * sets.len();
    let mut values = Vec::with_capacity(cells * size);
    let (mut labels, mut weights) = (Vec::with_capacity(cells), Vec::with_capacity(cells));
    let (mut expression, expressed) = (Vec::new(), sets.iter().any(|set| !set.expression.is_empty()));
    for at in 0..length {
        for set in sets {
            let own = at < set.len();
            if own {
                values.extend_from_slice(set.gene(at));
            } else {
                values.resize(values.len() + size, 0.0);
            }
            labels.push(if own { set.labels[at] } else { 0.0 });
            if expressed {
                expression.push(if own { set.expression[at] } else { 0.0 });
            }
            weights.push(if own { 1.0 / set.len() as f32 } else { 0.0 });
        }
    }
    let shape = (length, sets.len());
    Ok(Batch {
        x: Tensor::from_vec(values, [&[length, sets.len()], row].concat(), device)?,
        label: Tensor::from_vec(labels, shape, device)?,
        weight: Tensor::from_vec(weights, shape, device)?,
        expression: expressed.then(|| Tensor::from_vec(expression, shape, device)).transpose()?,
        genes,
    })
}
