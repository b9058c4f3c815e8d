#include "textflag.h"

// func giveBack(status *uint32, stride, n int)
TEXT ·giveBack(SB), NOSPLIT, $0-24
	MOVD status+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD n+16(FP), R2
loop:
	SUBS  $1, R2
	BLT   done
	STLRW ZR, (R0)
	ADD   R1, R0
	B     loop
done:
	RET
