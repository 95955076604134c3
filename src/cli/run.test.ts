import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { run } from './run.ts'

const SHOP = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: lonely}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: main, image: busybox}]}
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubehop-cli-'))
  writeFileSync(join(folder, 'shop.yaml'), SHOP)
  writeFileSync(join(folder, 'bad.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 70000\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command line in memory. `FOLDER` in an argument stands for the test's folder. */
function kubehop(command: string, stdin = '', interactive = false) {
  const out: string[] = []
  const err: string[] = []
  const chunks: Uint8Array[] = []
  const terminal = {
    stdout: (text: string) => out.push(text),
    stderr: (text: string) => err.push(text),
    stdoutBytes: (bytes: Uint8Array) => chunks.push(bytes),
    interactive,
    readStdin: () => stdin,
    colours: false,
  }
  const status = run(
    command.split(' ').map((word) => word.replace('FOLDER', folder)),
    terminal,
  )
  return { status, out: out.join(''), err: err.join(''), ...(chunks.length > 0 && { bytes: Buffer.concat(chunks) }) }
}

describe('arguments', () => {
  it.each<[string, string]>([
    ['frobnicate', "unknown command 'frobnicate'"],
    ['constructor', "unknown command 'constructor'"],
    ['help constructor', "unknown command 'constructor'"],
    ['state -f FOLDER/shop.yaml node-1 constructor', "state 'constructor': one of addr"],
    ['apply', 'give manifests with -f'],
    ['apply -f FOLDER/none.yaml', 'none.yaml'],
    ['apply -f FOLDER/shop.yaml --mode ipvs --scheduler fo', "--scheduler 'fo': one of rr"],
    ['apply -f FOLDER/shop.yaml --mode ebpf', "--mode 'ebpf': one of iptables"],
    ['apply -f FOLDER/shop.yaml --nodes 0', "--nodes '0': a whole number from 1"],
    ['apply -f FOLDER/shop.yaml --colour', '--colour'],
    ['apply -f FOLDER/bad.yaml', 'nothing applied'],
    ['trace -f FOLDER/shop.yaml --to 1.2.3.4', '--from is missing'],
    ['trace -f FOLDER/shop.yaml --from pod/default/nobody --to 1.2.3.4', 'nobody'],
    ['trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --pick SVC', "--pick 'SVC': CHAIN=IP:PORT"],
    ['trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ -o pdf', "--output 'pdf': one of text, json, pcapng, mermaid"],
    ['trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --all-paths -o pcapng', 'holds one path'],
    ['trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ -o mermaid --out FOLDER/none/x.md', 'none/x.md'],
    ['rules -f FOLDER/shop.yaml --node node-9', "no node 'node-9' in this cluster; there are node-1, node-2, node-3"],
    ['state -f FOLDER/shop.yaml node-1 weather', "state 'weather': one of addr"],
    ['state -f FOLDER/shop.yaml nowhere addr', "no node, pod or host 'nowhere'"],
    ['state -f FOLDER/shop.yaml node-1 addr eth0', "'eth0': no further argument"],
    ['state -f FOLDER/shop.yaml node-1 addr -o text', "--output 'text': one of json"],
    ['golden', 'DIR is missing'],
    ['golden FOLDER/none --out FOLDER/out', 'no folder with a scenario.json'],
    ['help frobnicate', "unknown command 'frobnicate'"],
  ])('%s ends with status 2', (command, message) => {
    const { status, err } = kubehop(command)
    expect([status, err]).toEqual([2, expect.stringContaining(message)])
  })

  it.each(['version', '--version'])('%s is that of package.json', (command) => {
    const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(kubehop(command)).toEqual({ status: 0, out: `${name} ${version}\n`, err: '' })
  })

  it.each(['help', '--help', 'help trace', 'trace --help'])('%s prints help', (command) => {
    expect(kubehop(command)).toEqual({ status: 0, out: expect.stringContaining('kubehop trace'), err: '' })
  })
})

describe('apply', () => {
  it('shows what is created, and where everything is', () => {
    const { status, out } = kubehop('apply -f FOLDER/shop.yaml')
    expect(status).toBe(0)
    expect(out).toMatch(/web.* created/)
    expect(out).toMatch(/^node-1 +192\.168\.1\.11 +10\.244\.0\.0\/24 +\d$/m)
    expect(out).toMatch(/^default +client +yes +Running +10\.244\.\d\.\d+ +node-\d$/m)
    expect(out).toMatch(/^default +web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP +2$/m)
  })

  it('shows Ingresses as kubectl does', () => {
    const rule = (host: string) =>
      `{host: ${host}, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}`
    const spec = `{ingressClassName: c, tls: [{secretName: s}], rules: [${['a.b', 'c.d', 'e.f', 'g.h'].map(rule).join(', ')}]}`
    const status = '{loadBalancer: {ingress: [{ip: 192.0.2.1}]}}'
    const text = `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: ${spec}\nstatus: ${status}\n`
    expect(kubehop('apply -f -', text).out).toMatch(/^default +i +c +a\.b,c\.d,e\.f \+ 1 more\.\.\. +192\.0\.2\.1 +80, 443$/m)
  })

  it('reads stdin, and takes profile and number of nodes', () => {
    const { out } = kubehop('apply -f - --profile k3s --nodes 2 -o wide', SHOP)
    expect(out).toMatch(/^server +192\.168\.1\.10 +10\.42\.0\.0\/24/m)
    expect(out).toMatch(/app=web/)
  })

  it('prints every object as YAML and JSON', () => {
    const yaml = parse(kubehop('apply -f FOLDER/shop.yaml -o yaml').out)
    const json = JSON.parse(kubehop('apply -f FOLDER/shop.yaml -o json').out)
    expect(json.cluster).toEqual(yaml)
    expect(yaml.items.filter((item: { kind: string }) => item.kind === 'Pod')).toHaveLength(3)
    expect(json.changes.map((change: { op: string }) => change.op)).toContain('created')
  })

  it('tells problems with place and changes nothing', () => {
    const { status, out, err } = kubehop('apply -f FOLDER/bad.yaml -o json')
    expect(status).toBe(2)
    expect(err).toMatch(/bad\.yaml:6:\d+: error: .*70000/)
    expect(JSON.parse(out).changes).toEqual([])
  })
})

describe('compare', () => {
  const asked = '-f FOLDER/shop.yaml --from pod/default/client --to http://web.default/'

  it('tells what differs between modes', () => {
    const { status, out } = kubehop(`compare ${asked} --modes iptables,ipvs --level kernel`)
    expect(status).toBe(0)
    expect(out).toMatch(/^iptables +\d +10\.244\.\d+\.\d+ +10\.244\.\d+\.\d+ +6\d /m)
    expect(out).toContain('iptables (-) and ipvs (+)')
    expect(out).toMatch(/^- .*KUBE-SVC-/m)
    expect(out).toMatch(/^\+ .*IPVS/im)
  })

  it('wants two modes that there are', () => {
    expect(kubehop(`compare ${asked} --modes ipvs`)).toMatchObject({ status: 2 })
    expect(kubehop(`compare ${asked} --modes ipvs,ebpf`)).toMatchObject({ status: 2 })
  })
})

describe('lint', () => {
  it('tells what is wrong, and ends with 1 when it cannot work', () => {
    const { status, out } = kubehop('lint -f FOLDER/shop.yaml')
    expect([status, out]).toEqual([
      1,
      'error: Service/default/lonely spec.selector: no pod has the labels app=nobody: nobody answers\nerrors: 1, warnings: 0, notes: 0\n',
    ])
  })

  it('leaves out what is less than asked for, and ends with 0 without errors', () => {
    const lb =
      'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n---\n'
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web}}\nspec: {containers: [{name: c, image: x}]}\n'
    expect(kubehop('lint -f -', lb + pod)).toMatchObject({ status: 0, out: expect.stringContaining('pending: nothing here gives') })
    expect(kubehop('lint -f - --severity error', lb + pod).out).toBe('errors: 0, warnings: 0, notes: 0\n')
    expect(kubehop('lint -f - --load-balancer service-lb', lb + pod).out).toBe('errors: 0, warnings: 0, notes: 0\n')
  })

  it('is data with -o json', () => {
    const { findings } = JSON.parse(kubehop('lint -f FOLDER/shop.yaml -o json').out)
    expect(findings).toEqual([
      {
        kind: 'no-pods-selected',
        severity: 'error',
        object: { kind: 'Service', namespace: 'default', name: 'lonely' },
        field: 'spec.selector',
        params: { selector: 'app=nobody', near: 0 },
        related: [],
      },
    ])
  })

  it('ends with 1 when the input is refused', () => expect(kubehop('lint -f FOLDER/bad.yaml').status).toBe(1))
})

