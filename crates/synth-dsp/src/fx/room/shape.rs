//! What a room of a size is: reverberation times by frequency, delays, reflections. Everything in
//! seconds and Hz; the filters and delay lines follow from it at any rate.

/// Delay lines of the late reverberation.
pub(crate) const LINES: usize = 16;

/// Their lengths in a room of size 0.5: prime numbers of samples at 48 kHz, spread evenly on a
/// logarithmic scale, so that no two have a short common multiple. They ascend, as [`OUTPUT_ROWS`]
/// counts on.
pub(crate) const LATE_DELAYS_S: [f64; LINES] = {
    const AT_48_KHZ: [u32; LINES] = [
        1381, 1499, 1597, 1733, 1861, 1949, 2081, 2309, 2417, 2591, 2879, 3011, 3299, 3463, 3761,
        3943,
    ];
    let mut delays_s = [0.0; LINES];
    let mut line = 0;
    while line < LINES {
        delays_s[line] = AT_48_KHZ[line] as f64 / 48_000.0;
        line += 1;
    }
    delays_s
};

/// Signs with which the two inputs go into the lines. Both are bent functions (their products with all
/// rows of the Hadamard matrix are equally large, so the first pass favours no line), and they are
/// orthogonal.
pub(crate) const INPUT_SIGNS: [[f32; LINES]; 2] = {
    let mut signs = [[0.0; LINES]; 2];
    let mut line = 0;
    while line < LINES {
        signs[0][line] = sign((line & (line >> 1) & 1) ^ ((line >> 2) & (line >> 3) & 1));
        signs[1][line] = signs[0][line] * sign((line ^ (line >> 2) ^ (line >> 3)) & 1);
        line += 1;
    }
    signs
};

/// Rows of the Hadamard matrix whose products with the lines are the two outputs. Their own product is
/// row 15, the Thue-Morse sequence: of any stretch of ascending delays as many reach both ears with
/// one sign as with two, so that the ears hear unrelated tails from the first echoes on.
pub(crate) const OUTPUT_ROWS: [usize; 2] = [5, 10];

const fn sign(odd: usize) -> f32 {
    if odd == 1 { -1.0 } else { 1.0 }
}

/// Delays of the all-passes of each channel: short against the lines, so that they only thicken the
/// echoes; the same in every room.
pub(crate) const DIFFUSER_DELAYS_S: [[f64; 4]; 2] = [
    [0.001_31, 0.002_23, 0.003_67, 0.005_87],
    [0.001_49, 0.002_53, 0.003_41, 0.006_13],
];
/// Their gain; above 0.7 single all-passes begin to ring.
pub(crate) const DIFFUSER_GAIN: f32 = 0.6;

/// A reflection heard by an ear.
pub(crate) struct EarlyTap {
    /// In a room of size 0.5.
    pub(crate) delay_s: f64,
    /// Re the energy of all.
    pub(crate) gain: f32,
    /// Whether it comes from the other side.
    pub(crate) crosses: bool,
}

const fn own(delay_s: f64, gain: f32) -> EarlyTap {
    EarlyTap {
        delay_s,
        gain,
        crosses: false,
    }
}

const fn crossing(delay_s: f64, gain: f32) -> EarlyTap {
    EarlyTap {
        delay_s,
        gain,
        crosses: true,
    }
}

/// First reflections of the left and the right ear: falling with the way, of either sign so that the
/// comb which they make has no strong teeth, and at other times on either side.
pub(crate) const EARLY_TAPS: [[EarlyTap; 10]; 2] = [
    [
        own(0.0061, 0.80),
        own(0.0119, -0.62),
        own(0.0173, 0.55),
        own(0.0241, -0.44),
        own(0.0317, 0.38),
        own(0.0409, -0.30),
        crossing(0.0089, 0.52),
        crossing(0.0149, -0.46),
        crossing(0.0211, 0.41),
        crossing(0.0353, -0.30),
    ],
    [
        own(0.0069, 0.80),
        own(0.0107, -0.64),
        own(0.0189, 0.53),
        own(0.0251, -0.43),
        own(0.0301, 0.39),
        own(0.0427, -0.29),
        crossing(0.0083, 0.52),
        crossing(0.0161, -0.46),
        crossing(0.0223, 0.41),
        crossing(0.0337, -0.30),
    ],
];

/// Part of the energy that the first reflections carry, the rest being the late reverberation's.
const EARLY_ENERGY: f64 = 0.25;

/// What is taken off the input before any reflection.
pub(crate) struct Tone {
    /// Corner of the filter that takes DC away.
    pub(crate) lowest_hz: f64,
    corner_hz: f64,
    most_db: f64,
}

pub(crate) const TONE: Tone = Tone {
    lowest_hz: 30.0,
    corner_hz: 8_000.0,
    most_db: -5.0,
};

impl Tone {
    /// Gain of the highs, dB: what the walls leave of them.
    pub(crate) fn gain_db(&self, hz: f64) -> f64 {
        self.most_db * shelf(hz / self.corner_hz)
    }
}

/// 0 far below the corner, 1 far above it, 1/2 at it.
fn shelf(ratio: f64) -> f64 {
    ratio * ratio / (1.0 + ratio * ratio)
}

/// Reverberation time of the middle of the spectrum in a room of size 0.5.
const MIDDLE_T60_S: f64 = 1.25;
/// How many times longer it is at size 1 than at size 0.
const T60_RANGE: f64 = 6.25;
/// How many times longer the delays are at size 1 than at size 0.
const DELAY_RANGE: f64 = 4.0;
/// The bass decays more slowly than the middle by this part.
const BASS_SLOWER: f64 = 0.10;
const BASS_CORNER_HZ: f64 = 250.0;
/// The highs decay faster than the middle by so many times its rate in a room of size 0.5, and in
/// smaller ones less: there is less air on a sound's way from wall to wall.
const HIGHS_FASTER: f64 = 3.0;
/// How much that changes from size 0 to size 1.
const HIGHS_RANGE: f64 = 2.0;
const HIGHS_CORNER_HZ: f64 = 8_000.0;

