//! `attentrack-negatives`: see [`attentrack::stage::negatives`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::negatives::Args>()
}
