//! `attentrack-motif`: see [`attentrack::stage::motif`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::motif::Args>()
}
