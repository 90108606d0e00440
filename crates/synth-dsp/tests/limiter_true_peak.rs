//! The look-ahead limiter under a true-peak meter far finer than its own detector.

use realfft::num_complex::Complex64;
use std::f64::consts::PI;
use synth_dsp::limiter::Limiter;

/// True peak by resampling the whole signal, zeros around it, to 16 times its rate.
fn true_peak(signal: &[f32]) -> f64 {
    const FACTOR: usize = 16;
    let length = (signal.len() + 2048).next_power_of_two();
    let mut block = vec![0.0; length];
    for (slot, &sample) in block[1024..].iter_mut().zip(signal) {
        *slot = f64::from(sample);
    }
    let forward = testkit::forward_fft(length);
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut block, &mut spectrum).unwrap();
    spectrum[length / 2] *= 0.5;
    spectrum.resize(length * FACTOR / 2 + 1, Complex64::ZERO);
    let inverse = testkit::inverse_fft(length * FACTOR);
    let mut fine = inverse.make_output_vec();
    inverse.process(&mut spectrum, &mut fine).unwrap();
    fine.iter().fold(0.0, |peak, x| x.abs().max(peak)) / length as f64
}

fn white(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn sine(freq_norm: f64, phase: f64, amplitude: f64) -> impl Fn(usize) -> f64 {
    move |n| amplitude * (2.0 * PI * freq_norm * n as f64 + phase).sin()
}

/// Everything that has been seen to fool a limiter, as (name, samples).
fn hostile_signals(samples: usize) -> Vec<(String, Vec<f32>)> {
    let mut signals = Vec::new();
    let mut add = |name: String, value: &mut dyn FnMut(usize) -> f64| {
        signals.push((
            name,
            (0..samples).map(|n| value(n) as f32).collect::<Vec<_>>(),
        ));
    };
    for amplitude in [1.0, 8.0] {
        for half_period in [1, 2, 3, 7, 50, 441] {
            add(format!("square {half_period} x{amplitude}"), &mut |n| {
                if n / half_period % 2 == 0 {
                    amplitude
                } else {
                    -amplitude
                }
            });
        }
        for freq_norm in [0.002, 0.05, 0.2, 0.25, 0.31, 1.0 / 3.0, 0.41, 0.45, 0.48] {
            for phase in [0.0, PI / 4.0] {
                add(
                    format!("sine {freq_norm:.3} x{amplitude}"),
                    &mut sine(freq_norm, phase, amplitude),
                );
            }
        }
    }
    for amplitude in [1.0, 4.0] {
        let mut random = white(7);
        add(format!("noise x{amplitude}"), &mut |_| amplitude * random());
        let mut random = white(8);
        add(format!("noise bursts x{amplitude}"), &mut |n| {
            let level = if n / 700 % 3 == 0 { amplitude } else { 0.05 };
            level * random()
        });
        let mut random = white(9);
        add(format!("random signs x{amplitude}"), &mut |_| {
            amplitude * random().signum()
        });
        let mut random = white(10);
        add(format!("sparse impulses x{amplitude}"), &mut |_| {
            if random() > 0.98 {
                amplitude * random().signum()
            } else {
                0.0
            }
        });
        // Signs that all add up half-way between two samples: the most a peak can hide.
        add(format!("sinc signs x{amplitude}"), &mut |n| {
            let distance = (n % 400) as f64 - 200.5;
            amplitude * (PI * distance).sin().signum() * distance.signum()
        });
        add(format!("gated sine x{amplitude}"), &mut |n| {
            if n / 900 % 2 == 0 {
                0.0
            } else {
                sine(0.25, PI / 4.0, amplitude)(n)
            }
        });
        add(format!("beating x{amplitude}"), &mut |n| {
            sine(0.2, 0.3, amplitude)(n) * sine(0.003, 0.0, 1.0)(n)
        });
    }
    signals
}

fn limited(rate: u32, left: &[f32], right: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let mut limiter = Limiter::look_ahead(rate);
    let tail = limiter.latency_samples();
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    left.resize(left.len() + tail, 0.0);
    right.resize(right.len() + tail, 0.0);
    limiter.process(&mut left, &mut right);
    (left, right)
}

#[test]
fn true_peaks_stay_at_or_below_minus_one_db() {
    for rate in [8_000, 44_100, 192_000] {
        let mut worst = (f64::NEG_INFINITY, String::new());
        for (name, signal) in hostile_signals(6_000) {
            let quieter = signal.iter().map(|x| 0.5 * x).collect::<Vec<_>>();
            let (left, right) = limited(rate, &signal, &quieter);
            for channel in [left, right] {
                let db = 20.0 * true_peak(&channel).log10();
                if db > -1.0 {
                    println!("  {rate} {name}: {db:.3}");
                }
                if db > worst.0 {
                    worst = (db, name.clone());
                }
            }
        }
        println!("{rate} Hz: highest {:.3} dBTP ({})", worst.0, worst.1);
        assert!(
            worst.0 <= -1.0,
            "{rate} Hz, {}: {:.3} dBTP",
            worst.1,
            worst.0
        );
    }
}

#[test]
fn the_meter_sees_what_lies_between_samples() {
    let signal = (0..8000)
        .map(|n| sine(0.25, PI / 4.0, 1.0)(n) as f32)
        .collect::<Vec<_>>();
    let sample_peak = signal.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(sample_peak < 0.708);
    assert!(true_peak(&signal) > 0.999);
}
