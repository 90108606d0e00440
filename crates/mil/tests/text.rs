//! The printed text of programs, in both dialects.

use half::f16;
use mil::{
    BiasForm, BinaryKind, Conv, DataType, Dialect, Literal, PadType, Program, ProgramBuilder,
    TensorType,
};

fn layer(form: BiasForm) -> Program {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let h = builder.conv1x1("h", x, 2, 64, 640, form).unwrap();
    let y = builder.relu("y", h).unwrap();
    builder.output(y).unwrap();
    builder.finish().unwrap()
}

#[test]
fn a_layer_in_the_verbose_dialect() {
    let expected = r#"program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-component-MIL", "3510.2.1"}, {"coremlc-version", "3505.4.1"}, {"coremltools-component-milinternal", ""}, {"coremltools-version", "9.0"}})]
{
    func main<ios16>(tensor<fp16, [1, 4, 1, 64]> x) {
            tensor<fp16, [2, 4, 1, 1]> h_weight = const()[name = tensor<string, []>("h_weight"), val = tensor<fp16, [2, 4, 1, 1]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
            tensor<fp16, [2]> h_bias = const()[name = tensor<string, []>("h_bias"), val = tensor<fp16, [2]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(640)))];
            tensor<int32, [2]> h_dilations_0 = const()[name = tensor<string, []>("h_dilations_0"), val = tensor<int32, [2]>([1, 1])];
            tensor<int32, []> h_groups_0 = const()[name = tensor<string, []>("h_groups_0"), val = tensor<int32, []>(1)];
            tensor<int32, [4]> h_pad_0 = const()[name = tensor<string, []>("h_pad_0"), val = tensor<int32, [4]>([0, 0, 0, 0])];
            tensor<string, []> h_pad_type_0 = const()[name = tensor<string, []>("h_pad_type_0"), val = tensor<string, []>("valid")];
            tensor<int32, [2]> h_strides_0 = const()[name = tensor<string, []>("h_strides_0"), val = tensor<int32, [2]>([1, 1])];
            tensor<fp16, [1, 2, 1, 64]> h = conv(bias = h_bias, dilations = h_dilations_0, groups = h_groups_0, pad = h_pad_0, pad_type = h_pad_type_0, strides = h_strides_0, weight = h_weight, x = x)[name = tensor<string, []>("h")];
            tensor<fp16, [1, 2, 1, 64]> y = relu(x = h)[name = tensor<string, []>("y")];
        } -> (y);
}
"#;
    assert_eq!(
        layer(BiasForm::InConv).to_text(Dialect::default()),
        expected
    );
}

#[test]
fn a_layer_in_the_short_dialect_with_its_bias_added() {
    let expected = r#"program(1.3)
[buildInfo = dict<string, string>({{"coremlc-component-MIL", "3510.2.1"}, {"coremlc-version", "3505.4.1"}, {"coremltools-component-milinternal", ""}, {"coremltools-version", "9.0"}})]
{
    func main<ios18>(tensor<fp16, [1, 4, 1, 64]> x) {
            tensor<fp16, [2, 4, 1, 1]> h_weight = const()[name = string("h_weight"), val = tensor<fp16, [2, 4, 1, 1]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(64)))];
            tensor<fp16, [1, 2, 1, 1]> h_bias = const()[name = string("h_bias"), val = tensor<fp16, [1, 2, 1, 1]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(640)))];
            tensor<int32, [2]> h_conv_dilations_0 = const()[name = string("h_conv_dilations_0"), val = tensor<int32, [2]>([1, 1])];
            int32 h_conv_groups_0 = const()[name = string("h_conv_groups_0"), val = int32(1)];
            tensor<int32, [4]> h_conv_pad_0 = const()[name = string("h_conv_pad_0"), val = tensor<int32, [4]>([0, 0, 0, 0])];
            string h_conv_pad_type_0 = const()[name = string("h_conv_pad_type_0"), val = string("valid")];
            tensor<int32, [2]> h_conv_strides_0 = const()[name = string("h_conv_strides_0"), val = tensor<int32, [2]>([1, 1])];
            tensor<fp16, [1, 2, 1, 64]> h_conv = conv(dilations = h_conv_dilations_0, groups = h_conv_groups_0, pad = h_conv_pad_0, pad_type = h_conv_pad_type_0, strides = h_conv_strides_0, weight = h_weight, x = x)[name = string("h_conv")];
            tensor<fp16, [1, 2, 1, 64]> h = add(x = h_conv, y = h_bias)[name = string("h")];
            tensor<fp16, [1, 2, 1, 64]> y = relu(x = h)[name = string("y")];
        } -> (y);
}
"#;
    assert_eq!(layer(BiasForm::Add).to_text(Dialect::Ios18), expected);
}

