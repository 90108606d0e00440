//! What was measured, and what it should be.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::memory::{self, Rest};
use crate::options::Options;
use crate::overruns::Verdict;
use crate::synth::locked;
use crate::table::Table;
use crate::tour::Outcome;

/// By how much memory may grow after the first minute, bytes.
const MOST_GROWTH: i64 = 1024 * 1024;
/// Threads and open files that may be there at one time and not at another.
const LEEWAY: u64 = 4;

/// Heavy blocks that are told.
const TOLD: usize = 8;

fn heaviest(outcome: &Outcome) -> impl Iterator<Item = &Value> {
    let summary = outcome.end.as_ref().and_then(|(_, it)| it.as_ref());
    let blocks = summary.and_then(|it| it["heaviest_blocks"].as_array());
    blocks.into_iter().flatten()
}

/// The blocks that took longest, and what there was to do in them.
pub(crate) fn heaviest_blocks(outcome: &Outcome) -> String {
    let mut text = String::new();
    for block in heaviest(outcome).take(TOLD) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "heavy block: {:.1} % of {} frames at {} Hz, {} voices, {} columns, {} stolen, at sample {}; {} of {} alike were easy",
            100.0 * block["load"].as_f64().unwrap_or(f64::NAN),
            block["frames"],
            block["sample_rate_hz"],
            block["voices"],
            block["columns"],
            block["stolen"],
            block["sample"],
            block["alike_easy"],
            block["alike"]
        );
    }
    text
}

pub(crate) fn table(options: &Options, outcome: &Outcome) -> Table {
    if let Some(path) = &options.trace {
        let mut text = "seconds\tmemory_kib\tthreads\tfiles\n".to_owned();
        for seen in &outcome.footprints {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:.1}\t{}\t{}\t{}",
                seen.at_s, seen.memory_kib, seen.threads, seen.files
            );
        }
        text.push_str("\nseconds at rest\trate_hz\theap_bytes\tresident_bytes\n");
        for rest in &outcome.rests {
            let _ = writeln!(
                text,
                "{:.1}\t{}\t{}\t{}",
                rest.at_s, rest.rate_hz, rest.heap, rest.resident
            );
        }
        if let Err(error) = fs::write(path, text) {
            eprintln!("soak: {}: {error}", path.display());
        }
    }
    let mut table = Table::default();
    let summary = outcome
        .end
        .as_ref()
        .and_then(|(_, summary)| summary.as_ref());
    what_was_done(options, outcome, &mut table);
    match summary {
        Some(summary) => what_it_says(options, outcome, summary, &mut table),
        None => table.judge("summary", "none", "one", false),
    }
    what_was_heard(outcome, &mut table);
    what_it_held(options, outcome, &mut table);
    how_it_ended(outcome, &mut table);
    table
}

fn what_was_done(options: &Options, outcome: &Outcome, table: &mut Table) {
    let said = locked(&outcome.said);
    let minutes = outcome.played.as_secs_f64() / 60.0;
    let asked = format!("at least {}", options.minutes);
    table.judge(
        "minutes",
        format!("{minutes:.1}"),
        asked,
        minutes >= options.minutes,
    );
    table.tell("seed", options.seed);
    table.tell("period, samples", options.period);
    table.tell("lines typed", outcome.lines);
    table.judge(
        "instruments changed",
        said.instruments,
        "some",
        said.instruments > 0,
    );
    table.judge("devices changed", said.places, "some", said.places > 1);
    table.judge(
        "servers exchanged",
        outcome.servers,
        "some",
        outcome.servers > 0,
    );
    table.tell("rates asked for", outcome.asked_rates);
    let rates = format!("at least {}", outcome.servers);
    table.judge(
        "rates changed",
        said.rates,
        rates,
        said.rates >= outcome.servers,
    );
}

/// Overruns are the program's own but for those that the machine explains.
fn what_it_overran(outcome: &Outcome, summary: &Value, table: &mut Table) {
    let stalls = &outcome.stalls;
    let Some(verdict) = Verdict::of(summary, stalls) else {
        table.judge("overruns, thread CPU time", "unknown", 0, false);
        return;
    };
    let longest_ms = 1e3 * stalls.longest().as_secs_f64();
    table.tell("overruns, thread CPU time", verdict.overruns);
    table.tell("of work often done in less time", verdict.easy_work);
    table.tell("stalls that the machine charged to others", stalls.count);
    table.tell("longest of them, ms", format!("{longest_ms:.1}"));
    table.tell("overruns that have such a stall", verdict.stalled);
    table.none_of("own overruns", verdict.own);
}

