//! Why a device cannot be played on.

use cpal::ErrorKind;

/// Why a device cannot be played on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioDeviceError {
    /// No device was named, and none can be used.
    #[error(
        "no audio output can be used ({tried}); connect a sound card or start a sound server such as \
         JACK or PipeWire"
    )]
    None {
        /// What was tried, and why it failed.
        tried: String,
    },
    /// No device has this name.
    #[error("there is no audio output {asked:?}; those there are: {known}")]
    Unknown {
        /// The name.
        asked: String,
        /// The devices, as they can be asked for.
        known: String,
    },
    /// Several devices have this name.
    #[error("the name {asked:?} fits several audio outputs; name one of: {fitting}")]
    Ambiguous {
        /// The name.
        asked: String,
        /// Those that fit, as they can be asked for.
        fitting: String,
    },
    /// The system that the device belongs to cannot be reached.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Its name.
        host: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The device is there and cannot be used.
    #[error("the audio output {device} cannot be used: {reason}; choose another one")]
    Unusable {
        /// The device, as it can be asked for.
        device: String,
        /// Why.
        reason: String,
    },
    /// A number that no device can have was asked for.
    #[error("an audio output cannot have {what} of 0; ask for a number from 1 on")]
    Zero {
        /// Of what.
        what: &'static str,
    },
    /// The system does not let go of the device.
    #[error(
        "the audio output {device} does not close; what it was playing is lost, and it can only be \
         used again once this program has ended"
    )]
    Stuck {
        /// The device, as it can be asked for.
        device: String,
    },
}

/// What the system says about an error, as part of a sentence.
pub(super) fn phrase(error: &cpal::Error) -> String {
    let known = match (error.kind(), error.message()) {
        (_, Some(message)) => return as_part(message),
        (ErrorKind::DeviceBusy, None) => "another program is using it",
        (ErrorKind::DeviceNotAvailable, None) => "it is not there, or not connected",
        (ErrorKind::PermissionDenied, None) => "this user may not use it",
        (ErrorKind::UnsupportedConfig, None) => "it takes no sound in a form that can be made",
        (ErrorKind::Xrun, None) => "samples came too late",
        (_, None) => return as_part(&error.to_string()),
    };
    known.to_owned()
}

/// `sentence` without its full stop and, unless it begins with a name, its capital.
fn as_part(sentence: &str) -> String {
    let sentence = sentence.trim().trim_end_matches('.');
    let mut letters = sentence.chars();
    let (first, second) = (letters.next(), letters.clone().next());
    match (first, second) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_becomes_part_of_a_sentence() {
        assert_eq!(as_part("Device disconnected."), "device disconnected");
        assert_eq!(
            as_part("JACK server shut down: x "),
            "JACK server shut down: x"
        );
        assert_eq!(as_part("A b."), "A b");
        assert_eq!(as_part(""), "");
        let busy = cpal::Error::new(ErrorKind::DeviceBusy);
        assert_eq!(phrase(&busy), "another program is using it");
        let other = cpal::Error::new(ErrorKind::InvalidInput);
        assert_eq!(phrase(&other), "invalid input or argument");
    }
}