#[test]
fn every_other_argument_is_printed() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 9, 9])).unwrap();
    let limits = builder.input("limits", TensorType::fp32([2])).unwrap();
    let w = builder
        .blob("w", TensorType::fp16([6, 2, 3, 3]), 64)
        .unwrap();
    let conv = Conv {
        strides: [2, 3],
        pad_type: PadType::Custom,
        pad: [1, 2, 3, 4],
        dilations: [2, 1],
        groups: 2,
        ..Conv::new(x, w)
    };
    let y = builder.conv("y", conv).unwrap();
    // The name the printer would give the clip's own constant.
    let half = Literal::Fp16(vec![f16::from_f32(-0.75)]);
    let taken = builder
        .literal("z_alpha_0", TensorType::scalar(DataType::Fp16), half)
        .unwrap();
    let y = builder
        .binary("scaled", BinaryKind::RealDiv, y, taken)
        .unwrap();
    let z = builder.clip("z", y, -0.1, 2.5).unwrap();
    let both = builder.concat("both", &[z, y], 1).unwrap();
    let bounded = builder.clip("bounded", limits, -0.1, 2.5).unwrap();
    builder.output(both).unwrap();
    builder.output(bounded).unwrap();
    let text = builder.finish().unwrap().to_text(Dialect::Ios18);
    for line in [
        "func main<ios18>(tensor<fp16, [1, 4, 9, 9]> x, tensor<fp32, [2]> limits) {",
        r#"string y_pad_type_0 = const()[name = string("y_pad_type_0"), val = string("custom")];"#,
        "y_pad_0 = const()[name = string(\"y_pad_0\"), val = tensor<int32, [4]>([1, 2, 3, 4])];",
        "val = tensor<int32, [2]>([2, 3])];",
        "val = tensor<int32, [2]>([2, 1])];",
        r#"int32 y_groups_0 = const()[name = string("y_groups_0"), val = int32(2)];"#,
        r#"fp16 z_alpha_0 = const()[name = string("z_alpha_0"), val = fp16(-0x1.8p-1)];"#,
        r#"fp16 z_alpha_1 = const()[name = string("z_alpha_1"), val = fp16(-0x1.998p-4)];"#,
        r#"fp32 bounded_alpha_0 = const()[name = string("bounded_alpha_0"), val = fp32(-0x1.99999ap-4)];"#,
        "z = clip(alpha = z_alpha_1, beta = z_beta_0, x = scaled)[",
        "scaled = real_div(x = y, y = z_alpha_0)[",
        r#"bool both_interleave_0 = const()[name = string("both_interleave_0"), val = bool(false)];"#,
        "concat(axis = both_axis_0, interleave = both_interleave_0, values = (z, scaled))[",
        "} -> (both, bounded);",
    ] {
        assert!(text.contains(line), "missing: {line}\nin:\n{text}");
    }
}

#[test]
fn build_info_is_the_callers() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1])).unwrap();
    let y = builder.relu("y", x).unwrap();
    builder.output(y).unwrap();
    builder
        .build_info("coremltools-version", "8.1")
        .build_info("instance", "a \"quoted\" one");
    let text = builder.finish().unwrap().to_text(Dialect::Ios18);
    assert!(
        text.contains(r#"{"coremltools-version", "8.1"}, {"instance", "a \"quoted\" one"}})]"#)
    );
}

/// The same program as a file Apple's compiler printed gives the same bytes.
#[test]
fn a_published_file_is_matched_byte_for_byte() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/mil-samples/coremltools-add_model.mil"
    );
    let Ok(published) = std::fs::read_to_string(path) else {
        println!("skipped: the sample files are not here");
        return;
    };
    let mut builder = ProgramBuilder::new();
    let ty = TensorType::fp16([1, 10]);
    let x = builder.input("x", ty.clone()).unwrap();
    let y = builder.input("y", ty).unwrap();
    let product = builder.binary("var_3", BinaryKind::Mul, x, y).unwrap();
    builder.output(product).unwrap();
    let mut parts = builder.finish().unwrap().into_parts();
    let pairs = [
        ("coremlc-component-MIL", "3402.3.2"),
        ("coremlc-version", "3402.4.1"),
        ("coremltools-component-torch", "2.5.1"),
        ("coremltools-source-dialect", "TorchScript"),
        ("coremltools-version", "8.1"),
    ];
    parts.build_info = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let text = Program::from_parts(parts).unwrap().to_text(Dialect::Ios16);
    // The one difference: our operations are named after their results.
    assert_eq!(
        text.trim_end(),
        published.replace("op_3_cast_fp16", "var_3").trim_end()
    );
}
