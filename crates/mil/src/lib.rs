//! MIL programs: build, check, print; weight blobs.
