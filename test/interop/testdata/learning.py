# A learning switch on OpenFlow 1.3 for os-ken: floods what it does not know,
# and gives each pair of hosts that it knows a flow of priority 1.
from os_ken.base.app_manager import OSKenApp
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_3


class Learning(OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = {}  # (switch, address): port

    def add(self, dp, priority, match, port, **kwargs):
        parser = dp.ofproto_parser
        out = parser.OFPActionOutput(port, dp.ofproto.OFPCML_NO_BUFFER)
        todo = parser.OFPInstructionActions(dp.ofproto.OFPIT_APPLY_ACTIONS, [out])
        dp.send_msg(parser.OFPFlowMod(datapath=dp, priority=priority, match=match, instructions=[todo], **kwargs))

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def hello(self, ev):
        dp = ev.msg.datapath
        self.add(dp, 0, dp.ofproto_parser.OFPMatch(), dp.ofproto.OFPP_CONTROLLER)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet(self, ev):
        msg, dp = ev.msg, ev.msg.datapath
        parser, here = dp.ofproto_parser, msg.match["in_port"]
        eth = packet.Packet(msg.data).get_protocol(ethernet.ethernet)
        self.places[dp.id, eth.src] = here
        there = self.places.get((dp.id, eth.dst), dp.ofproto.OFPP_FLOOD)
        if there != dp.ofproto.OFPP_FLOOD:
            self.add(dp, 1, parser.OFPMatch(in_port=here, eth_dst=eth.dst, eth_src=eth.src), there, idle_timeout=30)
        dp.send_msg(parser.OFPPacketOut(datapath=dp, buffer_id=dp.ofproto.OFP_NO_BUFFER, in_port=here,
                                        actions=[parser.OFPActionOutput(there)], data=msg.data))
