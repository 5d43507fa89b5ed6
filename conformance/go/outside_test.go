// What a client does to an open run: updates, operations on its activities, and its deletion.
package conformance

import (
	"errors"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var update = []string{"UpdateAccepted", "UpdateCompleted"}

func sums(ctx workflow.Context, wanted int) (sum int, err error) {
	err = workflow.SetUpdateHandlerWithOptions(ctx, "add",
		func(_ workflow.Context, number int) (int, error) {
			sum += number
			return sum, nil
		},
		workflow.UpdateHandlerOptions{Validator: func(number int) error {
			if number < 0 {
				return temporal.NewApplicationError("not negative", "Negative")
			}
			return nil
		}})
	if err != nil {
		return 0, err
	}
	return sum, workflow.Await(ctx, func() bool { return sum >= wanted })
}

func (c corner) update(id string, number int) (int, error) {
	c.Helper()
	handle, err := connection.UpdateWorkflow(c.ctx, client.UpdateWorkflowOptions{
		WorkflowID:   c.id,
		UpdateID:     id,
		UpdateName:   "add",
		Args:         []any{number},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	c.must(err)
	var sum int
	err = handle.Get(c.ctx, &sum)
	return sum, err
}

func TestAnUpdateIsAnsweredOnceForEachId(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(sums) })
	run := c.start(sums, 3)
	c.seen(run, "TaskCompleted")
	for range 2 {
		sum, err := c.update("once", 2)
		c.must(err)
		same(c, sum, 2)
	}
	sum, err := c.update("twice", 1)
	c.must(err)
	same(c, sum, 3)
	c.must(run.Get(c.ctx, nil))
	c.finish("", sums, []string{"Started"}, task, task, update, task, update, []string{"Completed"})
}

func TestARejectedUpdateLeavesNothingInTheHistory(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(sums) })
	run := c.start(sums, 1)
	c.seen(run, "TaskCompleted")
	_, err := c.update("bad", -1)
	var rejected *temporal.ApplicationError
	if !errors.As(err, &rejected) {
		t.Fatalf("got %v, want a rejection", err)
	}
	same(c, rejected.Type(), "Negative")
	_, err = c.update("good", 1)
	c.must(err)
	c.must(run.Get(c.ctx, nil))
	c.finish("", sums, []string{"Started"}, task, task, update, []string{"Completed"})
}

func TestAnUpdateWithStartStartsTheRunThatItUpdates(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(sums) })
	options := c.options()
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	start := connection.NewWithStartWorkflowOperation(options, sums, 1)
	handle, err := connection.UpdateWithStartWorkflow(c.ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID:   c.id,
			UpdateName:   "add",
			Args:         []any{1},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	c.must(err)
	var sum int
	c.must(handle.Get(c.ctx, &sum))
	same(c, sum, 1)
	run, err := start.Get(c.ctx)
	c.must(err)
	c.must(run.Get(c.ctx, nil))
	c.finish(run.GetRunID(), sums, []string{"Started"}, task, update, []string{"Completed"})
}

func TestAWorkerStartsItsOwnWorkflowsEagerly(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(greets)
		r.RegisterActivity(greet)
	})
	options := c.options()
	options.EnableEagerStart = true
	run, err := connection.ExecuteWorkflow(c.ctx, options, greets, "eager")
	c.must(err)
	c.must(run.Get(c.ctx, nil))
	c.finish("", greets, []string{"Started"}, task, activity, task, []string{"Completed"})
}

func calls(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second, DisableEagerExecution: true})
	return workflow.ExecuteActivity(ctx, greet, "you").Get(ctx, nil)
}

func TestAPausedActivityWaitsUntilItIsUnpaused(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{LocalActivityWorkerOnly: true}, func(r worker.Registry) { r.RegisterWorkflow(calls) })
	run := c.start(calls)
	c.seen(run, "ActivityScheduled")
	service := connection.WorkflowService()
	execution := &commonpb.WorkflowExecution{WorkflowId: c.id}
	id := &workflowservice.PauseActivityRequest_Type{Type: "greet"}
	_, err := service.PauseActivity(c.ctx, &workflowservice.PauseActivityRequest{Namespace: client.DefaultNamespace, Execution: execution, Activity: id})
	c.must(err)
	described, err := connection.DescribeWorkflowExecution(c.ctx, c.id, "")
	c.must(err)
	same(c, described.PendingActivities[0].Paused, true)
	same(c, described.PendingActivities[0].State, enumspb.PENDING_ACTIVITY_STATE_PAUSED)
	_, err = service.UnpauseActivity(c.ctx, &workflowservice.UnpauseActivityRequest{
		Namespace: client.DefaultNamespace, Execution: execution, Activity: &workflowservice.UnpauseActivityRequest_Type{Type: "greet"},
	})
	c.must(err)
	c.work(worker.Options{DisableWorkflowWorker: true}, func(r worker.Registry) { r.RegisterActivity(greet) })
	c.must(run.Get(c.ctx, nil))
	c.finish("", calls, []string{"Started"}, task, activity, task, []string{"Completed"})
}

func TestADeletedRunIsNotFound(t *testing.T) {
	c := newCorner(t)
	run := c.start(waits)
	service := connection.WorkflowService()
	execution := &commonpb.WorkflowExecution{WorkflowId: c.id, RunId: run.GetRunID()}
	_, err := service.DeleteWorkflowExecution(c.ctx, &workflowservice.DeleteWorkflowExecutionRequest{Namespace: client.DefaultNamespace, WorkflowExecution: execution})
	c.must(err)
	var absent *serviceerror.NotFound
	// Nothing tells when it is done, so it is asked for.
	for !errors.As(err, &absent) {
		_, err = connection.DescribeWorkflowExecution(c.ctx, c.id, run.GetRunID())
		c.must(c.ctx.Err())
	}
}
