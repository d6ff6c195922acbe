//! Published weights in, a model file out; and back again.
fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::import::Args>()
}