fn what_it_says(options: &Options, outcome: &Outcome, summary: &Value, table: &mut Table) {
    what_it_overran(outcome, summary, table);
    let count = |name: &str| summary[name].as_u64();
    let share = |name: &str| match summary[name].as_f64() {
        Some(share) => format!("{:.1} %", 100.0 * share),
        None => "unknown".to_owned(),
    };
    let mut none_of = |what, name| match count(name) {
        Some(count) => table.none_of(what, count),
        None => table.judge(what, "unknown", 0, false),
    };
    if !options.shipped {
        none_of("allocations on realtime threads", "allocations");
    }
    none_of("events lost", "lost_events");
    none_of("MIDI messages lost", "midi_lost");
    none_of("values not finite", "non_finite");
    none_of("samples silenced", "silenced_samples");
    let heard = count("midi_messages").unwrap_or(0);
    table.judge(
        "MIDI messages heard",
        heard,
        outcome.sent,
        heard == outcome.sent,
    );
    let too_long = count("midi_too_long").unwrap_or(0);
    table.judge(
        "of them too long",
        too_long,
        outcome.too_long,
        too_long == outcome.too_long,
    );
    table.tell("notes", count("notes").unwrap_or(0));
    table.tell("most voices", count("most_voices").unwrap_or(0));
    table.tell("voices stolen", count("stolen_voices").unwrap_or(0));
    table.tell("blocks", count("blocks").unwrap_or(0));
    table.tell("load, median", share("load_median"));
    table.tell("load, 99 of 100 blocks", share("load_p99"));
    table.tell("load, 999 of 1000 blocks", share("load_p999"));
    table.tell("load, most", share("load_most"));
    table.tell("most shedding", count("most_shedding").unwrap_or(0));
    table.tell(
        "xruns by the synthesizer's server",
        count("xruns").unwrap_or(0),
    );
    match options.sanitized {
        true => table.none_of(
            "RealtimeSanitizer's reports",
            locked(&outcome.said).sanitizer,
        ),
        false => table.tell("RealtimeSanitizer's reports", "not built in"),
    }
}

fn what_was_heard(outcome: &Outcome, table: &mut Table) {
    let hearing = &outcome.hearing;
    table.tell("frames heard", hearing.frames);
    table.tell("frames lost by the server", hearing.lost_frames);
    table.tell("xruns by the listener's server", hearing.xruns);
    let peak_db = 20.0 * hearing.peak.log10();
    table.judge(
        "peak, dBFS",
        format!("{peak_db:.2}"),
        "-1.00",
        hearing.too_loud == 0,
    );
    table.none_of("samples heard not finite", hearing.non_finite);
    let checks = outcome.checks;
    table.judge(
        "held notes heard",
        checks - outcome.unheard,
        checks,
        outcome.unheard == 0,
    );
    table.none_of("times without silence", outcome.unsilent);
    match outcome.left_voices {
        Some(voices) => table.none_of("hanging voices", voices),
        None => table.judge("hanging voices", "unknown", 0, false),
    }
}

fn what_it_held(options: &Options, outcome: &Outcome, table: &mut Table) {
    let seen = &outcome.footprints;
    let after = format!("{:.0} s", outcome.flat_from_s);
    table.tell("memory is to be flat after", after);
    let limit = format!("below {}", MOST_GROWTH / 1024);
    let mut judge = |what: &'static str, grown: Option<i64>| match grown {
        Some(grown) => table.judge(what, grown / 1024, &limit, grown < MOST_GROWTH),
        None => table.tell(what, "too short to tell"),
    };
    let of_resident = memory::growth_of_resident(&outcome.rests, outcome.flat_from_s);
    let resident = "growth of resident memory, KiB";
    if options.shipped {
        judge(resident, of_resident);
    } else {
        let of_heap = memory::growth_of_heap(&outcome.rests, outcome.flat_from_s);
        judge("growth of the heap at rest, KiB", of_heap);
        // What counts allocations writes zeros to pages that the program as shipped never touches.
        let told = of_resident.map_or("too short to tell".to_owned(), |it| (it / 1024).to_string());
        table.tell(resident, told);
    }
    let held = outcome.rests.last();
    let kib = |size: fn(&Rest) -> u64| held.map_or(0, size) / 1024;
    table.tell("heap at last, KiB", kib(|rest| rest.heap));
    table.tell("resident at last, KiB", kib(|rest| rest.resident));
    let at = seen.partition_point(|footprint| footprint.at_s < outcome.flat_from_s);
    let (before, after) = seen.split_at(at);
    for (what, of) in [
        (
            "threads",
            (|it| it.threads) as fn(&crate::footprint::Footprint) -> u64,
        ),
        ("open files", |it| it.files),
    ] {
        let most = |part: &[crate::footprint::Footprint]| part.iter().map(of).max();
        let before = most(before).unwrap_or(0);
        let after = most(after).unwrap_or(before);
        let limit = format!("at most {}", before + LEEWAY);
        table.judge(what, after, limit, after <= before + LEEWAY);
    }
}

fn how_it_ended(outcome: &Outcome, table: &mut Table) {
    let said = locked(&outcome.said);
    let seconds = |duration: std::time::Duration| format!("{:.1} s", duration.as_secs_f64());
    table.tell("slowest answer to a line", seconds(outcome.slowest_answer));
    table.tell("longest time without a status", seconds(said.longest_pause));
    table.none_of("complaints that should not be", said.faults.len() as u64);
    let code = outcome.end.as_ref().and_then(|(status, _)| status.code());
    match code {
        Some(code) => table.judge("exit code", code, 0, code == 0),
        None => table.judge("exit code", "none", 0, false),
    }
    let broken = u64::from(outcome.broken.is_some());
    table.none_of("ended early", broken);
    if let Some(why) = &outcome.broken {
        eprintln!("soak: ended early: {why}");
    }
    for fault in &said.faults {
        eprintln!("soak: it said: {fault}");
    }
    if broken > 0 || code != Some(0) {
        for line in &said.last {
            eprintln!("soak: at last it said: {line}");
        }
    }
}
