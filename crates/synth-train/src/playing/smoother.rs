//! Values known at some pitches and velocities, smoothed: a local line over pitch with a slope over
//! velocity.

/// Where a value was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) semitones: f64,
    pub(super) velocity: f64,
    /// Places of one group are left out together when widths are compared.
    pub(super) group: u8,
}

/// Widths that are compared: standard deviation of the kernel over pitch, semitones. The last one is
/// a straight line through everything.
const WIDTHS: [f64; 5] = [1.5, 3.0, 6.0, 12.0, 1_000.0];
/// How firmly slopes are drawn to zero, in places' worth of evidence: per semitone^2, and per unit of
/// velocity^2. A few notes do not make a trend.
const PITCH_RIDGE: f64 = 12.0;
const VELOCITY_RIDGE: f64 = 0.002;
/// The same for a single figure a note, such as the time it takes to die away, which differs more from
/// one take to the next than from one dynamic to the next.
pub(super) const FIRM_VELOCITY_RIDGE: f64 = 1.0;

#[derive(Clone, Debug)]
pub(super) struct Smoother<'a> {
    places: &'a [Place],
    width: f64,
    velocity_mean: f64,
    velocity_ridge: f64,
}

impl<'a> Smoother<'a> {
    pub(super) fn new(places: &'a [Place], width: f64) -> Self {
        let sum: f64 = places.iter().map(|p| p.velocity).sum();
        Self {
            places,
            width,
            velocity_mean: sum / places.len().max(1) as f64,
            velocity_ridge: VELOCITY_RIDGE,
        }
    }

    /// Where the values were measured.
    pub(super) fn places(&self) -> &'a [Place] {
        self.places
    }

    fn with_ridge(self, velocity_ridge: f64) -> Self {
        Self {
            velocity_ridge,
            ..self
        }
    }

    /// The width that predicts left-out pitches best, in mean absolute error.
    pub(super) fn chosen(places: &'a [Place], curves: &[Vec<f64>]) -> Self {
        Self::chosen_with_ridge(places, curves, VELOCITY_RIDGE)
    }

    /// As [`Smoother::chosen`] with slopes over velocity drawn to zero by `velocity_ridge`.
    pub(super) fn chosen_with_ridge(
        places: &'a [Place],
        curves: &[Vec<f64>],
        velocity_ridge: f64,
    ) -> Self {
        let of = |width| Self::new(places, width).with_ridge(velocity_ridge);
        let mut best = (f64::MAX, WIDTHS[WIDTHS.len() - 1]);
        for width in WIDTHS.into_iter().rev() {
            let error = of(width).left_out_error(curves);
            // A narrower one has to be clearly better: it carries less of the notes beside it.
            if error < best.0 * 0.99 {
                best = (error, width);
            }
        }
        of(best.1)
    }

    fn left_out_error(&self, curves: &[Vec<f64>]) -> f64 {
        let mut groups: Vec<u8> = self.places.iter().map(|p| p.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut sum = 0.0;
        for group in groups {
            for (place, curve) in self.places.iter().zip(curves) {
                if place.group == group {
                    let shares = self.shares(place.semitones, place.velocity, Some(group));
                    // Of a long curve a few dozen points tell as much as all.
                    let step = curve.len().div_ceil(32).max(1);
                    let points = (0..curve.len()).step_by(step);
                    let count = points.len().max(1) as f64;
                    let error: f64 = points
                        .map(|n| {
                            let guess: f64 = shares.iter().zip(curves).map(|(s, c)| s * c[n]).sum();
                            (guess - curve[n]).abs()
                        })
                        .sum();
                    sum += error / count;
                }
            }
        }
        sum
    }

    /// The smoothed curve at a place.
    pub(super) fn at(&self, semitones: f64, velocity: f64, curves: &[Vec<f64>]) -> Vec<f64> {
        let shares = self.shares(semitones, velocity, None);
        let length = curves.first().map_or(0, Vec::len);
        (0..length)
            .map(|n| shares.iter().zip(curves).map(|(s, c)| s * c[n]).sum())
            .collect()
    }

    /// Change per unit of velocity at a pitch, of curves of length 1.
    pub(super) fn velocity_slope(&self, semitones: f64, curves: &[Vec<f64>]) -> f64 {
        let high = self.at(semitones, self.velocity_mean + 0.5, curves);
        let low = self.at(semitones, self.velocity_mean - 0.5, curves);
        high[0] - low[0]
    }

    /// The smoothed value is this combination of the known ones: kernel-weighted least squares on
    /// `a + b (pitch - here) + c (velocity - mean)`, b and c with a ridge.
    fn shares(&self, semitones: f64, velocity: f64, without: Option<u8>) -> Vec<f64> {
        let rows: Vec<(f64, [f64; 3])> = self
            .places
            .iter()
            .map(|place| {
                let away = place.semitones - semitones;
                let kernel = (-0.5 * (away / self.width).powi(2)).exp() + 1e-9;
                let weight = if without == Some(place.group) {
                    0.0
                } else {
                    kernel
                };
                (weight, [1.0, away, place.velocity - self.velocity_mean])
            })
            .collect();
        let mut matrix = [[0.0; 3]; 3];
        for (weight, row) in &rows {
            for i in 0..3 {
                for j in 0..3 {
                    matrix[i][j] += weight * row[i] * row[j];
                }
            }
        }
        matrix[0][0] += 1e-12;
        matrix[1][1] += PITCH_RIDGE;
        matrix[2][2] += self.velocity_ridge;
        let wanted = [1.0, 0.0, velocity - self.velocity_mean];
        let solved = solve(matrix, wanted);
        rows.iter()
            .map(|(weight, row)| weight * (0..3).map(|i| solved[i] * row[i]).sum::<f64>())
            .collect()
    }
}

