//! A MIDI file in words.

use super::{ChannelUse, MidiFacts, TrackFacts};
use crate::info::lines::{Lines, count, size};
use crate::info::shown;
use crate::summary::minutes;

/// Tracks that get a line.
const MOST_TRACK_LINES: usize = 64;
/// Signatures that are written out.
const MOST_SIGNATURES: usize = 8;

pub(super) fn text(facts: &MidiFacts) -> String {
    let mut lines = Lines::new(&format!(
        "{}: MIDI file, format {}, {}, {}",
        shown::name(&facts.file),
        facts.format,
        count(facts.track_count as u64, "track"),
        size(facts.size_bytes)
    ));
    let title = facts.title.as_deref().unwrap_or_default();
    lines.add("title", shown::line(title));
    lines.add("copyright", shown::line(&facts.copyrights.join("; ")));
    let bars = facts.bars.map(|bars| format!(", {}", count(bars, "bar")));
    lines.add(
        "length",
        format!("{}{}", minutes(facts.duration_s), bars.unwrap_or_default()),
    );
    lines.add("time", time(facts));
    lines.add("tempo", tempo(facts));
    let metres = facts.time_signatures.iter().map(|signature| {
        let denominator = 2_f64.powi(signature.denominator_power.into());
        let name = format!("{}/{denominator}", signature.numerator);
        (signature.time_s, name)
    });
    lines.add("metre", changes(metres));
    let keys = facts.key_signatures.iter();
    lines.add("key", changes(keys.map(|s| (s.time_s, s.key.clone()))));
    lines.add(
        "notes",
        format!(
            "{}, at most {} at once",
            facts.notes, facts.most_notes_at_once
        ),
    );
    lines.add("texts", texts(facts));
    let kinds = facts.system_exclusive.iter();
    let kinds: Vec<String> = kinds.map(|(kind, count)| times(kind, *count)).collect();
    lines.add("exclusive", kinds.join(", "));
    for track in facts.tracks.iter().take(MOST_TRACK_LINES) {
        lines.add(&format!("track {}", track.number), track_line(track));
    }
    let more = facts.track_count.saturating_sub(MOST_TRACK_LINES);
    if more > 0 {
        lines.add("", format!("and {}", count(more as u64, "more track")));
    }
    for channel in &facts.channels {
        lines.add(
            &format!("channel {}", channel.number),
            channel_line(channel),
        );
        lines.add("", controller_line(channel));
    }
    for warning in &facts.warnings {
        lines.add("warning", shown::line(warning));
    }
    lines.finish()
}

fn time(facts: &MidiFacts) -> String {
    match (facts.ticks_per_quarter, facts.smpte_frame_rate) {
        (Some(ticks), _) => format!("{} a quarter note", count(ticks.into(), "tick")),
        (None, Some(rate)) => {
            let drop = if rate == 29 {
                " (29.97, drop frame)"
            } else {
                ""
            };
            let ticks = u64::from(facts.smpte_ticks_per_frame.unwrap_or_default());
            format!(
                "SMPTE, {rate} frames a second{drop}, {} a frame",
                count(ticks, "tick")
            )
        }
        (None, None) => String::new(),
    }
}

fn tempo(facts: &MidiFacts) -> String {
    let Some(tempo) = &facts.tempo else {
        return String::new();
    };
    if tempo.events == 0 {
        return format!("{:.1} bpm, as the file names none", tempo.first_bpm);
    }
    let (low, high) = (
        format!("{:.1}", tempo.lowest_bpm),
        format!("{:.1}", tempo.highest_bpm),
    );
    match low == high {
        true => format!("{low} bpm"),
        false => format!(
            "{low} to {high} bpm, {}",
            count(tempo.events, "tempo event")
        ),
    }
}

