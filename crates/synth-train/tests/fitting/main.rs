//! Fitting and evaluating on columns that formulas give, where any number of unseen ones can be had.

mod evaluation;
mod formulas;
mod training;
