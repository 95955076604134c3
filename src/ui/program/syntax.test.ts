import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokensOf } from './syntax.ts'

const SYNTAXES = ['nginx', 'haproxy', 'yaml', 'toml', 'json', 'text'] as const

describe('the colours of a configuration', () => {
  it.each([
    ['nginx', '    proxy_pass http://upstream_balancer;', 'key', '    proxy_pass'],
    ['nginx', '  set $service_port "http";', 'variable', '$service_port'],
    ['nginx', '  # start server shop', 'comment', '  # start server shop'],
    ['haproxy', '  server SRV_1 10.244.1.5:80 enabled', 'key', '  server'],
    ['yaml', '      rule: "Host(`a.example.com`)"', 'string', '"Host(`a.example.com`)"'],
    ['yaml', '  - name: web', 'key', '  - name'],
    ['toml', '[frontends.web]', 'key', '[frontends.web]'],
    ['toml', 'priority = 14', 'number', '14'],
    ['json', '    "port": "80",', 'key', '    "port"'],
    ['text', 'shop.example.com shop', 'plain', 'shop.example.com shop'],
  ] as const)('%s: %s has a %s', (syntax, line, kind, text) => {
    expect(tokensOf(line, syntax)).toContainEqual({ text, kind })
  })

  it('leave the line as it is', () => {
    const line = fc.oneof(fc.string(), fc.stringMatching(/^[ \w"'#:;{}[\]$%.=-]*$/))
    fc.assert(
      fc.property(line, fc.constantFrom(...SYNTAXES), (text, syntax) => {
        expect(
          tokensOf(text, syntax)
            .map((token) => token.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })
})
