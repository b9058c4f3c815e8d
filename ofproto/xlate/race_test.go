//go:build race

package xlate_test

// raceDetector: instrumentation keeps the compiler from what makes allocation free.
const raceDetector = true
