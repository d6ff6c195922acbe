//! Stage binary: see [`attentrack::stage::explain`].
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::explain::Args>()
}
