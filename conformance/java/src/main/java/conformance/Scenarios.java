package conformance;

import static conformance.Corner.ACTIVITY;
import static conformance.Corner.TASK;
import static conformance.Corner.UPDATE;
import static conformance.Corner.same;

import conformance.Workflows.*;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.ContinueAsNewInitiator;
import io.temporal.api.enums.v1.RetryState;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowTaskFailedCause;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.history.v1.WorkflowExecutionFailedEventAttributes;
import io.temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.ResetWorkflowExecutionResponse;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WithStartWorkflowOperation;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.failure.TerminatedFailure;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** The scenarios: each one's name is a sentence about the server that can be false. */
final class Scenarios {
    private Scenarios() {}

    private static <T extends Throwable> T causeOf(Class<T> type, Runnable call) {
        try {
            call.run();
        } catch (WorkflowFailedException | WorkflowUpdateException failed) {
            if (type.isInstance(failed.getCause())) {
                return type.cast(failed.getCause());
            }
            throw new AssertionError("not a " + type.getSimpleName(), failed);
        }
        throw new AssertionError("it did not fail");
    }

    @Scenario("an activity result reaches the workflow")
    static void anActivityResult(Corner c) throws Exception {
        c.work(new Class<?>[] {GreetsImpl.class}, new Doing());
        WorkflowStub run = c.stub("Greets");
        run.start("world");
        same(run.getResult(String.class), "Hello, world");
        c.finish(null, GreetsImpl.class, "Started", TASK, ACTIVITY, TASK, "Completed");
    }

    @Scenario("an activity is tried again until it succeeds")
    static void anActivityIsTriedAgain(Corner c) throws Exception {
        c.work(new Class<?>[] {RetriesImpl.class}, new Doing());
        WorkflowStub run = c.stub("Retries");
        run.start(3);
        same(run.getResult(Integer.class), 3);
        List<HistoryEvent> history = c.finish(null, RetriesImpl.class, "Started", TASK, ACTIVITY, TASK, "Completed");
        same(history.get(5).getActivityTaskStartedEventAttributes().getLastFailure().getMessage(), "attempt 2");
    }

    @Scenario("two activities of one workflow task are both done")
    static void twoActivities(Corner c) throws Exception {
        c.work(new Class<?>[] {RacesImpl.class}, new Doing());
        WorkflowStub run = c.stub("Races");
        run.start("me");
        same(run.getResult(String.class), "Hello, me Hello, you");
        long completed = c.history(null).stream().filter(e -> Corner.name(e).equals("ActivityCompleted")).count();
        same(completed, 2L);
    }

    @Scenario("a query sees the signals before it and outlives the run")
    static void aQuery(Corner c) throws Exception {
        c.work(new Class<?>[] {SumsImpl.class});
        WorkflowStub run = c.stub("Sums");
        run.signalWithStart("tell", new Object[] {1}, new Object[] {3});
        same(run.query("sum", Integer.class), 1);
        run.signal("tell", 2);
        same(run.getResult(Integer.class), 3);
        same(run.query("sum", Integer.class), 3);
        c.finish(null, SumsImpl.class, "Started Signaled", TASK, "Signaled", TASK, "Completed");
    }

    @Scenario("a canceled workflow may clean up first")
    static void aCancellation(Corner c) throws Exception {
        c.work(new Class<?>[] {CleansUpImpl.class});
        WorkflowStub run = c.stub("CleansUp");
        run.start();
        c.seen(null, "TimerStarted");
        run.cancel();
        causeOf(CanceledFailure.class, () -> run.getResult(Void.class));
        c.finish(
                null,
                CleansUpImpl.class,
                "Started",
                TASK,
                "TimerStarted CancelRequested",
                TASK,
                "TimerCanceled TimerStarted TimerFired",
                TASK,
                "Canceled");
    }

    @Scenario("an update is answered once for each id")
    static void anUpdate(Corner c) throws Exception {
        c.work(new Class<?>[] {SumsImpl.class});
        WorkflowStub run = c.stub("Sums");
        run.start(3);
        c.seen(null, "TaskCompleted");
        UpdateOptions<Integer> once = UpdateOptions.newBuilder(Integer.class)
                .setUpdateName("add")
                .setUpdateId("once")
                .setWaitForStage(WorkflowUpdateStage.COMPLETED)
                .build();
        same(run.startUpdate(once, 2).getResult(), 2);
        same(run.startUpdate(once, 2).getResult(), 2);
        same(run.update("add", Integer.class, 1), 3);
        same(run.getResult(Integer.class), 3);
        c.finish(null, SumsImpl.class, "Started", TASK, TASK, UPDATE, TASK, UPDATE, "Completed");
    }

    @Scenario("a rejected update leaves nothing in the history")
    static void aRejectedUpdate(Corner c) throws Exception {
        c.work(new Class<?>[] {SumsImpl.class});
        WorkflowStub run = c.stub("Sums");
        run.start(1);
        c.seen(null, "TaskCompleted");
        causeOf(ApplicationFailure.class, () -> run.update("add", Integer.class, -1));
        same(run.update("add", Integer.class, 1), 1);
        run.getResult(Integer.class);
        c.finish(null, SumsImpl.class, "Started", TASK, TASK, UPDATE, "Completed");
    }

