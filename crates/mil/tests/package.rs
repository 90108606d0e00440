//! Model packages: opened by coremltools in every way that it has, equal in every weight; damaged
//! ones are caught. Needs ANE_SYNTH_PYTHON for the first, says so and passes without.

mod oracle;

use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use mil::package::{ModelPackage, PackageError, PackageMetadata};
use mil::{
    BiasForm, BinaryKind, Constant, Conv, Dialect, Literal, Op, PadType, Program, ProgramBuilder,
    TensorType, UnaryKind, ValueId, Weights,
};
use oracle::oracle;

/// A network of 4 -> `hidden` -> 5 channels over 64 columns, and its weights.
fn network(hidden: usize, form: BiasForm) -> (Program, Weights) {
    let mut weights = Weights::builder();
    let mut add = |name: &str, count: usize| {
        let values: Vec<f16> = (0..count)
            .map(|i| f16::from_f32((i as f32 * 0.7 + count as f32).sin()))
            .collect();
        weights.add_fp16(name, &values)
    };
    let first = (add("w0", hidden * 4), add("b0", hidden));
    let second = (add("w1", 5 * hidden), add("b1", 5));
    let mut b = ProgramBuilder::new();
    let x = b.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let h = b
        .conv1x1("layer", x, hidden, first.0, first.1, form)
        .unwrap();
    let h = b.relu("hidden", h).unwrap();
    let y = b.conv1x1("answer", h, 5, second.0, second.1, form).unwrap();
    b.output(y).unwrap();
    (b.finish().unwrap(), weights.finish())
}

/// Every operation, two outputs, constants of every type in the model file itself, an fp32 blob.
fn every_operation() -> (Program, Weights) {
    let mut weights = Weights::builder();
    let w = weights.add_fp16("w", &[f16::from_f32(0.3); 72]);
    let t = weights.add_fp32("t", &[0.1, -2.5, 1e-30, 3e38, 0.0, -0.0]);
    let mut b = ProgramBuilder::new();
    let x = b.input("x", TensorType::fp16([1, 4, 6, 8])).unwrap();
    let z = b.input("z", TensorType::fp32([3, 2])).unwrap();
    let weight = b.blob("w", TensorType::fp16([6, 2, 3, 2]), w).unwrap();
    let conv = Conv {
        strides: [2, 1],
        pad_type: PadType::Custom,
        pad: [1, 0, 2, 3],
        dilations: [1, 2],
        groups: 2,
        ..Conv::new(x, weight)
    };
    let mut y = b.conv("y", conv).unwrap();
    for kind in UnaryKind::ALL {
        y = b.unary(&format!("u_{}", kind.mil_name()), kind, y).unwrap();
    }
    let halves = Literal::Fp16([0.1, -65504.0, 6e-8].map(f16::from_f32).repeat(2));
    let halves = b
        .literal("halves", TensorType::fp16([6, 1, 1]), halves)
        .unwrap();
    for kind in BinaryKind::ALL {
        y = b
            .binary(&format!("v_{}", kind.mil_name()), kind, y, halves)
            .unwrap();
    }
    y = b.clip("limited", y, 0.0, 6.0).unwrap();
    let joined = b.concat("joined", &[y, y], 1).unwrap();
    let table = b.blob("table", TensorType::fp32([3, 2]), t).unwrap();
    let offset = Literal::Fp32(vec![0.1, f32::from_bits(1)]);
    let offset = b.literal("offset", TensorType::fp32([2]), offset).unwrap();
    let sum = b.add("sum", z, table).unwrap();
    let sum = b.add("shifted", sum, offset).unwrap();
    b.output(joined).unwrap();
    b.output(sum).unwrap();
    (b.finish().unwrap(), weights.finish())
}

fn metadata() -> PackageMetadata {
    PackageMetadata {
        description: "A network of a test".into(),
        author: "nobody".into(),
        licence: "CC0-1.0".into(),
    }
}

fn package((program, weights): &(Program, Weights), dialect: Dialect) -> ModelPackage {
    ModelPackage::new(program, weights, dialect, &metadata()).unwrap()
}

fn shape(shape: &[usize]) -> String {
    let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
    if dims.is_empty() {
        "-".into()
    } else {
        dims.join(",")
    }
}

