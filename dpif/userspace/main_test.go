package userspace

import (
	"testing"

	"govs/internal/nstest"
)

func TestMain(m *testing.M) { nstest.Main(m) }
