//! The words everything else is written in: ids, time, limits, retry arithmetic, cron schedules. No I/O, no async, no wire types.

pub mod cron;
pub mod deliberate;
pub mod fresh;
pub mod id;
pub mod limits;
pub mod live;
pub mod retry;
pub mod settings;
pub mod time;
pub mod url;
pub mod wildcard;

pub use id::{NamespaceId, Partition, RunId, RunKey, WorkflowKey};
pub use live::{LiveSettings, SettingsView};
pub use settings::Settings;
pub use time::{Clock, SystemClock, Timestamp};
pub use url::Url;
