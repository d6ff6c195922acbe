//! Stage binary: see [`attentrack::stage::predict`].
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::predict::Args>()
}