/// A room of a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomShape {
    middle_t60_s: f64,
    highs_faster: f64,
    scale: f64,
}

impl RoomShape {
    /// Of a size from 0 (a small room, 0.5 s of reverberation) over 0.5 (1.2 s) to 1 (a hall, 3 s).
    #[must_use]
    pub fn new(size: f32) -> Self {
        let size = f64::from(size) - 0.5;
        Self {
            middle_t60_s: MIDDLE_T60_S * T60_RANGE.powf(size),
            highs_faster: HIGHS_FASTER + HIGHS_RANGE * size,
            scale: DELAY_RANGE.powf(size),
        }
    }

    /// Time in which a sound of this frequency dies away by 60 dB.
    #[must_use]
    pub fn t60_s(&self, hz: f64) -> f64 {
        let bass = BASS_SLOWER * (1.0 - shelf(hz / BASS_CORNER_HZ));
        let highs = self.highs_faster * shelf(hz / HIGHS_CORNER_HZ);
        self.middle_t60_s / (1.0 - bass + highs)
    }

    /// The longest time of any frequency.
    #[must_use]
    pub fn longest_t60_s(&self) -> f64 {
        self.t60_s(0.0)
    }

    /// What a delay of `delay_s` takes off the middle of the spectrum, dB, negative.
    pub(crate) fn middle_db(&self, delay_s: f64) -> f64 {
        -60.0 * delay_s / self.middle_t60_s
    }

    /// What it leaves more of the lowest bass than of the middle, dB, and the corner in Hz.
    pub(crate) fn bass_shelf(&self, delay_s: f64) -> (f64, f64) {
        (-self.middle_db(delay_s) * BASS_SLOWER, BASS_CORNER_HZ)
    }

    /// What it takes off at a frequency without the bass's part, dB, negative.
    pub(crate) fn highs_db(&self, delay_s: f64, hz: f64) -> f64 {
        self.middle_db(delay_s) * (1.0 + self.highs_faster * shelf(hz / HIGHS_CORNER_HZ))
    }

    pub(crate) fn late_delays_s(&self) -> [f64; LINES] {
        LATE_DELAYS_S.map(|delay_s| delay_s * self.scale)
    }

    pub(crate) fn early_delay_s(&self, tap: &EarlyTap) -> f64 {
        tap.delay_s * self.scale
    }

    pub(crate) fn longest_delay_s(&self) -> f64 {
        self.late_delays_s().into_iter().fold(0.0, f64::max)
    }

    /// Gain of the first reflections: a sound on one side has [`EARLY_ENERGY`] of its energy in them.
    pub(crate) fn early_gain(&self) -> f32 {
        let energy = |ear: usize| -> f64 {
            let taps = EARLY_TAPS[ear].iter();
            taps.map(|tap| f64::from(tap.gain).powi(2)).sum()
        };
        (2.0 * EARLY_ENERGY / (energy(0) + energy(1))).sqrt() as f32
    }

    /// Gain of the late reverberation: a sound on one side has the rest of its energy in it.
    ///
    /// Energy 1 in lines of D seconds together is a power of 1/D on each output, which falls by 60 dB
    /// in T60: T60 / (6 ln(10) D) altogether on each of the two. The outputs stand behind the absorption,
    /// which takes half of a line's loss off the mean of what is in it.
    pub(crate) fn late_gain(&self) -> f32 {
        let delays_s: f64 = self.late_delays_s().iter().sum();
        let t60_s = self.t60_s(1_000.0);
        let half_a_line = 10.0_f64.powf(-3.0 * delays_s / LINES as f64 / t60_s);
        let energy = 2.0 * half_a_line * t60_s / (6.0 * std::f64::consts::LN_10 * delays_s);
        ((1.0 - EARLY_ENERGY) / energy).sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hadamard(row: usize, column: usize) -> f32 {
        sign((row & column).count_ones() as usize % 2)
    }

    #[test]
    fn the_inputs_favour_no_line_and_are_orthogonal() {
        for signs in INPUT_SIGNS {
            for row in 0..LINES {
                let product: f32 = (0..LINES).map(|i| signs[i] * hadamard(row, i)).sum();
                assert_eq!(product.abs(), 4.0, "row {row}");
            }
        }
        let product: f32 = (0..LINES)
            .map(|i| INPUT_SIGNS[0][i] * INPUT_SIGNS[1][i])
            .sum();
        assert_eq!(product, 0.0);
    }

    #[test]
    fn sizes_are_what_they_are_said_to_be() {
        for (size, t60_s) in [(0.0, 0.5), (0.5, 1.2), (1.0, 3.0)] {
            let t60 = RoomShape::new(size).t60_s(1_000.0);
            assert!((t60 / t60_s - 1.0).abs() < 0.05, "{size}: {t60}");
        }
        let shape = RoomShape::new(0.5);
        assert!(shape.t60_s(100.0) > shape.t60_s(1_000.0));
        assert!(shape.t60_s(8_000.0) < 0.5 * shape.t60_s(1_000.0));
    }

    #[test]
    fn no_two_lines_are_alike() {
        for (i, a) in LATE_DELAYS_S.iter().enumerate() {
            for b in &LATE_DELAYS_S[..i] {
                assert!((a / b - 1.0).abs() > 0.03, "{a} {b}");
            }
        }
    }
}
