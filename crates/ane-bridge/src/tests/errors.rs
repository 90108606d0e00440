use super::{assert_says, message};
use crate::hint::{COMPILER_DOMAIN, DOMAIN, hint, refused};
use crate::{AneError, ForeignError, Stage, Unavailable};
use std::collections::HashSet;

const STAGES: [Stage; 7] = [
    Stage::Describe,
    Stage::Compile,
    Stage::Load,
    Stage::Bind,
    Stage::Lock,
    Stage::Evaluate,
    Stage::Unload,
];

fn foreign(domain: &str, code: i64, text: &str) -> ForeignError {
    ForeignError {
        domain: domain.to_owned(),
        code,
        text: text.to_owned(),
    }
}

#[test]
fn every_stage_has_advice_with_an_error_and_without() {
    let mut seen = HashSet::new();
    for stage in STAGES {
        for error in [None, Some(foreign("elsewhere", 7, "words"))] {
            let told = message(Err::<(), _>(refused(stage, error.clone())));
            assert_says(&told, &[&stage.to_string()]);
            match &error {
                Some(_) => assert_says(&told, &["elsewhere 7: words"]),
                None => assert_says(&told, &["does not say why"]),
            }
            assert!(!hint(stage, error.as_ref()).is_empty());
        }
        assert!(seen.insert(stage.to_string()));
    }
}

#[test]
fn known_codes_have_advice_of_their_own() {
    let at = |code, text| hint(Stage::Evaluate, Some(&foreign(DOMAIN, code, text)));
    let general = at(0, "");
    for code in (1..=10).chain([13, 14, 16, 22, 23, 24, 25, 26, 47]) {
        assert_ne!(at(code, ""), general, "{code}");
    }
    assert_ne!(at(8, "status=0x1d"), at(8, "status=0x9"));
    assert_ne!(at(6, "0x50004"), at(6, ""));
    // The same number means something else elsewhere.
    assert_eq!(
        hint(Stage::Evaluate, Some(&foreign("other", 22, ""))),
        general
    );
    let compiler = |text| hint(Stage::Compile, Some(&foreign(COMPILER_DOMAIN, 1, text)));
    assert_ne!(
        compiler("InvalidMILProgram"),
        compiler("CompilationFailure")
    );
}

#[test]
fn unsupported_is_an_error_of_its_own() {
    assert!(matches!(
        AneError::from(Unavailable::Unsupported),
        AneError::Unsupported
    ));
    let kept = AneError::from(Unavailable::NoEngine);
    assert!(matches!(kept, AneError::Unavailable(Unavailable::NoEngine)));
    let is_an_error: &(dyn std::error::Error + Send + Sync) = &kept;
    assert_eq!(is_an_error.to_string(), Unavailable::NoEngine.to_string());
}