/// "4/4, 3/4 from 1 min 02.00 s"; a value that stays the same is no change.
fn changes(values: impl Iterator<Item = (f64, String)>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut last = String::new();
    let mut more = 0_u64;
    for (time_s, name) in values {
        if name == last {
            continue;
        }
        last.clone_from(&name);
        if parts.len() == MOST_SIGNATURES {
            more += 1;
        } else if time_s == 0.0 {
            parts.push(name);
        } else {
            parts.push(format!("{name} from {}", minutes(time_s)));
        }
    }
    if more > 0 {
        parts.push(format!("and {}", count(more, "more change")));
    }
    parts.join(", ")
}

fn texts(facts: &MidiFacts) -> String {
    let counts = [
        (facts.lyric_count, "lyric"),
        (facts.marker_count, "marker"),
        (facts.cue_point_count, "cue point"),
        (facts.text_count, "other text"),
    ];
    let some = counts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = some.map(|(number, thing)| count(*number, thing)).collect();
    parts.join(", ")
}

fn times(thing: &str, number: u64) -> String {
    match number {
        1 => thing.to_owned(),
        _ => format!("{thing} x {number}"),
    }
}

fn track_line(track: &TrackFacts) -> String {
    let names = [&track.name, &track.instrument_name];
    let mut names: Vec<String> = names.map(|name| shown::line(name)).into();
    names.retain(|name| !name.is_empty());
    names.dedup();
    let mut parts = Vec::new();
    if !names.is_empty() {
        parts.push(names.join(" / "));
    }
    parts.push(match track.notes {
        0 => format!("no notes, {}", count(track.events, "event")),
        notes => count(notes, "note"),
    });
    if !track.channels.is_empty() {
        let channels: Vec<String> = track.channels.iter().map(u8::to_string).collect();
        let word = if channels.len() == 1 {
            "channel"
        } else {
            "channels"
        };
        parts.push(format!("{word} {}", channels.join(" ")));
    }
    parts.join(", ")
}

fn channel_line(channel: &ChannelUse) -> String {
    let mut parts = vec![match channel.notes {
        0 => "no notes".to_owned(),
        notes => count(notes, "note"),
    }];
    if let (Some(low), Some(high)) = (&channel.lowest_note, &channel.highest_note) {
        parts.push(match low == high {
            true => low.clone(),
            false => format!("{low} to {high}"),
        });
    }
    for program in &channel.programs {
        let part = if channel.programs.len() > 1 {
            format!(" ({})", count(program.notes, "note"))
        } else {
            String::new()
        };
        let bank = match program.bank {
            0 => String::new(),
            bank => format!(" of bank {bank}"),
        };
        parts.push(format!(
            "{}{bank} {} on {}{part}",
            u16::from(program.program) + 1,
            program.name,
            program.instrument
        ));
    }
    if channel.drum_notes > 0 {
        let part = if channel.programs.is_empty() {
            String::new()
        } else {
            format!(" ({})", count(channel.drum_notes, "note"))
        };
        parts.push(format!("drums, silent{part}"));
    }
    parts.join(", ")
}

fn controller_line(channel: &ChannelUse) -> String {
    let mut parts: Vec<String> = channel
        .controllers
        .iter()
        .map(|used| {
            let number = format!("controller {}", used.controller);
            times(used.name.unwrap_or(&number), used.messages)
        })
        .collect();
    if channel.pitch_bends > 0 {
        parts.push(times("pitch bend", channel.pitch_bends));
    }
    if channel.pressures > 0 {
        parts.push(times("pressure", channel.pressures));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_once_and_not_without_end() {
        let named = |values: &[(f64, &str)]| {
            changes(
                values
                    .iter()
                    .map(|&(time_s, name)| (time_s, name.to_owned())),
            )
        };
        assert_eq!(named(&[]), "");
        assert_eq!(
            named(&[(0.0, "4/4"), (3.0, "4/4"), (62.0, "3/4")]),
            "4/4, 3/4 from 1 min 02.00 s"
        );
        let many: Vec<(f64, String)> = (0..100).map(|n| (f64::from(n), format!("{n}/4"))).collect();
        let text = changes(many.into_iter());
        assert!(
            text.ends_with("7/4 from 7.00 s, and 92 more changes"),
            "{text}"
        );
    }
}
