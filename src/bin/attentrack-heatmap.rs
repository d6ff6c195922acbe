//! Attention of several samples in; a table and a picture of a gene's marks in each of them out.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::heatmap::Args>()
}