    @Scenario("an update with start starts the run that it updates")
    static void anUpdateWithStart(Corner c) throws Exception {
        c.work(new Class<?>[] {SumsImpl.class});
        Sums sums = c.client.newWorkflowStub(
                Sums.class,
                c.options()
                        .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL)
                        .build());
        int sum = WorkflowClient.executeUpdateWithStart(
                sums::add,
                1,
                UpdateOptions.<Integer>newBuilder().build(),
                new WithStartWorkflowOperation<>(sums::run, 1));
        same(sum, 1);
        same(c.run(null).getResult(Integer.class), 1);
        c.finish(null, SumsImpl.class, "Started", TASK, UPDATE, "Completed");
    }

    @Scenario("a parent gets the result of its child")
    static void aChild(Corner c) throws Exception {
        c.work(new Class<?>[] {ParentImpl.class, ChildImpl.class});
        WorkflowStub run = c.stub("Parent");
        run.start(c.id + "-child", true);
        same(run.getResult(String.class), "from " + c.id);
        c.finish(
                null,
                ParentImpl.class,
                "Started",
                TASK,
                "StartChildInitiated ChildStarted",
                TASK,
                "ChildCompleted",
                TASK,
                "Completed");
    }

    @Scenario("a parent is told why its child failed")
    static void aChildThatFails(Corner c) throws Exception {
        c.work(new Class<?>[] {ParentImpl.class, ChildImpl.class});
        WorkflowStub run = c.stub("Parent");
        run.start(c.id + "-child", false);
        ChildWorkflowFailure failure = causeOf(ChildWorkflowFailure.class, () -> run.getResult(String.class));
        same(((ApplicationFailure) failure.getCause()).getType(), "Fault");
    }

    @Scenario("a chain of runs has the result of the last")
    static void aChain(Corner c) throws Exception {
        c.work(new Class<?>[] {CountsDownImpl.class});
        WorkflowStub run = c.stub("CountsDown");
        String first = run.start(1).getRunId();
        same(run.getResult(String.class), first);
        c.finish(first, CountsDownImpl.class, "Started", TASK, "ContinuedAsNew");
        c.finish(null, CountsDownImpl.class, "Started", TASK, "Completed");
    }

    @Scenario("a workflow is tried again by its policy")
    static void aRetry(Corner c) throws Exception {
        c.work(new Class<?>[] {SucceedsAtImpl.class});
        RetryOptions retry = RetryOptions.newBuilder()
                .setInitialInterval(Duration.ofMillis(1))
                .setMaximumAttempts(3)
                .build();
        WorkflowStub run = c.client.newUntypedWorkflowStub(
                "SucceedsAt", c.options().setRetryOptions(retry).build());
        String first = run.start(2).getRunId();
        WorkflowExecutionFailedEventAttributes failed =
                c.seen(first, "Failed").getWorkflowExecutionFailedEventAttributes();
        same(failed.getRetryState(), RetryState.RETRY_STATE_IN_PROGRESS);
        same(c.run(failed.getNewExecutionRunId()).getResult(Integer.class), 2);
        c.finish(first, SucceedsAtImpl.class, "Started", TASK, "Failed");
        List<HistoryEvent> history = c.finish(null, SucceedsAtImpl.class, "Started", TASK, "Completed");
        same(
                history.get(0).getWorkflowExecutionStartedEventAttributes().getInitiator(),
                ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_RETRY);
    }

    @Scenario("a reset run gets the signals again")
    static void aReset(Corner c) throws Exception {
        c.work(new Class<?>[] {SumsImpl.class});
        WorkflowStub run = c.stub("Sums");
        String first = run.start(1).getRunId();
        c.seen(null, "TaskCompleted");
        run.signal("tell", 1);
        run.getResult(Integer.class);
        ResetWorkflowExecutionResponse reset = c.client
                .getWorkflowServiceStubs()
                .blockingStub()
                .resetWorkflowExecution(ResetWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setWorkflowExecution(
                                WorkflowExecution.newBuilder().setWorkflowId(c.id).setRunId(first))
                        .setRequestId(UUID.randomUUID().toString())
                        .setWorkflowTaskFinishEventId(4)
                        .build());
        same(c.run(reset.getRunId()).getResult(Integer.class), 1);
        List<HistoryEvent> history = c.finish(
                reset.getRunId(),
                SumsImpl.class,
                "Started TaskScheduled TaskStarted TaskFailed Signaled",
                TASK,
                "Completed");
        same(
                history.get(3).getWorkflowTaskFailedEventAttributes().getCause(),
                WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW);
    }

    @Scenario("an id has one open run unless the starter says otherwise")
    static void anId(Corner c) throws Exception {
        String first = c.stub("Sums").start(1).getRunId();
        try {
            c.stub("Sums").start(1);
            throw new AssertionError("a second run was started");
        } catch (WorkflowExecutionAlreadyStarted refused) {
            same(refused.getExecution().getRunId(), first);
        }
        WorkflowStub second = c.client.newUntypedWorkflowStub(
                "Sums",
                c.options()
                        .setWorkflowIdConflictPolicy(
                                WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING)
                        .build());
        second.start(1);
        second.terminate("enough");
        causeOf(TerminatedFailure.class, () -> second.getResult(Integer.class));
        c.events(first, "Started TaskScheduled Terminated");
        c.events(null, "Started TaskScheduled Terminated");
    }

    @Scenario("a worker starts its own workflows eagerly")
    static void anEagerStart(Corner c) throws Exception {
        c.work(new Class<?>[] {GreetsImpl.class}, new Doing());
        WorkflowStub run = c.client.newUntypedWorkflowStub(
                "Greets", c.options().setDisableEagerExecution(false).build());
        run.start("eager");
        same(run.getResult(String.class), "Hello, eager");
        c.finish(null, GreetsImpl.class, "Started", TASK, ACTIVITY, TASK, "Completed");
    }
}
