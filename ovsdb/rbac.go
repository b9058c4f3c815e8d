package ovsdb

import (
	"slices"
	"strings"
)

// Access is who executes a transaction, for the role-based access control of
// ovsdb-server(7) section 4.1.3: in a database with the tables RBAC_Role and
// RBAC_Permission, a client with a role may change only what its role's
// permissions name. The zero Access may do everything.
type Access struct {
	Role string
	// ID names the client, as its certificate does.
	ID string
}

// permission is what a role may do to one table.
type permission struct {
	insertDelete bool
	update       []string // columns
	owners       []string // columns, or COLUMN:KEY of maps, that name who a row belongs to; "": anybody
}

// limited reports whether the client's changes have to be looked at.
func (x *executor) limited() bool {
	return x.opts.Access.Role != "" && x.base.schema.byName["RBAC_Role"] != nil
}

// permission returns what the client's role may do to a table, or nil.
func (x *executor) permission(t *TableSchema) *permission {
	roles, perms := x.base.schema.byName["RBAC_Role"], x.base.schema.byName["RBAC_Permission"]
	name, list := roles.Column("name"), roles.Column("permissions")
	if perms == nil || name == nil || list == nil {
		return nil
	}
	for role := range x.tables[roles.Index].all {
		if role.Get(name).Str() != x.opts.Access.Role {
			continue
		}
		d := role.Get(list)
		i, ok := d.Find(StringAtom(t.Name))
		if !ok || !d.pairs || d.Value(i).Type() != UUIDType {
			return nil
		}
		row := x.get(perms, d.Value(i).UUID())
		if row == nil {
			return nil
		}
		get := func(column string) Datum {
			if c := perms.Column(column); c != nil {
				return row.Get(c)
			}
			return Datum{}
		}
		return &permission{get("insert_delete").Bool(), get("update").Strings(), get("authorization").Strings()}
	}
	return nil
}

// owns reports whether a row is one of those that the client may change.
func (p *permission) owns(t *TableSchema, r *Row, id string) bool {
	for _, owner := range p.owners {
		if owner == "" {
			return true
		}
		column, key, isMap := strings.Cut(owner, ":")
		c := t.Column(column)
		if c == nil {
			continue
		}
		d := r.Get(c)
		if isMap {
			if v, ok := d.Get(key); ok && c.Type.Key.Type == String && c.Type.Value.Type == String && v == id {
				return true
			}
		} else if c.Type.Max == 1 && c.Type.Key.Type == String && !c.Type.IsMap() && d.Len() == 1 && d.Str() == id {
			return true
		}
	}
	return false
}

func (x *executor) denied(what string, t *TableSchema) *Error {
	return Errorf("permission error", "RBAC rules for client \"%s\" role \"%s\" prohibit %s \"%s\".", x.opts.Access.ID, x.opts.Access.Role, what, t.Name)
}

// mayInsert returns the error of an insertion the client may not make.
func (x *executor) mayInsert(t *TableSchema) *Error {
	if x.limited() {
		if p := x.permission(t); p == nil || !p.insertDelete {
			return x.denied("row insertion into table", t)
		}
	}
	return nil
}

// mayDelete returns the error of a deletion the client may not make.
func (x *executor) mayDelete(t *TableSchema, rows []*Row) *Error {
	if x.limited() {
		p := x.permission(t)
		if p == nil || !p.insertDelete {
			return x.denied("row deletion from table", t)
		}
		for _, r := range rows {
			if !p.owns(t, r, x.opts.Access.ID) {
				return x.denied("row deletion from table", t)
			}
		}
	}
	return nil
}

// mayChange returns the error of a change of rows that the client may not
// make. Where no row is changed, the columns do not matter.
func (x *executor) mayChange(what string, t *TableSchema, rows []*Row, cols []*Column) *Error {
	if !x.limited() {
		return nil
	}
	p := x.permission(t)
	if p == nil {
		return x.denied(what, t)
	}
	for _, r := range rows {
		if !p.owns(t, r, x.opts.Access.ID) {
			return x.denied(what, t)
		}
		for _, c := range cols {
			if !slices.Contains(p.update, c.Name) {
				return x.denied(what, t)
			}
		}
	}
	return nil
}
