package ctltest

import "govs/ovsdb/schemas"

// Family is a small database, under the name that tools take by default.
var Family = schemas.Schema{Name: "Open_vSwitch", Version: "1.0.0", Cksum: "12 34", Tables: []schemas.Table{
	{Name: "Root", Root: true, Columns: []schemas.Column{
		{Name: "name", Type: schemas.Type{Key: schemas.Base{Kind: schemas.Str}}},
		{Name: "e", Type: schemas.Type{Key: schemas.Base{Kind: schemas.Str}}, Ephemeral: true},
		{Name: "kids", Type: schemas.Type{Key: schemas.Base{Kind: schemas.UUID, Ref: "Kid"}, Max: schemas.Unlimited}},
	}},
	{Name: "Kid", Columns: []schemas.Column{
		{Name: "name", Type: schemas.Type{Key: schemas.Base{Kind: schemas.Str}}},
		{Name: "tag", Type: schemas.Type{Key: schemas.Base{Kind: schemas.Int}, Max: 1}},
	}},
}}
