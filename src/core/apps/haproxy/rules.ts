/** Lines of the frontends out of an Ingress' annotations (pkg/annotations/ingress, pkg/haproxy/rules). */
import { hash } from '../../base/choose.ts'
import { isPrefix } from '../ingress/source-range.ts'
import { isTrue, valueOf, type Values } from './annotations.ts'
import type { Rule } from './model.ts'
import type { Settings } from './settings.ts'

type Unnamed<R> = R extends { readonly id: string } ? Omit<R, 'id'> : never

const named = (rule: Unnamed<Rule>): Rule => ({ ...rule, id: hash(rule.text).toString(16).padStart(8, '0') }) as Rule

const BOTH = ['http', 'https'] as const

/** pkg/haproxy/rules/types.go: the kind of a rule decides where it stands, whoever brings it. */
const ORDER: Readonly<Record<Rule['kind'], number>> = {
  deny: 0,
  'ssl-redirect': 1,
  redirect: 1,
  'request-header': 2,
  'set-host': 3,
  rewrite: 4,
  'response-header': 5,
}
export const inOrder = (rules: readonly Rule[]): readonly Rule[] => rules.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind])

/** `say` is told what could not be read. */
export function rulesOf(own: Values, settings: Settings, hasTls: boolean, say: (text: string) => void): readonly Rule[] {
  const value = (name: string): string => valueOf(name, own, settings.values)
  const rules: Unnamed<Rule>[] = []
  const deny = prefixes('deny-list', value('deny-list') || value('blacklist'), say)
  const allow = prefixes('allow-list', value('allow-list') || value('whitelist'), say)
  if (deny.length > 0)
    rules.push({
      kind: 'deny',
      prefixes: deny,
      unless: false,
      frontends: BOTH,
      text: `http-request deny deny_status 403 if { src ${deny.join(' ')} }`,
    })
  if (allow.length > 0)
    rules.push({
      kind: 'deny',
      prefixes: allow,
      unless: true,
      frontends: BOTH,
      text: `http-request deny deny_status 403 if !{ src ${allow.join(' ')} }`,
    })
  rules.push(...redirects(value, settings, hasTls))
  if (value('set-host'))
    rules.push({ kind: 'set-host', value: value('set-host'), frontends: BOTH, text: `http-request set-header Host ${value('set-host')}` })
  for (const line of lines(value('path-rewrite'))) {
    const parts = line.split(/\s+/)
    const [match, format] = parts.length === 1 ? ['(.*)', parts[0] ?? ''] : [parts[0] ?? '', parts[1] ?? '']
    if (parts.length > 2) say(`annotation path-rewrite: incorrect value '${line}', path-rewrite takes 1 or 2 params `)
    else rules.push({ kind: 'rewrite', match, format, frontends: BOTH, text: `http-request replace-path ${match} ${format}` })
  }
  for (const [annotation, kind, word] of [
    ['request-set-header', 'request-header', 'http-request'],
    ['response-set-header', 'response-header', 'http-response'],
  ] as const)
    for (const line of lines(value(annotation))) {
      const [, name, rest] = /^(\S+)\s+"?(.*?)"?$/.exec(line) ?? []
      if (name === undefined || rest === undefined) say(`annotation ${annotation}: incorrect value '${line}' in ${annotation} annotation`)
      else rules.push({ kind, name, value: rest, frontends: BOTH, text: `${word} set-header ${name} "${rest}"` })
    }
  return inOrder(rules.map(named))
}

/** With an address that is none, the list is not there at all, and everybody may pass. */
function prefixes(name: string, text: string, say: (text: string) => void): readonly string[] {
  const given = text === '' ? [] : text.split(',').map((each) => each.trim())
  const wrong = given.find((each) => !isPrefix(each))
  if (wrong === undefined) return given
  say(`annotation ${name}: incorrect address '${wrong}' in ${name} annotation`)
  return []
}

const lines = (text: string): readonly string[] => text.split('\n').flatMap((each) => each.trim() || [])

/** A TLS section redirects by itself, unless it is told not to. */
function redirects(value: (name: string) => string, settings: Settings, hasTls: boolean): readonly Unnamed<Rule>[] {
  const asked = value('ssl-redirect')
  const found: Unnamed<Rule>[] = []
  if (asked === '' ? hasTls : isTrue(asked)) {
    const code = Number(value('ssl-redirect-code') || 302)
    const port = Number(value('ssl-redirect-port') || settings.https)
    const text = `http-request redirect code ${code} location https://%[hdr(host),field(1,:)]:${port}%[capture.req.uri]`
    found.push({ kind: 'ssl-redirect', code, port, frontends: ['http'], text })
  }
  const host = value('request-redirect')
  if (host) {
    const code = Number(value('request-redirect-code') || 302)
    found.push({
      kind: 'redirect',
      code,
      host,
      frontends: BOTH,
      text: `http-request redirect code ${code} location %[ssl_fc,iif(https,http)]://${host}%[capture.req.uri]`,
    })
  }
  return found
}
