//! The classes of `CoreML.framework`, called as its headers say.
//!
//! Every call into it is `unsafe` because nothing but the headers vouches for them. What the calls lean
//! on: Apple's headers of `MLModel`, `MLMultiArray`, `MLPredictionOptions` and `MLComputePlan`, as
//! `objc2-core-ml` has them. An object is used by one thread at a time, which is what the headers ask of an
//! `MLModel`. Each call from outside stands in an autorelease pool, since a thread may have none.
//!
//! Arrays are Core ML's own memory, filled and emptied through its handlers: a dispatch's values are some
//! ten kilobytes, so arrays on pixel buffers, which save these copies, would not be worth their rules.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::fs;
use std::path::Path;
use std::ptr::NonNull;
use std::slice;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use block2::RcBlock;
use half::f16;
use mil::{Program, ValueId};
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::{AnyClass, AnyObject, NSObjectProtocol, ProtocolObject};
use objc2::{AnyThread, ClassType};
use objc2_core_ml::{
    MLCPUComputeDevice, MLComputeDeviceProtocol, MLComputePlan, MLComputeUnits,
    MLDictionaryFeatureProvider, MLFeatureProvider, MLFeatureValue, MLGPUComputeDevice, MLModel,
    MLModelConfiguration, MLMultiArray, MLMultiArrayDataType, MLNeuralEngineComputeDevice,
    MLPredictionOptions,
};
use objc2_foundation::{
    NSArray, NSDictionary, NSError, NSInteger, NSNumber, NSString, NSURL, NSUnderlyingErrorKey,
};

use super::{Loaded, Model, Refusal, Runtime};
use crate::coreml::report::{Placement, Processor};
use crate::coreml::strided;

/// How long the plan may let wait for itself.
const PLAN_TIMEOUT: Duration = Duration::from_secs(10);

/// Code of [`RunError::Device`](crate::RunError::Device) where an array was not what it should be.
const STRANGE_ARRAY_CODE: i32 = -1;

/// The function that a package of ours has.
const FUNCTION: &str = "main";

/// This system.
#[derive(Debug)]
pub(in super::super) struct System;

impl Runtime for System {
    fn availability(&self) -> Result<(), &'static str> {
        // Every macOS that this program starts on has it.
        Ok(())
    }

    fn load(&self, package: &Path, program: &Program) -> Result<Loaded, Refusal> {
        autoreleasepool(|_| {
            let begun = Instant::now();
            let compiled = kept_beside(package, compile(package)?);
            let compile = begun.elapsed();
            // SAFETY: a new object of a plain class.
            let configuration = unsafe { MLModelConfiguration::new() };
            // SAFETY: one of the values that the header lists.
            unsafe { configuration.setComputeUnits(MLComputeUnits::CPUAndNeuralEngine) };
            let begun = Instant::now();
            // SAFETY: both live beyond the call, which reads them.
            let model = unsafe {
                MLModel::modelWithContentsOfURL_configuration_error(&compiled, &configuration)
            };
            let model = model.map_err(|error| refusal("load the model", &error))?;
            let load = begun.elapsed();
            let placement = placement(&compiled, &configuration);
            Ok(Loaded {
                model: Box::new(AppleModel::new(model, program)?),
                compile,
                load,
                placement,
            })
        })
    }
}

/// Compiles a package into a folder that the system chooses.
#[expect(
    deprecated,
    reason = "the newer method calls back from a queue, and this one is there from macOS 10.13 on"
)]
fn compile(package: &Path) -> Result<Retained<NSURL>, Refusal> {
    let doing = "compile the package";
    let package = NSURL::from_directory_path(package)
        .ok_or_else(|| own(doing, "the path of its package is no URL".to_owned()))?;
    // SAFETY: the URL lives beyond the call, which reads it.
    let compiled = unsafe { MLModel::compileModelAtURL_error(&package) };
    compiled.map_err(|error| refusal(doing, &error))
}

