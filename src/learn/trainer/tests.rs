use std::sync::Arc;

use super::*;
use crate::learn::batches::DeviceGenes;
use crate::learn::{GeneSet, Shards, Stream, StreamedGenes, score};
use crate::learn::{OptimizerKind, Schedule, ShardError};
use crate::model::{AttentiveChromeConfig, TensorSpec};

pub(super) fn settings() -> Regime {
    Regime { epochs: Some(4), ..Regime::default() }
}

const CONFIG: AttentiveChromeConfig =
    AttentiveChromeConfig { n_marks: 2, n_bins: 10, body_parts: 0, bin_hidden: 8, mark_hidden: 4 };

/// Genes of noise, of which the positives have more signal at mark 1, bins 4 and 5.
pub(super) fn genes(seed: u64, n_genes: usize) -> GeneSet {
    let noise = noise(seed, n_genes * 20);
    let labels: Vec<f32> = (0..n_genes).map(|gene| (gene % 2) as f32).collect();
    let value = |(at, &noise): (usize, &f32)| {
        let planted = labels[at / 20] == 1.0 && [14, 15].contains(&(at % 20));
        (noise + 0.1) * 10.0 + if planted { 2.0 } else { 0.0 }
    };
    GeneSet { values: noise.iter().enumerate().map(value).collect(), labels, ..GeneSet::default() }
}

pub(super) fn data(train: Vec<GeneSet>, valid: Vec<GeneSet>) -> TrainingData {
    let on_device = |sets| DeviceGenes::new(sets, &[CONFIG.n_marks, CONFIG.n_bins], &Device::Cpu).unwrap();
    TrainingData { train: GeneSource::OnDevice(on_device(train)), valid: GeneSource::OnDevice(on_device(valid)) }
}

/// Uniform in [−0.1, 0.1).
pub(super) fn noise(seed: u64, count: usize) -> Vec<f32> {
    random::initial_weights(seed, &[TensorSpec::new("noise", &[count], 0.1)])
}

fn model() -> ModelConfig {
    ModelConfig::AttentiveChrome(CONFIG)
}

pub(super) fn learner(seed: u64, set: usize) -> Learner {
    Learner { name: format!("seed {seed}"), seed, set }
}

fn trainer(settings: &Regime, learners: &[Learner]) -> Trainer {
    Trainer::new(&model(), (Task::Classification, settings), learners.to_vec(), &Device::Cpu).unwrap()
}

fn run(trainer: &mut Trainer, epochs: u32) {
    let data = data(vec![genes(5, 37)], vec![genes(6, 20)]);
    for _ in 0..epochs {
        trainer.run_epoch(&data, |_| ()).unwrap();
    }
}

#[test]
fn thirty_two_genes_are_overfitted_by_every_optimiser() {
    // labels without any relation to the signal: only memory can lower the loss
    let mut train = genes(3, 32);
    train.values = noise(9, 32 * 20).iter().map(|v| v * 20.0).collect();
    let data = data(vec![train.clone()], vec![train]);
    for (optimizer, learning_rate) in
        [(OptimizerKind::Adam, 1e-2), (OptimizerKind::AdamW, 1e-2), (OptimizerKind::Sgd, 1.0)]
    {
        let settings = Regime { epochs: Some(300), learning_rate: Some(learning_rate), optimizer, ..settings() };
        let mut trainer = trainer(&settings, &[learner(1, 0)]);
        let mut last = f64::MAX;
        for _ in 0..300 {
            last = trainer.run_epoch(&data, |_| ()).unwrap()[0].unwrap().train_loss;
        }
        assert!(last < 0.05, "{optimizer:?}: loss {last}");
        assert_eq!(trainer.states()[0].best().unwrap().valid_metric, 1.0);
    }
}

