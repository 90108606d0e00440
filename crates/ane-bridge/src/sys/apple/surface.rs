//! Memory that the processor and the Neural Engine share.

use super::lock_refusal;
use crate::sys::Refusal;
use objc2_core_foundation::{CFDictionary, CFNumber, CFRetained, CFString};
use objc2_io_surface::{
    IOSurfaceLockOptions, IOSurfaceRef, kIOSurfaceAllocSize, kIOSurfaceBytesPerElement,
    kIOSurfaceBytesPerRow, kIOSurfaceHeight, kIOSurfacePixelFormat, kIOSurfaceWidth,
};
use std::{ptr, slice};

/// One surface, kept alive. Its bytes are touched while it is locked only.
pub(super) struct Surface(CFRetained<IOSurfaceRef>);

/// Surfaces of these many bytes.
pub(super) fn surfaces(sizes: &[usize]) -> Result<Vec<Surface>, Refusal> {
    sizes
        .iter()
        .map(|&bytes| Surface::new(bytes).ok_or(None))
        .collect()
}

impl Surface {
    /// One row of `bytes` one-byte elements, the form in which everybody gives tensors to the engine.
    fn new(bytes: usize) -> Option<Self> {
        let bytes = i64::try_from(bytes).ok()?;
        // SAFETY: constant strings of the framework's.
        let keys: [&CFString; 6] = unsafe {
            [
                kIOSurfaceWidth,
                kIOSurfaceHeight,
                kIOSurfaceBytesPerElement,
                kIOSurfaceBytesPerRow,
                kIOSurfaceAllocSize,
                kIOSurfacePixelFormat,
            ]
        };
        let values = [bytes, 1, 1, bytes, bytes, 0].map(CFNumber::new_i64);
        let values = [0, 1, 2, 3, 4, 5].map(|i: usize| &*values[i]);
        let properties = CFDictionary::from_slices(&keys, &values);
        // SAFETY: strings to numbers, as these properties are.
        unsafe { IOSurfaceRef::new(properties.as_opaque()) }.map(Self)
    }

    pub(super) fn as_ref(&self) -> &IOSurfaceRef {
        &self.0
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.alloc_size()
    }

    pub(super) fn edit(&mut self, edit: &mut dyn FnMut(&mut [u8])) -> Result<(), Refusal> {
        self.locked(IOSurfaceLockOptions::empty(), |surface| {
            let start = surface.base_address().cast::<u8>().as_ptr();
            // SAFETY: the address is valid for the surface's allocated bytes while it lives, which the
            // kernel hands out zeroed, and bytes have no alignment. Nobody else touches them: `&mut self`
            // keeps this process out, and no evaluation is under way (the contract of `Model::edit`).
            edit(unsafe { slice::from_raw_parts_mut(start, surface.alloc_size()) });
        })
    }

    pub(super) fn view(&self, view: &mut dyn FnMut(&[u8])) -> Result<(), Refusal> {
        self.locked(IOSurfaceLockOptions::ReadOnly, |surface| {
            let start = surface.base_address().cast::<u8>().as_ptr();
            // SAFETY: as in `edit`; `&self` keeps this process from writing.
            view(unsafe { slice::from_raw_parts(start, surface.alloc_size()) });
        })
    }

    fn locked(
        &self,
        options: IOSurfaceLockOptions,
        use_bytes: impl FnOnce(&IOSurfaceRef),
    ) -> Result<(), Refusal> {
        // SAFETY: nobody asks for the seed.
        let code = unsafe { self.0.lock(options, ptr::null_mut()) };
        if code != 0 {
            return Err(lock_refusal("lock", code));
        }
        use_bytes(&self.0);
        // SAFETY: locked above with the same options.
        let code = unsafe { self.0.unlock(options, ptr::null_mut()) };
        if code != 0 {
            return Err(lock_refusal("unlock", code));
        }
        Ok(())
    }
}
