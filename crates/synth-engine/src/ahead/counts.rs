//! Where columns came from.

/// Columns by where they came from; each column is counted once, where its voice needed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnCounts {
    /// Answered by a device ahead of time and used.
    pub taken: u64,
    /// Answered by a device, but an event has changed what was asked; computed on the CPU.
    pub stale: u64,
    /// Asked of a device that had not answered yet; computed on the CPU.
    pub late: u64,
    /// Refused by a device, or its answer did not pass the check; computed on the CPU.
    pub failed: u64,
    /// Never asked of a device (there is none, it is retired, or the note had just begun or changed);
    /// computed on the CPU.
    pub cpu: u64,
}

impl ColumnCounts {
    /// All columns.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.taken + self.stale + self.late + self.failed + self.cpu
    }
}
