//! Fits instruments: the regression loop and the starter instruments.
