//! Fits the starter instruments and writes them as files:
//! `cargo run --release -p synth-train --example make_starters -- OUT_DIR [SEED]`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use synth_train::starter::{StarterKind, train};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("say which folder to write to")?);
    let seed = match arguments.next() {
        Some(text) => text.to_str().ok_or("the seed is not a number")?.parse()?,
        None => 1,
    };
    std::fs::create_dir_all(&folder)?;
    for kind in StarterKind::ALL {
        let started = Instant::now();
        let instrument = train(kind, seed)?;
        let bytes = instrument.to_bytes();
        let path = folder.join(kind.file_stem()).with_extension("synth");
        std::fs::write(&path, &bytes)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("{}: {} bytes, {seconds:.1} s", path.display(), bytes.len());
        for (metric, value) in &instrument.metadata.held_out {
            println!("  {metric} {value}");
        }
    }
    Ok(())
}
