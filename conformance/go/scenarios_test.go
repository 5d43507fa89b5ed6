// The scenarios: each test's name is a sentence about the server that can be false.
package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	sdkactivity "go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func greet(_ context.Context, name string) (string, error) {
	return "Hello, " + name, nil
}

func succeedAtThirdAttempt(ctx context.Context) (int32, error) {
	attempt := sdkactivity.GetInfo(ctx).Attempt
	if attempt == 1 {
		sdkactivity.RecordHeartbeat(ctx, "kept")
	}
	if attempt < 3 {
		return 0, errors.New("not yet")
	}
	return attempt, nil
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func withActivity(ctx workflow.Context, attempts int32) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		HeartbeatTimeout:    5 * time.Second,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Millisecond, MaximumAttempts: attempts},
	})
}

func greets(ctx workflow.Context, name string) (greeting string, err error) {
	err = workflow.ExecuteActivity(withActivity(ctx, 1), greet, name).Get(ctx, &greeting)
	return greeting, err
}

func TestAnActivityResultReachesTheWorkflow(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(greets)
		r.RegisterActivity(greet)
	})
	run := c.start(greets, "world")
	var greeting string
	c.must(run.Get(c.ctx, &greeting))
	same(c, greeting, "Hello, world")
	c.finish("", greets, []string{"Started"}, task, activity, task, []string{"Completed"})
}

func retries(ctx workflow.Context) (attempt int32, err error) {
	err = workflow.ExecuteActivity(withActivity(ctx, 0), succeedAtThirdAttempt).Get(ctx, &attempt)
	return attempt, err
}

func TestAnActivityIsTriedAgainUntilItSucceeds(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(retries)
		r.RegisterActivity(succeedAtThirdAttempt)
	})
	var attempt int32
	c.must(c.start(retries).Get(c.ctx, &attempt))
	same(c, attempt, 3)
	history := c.finish("", retries, []string{"Started"}, task, activity, task, []string{"Completed"})
	started := history.Events[5].GetActivityTaskStartedEventAttributes()
	same(c, started.Attempt, 3)
	same(c, started.LastFailure.Message, "not yet")
}

func timesOut(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 200 * time.Millisecond,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return workflow.ExecuteActivity(ctx, hang).Get(ctx, nil)
}

func TestAnActivityThatTakesTooLongFailsTheWorkflow(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(timesOut)
		r.RegisterActivity(hang)
	})
	err := c.start(timesOut).Get(c.ctx, nil)
	var timeout *temporal.TimeoutError
	if !errors.As(err, &timeout) {
		t.Fatalf("got %v, want a timeout", err)
	}
	same(c, timeout.TimeoutType(), enumspb.TIMEOUT_TYPE_START_TO_CLOSE)
	c.finish("", timesOut, []string{"Started"}, task,
		[]string{"ActivityScheduled", "ActivityStarted", "ActivityTimedOut"}, task, []string{"Failed"})
}

func cancelsATimer(ctx workflow.Context) error {
	canceled, cancel := workflow.WithCancel(ctx)
	long := workflow.NewTimer(canceled, time.Hour)
	if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
		return err
	}
	cancel()
	if err := long.Get(ctx, nil); !temporal.IsCanceledError(err) {
		return errors.New("the timer was not canceled")
	}
	return workflow.Sleep(ctx, time.Millisecond)
}

func TestACanceledTimerNeverFires(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(cancelsATimer) })
	c.must(c.start(cancelsATimer).Get(c.ctx, nil))
	c.finish("", cancelsATimer, []string{"Started"}, task, []string{"TimerStarted", "TimerStarted", "TimerFired"},
		task, []string{"TimerCanceled", "TimerStarted", "TimerFired"}, task, []string{"Completed"})
}

func joins(ctx workflow.Context, wanted int) (joined string, err error) {
	if err := workflow.SetQueryHandler(ctx, "joined", func() (string, error) { return joined, nil }); err != nil {
		return "", err
	}
	words := workflow.GetSignalChannel(ctx, "word")
	for range wanted {
		var word string
		words.Receive(ctx, &word)
		joined += word
	}
	return joined, nil
}

