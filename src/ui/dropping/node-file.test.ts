import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { nodeFileOf } from './node-file.ts'

describe('a file dropped on a node', () => {
  it.each([
    ['traefik.toml', '# mine\n[web]\naddress = ":8080"\n'],
    ['haproxy.cfg', '  indented\nnot so\n'],
    ['traefik.yml', 'entryPoints:\n  web:\n    address: ":80"\n'],
    ['empty.conf', '\n'],
    ['a b.conf', 'x: "y"\r\n\r\nz\r\n'],
  ])('%s is a key of a ConfigMap, word for word', (name, text) => {
    const found = nodeFileOf({ name, text }, 'edge')
    const object = parse(found?.manifest.text ?? '') as {
      readonly metadata: { readonly name: string; readonly annotations: object }
      readonly data: Record<string, string>
    }
    expect(object.data[name]?.trimEnd()).toBe(text.replaceAll('\r\n', '\n').trimEnd())
    expect(object.metadata.name).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    const directory = `/etc/${name.split('.')[0] ?? ''}`
    expect(object.metadata.annotations).toEqual({ 'kubehop/host-path': directory, 'kubehop/nodes': 'edge' })
    expect(found?.path).toBe(`${directory}/${name}`)
  })

  it.each([
    ['pod.yaml', 'apiVersion: v1\nkind: Pod\n'],
    ['pod.json', '{\n  "kind": "Pod"\n}'],
    ['list.yaml', 'items:\n- kind: Pod\n'],
  ])('%s is a manifest', (name, text) => expect(nodeFileOf({ name, text }, 'edge')).toBeUndefined())
})
