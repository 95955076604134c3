import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from './run.ts'

const HOST_NETWORK = `apiVersion: v1
kind: Namespace
metadata: {name: edge}
---
apiVersion: v1
kind: Pod
metadata: {name: gate, namespace: edge}
spec:
  hostNetwork: true
  containers:
  - {name: controller, image: 'registry.k8s.io/ingress-nginx/controller:v1.11.0', args: [/nginx-ingress-controller]}
`

function kubehop(args: readonly string[], stdin = '') {
  let out = ''
  let err = ''
  const status = run(args, {
    stdout: (text) => void (out += text),
    stdoutBytes: () => undefined,
    interactive: false,
    stderr: (text) => void (err += text),
    readStdin: () => stdin,
    colours: false,
  })
  return { status, out, err }
}

const sample = (name: string): string => fileURLToPath(new URL(`../../public/scenarios/${name}.yaml`, import.meta.url))
const state = (name: string, ...args: readonly string[]) => kubehop(['state', '-f', sample(name), ...args])

/** The only pod whose name begins with `namespace/prefix`, as `apply` lists it. */
function podOf(name: string, namespace: string, prefix: string): string {
  const rows = kubehop(['apply', '-f', sample(name)]).out.split('\n')
  const names = rows.map((row) => row.split(/ {2,}/)).filter(([first, second]) => first === namespace && second?.startsWith(prefix))
  return names.map(([, pod]) => `pod/${namespace}/${pod}`).find((each) => /-[a-z0-9]{5}$/.test(each)) ?? ''
}

describe('the program in a pod', () => {
  const pod = podOf('ingress-nginx', 'ingress-nginx', 'ingress-nginx-controller')
  const shown = (...args: readonly string[]) => state('ingress-nginx', pod, ...args)

  it('has its files one after the other, under their names', () => {
    const { status, out } = shown('config')
    expect(status).toBe(0)
    const names = [...out.matchAll(/^==> (.+) <==$/gm)].map(([, name]) => name)
    expect(names).toEqual(['/etc/nginx/nginx.conf', '/configuration/backends', 'nginx-without-lua.conf'])
    expect(out).toMatch(/^==> \/etc\/nginx\/nginx\.conf <==\n\S/)
    expect(out).toContain('}\n\n==> /configuration/backends')
    expect(JSON.parse(shown('config', '-o', 'json').out).map(({ name }: { name: string }) => name)).toEqual(names)
  })

  it('gives one file as it is', () => {
    const { out } = shown('config', '/configuration/backends')
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ name: 'default-front-http', 'load-balance': 'round_robin' }))
    const data = JSON.parse(shown('config', '/configuration/backends', '-o', 'json').out)
    expect(data).toMatchObject({ name: '/configuration/backends', syntax: 'json', text: out })
  })

  it('names the files that there are, where one is not', () => {
    const { status, out, err } = shown('config', 'httpd.conf')
    expect([status, out]).toEqual([2, ''])
    expect(err).toMatch(/^kubehop: no file 'httpd\.conf' of ingress-nginx; there are \/etc\/nginx\/nginx\.conf, /)
  })

  it('takes a file for config alone', () => expect(shown('log', 'nginx.conf')).toMatchObject({ status: 2, out: '' }))

  it('has its tables in columns, each row with the object that it is made of', () => {
    const { status, out } = shown('program')
    expect(status).toBe(0)
    const sections = out.split('\n\n').map((each) => each.split('\n'))
    expect(sections.map(([id]) => id)).toEqual(['ingress-nginx', 'listeners', 'servers', 'locations', 'upstreams', 'endpoints'])
    for (const [, headings = '', first = ''] of sections.slice(1)) expect(first.split(/ {2,}/)).toHaveLength(headings.split(/ {2,}/).length)
    expect(out).toMatch(/^tcp {2,}443 {2,}https$/m)
    expect(out).toMatch(/^shop\.example\.com +"\/api\/" +proxy +default-api-8080 +Ingress\/default\/shop$/m)
    const data = JSON.parse(shown('program', '-o', 'json').out)
    expect(data).toMatchObject({
      program: 'ingress-nginx',
      listeners: expect.arrayContaining([{ protocol: 'tcp', port: 80, purpose: 'http' }]),
    })
    const locations = data.tables.find(({ id }: { id: string }) => id === 'locations')
    expect(locations.rows[1]).toMatchObject({ object: { kind: 'Ingress', name: 'shop' }, next: { table: 'upstreams' } })
  })
})

it('what it logs has its level before it, and the object behind it where the text names none', () => {
  const pod = podOf('contour', 'projectcontour', 'envoy')
  const { status, out } = state('contour', pod, 'log')
  expect([status, out]).toEqual([0, expect.stringMatching(/^warning this HTTPProxy is not part of .* # HTTPProxy\/default\/\S+$/m)])
  expect(JSON.parse(state('contour', pod, 'log', '-o', 'json').out)).toContainEqual(
    expect.objectContaining({ level: 'warning', object: expect.objectContaining({ kind: 'HTTPProxy' }) }),
  )
})

it('listeners are shown of a program that has no table of them', () => {
  expect(state('kong', podOf('kong', 'kong', 'kong'), 'program').out).toMatch(/^kong\n\nlisteners\nPROTOCOL .*\ntcp +\* +8000 +proxy\n/)
})

it('a balancer outside has a program, too', () => {
  const { status, out } = state('gce', '--cloud', 'gce', 'external/gfe', 'program')
  expect([status, out]).toEqual([
    0,
    expect.stringMatching(/^gce\n\nlisteners\nLOAD BALANCER +ADDRESS .*\ndefault\/shop +203\.0\.113\.129:80 /),
  ])
})

it('a pod in the network of its node is told from the node', () => {
  const ofHost = (place: string) => kubehop(['state', '-f', '-', '--nodes', '1', place, 'program'], HOST_NETWORK)
  expect(ofHost('pod/edge/gate').out).toMatch(/^ingress-nginx\n\nlisteners\n/)
  expect(ofHost('node-1')).toMatchObject({ status: 1, out: '' })
})

describe('a place without a program', () => {
  it.each(['pod/default/curl', 'curl', 'node-1', 'external/client'])('%s is named, with those that there are', (place) => {
    const { status, out, err } = state('kong', place, 'config')
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(new RegExp(`^kubehop: ${place}: no program .*; in this cluster there are pod/kong/kong-\\S+\n$`))
  })

  it('is told where there is none at all', () => {
    expect(state('shop', 'node-1', 'log', '-o', 'json')).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining('none elsewhere'),
    })
  })

  it('is not one that is not there', () => expect(state('shop', 'pod/default/nobody', 'config').status).toBe(2))
})