func TestSignalsBeforeTheFirstTaskArriveInOrder(t *testing.T) {
	c := newCorner(t)
	run := c.start(joins, 3)
	for _, word := range []string{"a", "b", "c"} {
		c.signal("word", word)
	}
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(joins) })
	var joined string
	c.must(run.Get(c.ctx, &joined))
	same(c, joined, "abc")
	c.finish("", joins, []string{"Started", "TaskScheduled", "Signaled", "Signaled", "Signaled"},
		task[1:], []string{"Completed"})
}

func TestAQuerySeesTheSignalsBeforeItAndOutlivesTheRun(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(joins) })
	run, err := connection.SignalWithStartWorkflow(c.ctx, c.id, "word", "a", c.options(), joins, 2)
	c.must(err)
	c.seen(run, "TaskCompleted")
	ask := func() (joined string) {
		answer, err := connection.QueryWorkflow(c.ctx, c.id, "", "joined")
		c.must(err)
		c.must(answer.Get(&joined))
		return joined
	}
	same(c, ask(), "a")
	c.signal("word", "b")
	c.must(run.Get(c.ctx, nil))
	same(c, ask(), "ab")
	_, err = connection.QueryWorkflow(c.ctx, c.id, "", "unheard of")
	var failed *serviceerror.QueryFailed
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want a failed query", err)
	}
	c.finish("", joins, []string{"Started", "Signaled"}, task, []string{"Signaled"}, task, []string{"Completed"})
}

func cleansUp(ctx workflow.Context) error {
	err := workflow.ExecuteActivity(withActivity(ctx, 1), greet, "nobody").Get(ctx, nil)
	if err == nil {
		err = workflow.Sleep(ctx, time.Hour)
	}
	if temporal.IsCanceledError(err) {
		clean, _ := workflow.NewDisconnectedContext(ctx)
		if err := workflow.Sleep(clean, time.Millisecond); err != nil {
			return err
		}
	}
	return err
}

func TestACanceledWorkflowMayCleanUpFirst(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(cleansUp)
		r.RegisterActivity(greet)
	})
	run := c.start(cleansUp)
	c.seen(run, "TimerStarted")
	c.must(connection.CancelWorkflow(c.ctx, c.id, ""))
	var canceled *temporal.CanceledError
	if err := run.Get(c.ctx, nil); !errors.As(err, &canceled) {
		t.Fatalf("got %v, want a cancellation", err)
	}
	c.finish("", cleansUp, []string{"Started"}, task, activity, task, []string{"TimerStarted", "CancelRequested"},
		task, []string{"TimerCanceled", "TimerStarted", "TimerFired"}, task, []string{"Canceled"})
}

func countsDown(ctx workflow.Context, left int) (string, error) {
	if left > 0 {
		return "", workflow.NewContinueAsNewError(ctx, countsDown, left-1)
	}
	return workflow.GetInfo(ctx).ContinuedExecutionRunID, nil
}

func TestAChainOfRunsHasTheResultOfTheLast(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) { r.RegisterWorkflow(countsDown) })
	run := c.start(countsDown, 1)
	first := run.GetRunID()
	var previous string
	c.must(run.Get(c.ctx, &previous))
	same(c, previous, first)
	history := c.finish(first, countsDown, []string{"Started"}, task, []string{"ContinuedAsNew"})
	second := history.Events[4].GetWorkflowExecutionContinuedAsNewEventAttributes().NewExecutionRunId
	history = c.finish(second, countsDown, []string{"Started"}, task, []string{"Completed"})
	same(c, history.Events[0].GetWorkflowExecutionStartedEventAttributes().FirstExecutionRunId, first)
}

func marks(ctx workflow.Context) (string, error) {
	if version := workflow.GetVersion(ctx, "change", workflow.DefaultVersion, 2); version != 2 {
		return "", errors.New("a new run has the newest version")
	}
	var drawn, greeting string
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return "drawn" }).Get(&drawn); err != nil {
		return "", err
	}
	mutable := workflow.MutableSideEffect(ctx, "flag", func(workflow.Context) any { return 1 },
		func(a, b any) bool { return a == b })
	if mutable == nil {
		return "", errors.New("no value")
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: 5 * time.Second})
	if err := workflow.ExecuteLocalActivity(local, greet, drawn).Get(ctx, &greeting); err != nil {
		return "", err
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{"stage": "marked"}); err != nil {
		return "", err
	}
	attribute := temporal.NewSearchAttributeKeyKeyword("CustomKeywordField")
	if err := workflow.UpsertTypedSearchAttributes(ctx, attribute.ValueSet("blue")); err != nil {
		return "", err
	}
	return greeting, workflow.Sleep(ctx, time.Millisecond)
}

