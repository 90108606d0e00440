//! The page around the tables and notes: one file that needs nothing from anywhere.

use std::fmt::Write;

use synth_model::Metadata;
use synth_train::evaluation::Evaluated;

use super::names;
use super::tables;

/// By this a folder is known for one that may be written to again.
pub(super) const GENERATOR: &str = "<meta name=\"generator\" content=\"ane-synth evaluate\">";

const STYLE: &str = include_str!("style.css");

/// Everything up to the first note.
pub(super) fn head(metadata: &Metadata, evaluated: &Evaluated) -> String {
    let name = escaped(&metadata.name);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n{GENERATOR}\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: recording and instrument</title>\n<style>{STYLE}</style></head>\n\
         <body><main>\n<h1>{name}</h1>\n"
    );
    let credits = [
        ("by ", &metadata.author),
        ("recordings: ", &metadata.source),
        ("licence: ", &metadata.licence),
    ];
    let credits: Vec<String> = credits
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(what, text)| format!("{what}{}", escaped(text)))
        .collect();
    let _ = writeln!(page, "<p class=\"quiet\">{}</p>", credits.join("; "));
    page.push_str(&introduction(evaluated));
    page.push_str(&tables::tone(evaluated));
    page.push_str(&tables::playing(evaluated));
    page.push_str(&tables::left_out(evaluated));
    page
}

fn introduction(evaluated: &Evaluated) -> String {
    let mut keys: Vec<u8> = evaluated.notes.iter().map(|note| note.key).collect();
    keys.dedup();
    let pitches: Vec<String> = keys.into_iter().map(names::pitch).collect();
    let files = evaluated.held_out.len();
    let notes = match files {
        1 => "one recording".to_owned(),
        _ => format!("{files} recordings"),
    };
    let honest = match evaluated.held_out_figures {
        true => {
            "<p class=\"good\">The instrument was trained without these recordings: what you \
             hear and read here is what it makes of pitches that it has never heard.</p>\n"
        }
        false => {
            "<p class=\"bad\">The instrument may have been trained on these very recordings, so \
             the figures flatter it. Train with <code>--hold-out</code> for honest ones.</p>\n"
        }
    };
    format!(
        "<p>Every fourth pitch of the recordings ({}; {notes}) beside the instrument that plays \
         it, which is given the recording's pitch and loudness from moment to moment and has to \
         find the tone by itself.</p>\n{honest}",
        pitches.join(", ")
    )
}

/// What comes after the last note.
pub(super) fn foot() -> &'static str {
    "</main></body></html>\n"
}

/// Text as a page can hold it.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page_and_nothing_is_fetched() {
        let metadata = Metadata {
            name: "<script>alert('1')</script> & \"co\"".into(),
            licence: "CC0-1.0".into(),
            ..Metadata::default()
        };
        let page = head(&metadata, &Evaluated::default()) + foot();
        assert!(
            page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;co&quot;")
        );
        assert!(!page.contains("<script"));
        assert!(page.contains(GENERATOR) && page.contains("licence: CC0-1.0"));
        assert!(!page.contains("by ;"), "an empty author is left out");
        for outside in ["http:", "https:", "url(", "@import", "src=\"//"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn figures_that_are_not_held_out_say_so() {
        let mut evaluated = Evaluated::default();
        assert!(introduction(&evaluated).contains("flatter"));
        evaluated.held_out_figures = true;
        assert!(introduction(&evaluated).contains("never heard"));
    }
}
