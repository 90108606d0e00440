//! Runs MIL programs: devices, executables and column kernels.