#[test]
fn a_resumed_training_is_the_uninterrupted_one() {
    for optimizer in [OptimizerKind::Adam, OptimizerKind::AdamW, OptimizerKind::Sgd] {
        let schedule = Schedule::Cosine;
        let settings =
            Regime { dropout: Some(0.3), weight_decay: 1e-4, schedule: Some(schedule), optimizer, ..settings() };
        let learners = [learner(1, 0), learner(2, 0)];
        let mut whole = trainer(&settings, &learners);
        run(&mut whole, 4);
        let mut first = trainer(&settings, &learners);
        run(&mut first, 2);
        let states = first.states().to_vec();
        let mut second =
            Trainer::resume(&model(), (Task::Classification, &settings), learners.to_vec(), states, &Device::Cpu)
                .unwrap();
        run(&mut second, 2);
        assert_eq!(whole.states(), second.states());
        assert!(whole.is_done());
        // one state is two epochs older than the other: killed between the writing of two files
        let mut mixed = first.states().to_vec();
        mixed[0] = whole.states()[0].clone();
        let mut third =
            Trainer::resume(&model(), (Task::Classification, &settings), learners.to_vec(), mixed, &Device::Cpu)
                .unwrap();
        assert_eq!(third.epochs_done(), 2);
        run(&mut third, 2);
        assert_eq!(whole.states(), third.states());
    }
}

#[test]
fn models_trained_together_are_the_models_trained_alone() {
    // three gene sets of different sizes, one seed twice and one set twice; batches of 64 leave blocks
    // of 16 genes empty, those of 16 leave steps without a model
    let (train, valid) = ([genes(5, 37), genes(7, 101), genes(8, 6)], [genes(6, 20), genes(9, 70), genes(4, 5)]);
    let learners = [learner(1, 0), learner(2, 1), learner(1, 1), learner(9, 2)];
    for (optimizer, dropout, batch_size) in [
        (OptimizerKind::Adam, 0.0, 16),
        (OptimizerKind::Adam, 0.4, 64),
        (OptimizerKind::AdamW, 0.2, 7),
        (OptimizerKind::Sgd, 0.2, 16),
    ] {
        let settings = Regime {
            optimizer,
            dropout: Some(dropout),
            batch_size: Some(batch_size),
            weight_decay: 1e-3,
            clip_norm: Some(0.1),
            ..settings()
        };
        let mut together = trainer(&settings, &learners);
        let all = data(train.to_vec(), valid.to_vec());
        let records: Vec<_> = (0..3).map(|_| together.run_epoch(&all, |_| ()).unwrap()).collect();
        for (at, learner) in learners.iter().enumerate() {
            let mut alone = trainer(&settings, &[Learner { set: 0, ..learner.clone() }]);
            let own = data(vec![train[learner.set].clone()], vec![valid[learner.set].clone()]);
            for records in &records {
                assert_eq!(alone.run_epoch(&own, |_| ()).unwrap(), records[at..=at], "{settings:?}");
            }
            assert_eq!(alone.states(), &together.states()[at..=at], "model {at}, {settings:?}");
        }
    }
}

#[test]
fn each_network_stops_when_its_epochs_get_no_better_whatever_the_others_do() {
    // noise: no epoch is better for long. 37 genes are three steps an epoch
    let settings = Regime { epochs: Some(40), patience: Some(12), learning_rate: Some(1e-3), ..settings() };
    let set =
        |seed: u64, n: usize| GeneSet { values: noise(seed, n * 20).iter().map(|v| v * 20.0).collect(), ..genes(5, n) };
    let all = data(vec![set(5, 37)], vec![set(6, 20)]);
    let train = |learners: &[Learner]| {
        let mut trainer = trainer(&settings, learners);
        while !trainer.is_done() {
            trainer.run_epoch(&all, |_| ()).unwrap();
        }
        trainer.states().to_vec()
    };
    let seeds = 1..=4;
    let together = train(&seeds.clone().map(|seed| learner(seed, 0)).collect::<Vec<_>>());
    for (seed, state) in seeds.zip(&together) {
        let metrics: Vec<f64> = state.history.iter().map(|record| record.valid_metric).collect();
        let highest = metrics.iter().copied().fold(0.0, f64::max);
        let gain = metrics.iter().position(|&metric| metric == highest).unwrap() + 1;
        assert_eq!(metrics.len(), (gain + 4).min(40), "{metrics:?}");
        assert_eq!(train(&[learner(seed, 0)])[0], *state);
    }
    let lengths: Vec<u32> = together.iter().map(TrainingState::epochs_done).collect();
    assert!(
        lengths.iter().any(|&length| length < 40) && lengths.iter().any(|length| *length != lengths[0]),
        "{lengths:?}"
    );
}