/// Moves what was compiled beside the package, whose folder is removed with it. Where it cannot be moved it
/// stays where the system put it, among files that the system clears away.
fn kept_beside(package: &Path, compiled: Retained<NSURL>) -> Retained<NSURL> {
    let place = package.with_extension("mlmodelc");
    let moved = compiled
        .to_file_path()
        .and_then(|path| fs::rename(path, &place).ok())
        .and_then(|()| NSURL::from_directory_path(&place));
    moved.unwrap_or(compiled)
}

/// A model with its arrays, of which the providers and options keep hold as well.
struct AppleModel {
    model: Retained<MLModel>,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
    features: Retained<MLDictionaryFeatureProvider>,
    options: Retained<MLPredictionOptions>,
    answer: Option<Retained<ProtocolObject<dyn MLFeatureProvider>>>,
}

// SAFETY: none of these classes is bound to a thread, and a reference count may be changed from any. All
// calls go through `&mut self`, or read what no other call changes meanwhile, and the type is not `Sync`.
unsafe impl Send for AppleModel {}

/// A tensor's name and shape, and an array of Core ML's for it.
struct Array {
    name: Retained<NSString>,
    shape: Vec<usize>,
    array: Retained<MLMultiArray>,
}

impl Array {
    fn new(program: &Program, id: ValueId) -> Result<Self, Refusal> {
        let doing = "make an array";
        let value = program.value(id);
        let value = value.ok_or_else(|| own(doing, "the program lacks a value".to_owned()))?;
        let shape = value.ty.shape.clone();
        let numbers: Vec<_> = shape.iter().map(|&n| NSNumber::new_usize(n)).collect();
        let numbers = NSArray::from_retained_slice(&numbers);
        // SAFETY: the numbers live beyond the call, which copies them.
        let array = unsafe {
            MLMultiArray::initWithShape_dataType_error(
                MLMultiArray::alloc(),
                &numbers,
                MLMultiArrayDataType::Float16,
            )
        };
        Ok(Self {
            name: NSString::from_str(&value.name),
            shape,
            array: array.map_err(|error| refusal(doing, &error))?,
        })
    }
}

/// Arrays, or what is made of them, by their tensors' names.
fn by_name<T: objc2::Message>(
    arrays: &[Array],
    object: impl Fn(&Array) -> Retained<T>,
) -> Retained<NSDictionary<NSString, AnyObject>>
where
    Retained<AnyObject>: From<Retained<T>>,
{
    let names: Vec<&NSString> = arrays.iter().map(|array| &*array.name).collect();
    let objects: Vec<Retained<AnyObject>> = arrays
        .iter()
        .map(|array| Retained::from(object(array)))
        .collect();
    NSDictionary::from_retained_objects(&names, &objects)
}

impl AppleModel {
    fn new(model: Retained<MLModel>, program: &Program) -> Result<Self, Refusal> {
        let arrays = |ids: &[ValueId]| -> Result<Vec<Array>, Refusal> {
            ids.iter().map(|&id| Array::new(program, id)).collect()
        };
        let (inputs, outputs) = (arrays(program.inputs())?, arrays(program.outputs())?);
        let values = by_name(&inputs, |array| {
            // SAFETY: the value retains the array.
            unsafe { MLFeatureValue::featureValueWithMultiArray(&array.array) }
        });
        // SAFETY: a dictionary of feature values by name, as the header asks for.
        let features = unsafe {
            MLDictionaryFeatureProvider::initWithDictionary_error(
                MLDictionaryFeatureProvider::alloc(),
                &values,
            )
        };
        let features = features.map_err(|error| refusal("take the inputs", &error))?;
        // SAFETY: a new object of a plain class.
        let options = unsafe { MLPredictionOptions::new() };
        let backings = by_name(&outputs, |array| array.array.clone());
        // SAFETY: arrays by the names of outputs, as the header asks for.
        unsafe { options.setOutputBackings(&backings) };
        Ok(Self {
            model,
            inputs,
            outputs,
            features,
            options,
            answer: None,
        })
    }

    fn slot<'a>(
        arrays: &'a [Array],
        slot: usize,
        doing: &'static str,
    ) -> Result<&'a Array, Refusal> {
        let array = arrays.get(slot);
        array.ok_or_else(|| own(doing, format!("there is no tensor {slot}")))
    }
}

