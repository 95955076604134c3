/** The real programs with a configuration that the simulated controller wrote: only addresses, ports and folders are changed for loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect } from 'node:net'
import { latin1 } from '../../core/api/base64.ts'
import { secretBytes } from '../../core/api/secret.ts'
import type { Secret } from '../../core/api/workload.ts'
import type { Running } from '../../core/apps/program.ts'
import type { Found } from './packages.ts'
import type { Endpoints } from './loopback.ts'

export interface Started {
  readonly http: number
  readonly https: number
  stop(): Promise<void>
}

export interface Start {
  readonly program: Found
  readonly running: Running
  readonly dir: string
  readonly endpoints: Endpoints
  readonly secrets: readonly Secret[]
  readonly ports: readonly [http: number, https: number, other: number, more: number]
  /** Certificate and key, in one file, of the server that nobody made one for. */
  readonly fallback: string
}

/** Every `address:port` of the text that is an endpoint, as its stand-in on loopback. */
async function onLoopback(text: string, endpoints: Endpoints): Promise<string> {
  const found = new Set([...text.matchAll(/^\s*server (?:SRV_\d+ )?(10\.\d+\.\d+\.\d+:\d+)/gm)].map(([, address = '']) => address))
  let out = text
  for (const address of found) out = out.replaceAll(`${address} `, `127.0.0.1:${await endpoints.port(address)} `)
  return out
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const pemOf = (secret: Secret): string => ['tls.crt', 'tls.key'].map((key) => latin1(secretBytes(secret, key) ?? [])).join('\n')
const textOf = ({ configured }: Running, name: string): string => configured.files.find((file) => file.name === name)?.text ?? ''

export async function startNginx({ program, running, dir, endpoints, secrets, ports, fallback }: Start): Promise<Started | string> {
  const [http, https, own] = ports
  const text = await onLoopback(textOf(running, 'nginx-without-lua.conf'), endpoints)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${dir}/${each};`).join(' ')
  const conf = text
    .replaceAll('/etc/ingress-controller/', `${dir}/`)
    .replace('pid /tmp/nginx/nginx.pid;', `pid ${dir}/nginx.pid; daemon off; error_log ${dir}/error.log;`)
    .replace('http {', `http { access_log off; ${temporary}`)
    .replaceAll(/listen 80([ ;])/g, `listen 127.0.0.1:${http}$1`)
    .replaceAll(/listen 443([ ;])/g, `listen 127.0.0.1:${https}$1`)
    .replaceAll(/(listen|127\.0\.0\.1:) ?8181/g, (_, word: string) => (word === 'listen' ? `listen 127.0.0.1:${own}` : `127.0.0.1:${own}`))
  write(join(dir, 'nginx.conf'), conf)
  write(join(dir, 'ssl', 'default-fake-certificate.pem'), fallback)
  for (const secret of secrets) write(join(dir, 'ssl', `${secret.metadata.namespace ?? ''}-${secret.metadata.name}.pem`), pemOf(secret))
  for (const { name, text: users } of running.configured.files)
    if (name.startsWith('/etc/ingress-controller/')) write(join(dir, name.slice('/etc/ingress-controller/'.length)), users)
  // Workers are nobody where this runs as root.
  chmodSync(dir, 0o755)
  const args = ['-p', dir, '-c', join(dir, 'nginx.conf')]
  const env = { ...process.env, ...program.env }
  const tested = spawnSync(program.path, [...args, '-t'], { env, encoding: 'utf8' })
  if (tested.status !== 0) return `nginx -t: ${tested.stderr}`
  return serving(spawn(program.path, args, { env, stdio: 'ignore' }), http, https)
}

export async function startHaproxy({ program, running, dir, endpoints, secrets, ports }: Start): Promise<Started | string> {
  const [http, https, health, own] = ports
  const text = await onLoopback(textOf(running, '/etc/haproxy/haproxy.cfg'), endpoints)
  const cfg = text
    .replaceAll('/etc/haproxy/', `${dir}/`)
    .replace(/stats socket \S+/, `stats socket ${dir}/socket`)
    .replace('  master-worker\n', '')
    .replace('bind *:8080', `bind 127.0.0.1:${http}`)
    .replace('bind *:8443', `bind 127.0.0.1:${https}`)
    .replace('bind *:1042', `bind 127.0.0.1:${health}`)
    .replace('127.0.0.1:6061', `127.0.0.1:${own}`)
  write(join(dir, 'haproxy.cfg'), cfg)
  for (const file of running.configured.files)
    if (file.name.startsWith('/etc/haproxy/maps/')) write(join(dir, file.name.slice('/etc/haproxy/'.length)), file.text)
  for (const secret of secrets)
    write(join(dir, 'certs', 'frontend', `${secret.metadata.namespace ?? ''}_${secret.metadata.name}.pem`), pemOf(secret))
  const env = { ...process.env, ...program.env }
  const tested = spawnSync(program.path, ['-c', '-f', join(dir, 'haproxy.cfg')], { env, encoding: 'utf8' })
  if (tested.status !== 0) return `haproxy -c: ${tested.stderr}`
  return serving(spawn(program.path, ['-db', '-f', join(dir, 'haproxy.cfg')], { env, stdio: 'ignore' }), http, https)
}

async function serving(child: ChildProcess, http: number, https: number): Promise<Started | string> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await gone
  }
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) return `it ended with status ${child.exitCode}`
    if (await answers(http)) return { http, https, stop }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop()
  return 'it does not listen'
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
