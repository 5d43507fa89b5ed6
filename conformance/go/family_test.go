// Workflows that deal with others: children, signals to strangers, and the runs that follow one another.
package conformance

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func child(ctx workflow.Context, how string) (string, error) {
	switch how {
	case "fail":
		return "", temporal.NewNonRetryableApplicationError("the child's fault", "Fault", nil)
	case "wait":
		return "", workflow.Await(ctx, func() bool { return false })
	default:
		return "from " + workflow.GetInfo(ctx).ParentWorkflowExecution.ID, nil
	}
}

func parent(ctx workflow.Context, childID, how string) (result string, err error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          childID,
		WaitForCancellation: true,
	})
	err = workflow.ExecuteChildWorkflow(ctx, child, how).Get(ctx, &result)
	return result, err
}

func registerFamily(r worker.Registry) {
	r.RegisterWorkflow(parent)
	r.RegisterWorkflow(child)
}

// A child that starts, up to the workflow task that its start brings.
var childStarted = []string{"StartChildInitiated", "ChildStarted"}

func TestAParentGetsTheResultOfItsChild(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, registerFamily)
	var result string
	c.must(c.start(parent, c.id+"-child", "return").Get(c.ctx, &result))
	same(c, result, "from "+c.id)
	c.finish("", parent, []string{"Started"}, task, childStarted, task, []string{"ChildCompleted"}, task, []string{"Completed"})
}

func TestAParentIsToldWhyItsChildFailed(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, registerFamily)
	err := c.start(parent, c.id+"-child", "fail").Get(c.ctx, nil)
	var failed *temporal.ChildWorkflowExecutionError
	var cause *temporal.ApplicationError
	if !errors.As(err, &failed) || !errors.As(failed, &cause) {
		t.Fatalf("got %v, want the failure of the child", err)
	}
	same(c, cause.Type(), "Fault")
	c.finish("", parent, []string{"Started"}, task, childStarted, task, []string{"ChildFailed"}, task, []string{"Failed"})
}

func TestAChildIsTerminatedWithItsParent(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, registerFamily)
	run := c.start(parent, c.id+"-child", "wait")
	c.seen(run, "ChildStarted")
	c.must(connection.TerminateWorkflow(c.ctx, c.id, "", "enough"))
	var terminated *temporal.TerminatedError
	if err := connection.GetWorkflow(c.ctx, c.id+"-child", "").Get(c.ctx, nil); !errors.As(err, &terminated) {
		t.Fatalf("got %v, want a termination", err)
	}
}

func tells(ctx workflow.Context, target string) error {
	return workflow.SignalExternalWorkflow(ctx, target, "", "word", "hello").Get(ctx, nil)
}

func TestAWorkflowSignalsAnother(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(tells)
		r.RegisterWorkflow(joins)
	})
	options := c.options()
	options.ID += "-target"
	target, err := connection.ExecuteWorkflow(c.ctx, options, joins, 1)
	c.must(err)
	c.must(c.start(tells, options.ID).Get(c.ctx, nil))
	var joined string
	c.must(target.Get(c.ctx, &joined))
	same(c, joined, "hello")
	c.finish("", tells, []string{"Started"}, task, []string{"SignalExternalInitiated", "ExternalSignaled"}, task, []string{"Completed"})
}

func succeedsAt(ctx workflow.Context, attempt int32) (int32, error) {
	if current := workflow.GetInfo(ctx).Attempt; current < attempt {
		return current, errors.New("too early")
	}
	return attempt, nil
}

func TestAWorkflowIsTriedAgainByItsPolicy(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(succeedsAt) })
	options := c.options()
	options.RetryPolicy = &temporal.RetryPolicy{InitialInterval: time.Millisecond, MaximumAttempts: 3}
	run, err := connection.ExecuteWorkflow(c.ctx, options, succeedsAt, int32(2))
	c.must(err)
	first := run.GetRunID()
	var attempt int32
	c.must(run.Get(c.ctx, &attempt))
	same(c, attempt, 2)
	history := c.finish(first, succeedsAt, []string{"Started"}, task, []string{"Failed"})
	failed := history.Events[4].GetWorkflowExecutionFailedEventAttributes()
	same(c, failed.RetryState, enumspb.RETRY_STATE_IN_PROGRESS)
	history = c.finish(failed.NewExecutionRunId, succeedsAt, []string{"Started"}, task, []string{"Completed"})
	started := history.Events[0].GetWorkflowExecutionStartedEventAttributes()
	same(c, started.Initiator, enumspb.CONTINUE_AS_NEW_INITIATOR_RETRY)
	same(c, started.Attempt, 2)
}

func adds(ctx workflow.Context) (sum int, err error) {
	if workflow.HasLastCompletionResult(ctx) {
		err = workflow.GetLastCompletionResult(ctx, &sum)
	}
	return sum + 1, err
}

func TestACronWorkflowHandsItsResultToTheNextRun(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(adds) })
	options := c.options()
	options.CronSchedule = "@every 1s"
	run, err := connection.ExecuteWorkflow(c.ctx, options, adds)
	c.must(err)
	completed := c.seen(run, "Completed").GetWorkflowExecutionCompletedEventAttributes()
	same(c, text(completed.Result), "1")
	second := connection.GetWorkflow(c.ctx, c.id, completed.NewExecutionRunId)
	completed = c.seen(second, "Completed").GetWorkflowExecutionCompletedEventAttributes()
	same(c, text(completed.Result), "2")
	c.must(connection.TerminateWorkflow(c.ctx, c.id, "", "enough"))
	started := c.history(second.GetRunID()).Events[0].GetWorkflowExecutionStartedEventAttributes()
	same(c, started.Initiator, enumspb.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE)
	same(c, text(started.LastCompletionResult), "1")
}

func TestAResetRunGetsTheSignalsAgain(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(joins) })
	run := c.start(joins, 1)
	c.seen(run, "TaskCompleted")
	c.signal("word", "a")
	c.must(run.Get(c.ctx, nil))
	reset, err := connection.ResetWorkflowExecution(c.ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 client.DefaultNamespace,
		WorkflowExecution:         &commonpb.WorkflowExecution{WorkflowId: c.id, RunId: run.GetRunID()},
		Reason:                    "again",
		RequestId:                 uuid.NewString(),
		WorkflowTaskFinishEventId: 4,
	})
	c.must(err)
	var joined string
	c.must(connection.GetWorkflow(c.ctx, c.id, reset.RunId).Get(c.ctx, &joined))
	same(c, joined, "a")
	history := c.finish(reset.RunId, joins, []string{"Started", "TaskScheduled", "TaskStarted", "TaskFailed", "Signaled"},
		task, []string{"Completed"})
	failed := history.Events[3].GetWorkflowTaskFailedEventAttributes()
	same(c, failed.Cause, enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW)
	same(c, failed.BaseRunId, run.GetRunID())
}

func TestAStartMayBeDelayed(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(joins) })
	options := c.options()
	options.StartDelay = time.Second
	run, err := connection.ExecuteWorkflow(c.ctx, options, joins, 1)
	c.must(err)
	c.signal("word", "early")
	c.must(run.Get(c.ctx, nil))
	history := c.finish("", joins, []string{"Started", "Signaled"}, task, []string{"Completed"})
	waited := history.Events[2].EventTime.AsTime().Sub(history.Events[0].EventTime.AsTime())
	if waited < time.Second {
		t.Fatalf("the first task came after %s", waited)
	}
}
