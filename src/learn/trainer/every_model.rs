//! What must hold of every network in training.

use super::tests::{data, learner, noise, settings};
use super::*;
use crate::learn::GeneSet;
use crate::model::{Design, Shape, Sizes, designs};

/// Every network for 2 marks and 10 bins, small, with a learning rate that suits it.
fn models() -> Vec<(ModelConfig, f64)> {
    let sizes = Sizes {
        bin_hidden: Some(8),
        mark_hidden: Some(4),
        kernel_width: Some(3),
        filters: Some(12),
        pool: Some(2),
        hidden: vec![16, 8],
    };
    let small = |design: &Design| {
        let (n_outputs, learning_rate) = match design.tag {
            "cnn-attention" => (2, 3e-2),
            "cnn-alpha-beta" => (2, 2e-2),
            "deep-chrome-linear" => (1, 1e-1),
            _ if design.of_pair => (2, 2e-2),
            _ => (2, 1e-2),
        };
        let mut config = (design.config)(&sizes, Shape { n_marks: 2, n_bins: 10, body_parts: 0, n_outputs });
        if let ModelConfig::DeepMotifCnn(sizes) = &mut config {
            // so that something is left of 10 bins
            sizes.later_widths = [2, 1];
        }
        (config, learning_rate)
    };
    designs().map(small).collect()
}

/// Genes of noise with a planted signal, and with expression, for those models that need it.
fn genes(seed: u64, n_genes: usize) -> GeneSet {
    let genes = super::tests::genes(seed, n_genes);
    GeneSet { expression: genes.labels.iter().map(|label| label + 0.5).collect(), ..genes }
}

fn trainer(config: &ModelConfig, (task, regime): (Task, &Regime), learners: &[Learner]) -> Trainer {
    Trainer::new(config, (task, regime), learners.to_vec(), &Device::Cpu).unwrap()
}

#[test]
fn thirty_two_genes_are_overfitted_by_every_model() {
    // what the signal says of 32 genes at random, as classes and as numbers: a model that is linear in 20 bins,
    // or sees 10 differences of them, cannot tell 32 random labels apart, so it gets 16
    let mut failed = Vec::new();
    for (config, learning_rate) in models() {
        let n_genes = if ["deep-chrome-linear", "deep-diff-raw-d"].contains(&config.name()) { 16 } else { 32 };
        let mut train = genes(3, n_genes);
        train.values = noise(9, n_genes * 20).iter().map(|v| v * 20.0).collect();
        let is_siamese = config.name().ends_with("siamese");
        for task in [Task::Classification, Task::Regression] {
            if task == Task::Classification && config.is_auxiliary() {
                continue;
            }
            if task == Task::Regression {
                train.labels = noise(4, n_genes).iter().map(|v| v * 10.0).collect();
                train.expression = noise(5, n_genes).iter().map(|v| v * 10.0).collect();
                if is_siamese {
                    // all change by more than a factor of 4: encodings that are drawn together tell nothing apart
                    train.labels.iter_mut().for_each(|label| *label += 2.0f32.copysign(*label));
                }
            }
            let data = data(vec![train.clone()], vec![train.clone()]);
            let settings = Regime { epochs: Some(400), learning_rate: Some(learning_rate), ..settings() };
            let mut trainer = trainer(&config, (task, &settings), &[learner(1, 0)]);
            let mut losses = Vec::new();
            while !trainer.is_done() {
                losses.push(trainer.run_epoch(&data, |_| ()).unwrap()[0].unwrap().train_loss);
            }
            let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
            let correlation = trainer.states()[0].best().unwrap().valid_metric;
            let enough = if is_siamese { losses[0] / 20.0 } else { 0.08 };
            if least >= enough || correlation <= 0.95 {
                failed.push(format!("{} {task:?}: loss {} to {least}, {correlation}", config.name(), losses[0]));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_model_resumes_to_the_same_bits_and_is_what_it_is_alone() {
    let (train, valid) = ([genes(5, 37), genes(7, 101)], [genes(6, 20), genes(9, 70)]);
    let all = data(train.to_vec(), valid.to_vec());
    let learners = [learner(1, 0), learner(2, 1), learner(3, 1)];
    for (config, _) in models() {
        let settings = Regime { dropout: Some(0.3), batch_size: Some(20), ..settings() };
        let mut whole = trainer(&config, (Task::Classification, &settings), &learners);
        (0..4).for_each(|_| drop(whole.run_epoch(&all, |_| ()).unwrap()));
        let mut first = trainer(&config, (Task::Classification, &settings), &learners);
        (0..2).for_each(|_| drop(first.run_epoch(&all, |_| ()).unwrap()));
        let states = first.states().to_vec();
        let mut second =
            Trainer::resume(&config, (Task::Classification, &settings), learners.to_vec(), states, &Device::Cpu)
                .unwrap();
        (0..2).for_each(|_| drop(second.run_epoch(&all, |_| ()).unwrap()));
        assert_eq!(whole.states(), second.states(), "{}", config.name());
        for (at, learner) in learners.iter().enumerate() {
            let own = data(vec![train[learner.set].clone()], vec![valid[learner.set].clone()]);
            let mut alone =
                trainer(&config, (Task::Classification, &settings), &[Learner { set: 0, ..learner.clone() }]);
            (0..4).for_each(|_| drop(alone.run_epoch(&own, |_| ()).unwrap()));
            assert_eq!(alone.states(), &whole.states()[at..=at], "{} {at}", config.name());
        }
        // dropout and seed reach every network
        let weights = |settings: &Regime, seed: u64| {
            let mut trainer = trainer(&config, (Task::Classification, settings), &[learner(seed, 0)]);
            trainer.run_epoch(&all, |_| ()).unwrap();
            trainer.states()[0].weights.clone()
        };
        assert_ne!(weights(&settings, 1), weights(&settings, 2), "{}", config.name());
        let without = Regime { dropout: Some(0.0), ..settings };
        let drops = config.name() != "deep-chrome-linear";
        assert_eq!(weights(&settings, 1) != weights(&without, 1), drops, "{}", config.name());
    }
}

#[test]
fn several_networks_score_as_one_each() {
    let set: GeneSet = genes(5, 37);
    for (config, _) in models() {
        let rows: Vec<Vec<f32>> = (1..4).map(|seed| random::initial_weights(seed, &config.tensors())).collect();
        let network = |rows: &[Vec<f32>]| {
            let weights = Tensor::from_vec(rows.concat(), (rows.len(), config.n_weights()), &Device::Cpu).unwrap();
            config.network(&weights).unwrap()
        };
        let x = Tensor::from_slice(&set.values, (37, 1, 2, 10), &Device::Cpu).unwrap();
        let together = network(&rows).forward(&x.broadcast_as((37, 3, 2, 10)).unwrap(), &Mode::Infer).unwrap();
        let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (at, row) in rows.iter().enumerate() {
            let alone = network(std::slice::from_ref(row)).forward(&x, &Mode::Infer).unwrap();
            let own = |tensor: &Tensor| values(&tensor.narrow(1, at, 1).unwrap());
            assert_eq!(own(&together.logit), values(&alone.logit), "{}", config.name());
            let both =
                [(&together.bin_attention, &alone.bin_attention), (&together.mark_attention, &alone.mark_attention)];
            for (together, alone) in both {
                assert_eq!(together.as_ref().map(own), alone.as_ref().map(values), "{}", config.name());
            }
            if let Some(attention) = &alone.bin_attention {
                let sums = values(&attention.sum(3).unwrap());
                assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{}", config.name());
            }
        }
    }
}
