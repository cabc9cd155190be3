//! Who runs where: the load generator keeps one core busy to the end, so what is measured gets all the others. On a
//! machine with one core, or without Linux, everything runs everywhere.

#[cfg(target_os = "linux")]
mod linux {
    use rustix::{
        process::{Resource, Rlimit, getrlimit, setrlimit},
        thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    };

    /// The cores of the generator and of what is measured; `None` when there is nothing to divide.
    fn division() -> Option<(CpuSet, CpuSet)> {
        let allowed = sched_getaffinity(None).ok()?;
        divide(&allowed)
    }

    fn divide(allowed: &CpuSet) -> Option<(CpuSet, CpuSet)> {
        let generator = (0..CpuSet::MAX_CPU).find(|&core| allowed.is_set(core))?;
        let mut own = CpuSet::new();
        own.set(generator);
        let mut rest = *allowed;
        rest.unset(generator);
        (rest.count() > 0).then_some((own, rest))
    }

    /// Runs `generate` with this thread on the generator's core.
    pub(crate) fn on_generators_core<T>(generate: impl FnOnce() -> T) -> T {
        let Some((own, _)) = division() else { return generate() };
        on(own, generate)
    }

    /// Runs `start` so that a process started by it gets the cores of what is measured.
    pub(crate) fn with_measured<T>(start: impl FnOnce() -> T) -> T {
        let Some((_, rest)) = all_cores().and_then(|all| divide(&all)) else { return start() };
        on(rest, start)
    }

    /// Every core that the process may use, whatever this thread is tied to.
    fn all_cores() -> Option<CpuSet> {
        static ALL: std::sync::OnceLock<Option<CpuSet>> = std::sync::OnceLock::new();
        *ALL.get_or_init(|| sched_getaffinity(None).ok())
    }

    fn on<T>(cores: CpuSet, run: impl FnOnce() -> T) -> T {
        let before = sched_getaffinity(None);
        // A refusal costs precision, not correctness.
        let _ = sched_setaffinity(None, &cores);
        let result = run();
        if let Ok(before) = before {
            let _ = sched_setaffinity(None, &before);
        }
        result
    }

    /// Allows as many sockets as the system grants, and remembers the cores. To be called first.
    pub(crate) fn prepare() {
        all_cores();
        let most = getrlimit(Resource::Nofile).maximum;
        let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    pub(crate) fn on_generators_core<T>(generate: impl FnOnce() -> T) -> T {
        generate()
    }

    pub(crate) fn with_measured<T>(start: impl FnOnce() -> T) -> T {
        start()
    }

    pub(crate) fn prepare() {}
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{on_generators_core, prepare, with_measured};
#[cfg(target_os = "linux")]
pub(crate) use linux::{on_generators_core, prepare, with_measured};
