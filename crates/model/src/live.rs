//! Settings that change while the server runs, and that differ between namespaces. Reading costs two loads and no lock:
//! a generation that was once read is never freed. Generations are made by a human's hand, so there are few.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::settings::Limits;
use crate::{Settings, limits};

/// See the file's first lines.
#[derive(Debug)]
pub struct LiveSettings {
    generations: Box<[OnceLock<Generation>]>,
    newest: AtomicUsize,
}

/// All settings at one moment.
#[derive(Debug, Default)]
struct Generation {
    everywhere: Settings,
    /// Of the namespaces that have settings of their own, by name.
    namespaces: BTreeMap<String, Arc<Settings>>,
}

/// There have been too many generations: what is set now counts when the server is started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyChanges;

impl LiveSettings {
    /// The same in every namespace, until something else is said.
    pub fn new(settings: Settings) -> Self {
        let mut generations = Vec::with_capacity(limits::SETTINGS_GENERATIONS_MAX);
        generations.push(OnceLock::from(Generation { everywhere: settings, namespaces: BTreeMap::new() }));
        generations.resize_with(limits::SETTINGS_GENERATIONS_MAX, OnceLock::new);
        Self { generations: generations.into(), newest: AtomicUsize::new(0) }
    }

    /// From now on these, with others in the namespaces of these names. One at a time.
    pub fn replace(&self, everywhere: Settings, namespaces: BTreeMap<String, Settings>) -> Result<(), TooManyChanges> {
        let namespaces = namespaces.into_iter().map(|(name, settings)| (name, Arc::new(settings))).collect();
        let next = self.newest.load(Ordering::Acquire) + 1;
        let slot = self.generations.get(next).ok_or(TooManyChanges)?;
        slot.set(Generation { everywhere, namespaces }).map_err(|_| TooManyChanges)?;
        self.newest.store(next, Ordering::Release);
        Ok(())
    }

    /// Those of no namespace in particular.
    pub fn everywhere(&self) -> &Settings {
        &self.now().everywhere
    }

    /// Those that a namespace has for itself, by its name.
    pub fn own(&self, namespace: &str) -> Option<&Arc<Settings>> {
        let now = self.now();
        // As a rule no namespace has any, and then nobody looks for its name.
        if now.namespaces.is_empty() { None } else { now.namespaces.get(namespace) }
    }

    /// What bounds the runs of a namespace, by its name.
    pub fn limits_of(&self, namespace: &str) -> &Limits {
        self.own(namespace).map_or(&self.everywhere().limits, |own| &own.limits)
    }

    fn now(&self) -> &Generation {
        let newest = &self.generations[self.newest.load(Ordering::Acquire)];
        newest.get().expect("a generation is stored before it is the newest")
    }
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

/// Settings as one caller sees them: those of a namespace that has its own, or those of all others.
#[derive(Clone, Debug, Default)]
pub struct SettingsView {
    live: Arc<LiveSettings>,
    own: Option<Arc<Settings>>,
}

impl SettingsView {
    /// Those of no namespace in particular.
    pub fn everywhere(live: Arc<LiveSettings>) -> Self {
        Self { live, own: None }
    }

    /// Those of a namespace, by its name, if it has its own.
    pub fn own(&self, namespace: &str) -> Option<Self> {
        let own = self.live.own(namespace)?.clone();
        Some(Self { live: self.live.clone(), own: Some(own) })
    }
}

impl Deref for SettingsView {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        self.own.as_deref().unwrap_or_else(|| self.live.everywhere())
    }
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self::everywhere(Arc::new(LiveSettings::new(settings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ids(id_bytes_max: usize) -> Settings {
        Settings { limits: Limits { id_bytes_max, ..Limits::default() }, ..Settings::default() }
    }

    #[test]
    fn a_namespace_without_settings_of_its_own_has_those_of_all() {
        let live = Arc::new(LiveSettings::new(with_ids(10)));
        let view = SettingsView::everywhere(live.clone());
        assert_eq!(view.limits.id_bytes_max, 10);
        live.replace(with_ids(20), [("a".to_owned(), with_ids(30))].into()).expect("few");
        assert_eq!((live.limits_of("a").id_bytes_max, live.limits_of("b").id_bytes_max), (30, 20));
        assert_eq!(view.limits.id_bytes_max, 20);
        assert_eq!(view.own("a").map(|own| own.limits.id_bytes_max), Some(30));
        assert!(view.own("b").is_none());
    }

    #[test]
    fn settings_that_change_for_ever_are_refused_at_last() {
        let live = LiveSettings::default();
        for generation in 1..limits::SETTINGS_GENERATIONS_MAX {
            live.replace(with_ids(generation), BTreeMap::new()).expect("few");
        }
        assert_eq!(live.replace(with_ids(1), BTreeMap::new()), Err(TooManyChanges));
        assert_eq!(live.everywhere().limits.id_bytes_max, limits::SETTINGS_GENERATIONS_MAX - 1);
    }
}
