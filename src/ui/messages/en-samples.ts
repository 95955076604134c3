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
} as const
