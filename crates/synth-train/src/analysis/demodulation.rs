//! Phase-warped demodulation: the complex amplitude of every partial, one every hop.
//!
//! `a_k(t) = 2 sum w x e^{-j k phi} / sum w` over a Hann window of a whole number of periods centred on
//! t, the window measured in phase and not in time. All other partials of a steady tone then fall on
//! the window's zeros, and a vibrato changes nothing in that.
//!
//! A Hann window centred on psi_c is 1/2 + 1/2 cos(psi - psi_c), so a windowed sum of z is made of
//! three plain sums, of z, z cos psi and z sin psi, psi being the phase over the window's length.
//! Plain sums over neighbouring windows share nearly all their terms: they are made in blocks of
//! [`BLOCK`] samples and slid along in f64, at a cost that does not depend on the window.

/// Partials worked on side by side.
const LANES: usize = 8;
/// Samples of a partial sum. A window's ends are rounded to it; the window is below -50 dB there.
const BLOCK: usize = 16;
/// Sums of a lane: z (re, im), then re and im of z times cos psi and sin psi.
const SUMS: usize = 6;

type Lanes = [f32; LANES];

/// Course of the phase through a stretch of samples, in turns.
#[derive(Clone, Debug)]
pub(super) struct PhaseCourse {
    /// Phase at every sample, not wrapped.
    pub(super) turns: Vec<f64>,
    /// `e^{-j phi}` at every sample: cosine, minus sine.
    rotor: Vec<[f32; 2]>,
}

impl PhaseCourse {
    /// Integrates a fundamental given at every `hop`th sample, linear between, from phase 0.
    pub(super) fn new(f0_hz: &[f64], hop: usize, samples: usize, sample_rate_hz: f64) -> Self {
        let mut turns = Vec::with_capacity(samples);
        let mut rotor = Vec::with_capacity(samples);
        let mut phase = 0.0_f64;
        let last = f0_hz.len().saturating_sub(1);
        for n in 0..samples {
            let (column, within) = ((n / hop).min(last), (n % hop) as f64 / hop as f64);
            let here = f0_hz.get(column).copied().unwrap_or(1.0);
            let next = f0_hz.get(column + 1).copied().unwrap_or(here);
            turns.push(phase);
            let angle = (phase.fract() * std::f64::consts::TAU) as f32;
            let (sin, cos) = angle.sin_cos();
            rotor.push([cos, -sin]);
            phase += (here + (next - here) * within) / sample_rate_hz;
        }
        Self { turns, rotor }
    }
}

