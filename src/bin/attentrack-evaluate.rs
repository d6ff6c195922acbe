//! Predictions, labels and splits in; AUROC and its companions, with intervals, out.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::evaluate::Args>()
}
