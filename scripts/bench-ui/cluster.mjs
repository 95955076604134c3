/** Intents of a project with `nodes` nodes and `podsPerNode` pods on each, as the page keeps them. In several steps, so that none is very large. */
export function projectOf(nodes, podsPerNode) {
  const apps = Math.max(1, Math.round((nodes * podsPerNode) / 500))
  const replicas = Math.round((nodes * podsPerNode) / apps)
  const namespaces = Math.min(20, apps)
  const namespaceText = Array.from({ length: namespaces }, (_, i) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: team-${i} }\n`)
  const intents = [{ kind: 'start', options: { profile: 'kubeadm', backend: 'vxlan', nodes, seed: 1 } }]
  const step = 40
  for (let first = 0; first < apps; first += step) {
    const texts = first === 0 ? [...namespaceText] : []
    for (let i = first; i < Math.min(apps, first + step); i++) texts.push(appOf(i, replicas, namespaces))
    intents.push({ kind: 'apply', files: [{ name: `apps-${first}.yaml`, text: texts.join('---\n') }] })
  }
  return { version: 1, intents }
}

const appOf = (i, replicas, namespaces) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: app-${i}, namespace: team-${i % namespaces} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: app-${i} } }
  template:
    metadata: { labels: { app: app-${i} } }
    spec: { containers: [{ name: main, image: app, ports: [{ containerPort: 8080 }] }] }
`