impl Model for AppleModel {
    fn write(&mut self, slot: usize, values: &[f16]) -> Result<(), Refusal> {
        let doing = "take an input";
        let Array { array, shape, .. } = Self::slot(&self.inputs, slot, doing)?;
        let done = Cell::new(None);
        let handler = RcBlock::new(
            |bytes: NonNull<c_void>, size: NSInteger, strides: NonNull<NSArray<NSNumber>>| {
                // SAFETY: lives as long as the handler runs.
                let strides = counts(unsafe { strides.as_ref() });
                let length = halves(bytes, size);
                // SAFETY: the array's own memory, of `size` bytes, aligned, not used by anything else while
                // the handler runs.
                let place =
                    unsafe { slice::from_raw_parts_mut(bytes.as_ptr().cast::<f16>(), length) };
                done.set(
                    strides
                        .and_then(|strides| strided::scatter(values, place, shape, &strides).ok()),
                );
            },
        );
        // SAFETY: the handler is called before this returns.
        autoreleasepool(|_| unsafe { array.getMutableBytesWithHandler(&handler) });
        done.get().ok_or_else(|| strange(doing))
    }

    fn predict(&mut self) -> Result<(), Refusal> {
        autoreleasepool(|_| {
            self.answer = None;
            let features = ProtocolObject::from_ref(&*self.features);
            // SAFETY: the features are those that the model was loaded with, the options retain the arrays.
            let answer = unsafe {
                self.model
                    .predictionFromFeatures_options_error(features, &self.options)
            };
            self.answer = Some(answer.map_err(|error| refusal("predict", &error))?);
            Ok(())
        })
    }

    fn read(&self, slot: usize, values: &mut [f16]) -> Result<(), Refusal> {
        let doing = "give an output";
        let Array { name, shape, .. } = Self::slot(&self.outputs, slot, doing)?;
        let answer = self.answer.as_ref();
        let answer = answer.ok_or_else(|| own(doing, "nothing was predicted".to_owned()))?;
        autoreleasepool(|_| {
            // Core ML may answer with an array of its own and not with the one that it was given.
            // SAFETY: asks a provider for one of its features.
            let value = unsafe { answer.featureValueForName(name) };
            // SAFETY: asks a value for what it holds.
            let array = value.and_then(|value| unsafe { value.multiArrayValue() });
            let array = array.ok_or_else(|| strange(doing))?;
            // SAFETY: plain getters.
            let (kind, lengths, strides) =
                unsafe { (array.dataType(), array.shape(), array.strides()) };
            let strides = counts(&strides).ok_or_else(|| strange(doing))?;
            if kind != MLMultiArrayDataType::Float16 || counts(&lengths).as_ref() != Some(shape) {
                return Err(strange(doing));
            }
            let values = RefCell::new(values);
            let done = Cell::new(None);
            let handler = RcBlock::new(|bytes: NonNull<c_void>, size: NSInteger| {
                let length = halves(bytes, size);
                // SAFETY: the array's own memory, of `size` bytes, aligned, not written while the handler
                // runs.
                let place = unsafe { slice::from_raw_parts(bytes.as_ptr().cast::<f16>(), length) };
                let taken = strided::gather(place, &mut values.borrow_mut(), shape, &strides);
                done.set(taken.ok());
            });
            // SAFETY: the handler is called before this returns.
            unsafe { array.getBytesWithHandler(&handler) };
            done.get().ok_or_else(|| strange(doing))
        })
    }
}

/// How many FP16 numbers there are in so many bytes; none where they are not aligned.
fn halves(bytes: NonNull<c_void>, size: NSInteger) -> usize {
    match bytes.cast::<f16>().is_aligned() {
        true => usize::try_from(size).unwrap_or(0) / size_of::<f16>(),
        false => 0,
    }
}

/// Numbers none of which is negative.
fn counts(numbers: &NSArray<NSNumber>) -> Option<Vec<usize>> {
    let counts = numbers
        .iter()
        .map(|number| usize::try_from(number.as_isize()));
    counts.collect::<Result<_, _>>().ok()
}

