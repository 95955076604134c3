import { describe, expect, it } from 'vitest'
import type { Running } from '../apps/program.ts'
import type { Ip } from '../net/ip.ts'
import { dial, NOTHING, packets, proxy, server, travel } from './lab-programs.ts'

describe('TLS', () => {
  const certificate = { subject: 'shop.test', issuer: "Let's Encrypt R3", names: ['shop.test', '*.shop.test'] }
  const tls: Partial<Running> = {
    accept: () => ({ kind: 'tls' }),
    hello: () => ({ kind: 'terminate', certificate, alpn: ['h2', 'http/1.1'] }),
  }
  const resolve = (name: string, address: string) => ({
    url: `https://${name}/`,
    resolve: [{ host: name, port: 443, address: address as Ip }],
  })

  it.each([
    ['shop.test', {}, 0],
    ['a.shop.test', {}, 0],
    ['a.b.shop.test', {}, 60],
    ['other.test', {}, 60],
    ['other.test', { insecure: true }, 0],
  ])('checks the name %s %o', (name, options, exit) => {
    expect(travel({ a: server('a', tls) }, { ...resolve(name, '10.0.0.4'), ...options }).conversation.outcome.curl?.exit).toBe(exit)
  })

  it('tells the server which name is meant, and agrees on a protocol', () => {
    const { conversation } = travel({ a: server('a', tls) }, resolve('shop.test', '10.0.0.4'))
    expect(conversation.outcome.http?.body).toContain('tls shop.test h2')
    expect(conversation.connections[0]?.tls).toMatchObject({ serverName: 'shop.test', offered: ['h2', 'http/1.1'], alpn: 'h2' })
    expect(travel({ a: server('a', tls) }, { ...resolve('shop.test', '10.0.0.4'), http: '1.1' }).conversation.outcome.http?.body).toContain(
      'tls shop.test http/1.1',
    )
  })

  it('is terminated, passed through, or refused as the program decides', () => {
    const passing: Running = {
      configured: NOTHING,
      accept: () => ({ kind: 'tls' }),
      hello: ({ serverName }) =>
        serverName === 'shop.test'
          ? { kind: 'passthrough', to: dial('10.0.0.4:443') }
          : { kind: 'alert', description: 'unrecognized_name' },
    }
    const passed = travel({ p: passing, a: server('a', tls) }, resolve('shop.test', '10.0.0.3')).conversation
    expect(passed.outcome).toMatchObject({ answeredBy: 'a', http: { status: 200 } })
    expect(passed.connections.map(({ stream, tls: session }) => [stream?.kind, session?.certificate?.subject])).toEqual([
      ['proxy', 'shop.test'],
      [undefined, 'shop.test'],
    ])
    const refused = travel({ p: passing }, resolve('other.test', '10.0.0.3')).conversation
    expect(refused.outcome.curl).toMatchObject({ exit: 35, message: expect.stringContaining('unrecognized name') })
    expect(refused.connections[0]?.tls?.alert).toBe('unrecognized_name')
  })

  it.each([
    ['https://10.0.0.4/', {}, 35],
    ['http://10.0.0.4:443/', tls, 52],
  ])('spoken to the wrong port: %s', (url, running, exit) => {
    expect(travel({ a: server('a', running) }, { url }).conversation.outcome.curl?.exit).toBe(exit)
  })

  it('goes on to an upstream that speaks it', () => {
    const { conversation } = travel(
      { p: proxy([dial('10.0.0.4:443', { tls: { serverName: 'inside', alpn: ['http/1.1'] } })]), a: server('a', tls) },
      { url: 'http://10.0.0.3/' },
    )
    expect(conversation.outcome.http?.body).toContain('tls inside http/1.1')
    expect(packets(conversation).filter((line) => line.startsWith('1') && line.includes('tls-handshake')).length).toBeGreaterThan(2)
  })
})

describe('redirects', () => {
  const home = server('a', {
    request: ({ request }) => ({
      kind: 'respond',
      response: {
        status: request.target === '/' ? 308 : 200,
        version: '1.1',
        headers: [
          ['Location', '/new?x=1'],
          ['Content-Length', '0'],
        ],
        body: '',
      },
      why: 'redirect',
      matched: [],
    }),
  })

  it('are followed with -L only, with the same method where that is kept', () => {
    expect(travel({ a: home }, { url: 'http://10.0.0.4/' }).conversation.outcome.http?.status).toBe(308)
    const { conversation } = travel({ a: home }, { url: 'http://10.0.0.4/', follow: true, data: 'x' })
    expect(conversation.connections[0]?.exchanges?.map(({ request }) => `${request.method} ${request.target}`)).toEqual([
      'POST /',
      'POST /new?x=1',
    ])
  })

  it('that never end are left', () => {
    const round = server('a', {
      request: () => ({
        kind: 'respond',
        response: {
          status: 302,
          version: '1.1',
          headers: [
            ['Location', '/'],
            ['Content-Length', '0'],
          ],
          body: '',
        },
        why: 'redirect',
        matched: [],
      }),
    })
    expect(travel({ a: round }, { url: 'http://10.0.0.4/', follow: true }).conversation.outcome.curl?.exit).toBe(47)
  })
})
