//! Bins signal files around each gene's TSS into one matrix file.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::bin::Args>()
}
