//go:build !race

package xlate_test

const raceDetector = false
