//! Compiles the half that runs in the kernel (by clang), and makes Rust handles for what is in it.

fn main() {
    if let Err(error) = osmia_skeleton::Builder::new("src/@NAME@.bpf.c").name("@IDENT@").build() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
