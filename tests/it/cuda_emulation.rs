//! The CUDA kernels without a GPU: their source, compiled as C++, must agree with the CPU's results.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use attentrack::model::{BiLstmAttention, Dropout, Mode};
use candle_core::{Device, Tensor, Var};

#[path = "../../src/model/cuda/plan.rs"]
mod plan;

use plan::{Argument, Buffer, Launch, Level, Step, StepMethod};

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The program that runs kernels on a processor; `None`, after saying so, without a C++ compiler.
fn emulator(test: &str) -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulate");
        let build = |sanitizer: &[&str]| {
            let mut command = Command::new("c++");
            command.args(["-std=c++17", "-O2", "-ffp-contract=off", "-w", "-o"]).arg(&program).args(sanitizer);
            command.arg("-I").arg(source("src/model/cuda")).arg(source("tests/cuda_emulation/emulate.cpp"));
            command.output()
        };
        let output = build(&["-fsanitize=address"]).ok()?;
        // not every compiler has the library that checks memory
        let output = if output.status.success() { output } else { build(&[]).unwrap() };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(program)
    });
    if program.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no C++ compiler (c++)");
    }
    program.as_deref()
}

/// One run of the emulator: a script and its files.
struct Session<'a> {
    folder: &'a Path,
    script: String,
}

impl<'a> Session<'a> {
    fn new(folder: &'a Path, order: &str) -> Self {
        Session { folder, script: format!("order {order}\n") }
    }

    fn buffer(&mut self, name: &str, bytes: usize) {
        self.script += &format!("buffer {name} {bytes}\n");
    }

    fn input(&mut self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(name), bytes).unwrap();
        self.buffer(name, bytes.len());
        self.script += &format!("load {name} {name}\n");
    }

    fn launch(&mut self, launch: &Launch, name: impl Fn(Buffer) -> String) {
        let Launch { kernel, grid: [x, y, z], threads, shared, arguments } = launch;
        self.script += &format!("launch {kernel} {x} {y} {z} {threads} {shared}");
        for argument in arguments {
            self.script += &match *argument {
                Argument::Pointer(buffer) => format!(" p:{}", name(buffer)),
                Argument::Int(value) => format!(" i:{value}"),
                Argument::Unsigned(value) => format!(" u:{value}"),
                Argument::Float(value) => format!(" f:{}", value.to_bits()),
                Argument::Double(value) => format!(" d:{}", value.to_bits()),
            };
        }
        self.script.push('\n');
    }

    /// Runs the script; returns the numbers in the named buffers.
    fn run(mut self, emulator: &Path, outputs: &[&str]) -> Vec<Vec<f32>> {
        for name in outputs {
            self.script += &format!("save {name} {name}\n");
        }
        let mut child = Command::new(emulator)
            .env("ASAN_OPTIONS", "detect_stack_use_after_return=0:detect_leaks=0")
            .current_dir(self.folder)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(self.script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), self.script);
        outputs.iter().map(|name| numbers_of(&std::fs::read(self.folder.join(name)).unwrap())).collect()
    }
}

fn bytes_of(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn numbers_of(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn numbers(count: usize, factor: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * factor % 1009) as f32 / 1009.0 - 0.5) * 0.7).collect()
}

/// Outputs, weight gradient and input gradient of a level.
fn on_cpu(level: &Level, key: u64, x: &[f32], weights: &[f32], out_gradient: &[f32]) -> [Vec<f32>; 3] {
    let &Level { genes, groups, steps, inputs, hidden, dropout, .. } = level;
    let weights = Tensor::from_slice(weights, (groups, weights.len() / groups), &Device::Cpu).unwrap();
    let layer = BiLstmAttention::new(steps, inputs, hidden, weights).unwrap();
    let x = Var::from_slice(x, (genes, groups, steps, inputs), &Device::Cpu).unwrap();
    let dropout = (dropout > 0.0).then_some(Dropout { rate: dropout, keys: [key].into(), first_gene: 0 });
    let (contexts, attention) = layer.forward(x.as_tensor(), &Mode::Train(dropout)).unwrap();
    let out = Tensor::cat(&[&contexts, &attention], 2).unwrap();
    let out_gradient = Tensor::from_slice(out_gradient, out.shape(), &Device::Cpu).unwrap();
    let gradients = (&out * &out_gradient).unwrap().sum_all().unwrap().backward().unwrap();
    let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    [flat(&out), flat(gradients.get(layer.weights()).unwrap()), flat(gradients.get(&x).unwrap())]
}

