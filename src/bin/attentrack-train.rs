//! Stage binary: see [`attentrack::stage::train`].
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::train::Args>()
}
