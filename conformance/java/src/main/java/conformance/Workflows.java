package conformance;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.Promise;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;

/** The workflows and activities of the scenarios. */
final class Workflows {
    private Workflows() {}

    @ActivityInterface
    public interface Activities {
        String greet(String name);

        int succeedAt(int attempt);
    }

    static final class Doing implements Activities {
        @Override
        public String greet(String name) {
            return "Hello, " + name;
        }

        @Override
        public int succeedAt(int attempt) {
            int current = io.temporal.activity.Activity.getExecutionContext().getInfo().getAttempt();
            if (current < attempt) {
                throw new IllegalStateException("attempt " + current);
            }
            return current;
        }
    }

    private static Activities activities() {
        RetryOptions retry = RetryOptions.newBuilder().setInitialInterval(Duration.ofMillis(1)).build();
        return Workflow.newActivityStub(
                Activities.class,
                ActivityOptions.newBuilder()
                        .setStartToCloseTimeout(Duration.ofSeconds(20))
                        .setRetryOptions(retry)
                        .build());
    }

    @WorkflowInterface
    public interface Greets {
        @WorkflowMethod(name = "Greets")
        String run(String name);
    }

    public static final class GreetsImpl implements Greets {
        @Override
        public String run(String name) {
            return activities().greet(name);
        }
    }

    @WorkflowInterface
    public interface Retries {
        @WorkflowMethod(name = "Retries")
        int run(int attempt);
    }

    public static final class RetriesImpl implements Retries {
        @Override
        public int run(int attempt) {
            return activities().succeedAt(attempt);
        }
    }

    /** Adds what signals and updates bring until the sum is large enough. */
    @WorkflowInterface
    public interface Sums {
        @WorkflowMethod(name = "Sums")
        int run(int wanted);

        @SignalMethod
        void tell(int number);

        @UpdateMethod
        int add(int number);

        @UpdateValidatorMethod(updateName = "add")
        void validate(int number);

        @QueryMethod
        int sum();
    }

    public static final class SumsImpl implements Sums {
        private int sum;

        @Override
        public int run(int wanted) {
            Workflow.await(() -> sum >= wanted);
            return sum;
        }

        @Override
        public void tell(int number) {
            sum += number;
        }

        @Override
        public int add(int number) {
            sum += number;
            return sum;
        }

        @Override
        public void validate(int number) {
            if (number < 0) {
                throw ApplicationFailure.newFailure("not negative", "Negative");
            }
        }

        @Override
        public int sum() {
            return sum;
        }
    }

    @WorkflowInterface
    public interface Child {
        @WorkflowMethod(name = "Child")
        String run(boolean well);
    }

    public static final class ChildImpl implements Child {
        @Override
        public String run(boolean well) {
            if (!well) {
                throw ApplicationFailure.newNonRetryableFailure("the child's fault", "Fault");
            }
            return "from " + Workflow.getInfo().getParentWorkflowId().orElse("nobody");
        }
    }

    @WorkflowInterface
    public interface Parent {
        @WorkflowMethod(name = "Parent")
        String run(String childId, boolean well);
    }

    public static final class ParentImpl implements Parent {
        @Override
        public String run(String childId, boolean well) {
            ChildWorkflowOptions options = ChildWorkflowOptions.newBuilder().setWorkflowId(childId).build();
            return Workflow.newChildWorkflowStub(Child.class, options).run(well);
        }
    }

    @WorkflowInterface
    public interface CountsDown {
        @WorkflowMethod(name = "CountsDown")
        String run(int left);
    }

    public static final class CountsDownImpl implements CountsDown {
        @Override
        public String run(int left) {
            if (left > 0) {
                Workflow.continueAsNew(left - 1);
            }
            return Workflow.getInfo().getContinuedExecutionRunId().orElse("none");
        }
    }

    @WorkflowInterface
    public interface SucceedsAt {
        @WorkflowMethod(name = "SucceedsAt")
        int run(int attempt);
    }

    public static final class SucceedsAtImpl implements SucceedsAt {
        @Override
        public int run(int attempt) {
            int current = Workflow.getInfo().getAttempt();
            if (current < attempt) {
                throw ApplicationFailure.newFailure("attempt " + current, "Early");
            }
            return current;
        }
    }

    @WorkflowInterface
    public interface CleansUp {
        @WorkflowMethod(name = "CleansUp")
        void run();
    }

    public static final class CleansUpImpl implements CleansUp {
        @Override
        public void run() {
            try {
                Workflow.sleep(Duration.ofHours(1));
            } catch (CanceledFailure canceled) {
                CancellationScope cleaning =
                        Workflow.newDetachedCancellationScope(() -> Workflow.sleep(Duration.ofMillis(1)));
                cleaning.run();
                throw canceled;
            }
        }
    }

    @WorkflowInterface
    public interface Races {
        @WorkflowMethod(name = "Races")
        String run(String name);
    }

    /** Two activities at the same time. */
    public static final class RacesImpl implements Races {
        @Override
        public String run(String name) {
            Activities activities = activities();
            Promise<String> first = Async.function(activities::greet, name);
            Promise<String> second = Async.function(activities::greet, "you");
            return first.get() + " " + second.get();
        }
    }
}