/// Solves a symmetric positive definite system of three by Gaussian elimination.
fn solve(mut matrix: [[f64; 3]; 3], mut right: [f64; 3]) -> [f64; 3] {
    for i in 0..3 {
        for j in i + 1..3 {
            let factor = matrix[j][i] / matrix[i][i];
            let pivot = matrix[i];
            for (value, known) in matrix[j].iter_mut().zip(pivot).skip(i) {
                *value -= factor * known;
            }
            right[j] -= factor * right[i];
        }
    }
    let mut answer = [0.0; 3];
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|k| matrix[i][k] * answer[k]).sum();
        answer[i] = (right[i] - known) / matrix[i][i];
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Vec<Place> {
        (0..24)
            .flat_map(|i| {
                [0.3, 0.8].map(|velocity| Place {
                    semitones: 50.0 + f64::from(i),
                    velocity,
                    group: 50 + i as u8,
                })
            })
            .collect()
    }

    #[test]
    fn a_plane_comes_back_and_is_found_to_be_one() {
        let places = grid();
        let plane = |p: &Place| vec![-20.0 - 0.3 * (p.semitones - 60.0) + 12.0 * p.velocity];
        let curves: Vec<Vec<f64>> = places.iter().map(plane).collect();
        let smoother = Smoother::chosen(&places, &curves);
        assert_eq!(smoother.width, 1_000.0);
        for place in &places {
            let got = smoother.at(place.semitones, place.velocity, &curves)[0];
            assert!((got - plane(place)[0]).abs() < 0.1, "{got}");
        }
        assert!((smoother.velocity_slope(60.0, &curves) - 12.0).abs() < 0.2);
    }

    #[test]
    fn a_bend_over_pitch_is_followed() {
        let places = grid();
        let bend = |p: &Place| vec![5.0 * ((p.semitones - 50.0) / 4.0).sin()];
        let curves: Vec<Vec<f64>> = places.iter().map(bend).collect();
        let smoother = Smoother::chosen(&places, &curves);
        assert!(smoother.width <= 3.0, "{}", smoother.width);
    }

    #[test]
    fn one_note_is_what_it_is() {
        let places = [Place {
            semitones: 60.0,
            velocity: 0.5,
            group: 60,
        }];
        let curves = [vec![3.0, -1.0]];
        let smoother = Smoother::chosen(&places, &curves);
        let got = smoother.at(72.0, 1.0, &curves);
        assert!(
            (got[0] - 3.0).abs() < 1e-6 && (got[1] + 1.0).abs() < 1e-6,
            "{got:?}"
        );
    }
}
