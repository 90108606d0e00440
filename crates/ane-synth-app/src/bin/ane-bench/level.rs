//! The instruction set that is measured.

use mil_runtime::cpu::Level;

/// The level in use. One that is forced and not to be had is refused: figures under its name would be
/// another's.
pub(crate) fn in_use() -> Result<Level, String> {
    match Level::forced() {
        None => Ok(Level::detect()),
        Some(Ok(level)) if level.is_available() => Ok(level),
        Some(Ok(level)) => {
            let name = level.name();
            Err(format!(
                "ANE_SYNTH_SIMD: this processor has no {name}; unset it or name another level"
            ))
        }
        Some(Err(unknown)) => Err(format!("ANE_SYNTH_SIMD: {unknown}")),
    }
}
