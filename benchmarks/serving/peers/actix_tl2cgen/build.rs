//! Compiles what tl2cgen made of the model: the folder is named by TL2CGEN_FOLDER.

use std::{env, path::PathBuf};

fn main() {
    let folder = PathBuf::from(env::var("TL2CGEN_FOLDER").expect("TL2CGEN_FOLDER is set"));
    let source = folder.join("main.c");
    println!("cargo::rerun-if-env-changed=TL2CGEN_FOLDER");
    println!("cargo::rerun-if-changed={}", source.display());
    cc::Build::new()
        .file(source)
        .include(folder)
        .opt_level(3)
        .flag("-std=c99")
        .warnings(false)
        .compile("trees");
}
