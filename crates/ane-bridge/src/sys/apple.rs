//! The private classes of `AppleNeuralEngine.framework`, called as they are.
//!
//! This file is the table of what is not checked by the compiler: class names, selectors, argument types
//! and who owns what. Before anything is called, [`Classes::find`] has the Objective-C runtime compare
//! every selector's types with those used here, so a framework that changed is refused and not called
//! wrongly. The plain sequence raises no exceptions (private ones were only seen from `mapIOSurfaces` and
//! chaining, which are not used). Each call stands in an autorelease pool, since a thread may have none.
//!
//! What the table leans on is in docs/apple.md of the repository: the call sequence that maderix/ANE,
//! Orion, ane-infer, ANE-LM, libane and tmc/apple agree on, and type encodings printed by the runtime of
//! macOS 27.0.

mod property_list;
mod surface;

use super::{Machine, Model, Refusal, Runtime, Value};
use crate::availability::{AneInfo, Unavailable};
use crate::error::{Direction, ForeignError};
use objc2::encode::{EncodeArguments, EncodeReturn};
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::{AnyClass, AnyObject, Bool, Sel};
use objc2::{msg_send, sel};
use objc2_foundation::{
    NSArray, NSData, NSDictionary, NSError, NSNumber, NSString, NSUnderlyingErrorKey,
};
use objc2_io_surface::IOSurfaceRef;
use std::ffi::{CStr, c_int};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::OnceLock;
use surface::Surface;

/// In the shared cache and not on disk: it can be opened, not looked for.
const FRAMEWORK: &CStr =
    c"/System/Library/PrivateFrameworks/AppleNeuralEngine.framework/AppleNeuralEngine";

/// What programs call their weights.
const WEIGHTS_PATH: &str = "@model_path/weights/weight.bin";

/// Domain of the error that stands for a NO without one.
const NO_ERROR: &str = "__objc2.missingError";

/// An error chain deeper than this tells nothing more.
const MOST_CAUSES: usize = 3;

/// How an object, an error's place and a boolean look to the runtime: `@`, `^@` and `B`.
type Object = *mut AnyObject;
type ErrorPlace = *mut *mut NSError;

/// Surfaces' wrappers and their indices.
type Wrapped = (Retained<NSArray<AnyObject>>, Retained<NSArray<NSNumber>>);

/// The classes that are needed, all of whose selectors used here are as they should be.
#[derive(Clone, Copy, Debug)]
struct Classes {
    descriptor: &'static AnyClass,
    model: &'static AnyClass,
    request: &'static AnyClass,
    surface_object: &'static AnyClass,
}

impl Classes {
    fn get() -> Result<Self, Unavailable> {
        static FOUND: OnceLock<Result<Classes, Unavailable>> = OnceLock::new();
        FOUND
            .get_or_init(|| autoreleasepool(|_| Self::find()))
            .clone()
    }

    fn find() -> Result<Self, Unavailable> {
        open_framework()?;
        let found = Self {
            descriptor: class(
                c"_ANEInMemoryModelDescriptor",
                "_ANEInMemoryModelDescriptor",
            )?,
            model: class(c"_ANEInMemoryModel", "_ANEInMemoryModel")?,
            request: class(c"_ANERequest", "_ANERequest")?,
            surface_object: class(c"_ANEIOSurfaceObject", "_ANEIOSurfaceObject")?,
        };
        found.verify()?;
        Ok(found)
    }

