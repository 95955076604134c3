/**
 * `npm run verify:proxies [-- SEED COUNT]`: the configurations that simulated controllers write, given to the real nginx and HAProxy, and the same requests asked of both. Says what differs, and what it skips;
 * status 1 when something differs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { seeded } from '../../core/base/choose.ts'
import type { HttpRequest } from '../../core/apps/http.ts'
import { headerOf } from '../../core/apps/http.ts'
import type { Accepted, Running } from '../../core/apps/program.ts'
import { processOf } from '../../core/apps/programs.ts'
import { type Cluster, list } from '../../core/cluster/cluster.ts'
import { ingressControllerOf } from '../../core/cluster/ingress-controller.ts'
import { apply, start } from '../../core/engine.ts'
import { joinHostPort, LOOPBACK } from '../../core/net/ip.ts'
import { withSource } from '../input.ts'
import { CONTROLLERS } from '../suites/ingress-install.ts'
import { type Case, cases } from './cases.ts'
import { type Asked, ask, Endpoints, freePort, type Said } from './loopback.ts'
import { certificateFor } from './openssl.ts'
import { randomCase } from './random.ts'
import { find, type Found } from './packages.ts'
import { type Started, startHaproxy, startNginx } from './programs.ts'

type Name = 'nginx' | 'haproxy'
const CONTROLLER: Readonly<Record<Name, string>> = { nginx: 'ingress-nginx', haproxy: 'haproxy' }
const PORTS: Readonly<Record<Name, readonly [number, number]>> = { nginx: [80, 443], haproxy: [8080, 8443] }

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

function clusterOf(name: Name, { manifest, tls }: Case): Cluster {
  const controller = CONTROLLERS.find((each) => each.name === CONTROLLER[name])?.manifest ?? ''
  // A suite's controllers redirect nothing to https; here the redirect is among what is asked.
  const text = tls ? controller.replace(/ssl-redirect: "false",? ?/, '') : controller
  const first = apply(start(), [withSource({ name: 'controller', text })])
  const done = apply(first.simulation, [withSource({ name: 'case', text: manifest })])
  const wrong = [...first.problems, ...done.problems].find(({ severity }) => severity === 'error')
  if (wrong) throw new Error(wrong.message)
  return done.simulation.cluster
}

function runningOf(cluster: Cluster): Running {
  for (const pod of list(cluster, 'Pod')) if (ingressControllerOf(pod)) return processOf({ cluster, place: { kind: 'pod', pod } }).running
  throw new Error('no controller runs')
}

/** What the simulated program decides, in the words of what the real one says. */
function simulated(name: Name, running: Running, { host, path, headers, tls }: Asked): Said {
  const [http, https] = PORTS[name]
  const base: Accepted = {
    local: LOOPBACK,
    localPort: tls ? https : http,
    peer: LOOPBACK,
    peerPort: 40000,
    moment: { now: 0, memory: new Map(), choose: seeded(1) },
  }
  const hello = tls ? running.hello?.({ serverName: host, alpn: ['http/1.1'] }, base) : undefined
  const connection = hello?.kind === 'terminate' ? { ...base, tls: { serverName: host, certificate: hello.certificate } } : base
  const request: HttpRequest = { method: 'GET', target: path, version: '1.1', headers: [['Host', host], ...headers], body: '' }
  const decision = running.request?.({ request, connection, tried: [] })
  if (decision?.kind === 'proxy')
    return { status: 200, location: '', endpoint: joinHostPort(decision.to.address, decision.to.port), target: decision.request.target }
  if (decision?.kind === 'respond')
    return { status: decision.response.status, location: headerOf(decision.response.headers, 'Location') ?? '', endpoint: '', target: '' }
  return { status: 0, location: '', endpoint: '', target: '' }
}

/** Which pod is the balancer's affair: what counts is whose it is. */
function serviceOf(cluster: Cluster, endpoint: string): string {
  for (const slice of list(cluster, 'EndpointSlice'))
    for (const { addresses } of slice.endpoints ?? [])
      if (slice.ports?.some(({ port }) => addresses.some((address) => joinHostPort(address, port ?? 0) === endpoint)))
        return slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''
  return endpoint
}

const line = (cluster: Cluster, { status, location, endpoint, target }: Said): string =>
  [status, endpoint && serviceOf(cluster, endpoint), target, location].filter(Boolean).join(' ')

async function compare(
  name: Name,
  program: Found,
  each: Case,
  fallback: string,
): Promise<{ readonly asked: number; readonly wrong: readonly string[] }> {
  const cluster = clusterOf(name, each)
  const running = runningOf(cluster)
  const endpoints = new Endpoints()
  const dir = mkdtempSync(join(tmpdir(), 'kubehop-proxy-'))
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const
  const secrets = [...list(cluster, 'Secret')]
  const setup = { program, running, dir, endpoints, secrets, ports }
  // Where HAProxy's controller would answer 404 itself.
  const own = createServer((_, response) => response.writeHead(404).end()).listen(name === 'haproxy' ? ports[3] : 0, '127.0.0.1')
  const started = name === 'nginx' ? await startNginx(setup, fallback) : await startHaproxy(setup)
  const wrong: string[] = []
  let asked = 0
  if (typeof started === 'string') wrong.push(`${name}: ${each.name}: ${started}`)
  else {
    for (const request of requests(each, started)) {
      asked++
      const [real, ours] = [line(cluster, await ask(request)), line(cluster, simulated(name, running, request))]
      if (real !== ours)
        wrong.push(
          `${name}: ${each.name}: ${request.tls ? 'https' : 'http'}://${request.host}${request.path} ${JSON.stringify(request.headers)}: real ${real}, simulated ${ours}`,
        )
    }
    await started.stop()
  }
  endpoints.close()
  own.closeAllConnections()
  own.close()
  rmSync(dir, { recursive: true, force: true })
  return { asked, wrong }
}

const requests = ({ hosts, paths, headers = [[]], tls }: Case, { http, https }: Started): readonly Asked[] =>
  (tls ? [false, true] : [false]).flatMap((secure) =>
    hosts.flatMap((host) =>
      paths.flatMap((path) => headers.map((each) => ({ port: secure ? https : http, host, path, headers: each, tls: secure }))),
    ),
  )

async function main(): Promise<void> {
  const cache = resolve('node_modules', '.cache', 'kubehop-proxies')
  mkdirSync(cache, { recursive: true })
  const made = certificateFor(['fallback.example.com'])
  if (!made) {
    print('skipped: there is no openssl to make certificates with')
    return
  }
  const [from = 1, count = 6] = process.argv.slice(2).map(Number)
  const all = [...cases(), ...Array.from({ length: count }, (_, i) => randomCase(from + i))]
  let failed = 0
  for (const name of ['nginx', 'haproxy'] as const) {
    const program = find(name, cache)
    if (typeof program === 'string') {
      print(`skipped: ${program}`)
      continue
    }
    let [asked, wrong] = [0, 0]
    for (const each of all.filter(({ only }) => only === undefined || only === name)) {
      const done = await compare(name, program, each, `${made.crt}\n${made.key}`)
      for (const text of done.wrong) print(text)
      asked += done.asked
      wrong += done.wrong.length
    }
    print(`${name}: ${asked - wrong} of ${asked} requests go where the real one sends them`)
    failed += wrong
  }
  process.exitCode = failed === 0 ? 0 : 1
}

await main()
