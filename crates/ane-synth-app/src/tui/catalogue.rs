//! The instruments there are to choose from, and what is told of them.

use crate::error::AppError;
use crate::instruments::{self, NamedInstrument, kind};
use crate::listing::program_ranges;
use crate::printable;

use super::view::model::Choice;

/// An instrument to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is called by; `None` for all of them, by General MIDI program.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) remark: String,
    pub(crate) description: String,
}

impl Entry {
    fn of(named: &NamedInstrument) -> Self {
        let metadata = &named.instrument.metadata;
        let programs = match metadata.programs.len() {
            0 => String::new(),
            1 => format!(", plays program {}", program_ranges(&metadata.programs)),
            _ => format!(", plays programs {}", program_ranges(&metadata.programs)),
        };
        let description = format!(
            "{}. {}, {}{programs}.",
            metadata.source.trim_end_matches('.'),
            metadata.author,
            metadata.licence
        );
        Self {
            id: Some(named.lasting_name().unwrap_or_else(|| named.id.clone())),
            name: named.id.clone(),
            remark: format!(
                "{} ({})",
                printable::one_line(&metadata.name),
                kind(metadata.synthetic)
            ),
            description: printable::one_line(&description),
        }
    }

    fn all(count: usize) -> Self {
        Self {
            id: None,
            name: "all".to_owned(),
            remark: format!("the {count} built-in ones, by General MIDI program"),
            description: "Each MIDI channel plays the instrument that is nearest to its program. \
                          The computer's keyboard plays channel 1."
                .to_owned(),
        }
    }

    /// Whether all words of `query` are found somewhere in it.
    fn answers(&self, query: &str) -> bool {
        let text = [&self.name, &self.remark, &self.description].map(|text| text.to_lowercase());
        let query = query.to_lowercase();
        let mut words = query.split_whitespace();
        words.all(|word| text.iter().any(|text| text.contains(word)))
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Those that are built in, and those in the files that are played already.
    pub(crate) fn new(files: &[NamedInstrument]) -> Result<Self, AppError> {
        let built_in = instruments::built_in()?;
        let mut entries = vec![Entry::all(built_in.len())];
        let files = files.iter().filter(|named| named.file.is_some());
        entries.extend(files.chain(&built_in).map(Entry::of));
        Ok(Self { entries })
    }

    /// Those that answer to `query`, names that begin so first.
    pub(crate) fn found(&self, query: &str) -> Vec<&Entry> {
        let answering = self.entries.iter().filter(|entry| entry.answers(query));
        let mut found: Vec<&Entry> = answering.collect();
        let query = query.trim().to_lowercase();
        if !query.is_empty() {
            found.sort_by_key(|entry| !entry.name.to_lowercase().starts_with(&query));
        }
        found
    }

    /// As rows of a list; `used` is the one in use.
    pub(crate) fn rows(found: &[&Entry], used: Option<&Option<String>>) -> Vec<Choice> {
        let row = |entry: &&Entry| Choice {
            name: entry.name.clone(),
            remark: entry.remark.clone(),
            description: entry.description.clone(),
            is_used: used == Some(&entry.id),
        };
        found.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruments_are_found_by_any_words_of_theirs() {
        let catalogue = Catalogue::new(&[]).unwrap();
        let names = |query: &str| -> Vec<String> {
            let found = catalogue.found(query).into_iter();
            found.map(|entry| entry.name.clone()).collect()
        };
        assert_eq!(names("").len(), 19);
        assert_eq!(names("")[0], "all");
        assert_eq!(names("FLU")[0], "flute");
        let is_found = |query: &str, name: &str| names(query).iter().any(|found| found == name);
        assert!(is_found("sax  ALTO", "alto-sax") && !is_found("sax alto", "flute"));
        assert!(is_found("horn", "french-horn") && is_found("horn", "english-horn"));
        assert!(names("xylophone of no kind").is_empty());
        let found = catalogue.found("flute");
        let rows = Catalogue::rows(&found, Some(&Some("flute".to_owned())));
        assert!(rows[0].is_used && !rows[0].description.is_empty());
    }
}
