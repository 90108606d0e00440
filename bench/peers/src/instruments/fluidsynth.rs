//! FluidSynth, from the system's shared library (LGPL: opened while this runs, never linked in).

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;

use super::{Instrument, KEYS, SAMPLE_RATE_HZ, VELOCITY};
use crate::Failure;
use crate::shared_library::SharedLibrary;

const FAILED: c_int = -1;
const ALL_CHANNELS: c_int = -1;

/// An object of the library.
type Object = *mut c_void;
type WriteFloat = unsafe extern "C" fn(
    Object,
    c_int,
    *mut c_void,
    c_int,
    c_int,
    *mut c_void,
    c_int,
    c_int,
) -> c_int;

/// The functions that are called, as fluidsynth.h (2.x) declares them.
#[derive(Clone, Copy)]
struct Functions {
    version_str: unsafe extern "C" fn() -> *const c_char,
    new_settings: unsafe extern "C" fn() -> Object,
    delete_settings: unsafe extern "C" fn(Object),
    setnum: unsafe extern "C" fn(Object, *const c_char, f64) -> c_int,
    new_synth: unsafe extern "C" fn(Object) -> Object,
    delete_synth: unsafe extern "C" fn(Object),
    sfload: unsafe extern "C" fn(Object, *const c_char, c_int) -> c_int,
    program_change: unsafe extern "C" fn(Object, c_int, c_int) -> c_int,
    noteon: unsafe extern "C" fn(Object, c_int, c_int, c_int) -> c_int,
    system_reset: unsafe extern "C" fn(Object) -> c_int,
    all_sounds_off: unsafe extern "C" fn(Object, c_int) -> c_int,
    active_voices: unsafe extern "C" fn(Object) -> c_int,
    write_float: WriteFloat,
}

impl Functions {
    fn of(library: &SharedLibrary) -> Result<Self, String> {
        // SAFETY: the fields have the types of fluidsynth.h.
        unsafe {
            Ok(Self {
                version_str: library.function("fluid_version_str")?,
                new_settings: library.function("new_fluid_settings")?,
                delete_settings: library.function("delete_fluid_settings")?,
                setnum: library.function("fluid_settings_setnum")?,
                new_synth: library.function("new_fluid_synth")?,
                delete_synth: library.function("delete_fluid_synth")?,
                sfload: library.function("fluid_synth_sfload")?,
                program_change: library.function("fluid_synth_program_change")?,
                noteon: library.function("fluid_synth_noteon")?,
                system_reset: library.function("fluid_synth_system_reset")?,
                all_sounds_off: library.function("fluid_synth_all_sounds_off")?,
                active_voices: library.function("fluid_synth_get_active_voice_count")?,
                write_float: library.function("fluid_synth_write_float")?,
            })
        }
    }
}

/// With its settings as they are by default, reverberation and chorus on, one thread.
pub(super) struct FluidSynth {
    functions: Functions,
    settings: Object,
    synth: Object,
    program: u8,
}

impl FluidSynth {
    pub(super) fn new(soundfont: &Path, program: u8) -> Result<Self, Failure> {
        let names = ["libfluidsynth.so.3", "libfluidsynth.so"];
        let library = SharedLibrary::open("libfluidsynth", &names)?;
        let functions = Functions::of(&library)?;
        let path = CString::new(soundfont.to_string_lossy().as_bytes())?;
        // SAFETY: fluidsynth.h: settings outlive their synth; null, which both constructors may answer, is
        // allowed wherever these are passed, and answered with a failure.
        let made = unsafe {
            let settings = (functions.new_settings)();
            let rate = SAMPLE_RATE_HZ as f64;
            (functions.setnum)(settings, c"synth.sample-rate".as_ptr(), rate);
            Self {
                functions,
                settings,
                synth: (functions.new_synth)(settings),
                program,
            }
        };
        if made.settings.is_null() || made.synth.is_null() {
            return Err("no FluidSynth could be made".into());
        }
        // SAFETY: the synth was made, and the path ends with 0.
        if unsafe { (functions.sfload)(made.synth, path.as_ptr(), 1) } == FAILED {
            return Err(format!("FluidSynth cannot read {}", soundfont.display()).into());
        }
        Ok(made)
    }

    /// The release.
    pub(super) fn version(&self) -> String {
        // SAFETY: a constant of the library, ended by 0.
        let version = unsafe { CStr::from_ptr((self.functions.version_str)()) };
        version.to_string_lossy().into_owned()
    }
}

impl Instrument for FluidSynth {
    fn start(&mut self) -> Result<(), Failure> {
        let functions = &self.functions;
        // SAFETY: the synth was made; channels, keys and programs are within MIDI's ranges.
        let failed = unsafe {
            (functions.all_sounds_off)(self.synth, ALL_CHANNELS);
            (functions.system_reset)(self.synth);
            let mut failed =
                (functions.program_change)(self.synth, 0, self.program.into()) == FAILED;
            for key in KEYS {
                failed |= (functions.noteon)(self.synth, 0, key.into(), VELOCITY.into()) == FAILED;
            }
            failed
        };
        match failed {
            true => Err("FluidSynth refuses a program or a note".into()),
            false => Ok(()),
        }
    }

    fn render(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure> {
        let length = left.len().min(right.len());
        let (left, right) = (left.as_mut_ptr().cast(), right.as_mut_ptr().cast());
        // SAFETY: the synth was made; both buffers hold `length` samples one after the other.
        let answer = unsafe {
            (self.functions.write_float)(self.synth, length as c_int, left, 0, 1, right, 0, 1)
        };
        match answer {
            FAILED => Err("FluidSynth cannot render".into()),
            _ => Ok(()),
        }
    }

    fn all_sound(&mut self) -> bool {
        // SAFETY: the synth was made.
        let voices = unsafe { (self.functions.active_voices)(self.synth) };
        voices >= KEYS.len() as c_int
    }
}

impl Drop for FluidSynth {
    fn drop(&mut self) {
        // SAFETY: made in `new`, deleted once, the synth before its settings; null is allowed.
        unsafe {
            (self.functions.delete_synth)(self.synth);
            (self.functions.delete_settings)(self.settings);
        }
    }
}
