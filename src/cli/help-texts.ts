/** What `kubehop help` prints. Kept in the shape of a terminal, 100 columns. */
export type CommandName = 'apply' | 'lint' | 'trace' | 'compare' | 'rules' | 'state' | 'golden' | 'bench' | 'version'

const CLUSTER = `The cluster:
  -f FILE|DIR|-          manifests (YAML, JSON, Lists, dumps of kubectl get -o yaml); may be repeated
  --nodes N              nodes to make where the manifests hold none (3)
  --profile NAME         kubeadm (default) or k3s
  --backend NAME         vxlan (default) or host-gw
  --mode NAME            kube-proxy's mode: iptables (default), ipvs, nftables, or userspace as v1.25 had it
  --scheduler NAME       of ipvs: rr (default), wrr, lc, wlc, dh, sh, sed or nq; --strict-arp: its strictARP
  --masquerade-all       kube-proxy's masqueradeAll
  --load-balancer NAME   what fulfils type LoadBalancer: none (kubeadm's default), service-lb (k3s'), cloud
  --ip-families LIST     IPv4 (default), IPv6, dual, or both with the primary one first: IPv6,IPv4
  --site FILE            the world outside: networks, routers, hosts, announced addresses
  --cloud NAME           gce, aws or azure: its network outside, with its layer 7 balancers
`

const PACKET = `The packet:
  --from ENDPOINT        pod/NAMESPACE/NAME, node/NAME or external/NAME
  --to ADDRESS           IP:PORT, [IPV6]:PORT, IP, or http://SERVICE.NAMESPACE[:PORT]/PATH
  -4, -6                 which address of a name; the object's first where neither is given
  --proto NAME           tcp, udp, sctp or icmp (tcp; icmp where the address has no port)
  --sport N              source port, or the id of a ping
  --payload BYTES        of a datagram or ping
  --ttl N, --df, --no-df
  --seed N               decides what is left to chance
  --pick CHAIN=IP:PORT   in this chain, take the endpoint; may be repeated. In IPVS mode, for the first
                         packet of a virtual server: --pick tcp/10.96.0.10:80=IP:PORT
`

