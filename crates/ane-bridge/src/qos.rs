//! Quality of service of a request.

/// How urgent the system takes a request to be. Nobody measured a difference in latency between these
/// (maderix/ANE on an M5: all levels alike), so [`Qos::Default`] is the one to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Qos {
    /// 21, what the system itself uses where nobody asks.
    #[default]
    Default,
    /// 33, the most urgent that needs no entitlement.
    UserInteractive,
}

impl Qos {
    /// The number that the runtime is given.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Default => 21,
            Self::UserInteractive => 33,
        }
    }
}