func TestWhatAWorkflowMarksIsInItsHistoryAndDescription(t *testing.T) {
	c := newCorner(t)
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflow(marks)
		r.RegisterActivity(greet)
	})
	var greeting string
	c.must(c.start(marks).Get(c.ctx, &greeting))
	same(c, greeting, "Hello, drawn")
	described, err := connection.DescribeWorkflowExecution(c.ctx, c.id, "")
	c.must(err)
	info := described.WorkflowExecutionInfo
	same(c, info.Status, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	same(c, string(info.Memo.Fields["stage"].Data), `"marked"`)
	same(c, string(info.SearchAttributes.IndexedFields["CustomKeywordField"].Data), `"blue"`)
	// The version leaves a marker and a search attribute; the two side effects and the local activity a marker each.
	c.finish("", marks, []string{"Started"}, task,
		[]string{"MarkerRecorded", "UpsertSearchAttributes", "MarkerRecorded", "MarkerRecorded", "MarkerRecorded"},
		[]string{"PropertiesModified", "UpsertSearchAttributes", "TimerStarted", "TimerFired"}, task, []string{"Completed"})
}

func waits(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return false })
}

func TestAnIdHasOneOpenRunUnlessTheStarterSaysOtherwise(t *testing.T) {
	c := newCorner(t)
	first := c.start(waits)
	options := c.options()
	options.WorkflowExecutionErrorWhenAlreadyStarted = true
	_, err := connection.ExecuteWorkflow(c.ctx, options, waits)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if !errors.As(err, &started) {
		t.Fatalf("got %v, want a refusal", err)
	}
	same(c, started.RunId, first.GetRunID())

	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	joined, err := connection.ExecuteWorkflow(c.ctx, options, waits)
	c.must(err)
	same(c, joined.GetRunID(), first.GetRunID())

	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
	second, err := connection.ExecuteWorkflow(c.ctx, options, waits)
	c.must(err)
	c.finish(first.GetRunID(), waits, []string{"Started", "TaskScheduled", "Terminated"})

	c.must(connection.TerminateWorkflow(c.ctx, c.id, "", "enough", "a detail"))
	var terminated *temporal.TerminatedError
	if err := second.Get(c.ctx, nil); !errors.As(err, &terminated) {
		t.Fatalf("got %v, want a termination", err)
	}
	history := c.finish(second.GetRunID(), waits, []string{"Started", "TaskScheduled", "Terminated"})
	attributes := history.Events[2].GetWorkflowExecutionTerminatedEventAttributes()
	same(c, attributes.Reason, "enough")
	same(c, text(attributes.Details), `"a detail"`)
}

func TestAWorkflowTaskThatPanicsIsTriedAgain(t *testing.T) {
	c := newCorner(t)
	const name = "fixed between attempts"
	broken := func(workflow.Context) error { panic("a bug") }
	fixed := func(workflow.Context) error { return nil }
	options := c.options()
	options.WorkflowTaskTimeout = time.Second
	stop := c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflowWithOptions(broken, workflow.RegisterOptions{Name: name})
	})
	run, err := connection.ExecuteWorkflow(c.ctx, options, name)
	c.must(err)
	c.seen(run, "TaskFailed")
	stop()
	c.work(worker.Options{}, func(r worker.Registry) {
		r.RegisterWorkflowWithOptions(fixed, workflow.RegisterOptions{Name: name})
	})
	c.must(run.Get(c.ctx, nil))
	history := c.history("")
	same(c, eventName(history.Events[3]), "TaskFailed")
	same(c, eventName(history.Events[len(history.Events)-1]), "Completed")
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(fixed, workflow.RegisterOptions{Name: name})
	c.must(replayer.ReplayWorkflowHistory(logger, history))
}
