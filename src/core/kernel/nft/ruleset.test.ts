import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyNft, EMPTY_NFT, parseNftRule } from './apply.ts'
import { listRuleset } from './list.ts'
import { printRule } from './print.ts'
import type { NftRuleset } from './ruleset.ts'

const origin = { agent: 'admin' } as const
const sample = (name: string): string => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8')

function applied(text: string, to: NftRuleset = EMPTY_NFT): NftRuleset {
  const result = applyNft(to, text, origin)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

describe('rulesets', () => {
  it('are listed as nft lists them', () => {
    expect(listRuleset(applied(sample('written.nft')))).toBe(sample('listed.txt'))
  })

  it('are read again from their own listing', () => {
    const listing = listRuleset(applied(sample('written.nft')))
    const again = listRuleset(applied(listing))
    // A set of one value that was written as several is a value when it is read again.
    expect(listRuleset(applied(again))).toBe(again)
  })

  it.each<[string, string]>([
    ['mark set mark or 0x00004000', 'meta mark set meta mark | 0x00004000'],
    ['mark and 0x00004000 == 0 return', 'meta mark & 0x00004000 == 0x00000000 return'],
    ['mark and 0x80000000 == 0 return', 'meta mark 0x00000000/1 return'],
    ['ip saddr != { 203.0.113.0/25 , 198.18.0.0/15 } drop', 'ip saddr != { 198.18.0.0/15, 203.0.113.0/25 } drop'],
    ['ip saddr != { 10.0.0.9/32 } drop', 'ip saddr != 10.0.0.9 drop'],
    ['ip saddr != { 10.0.0.8/32, 10.0.0.9 } drop', 'ip saddr != { 10.0.0.8/31 } drop'],
    ['ip6 saddr { fd00::/64, fd00:0:0:1::/64 } accept', 'ip6 saddr { fd00::/63 } accept'],
    ['numgen random mod 2 vmap { 1 : goto b , 0 : goto a }', 'numgen random mod 2 vmap { 0 : goto a, 1 : goto b }'],
    ['update @seen { ip saddr timeout 90s }', 'update @seen { ip saddr timeout 1m30s }'],
    ['meta l4proto icmpv6 accept', 'meta l4proto ipv6-icmp accept'],
    ['tcp dport 80 dnat to [fd00::1]:8080', 'tcp dport 80 dnat to [fd00::1]:8080'],
    ['ct state related,new jump a comment "x y"', 'ct state related,new jump a comment "x y"'],
  ])('%s', (written, printed) => {
    const rule = parseNftRule(written, origin)
    expect(rule.ok && printRule(rule.value)).toBe(printed)
  })
})

describe('what is refused, by name and place', () => {
  it.each<[string, string, string]>([
    ['a word', 'table ip t {\n chain c {\n  quota 5 mbytes drop\n }\n}', '3:3 unsupported: quota'],
    ['a field', 'table ip t {\n chain c {\n  ip dscp 5 drop\n }\n}', '3:6 ip field is not modelled: dscp'],
    ['a meta key', 'table ip t { chain c { meta skuid 0 accept\n}\n}', '1:29 meta key is not modelled: skuid'],
    [
      'a constant of another type',
      'table ip t { chain c { ip saddr fd00::1 drop\n}\n}',
      '1:33 expected a constant of type ipv4_addr: fd00::1',
    ],
    ['a family', 'add table bridge t', '1:11 family is not modelled: bridge'],
    ['an object', 'add table ip t\nadd flowtable ip t f', '2:5 command is not modelled: flowtable'],
    ['a handle', 'add table ip t\nadd chain ip t c\nadd rule ip t c handle 5 accept', '3:17 not modelled in rules: handle'],
    ['a missing table', 'add chain ip t c', '1:14 No such file or directory: t'],
    ['a missing chain', 'add table ip t\nadd chain ip t c\nadd rule ip t c jump d', '3:17 No such file or directory: jump'],
    ['a missing set', 'add table ip t\nadd chain ip t c\nadd rule ip t c ip saddr @s drop', '3:17 No such file or directory: ip'],
    [
      'a hook without such chains',
      'table ip t { chain c { type nat hook forward priority 0; }\n}',
      '1:38 chains of type nat have no such hook: forward',
    ],
    ['a name of another hook', 'table ip t { chain c { type nat hook output priority dstnat; }\n}', '1:54 expected a priority: dstnat'],
    ['an open quote', 'table ip t { comment "x\n}', '1:22 a quote is not closed'],
    ['numgen inc', 'table ip t { chain c { numgen inc mod 2 0 accept\n}\n}', '1:35 numgen inc is not modelled: mod'],
    [
      'an element twice',
      'table ip t { map m { type inet_service : verdict; elements = { 1 : accept }\n}\n}\nadd element ip t m { 1 : drop }',
      '4:18 File exists: m',
    ],
  ])('%s', (_, text, complaint) => {
    const result = applyNft(EMPTY_NFT, text, origin)
    const { line, column, message } = result.ok ? { line: 0, column: 0, message: 'accepted' } : result.error
    expect(`${line}:${column} ${message}`).toBe(complaint)
  })
})

describe('transactions', () => {
  const base = applied('table ip t {\n set s { type ipv4_addr; elements = { 10.0.0.1 }; }\n chain c { drop\n}\n chain d { }\n}')

  it.each<[string, string, string]>([
    ['append', 'add rule ip t c accept', 'drop\naccept'],
    ['insert', 'insert rule ip t c accept', 'accept\ndrop'],
    ['flush one chain', 'flush chain ip t c\nadd rule ip t c return', 'return'],
    ['flush the table', 'flush table ip t', ''],
    ['add what is there', 'add chain ip t c\nadd table ip t', 'drop'],
  ])('%s', (_, text, rules) => {
    const chain = applied(text, base).tables[0]?.chain('c')
    expect(Array.from({ length: chain?.length ?? -1 }, (_, i) => chain && printRule(chain.rule(i))).join('\n')).toBe(rules)
  })

  it('leave the ruleset before as it was, and share what they do not touch', () => {
    const after = applied('add rule ip t c accept\ndelete element ip t s { 10.0.0.1 }', base)
    expect(base.tables[0]?.chain('c')?.length).toBe(1)
    expect(base.tables[0]?.set('s')?.elements.isEmpty).toBe(false)
    expect(after.tables[0]?.chain('d')).toBe(base.tables[0]?.chain('d'))
    expect(after.tables[0]?.set('s')?.elements.isEmpty).toBe(true)
    expect(applied('add table ip other', base).tables[0]).toBe(base.tables[0])
  })

  it('are all or nothing', () => {
    expect(applyNft(base, 'add rule ip t c accept\nadd rule ip t gone accept', origin).ok).toBe(false)
  })

  it('make tables anew', () => {
    expect(listRuleset(applied('delete table ip t\nadd table ip t', base))).toBe('table ip t {\n}\n')
    expect(applied('flush ruleset', base).tables).toEqual([])
  })
})
