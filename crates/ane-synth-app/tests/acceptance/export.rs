//! `ane-synth export`: what is written is the instrument's network, read by our own parser and, for
//! packages, by Apple's coremltools (with ANE_SYNTH_PYTHON; says so and passes without).

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mil::{Program, Weights};
use synth_model::{BiasForm, Instrument, build_weight_blob, program};

use crate::place::Place;

/// A built-in instrument's file.
fn instrument_bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/instruments");
    fs::read(Path::new(folder).join(name).with_extension("synth")).unwrap()
}

fn instrument(name: &str) -> Instrument {
    Instrument::from_bytes(&instrument_bytes(name)).unwrap()
}

impl Place {
    /// Exports and returns what was told.
    fn export(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["export"], arguments].concat());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        assert!(complaint.is_empty(), "{complaint}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_text_and_its_weights_are_the_network() {
    let place = Place::new();
    place.write("mine.synth", &instrument_bytes("oboe"));
    let all: [(&str, &str, &[&str], BiasForm, usize); 4] = [
        ("violin", "1.0", &[], BiasForm::InConv, 64),
        (
            "flute",
            "1.3",
            &["--instrument", "Flute", "--dialect", "1.3"],
            BiasForm::InConv,
            64,
        ),
        (
            "choir",
            "1.0",
            &["--instrument", "choir", "--bias", "add", "--columns", "1"],
            BiasForm::Add,
            1,
        ),
        (
            "oboe",
            "1.3",
            &[
                "--instrument",
                "mine.synth",
                "--dialect",
                "1.3",
                "--bias",
                "add",
                "--columns",
                "200",
            ],
            BiasForm::Add,
            200,
        ),
    ];
    for (name, version, options, bias, columns) in all {
        let network = instrument(name).network;
        place.export(&[&["-o", "a.mil"], options].concat());
        place.export(&[&["-o", "a.bin"], options].concat());
        let text = fs::read_to_string(place.path("a.mil")).unwrap();
        assert!(text.starts_with(&format!("program({version})")), "{name}");
        let (expected, _) = program(&network, columns, bias).unwrap();
        assert_eq!(Program::from_text(&text).unwrap(), expected, "{name}");
        let blob = fs::read(place.path("a.bin")).unwrap();
        assert!(blob == build_weight_blob(&network), "{name}");
        let weights = Weights::from_bytes(blob).unwrap();
        expected.check_weights(&weights).unwrap();
    }
}

#[test]
fn a_package_is_whole_and_the_same_every_time() {
    let place = Place::new();
    let told = place.export(&["-o", "a.mlpackage"]);
    assert!(told.starts_with("a.mlpackage: model package, "), "{told}");
    let read = |name: &str| fs::read(place.path("a.mlpackage").join(name)).unwrap();
    let files = [
        "Manifest.json",
        "Data/com.apple.CoreML/model.mlmodel",
        "Data/com.apple.CoreML/weights/weight.bin",
    ];
    let before = files.map(read);
    assert!(before[2] == build_weight_blob(&instrument("violin").network));
    let told = place.export(&["-o", "a.mlpackage", "--instrument", "violin"]);
    assert!(told.contains("replaced what was there"), "{told}");
    assert!(files.map(read) == before);
    place.export(&["-o", "a.mlpackage", "--dialect", "1.3"]);
    assert!(read(files[1]) != before[1] && read(files[2]) == before[2]);
    assert_eq!(place.names(), ["a.mlpackage"]);
}

