// What every scenario uses: a workflow id and task queue of its own, a worker on it, and finish, which compares the
// event types of the closed run with the expected list and replays the history in the SDK.
package conformance

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// The events of a workflow task and of an activity that go well, in short names.
var (
	task     = []string{"TaskScheduled", "TaskStarted", "TaskCompleted"}
	activity = []string{"ActivityScheduled", "ActivityStarted", "ActivityCompleted"}
)

// No scenario needs this long; it turns a hanging server into a failure with a name.
const patience = 30 * time.Second

var (
	connection client.Client
	// The SDK warns of each failure that a scenario provokes.
	logger = log.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1})))
)

func TestMain(m *testing.M) {
	address := os.Getenv("ABIDE_ADDRESS")
	if address == "" {
		os.Stderr.WriteString("set ABIDE_ADDRESS to the host:port of the server under test\n")
		os.Exit(2)
	}
	var err error
	connection, err = client.Dial(client.Options{HostPort: address, Logger: logger})
	if err != nil {
		os.Stderr.WriteString("cannot reach the server: " + err.Error() + "\n")
		os.Exit(1)
	}
	code := m.Run()
	connection.Close()
	os.Exit(code)
}

// A scenario's corner of the server.
type corner struct {
	*testing.T
	ctx context.Context
	id  string
}

func newCorner(t *testing.T) corner {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return corner{T: t, ctx: ctx, id: "conformance-" + uuid.NewString()}
}

// Starts a worker that lives until the returned function is called, at the latest until the scenario is over.
func (c corner) work(options worker.Options, register func(worker.Registry)) (stop func()) {
	c.Helper()
	w := worker.New(connection, c.id, options)
	register(w)
	c.must(w.Start())
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			w.Stop()
		}
	}
	c.Cleanup(stop)
	return stop
}

func (c corner) options() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: c.id, TaskQueue: c.id, WorkflowExecutionTimeout: patience}
}

func (c corner) start(workflow any, args ...any) client.WorkflowRun {
	c.Helper()
	run, err := connection.ExecuteWorkflow(c.ctx, c.options(), workflow, args...)
	c.must(err)
	return run
}

func (c corner) signal(name string, argument any) {
	c.Helper()
	c.must(connection.SignalWorkflow(c.ctx, c.id, "", name, argument))
}

func (c corner) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func same[V comparable](c corner, got, want V) {
	c.Helper()
	if got != want {
		c.Fatalf("got %v, want %v", got, want)
	}
}

// Waits until the run has an event of the type.
func (c corner) seen(run client.WorkflowRun, name string) *historypb.HistoryEvent {
	c.Helper()
	events := connection.GetWorkflowHistory(c.ctx, run.GetID(), run.GetRunID(), true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		c.must(err)
		if eventName(event) == name {
			return event
		}
	}
	c.Fatalf("the run closed before %s", name)
	return nil
}

func (c corner) history(runID string) *historypb.History {
	c.Helper()
	history := &historypb.History{}
	events := connection.GetWorkflowHistory(c.ctx, c.id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		c.must(err)
		history.Events = append(history.Events, event)
		same(c, event.EventId, int64(len(history.Events)))
	}
	return history
}

// Checks the events of a closed run and replays it.
func (c corner) finish(runID string, workflow any, expected ...[]string) *historypb.History {
	c.Helper()
	history := c.history(runID)
	var names []string
	for _, event := range history.Events {
		names = append(names, eventName(event))
	}
	if want := slices.Concat(expected...); !slices.Equal(names, want) {
		c.Fatalf("events\n got %v\nwant %v", names, want)
	}
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(workflow)
	c.must(replayer.ReplayWorkflowHistory(logger, history))
	return history
}

// WorkflowTaskStarted is TaskStarted, ActivityTaskStarted is ActivityStarted, WorkflowExecutionSignaled is Signaled.
func eventName(event *historypb.HistoryEvent) string {
	return strings.NewReplacer("WorkflowExecution", "", "ActivityTask", "Activity", "Workflow", "").Replace(event.EventType.String())
}

func text(payloads *commonpb.Payloads) string {
	return string(payloads.GetPayloads()[0].GetData())
}
