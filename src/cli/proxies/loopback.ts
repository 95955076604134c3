/** Endpoints of a simulated cluster as servers on loopback: each says which one it is and what it was asked. */
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'

export class Endpoints {
  readonly #servers: Server[] = []
  readonly #ports = new Map<string, number>()
  readonly #refuses: (endpoint: string) => boolean

  /** `refuses`: where nobody is to listen. */
  constructor(refuses: (endpoint: string) => boolean) {
    this.#refuses = refuses
  }

  /** The port on loopback that stands for `address:port`. */
  async port(endpoint: string): Promise<number> {
    const known = this.#ports.get(endpoint)
    if (known !== undefined) return known
    if (this.#refuses(endpoint)) {
      const [closed = 0] = await freePorts(1)
      this.#ports.set(endpoint, closed)
      return closed
    }
    const server = createServer((request, response) => {
      request.resume()
      const echo: Echoed = { endpoint, target: request.url ?? '', headers: pairs(request.rawHeaders) }
      response.setHeader(ECHO, encodeURIComponent(JSON.stringify(echo)))
      response.end()
    })
    this.#servers.push(server)
    const port = await listening(server)
    this.#ports.set(endpoint, port)
    return port
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections()
      server.close()
    }
  }
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

/** So many ports that nobody has just now, no two the same. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map(listening))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

type Pairs = readonly (readonly [name: string, value: string])[]

/** Names and values in turn, as Node gives them. */
const pairs = (raw: readonly string[]): Pairs => raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []))

export interface Said {
  readonly status: number
  readonly headers: Pairs
  /** Of the proxy's own answer; empty where an endpoint answered. */
  readonly body: string
  /** Empty where the proxy answered itself. */
  readonly endpoint: string
  /** What the endpoint was asked. */
  readonly target: string
  readonly sent: Pairs
  /** subjectAltName of the certificate that was shown. */
  readonly names: string
}

export interface Asked {
  readonly port: number
  readonly host: string
  readonly method: string
  readonly path: string
  readonly headers: Pairs
  readonly tls: boolean
}

/** What is sent along: more than the smallest limit that a cluster asks for. */
export const bodyOf = (method: string): string => (method === 'POST' ? 'x'.repeat(1500) : '')

/** Sends the path as it is: dots and double slashes are the proxy's to deal with. */
export function ask({ port, host, method, path, headers, tls }: Asked): Promise<Said> {
  const options = { host: '127.0.0.1', port, method, path, agent: false, headers: { Host: host, ...Object.fromEntries(headers) } }
  return new Promise((resolve, reject) => {
    const done = (response: IncomingMessage): void => {
      const parts: Buffer[] = []
      const names = response.socket instanceof TLSSocket ? (response.socket.getPeerCertificate().subjectaltname ?? '') : ''
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const echo = response.headers[ECHO]
        const { endpoint, target, headers: sent } = typeof echo === 'string' ? (JSON.parse(decodeURIComponent(echo)) as Echoed) : NO_ECHO
        const headers = pairs(response.rawHeaders).filter(([name]) => name !== ECHO)
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(parts).toString(), endpoint, target, sent, names })
      })
    }
    const sent = tls ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false }, done) : httpRequest(options, done)
    sent.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPROTO' ? resolve(NO_TLS) : reject(error)))
    sent.end(bodyOf(method))
  })
}

/** The header in which an endpoint tells what it was asked, for a HEAD has no body. */
const ECHO = 'x-kubehop-echo'
const NO_ECHO: Echoed = { endpoint: '', target: '', headers: [] }
/** Of a port that speaks another language than TLS. */
export const NO_TLS: Said = { status: 0, headers: [], body: 'no TLS', endpoint: '', target: '', sent: [], names: '' }

interface Echoed {
  readonly endpoint: string
  readonly target: string
  readonly headers: Pairs
}
