//! What a terminal shows over a time, as a film in SVG: SMIL animation, which browsers play in pictures too.
//!
//! A row is drawn once for as long as it stays the same. Where nothing is animated the first frame is seen.

use std::fmt::Write;

use crate::terminal_picture::{ground, rows};

/// Stands between two captures.
const FORM_FEED: char = '\u{c}';

/// The film of captures with form feeds between them, each seen for so many seconds, from the beginning again
/// after the last; of one capture its picture.
///
/// # Errors
/// The captures are not of one height.
pub(crate) fn svg(captures: &str, seconds: f32) -> Result<String, String> {
    let frames: Vec<_> = captures.split(FORM_FEED).map(rows).collect();
    let height = frames[0].len();
    if let Some(other) = frames.iter().find(|frame| frame.len() != height) {
        let found = other.len();
        return Err(format!(
            "captures of {height} and {found} rows cannot be one film: do not resize the terminal meanwhile"
        ));
    }
    let widest = frames
        .iter()
        .max_by_key(|frame| frame.iter().map(|row| row.columns()).max());
    let mut svg = widest.map_or_else(String::new, |frame| ground(frame));
    let duration_s = seconds * frames.len() as f32;
    for number in 0..height {
        let drawn: Vec<String> = frames
            .iter()
            .map(|frame| frame[number].draw(number))
            .collect();
        let mut at = 0;
        for run in drawn.chunk_by(|one, other| one == other) {
            let seen = (at, at + run.len());
            at = seen.1;
            if run[0].is_empty() {
                continue;
            }
            if run.len() == drawn.len() {
                svg.push_str(&run[0]);
                continue;
            }
            let (visibility, values, times) = visibility(seen, drawn.len());
            let _ = writeln!(
                svg,
                "<g visibility=\"{visibility}\"><animate attributeName=\"visibility\" dur=\"{duration_s}s\" \
                 repeatCount=\"indefinite\" calcMode=\"discrete\" values=\"{values}\" keyTimes=\"{times}\"/>\n{}</g>",
                run[0]
            );
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// How something is seen at first, and what becomes of that when, in shares of the whole, where it is there from one
/// frame to before another.
fn visibility((from, to): (usize, usize), frames: usize) -> (&'static str, &'static str, String) {
    let share = |frame: usize| frame as f32 / frames as f32;
    match (from == 0, to == frames) {
        (true, _) => ("visible", "visible;hidden", format!("0;{}", share(to))),
        (false, true) => ("hidden", "hidden;visible", format!("0;{}", share(from))),
        (false, false) => (
            "hidden",
            "hidden;visible;hidden",
            format!("0;{};{}", share(from), share(to)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_drawn_once_for_as_long_as_it_stays() {
        let film = svg("a\nx\u{c}a\ny\u{c}a\ny\u{c}a\nx\n", 0.5).unwrap();
        let count = |what: &str| film.matches(what).count();
        assert_eq!(
            (count(">a</text>"), count(">x</text>"), count(">y</text>")),
            (1, 2, 1)
        );
        // What stays is not animated; what is seen first is seen without animation.
        assert_eq!((count("<g"), count("</g>"), count("<animate")), (3, 3, 3));
        assert_eq!(count("<g visibility=\"visible\""), 1);
        assert_eq!(count("dur=\"2s\""), 3);
        assert!(
            film.contains("values=\"visible;hidden\" keyTimes=\"0;0.25\""),
            "{film}"
        );
        assert!(film.contains("values=\"hidden;visible;hidden\" keyTimes=\"0;0.25;0.75\""));
        assert!(film.contains("values=\"hidden;visible\" keyTimes=\"0;0.75\""));
    }

    #[test]
    fn one_capture_is_its_picture() {
        let capture = "a\n╭─█";
        assert_eq!(
            svg(capture, 1.0).unwrap(),
            crate::terminal_picture::svg(capture)
        );
    }

    #[test]
    fn another_height_is_refused() {
        assert!(svg("a\nb\u{c}a", 1.0).unwrap_err().contains("2 and 1 rows"));
    }
}
