package conformance;

import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Runs all scenarios, a few at a time, and ends with 1 when one of them failed. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        String address = System.getenv("ABIDE_ADDRESS");
        if (address == null) {
            System.err.println("set ABIDE_ADDRESS to the host:port of the server under test");
            System.exit(2);
        }
        WorkflowServiceStubs service = WorkflowServiceStubs.newServiceStubs(
                WorkflowServiceStubsOptions.newBuilder().setTarget(address).build());
        WorkflowClient client = WorkflowClient.newInstance(service);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        Map<String, Future<?>> running = new TreeMap<>();
        for (Method method : Scenarios.class.getDeclaredMethods()) {
            Scenario scenario = method.getAnnotation(Scenario.class);
            if (scenario != null) {
                running.put(scenario.value(), threads.submit(() -> run(method, client)));
            }
        }
        int failed = 0;
        for (Map.Entry<String, Future<?>> scenario : running.entrySet()) {
            try {
                scenario.getValue().get(2 * Corner.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (Exception failure) {
                failed++;
                System.err.println("FAILED: " + scenario.getKey());
                (failure.getCause() == null ? failure : failure.getCause()).printStackTrace();
            }
        }
        System.out.println(running.size() - failed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    private static Void run(Method method, WorkflowClient client) throws Exception {
        try (Corner corner = new Corner(client)) {
            method.invoke(null, corner);
            return null;
        } catch (InvocationTargetException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : new Exception(failure.getCause());
        }
    }
}
