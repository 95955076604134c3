/** What to try and to notice in the samples in public/scenarios; the ids are those of its index.json. */
export const samples = {
  'sample.shop.try': 'Send the request a few times from curl to the web Service.',
  'sample.shop.notice':
    'The Service’s address never leaves the node: a rule rewrites it to a pod’s. Which pod is decided by chance, one third each.',
  'sample.nodePort.try': 'Call port 30080 on a node from the client outside, then on another node.',
  'sample.nodePort.notice':
    'Any node answers. If the pod is elsewhere the packet is sent on, and its source is rewritten so that the reply comes back the same way.',
  'sample.localPolicy.try': 'Call node-2 (192.168.1.12), where the pod is, then node-1 (192.168.1.11).',
  'sample.localPolicy.notice':
    'On node-2 the pod sees the client’s own address. On node-1 the packet is dropped, and the client waits in vain.',
  'sample.headless.try': 'Connect from app to db on port 5432, several times.',
  'sample.headless.notice':
    'No cluster IP, no rewriting: the name stands for the pods, and the packet is addressed to one of them from the start.',
  'sample.affinity.try': 'Send the request three times.',
  'sample.affinity.notice':
    'The first pod is drawn by chance. After that an xt_recent list remembers the client, and its rule matches first.',
  'sample.noEndpoints.try': 'Call web, then compare the Service’s selector with the pods’ labels.',
  'sample.noEndpoints.notice':
    'The connection is refused on the client’s own node by a REJECT rule: one typo in the selector, and no packet leaves.',
  'sample.udp.try': 'Send a datagram to port 53 over UDP, then the same over TCP.',
  'sample.udp.notice':
    'UDP has no handshake, yet connection tracking pairs the answer with the question. Each port of the Service has rules of its own.',
  'sample.myApp.try': 'Call my-internal-service from curl, then a node at port 30036 from outside.',
  'sample.myApp.notice': 'Both Services lead to the same pods. The Ingress is of an old API version and listed as not simulated.',
  'sample.nodeJs.try': 'Open node-js-internal in the tree, then call a node at port 30001 from outside.',
  'sample.nodeJs.notice': 'A Service without a type is a ClusterIP, and without a targetPort it goes to the same port of the pod.',
  'sample.dotnet.try': 'Call NodePort 31000 from outside, then sample-svc’s cluster IP from a node.',
  'sample.dotnet.notice':
    'The LoadBalancer has no address: without a load balancer in the cluster it stays pending, but its NodePort works.',
  'sample.threeTier.try': 'Follow visitor to front, then send from an api pod to db.store:5432.',
  'sample.threeTier.notice':
    'A name is looked up in the caller’s namespace first, so visitor has to say front.store. The database has no address of its own: its Service is headless.',
  'sample.namedPorts.try': 'Send a few times to port 80, then to ports 443 and 9090.',
  'sample.namedPorts.notice':
    'targetPort: web is a name. One pod has it at 8080, the other at 8000, so each lands in an EndpointSlice of its own.',
  'sample.readiness.try': 'Send several times to web, then to web-all.',
  'sample.readiness.notice':
    'Only the ready pod gets requests. web-all publishes addresses that are not ready, so it has more to choose from.',
  'sample.hairpin.try': 'Send, and compare the source address before and after.',
  'sample.hairpin.notice':
    'The packet leaves the pod and comes back through the same port of the bridge. Its source is rewritten, or the pod would see a packet from itself.',
  'sample.internalLocal.try': 'Send from far, then from near.',
  'sample.internalLocal.notice':
    'far shares its node with no endpoint: the packet is dropped right there, though the pod would be one hop away. near is answered.',
  'sample.zones.try': 'Send several times from curl-east, then from curl-west.',
  'sample.zones.notice':
    'Each side always reaches the endpoint of its own zone. On a node, the rules of the other zone’s endpoint are never written.',
  'sample.manualEndpoints.try': 'Send from app to legacy-db, and look at the source address on the wire.',
  'sample.manualEndpoints.notice':
    'A Service without a selector leads wherever its EndpointSlice says, here to a host on the internet, which sees the node and not the pod.',
  'sample.externalIPs.try': 'Send from the client outside, then to port 80 of the same address.',
  'sample.externalIPs.notice':
    'The address is one of a node, but port 8080 of it belongs to the Service. Other ports are still the node’s own.',
  'sample.loadBalancer.try': 'Send from the client, then from curl to the same address.',
  'sample.loadBalancer.notice':
    'Kubernetes only writes rules for the address in the status; somebody else must bring packets there. waiting has no address yet: its NodePort works all the same.',
  'sample.sourceRanges.try': 'Send from the client, then from inet, which is in the range.',
  'sample.sourceRanges.notice': 'The client is not in the range: a chain of its own decides, and what it does not let through is dropped.',
  'sample.egress.try': 'Send from crawler to 203.0.113.10, then to the pod of its neighbour.',
  'sample.egress.notice': 'Outside the pod network the source is rewritten to the node’s address. Between pods it never is.',
  'sample.vxlan.try': 'Step hop by hop and watch the packet get a second set of headers.',
  'sample.vxlan.notice':
    'Between the nodes travels a UDP packet to port 8472. The inner packet has 50 bytes less room, hence the MTU of 1450.',
  'sample.hostGw.try': 'Step hop by hop, and compare with the sample Through the tunnel.',
  'sample.hostGw.notice':
    'Each node has a route to the pods of every other node. No second header, no smaller MTU, but all nodes must share one network.',
  'sample.hostNetwork.try': 'Send from prometheus to each node at port 9100.',
  'sample.hostNetwork.notice':
    'These pods have the address of their node. The pod’s source is rewritten on its way out, for a node address is not in the pod network.',
  'sample.job.try': 'Send from producer, then from a pod of the Job report.',
  'sample.job.notice': 'Pods of a Job have addresses like all others and may send. Nothing listens in them, so calling one is refused.',
  'sample.k3s.try': 'Call port 80 of another node, then look at the address ranges.',
  'sample.k3s.notice':
    'Pods are in 10.42.0.0/16, Services in 10.43.0.0/16, and the LoadBalancer is every node: its status lists their addresses.',
  'sample.big.try': 'Zoom out, send, then zoom in on a node until its devices show.',
  'sample.big.notice': 'One chain holds 120 rules for 120 pods. Each is drawn with the chance that makes all of them equal.',
  'sample.edge.try':
    'Send the request, then ask for mydomain.com/bar/x and for mydomain.com/bar/*; call 192.168.1.13:8080/api; drop a traefik.toml onto the node edge.',
  'sample.edge.notice':
    'Nothing is scheduled to the node edge, but a DaemonSet goes there: its Traefik takes port 80 of the node and dials pods past their Service. A star in a path is a star to it, so /bar/x goes to the default backend.',
  'sample.k3sTraefik.try': 'Send the request, then ask for /, /whoami/x and /whoamix, at each node; scale whoami up and send twice.',
  'sample.k3sTraefik.notice':
    'ServiceLB writes every node’s address into the Service’s status, so each of them answers on port 80. Of rules that fit, Traefik asks the longest; and its prefix is one of letters, so /whoamix goes to whoami too.',
  'sample.whales.try':
    'Call whale-svc-a; then ask for http://a.whale.hey/ from client. Drop a controller in and ask again: curl --resolve a.whale.hey:80:ADDRESS, with the address that the Ingress got.',
  'sample.whales.notice':
    'An Ingress is only a wish: without a controller that reads it, it gets no address and no packet ever goes by it. With one, two names at one address are told apart by the Host header.',
  'sample.endpoints.try': 'Open the Endpoints object in the tree, then call sample-svc.',
  'sample.endpoints.notice':
    'The Service has a selector and no pod matches, so what was written by hand is replaced. The manifest’s ports are also in the wrong place: see Problems.',
  'sample.workshop.try': 'Press p to go from one problem to the next, mend it with one click, and send again.',
  'sample.workshop.notice':
    'The API server took every one of these Services. Some refuse, some lead to a pod where nothing listens, and one answers with the wrong application.',
  'sample.ipvs.try': 'Send four times; then choose another scheduler in Cluster settings, lc or sh, and send again.',
  'sample.ipvs.notice':
    'rr goes round: each connection takes the next pod, none is drawn. The address of the Service is on kube-ipvs0, so the packet comes in at INPUT before IPVS takes it. Kubernetes 1.35 deprecates this mode.',
  'sample.nftables.try': 'Send, then call port 30081, then send from node-1 to 127.0.0.1:30080.',
  'sample.nftables.notice':
    'One lookup in a verdict map takes the place of a walk through KUBE-SERVICES. Node ports are answered at the nodes’ own addresses only, never at localhost.',
  'sample.dualStack.try': 'Send, then to 10.96.80.80:80, then to http://web-v6.default/.',
  'sample.dualStack.notice':
    'The same pods, by another address: ip6tables has its own rules, neighbours are found by NDP, and no router on the way changes a checksum of the header, for there is none.',
  'sample.serviceLb.try': 'Send to each of the three nodes, then look at what keeps late waiting.',
  'sample.serviceLb.notice':
    'The packet is rewritten three times: portmap’s rules lead from port 80 of the node into the pod, the pod’s own to the cluster IP, kube-proxy’s to a web pod. Only one Service can have port 80, so late stays pending.',
  'sample.cloudRanges.try': 'Send from inet, then from client; then from client to 192.168.1.12:30080.',
  'sample.cloudRanges.notice':
    'inet is in the range, client is not and waits in vain. The node port does not ask: it lets client in by the back door.',
  'sample.contour.try': 'Send the request, then http://store.example.com/blog/ by the same address, a few times.',
  'sample.contour.notice':
    'Contour itself carries nothing: Envoy on the node of your choice does, by routes that the HTTPProxy of one team delegates to another’s. One blog request in ten goes to the new version.',
  'sample.traefik.try': 'Send the request, then ask for /api/items again with the cookie that it gave, and for /cart.',
  'sample.traefik.notice':
    'Two kinds of objects become routers of one table, and the longer rule is asked first. The middleware takes /api away before the pod sees it. Only the route that asks for it gives a cookie.',
  'sample.gateway.try': 'Send the request four times, then ask for /login/form; then delete the ReferenceGrant and ask again.',
  'sample.gateway.notice':
    'Three of four requests go to web-1. The way into the namespace accounts is open only as long as that namespace grants it: without, the route says RefNotPermitted and the answer is 500.',
  'sample.contourGateway.try':
    'Send the request, then https://vault.example.com/ with -k and http://203.0.113.241:5432/; then add a listener for port 8080 to the Gateway.',
  'sample.contourGateway.notice':
    'The provisioner made envoy-edge and its Service for the Gateway. Envoy binds 8080 for port 80, since its container may not bind low ports. audit gets a copy of every request for /api. The certificate of vault is the pod’s own: its TLS is passed on by name.',
  'sample.grpc.try': 'Send the call a few times, then shop.Cart/Checkout and shop.Cart/Remove; then scale payment to 1.',
  'sample.grpc.notice':
    'The route goes by service and method, and Envoy balances each call, where kube-proxy would balance connections. Whatever goes wrong is 200 to HTTP: grpc-status 14 where no pod is, 12 where no route is.',
  'sample.ports.try':
    'Send the datagram twice, then http://203.0.113.241:5432/ a few times; then take the UDP entry point from Traefik’s arguments.',
  'sample.ports.notice':
    'Traefik opens a socket of its own for each client that sends datagrams, and keeps it until ten seconds pass in silence. The name server sees Traefik, not the client. Without TLS there is no name to go by, so HostSNI is *.',
  'sample.haproxy.try': 'Send the request, then ask for / three times, and once more with the cookie that it gave.',
  'sample.haproxy.notice':
    'The application sees /items, for an annotation rewrites the path. Pods of cart take turns; who brings the cookie stays, and the pod never sees it. Pods that come and go need no reload: they are slots of the running process.',
  'sample.kong.try':
    'Send the request and look at the path that the application got; then take the annotation from the Ingress and send again.',
  'sample.kong.notice':
    'Kong takes away /api before it passes the request on, since an annotation says so. A Prefix of the Ingress is two paths of Kong’s, for its own prefixes go letter by letter.',
  'sample.gce.try':
    'Send the request, then ask for / by the same address, again with the cookie that it gave; then make Service api a ClusterIP.',
  'sample.gce.notice':
    'No pod of the controller is here, and the balancer is outside. /api goes over a node port of any node and is balanced once more; / goes to a pod itself, which sees 35.191.0.2. A ClusterIP without endpoint groups is refused in so many words.',
  'sample.alb.try':
    'Send the request a few times, then ask for /, for /new, and for /tea with the header X-Tea: yes; then scale front to 0.',
  'sample.alb.notice':
    'Two Ingresses are one balancer, whose rules are tried by priority. Instance targets are nodes, so the pod sees a node; ip targets are pods, and see the balancer’s own address. Without any registered target it answers 503.',
  'sample.agic.try': 'Send the request and look at the path that the pod got; then ask for /api, /api/health and for another host.',
  'sample.agic.notice':
    'The gateway sends to pods themselves, whatever the Service’s type. A prefix is one of letters, and what it held is replaced by /. X-Forwarded-For has the port too. A host that no listener has gets 404.',
  'sample.ingressNginx.try': 'Send the request, then ask for / and for another host name.',
  'sample.ingressNginx.notice':
    'One request is two TCP connections: to the controller’s pod, and from there straight to a pod of the application, past its cluster IP. Another host gets 404 from nginx itself.',
  'sample.healthCheck.try': 'Ask each node at port 32100, then send from inet to 203.0.113.241:80.',
  'sample.healthCheck.notice':
    'kube-proxy itself answers: 200 where there is a pod, 503 elsewhere. The balancer sends only to the node that says 200, and the pod sees the client’s own address.',
} as const