/// Powers 1 to 8 of a unit complex number, and the eighth to go on with.
#[inline(always)]
fn first_powers([re, im]: [f32; 2]) -> (Lanes, Lanes, [f32; 2]) {
    let times = |a: [f32; 2], b: [f32; 2]| [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
    let one = [re, im];
    let two = times(one, one);
    let three = times(two, one);
    let four = times(two, two);
    let all = [
        one,
        two,
        three,
        four,
        times(four, one),
        times(four, two),
        times(four, three),
        times(four, four),
    ];
    (all.map(|z| z[0]), all.map(|z| z[1]), all[7])
}

#[inline(always)]
fn advance(re: &mut Lanes, im: &mut Lanes, [by_re, by_im]: [f32; 2]) {
    for lane in 0..LANES {
        let (a, b) = (re[lane], im[lane]);
        re[lane] = a * by_re - b * by_im;
        im[lane] = a * by_im + b * by_re;
    }
}

/// Complex amplitudes of partials 1, 2, ... in `[columns, partials]`, re and im; partial k stands
/// for `re cos(k phi) - im sin(k phi)`.
#[derive(Clone, Debug)]
pub(super) struct Amplitudes {
    pub(super) partials: usize,
    pub(super) re: Vec<f32>,
    pub(super) im: Vec<f32>,
}

impl Amplitudes {
    pub(super) fn columns(&self) -> usize {
        self.re.len() / self.partials.max(1)
    }

    /// Size of partial `k` (from 0) of a column.
    pub(super) fn magnitude(&self, column: usize, k: usize) -> f32 {
        let at = column * self.partials + k;
        self.re[at].hypot(self.im[at])
    }
}

/// Demodulates `partials` partials of `x` at every `hop`th sample, with a window of `periods`
/// periods.
pub(super) fn demodulate(
    x: &[f32],
    course: &PhaseCourse,
    hop: usize,
    periods: usize,
    partials: usize,
) -> Amplitudes {
    let vectors = partials.div_ceil(LANES);
    let window_turns = periods as f64;
    let psi: Vec<[f32; 2]> = course
        .turns
        .iter()
        .map(|turns| {
            let (sin, cos) = ((turns / window_turns).fract() * std::f64::consts::TAU).sin_cos();
            [cos as f32, sin as f32]
        })
        .collect();
    let blocks = block_sums(x, course, &psi, vectors);
    let columns = x.len().div_ceil(hop);
    let width = vectors * SUMS * LANES;
    let mut sums = vec![0.0_f64; width];
    // Sums of the window itself: the number of samples, cos psi and sin psi.
    let mut window = [0.0_f64; 3];
    let psi_blocks: Vec<[f64; 3]> = psi
        .chunks(BLOCK)
        .map(|chunk| {
            let sum = |i: usize| chunk.iter().map(|p| f64::from(p[i])).sum();
            [chunk.len() as f64, sum(0), sum(1)]
        })
        .collect();
    let slide = |sums: &mut [f64], window: &mut [f64; 3], block: usize, sign: f64| {
        let from = &blocks[block * width..(block + 1) * width];
        for (sum, &value) in sums.iter_mut().zip(from) {
            *sum += sign * f64::from(value);
        }
        for (sum, value) in window.iter_mut().zip(psi_blocks[block]) {
            *sum += sign * value;
        }
    };
    let mut answer = Amplitudes {
        partials,
        re: vec![0.0; columns * partials],
        im: vec![0.0; columns * partials],
    };
    let (mut first, mut end) = (0, 0);
    for column in 0..columns {
        let centre = course.turns[column * hop];
        let bound = |turns: f64| {
            let sample = course.turns.partition_point(|&t| t < turns);
            ((sample + BLOCK / 2) / BLOCK).min(psi_blocks.len())
        };
        let wanted_end = bound(centre + window_turns / 2.0).max(end);
        let wanted_first = bound(centre - window_turns / 2.0).clamp(first, wanted_end);
        for block in end..wanted_end {
            slide(&mut sums, &mut window, block, 1.0);
        }
        for block in first..wanted_first {
            slide(&mut sums, &mut window, block, -1.0);
        }
        (first, end) = (wanted_first, wanted_end);
        let (sin, cos) = ((centre / window_turns).fract() * std::f64::consts::TAU).sin_cos();
        let weight = 0.5 * window[0] + 0.5 * (cos * window[1] + sin * window[2]);
        let scale = 2.0 / weight.max(1.0);
        for k in 0..partials {
            let lane = |sum: usize| sums[(k / LANES * SUMS + sum) * LANES + k % LANES];
            // The window is 1/2 + 1/2 cos(psi - psi_c), the cosine of a difference being two products.
            let re = lane(0) + cos * lane(2) + sin * lane(4);
            let im = lane(1) + cos * lane(3) + sin * lane(5);
            answer.re[column * partials + k] = (0.5 * scale * re) as f32;
            answer.im[column * partials + k] = (0.5 * scale * im) as f32;
        }
    }
    answer
}

/// Sums of every block of samples: `[blocks, vectors, SUMS, LANES]`.
fn block_sums(x: &[f32], course: &PhaseCourse, psi: &[[f32; 2]], vectors: usize) -> Vec<f32> {
    let width = vectors * SUMS * LANES;
    let mut blocks = vec![0.0_f32; x.len().div_ceil(BLOCK) * width];
    let samples = x.chunks(BLOCK).zip(course.rotor.chunks(BLOCK));
    let samples = samples.zip(psi.chunks(BLOCK));
    for (((x, rotors), psi), sums) in samples.zip(blocks.chunks_exact_mut(width)) {
        let (sums, _) = sums.as_chunks_mut::<LANES>();
        for ((&x, &rotor), &[cos, sin]) in x.iter().zip(rotors).zip(psi) {
            let (mut re, mut im, eighth) = first_powers(rotor);
            let (with_cos, with_sin) = (x * cos, x * sin);
            for vector in sums.as_chunks_mut::<SUMS>().0 {
                for lane in 0..LANES {
                    vector[0][lane] += x * re[lane];
                    vector[1][lane] += x * im[lane];
                    vector[2][lane] += with_cos * re[lane];
                    vector[3][lane] += with_cos * im[lane];
                    vector[4][lane] += with_sin * re[lane];
                    vector[5][lane] += with_sin * im[lane];
                }
                advance(&mut re, &mut im, eighth);
            }
        }
    }
    blocks
}

/// Takes the partials out of `x`, their amplitudes on a line between columns.
pub(super) fn subtract_partials(
    x: &mut [f32],
    course: &PhaseCourse,
    hop: usize,
    amplitudes: &Amplitudes,
) {
    let partials = amplitudes.partials;
    let vectors = partials.div_ceil(LANES);
    let padded = |values: &[f32]| {
        let mut lanes = vec![[0.0; LANES]; vectors];
        lanes.as_flattened_mut()[..partials].copy_from_slice(values);
        lanes
    };
    let column_of = |column: usize| {
        let row = column * partials..(column + 1) * partials;
        (
            padded(&amplitudes.re[row.clone()]),
            padded(&amplitudes.im[row]),
        )
    };
    let last = amplitudes.columns().saturating_sub(1);
    for (column, (x, rotors)) in x.chunks_mut(hop).zip(course.rotor.chunks(hop)).enumerate() {
        let (re_0, im_0) = column_of(column.min(last));
        let (re_1, im_1) = column_of((column + 1).min(last));
        for (n, (x, &rotor)) in x.iter_mut().zip(rotors).enumerate() {
            let (mut re, mut im, eighth) = first_powers(rotor);
            let (mut from, mut to) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            for vector in 0..vectors {
                for lane in 0..LANES {
                    from[lane] += re_0[vector][lane] * re[lane] + im_0[vector][lane] * im[lane];
                    to[lane] += re_1[vector][lane] * re[lane] + im_1[vector][lane] * im[lane];
                }
                advance(&mut re, &mut im, eighth);
            }
            let (from, to): (f32, f32) = (from.iter().sum(), to.iter().sum());
            *x -= from + (to - from) * (n as f32 / hop as f32);
        }
    }
}
