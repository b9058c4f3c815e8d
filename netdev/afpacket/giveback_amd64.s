#include "textflag.h"

// func giveBack(status *uint32, stride, n int)
// Stores are seen in order, and after all loads before them.
TEXT ·giveBack(SB), NOSPLIT, $0-24
	MOVQ status+0(FP), AX
	MOVQ stride+8(FP), BX
	MOVQ n+16(FP), CX
loop:
	SUBQ $1, CX
	JLT  done
	MOVL $0, (AX)
	ADDQ BX, AX
	JMP  loop
done:
	RET
