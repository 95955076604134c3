/** Endpoints of a simulated cluster as servers on loopback: each says which one it is and what it was asked. */
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'

export class Endpoints {
  readonly #servers: Server[] = []
  readonly #ports = new Map<string, number>()

  /** The port on loopback that stands for `address:port`. */
  async port(endpoint: string): Promise<number> {
    const known = this.#ports.get(endpoint)
    if (known !== undefined) return known
    const server = createServer((request, response) => {
      request.resume()
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ endpoint, target: request.url ?? '', headers: pairs(request.rawHeaders) }))
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

/** A port that nobody has just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
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

/** Sends the path as it is: dots and double slashes are the proxy's to deal with. */
export function ask({ port, host, method, path, headers, tls }: Asked): Promise<Said> {
  const options = { host: '127.0.0.1', port, method, path, agent: false, headers: { Host: host, ...Object.fromEntries(headers) } }
  return new Promise((resolve, reject) => {
    const done = (response: IncomingMessage): void => {
      const parts: Buffer[] = []
      const names = response.socket instanceof TLSSocket ? (response.socket.getPeerCertificate().subjectaltname ?? '') : ''
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        const own = { endpoint: '', target: '', headers: [] }
        const { endpoint, target, headers: sent } = text.startsWith('{"endpoint"') ? (JSON.parse(text) as Echoed) : own
        const body = endpoint === '' ? text : ''
        resolve({ status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), body, endpoint, target, sent, names })
      })
    }
    const sent = tls ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false }, done) : httpRequest(options, done)
    sent.on('error', reject)
    sent.end()
  })
}

interface Echoed {
  readonly endpoint: string
  readonly target: string
  readonly headers: Pairs
}
