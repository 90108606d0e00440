//! `ane-synth about`.

use crate::place::Place;

#[test]
fn the_licences_of_all_that_is_inside_are_told() {
    let place = Place::with_notes(&[], 0.0);
    let (short, complaints) = place.succeed(&["about"]);
    assert_eq!(complaints, "");
    assert!(
        short.starts_with(concat!("ane-synth ", env!("CARGO_PKG_VERSION"))),
        "{short}"
    );
    let (long, _) = place.succeed(&["about", "--licences"]);
    let (list, _) = place.succeed(&["instruments", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    for instrument in list.as_array().unwrap() {
        for key in ["name", "title", "source", "licence"] {
            let text = instrument[key].as_str().unwrap();
            assert!(short.contains(text) && long.contains(text), "{key}: {text}");
        }
        assert!(long.contains(instrument["author"].as_str().unwrap()));
    }
    assert!(long.contains("Permission is hereby granted, free of charge"));
    assert!(long.contains(include_str!("../../../../NOTICE").trim_end()));
}
