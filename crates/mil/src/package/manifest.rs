//! `Manifest.json`: what the package holds, each item under a UUID.

use std::fmt::Write;

/// The folder inside `Data` that the items lie in.
pub(super) const AUTHOR: &str = "com.apple.CoreML";

/// The manifest of a model and its weights. coremltools draws its UUIDs by lot; these are derived
/// from the bytes, so that the same model is the same package.
pub(super) fn manifest(model: &[u8], weights: &[u8]) -> String {
    let mut items = [
        (
            uuid(b"model.mlmodel", model),
            "Model Specification",
            "model.mlmodel",
        ),
        (uuid(b"weights", weights), "Model Weights", "weights"),
    ];
    let root = items[0].0.clone();
    items.sort();
    let entries: Vec<String> = items
        .iter()
        .map(|(uuid, what, name)| {
            format!(
                "        \"{uuid}\": {{\n            \"author\": \"{AUTHOR}\",\n            \
                 \"description\": \"CoreML {what}\",\n            \"name\": \"{name}\",\n            \
                 \"path\": \"{AUTHOR}/{name}\"\n        }}"
            )
        })
        .collect();
    format!(
        "{{\n    \"fileFormatVersion\": \"1.0.0\",\n    \"itemInfoEntries\": {{\n{}\n    }},\n    \
         \"rootModelIdentifier\": \"{root}\"\n}}\n",
        entries.join(",\n")
    )
}

/// A UUID of version 8 (RFC 9562) made of an FNV-1a digest.
fn uuid(what: &[u8], content: &[u8]) -> String {
    let digest = fnv1a_128([what, content].concat().as_slice());
    let version_8 = digest & !(0xF << 76) | 8 << 76;
    let variant = version_8 & !(0b11 << 62) | 0b10 << 62;
    let mut text = String::with_capacity(36);
    for (index, byte) in variant.to_be_bytes().into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// FNV-1a, 128 bits (Fowler, Noll, Vo).
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    bytes.iter().fold(OFFSET, |digest, &byte| {
        (digest ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_published_vectors() {
        // The offset basis is itself the digest of the authors' signature under FNV-0; the others
        // are of the authors' test suite.
        assert_eq!(fnv1a_128(b""), 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D);
        assert_eq!(fnv1a_128(b"a"), 0xD228_CB69_6F1A_8CAF_7891_2B70_4E4A_8964);
        assert_eq!(
            fnv1a_128(b"foobar"),
            0x343E_1662_793C_64BF_6F0D_3597_BA44_6F18
        );
    }

    #[test]
    fn uuids_are_of_version_8_and_follow_the_content() {
        let one = uuid(b"weights", b"x");
        assert_eq!(one.len(), 36);
        assert_eq!(
            one.split('-').map(str::len).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert_eq!(one.as_bytes()[14], b'8');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
        assert_eq!(one, uuid(b"weights", b"x"));
        assert_ne!(one, uuid(b"weights", b"y"));
        assert_ne!(one, uuid(b"model.mlmodel", b"x"));
    }
}
