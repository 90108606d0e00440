//! What to do about a refusal, by the runtime's own numbers.
//!
//! The numbers are those found in the framework's code; 2, 8, 10, 13 and 15 were also seen live (Orion,
//! libane, ane-infer). A number that is not here gets the advice of its stage.

use crate::error::{AneError, ForeignError, Stage};

/// Domain of the runtime's own errors; the compiler's adds `.compiler` to it.
pub(crate) const DOMAIN: &str = "com.apple.appleneuralengine";
/// Domain of the compiler's errors.
pub(crate) const COMPILER_DOMAIN: &str = "com.apple.appleneuralengine.compiler";
/// The code of a request that was not answered in time.
const TIMED_OUT: i64 = 3;

/// The error of a refusal at `stage`.
pub(crate) fn refused(stage: Stage, error: Option<ForeignError>) -> AneError {
    let hint = hint(stage, error.as_ref());
    AneError::Refused { stage, error, hint }
}

/// Whether the request may still be running although an error came back.
pub(crate) fn is_time_out(error: &ForeignError) -> bool {
    error.domain == DOMAIN && error.code == TIMED_OUT
}

/// One sentence on what to do.
pub(crate) fn hint(stage: Stage, error: Option<&ForeignError>) -> &'static str {
    error
        .and_then(of_error)
        .unwrap_or_else(|| of_stage(stage, error.is_none()))
}

fn of_error(error: &ForeignError) -> Option<&'static str> {
    if error.domain == COMPILER_DOMAIN {
        return Some(if error.text.contains("InvalidMILProgram") {
            "the compiler does not accept the text or an operation in it: try program(1.0) with ios16 and verbose types, and keep to operations the Neural Engine has"
        } else {
            "the compiler cannot place the program: try another form of it (bias as an addition, channels padded to a multiple of 32), or use the CPU"
        });
    }
    if error.domain != DOMAIN {
        return None;
    }
    Some(match error.code {
        1 | 2 => {
            "this needs an entitlement that only Apple grants; use the default quality of service"
        }
        TIMED_OUT => {
            "the hardware did not answer in time; drop this kernel, and use the CPU until another one passes its self-test"
        }
        5 => "a value left the range of FP16; scale the inputs or the weights",
        6 if error.text.contains("0x50004") => {
            "too many programs are loaded; drop kernels that are not needed and compile again"
        }
        4 | 6 => "the program does not fit the hardware: try another form of it, or use the CPU",
        7 => "the program must be signed; an ad-hoc signature is enough: codesign -s - PROGRAM",
        8 if error.text.contains("status=0x1d") => {
            "a tensor's memory is too small or bound to the wrong tensor; check the order and shapes given with the program"
        }
        8 | 18 => "the hardware could not run it; compile the program again, or use the CPU",
        9 | 16 => {
            "the program's files could not be read; check that the temporary folder is on this machine and not full, and compile again"
        }
        10 => {
            "this is no program of the kind that was announced; check the text and the weights' path, @model_path/weights/weight.bin"
        }
        13 | 14 => "memory could not be shared with the hardware; free memory and compile again",
        22 => {
            "this is a virtual machine or its host is too old; run on the machine itself, or use the CPU"
        }
        23 | 24 => "the program is no longer loaded; compile it again",
        25 => "this system cannot do it; use the CPU",
        26 => {
            "the program or its tensors are not what was announced; check their number, order and shapes"
        }
        47 => "the driver gave up; compile the program again, and use the CPU if it comes back",
        _ => return None,
    })
}

fn of_stage(stage: Stage, silent: bool) -> &'static str {
    match stage {
        Stage::Describe => {
            "check that the text is a MIL program and the weights a blob file, or use the CPU"
        }
        Stage::Compile if silent => {
            "check the program's text; a process that has compiled very many programs is refused in silence too, so start it again"
        }
        Stage::Compile => "try another form of the program, or use the CPU",
        Stage::Load => "drop kernels that are not needed and compile again, or use the CPU",
        Stage::Bind | Stage::Lock => "free memory and compile again, or use the CPU",
        Stage::Evaluate if silent => {
            "the request itself is taken for invalid: check the number and order of inputs and outputs"
        }
        Stage::Evaluate => "compile the program again, or use the CPU",
        Stage::Unload => "nothing needs to be done, the system unloads it with the process",
    }
}
