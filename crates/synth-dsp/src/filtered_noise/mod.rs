//! One filtered-noise generator for a whole stereo bus.
//!
//! Independent noises add in power, so the voices hand over band powers and the bus makes the noise
//! once, whatever the number of voices. Two independent white generators and three filters give any
//! pair of channel powers and any correlation between them:
//! `L = H_L n1`, `R = H_R1 n1 + H_R2 n2`.

mod bus;
mod convolver;
mod filter_design;
mod smoothing;
mod stereo_power;
mod white;

pub use bus::NoiseBus;
pub use stereo_power::{NOISE_BAND_SPACING_HZ, NOISE_BANDS, StereoBandPower};
pub use white::WhiteNoise;
