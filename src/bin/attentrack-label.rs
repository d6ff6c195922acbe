//! `attentrack-label`: see [`attentrack::stage::label`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::label::Args>()
}
