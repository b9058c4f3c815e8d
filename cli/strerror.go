package cli

import "syscall"

func errnoText(no syscall.Errno) string { return no.Error() }
