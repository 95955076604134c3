import { printYaml } from '../../core/api/print-yaml.ts'
import { apply, start } from '../../core/engine.ts'
import { readSource } from '../../core/api/yaml-source.ts'

/** A dump of many pods, as `kubectl get pods -o yaml` prints it, as separate documents and as JSON: milliseconds, medians. */
export interface ReadingReport {
  readonly pods: number
  readonly megabytes: number
  readonly documentsMs: number
  readonly listMs: number
  readonly jsonMs: number
  /** Reading the list, and all that the control plane does about it. */
  readonly applyListMs: number
}

const PODS = 7100

export function timeReading(median: (prepare: () => () => void) => number): ReadingReport {
  const items = Array.from({ length: PODS }, (_, n) => podOf(n))
  const documents = items.map((each) => printYaml(each, { sortKeys: true })).join('---\n')
  const list = printYaml({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } })
  const json = JSON.stringify({ apiVersion: 'v1', items, kind: 'List' }, undefined, 4)
  const reading = (text: string) => () => () => {
    if (!readSource(text)) throw new Error('the dump needs the full reader')
  }
  return {
    pods: PODS,
    megabytes: list.length / 1e6,
    documentsMs: median(reading(documents)),
    listMs: median(reading(list)),
    jsonMs: median(reading(json)),
    applyListMs: median(() => () => {
      const { problems } = apply(start(), [{ name: 'dump.yaml', text: list }], { nodes: 100 })
      const bad = problems.find(({ severity }) => severity === 'error')
      if (bad) throw new Error(bad.message)
    }),
  }
}

/** What a cluster tells about one running pod, about 2.8 KB of YAML. */
function podOf(n: number): unknown {
  const name = `shop-${Math.floor(n / 20)}-7d9f8c6b5-${n.toString(36).padStart(5, 'x')}`
  const ip = `10.244.${n % 100}.${2 + Math.floor(n / 100)}`
  const condition = (type: string) => ({ lastProbeTime: null, lastTransitionTime: '2024-05-17T09:12:44Z', status: 'True', type })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"}}\n`,
        'prometheus.io/port': '9102',
        'prometheus.io/scrape': 'true',
      },
      creationTimestamp: '2024-05-17T09:12:41Z',
      generateName: `shop-${Math.floor(n / 20)}-7d9f8c6b5-`,
      labels: { app: `shop-${Math.floor(n / 20)}`, 'pod-template-hash': '7d9f8c6b5', tier: 'web', version: '1.10' },
      name,
      namespace: `team-${n % 20}`,
      resourceVersion: String(1_000_000 + n),
    },
    spec: {
      containers: [
        {
          command: ['/bin/server', '--listen=:8080', '--log-level', 'info'],
          env: [
            { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
            { name: 'GREETING', value: 'hello: world # not a comment' },
          ],
          image: 'registry.example.com/shop/server:1.10.3',
          imagePullPolicy: 'IfNotPresent',
          livenessProbe: { failureThreshold: 3, httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
          name: 'server',
          ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
          resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
          terminationMessagePath: '/dev/termination-log',
          volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: 'kube-api-access', readOnly: true }],
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      nodeName: `node-${1 + (n % 100)}`,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      serviceAccountName: 'default',
      tolerations: [{ effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 }],
    },
    status: {
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
      containerStatuses: [
        {
          image: 'registry.example.com/shop/server:1.10.3',
          imageID: 'registry.example.com/shop/server@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31',
          name: 'server',
          ready: true,
          restartCount: 0,
          started: true,
        },
      ],
      hostIP: `192.168.0.${1 + (n % 100)}`,
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      qosClass: 'Burstable',
      startTime: '2024-05-17T09:12:41Z',
    },
  }
}
