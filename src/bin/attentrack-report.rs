//! Stage binary: see [`attentrack::stage::report`].
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::report::Args>()
}
