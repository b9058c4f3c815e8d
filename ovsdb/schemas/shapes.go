package schemas

// Shapes that many columns share.
var (
	str       = Type{Key: Base{Kind: Str}}
	num       = Type{Key: Base{Kind: Int}}
	flag      = Type{Key: Base{Kind: Bool}}
	optStr    = Type{Key: Base{Kind: Str}, Max: 1}
	optNum    = Type{Key: Base{Kind: Int}, Max: 1}
	optFlag   = Type{Key: Base{Kind: Bool}, Max: 1}
	strSet    = Type{Key: Base{Kind: Str}, Max: Unlimited}
	strMap    = Type{Key: Base{Kind: Str}, Value: &Base{Kind: Str}, Max: Unlimited}
	strNumMap = Type{Key: Base{Kind: Str}, Value: &Base{Kind: Int}, Max: Unlimited}
	optVLAN   = Type{Key: Base{Kind: Int, Range: &[2]int64{0, 4095}}, Max: 1}
	vlanSet   = Type{Key: Base{Kind: Int, Range: &[2]int64{0, 4095}}, Max: 4096}
	optU32    = Type{Key: Base{Kind: Int, Range: &[2]int64{0, 4294967295}}, Max: 1}
	optUpDown = Type{Key: Base{Kind: Str, Enum: []string{"up", "down"}}, Max: 1}
)
