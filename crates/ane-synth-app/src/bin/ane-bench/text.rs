//! The report as tables of at most 100 columns.

use crate::report::{Report, Row, SharedCost, Table, VoiceCost};
use crate::workload::DEADLINE_US;

/// Width of the rows' names.
const NAME: usize = 24;

pub(crate) fn print(report: &Report) -> String {
    let (rate, oscillators) = (&report.rate, &report.oscillators);
    let mut lines = vec![
        format!("machine      {}", report.machine),
        format!("SIMD level   {}", report.level),
        format!(
            "FMA peak     {:.1} GFLOP/s on one core; the network reaches {:.0} % of it",
            rate.fma_peak_gflops,
            100.0 * rate.network_peak_share
        ),
        format!(
            "oscillators  {:.0} times the scalar loop, SNR {:.0} dB (amplitudes 1/k)",
            oscillators.times_scalar, oscillators.snr_db
        ),
        format!(
            "             {:.0} times the scalar loop, SNR {:.0} dB (flat)",
            oscillators.flat_times_scalar, oscillators.flat_snr_db
        ),
    ];
    if cfg!(debug_assertions) {
        lines.push(
            "note         a debug build, slower than it can be: use cargo run --release".into(),
        );
    }
    if report.quick {
        lines.push("note         --quick: measured a few times only, not to be quoted".into());
    }
    report
        .tables
        .iter()
        .for_each(|table| lines.extend(table_lines(table)));
    lines.extend(voice_lines(&report.voices));
    lines.extend(shared_lines(&report.shared));
    lines.extend(LEGEND.lines().map(str::to_owned));
    lines.join("\n")
}

const LEGEND: &str = "
p5, p50, p99: quantiles of the time a caller waits, in microseconds; cpu: processor time of its
thread, mean. x: times as fast as the baseline, by p5. Candidates were measured in turns.";

fn table_lines(table: &Table) -> Vec<String> {
    let last = match table.is_for_each_buffer {
        true => format!("{:>10} {:>10}", "budget %", "headroom x"),
        false => String::new(),
    };
    let baseline = match table.is_for_each_buffer {
        true => format!(
            "(x: {} = 1; a buffer of 512 samples, 11.6 ms)",
            table.baseline
        ),
        false => format!("(x: {} = 1)", table.baseline),
    };
    let header = format!(
        "  {:<NAME$} {:>9} {:>9} {:>9} {:>9} {:>9} {last}",
        "", "p5 us", "p50 us", "p99 us", "cpu us", "x"
    );
    let mut lines = vec![
        String::new(),
        table.title.to_owned(),
        baseline,
        header.trim_end().to_owned(),
    ];
    lines.extend(table.rows.iter().map(|row| row_line(table, row)));
    lines
}

fn row_line(table: &Table, row: &Row) -> String {
    let name = row.name;
    let measured = match &row.result {
        Ok(measured) => measured,
        Err(why) => return format!("  {name:<NAME$} not measured: {why}"),
    };
    let timing = measured.timing;
    let times = [
        timing.p5_us,
        timing.p50_us,
        timing.p99_us,
        timing.cpu_us,
        measured.ratio,
    ];
    let mut line = format!("  {name:<NAME$}");
    for number in times {
        line.push_str(&format!(" {:>9}", figures(number)));
    }
    if table.is_for_each_buffer {
        let budget = figures(100.0 * timing.p50_us / DEADLINE_US);
        let headroom = figures(DEADLINE_US / timing.p50_us);
        line.push_str(&format!(" {budget:>10} {headroom:>10}"));
    }
    line
}

fn voice_lines(voices: &[VoiceCost]) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        "Polyphony: the synthesizer as it plays live, held notes of the alto saxophone".to_owned(),
        "(processor time of a buffer; what all voices share, below, is in it)".into(),
        format!(
            "  {:<NAME$} {:>9} {:>12} {:>10}",
            "voices", "cpu us", "us a voice", "budget %"
        ),
    ];
    lines.extend(voices.iter().map(|cost| {
        let (us, voices) = (cost.us, cost.voices);
        format!(
            "  {voices:<NAME$} {:>9} {:>12} {:>10}",
            figures(us),
            figures(us / voices as f64),
            figures(100.0 * us / DEADLINE_US)
        )
    }));
    lines
}

fn shared_lines(shared: &[SharedCost]) -> Vec<String> {
    let mut lines = vec![format!(
        "  {:<NAME$} {:>9}",
        "shared by all voices", "cpu us"
    )];
    lines.extend(
        shared
            .iter()
            .map(|cost| format!("  {:<NAME$} {:>9}", cost.name, figures(cost.us))),
    );
    lines
}

/// Three figures, or all before the point.
fn figures(number: f64) -> String {
    let places = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{number:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_figures() {
        let texts = [0.123, 9.994, 9.996, 99.94, 99.96, 1234.5].map(figures);
        assert_eq!(texts, ["0.12", "9.99", "10.0", "99.9", "100", "1234"]);
    }
}
