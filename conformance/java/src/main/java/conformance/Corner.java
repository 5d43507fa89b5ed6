package conformance;

import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * One scenario's corner of the server: a workflow id and a task queue of its own, a worker on it, and {@code finish},
 * which compares the event types of the closed run with the expected list and replays the history in the SDK.
 */
final class Corner implements AutoCloseable {
    /** The events of a workflow task and of an activity that go well, in short names. */
    static final String TASK = "TaskScheduled TaskStarted TaskCompleted";

    static final String ACTIVITY = "ActivityScheduled ActivityStarted ActivityCompleted";
    static final String UPDATE = "UpdateAccepted UpdateCompleted";

    /** No scenario needs this long; it turns a hanging server into a failure with a name. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern NOISE =
            Pattern.compile("EVENT_TYPE_|WORKFLOW_EXECUTION_|WORKFLOW_|(?<=ACTIVITY_)TASK_");

    final WorkflowClient client;
    final String id = "conformance-" + UUID.randomUUID();
    private final WorkerFactory workers;

    Corner(WorkflowClient client) {
        this.client = client;
        workers = WorkerFactory.newInstance(client);
    }

    /** Starts a worker that lives as long as the scenario. */
    void work(Class<?>[] workflows, Object... activities) {
        Worker worker = workers.newWorker(id);
        worker.registerWorkflowImplementationTypes(workflows);
        worker.registerActivitiesImplementations(activities);
        workers.start();
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }

    WorkflowOptions.Builder options() {
        return WorkflowOptions.newBuilder()
                .setWorkflowId(id)
                .setTaskQueue(id)
                .setWorkflowExecutionTimeout(PATIENCE);
    }

    WorkflowStub stub(String type) {
        return client.newUntypedWorkflowStub(type, options().build());
    }

    /** A run of the workflow; null is the current one. */
    WorkflowStub run(String runId) {
        return client.newUntypedWorkflowStub(
                WorkflowTargetOptions.newBuilder().setWorkflowId(id).setRunId(runId).build());
    }

    List<HistoryEvent> history(String runId) {
        return client.fetchHistory(id, runId).getEvents();
    }

    /** The run's first event of one type, awaited by asking for the history until it is there. */
    HistoryEvent seen(String runId, String name) {
        while (true) {
            List<HistoryEvent> history = history(runId);
            for (HistoryEvent event : history) {
                if (name(event).equals(name)) {
                    return event;
                }
            }
        }
    }

    /** Checks the events of a run, given in short names between blanks. */
    WorkflowExecutionHistory events(String runId, String... expected) {
        WorkflowExecutionHistory history = client.fetchHistory(id, runId);
        List<String> names = new ArrayList<>();
        for (HistoryEvent event : history.getEvents()) {
            names.add(name(event));
        }
        same(names, Arrays.asList(String.join(" ", expected).split(" ")));
        return history;
    }

    /** Checks the events of a closed run, and replays it. */
    List<HistoryEvent> finish(String runId, Class<?> workflow, String... expected) throws Exception {
        WorkflowExecutionHistory history = events(runId, expected);
        WorkflowReplayer.replayWorkflowExecution(history, workflow);
        return history.getEvents();
    }

    /** EVENT_TYPE_WORKFLOW_TASK_STARTED is TaskStarted, EVENT_TYPE_ACTIVITY_TASK_STARTED is ActivityStarted. */
    static String name(HistoryEvent event) {
        StringBuilder name = new StringBuilder();
        String type = event.getEventType().name();
        for (String word : NOISE.matcher(type).replaceAll("").split("_")) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase());
        }
        return name.toString();
    }

    static void same(Object got, Object wanted) {
        if (!got.equals(wanted)) {
            throw new AssertionError("\n got " + got + "\nwant " + wanted);
        }
    }
}
