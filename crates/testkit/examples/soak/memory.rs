//! Whether memory stays what it is.

/// What the synthesizer holds in a moment of rest: nothing sounds, and all but the sample rate is as it was
/// at first. Two of them at one rate can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rest {
    /// Since playing began, seconds.
    pub(crate) at_s: f64,
    pub(crate) rate_hz: u32,
    /// What it asked the allocator for and did not give back, bytes.
    pub(crate) heap: u64,
    /// Resident memory of its own, which is what the allocator keeps of the system's, bytes.
    pub(crate) resident: u64,
}

/// Resident memory is what the allocator took at the busiest moment so far, and gives back as it likes: it is
/// told of by the middle of so many rests and no fewer.
const HALF: usize = 8;

/// By how many bytes the most heap after `at_s` is above the most before it, at the sample rate where that
/// is most; `None` where no rate came both before and after.
pub(crate) fn growth_of_heap(rests: &[Rest], at_s: f64) -> Option<i64> {
    let most = |rate_hz: u32, is_after: bool| {
        let those = rests
            .iter()
            .filter(|rest| rest.rate_hz == rate_hz && (rest.at_s > at_s) == is_after);
        those.map(|rest| rest.heap).max()
    };
    let more = rests.iter().filter_map(|rest| {
        let rate_hz = rest.rate_hz;
        Some(most(rate_hz, true)? as i64 - most(rate_hz, false)? as i64)
    });
    more.max()
}

/// By how many bytes resident memory was higher in the second half of the time after `at_s` than in the
/// first, by their medians; `None` where that is too short.
pub(crate) fn growth_of_resident(rests: &[Rest], at_s: f64) -> Option<i64> {
    let after: Vec<u64> = rests
        .iter()
        .filter(|rest| rest.at_s > at_s)
        .map(|rest| rest.resident)
        .collect();
    let (first, second) = after.split_at(after.len() / 2);
    let median = |half: &[u64]| {
        let mut half = half.to_vec();
        half.sort_unstable();
        half.get(half.len() / 2).map(|size| *size as i64)
    };
    match first.len() < HALF {
        true => None,
        false => Some(median(second)? - median(first)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rests(size: impl Fn(u64) -> u64) -> Vec<Rest> {
        let at = |minute| Rest {
            at_s: 60.0 * minute as f64,
            // The second rate needs a megabyte more.
            rate_hz: [48_000, 96_000][minute as usize % 2],
            heap: size(minute) + 1_000_000 * (minute % 2),
            resident: 10 * size(minute),
        };
        (1..=30).map(at).collect()
    }

    #[test]
    fn the_heap_is_compared_at_the_same_rate() {
        let growth = |size: fn(u64) -> u64| growth_of_heap(&rests(size), 240.0);
        assert_eq!(growth(|m| 5000 + m % 3), Some(1));
        assert_eq!(growth(|m| 5000 + 10 * m), Some(260));
        assert_eq!(growth(|m| 5000 - m), Some(-4));
        for at_s in [0.0, 60.0, 3000.0] {
            assert_eq!(growth_of_heap(&rests(|m| m)[..2], at_s), None);
        }
    }

    #[test]
    fn resident_memory_is_compared_by_halves() {
        let growth = |size: fn(u64) -> u64| growth_of_resident(&rests(size), 240.0);
        assert_eq!(growth(|_| 500), Some(0));
        assert_eq!(growth(|m| 500 + 100 * (m % 7 / 6)), Some(0), "peaks");
        assert_eq!(growth(|m| 500 + m), Some(130), "a leak");
        assert_eq!(growth_of_resident(&rests(|m| m)[..19], 240.0), None);
    }
}
