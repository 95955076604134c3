import { describe, expect, it } from 'vitest'
import { nodeFileOf } from './node-file.ts'

/** What stands below `data:`. */
const dataOf = (text = ''): string => text.slice(text.indexOf('\ndata:\n') + '\ndata:\n'.length)

describe('a file dropped on a node', () => {
  it('is a key of a ConfigMap that says where it lies', () => {
    const found = nodeFileOf({ name: 'traefik.toml', text: '# mine\n[web]\naddress = ":8080"\n' }, 'edge')
    expect(found?.path).toBe('/etc/traefik/traefik.toml')
    expect(found?.manifest).toEqual({
      name: 'edge-traefik.toml.yaml',
      text: `# /etc/traefik/traefik.toml on edge
apiVersion: v1
kind: ConfigMap
metadata:
  name: file-edge-traefik.toml
  namespace: kube-system
  annotations:
    kubehop/host-path: /etc/traefik
    kubehop/nodes: edge
data:
  "traefik.toml": |
    # mine
    [web]
    address = ":8080"
`,
    })
  })

  it.each([
    ['haproxy.cfg', '  indented\nnot so\n', '  "haproxy.cfg": |2\n      indented\n    not so\n'],
    ['traefik.yml', 'entryPoints:\n  web: 1\n', '  "traefik.yml": |\n    entryPoints:\n      web: 1\n'],
    ['empty.conf', '\n', '  "empty.conf": ""\n'],
    ['a b.conf', 'x: "y"\r\n\r\nz\r\n', '  "a b.conf": |\n    x: "y"\n\n    z\n'],
  ])('%s, word for word', (name, text, data) => {
    const found = nodeFileOf({ name, text }, 'Edge_1')
    expect(dataOf(found?.manifest.text)).toBe(data)
    expect(/name: (\S+)/.exec(found?.manifest.text ?? '')?.[1]).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
  })

  it.each([
    ['pod.yaml', 'apiVersion: v1\nkind: Pod\n'],
    ['pod.json', '{\n  "kind": "Pod"\n}'],
    ['list.yaml', 'items:\n- kind: Pod\n'],
  ])('%s is a manifest', (name, text) => expect(nodeFileOf({ name, text }, 'edge')).toBeUndefined())
})