#[test]
fn options_change_the_result_and_the_seed_decides_it() {
    let train = |settings: Regime, seed| {
        let mut trainer = trainer(&settings, &[learner(seed, 0)]);
        run(&mut trainer, 1);
        trainer.states()[0].weights.clone()
    };
    let plain = train(settings(), 1);
    assert_eq!(plain, train(settings(), 1));
    assert_ne!(plain, train(settings(), 2));
    assert_ne!(plain, train(Regime { dropout: Some(0.5), ..settings() }, 1));
    assert_ne!(plain, train(Regime { weight_decay: 0.1, ..settings() }, 1));
    assert_ne!(plain, train(Regime { clip_norm: Some(1e-3), ..settings() }, 1));
    let sgd = Regime { optimizer: OptimizerKind::Sgd, ..settings() };
    assert_ne!(train(sgd, 1), train(Regime { momentum: Some(0.0), ..sgd }, 1));
}

#[test]
fn of_equally_good_epochs_the_later_is_kept() {
    let record =
        |epoch, valid_metric| EpochRecord { epoch, train_loss: 0.0, valid_loss: 0.0, valid_metric, learning_rate: 0.0 };
    let history = vec![record(1, 0.7), record(2, 0.8), record(3, 0.8), record(4, 0.6)];
    let state = TrainingState { history, ..TrainingState::new(&model(), OptimizerKind::Adam, 1) };
    assert_eq!(state.best().unwrap().epoch, 3);
}

#[test]
fn divergence_is_an_error_that_names_the_model() {
    let mut wild = genes(5, 37);
    wild.values.fill(f32::MAX);
    let data = data(vec![genes(5, 37), wild], vec![genes(6, 20), genes(6, 20)]);
    let settings = Regime { learning_rate: Some(1e39), ..settings() };
    let mut trainer = trainer(&settings, &[learner(1, 1)]);
    let outcome = (0..4).map(|_| trainer.run_epoch(&data, |_| ())).find_map(Result::err).unwrap();
    assert!(outcome.to_string().starts_with("training of seed 1 diverged in epoch "), "{outcome}");
}

/// Milliseconds a train step and a forward pass at the published sizes; the PyTorch peer measures the
/// same.
#[test]
#[ignore = "a measurement, not a test"]
fn speed() {
    let config = AttentiveChromeConfig { n_marks: 5, n_bins: 100, body_parts: 0, bin_hidden: 32, mark_hidden: 16 };
    let config = ModelConfig::AttentiveChrome(config);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for batch in [16usize, 64, 256] {
        let values = noise(1, batch * 500).iter().map(|v| (v + 0.1) * 20.0).collect();
        let train =
            GeneSet { values, labels: (0..batch).map(|gene| (gene % 2) as f32).collect(), ..GeneSet::default() };
        let on_device = DeviceGenes::new(vec![train.clone()], &[5, 100], &Device::Cpu).unwrap();
        let orders = [(0, (0..batch).collect())];
        let batches = on_device.batches(&orders, batch).unwrap();
        let settings = Regime { batch_size: Some(batch as u32), ..settings() };
        let mut trainer =
            Trainer::new(&config, (Task::Classification, &settings), vec![learner(1, 0)], &Device::Cpu).unwrap();
        let time = |f: &mut dyn FnMut()| {
            let before = processor_ms();
            let mut times = Vec::new();
            for _ in 0..(4000 / batch).max(12) {
                let start = std::time::Instant::now();
                f();
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            let processor = (processor_ms() - before) / times.len() as f64;
            format!("min {:.2}, median {:.2}, mean processor time {processor:.2} ms", times[0], times[times.len() / 2])
        };
        pool.install(|| {
            let mut step = || drop(trainer.step(&batches.get(0).unwrap(), &[0], 2e-4).unwrap());
            println!("batch {batch} train step: {}", time(&mut step));
            println!(
                "batch {batch} forward:    {}",
                time(&mut || drop(
                    score(trainer.parts[0].as_ref(), Task::Classification, &train.values, |_| ()).unwrap()
                ))
            );
        });
    }
}

/// Processor time of this process so far (Linux).
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    10.0 * (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap())
}

