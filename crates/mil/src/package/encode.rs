//! A program as the messages of a model file. It is encoded from the tree that its text is printed
//! from, so that both hold the same statements.

use prost::Message;

use super::{PackageMetadata, proto};
use crate::text::syntax::{Argument, Attribute, Binding, Declaration, Function, Statement};
use crate::{
    Constant, DataType, Dialect, Literal, Program, TensorType, ValueId, WEIGHT_FILE_PATH,
    text::constant_of,
};

/// The specification's version that brought the dialect's operation set, and the set's name.
pub(super) fn specification(dialect: Dialect) -> (i32, &'static str) {
    match dialect {
        Dialect::Ios16 => (7, "CoreML6"),
        Dialect::Ios18 => (9, "CoreML8"),
    }
}

/// The bytes of `model.mlmodel`; what a program cannot hold but a tree can is refused.
pub(super) fn model(
    program: &Program,
    dialect: Dialect,
    metadata: &PackageMetadata,
) -> Result<Vec<u8>, String> {
    let (specification_version, opset) = specification(dialect);
    let feature = |&id: &ValueId| feature(program, id);
    let description = proto::ModelDescription {
        input: program.inputs().iter().filter_map(feature).collect(),
        output: program.outputs().iter().filter_map(feature).collect(),
        metadata: Some(proto::Metadata {
            short_description: metadata.description.clone(),
            author: metadata.author.clone(),
            license: metadata.licence.clone(),
        }),
    };
    let document = program.to_document(dialect);
    let functions = document.functions.iter().map(|function| {
        let name = function.name.clone();
        Ok((name, encode_function(function, opset)?))
    });
    let model = proto::Model {
        specification_version,
        description: Some(description),
        ml_program: Some(proto::Program {
            version: 1,
            functions: functions.collect::<Result<_, String>>()?,
            attributes: [("buildInfo".to_owned(), build_info(program))].into(),
        }),
    };
    Ok(model.encode_to_vec())
}

/// An input or an output as Core ML's callers see it.
fn feature(program: &Program, id: ValueId) -> Option<proto::FeatureDescription> {
    let value = program.value(id)?;
    let array = proto::ArrayFeatureType {
        shape: value.ty.shape.iter().map(|&dim| dim as i64).collect(),
        // `ArrayFeatureType.ArrayDataType`: the kind in the upper half, the bits in the lower.
        data_type: match value.ty.data_type {
            DataType::Fp16 => 0x10000 | 16,
            _ => 0x10000 | 32,
        },
    };
    Some(proto::FeatureDescription {
        name: value.name.clone(),
        ty: Some(proto::FeatureType {
            multi_array_type: Some(array),
        }),
    })
}

fn encode_function(function: &Function, opset: &str) -> Result<proto::Function, String> {
    let inputs = function.inputs.iter().map(named_type);
    let operations = function.statements.iter().map(operation);
    let block = proto::Block {
        outputs: function.outputs.clone(),
        operations: operations.collect::<Result<_, _>>()?,
    };
    Ok(proto::Function {
        inputs: inputs.collect::<Result<_, _>>()?,
        opset: opset.to_owned(),
        block_specializations: [(opset.to_owned(), block)].into(),
    })
}

fn operation(statement: &Statement) -> Result<proto::Operation, String> {
    let inputs = statement.arguments.iter().map(argument);
    let outputs = statement.results.iter().map(named_type);
    let attributes = statement.attributes.iter().map(attribute);
    Ok(proto::Operation {
        ty: statement.op.clone(),
        inputs: inputs.collect::<Result<_, _>>()?,
        outputs: outputs.collect::<Result<_, _>>()?,
        attributes: attributes.collect::<Result<_, _>>()?,
    })
}

fn argument(argument: &Argument) -> Result<(String, proto::Argument), String> {
    let names = match &argument.binding {
        Binding::Name(name) => std::slice::from_ref(name),
        Binding::Names(names) => names,
        Binding::Value(_) | Binding::Literal(_) => {
            return Err(format!("{} is given no name", argument.name));
        }
    };
    let arguments = names.iter().map(|name| proto::Binding {
        name: Some(name.clone()),
    });
    let arguments = arguments.collect();
    Ok((argument.name.clone(), proto::Argument { arguments }))
}

fn attribute(attribute: &Attribute) -> Result<(String, proto::Value), String> {
    let value = &attribute.value;
    let ty = crate::text::tensor_type_of(&value.ty)?;
    let value = match constant_of(&value.payload, &ty)? {
        Constant::Literal(literal) => immediate(&ty, literal),
        Constant::Blob { offset } => proto::Value {
            ty: Some(tensor_type(&ty)),
            immediate_value: None,
            blob_file_value: Some(proto::BlobFileValue {
                file_name: WEIGHT_FILE_PATH.to_owned(),
                offset,
            }),
        },
    };
    Ok((attribute.name.clone(), value))
}

fn named_type(declaration: &Declaration) -> Result<proto::NamedValueType, String> {
    let ty = crate::text::tensor_type_of(&declaration.ty)?;
    Ok(proto::NamedValueType {
        name: declaration.name.clone(),
        ty: Some(tensor_type(&ty)),
    })
}

fn tensor_type(ty: &TensorType) -> proto::ValueType {
    let dimension = |&dim: &usize| proto::Dimension {
        constant: Some(proto::ConstantDimension { size: dim as u64 }),
    };
    proto::ValueType {
        tensor_type: Some(proto::TensorType {
            // `MILSpec.DataType`.
            data_type: match ty.data_type {
                DataType::Bool => 1,
                DataType::String => 2,
                DataType::Fp16 => 10,
                DataType::Fp32 => 11,
                DataType::Int32 => 23,
            },
            rank: ty.shape.len() as i64,
            dimensions: ty.shape.iter().map(dimension).collect(),
        }),
        dictionary_type: None,
    }
}

/// A value in the model file itself. fp16 elements stand there as bytes.
fn immediate(ty: &TensorType, literal: Literal) -> proto::Value {
    let mut tensor = proto::TensorValue::default();
    match literal {
        Literal::Fp16(values) => {
            let values = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            tensor.bytes = Some(proto::RepeatedBytes { values });
        }
        Literal::Fp32(values) => tensor.floats = Some(proto::RepeatedFloats { values }),
        Literal::Int32(values) => tensor.ints = Some(proto::RepeatedInts { values }),
        Literal::Bool(values) => tensor.bools = Some(proto::RepeatedBools { values }),
        Literal::String(text) => {
            let values = vec![text];
            tensor.strings = Some(proto::RepeatedStrings { values });
        }
    }
    proto::Value {
        ty: Some(tensor_type(ty)),
        immediate_value: Some(proto::ImmediateValue {
            tensor: Some(tensor),
            dictionary: None,
        }),
        blob_file_value: None,
    }
}

fn build_info(program: &Program) -> proto::Value {
    let string = TensorType::scalar(DataType::String);
    let text = |text: &String| Some(immediate(&string, Literal::String(text.clone())));
    let pairs = program.build_info().iter();
    let values = pairs.map(|(key, value)| proto::KeyValuePair {
        key: text(key),
        value: text(value),
    });
    let string = Some(tensor_type(&string));
    proto::Value {
        ty: Some(proto::ValueType {
            tensor_type: None,
            dictionary_type: Some(Box::new(proto::DictionaryType {
                key_type: string.clone(),
                value_type: string,
            })),
        }),
        immediate_value: Some(proto::ImmediateValue {
            tensor: None,
            dictionary: Some(proto::DictionaryValue {
                values: values.collect(),
            }),
        }),
        blob_file_value: None,
    }
}