export const HELP: Readonly<Record<CommandName, string>> = {
  apply: `kubehop apply -f FILE... [-o wide|yaml|json]

Shows the cluster that manifests make: what is created, then nodes, pods and Services. Problems are told
on stderr with file, line and column; with an error among them nothing is applied (status 2).

${CLUSTER}`,
  lint: `kubehop lint -f FILE... [-o text|json] [--severity error|warning|info]

What people get wrong, and the API server takes without a word: Services without endpoints and the
pods that they nearly select, target ports that no container has, load balancers that stay pending,
host ports that clash. Status 1 when anything found is an error. --severity leaves out what is less.

${CLUSTER}`,
  compare: `kubehop compare -f FILE... --from ENDPOINT --to ADDRESS [--modes A,B,...]

One request in several modes of kube-proxy: where it arrives, from whom and with which TTL, then the lines
of its trace that differ from the first mode's. Status 1 when it is answered in some modes only.

  --modes LIST           iptables,ipvs,nftables unless said; userspace too
  --level NAME           story, network (default) or kernel: every rule that matched

${CLUSTER}
${PACKET}`,
  trace: `kubehop trace -f FILE... --from ENDPOINT --to ADDRESS [-o text|json|pcapng|mermaid]

Sends one request and follows it and its answer, hop by hop. Status 1 when no answer comes.

  -o FORMAT              text (default); json: all of it as data; pcapng: a capture on every device,
                         for Wireshark (tshark -d udp.port==8472,vxlan); mermaid: a Markdown page
                         with a sequence diagram, the hops and the rules that matched
  --out FILE             write there instead of to stdout

  --level NAME           of text: story: a sentence per hop; network (default): devices, routes, NAT;
                         kernel: every rule that matched, conntrack, neighbours
  --curl                 of text: the transcript of curl -v

A --to that begins with http://, https://, ws:// or wss://, or IP:PORT with --http, is a journey: name, TCP,
TLS, request and response, through every proxy on the way, each with connections of its own; so is one that
begins with grpc:// or grpcs://, a call of gRPC (/SERVICE/METHOD). With --proto,
--ttl, --df or --payload only the first packet and its answer are followed. Options are those of curl:
  -H 'NAME: VALUE', -X METHOD, -d DATA, -k, -L, --resolve HOST:PORT:ADDRESS, --http1.1, --http2,
  --http2-prior-knowledge, -m SECONDS, --connect-timeout SECONDS, --haproxy-protocol; --times N: the same
  request so often, on one connection as long as the server keeps it; --idle SECONDS: a WebSocket is silent so
  long before its client speaks again

  --all-paths            every path that chance may choose, with its probability (as stories, unless --level;
                         not as pcapng)
  --limit N              paths to enumerate at most (1000)

${PACKET}
${CLUSTER}`,
  rules: `kubehop rules -f FILE... --node NAME [--restore] [-6]

The rules of a node as iptables-save prints them, with --mode nftables as nft list ruleset does,
with --mode ipvs as ipvsadm -Ln and ipset list do, and iptables-save after them;
with --restore what kube-proxy feeds to iptables-restore or to nft.

${CLUSTER}`,
  state: `kubehop state -f FILE... ENDPOINT addr|link|route|rule|neigh|fdb|conntrack|ipvs [-6]
kubehop state -f FILE... ENDPOINT config [FILE]|log|program [-o text|json]

Kernel state of one namespace as JSON with the keys of ip -j and bridge -j, a row a line. A place is
node/NAME, pod/NAMESPACE/NAME or external/NAME; the first word may be left out. With --from and --to
a packet is sent first: its connections are what conntrack and ipvs then show.

Of the program in a controller's pod, or of a balancer outside (external/NAME):
  config [FILE]          the configuration that it has generated: all its files under their names, or
                         just FILE, raw
  log                    what it has said, as LEVEL TEXT
  program                its tables: listeners, routes, upstreams, endpoints
Status 1 where no such program runs.

${PACKET}
${CLUSTER}`,
  golden: `kubehop golden DIR --out DIR [--only NAME]

Reads DIR/*/scenario.json (and picks.json beside it) and DIR/rules/*/case.json, and writes what the
simulator says about them in the format of the recordings. Scenarios that need what is not simulated
yet are left out and named on stderr.
`,
  bench: `kubehop bench [--proxy] [-o json]

Measures the simulator: traces a second, rules compiled, one endpoint changed, text, memory; with
--proxy only how long kube-proxy's rules take to make, per mode and size.
`,
  version: `kubehop version

Name and version; so does kubehop --version.
`,
}

export const OVERVIEW = `kubehop: what every packet does in a Kubernetes cluster, rule by rule

  kubehop apply  -f FILE...                                the cluster that manifests make
  kubehop lint   -f FILE...                                what is wrong with it
  kubehop trace  -f FILE... --from ENDPOINT --to ADDRESS   one request and its answer, hop by hop
  kubehop compare -f FILE... --from ENDPOINT --to ADDRESS  the same in other modes of kube-proxy
  kubehop rules  -f FILE... --node NAME                    what kube-proxy and flannel program
  kubehop state  -f FILE... ENDPOINT WHAT                  addresses, routes, neighbours, FDB, conntrack;
                                                           a controller's configuration, log and tables
  kubehop golden DIR --out DIR                             answers in the format of recorded goldens
  kubehop bench                                            how fast all this is
  kubehop version                                          which Kubehop this is

kubehop help COMMAND tells the options. Status: 0 done, 1 the answer is no, 2 unusable input.

  kubehop trace -f shop.yaml --from pod/default/client --to http://shop/ --level kernel
`