/// Where Core ML means to compute.
fn placement(compiled: &NSURL, configuration: &MLModelConfiguration) -> Result<Placement, String> {
    if AnyClass::get(c"MLComputePlan").is_none() {
        return Err("macOS 14.4 and newer tell".to_owned());
    }
    let (sender, receiver) = mpsc::channel();
    let handler = RcBlock::new(move |plan: *mut MLComputePlan, error: *mut NSError| {
        let told = autoreleasepool(|_| {
            // SAFETY: nil, or an object that lives as long as the handler runs.
            match unsafe { (plan.as_ref(), error.as_ref()) } {
                (Some(plan), _) => operations(plan),
                (None, Some(error)) => Err(refusal("plan", error).to_string()),
                (None, None) => Err("no reason told".to_owned()),
            }
        });
        // Where nobody waits any more, nobody is told.
        let _ = sender.send(told);
    });
    // SAFETY: all live beyond the call; the handler is copied and owns what it uses.
    unsafe {
        MLComputePlan::loadContentsOfURL_configuration_completionHandler(
            compiled,
            configuration,
            &handler,
        );
    }
    let waited = receiver.recv_timeout(PLAN_TIMEOUT);
    waited.unwrap_or_else(|_| Err(format!("no answer in {} s", PLAN_TIMEOUT.as_secs())))
}

fn operations(plan: &MLComputePlan) -> Result<Placement, String> {
    // SAFETY: plain getters, here and below; what they give is retained.
    let program = unsafe { plan.modelStructure().program() };
    let program = program.ok_or("the plan is of no program")?;
    // SAFETY: as above.
    let functions = unsafe { program.functions() };
    let function = functions.objectForKey(&NSString::from_str(FUNCTION));
    let function = function.ok_or_else(|| format!("the plan lacks the function {FUNCTION}"))?;
    // SAFETY: as above.
    let operations = unsafe { function.block().operations() };
    let mut placement = Placement::default();
    for operation in operations.iter() {
        // SAFETY: as above.
        let name = unsafe { operation.operatorName() };
        // SAFETY: an operation of this plan.
        let usage = unsafe { plan.computeDeviceUsageForMLProgramOperation(&operation) };
        let Some(usage) = usage.filter(|_| name.to_string() != "const") else {
            continue;
        };
        // SAFETY: as above.
        let device = unsafe { usage.preferredComputeDevice() };
        placement
            .operations
            .push((name.to_string(), processor(&device)));
    }
    Ok(placement)
}

fn processor(device: &ProtocolObject<dyn MLComputeDeviceProtocol>) -> Processor {
    let is = |class: &AnyClass| device.isKindOfClass(class);
    if is(MLNeuralEngineComputeDevice::class()) {
        Processor::NeuralEngine
    } else if is(MLCPUComputeDevice::class()) {
        Processor::Cpu
    } else if is(MLGPUComputeDevice::class()) {
        Processor::Gpu
    } else {
        Processor::Other
    }
}

/// What an error says, with the one that is behind it.
fn refusal(doing: &'static str, error: &NSError) -> Refusal {
    let mut text = format!("{}: {}", error.domain(), error.localizedDescription());
    // SAFETY: a constant string of Foundation's.
    let key = unsafe { NSUnderlyingErrorKey };
    let cause = error.userInfo().objectForKey(key);
    if let Some(cause) = cause.and_then(|cause| cause.downcast::<NSError>().ok()) {
        text.push_str(&format!(
            ", because of {} {}: {}",
            cause.domain(),
            cause.code(),
            cause.localizedDescription()
        ));
    }
    Refusal {
        doing,
        code: i32::try_from(error.code()).unwrap_or(i32::MIN),
        text,
    }
}

fn own(doing: &'static str, text: String) -> Refusal {
    Refusal {
        doing,
        code: 0,
        text,
    }
}

fn strange(doing: &'static str) -> Refusal {
    Refusal {
        doing,
        code: STRANGE_ARRAY_CODE,
        text: "the array is of another type, shape or layout than it should be".to_owned(),
    }
}
