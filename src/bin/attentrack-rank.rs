//! Predictions of several models in; their figures, and paired tests between them, out.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::rank::Args>()
}