/// A gene set in shards of a few genes.
#[derive(Debug)]
struct Pieces(Vec<GeneSet>, Vec<usize>);

impl Shards for Pieces {
    fn n_genes(&self) -> &[usize] {
        &self.1
    }

    fn read(&self, shard: usize) -> Result<GeneSet, ShardError> {
        Ok(self.0[shard].clone())
    }
}

fn streamed(train: Vec<GeneSet>, valid: Vec<GeneSet>) -> TrainingData {
    let stream = |set: GeneSet| {
        let pieces: Vec<_> = set.values.chunks(5 * 20).zip(set.labels.chunks(5)).collect();
        let pieces = pieces.iter().map(|(values, labels)| GeneSet {
            values: values.to_vec(),
            labels: labels.to_vec(),
            ..GeneSet::default()
        });
        let (pieces, labels): (Vec<GeneSet>, _) = (pieces.collect(), set.labels.clone());
        let n_genes = pieces.iter().map(GeneSet::len).collect();
        Stream::new(Arc::new(Pieces(pieces, n_genes)), labels, 16)
    };
    let source = |sets: Vec<GeneSet>| {
        let streams = sets.into_iter().map(stream).collect();
        GeneSource::Streamed(StreamedGenes::new(streams, &[CONFIG.n_marks, CONFIG.n_bins], &Device::Cpu))
    };
    TrainingData { train: source(train), valid: source(valid) }
}

#[test]
fn on_streamed_genes_too_models_trained_together_are_the_models_trained_alone() {
    let (train, valid) = ([genes(5, 37), genes(7, 101)], [genes(6, 20), genes(9, 70)]);
    let learners = [learner(1, 0), learner(2, 1), learner(3, 1)];
    let settings = Regime { dropout: Some(0.2), ..settings() };
    let all = streamed(train.to_vec(), valid.to_vec());
    let mut together = trainer(&settings, &learners);
    let records: Vec<_> = (0..3).map(|_| together.run_epoch(&all, |_| ()).unwrap()).collect();
    for (at, learner) in learners.iter().enumerate() {
        let own = streamed(vec![train[learner.set].clone()], vec![valid[learner.set].clone()]);
        let learners = vec![Learner { set: 0, ..learner.clone() }];
        let mut first = trainer(&settings, &learners);
        assert_eq!(first.run_epoch(&own, |_| ()).unwrap(), records[0][at..=at]);
        // and resumed, as ever
        let states = first.states().to_vec();
        let mut second =
            Trainer::resume(&model(), (Task::Classification, &settings), learners, states, &Device::Cpu).unwrap();
        assert_eq!(second.run_epoch(&own, |_| ()).unwrap(), records[1][at..=at]);
        assert_eq!(second.run_epoch(&own, |_| ()).unwrap(), records[2][at..=at]);
        assert_eq!(second.states(), &together.states()[at..=at], "model {at}");
    }
}

#[test]
fn streamed_and_uploaded_genes_differ_in_their_order_alone() {
    // all genes in one step, so that only sums are made in another order
    let (train, valid) = (vec![genes(5, 37)], vec![genes(6, 20)]);
    let settings = Regime { batch_size: Some(64), ..settings() };
    let record =
        |data: &TrainingData| trainer(&settings, &[learner(1, 0)]).run_epoch(data, |_| ()).unwrap()[0].unwrap();
    let (uploaded, streamed) = (data(train.clone(), valid.clone()), streamed(train, valid));
    let (one, other) = (record(&uploaded), record(&streamed));
    assert!((one.train_loss - other.train_loss).abs() < 1e-6 && (one.valid_loss - other.valid_loss).abs() < 1e-5);
    let values = |data: &TrainingData| {
        let mut all = GeneSet::default();
        let add = |genes: &GeneSet| {
            all.values.extend(&genes.values);
            all.labels.extend(&genes.labels);
            Ok(())
        };
        data.valid.for_each(0, add).unwrap();
        all
    };
    assert_eq!(values(&uploaded), genes(6, 20));
    assert_eq!(values(&streamed), genes(6, 20));
}
