# A script for Python's ovs.db.idl: it changes a database through one replica
# and prints what another one, which monitors it, is told. What is printed must
# be the same whichever server is behind the socket.
#
#   idl.py SOCKET SCHEMA        "restart" on stdout waits for a line on stdin

import re
import sys

import ovs.db.idl
import ovs.poller

REMOTE, SCHEMA = "unix:" + sys.argv[1], sys.argv[2]
TABLES = {
    "Open_vSwitch": ["bridges", "next_cfg", "external_ids"],
    "Bridge": ["name", "ports", "other_config", "flood_vlans", "fail_mode"],
    "Port": ["name", "interfaces", "tag", "trunks", "external_ids"],
    "Interface": ["name", "type", "options", "mtu_request", "ofport"],
    "QoS": ["type", "queues", "external_ids"],
    "Queue": ["dscp", "other_config"],
}


def helper():
    h = ovs.db.idl.SchemaHelper(SCHEMA)
    for table, columns in TABLES.items():
        h.register_columns(table, columns)
    return h


def label(row):
    """What a row is called: UUIDs are different each time."""
    data = row.__dict__["_data"]
    if data is None:
        return "?"
    name = data.get("name")
    return str(name.to_python(lambda v, _: v)) if name else row._table.name


def show(row, column):
    def atom(v):
        return label(v) if isinstance(v, ovs.db.idl.Row) else v
    value = getattr(row, column)
    if isinstance(value, dict):
        return "{%s}" % ", ".join(sorted("%s=%s" % (k, atom(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(sorted(str(atom(v)) for v in value))
    return str(atom(value))


class Watcher(ovs.db.idl.Idl):
    def __init__(self, *args, **kw):
        self.events = []
        super().__init__(*args, **kw)

    def notify(self, event, row, updates=None):
        if row._table.name not in TABLES:
            return  # of the database _Server
        columns = sorted(TABLES[row._table.name])
        line = "%s %s %s" % (event, row._table.name, label(row))
        if event == ovs.db.idl.ROW_CREATE:
            line += ": " + " ".join("%s=%s" % (c, show(row, c)) for c in columns if c != "next_cfg")
        elif event == ovs.db.idl.ROW_UPDATE:
            old = sorted(c for c in columns if c in updates.__dict__["_data"])
            if old == ["next_cfg"]:
                return
            line += ": " + " ".join("%s=%s" % (c, show(row, c)) for c in old if c != "next_cfg")
        self.events.append(line)


watcher = Watcher(REMOTE, helper())
writer = ovs.db.idl.Idl(REMOTE, helper())


def until(done):
    while True:
        watcher.run()
        writer.run()
        if done():
            return
        poller = ovs.poller.Poller()
        watcher.wait(poller)
        writer.wait(poller)
        poller.block()


def only(idl, table, name=None):
    for row in idl.tables[table].rows.values():
        if name is None or row.name == name:
            return row
    return None


def say(title):
    """Prints the events since the last time, in an order of its own: rows
    within an update come in the order of their UUIDs, or in none."""
    print("== " + title)
    for e in sorted(watcher.events):
        print(e)
    watcher.events.clear()
    sys.stdout.flush()


count = 0


def change(title, f, want=ovs.db.idl.Transaction.SUCCESS):
    """Commits what f does, and waits until the watcher has seen it."""
    global count
    txn = ovs.db.idl.Transaction(writer)
    txn.add_comment(title)
    f(txn)
    if want == ovs.db.idl.Transaction.SUCCESS:
        count += 1
        only(writer, "Open_vSwitch").next_cfg = count
    status = txn.commit_block()
    print("-- %s: %s" % (title, status))
    if status == ovs.db.idl.Transaction.ERROR:
        print(re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}", "UUID", txn.get_error()))
    if want == ovs.db.idl.Transaction.SUCCESS:
        until(lambda: only(watcher, "Open_vSwitch") and only(watcher, "Open_vSwitch").next_cfg == count)
    say(title)


def condition(title, table, cond):
    # The sequence number that cond_change returns never comes in 3.1.
    watcher.cond_change(table, cond)
    until(lambda: watcher.tables[table].condition_state.acked == cond)
    change(title, lambda txn: None)


def bridge(txn):
    br = txn.insert(writer.tables["Bridge"])
    br.name = "br0"
    br.other_config = {"a": "1", "b": "2"}
    root = only(writer, "Open_vSwitch")
    root.verify("bridges")
    root.addvalue("bridges", br)


def port(name, **interface):
    def f(txn):
        i = txn.insert(writer.tables["Interface"])
        i.name = name
        for k, v in interface.items():
            setattr(i, k, v)
        p = txn.insert(writer.tables["Port"])
        p.name = name
        p.interfaces = [i]
        br = only(writer, "Bridge", "br0")
        br.verify("ports")
        br.ports = br.ports + [p]
    return f


def several(txn):
    for n in range(3, 6):
        port("p%d" % n, type="internal")(txn)


def edit(table, row_name, **columns):
    def f(txn):
        row = only(writer, table, row_name)
        for k, v in columns.items():
            setattr(row, k, v)
    return f


def keys(txn):
    br = only(writer, "Bridge", "br0")
    br.setkey("other_config", "c", "3")
    br.setkey("other_config", "a", "new")
    br.delkey("other_config", "b")
    br.addvalue("flood_vlans", 7)
    br.addvalue("flood_vlans", 5)


def values(txn):
    br = only(writer, "Bridge", "br0")
    br.delvalue("flood_vlans", 7)
    br.setkey("other_config", "quote\"\\\u00e9\n", "\u4e2d")


def remove(name):
    def f(txn):
        br = only(writer, "Bridge", "br0")
        br.ports = [p for p in br.ports if p.name != name]
        only(writer, "Port", name).delete()
    return f


def qos(txn):
    q = txn.insert(writer.tables["QoS"])
    q.type = "linux-htb"
    queues = []
    for n in (1, 2):
        queue = txn.insert(writer.tables["Queue"])
        queue.dscp = n
        queue.other_config = {"max-rate": str(n)}
        queues.append(queue)
    q.queues = {1: queues[0], 2: queues[1]}


def stale():
    """What a replica that is behind verifies has changed."""
    txn = ovs.db.idl.Transaction(behind)
    row = only(behind, "Bridge", "br0")
    row.verify("other_config")
    row.fail_mode = "standalone"
    print("stale: %s" % txn.commit_block())


def init(txn):
    txn.insert(writer.tables["Open_vSwitch"]).next_cfg = 0


until(lambda: writer.change_seqno and watcher.change_seqno)
txn = ovs.db.idl.Transaction(writer)
init(txn)
print("init", txn.commit_block())
until(lambda: only(watcher, "Open_vSwitch"))
say("init")

change("a bridge", bridge)
change("a port", port("p1", type="internal"))
change("another", port("p2", type="vxlan", options={"remote_ip": "10.0.0.1", "key": "flow"}))
change("three ports", several)
change("columns", edit("Port", "p1", tag=7, trunks=[1, 2, 3], external_ids={"x": "y"}))
change("and back", edit("Port", "p1", tag=[], trunks=[2, 4]))
change("the same again", edit("Port", "p1", trunks=[2, 4]))
behind = ovs.db.idl.Idl(REMOTE, helper())
while not behind.change_seqno:
    behind.run()
change("keys", keys)
change("values", values)
change("rows that refer to rows", qos)
change("a value too big", edit("Port", "p1", tag=5000), want=None)
change("two of one name", lambda txn: bridge(txn), want=None)
stale()

condition("one port", "Port", [["name", "==", "p1"]])
change("seen", edit("Port", "p1", tag=8))
change("not seen", edit("Port", "p2", tag=9))
condition("two ports", "Port", [["name", "==", "p1"], ["name", "==", "p2"]])
condition("by tag", "Port", [["tag", "==", 8], ["tag", "==", 9]])
change("out of sight", edit("Port", "p2", tag=10))
change("and into it", edit("Port", "p2", tag=9))
condition("other columns", "Port", [["tag", "==", 8], ["external_ids", "includes", ["map", [["x", "z"]]]]])
change("in by a map", edit("Port", "p3", external_ids={"x": "z", "w": "w"}))
change("out by a number", edit("Port", "p1", tag=1))
condition("two tables", "Interface", [["type", "!=", "internal"]])
condition("none", "Port", [False])
condition("all", "Port", [True])
condition("all interfaces", "Interface", [True])
condition("by reference", "Port", [["name", "==", "p1"]])
change("gone while unseen", remove("p5"))

watcher.set_lock("mine")
until(lambda: watcher.has_lock)
writer.set_lock("mine")
until(lambda: writer.is_lock_contended)
print("contended", watcher.has_lock, writer.has_lock)
change("without the lock", edit("Port", "p1", tag=2), want=None)
watcher.set_lock(None)
until(lambda: writer.has_lock)
change("with the lock", edit("Port", "p1", tag=2))
writer.set_lock(None)

print("restart")
sys.stdout.flush()
sys.stdin.readline()
before = watcher.change_seqno, writer.change_seqno
until(lambda: watcher.change_seqno != before[0] and writer.change_seqno != before[1]
      and only(watcher, "Open_vSwitch") and only(writer, "Open_vSwitch"))
say("after the restart")
change("a port after it", port("p6"))
condition("all again", "Port", [True])
change("ports go", lambda txn: [remove(n)(txn) for n in ("p1", "p6")])
change("all go", lambda txn: edit("Open_vSwitch", None, bridges=[])(txn))
behind.close()
watcher.close()
writer.close()