/// What `package.py` must print of a program, the constants that are parameters apart.
fn expected((program, weights): &(Program, Weights), dialect: Dialect) -> Vec<String> {
    let described = |ids: &[ValueId], what: &str| -> Vec<String> {
        let values = ids.iter().map(|&id| program.value(id).unwrap());
        let line = |v: &mil::Value| {
            format!(
                "{what} {} {} {}",
                v.name,
                shape(&v.ty.shape),
                v.ty.data_type
            )
        };
        values.map(line).collect()
    };
    let (spec, opset) = match dialect {
        Dialect::Ios16 => (7, "CoreML6"),
        Dialect::Ios18 => (9, "CoreML8"),
    };
    let mut lines = vec![
        format!("spec {spec}"),
        "manifest 2".into(),
        "about A network of a test|nobody|CC0-1.0".into(),
    ];
    lines.extend(described(program.inputs(), "input"));
    lines.extend(described(program.outputs(), "output"));
    lines.push(format!("opset {opset}"));
    for operation in program.operations() {
        let value = program.value(operation.result).unwrap();
        let (name, dims) = (&value.name, shape(&value.ty.shape));
        let bytes = match &operation.op {
            Op::Const(Constant::Blob { offset }) => {
                weights.tensor(*offset).unwrap().payload().to_vec()
            }
            Op::Const(Constant::Literal(Literal::Fp16(v))) => {
                v.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
            Op::Const(Constant::Literal(Literal::Fp32(v))) => {
                v.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
            op => {
                lines.push(format!(
                    "op {} {name} {dims} {}",
                    op.mil_name(),
                    value.ty.data_type
                ));
                continue;
            }
        };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let ty = if value.ty.data_type == mil::DataType::Fp16 {
            "float16"
        } else {
            "float32"
        };
        lines.push(format!("const {name} {dims} {ty} {hex}"));
    }
    lines
}

/// The answers of `package.py`, one a package; `None` without a Python.
fn open_all(paths: &[PathBuf]) -> Option<Vec<Vec<String>>> {
    let input: String = paths.iter().map(|p| format!("{}\n", p.display())).collect();
    let lines = oracle("package.py", &[], &input)?;
    let mut answers = vec![Vec::new()];
    for line in lines {
        let ends = line == "end" || line.starts_with("refused");
        answers.last_mut().unwrap().push(line);
        if ends {
            answers.push(Vec::new());
        }
    }
    assert_eq!(answers.pop(), Some(Vec::new()));
    assert_eq!(answers.len(), paths.len());
    Some(answers)
}

#[test]
fn coremltools_finds_the_same_shapes_operations_and_weights() {
    let folder = tempfile::tempdir().unwrap();
    let programs = [
        network(8, BiasForm::InConv),
        network(9, BiasForm::Add),
        every_operation(),
    ];
    let (mut paths, mut wanted) = (Vec::new(), Vec::new());
    for (number, program) in programs.iter().enumerate() {
        for dialect in Dialect::ALL {
            let path = folder.path().join(format!("{number}{dialect:?}.mlpackage"));
            package(program, dialect).write(&path).unwrap();
            paths.push(path);
            wanted.push(expected(program, dialect));
        }
    }
    let Some(answers) = open_all(&paths) else {
        return;
    };
    for (answer, wanted) in answers.iter().zip(&wanted) {
        // Constants that we did not name are parameters, compared by the shapes that they lead to.
        let known = |line: &&String| {
            let mut words = line.split(' ');
            words.next() != Some("const") || {
                let name = words.next().unwrap();
                wanted
                    .iter()
                    .any(|w| w.starts_with(&format!("const {name} ")))
            }
        };
        let found: Vec<&String> = answer.iter().filter(known).collect();
        let (last, found) = found.split_last().unwrap();
        assert_eq!(*last, "end");
        assert_eq!(found.len(), wanted.len(), "{answer:#?}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert_eq!(*found, wanted);
        }
    }
}

/// Changes the only place where `from` stands in the file.
fn patch(file: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<usize> = (0..=bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from))
        .collect();
    assert_eq!(places.len(), 1, "{from:?} in {}", file.display());
    bytes.splice(places[0]..places[0] + from.len(), to.iter().copied());
    fs::write(file, bytes).unwrap();
}

#[test]
fn planted_faults_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let sound = network(8, BiasForm::InConv);
    let model = "Data/com.apple.CoreML/model.mlmodel";
    let weights = "Data/com.apple.CoreML/weights/weight.bin";
    let path_then = |offset: &[u8]| [b"@model_path/weights/weight.bin\x10", offset].concat();
    // [1, 8, 1, 64] of the value `hidden`, up to the dimension that is wrong.
    let shape = |dim: u8| {
        let one = [0x1A, 4, 0x0A, 2, 8, 1];
        let wrong = [0x1A, 4, 0x0A, 2, 8, dim];
        [
            b"\x0A\x06hidden\x12\x1E\x0A\x1C\x08\x0A\x10\x04",
            &one[..],
            &wrong,
        ]
        .concat()
    };
    let other = package(&network(9, BiasForm::InConv), Dialect::Ios16);
    type Fault<'a> = (&'a str, Box<dyn Fn(&Path) + 'a>);
    let faults: [Fault<'_>; 9] = [
        (
            "offset",
            Box::new(|p| patch(&p.join(model), &path_then(&[64]), &path_then(&[65]))),
        ),
        (
            "shape",
            Box::new(|p| patch(&p.join(model), &shape(8), &shape(7))),
        ),
        (
            "name",
            Box::new(|p| {
                patch(
                    &p.join(model),
                    b"\x0A\x01x\x12\x09\x0A\x07\x0A\x05layer",
                    b"\x0A\x01x\x12\x09\x0A\x07\x0A\x05later",
                )
            }),
        ),
        (
            "operation",
            Box::new(|p| patch(&p.join(model), b"\x0A\x04relu", b"\x0A\x04rely")),
        ),
        (
            "argument",
            Box::new(|p| {
                patch(
                    &p.join(model),
                    b"\x0A\x01x\x12\x09\x0A\x07\x0A\x05layer",
                    b"\x0A\x01q\x12\x09\x0A\x07\x0A\x05layer",
                )
            }),
        ),
        (
            "weight",
            Box::new(|p| {
                let mut bytes = fs::read(p.join(weights)).unwrap();
                bytes[130] ^= 1;
                fs::write(p.join(weights), bytes).unwrap();
            }),
        ),
        (
            "other weights",
            Box::new(|p| fs::write(p.join(weights), other.weights()).unwrap()),
        ),
        (
            "cut short",
            Box::new(|p| {
                let bytes = fs::read(p.join(weights)).unwrap();
                fs::write(p.join(weights), &bytes[..bytes.len() - 1]).unwrap();
            }),
        ),
        (
            "no weights",
            Box::new(|p| fs::remove_file(p.join(weights)).unwrap()),
        ),
    ];
    let mut paths = vec![folder.path().join("sound.mlpackage")];
    for (name, plant) in &faults {
        let path = folder.path().join(format!("{name}.mlpackage"));
        package(&sound, Dialect::Ios16).write(&path).unwrap();
        plant(&path);
        paths.push(path);
    }
    package(&sound, Dialect::Ios16).write(&paths[0]).unwrap();
    let Some(answers) = open_all(&paths) else {
        return;
    };
    assert_eq!(answers[0].last().unwrap(), "end");
    for ((name, _), answer) in faults.iter().zip(&answers[1..]) {
        let refused = answer.last().unwrap().starts_with("refused");
        println!("{name}: {}", answer.last().unwrap());
        assert!(refused || *answer != answers[0], "{name} is not caught");
        // Only a weight of another value is nothing that a reader can see.
        assert!(refused || *name == "weight", "{name}: {answer:?}");
    }
}