/// The same by the kernels.
fn emulated(
    (emulator, folder, order): (&Path, &Path, &str),
    level: &Level,
    keys: &[u64],
    [x, weights, out_gradient]: [&[f32]; 3],
) -> Vec<Vec<f32>> {
    use Buffer::*;
    let mut session = Session::new(folder, order);
    let given = [(X, x), (Weights, weights), (OutGradient, out_gradient)];
    for (buffer, numbers) in given {
        assert_eq!(level.len(buffer), numbers.len(), "{buffer:?}");
        session.input(&format!("{buffer:?}"), &bytes_of(numbers));
    }
    session.input("Keys", &keys.iter().flat_map(|key| key.to_le_bytes()).collect::<Vec<u8>>());
    let own =
        [Out, Transposed, Gates, Cells, Hidden, ScoreGradient, VectorGradient, Partial, WeightGradient, InputGradient];
    for buffer in own.into_iter().filter(|&buffer| level.len(buffer) > 0) {
        session.buffer(&format!("{buffer:?}"), 4 * level.len(buffer));
    }
    let name = |buffer: Buffer| if level.len(buffer) > 0 { format!("{buffer:?}") } else { "-".to_owned() };
    let backward = if level.keep { level.backward(true) } else { Vec::new() };
    level.forward().iter().chain(&backward).for_each(|launch| session.launch(launch, name));
    let outputs: &[&str] = if level.keep { &["Out", "WeightGradient", "InputGradient"] } else { &["Out"] };
    session.run(emulator, outputs)
}

/// Differences at most `tolerance` of the largest number.
fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let close = (found - expected).abs() <= tolerance * largest;
        assert!(close, "{what}, number {at}: {found}, on the CPU {expected}, largest {largest}");
    }
}

#[test]
fn kernels_agree_with_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator("kernels_agree_with_the_cpu") else { return };
    // genes, groups, steps, inputs, hidden, dropout
    let cases = [
        (16, 5, 12, 1, 32, 0.0), // the bin level
        (21, 1, 9, 1, 32, 0.3),  // a ragged batch over two blocks of dropout
        (1, 1, 1, 1, 32, 0.0),
        (7, 3, 5, 64, 16, 0.0), // the mark level
        (3, 2, 6, 64, 16, 0.25),
        (9, 3, 8, 1, 16, 0.0),
        (6, 1, 3, 3, 32, 0.5),
        (5, 3, 7, 1, 7, 0.2), // any number of hidden units
        (18, 1, 4, 14, 7, 0.0),
        (2, 1, 3, 2, 70, 0.1),
        (3, 1, 150, 1, 1, 0.0), // many bins
    ];
    for (genes, groups, steps, inputs, hidden, dropout) in cases {
        let level = Level { genes, groups, steps, inputs, hidden, keep: true, groups_per_model: groups, dropout };
        assert_eq!(level.problem(), None);
        let x = numbers(level.len(Buffer::X), 41);
        let weights = numbers(level.len(Buffer::Weights), 37);
        let out_gradient = numbers(level.len(Buffer::Out), 53);
        let expected = on_cpu(&level, 3, &x, &weights, &out_gradient);
        let run = |order, level: &Level| {
            emulated((emulator, folder.path(), order), level, &[3], [&x, &weights, &out_gradient])
        };
        let found = run("ascending", &level);
        for ((found, expected), what) in found.iter().zip(&expected).zip(["outputs", "weights", "inputs"]) {
            assert_close(found, expected, 2e-6, &format!("{what} of {level:?}"));
        }
        // a barrier that is missing shows when threads take turns in another order
        let bits = |all: &[Vec<f32>]| all.iter().flatten().map(|number| number.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(&run("descending", &level)), bits(&found), "{level:?}");
        let infer = run("ascending", &Level { keep: false, ..level });
        assert_eq!(bits(&infer), bits(&found[..1]), "{level:?}");
    }
}

#[test]
fn models_side_by_side_drop_the_units_that_they_drop_alone() {
    let folder = tempfile::tempdir().unwrap();
    let test = "models_side_by_side_drop_the_units_that_they_drop_alone";
    let Some(emulator) = emulator(test) else { return };
    let both =
        Level { genes: 18, groups: 4, steps: 3, inputs: 1, hidden: 16, keep: true, groups_per_model: 2, dropout: 0.4 };
    let one = Level { groups: 2, ..both };
    let (x, out_gradient) = (numbers(both.len(Buffer::X), 41), numbers(both.len(Buffer::Out), 53));
    let weights = numbers(both.len(Buffer::Weights), 37);
    let place = (emulator, folder.path(), "ascending");
    let together = emulated(place, &both, &[7, 8], [&x, &weights, &out_gradient]);
    for (model, key) in [(0, 7), (1, 8)] {
        let part = |values: &[f32]| -> Vec<f32> {
            let row = values.len() / both.genes / 2;
            values.chunks_exact(row).skip(model).step_by(2).flatten().copied().collect()
        };
        let own_weights = &weights[model * weights.len() / 2..][..weights.len() / 2];
        let alone = emulated(place, &one, &[key], [&part(&x), own_weights, &part(&out_gradient)]);
        assert_eq!(part(&together[0]), alone[0]);
        assert_eq!(part(&together[2]), alone[2]);
        assert_close(&together[1][model * weights.len() / 2..][..weights.len() / 2], &alone[1], 1e-6, "weights");
    }
}

