use super::*;

fn settings() -> Settings {
    Settings {
        epochs: 4,
        batch_size: 16,
        learning_rate: 2e-4,
        schedule: Schedule::Constant,
        weight_decay: 0.0,
        dropout: 0.0,
        clip_norm: 1.0,
        seed: 1,
    }
}

const CONFIG: AttentiveChromeConfig = AttentiveChromeConfig { n_marks: 2, n_bins: 10, bin_hidden: 8, mark_hidden: 4 };

/// Genes of noise, of which the positives have more signal at mark 1, bins 4 and 5.
fn genes(seed: u64, n_genes: usize) -> GeneSet {
    let noise = random::initial_weights(seed, n_genes * 20);
    let labels: Vec<f32> = (0..n_genes).map(|gene| (gene % 2) as f32).collect();
    let value = |(at, &noise): (usize, &f32)| {
        let planted = labels[at / 20] == 1.0 && [14, 15].contains(&(at % 20));
        (noise + 0.1) * 10.0 + if planted { 2.0 } else { 0.0 }
    };
    GeneSet { values: noise.iter().enumerate().map(value).collect(), labels }
}

fn in_memory(genes: GeneSet) -> GeneSource {
    GeneSource::InMemory(genes)
}

fn run(trainer: &mut Trainer, epochs: u32) {
    for _ in 0..epochs {
        trainer.run_epoch(&in_memory(genes(5, 37)), &in_memory(genes(6, 20)), |_| ()).unwrap();
    }
}

#[test]
fn thirty_two_genes_are_overfitted() {
    // labels without any relation to the signal: only memory can lower the loss
    let mut train = genes(3, 32);
    train.values = random::initial_weights(9, 32 * 20).iter().map(|v| v * 20.0).collect();
    let train = in_memory(train);
    let settings = Settings { epochs: 300, learning_rate: 1e-2, ..settings() };
    let mut trainer = Trainer::new(&CONFIG, settings).unwrap();
    let mut last = f64::MAX;
    for _ in 0..300 {
        last = trainer.run_epoch(&train, &train, |_| ()).unwrap().train_loss;
    }
    assert!(last < 0.05, "loss {last}");
    assert_eq!(trainer.state().best().unwrap().valid_auroc, 1.0);
}

#[test]
fn a_resumed_training_is_the_uninterrupted_one() {
    let settings = Settings { dropout: 0.3, weight_decay: 1e-4, schedule: Schedule::Cosine, ..settings() };
    let mut whole = Trainer::new(&CONFIG, settings.clone()).unwrap();
    run(&mut whole, 4);
    let mut first = Trainer::new(&CONFIG, settings.clone()).unwrap();
    run(&mut first, 2);
    let mut second = Trainer::resume(&CONFIG, settings, first.state().clone()).unwrap();
    run(&mut second, 2);
    assert_eq!(whole.state(), second.state());
    assert!(whole.is_done());
}

#[test]
fn options_change_the_result_and_the_seed_decides_it() {
    let train = |settings: Settings| {
        let mut trainer = Trainer::new(&CONFIG, settings).unwrap();
        run(&mut trainer, 1);
        trainer.state().weights.clone()
    };
    let plain = train(settings());
    assert_eq!(plain, train(settings()));
    assert_ne!(plain, train(Settings { seed: 2, ..settings() }));
    assert_ne!(plain, train(Settings { dropout: 0.5, ..settings() }));
    assert_ne!(plain, train(Settings { weight_decay: 0.1, ..settings() }));
    assert_ne!(plain, train(Settings { clip_norm: 1e-3, ..settings() }));
}

#[test]
fn of_equally_good_epochs_the_later_is_kept() {
    let record =
        |epoch, valid_auroc| EpochRecord { epoch, train_loss: 0.0, valid_loss: 0.0, valid_auroc, learning_rate: 0.0 };
    let history = vec![record(1, 0.7), record(2, 0.8), record(3, 0.8), record(4, 0.6)];
    let state = TrainingState { weights: vec![], best_weights: vec![], adam: Adam::new(0), history };
    assert_eq!(state.best().unwrap().epoch, 3);
}

#[test]
fn divergence_is_an_error() {
    let mut train = genes(5, 37);
    train.values.fill(f32::MAX);
    let train = in_memory(train);
    let mut trainer = Trainer::new(&CONFIG, Settings { learning_rate: 1e39, ..settings() }).unwrap();
    let outcome = (0..4).map(|_| trainer.run_epoch(&train, &in_memory(genes(6, 20)), |_| ())).find_map(Result::err);
    assert!(matches!(outcome, Some(TrainError::Diverged(_))));
}

/// Milliseconds a train step and a forward pass at the published sizes; the PyTorch peer measures the
/// same.
#[test]
#[ignore = "a measurement, not a test"]
fn speed() {
    let config = AttentiveChromeConfig { n_marks: 5, n_bins: 100, bin_hidden: 32, mark_hidden: 16 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for batch in [16usize, 64, 256] {
        let values = random::initial_weights(1, batch * 500).iter().map(|v| (v + 0.1) * 20.0).collect();
        let train = GeneSet { values, labels: (0..batch).map(|gene| (gene % 2) as f32).collect() };
        let mut trainer = Trainer::new(&config, Settings { batch_size: batch as u32, ..settings() }).unwrap();
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
            println!("batch {batch} train step: {}", time(&mut || _ = trainer.step(train.clone(), 0, 2e-4).unwrap()));
            println!(
                "batch {batch} forward:    {}",
                time(&mut || drop(score(&trainer.model, &train.values, |_| ()).unwrap()))
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