describe('trace', () => {
  it('answers in text, at every level', () => {
    const [story, network, kernel] = ['story', 'network', 'kernel'].map((level) =>
      kubehop(`trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --level ${level}`),
    )
    expect([story?.status, network?.status, kernel?.status]).toEqual([0, 0, 0])
    expect(story?.out).toMatch(/answered by default\/web-/)
    expect(story?.out).toMatch(/name-from-api/)
    expect(network?.out).toMatch(/nat +destination 10\.\S+:80 becomes 10\.244\.\S+:8080/)
    expect(kernel?.out).toMatch(/-A KUBE-SERVICES -d 10\.\S+\/32 .*⇒ JUMP KUBE-SVC-/)
  })

  it('is data with -o json', () => {
    const { status, out } = kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ -o json')
    const trace = JSON.parse(out)
    expect(status).toBe(0)
    expect(trace).toMatchObject({
      disposition: 'delivered',
      symptom: 'answered',
      probability: 0.5,
      request: { hops: expect.any(Array) },
      reply: { hops: expect.any(Array) },
    })
    expect(trace.request.hops[0]).toMatchObject({
      netns: 'p-default-client',
      out: 'eth0',
      steps: expect.arrayContaining([expect.objectContaining({ kind: 'transmit' })]),
    })
  })

  it('ends with 1 when no answer comes, and says why', () => {
    expect(kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://lonely/')).toMatchObject({
      status: 1,
      out: expect.stringContaining('connection refused (ICMP 3/3)'),
    })
  })

  it('finds every path, with probabilities that sum to 1', () => {
    const { out, status } = kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --all-paths -o json')
    const { complete, paths } = JSON.parse(out)
    expect([status, complete, paths.length]).toEqual([0, true, 2])
    expect(paths.reduce((sum: number, path: { probability: number }) => sum + path.probability, 0)).toBeCloseTo(1)
    expect(new Set(paths.map((path: { outcome: { answeredBy: string } }) => path.outcome.answeredBy)).size).toBe(2)
  })

  it('says when a limit cuts the paths', () => {
    const { out, err } = kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --all-paths --limit 1 -o json')
    expect(JSON.parse(out).complete).toBe(false)
    expect(err).toContain('cut at 1 paths')
  })

  it('takes the endpoint that is picked, and says when nothing was to pick', () => {
    const { paths } = JSON.parse(kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --all-paths -o json').out)
    const trace = 'trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ -o json --seed 5'
    for (const { request, choices, outcome } of paths) {
      const { ip, transport } = request.disposition.packet
      const picked = kubehop(`${trace} --pick ${choices[0].why.chain}=${ip.destination}:${transport.destinationPort}`)
      expect(JSON.parse(picked.out).outcome.answeredBy).toBe(outcome.answeredBy)
      expect(picked.err).toBe('')
    }
    expect(kubehop(`${trace} --pick KUBE-SVC-NONE=10.0.0.1:80`).err).toContain('no packet was offered a choice')
  })

  it('gives the same path for the same seed', () => {
    const trace = (seed: number) =>
      kubehop(`trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/ --sport 40001 -o json --seed ${seed}`).out
    expect(trace(3)).toBe(trace(3))
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => JSON.parse(trace(seed)).outcome.answeredBy)).size).toBe(2)
  })

  it('follows a URL to its response, and tells it as curl does', () => {
    const trace = 'trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/a'
    const { connections, order, journey, outcome } = JSON.parse(kubehop(`${trace} -o json -H X-A:b`).out)
    expect(journey).toMatchObject({ url: 'http://web/a', headers: [['X-A', 'b']] })
    expect(connections).toHaveLength(1)
    expect(order).toHaveLength(connections[0].packets.length)
    expect(outcome).toMatchObject({ http: { status: 200 }, served: { program: 'echo' }, curl: { exit: 0 } })
    expect(kubehop(`${trace} --curl`).out).toMatch(/^\*.*Trying .*\n> GET \/a HTTP\/1\.1\n.*< HTTP\/1\.1 200 OK\n/s)
    expect(kubehop(trace).out).toMatch(/request\n.*response\n.*> GET \/a.*echo answers itself.*< 200 OK.*closed/s)
  })

  it.each([
    ['--to http://web/ --ttl 1', 'tcp SYN', ''],
    ['--to http://web/ -k --ttl 1', '', '--insecure is for requests of HTTP, --ttl for a single packet'],
    ['--to 10.96.0.10:53 -k', '', '--insecure is for requests of HTTP'],
    ['--to http://web/ -H nonsense', '', "-H 'nonsense'"],
    ['--to http://web/ --resolve web:80', '', "--resolve 'web:80'"],
    ['--to http://web/ -m never', '', "--max-time 'never'"],
  ])('takes a packet or a journey, and not half of each: %s', (args, out, err) => {
    const done = kubehop(`trace -f FOLDER/shop.yaml --from pod/default/client ${args}`)
    expect(done.out).toContain(out)
    expect(done.err).toContain(err)
    expect(done.out.includes('connection 0')).toBe(false)
  })

  it('a name that nobody knows is an answer to curl', () => {
    const { status, out } = kubehop('trace -f FOLDER/shop.yaml --from pod/default/client --to http://nowhere/ --curl')
    const message = 'Could not resolve host: nowhere (NXDOMAIN)'
    expect([status, out]).toEqual([1, `* ${message}\n* Closing connection\ncurl: (6) ${message}\n`])
  })

  it('an unknown option is named, without advice on other things', () => {
    expect(kubehop('trace -f FOLDER/shop.yaml --form x')).toEqual({ status: 2, out: '', err: "kubehop: Unknown option '--form'\n" })
  })

  it('pings an address without a port', () => {
    const { out, status } = kubehop('trace -f FOLDER/shop.yaml --from node/node-1 --to 192.168.1.12 --ttl 3 --df')
    expect([status, out]).toEqual([0, expect.stringContaining('icmp echo reply')])
  })
})

