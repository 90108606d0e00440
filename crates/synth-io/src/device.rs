//! What depends on the operating system about the thread that a device's samples are made on.

pub(crate) use system::promote_this_thread;

#[cfg(target_os = "linux")]
mod system {
    use thread_priority::{
        Error, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue,
        ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
        thread_schedule_policy,
    };

    use crate::audio_device::Priority;

    /// Above everything ordinary, and below 50, where Linux has its interrupt threads: those of the sound
    /// card must come first.
    const REALTIME_PRIORITY: u8 = 40;
    /// `EINVAL`, for what the system would have called that.
    const INVALID: i32 = 22;

    /// Finds out whether this thread has realtime priority, and asks for it if `wanted` and it has not.
    ///
    /// # Realtime safety
    /// At most four system calls that do not wait; nothing is allocated. For the first callback only.
    pub(crate) fn promote_this_thread(wanted: bool) -> Priority {
        if let Ok(ThreadSchedulePolicy::Realtime(_)) = thread_schedule_policy() {
            return Priority::Realtime;
        }
        if !wanted {
            return Priority::Ordinary;
        }
        let Ok(priority) = ThreadPriorityValue::try_from(REALTIME_PRIORITY) else {
            return Priority::Denied(INVALID);
        };
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        let priority = ThreadPriority::Crossplatform(priority);
        match set_thread_priority_and_policy(thread_native_id(), priority, policy) {
            Ok(()) => Priority::Realtime,
            Err(Error::OS(errno)) => Priority::Denied(errno),
            Err(_) => Priority::Denied(INVALID),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use crate::audio_device::Priority;

    /// Elsewhere the system sees to its audio threads itself.
    pub(crate) fn promote_this_thread(_wanted: bool) -> Priority {
        Priority::Unknown
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::audio_device::Priority;

    #[test]
    fn a_thread_is_promoted_or_told_why_not() {
        // On a thread of its own, for it keeps what it gets.
        let asked = std::thread::spawn(|| {
            testkit::no_alloc(|| {
                let before = promote_this_thread(false);
                (
                    before,
                    promote_this_thread(true),
                    promote_this_thread(false),
                )
            })
        });
        let (before, promoted, after) = asked.join().unwrap();
        assert_eq!(before, Priority::Ordinary);
        match promoted {
            Priority::Realtime => assert_eq!(after, Priority::Realtime),
            Priority::Denied(errno) => {
                assert_eq!(errno, 1, "it may only be forbidden");
                assert_eq!(after, Priority::Ordinary);
            }
            other => panic!("{other:?}"),
        }
    }
}