#[test]
fn coremltools_opens_the_packages() {
    let Some(python) = std::env::var_os("ANE_SYNTH_PYTHON").filter(|python| !python.is_empty())
    else {
        println!("skipped: set ANE_SYNTH_PYTHON to a Python that has coremltools 9.0");
        return;
    };
    let place = Place::new();
    place.export(&["-o", "a.mlpackage", "--instrument", "cello"]);
    place.export(&[
        "-o",
        "b.mlpackage",
        "--instrument",
        "cello",
        "--dialect",
        "1.3",
        "--bias",
        "add",
    ]);
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../mil/tests/oracle/package.py"
    );
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let paths = ["a", "b"].map(|name| place.path(name).with_extension("mlpackage"));
    let lines = paths.map(|path| format!("{}\n", path.display())).concat();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let packages: Vec<&str> = text.split_terminator("end\n").collect();
    assert_eq!(packages.len(), 2, "{text}");
    let instrument = instrument("cello");
    let outputs = instrument.network.shape.outputs();
    for (package, (spec, opset)) in packages.iter().zip([(7, "CoreML6"), (9, "CoreML8")]) {
        for line in [
            format!("spec {spec}"),
            format!("opset {opset}"),
            "input features 1,4,1,64 fp16".to_owned(),
            format!("output answer 1,{outputs},1,64 fp16"),
        ] {
            assert!(
                package.lines().any(|found| found == line),
                "{line}\n{package:.400}"
            );
        }
        assert!(package.contains(&instrument.metadata.licence));
        let last = instrument.network.layers.len() - 1;
        for (index, layer) in instrument.network.layers.iter().enumerate() {
            let name = if index == last {
                "answer".to_owned()
            } else {
                format!("layer{index}")
            };
            for (what, values) in [("weight", &layer.weight), ("bias", &layer.bias)] {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
                let begins = format!("const {name}_{what} ");
                let mut lines = package.lines();
                let found = lines.find(|line| line.starts_with(&begins)).unwrap();
                assert!(found.ends_with(&format!(" float16 {hex}")), "{begins}");
            }
        }
    }
}

#[test]
fn a_summary_says_what_was_written() {
    let place = Place::new();
    let text = place.export(&["-o", "v.mil", "--columns", "128"]);
    for part in [
        "v.mil: MIL text, ",
        "[1, 4, 1, 128] -> answer [1, ",
        "program(1.0), ios16",
        "weight.bin",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let size = fs::metadata(place.path("v.mil")).unwrap().len();
    assert!(text.contains(&format!(" {size} bytes")), "{text}");
    let json = place.export(&["-o", "v.mil", "--json", "--dialect", "1.3"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["program"], "1.3");
    assert_eq!(json["replaced"], true);
    assert_eq!(json["input_shape"], serde_json::json!([1, 4, 1, 64]));
    assert_eq!(json["instrument"], "violin");
}

#[test]
fn what_cannot_be_exported_is_one_line_and_leaves_nothing() {
    let place = Place::new();
    let bytes = instrument_bytes("oboe");
    place.write("mine.synth", &bytes);
    place.write("taken.mlpackage", b"mine");
    fs::create_dir(place.path("folder.mil")).unwrap();
    place.write("folder.mil/mine.synth", &bytes);
    for (arguments, part) in [
        (&["-o", "a"][..], "--format"),
        (&["-o", "a.txt"], "a.txt"),
        (&["-o", "-", "--format", "mil"], "name a file"),
        (&["-o", "a.mil", "--format", "mlpackage"], ".mlpackage"),
        (&["-o", "a.mil", "--format", "onnx"], "--format"),
        (&["-o", "a.mil", "--dialect", "1.1"], "--dialect"),
        (&["-o", "a.mil", "--columns", "0"], "--columns"),
        (&["-o", "a.mil", "--columns", "16385"], "--columns"),
        (&["-o", "a.mil", "--bias", "mul"], "--bias"),
        (&["-o", "a.mil", "--instrument", "kazoo"], "violin"),
        (&["-o", "a.mil", "--instrument", "none.synth"], "none.synth"),
        (&["-o", "none/a.mil"], "none"),
        (&["-o", "none/a.mlpackage"], "none"),
        (&["-o", "folder.mil"], "folder.mil"),
        (&["-o", "taken.mlpackage"], "is there already"),
        (
            &[
                "-o",
                "mine.synth",
                "--format",
                "mil",
                "--instrument",
                "mine.synth",
            ],
            "mine.synth",
        ),
        (&["--format", "mil"], "--output"),
    ] {
        let line = place.refuse(&[&["export"], arguments].concat());
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(fs::read(place.path("mine.synth")).unwrap(), bytes);
    assert_eq!(fs::read(place.path("taken.mlpackage")).unwrap(), b"mine");

    // An instrument that lies in the package to be replaced.
    place.export(&["-o", "own.mlpackage"]);
    place.write("own.mlpackage/mine.synth", &bytes);
    let line = place.refuse(&[
        "export",
        "-o",
        "own.mlpackage",
        "--instrument",
        "own.mlpackage/mine.synth",
    ]);
    assert!(
        line.contains("own.mlpackage") && line.contains("another name"),
        "{line}"
    );
    assert!(place.path("own.mlpackage/mine.synth").exists());
}
