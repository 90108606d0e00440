//! Whether what counts allocations counts them: before anything is measured, one is made on purpose.

use serde_json::Value;

use crate::options::Options;
use crate::synth::{Synth, locked};

/// Makes the first stretch that is watched allocate.
const OFFEND: &str = "ANE_SYNTH_AUDIT_SELF_CHECK";

/// Fails where a planted allocation goes unnoticed, or one is found that was not planted.
pub(crate) fn bites(options: &Options) -> Result<(), String> {
    for planted in [false, true] {
        let offend = [(OFFEND, "1".to_owned())];
        let environment = if planted { &offend[..] } else { &[] };
        let arguments = ["play", "--plain", "--json", "--audio-device", "null"];
        let mut synth = Synth::start(&options.synth, &arguments, environment)?;
        synth.settle()?;
        let ear = synth.ear();
        let (status, output) = synth.end()?;
        if !status.success() {
            let said = &locked(&ear).last;
            return Err(format!("the program does not play ({status}): {said:#?}"));
        }
        let summary: Value = serde_json::from_str(&output)
            .map_err(|error| format!("the summary cannot be read ({error}): {output}"))?;
        let counted = summary["allocations"].as_u64().ok_or(
            "the program does not count allocations; build it with the feature audit-allocations",
        )?;
        let reported = locked(&ear).sanitizer;
        if (counted > 0) != planted {
            return Err(format!(
                "{counted} allocations were counted where {} were planted",
                usize::from(planted)
            ));
        }
        if options.sanitized && (reported > 0) != planted {
            return Err(format!(
                "RealtimeSanitizer tells of {reported} offences where {} were planted",
                usize::from(planted)
            ));
        }
    }
    Ok(())
}
