// One workflow that calls one activity, and a worker that does both.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func Greet(_ context.Context, name string) (string, error) {
	return fmt.Sprintf("Hello, %s!", name), nil
}

func Hello(ctx workflow.Context, name string) (greeting string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	err = workflow.ExecuteActivity(ctx, Greet, name).Get(ctx, &greeting)
	return greeting, err
}

func run(ctx context.Context) error {
	c, err := client.Dial(client.Options{})
	if err != nil {
		return err
	}
	defer c.Close()

	w := worker.New(c, "hello-go", worker.Options{})
	w.RegisterWorkflow(Hello)
	w.RegisterActivity(Greet)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()

	execution, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: "hello-go"}, Hello, "Go")
	if err != nil {
		return err
	}
	var greeting string
	if err := execution.Get(ctx, &greeting); err != nil {
		return err
	}
	fmt.Println(greeting)
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
