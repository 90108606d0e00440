//! What the HarmonicPredictor and an instrument are.
