package ofproto

// A ConfigError says that an Interface row asks for something that cannot be;
// its text stands alone in Interface:error.
type ConfigError struct {
	Text string // such as "vx1: vxlan type requires valid 'remote_ip' argument"
}

func (e *ConfigError) Error() string { return e.Text }
