//! Libraries of the system, opened while the program runs: it can be built without them.

use std::fs;

use libloading::{Library, Symbol};

/// An open library. It is never closed: GLib, which FluidSynth brings along, cannot be loaded twice.
#[derive(Clone, Copy)]
pub(crate) struct SharedLibrary {
    library: &'static Library,
    stem: &'static str,
}

impl SharedLibrary {
    /// Opens the first of `names`; `stem` is what they begin with.
    pub(crate) fn open(stem: &'static str, names: &[&str]) -> Result<Self, String> {
        for name in names {
            // SAFETY: the initialisers of these well-known system libraries have no preconditions.
            if let Ok(library) = unsafe { Library::new(*name) } {
                let library = Box::leak(Box::new(library));
                return Ok(Self { library, stem });
            }
        }
        Err(format!("this machine has none of {}", names.join(", ")))
    }

    /// The function called `name`.
    ///
    /// # Safety
    /// `F` is the type that the library's header gives it.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &str) -> Result<F, String> {
        // SAFETY: the caller vouches for the type.
        let symbol: Result<Symbol<'_, F>, _> = unsafe { self.library.get(name) };
        match symbol {
            Ok(symbol) => Ok(*symbol),
            Err(_) => Err(format!("{} has no {name}", self.stem)),
        }
    }

    /// The version in the name of the file that was opened, such as 3.5.1 of `libsleef.so.3.5.1`.
    pub(crate) fn file_version(&self) -> String {
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let prefix = format!("/{}.so.", self.stem);
        let mut versions = maps.lines().filter_map(|line| line.split_once(&prefix));
        versions
            .next()
            .map_or("of unknown version", |(_, version)| version)
            .to_owned()
    }
}
