import { expect, it } from 'vitest'
import { parseCurl } from './curl-command.ts'

it.each([
  ['curl http://web/', { url: 'http://web/' }],
  ['curl -v web:8080/a', { url: 'http://web:8080/a' }],
  [
    `curl -kL -H 'Host: foo.bar' -H "X-Q: a \\"b\\"" https://web/`,
    {
      url: 'https://web/',
      insecure: true,
      follow: true,
      headers: [
        ['Host', 'foo.bar'],
        ['X-Q', 'a "b"'],
      ],
    },
  ],
  [
    'curl --resolve a.test:443:192.168.1.5 https://a.test/',
    { url: 'https://a.test/', resolve: [{ host: 'a.test', port: 443, address: '192.168.1.5' }] },
  ],
  [
    'curl --resolve a.test:80:[fd00::5] http://a.test',
    { url: 'http://a.test', resolve: [{ host: 'a.test', port: 80, address: 'fd00::5' }] },
  ],
  ['curl -XPOST -d a=1 -d b=2 -m 5 http://web/', { url: 'http://web/', method: 'POST', data: 'a=1&b=2', maxTime: 5 }],
  [
    'curl -I --http1.1 -A me http://web/ \\\n  -o /dev/null',
    { url: 'http://web/', method: 'HEAD', http: '1.1', headers: [['User-Agent', 'me']] },
  ],
  ['curl http://web/ http://web/', { url: 'http://web/', times: 2 }],
])('%s', (text, expected) => {
  expect(parseCurl(text)).toEqual({ ok: true, value: expected })
})

it.each([
  ['curl', 'no URL'],
  ['curl -H http://web/', 'no URL'],
  ['curl -H nonsense http://web/', "-H 'nonsense'"],
  ['curl --resolve web:80 http://web/', '--resolve'],
  ['curl --proxy x http://web/', '--proxy'],
  ['curl -m soon http://web/', 'seconds'],
  ["curl 'http://web/", 'quote'],
  ['curl http://web/ http://other/', 'one URL'],
])('%s is refused: %s', (text, message) => {
  const parsed = parseCurl(text)
  expect(parsed.ok ? '' : parsed.error).toContain(message)
})
