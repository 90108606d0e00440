//! The chains that the multiply-add rate is measured with do the work that they count.

use mil_runtime::cpu::{Level, MultiplyAdds};

#[test]
fn every_level_does_what_it_counts() {
    let mut tested = 0;
    for level in Level::ALL {
        let Some(multiply_adds) = MultiplyAdds::with_level(level) else {
            println!("{level}: not on this machine");
            continue;
        };
        let (chains, lanes) = match level {
            Level::Avx512 => (24, 16),
            Level::Avx2 => (12, 8),
            Level::Neon => (24, 4),
            Level::Sse2 | Level::Simd128 | Level::Scalar => (12, 4),
        };
        for pairs in [0, 1, 2, 1000] {
            let work = testkit::no_alloc(|| multiply_adds.run(pairs));
            // A multiply-add is two operations, and a pair is two of them.
            assert_eq!(work.flops, u64::from(pairs) * 4 * chains * lanes, "{level}");
            let sum = (chains * (chains + 1) / 2 * lanes) as f32;
            assert_eq!(work.sum, sum, "{level}, {pairs} pairs");
        }
        tested += 1;
    }
    assert!(tested >= 1, "the scalar level is always there");
}
