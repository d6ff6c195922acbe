//! Stage binary: see [`attentrack::stage::faithfulness`].
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::faithfulness::Args>()
}
