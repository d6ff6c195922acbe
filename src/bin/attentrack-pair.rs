//! `attentrack-pair`: see [`attentrack::stage::pair`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::pair::Args>()
}