    /// Every selector that is sent anywhere in this file, with its types; `+` methods on the metaclass.
    fn verify(&self) -> Result<(), Unavailable> {
        let descriptor = self.descriptor.metaclass();
        same::<(Object, Object, Object), Object>(
            descriptor,
            sel!(modelWithMILText:weights:optionsPlist:),
        )?;
        let model = self.model;
        same::<(Object,), Object>(model.metaclass(), sel!(inMemoryModelWithDescriptor:))?;
        for name in [
            sel!(hexStringIdentifier),
            sel!(localModelPath),
            sel!(modelAttributes),
            sel!(model),
        ] {
            same::<(), Object>(model, name)?;
        }
        same::<(), Bool>(model, sel!(compiledModelExists))?;
        for name in [
            sel!(compileWithQoS:options:error:),
            sel!(loadWithQoS:options:error:),
        ] {
            same::<(u32, Object, ErrorPlace), Bool>(model, name)?;
        }
        same::<(u32, Object, Object, ErrorPlace), Bool>(
            model,
            sel!(evaluateWithQoS:options:request:error:),
        )?;
        same::<(u32, ErrorPlace), Bool>(model, sel!(unloadWithQoS:error:))?;
        same::<(Object, Object, Object, Object, Object, Object, Object), Object>(
            self.request.metaclass(),
            sel!(requestWithInputs:inputIndices:outputs:outputIndices:weightsBuffer:perfStats:procedureIndex:),
        )?;
        same::<(&IOSurfaceRef,), Object>(
            self.surface_object.metaclass(),
            sel!(objectWithIOSurface:),
        )
    }
}

fn open_framework() -> Result<(), Unavailable> {
    // SAFETY: the path is a C string, and the framework's initialisers are those that every program with
    // Core ML runs. It is never closed, so its classes stay.
    let handle = unsafe { libc::dlopen(FRAMEWORK.as_ptr(), libc::RTLD_NOW) };
    if !handle.is_null() {
        return Ok(());
    }
    // SAFETY: gives null, or a C string that stays until this thread's next such call.
    let said = unsafe { libc::dlerror() };
    let reason = if said.is_null() {
        "the loader does not say why".to_owned()
    } else {
        // SAFETY: not null, see above.
        unsafe { CStr::from_ptr(said) }
            .to_string_lossy()
            .into_owned()
    };
    Err(Unavailable::NoFramework { reason })
}

