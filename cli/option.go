package cli

// ArgKind says whether an option takes an argument.
type ArgKind uint8

// The three kinds getopt_long knows.
const (
	NoArg  ArgKind = iota // --flag
	ReqArg                // --opt=VALUE or --opt VALUE
	OptArg                // --opt or --opt=VALUE, never --opt VALUE
)

// Option is one row of a tool's option table. From it follow scanning,
// abbreviation, error texts and help.
type Option struct {
	Long  string // without dashes; empty if there is only a short form
	Short byte   // 0 if there is none
	Arg   ArgKind
	Meta  string // the argument's name in help, such as "FILE"
	Help  string // one line of help; empty hides the row from help
	Doc   string // what the man page says; empty: Help
	// Do is called by Parse for each use, in order. has tells "--opt=" from
	// "--opt" for optional arguments. An error ends the scan.
	Do func(val string, has bool) error
}
