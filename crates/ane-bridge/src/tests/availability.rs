use super::{assert_says, build, message};
use crate::sys::fake::FakeAne;
use crate::{AneError, AneInfo, Unavailable, availability};

#[test]
fn without_the_framework_nothing_is_asked() {
    let fake = FakeAne::new();
    fake.take_away(Unavailable::NoFramework {
        reason: "image not found".to_owned(),
    });
    assert!(matches!(
        fake.ane().availability(),
        Err(Unavailable::NoFramework { .. })
    ));
    let message = message(build(&fake));
    assert_says(
        &message,
        &["image not found", "CPU or Core ML", "macOS version"],
    );
    assert_eq!(fake.calls(), []);
}

#[test]
fn a_missing_class_and_a_changed_method_are_named() {
    let fake = FakeAne::new();
    fake.take_away(Unavailable::NoClass {
        class: "_ANERequest",
    });
    assert_says(&message(build(&fake)), &["_ANERequest", "CPU or Core ML"]);
    fake.take_away(Unavailable::ChangedMethod {
        method: "_ANEInMemoryModel loadWithQoS:options:error:".to_owned(),
        reason: "method not found".to_owned(),
    });
    assert_says(
        &message(build(&fake)),
        &[
            "loadWithQoS:options:error:",
            "method not found",
            "CPU or Core ML",
        ],
    );
}

#[test]
fn a_virtual_machine_is_refused_whatever_it_claims() {
    let fake = FakeAne::new();
    fake.become_virtual();
    fake.claim_engine(Some(true));
    assert_eq!(fake.ane().availability(), Err(Unavailable::VirtualMachine));
    assert_says(&message(build(&fake)), &["virtual machine", "CPU"]);
    assert_eq!(fake.calls(), []);
}

#[test]
fn a_machine_without_an_engine_is_refused_and_silence_is_not() {
    let fake = FakeAne::new();
    fake.claim_engine(Some(false));
    assert_eq!(fake.ane().info(), Err(Unavailable::NoEngine));
    assert_says(&message(build(&fake)), &["no Neural Engine", "M1", "CPU"]);
    fake.claim_engine(None);
    build(&fake).unwrap();
}

#[test]
fn a_sound_machine_tells_about_itself() {
    let info = FakeAne::new().ane().info().unwrap();
    assert_eq!(info.architecture.as_deref(), Some("h13g"));
    assert_eq!(
        (info.cores, info.build.as_deref()),
        (Some(16), Some("24A335"))
    );
}

/// On other systems all is refused as unsupported; on macOS the answer is the machine's own.
#[test]
fn the_system_answers_the_same_in_every_way() {
    let asked = availability();
    assert_eq!(AneInfo::probe().map(drop), asked);
    if asked == Err(Unavailable::Unsupported) {
        let spec = super::io(super::IN, super::OUT);
        let refused = crate::AneKernel::compile(b"program(1.0)", None, &spec);
        assert!(matches!(refused, Err(AneError::Unsupported)));
        assert_says(
            &message(refused),
            &["only be reached on macOS", "use the CPU"],
        );
    }
}