fn class(name: &CStr, class: &'static str) -> Result<&'static AnyClass, Unavailable> {
    AnyClass::get(name).ok_or(Unavailable::NoClass { class })
}

/// Whether `class` has a method `name` with these types.
fn same<A: EncodeArguments, R: EncodeReturn>(
    class: &AnyClass,
    name: Sel,
) -> Result<(), Unavailable> {
    class
        .verify_sel::<A, R>(name)
        .map_err(|error| Unavailable::ChangedMethod {
            method: format!("{class} {name}"),
            reason: error.to_string(),
        })
}

/// This system.
#[derive(Debug)]
pub(crate) struct System;

impl Runtime for System {
    fn probe(&self) -> Result<Machine, Unavailable> {
        Classes::get()?;
        Ok(autoreleasepool(|_| machine()))
    }

    fn model(&self, text: &[u8], weights: Option<&[u8]>) -> Result<Box<dyn Model>, Refusal> {
        let classes = Classes::get().map_err(|error| {
            Some(ForeignError {
                domain: "ane-bridge".to_owned(),
                code: 0,
                text: error.to_string(),
            })
        })?;
        autoreleasepool(|_| {
            let model = new_model(classes, text, weights).ok_or(None)?;
            Ok(Box::new(AppleModel {
                classes,
                model: ManuallyDrop::new(model),
                nothing: NSDictionary::new(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                request: None,
            }) as Box<dyn Model>)
        })
    }
}

/// What `_ANEDeviceInfo` says; it is not needed, so what it lacks is left open.
fn machine() -> Machine {
    let Some(device) = AnyClass::get(c"_ANEDeviceInfo") else {
        return Machine::default();
    };
    let methods = device.metaclass();
    let yes = |name: Sel| {
        same::<(), Bool>(methods, name).ok()?;
        // SAFETY: a class method that takes nothing and gives a BOOL, as was just verified; it answers
        // from the device tree and changes nothing.
        let answer: Bool =
            unsafe { objc2::runtime::MessageReceiver::send_message(device, name, ()) };
        Some(answer.as_bool())
    };
    let text = |name: Sel| {
        same::<(), Object>(methods, name).ok()?;
        // SAFETY: a class method that takes nothing and gives an object or nil that the pool owns, as was
        // just verified.
        let answer: Object =
            unsafe { objc2::runtime::MessageReceiver::send_message(device, name, ()) };
        // SAFETY: the object lives until the caller's pool ends; retaining makes it ours.
        string(unsafe { Retained::retain(answer) })
    };
    let cores = same::<(), u32>(methods, sel!(numANECores)).ok().map(|()| {
        // SAFETY: a class method that takes nothing and gives a number, as was just verified.
        let cores: u32 = unsafe { msg_send![device, numANECores] };
        cores
    });
    Machine {
        has_engine: yes(sel!(hasANE)),
        is_virtual: yes(sel!(isVirtualMachine)),
        info: AneInfo {
            architecture: text(sel!(aneArchitectureType)),
            cores,
            build: text(sel!(buildVersion)),
        },
    }
}

/// A model of `text`, which must be data (a string is hashed as data and crashes), and of `weights`, of
/// which there must be a dictionary even if it is empty.
fn new_model(classes: Classes, text: &[u8], weights: Option<&[u8]>) -> Option<Retained<AnyObject>> {
    let text = NSData::with_bytes(text);
    let weights = weights.map_or_else(NSDictionary::new, weights_dictionary);
    let options: Option<&NSData> = None;
    // SAFETY: types verified in `Classes::verify`; the factory gives an autoreleased object or nil, which
    // `Retained` retains. It keeps its arguments itself.
    let descriptor: Option<Retained<AnyObject>> = unsafe {
        msg_send![classes.descriptor, modelWithMILText: &*text, weights: &*weights, optionsPlist: options]
    };
    let descriptor = descriptor?;
    // SAFETY: as above; the model retains the descriptor for as long as it needs it.
    unsafe { msg_send![classes.model, inMemoryModelWithDescriptor: &*descriptor] }
}

/// The weights under the path that the program names. Of the inner dictionary only the first key counts,
/// as hash and as file name, and it must be that of the data; where the two keys that everybody gives
/// come out in the wrong order, the other, which nobody reads, is left out.
fn weights_dictionary(weights: &[u8]) -> Retained<NSDictionary> {
    let bytes = NSData::with_bytes(weights);
    let data = NSString::from_str("data");
    let offset = NSString::from_str("offset");
    let (zero, bytes): (Retained<AnyObject>, Retained<AnyObject>) =
        (NSNumber::new_u64(0).into(), bytes.into());
    let both: Retained<NSDictionary<NSString, AnyObject>> =
        NSDictionary::from_slices(&[&*offset, &*data], &[&*zero, &*bytes]);
    let inner = if both
        .to_vecs()
        .0
        .first()
        .is_some_and(|first| **first == *data)
    {
        both
    } else {
        NSDictionary::from_slices(&[&*data], &[&*bytes])
    };
    let path = NSString::from_str(WEIGHTS_PATH);
    let outer: Retained<NSDictionary<NSString, NSDictionary<NSString, AnyObject>>> =
        NSDictionary::from_slices(&[&*path], &[&*inner]);
    // SAFETY: a dictionary of strings and dictionaries is one of objects, and is only read from here on.
    unsafe { Retained::cast_unchecked(outer) }
}

/// A model with its surfaces and its one request, all kept until it is dropped: the request retains its
/// surfaces' wrappers, and those the surfaces, but the bytes that are lent out come from here.
struct AppleModel {
    classes: Classes,
    /// Released in a pool, see `Drop`.
    model: ManuallyDrop<Retained<AnyObject>>,
    /// The options of every call: none.
    nothing: Retained<NSDictionary>,
    inputs: Vec<Surface>,
    outputs: Vec<Surface>,
    request: Option<Retained<AnyObject>>,
}

// SAFETY: nothing of these classes is bound to a thread, and a reference count may be changed from any.
// All calls go through `&mut self`, or read what does not change after loading; `AneKernel` is not `Sync`,
// so they come one at a time.
unsafe impl Send for AppleModel {}

impl AppleModel {
    /// What `selector` answers, an object or nil. One that gives an object and takes nothing.
    fn object(&self, selector: Sel) -> Option<Retained<AnyObject>> {
        // SAFETY: called with the getters listed in `Classes::verify` only; they give objects that the
        // pool or the model owns, or nil.
        let object: Object =
            unsafe { objc2::runtime::MessageReceiver::send_message(&**self.model, selector, ()) };
        // SAFETY: alive, see above; retaining makes it ours.
        unsafe { Retained::retain(object) }
    }

    fn side(&self, direction: Direction) -> &[Surface] {
        match direction {
            Direction::Input => &self.inputs,
            Direction::Output => &self.outputs,
        }
    }

    /// The wrappers of some surfaces and their indices, as a request wants them.
    fn wrapped(&self, surfaces: &[Surface]) -> Option<Wrapped> {
        let mut wrappers = Vec::with_capacity(surfaces.len());
        let mut indices = Vec::with_capacity(surfaces.len());
        for (index, surface) in (0_u32..).zip(surfaces) {
            // SAFETY: types verified in `Classes::verify`; the wrapper retains the surface, and
            // `Retained` the wrapper.
            let wrapper: Option<Retained<AnyObject>> = unsafe {
                msg_send![self.classes.surface_object, objectWithIOSurface: surface.as_ref()]
            };
            wrappers.push(wrapper?);
            indices.push(NSNumber::new_u32(index));
        }
        Some((
            NSArray::from_retained_slice(&wrappers),
            NSArray::from_retained_slice(&indices),
        ))
    }
}

impl Model for AppleModel {
    fn identifier(&self) -> Option<String> {
        autoreleasepool(|_| string(self.object(sel!(hexStringIdentifier))))
    }

    fn folder(&self) -> Option<PathBuf> {
        autoreleasepool(|_| string(self.object(sel!(localModelPath))).map(PathBuf::from))
    }

    fn is_compiled(&self) -> bool {
        // SAFETY: types verified in `Classes::verify`; it asks the daemon.
        autoreleasepool(|_| unsafe { msg_send![&**self.model, compiledModelExists] })
    }

    fn compile(&mut self, qos: u32) -> Result<(), Refusal> {
        autoreleasepool(|_| {
            // SAFETY: types verified in `Classes::verify`; the error belongs to the pool and is retained.
            let answer: Result<(), Retained<NSError>> = unsafe {
                msg_send![&**self.model, compileWithQoS: qos, options: &*self.nothing, error: _]
            };
            answer.map_err(refusal)
        })
    }

    fn load(&mut self, qos: u32) -> Result<(), Refusal> {
        autoreleasepool(|_| {
            // SAFETY: as `compile`.
            let answer: Result<(), Retained<NSError>> = unsafe {
                msg_send![&**self.model, loadWithQoS: qos, options: &*self.nothing, error: _]
            };
            answer.map_err(refusal)
        })
    }

    fn attributes(&self) -> Value {
        autoreleasepool(|_| {
            let attributes = self.object(sel!(modelAttributes)).or_else(|| {
                let inner = self.object(sel!(model))?;
                same::<(), Object>(inner.class(), sel!(modelAttributes)).ok()?;
                // SAFETY: takes nothing and gives an object or nil that `Retained` retains, as was just
                // verified.
                unsafe { msg_send![&*inner, modelAttributes] }
            });
            attributes.map_or(Value::Other, |attributes| property_list::value(&attributes))
        })
    }

    fn bind(&mut self, inputs: &[usize], outputs: &[usize]) -> Result<(), Refusal> {
        autoreleasepool(|_| {
            self.inputs = surface::surfaces(inputs)?;
            self.outputs = surface::surfaces(outputs)?;
            let (inputs, input_indices) = self.wrapped(&self.inputs).ok_or(None)?;
            let (outputs, output_indices) = self.wrapped(&self.outputs).ok_or(None)?;
            let nothing: Option<&AnyObject> = None;
            let procedure = NSNumber::new_u32(0);
            // SAFETY: types verified in `Classes::verify`; the request retains its arrays, and `Retained`
            // the request. Both buffers that may be nil are.
            let request: Option<Retained<AnyObject>> = unsafe {
                msg_send![
                    self.classes.request,
                    requestWithInputs: &*inputs,
                    inputIndices: &*input_indices,
                    outputs: &*outputs,
                    outputIndices: &*output_indices,
                    weightsBuffer: nothing,
                    perfStats: nothing,
                    procedureIndex: &*procedure,
                ]
            };
            self.request = Some(request.ok_or(None)?);
            Ok(())
        })
    }

    fn surface_bytes(&self, direction: Direction, slot: usize) -> usize {
        self.side(direction).get(slot).map_or(0, Surface::bytes)
    }

    fn edit(
        &mut self,
        direction: Direction,
        slot: usize,
        edit: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(), Refusal> {
        let surfaces = match direction {
            Direction::Input => &mut self.inputs,
            Direction::Output => &mut self.outputs,
        };
        surfaces.get_mut(slot).ok_or(None)?.edit(edit)
    }

    fn view(
        &self,
        direction: Direction,
        slot: usize,
        view: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Refusal> {
        self.side(direction).get(slot).ok_or(None)?.view(view)
    }

    fn evaluate(&mut self, qos: u32) -> Result<(), Refusal> {
        let request = self.request.as_ref().ok_or(None)?;
        autoreleasepool(|_| {
            // SAFETY: as `compile`. The request has no completion handler and no shared events, so the
            // call returns when the hardware is done; it is this model's own and in flight once, since
            // this takes `&mut self`.
            let answer: Result<(), Retained<NSError>> = unsafe {
                msg_send![
                    &**self.model,
                    evaluateWithQoS: qos,
                    options: &*self.nothing,
                    request: &**request,
                    error: _
                ]
            };
            answer.map_err(refusal)
        })
    }

    fn unload(&mut self, qos: u32) -> Result<(), Refusal> {
        autoreleasepool(|_| {
            // The request goes first, then the program.
            self.request = None;
            // SAFETY: as `compile`.
            let answer: Result<(), Retained<NSError>> =
                unsafe { msg_send![&**self.model, unloadWithQoS: qos, error: _] };
            answer.map_err(refusal)
        })
    }
}

impl Drop for AppleModel {
    fn drop(&mut self) {
        autoreleasepool(|_| {
            self.request = None;
            // SAFETY: dropped here alone, and not used after.
            unsafe { ManuallyDrop::drop(&mut self.model) };
        });
    }
}

/// What a string says; `None` for nil and for anything else.
fn string(object: Option<Retained<AnyObject>>) -> Option<String> {
    let string = object?.downcast::<NSString>().ok()?;
    Some(string.to_string())
}

/// An error word for word, with those beneath it; `None` for a NO without one.
fn refusal(error: Retained<NSError>) -> Refusal {
    let domain = error.domain().to_string();
    if domain == NO_ERROR {
        return None;
    }
    let mut text = error.localizedDescription().to_string();
    let mut outer = error.clone();
    for _ in 0..MOST_CAUSES {
        // SAFETY: a constant string of Foundation's.
        let key = unsafe { NSUnderlyingErrorKey };
        let Some(cause) = outer.userInfo().objectForKey(key) else {
            break;
        };
        let Ok(cause) = cause.downcast::<NSError>() else {
            break;
        };
        text.push_str(&format!(
            " (because of {} {}: {})",
            cause.domain(),
            cause.code(),
            cause.localizedDescription()
        ));
        outer = cause;
    }
    Some(ForeignError {
        domain,
        code: error.code() as i64,
        text,
    })
}

/// A refusal to lend memory, as the kernel numbers it.
fn lock_refusal(doing: &str, code: c_int) -> Refusal {
    Some(ForeignError {
        domain: "IOSurface".to_owned(),
        code: code.into(),
        text: format!("cannot {doing} the surface"),
    })
}
