package netdev

// Requeuer is a Device that can get more receive queues, or fewer, while it is open.
type Requeuer interface {
	// Requeue gives it as many as options ask for.
	Requeue(options map[string]string) error
	// OnRequeue has fn called when RxQueues has changed. Queues that are no longer
	// among them are closed when fn has returned.
	OnRequeue(fn func())
}
