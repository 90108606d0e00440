//! Events, voices, control clock and mix: the renderer.
