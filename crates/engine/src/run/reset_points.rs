//! Points to reset to: where each build of the worker first completed a workflow task. The runs that follow inherit
//! them, until the history that they point at is gone. A build that the namespace calls bad has its runs reset to before
//! its point; that is the loop's part, which knows the namespace.

use std::time::Duration;

use abide_api::temporal::api::{
    history::v1::WorkflowTaskCompletedEventAttributes,
    workflow::v1::{ResetPointInfo, ResetPoints},
};
use abide_model::{RunId, Timestamp, limits};

use super::Run;
use super::command::Start;
use super::external::External;
use super::state::State;
use crate::convert::{from_proto_time, to_proto_time};

impl Start {
    /// The points of the run before, which closes at this time and is kept for so long: they are there as long as it.
    pub fn expire_reset_points(&mut self, predecessor: RunId, now: Timestamp, retention: Duration) {
        let Some(points) = &mut self.attributes.prev_auto_reset_points else { return };
        let predecessor = predecessor.to_string();
        points.points.retain(|point| !is_expired(point, now));
        for point in points.points.iter_mut().filter(|point| point.run_id == predecessor) {
            point.expire_time = Some(to_proto_time(now.after(retention)));
        }
    }
}

impl Run {
    /// Points that name the program of a worker by its checksum, and that a run can be reset to now.
    #[expect(deprecated, reason = "only old workers name their program by a checksum")]
    pub fn resettable_points(&self, now: Timestamp) -> impl Iterator<Item = &ResetPointInfo> {
        let points = self.state.workflow_tasks.reset_points.iter();
        points.filter(move |point| point.resettable && !point.binary_checksum.is_empty() && !is_expired(point, now))
    }

    /// Whether the run waits for children, which a reset would lose.
    pub fn has_children(&self) -> bool {
        !self.state.children.pending.is_empty()
    }

    /// The first workflow task that a build completes is a point to reset to.
    #[expect(deprecated, reason = "old workers name their build by the binary checksum only")]
    pub(super) fn note_reset_point(
        &mut self,
        completed_event_id: i64,
        completed: &WorkflowTaskCompletedEventAttributes,
        at: Timestamp,
    ) {
        let stamp = completed.worker_version.as_ref().map(|stamp| stamp.build_id.as_str()).unwrap_or_default();
        let version = completed.deployment_version.as_ref().map(|version| version.build_id.as_str());
        let build_id = version.unwrap_or(stamp);
        let checksum = completed.binary_checksum.as_str();
        if build_id.is_empty() && checksum.is_empty() {
            return;
        }
        let run_id = self.run_id().to_string();
        let resettable = !self.has_children() && self.state.external == External::default();
        let points = &mut self.state.workflow_tasks.reset_points;
        let known = |point: &ResetPointInfo| point.build_id == build_id && point.binary_checksum == checksum;
        if points.iter().any(known) {
            return;
        }
        if points.len() >= limits::RESET_POINTS_MAX {
            points.remove(0);
        }
        points.push(ResetPointInfo {
            build_id: build_id.to_owned(),
            binary_checksum: checksum.to_owned(),
            run_id,
            first_workflow_task_completed_id: completed_event_id,
            create_time: Some(to_proto_time(at)),
            resettable,
            ..ResetPointInfo::default()
        });
        // Lists show them.
        self.state.position.visibility_revision += 1;
    }
}

impl State {
    /// Points to reset to, as lists and Describe show them.
    pub fn reset_points(&self) -> Option<ResetPoints> {
        let points = self.workflow_tasks.reset_points.clone();
        (!points.is_empty()).then_some(ResetPoints { points })
    }

    /// The builds that have completed workflow tasks of this run: that no deployment has anything to do with it, and each
    /// build, the first one first.
    pub(super) fn build_ids(&self) -> Vec<String> {
        const UNVERSIONED: &str = "unversioned";
        let tasks = &self.workflow_tasks;
        if tasks.previous_started_event_id == 0 {
            return Vec::new();
        }
        let own_id = uuid::Uuid::from_slice(&self.identity.run_id).unwrap_or_default().to_string();
        let points = tasks.reset_points.iter().filter(|point| point.run_id == own_id);
        let newest = tasks.worker_version.iter().map(|stamp| stamp.build_id.as_str());
        let mut ids = vec![UNVERSIONED.to_owned()];
        for build_id in points.map(|point| point.build_id.as_str()).chain(newest).filter(|id| !id.is_empty()) {
            let id = format!("{UNVERSIONED}:{build_id}");
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The programs of workers that the points name.
    #[expect(deprecated, reason = "only old workers name their program by a checksum")]
    pub(super) fn binary_checksums(&self) -> Vec<String> {
        let points = self.workflow_tasks.reset_points.iter();
        points.map(|point| point.binary_checksum.clone()).filter(|checksum| !checksum.is_empty()).collect()
    }
}

fn is_expired(point: &ResetPointInfo, now: Timestamp) -> bool {
    point.expire_time.as_ref().is_some_and(|time| from_proto_time(Some(time)) < now)
}
