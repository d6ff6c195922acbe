//! Tracks for the genome browser.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::track::Args>()
}