#[test]
fn the_same_program_is_the_same_package_and_another_is_another() {
    let sound = network(8, BiasForm::InConv);
    let one = package(&sound, Dialect::Ios16);
    assert_eq!(one, package(&sound, Dialect::Ios16));
    let others = [
        package(&sound, Dialect::Ios18),
        package(&network(9, BiasForm::InConv), Dialect::Ios16),
        package(&network(8, BiasForm::Add), Dialect::Ios16),
    ];
    for other in &others {
        assert_ne!(one.model(), other.model());
        assert_ne!(one.manifest(), other.manifest());
    }
}

#[test]
fn weights_of_another_program_are_refused() {
    let ((program, _), (_, weights)) = (network(8, BiasForm::InConv), network(9, BiasForm::InConv));
    let error = ModelPackage::new(&program, &weights, Dialect::Ios16, &metadata()).unwrap_err();
    assert!(matches!(error, PackageError::Weights(_)), "{error}");
    let error = ModelPackage::new(&program, &Weights::empty(), Dialect::Ios16, &metadata());
    assert!(error.is_err());
}

#[test]
fn a_package_is_written_whole_replaced_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mlpackage");
    let (old, new) = (
        package(&network(8, BiasForm::InConv), Dialect::Ios16),
        package(&network(9, BiasForm::InConv), Dialect::Ios16),
    );
    let holds = |package: &ModelPackage| {
        for (name, bytes) in package.files() {
            assert_eq!(fs::read(path.join(name)).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "leftovers");
    };
    old.write(&path).unwrap();
    holds(&old);
    fs::write(path.join("stale"), "x").unwrap();
    new.write(&path).unwrap();
    holds(&new);
    assert!(!path.join("stale").exists());

    // A place that is not a package's.
    for plant in [
        Box::new(|p: &Path| fs::write(p, "mine").unwrap()) as Box<dyn Fn(&Path)>,
        Box::new(|p: &Path| fs::create_dir(p).unwrap()),
    ] {
        fs::remove_dir_all(&path).unwrap();
        plant(&path);
        let error = new.write(&path).unwrap_err();
        assert!(matches!(error, PackageError::Occupied), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "leftovers");
        if path.is_file() {
            assert_eq!(fs::read(&path).unwrap(), b"mine");
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
        }
    }
    // No folder to write to.
    let error = new
        .write(&folder.path().join("none/a.mlpackage"))
        .unwrap_err();
    assert!(matches!(error, PackageError::Write(_)), "{error}");
    assert!(new.write(Path::new("/")).is_err());
}