describe('trace into files', () => {
  const trace = 'trace -f FOLDER/shop.yaml --from pod/default/client --to http://web/'

  it('writes a capture to a pipe, and not to a person', () => {
    const { status, out, err, bytes } = kubehop(`${trace} -o pcapng`)
    expect([status, out, err, bytes?.toString('hex', 0, 4)]).toEqual([0, '', '', '0a0d0d0a'])
    expect(kubehop(`${trace} -o pcapng`, '', true)).toEqual({ status: 2, out: '', err: expect.stringContaining('--out FILE') })
  })

  it('writes the same capture with --out, also for a person', () => {
    const { bytes } = kubehop(`${trace} -o pcapng`)
    expect(kubehop(`${trace} -o pcapng --out FOLDER/web.pcapng`, '', true)).toEqual({ status: 0, out: '', err: '' })
    expect(readFileSync(join(folder, 'web.pcapng'))).toEqual(bytes)
  })

  it('says when no packet was sent, so that there is nothing to capture', () => {
    const { status, err, bytes } = kubehop(
      'trace -f FOLDER/shop.yaml --from pod/default/client --to 10.244.1.9 --payload 9000 --df -o pcapng',
    )
    expect([status, err, bytes?.length]).toEqual([1, expect.stringContaining('the capture is empty'), bytes?.readUInt32LE(4)])
  })

  it.each(['text', 'json', 'mermaid'])('writes %s with --out as to stdout', (output) => {
    expect(kubehop(`${trace} -o ${output} --out FOLDER/web.out`)).toEqual({ status: 0, out: '', err: '' })
    expect(readFileSync(join(folder, 'web.out'), 'utf8')).toBe(kubehop(`${trace} -o ${output}`).out)
  })

  it('tells a trace as Markdown with a diagram; with --all-paths a page per path', () => {
    const page = kubehop(`${trace} -o mermaid`).out
    expect(page).toMatch(/^# tcp from pod\/default\/client to http:\/\/web\/\n\n\*\*answered by default\/web-/)
    expect(page).toMatch(/```mermaid\nsequenceDiagram\n {2}participant n1 as \S+\/client\n/)
    expect(page).toMatch(/^ {2}Note over n2: destination 10\.\S+:80 becomes 10\.244\.\S+:8080/m)
    expect(page).toMatch(/^\| 1\.1 \| tcp SYN mss \d+ \| default\/client \| · \| eth0 \| sends /m)
    expect(page).toMatch(/^ *-A KUBE-SERVICES -d 10\.\S+\/32 .*⇒ JUMP KUBE-SVC-.*# Service\/default\/web/m)
    expect(kubehop(`${trace} --all-paths -o mermaid`).out.match(/^# tcp from/gm)).toHaveLength(2)
  })
})

describe('rules and state', () => {
  it('prints what iptables-save would, and what kube-proxy restores', () => {
    const save = kubehop('rules -f FOLDER/shop.yaml --node node-2').out
    expect(save).toMatch(/^\*mangle\n:PREROUTING ACCEPT \[0:0\]\n/)
    expect(save).toMatch(/-A KUBE-SEP-\w+ .*-j DNAT --to-destination 10\.244\.\d\.\d+:8080/)
    expect(kubehop('rules -f FOLDER/shop.yaml --node node-2 --restore').out).toMatch(/^\*filter\n:KUBE-SERVICES - \[0:0\]\n/)
  })

  it.each<[string, string, object]>([
    ['node-1', 'addr', { ifname: 'cni0', addr_info: [expect.objectContaining({ local: '10.244.0.1', prefixlen: 24 })] }],
    ['node/node-1', 'link', { ifname: 'flannel.1', mtu: 1450, linkinfo: expect.objectContaining({ info_kind: 'vxlan' }) }],
    ['node-1', 'route', { dst: '10.244.1.0/24', gateway: '10.244.1.0', dev: 'flannel.1', flags: ['onlink'] }],
    ['node-1', 'rule', { priority: 0, src: 'all', table: 'local' }],
    ['node-1', 'neigh', { dst: '10.244.1.0', dev: 'flannel.1', lladdr: '0e:f1:0a:f4:01:00', state: ['PERMANENT'] }],
    ['node-1', 'fdb', { mac: '0e:f1:0a:f4:01:00', ifname: 'flannel.1', dst: '192.168.1.12', flags: ['self'], state: 'permanent' }],
    ['pod/default/client', 'route', { dst: '10.244.0.0/16', dev: 'eth0' }],
    ['client', 'route', { dst: 'default', gateway: '192.168.1.1', dev: 'eth0' }],
    ['external/router', 'addr', { ifname: 'eth1' }],
  ])('state of %s: %s', (place, what, row) => {
    const { status, out } = kubehop(`state -f FOLDER/shop.yaml ${place} ${what}`)
    expect(status).toBe(0)
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining(row))
  })

  it('shows connections after a packet that is sent first', () => {
    expect(kubehop('state -f FOLDER/shop.yaml node-1 conntrack').out).toBe('[]\n')
    const rows = JSON.parse(
      kubehop('state -f FOLDER/shop.yaml node-1 conntrack --from node/node-1 --to http://192.168.1.12:30999/ --sport 40001').out,
    )
    expect(rows).toEqual([])
    const pinged = JSON.parse(kubehop('state -f FOLDER/shop.yaml node-1 conntrack --from node/node-1 --to 192.168.1.12 --sport 7').out)
    expect(pinged).toEqual([
      {
        proto: 'icmp',
        orig: expect.objectContaining({ src: '192.168.1.11', dst: '192.168.1.12', type: 8, id: 7 }),
        reply: expect.objectContaining({ type: 0 }),
        mark: 0,
      },
    ])
  })
})

describe('golden', () => {
  const copy = (name: string, change: (scenario: Record<string, unknown>) => object = (scenario) => scenario) => {
    const recording = JSON.parse(readFileSync(new URL('./testdata/goldens/clusterip-2ep-a.json', import.meta.url), 'utf8'))
    mkdirSync(join(folder, 'in', name), { recursive: true })
    writeFileSync(join(folder, 'in', name, 'scenario.json'), JSON.stringify(change({ ...recording.scenario, name })))
    writeFileSync(join(folder, 'in', name, 'picks.json'), JSON.stringify(recording.picks))
    return recording
  }

  it('writes probes and dumps, and names what it leaves out', () => {
    const { scenario, picks } = copy('plain')
    copy('udp', (input) => ({ ...input, flannel: { backend: 'udp' } }))
    mkdirSync(join(folder, 'in', 'rules', 'one'), { recursive: true })
    writeFileSync(join(folder, 'in', 'rules', 'one', 'case.json'), JSON.stringify({ ...scenario, name: 'one' }))
    const { status, out, err } = kubehop('golden FOLDER/in --out FOLDER/out')
    expect(err).toBe('udp: left out, not simulated yet: flannel backend udp\n')
    expect([status, out]).toEqual([0, '1 scenarios with 4 probes and 1 rules cases written, 1 left out, 0 failed\n'])
    const file = (...path: string[]) => readFileSync(join(folder, 'out', ...path), 'utf8')
    for (const [id, [pick]] of Object.entries<{ endpoint: string }[]>(picks))
      expect(file('plain', 'probes', `${id}.json`)).toContain(`--to-destination ${pick?.endpoint}`)
    expect(file('plain', 'nodes', 'node-1', 'iptables-save.txt')).toContain('-A FLANNEL-FWD')
    expect(JSON.parse(file('plain', 'nodes', 'node-1', 'routes.json'))[0]).toMatchObject({ dst: 'default' })
    expect(file('rules', 'one', 'node-1', 'iptables-save.txt')).not.toContain('FLANNEL')
  })

  it('refuses by name what no kernel would take', () => {
    copy('odd-rule', (input) => ({ ...input, extraRules: { 'node-1': ['-A INPUT -m moon --phase full -j DROP'] } }))
    copy('odd-sysctl', (input) => ({ ...input, sysctls: { 'node-1': { 'net.ipv4.gravity': 1 } } }))
    const { status, err } = kubehop('golden FOLDER/in --out FOLDER/out')
    expect(status).toBe(1)
    expect(err).toMatch(/odd-rule: admin\.rules\.node-1\[0\]: .*moon/)
    expect(err).toMatch(/odd-sysctl: admin\.sysctls\.node-1: .*gravity/)
  })

  it('goes on after a scenario that cannot be run, and ends with 1', () => {
    copy('broken', (input) => ({
      ...input,
      probes: [{ id: 'x', from: { pod: 'default/none' }, proto: 'tcp', to: '10.0.0.1:80', sport: 1 }],
    }))
    const { status, err } = kubehop('golden FOLDER/in --out FOLDER/out')
    expect([status, err]).toEqual([1, expect.stringContaining('broken: probe x: no pod default/none')])
  })
})
