//! What a system exclusive message is for.

/// The kind of a message, given what is between F0 and F7. Universal messages: MIDI 1.0, tables of
/// universal system exclusive messages; GS and XG: the manufacturers' published MIDI
/// implementations (Roland SC-55 and later, Yamaha XG specification).
pub(super) fn kind(body: &[u8]) -> &'static str {
    match *body {
        [0x7e, _, 0x09, 0x01, ..] => "GM System On",
        [0x7e, _, 0x09, 0x02, ..] => "GM System Off",
        [0x7e, _, 0x09, 0x03, ..] => "GM2 System On",
        [0x7e | 0x7f, _, 0x08, ..] => "MIDI tuning",
        [0x7f, _, 0x04, 0x01, ..] => "master volume",
        [0x7f, _, 0x04, 0x02, ..] => "master balance",
        [0x7f, _, 0x04, 0x03, ..] => "master fine tuning",
        [0x7f, _, 0x04, 0x04, ..] => "master coarse tuning",
        [0x7f, _, 0x04, 0x05, ..] => "global parameter",
        [0x7f, _, 0x01, ..] => "time code",
        [0x7f, _, 0x06 | 0x07, ..] => "machine control",
        [0x7e, ..] => "universal, not real-time",
        [0x7f, ..] => "universal, real-time",
        [0x41, _, 0x42, 0x12, 0x40, 0x00, 0x7f, 0x00, ..] => "GS reset",
        [0x41, _, 0x42, 0x12, 0x00, 0x00, 0x7f, ..] => "GS system mode",
        [0x41, _, 0x42, 0x12, ..] => "GS parameter",
        [0x41, ..] => "Roland",
        [0x43, device, 0x4c, 0x00, 0x00, 0x7e, ..] if device & 0xf0 == 0x10 => "XG System On",
        [0x43, device, 0x4c, ..] if device & 0xf0 == 0x10 => "XG parameter",
        [0x43, ..] => "Yamaha",
        [0x42, ..] => "Korg",
        [0x40, ..] => "Kawai",
        [0x44, ..] => "Casio",
        [0x7d, ..] => "non-commercial",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_told_from_parameters() {
        for (body, expected) in [
            (&[0x7e, 0x7f, 0x09, 0x01][..], "GM System On"),
            (&[0x7e, 0x7f, 0x09, 0x03], "GM2 System On"),
            (
                &[0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7f, 0x00, 0x41],
                "GS reset",
            ),
            (
                &[0x41, 0x10, 0x42, 0x12, 0x40, 0x1a, 0x15, 0x02, 0x0f],
                "GS parameter",
            ),
            (&[0x43, 0x10, 0x4c, 0x00, 0x00, 0x7e, 0x00], "XG System On"),
            (&[0x43, 0x10, 0x4c, 0x02, 0x01, 0x00, 0x01], "XG parameter"),
            (&[0x7f, 0x7f, 0x04, 0x01, 0x00, 0x40], "master volume"),
            (&[0x00, 0x20, 0x33], "other"),
            (&[], "other"),
            (&[0x43], "Yamaha"),
        ] {
            assert_eq!(kind(body), expected, "{body:x?}");
        }
    }
}