#[test]
fn training_kernels_do_the_arithmetic_of_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    let Some(emulator) = emulator("training_kernels_do_the_arithmetic_of_the_cpu") else { return };
    let (models, genes, weights) = (3, 5, 700);
    let mut session = Session::new(folder.path(), "ascending");
    // the last model makes no step; its genes only fill the batch up
    let logits: Vec<f32> = (0..genes * models).map(|at| if at % 3 == 2 { f32::NAN } else { at as f32 - 7.0 }).collect();
    let labels: Vec<f32> = (0..genes * models).map(|at| (at % 2) as f32).collect();
    let counts: Vec<f32> = (0..genes * models).map(|at| if at % 3 == 2 { 0.0 } else { 0.2 }).collect();
    let gradient: Vec<f32> = numbers(models * weights, 29);
    let rates = [0.02f32, 0.3, 0.05, 0.4, 0.0, 0.0];
    for (name, values) in [("Logit", &logits), ("Label", &labels), ("GeneWeight", &counts), ("Gradient", &gradient)] {
        session.input(name, &bytes_of(values));
    }
    session.input("Rates", &bytes_of(&rates));
    let (state_3, state_2) = (numbers(models * 3 * weights, 31), numbers(models * 2 * weights, 31));
    let state_3: Vec<f32> = state_3.iter().map(|value| value.abs()).collect();
    session.input("adam", &bytes_of(&state_3));
    session.input("sgd", &bytes_of(&state_2));
    session.buffer("Squares", 8 * models);
    session.buffer("Loss", 4 * models);
    session.buffer("Derivative", 4 * genes * models);
    let adam = Step { clip_norm: 1.0, decay: 0.01, method: StepMethod::Adam { keep: 0.9 } };
    let sgd = Step { method: StepMethod::Sgd { momentum: 0.8 }, ..adam };
    let launches = [
        plan::cross_entropy(genes, models),
        plan::cross_entropy_derivative(genes, models),
        plan::squared_norm(models, weights),
        adam.plan(models, weights),
        sgd.plan(models, weights),
    ];
    for launch in &launches {
        let name = |buffer| if buffer == Buffer::State { launch.kernel.to_owned() } else { format!("{buffer:?}") };
        session.launch(launch, name);
    }
    let found = session.run(emulator, &["Loss", "Derivative", "adam", "sgd"]);

    let (mut loss, mut derivative) = (vec![0f64; models], vec![0f32; genes * models]);
    for (at, ((&z, &y), &w)) in logits.iter().zip(&labels).zip(&counts).enumerate().filter(|(at, _)| at % 3 != 2) {
        let (z, y, w) = (f64::from(z), f64::from(y), f64::from(w));
        loss[at % 3] += w * (z.max(0.0) - z * y + (-z.abs()).exp().ln_1p());
        derivative[at] = ((1.0 / (1.0 + (-z).exp()) - y) * w) as f32;
    }
    assert_close(&found[0], &loss.iter().map(|&loss| loss as f32).collect::<Vec<_>>(), 1e-6, "loss");
    assert_close(&found[1], &derivative, 1e-6, "derivative");
    let (mut adam, mut sgd) = (state_3.clone(), state_2.clone());
    for model in 0..2 {
        let gradient = &gradient[model * weights..][..weights];
        let norm = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
        assert!(norm > 1.0);
        for (at, g) in gradient.iter().enumerate() {
            let g = f64::from(*g) / (norm + 1e-6);
            let (rate, root) = (f64::from(rates[2 * model]), f64::from(rates[2 * model + 1]));
            let [w, m, v] = [0, 1, 2].map(|row| (3 * model + row) * weights + at);
            let kept = f64::from(adam[w]) * 0.9;
            let moved = g + 0.01 * kept;
            adam[m] = (0.9 * f64::from(adam[m]) + 0.1 * moved) as f32;
            adam[v] = (0.999 * f64::from(adam[v]) + 0.001 * moved * moved) as f32;
            adam[w] = (kept - rate * f64::from(adam[m]) / (f64::from(adam[v]).sqrt() / root + 1e-8)) as f32;
            let [w, m] = [0, 1].map(|row| (2 * model + row) * weights + at);
            sgd[m] = (0.8 * f64::from(sgd[m]) + g + 0.01 * f64::from(sgd[w])) as f32;
            sgd[w] -= (rate * f64::from(sgd[m])) as f32;
        }
    }
    assert_close(&found[2], &adam, 2e-6, "adam");
    assert_close(&found[3], &sgd, 2e-6, "sgd");
}

#[test]
fn ptx_is_made_from_the_source_beside_it() {
    let level = ["level.cu", "attention.cuh", "gradient.cuh", "lstm_backward.cuh", "lstm_forward.cuh", "layout.cuh"];
    for (name, sources) in [("level", level.as_slice()), ("training", &["training.cu"])] {
        let ptx = std::fs::read_to_string(source(&format!("src/model/cuda/{name}.ptx"))).unwrap();
        let mut crc = flate2::Crc::new();
        for file in sources {
            crc.update(&std::fs::read(source(&format!("src/model/cuda/{file}"))).unwrap());
        }
        let expected = format!("// {name}.cu {:08x}", crc.sum());
        assert_eq!(ptx.lines().next(), Some(expected.as_str()), "run src/model/cuda/build.sh");
        assert!(ptx.contains(".target sm_80"));
    }
}
