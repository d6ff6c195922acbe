//! Writes a data set with a planted truth.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::simulate::Args>()
}
