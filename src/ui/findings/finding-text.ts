import type { Finding } from '../../core/findings/finding.ts'
import type { Mend } from '../../worker/protocol/findings.ts'
import '../messages/with-findings.ts'
import { count, has, type MessageKey, t, tell } from '../messages/t.ts'

/** The finding in plain words. */
export function findingText(finding: Finding): string {
  const params: Record<string, string | number> = { ...finding.params }
  const counted = (name: string, stem: 'count.pods' | 'count.nodes') => {
    const value = params[name]
    if (typeof value === 'number') params[name] = count(stem, value)
  }
  const nodes = finding.kind === 'local-policy-nodes-without-endpoint'
  // `2 of 3 pods`, or `2 pods`.
  counted('of' in params ? 'of' : 'pods', nodes ? 'count.nodes' : 'count.pods')
  if (!nodes) counted('nodes', 'count.nodes')
  return tell(variant(finding), params)
}

/** Some are said otherwise where a parameter is empty, or by their reason. */
function variant(finding: Finding): MessageKey {
  const key: MessageKey = `finding.${finding.kind}`
  switch (finding.kind) {
    case 'selector-near-miss':
      return finding.params.has === '' ? (`${key}.lacks` as MessageKey) : key
    case 'daemon-set-no-node':
      return finding.params.has === '' ? key : (`${key}.near` as MessageKey)
    case 'endpoints-port-name':
      return finding.params.port === '' ? (`${key}.unnamed` as MessageKey) : key
    case 'target-port-unnamed':
      return finding.params.names === '' ? (`${key}.none` as MessageKey) : key
    case 'proxy-mode-deprecated':
      return finding.params.node === '' ? key : (`${key}.node` as MessageKey)
    default:
      return 'why' in finding.params ? reason(key, finding.params.why) : key
  }
}

function reason(key: MessageKey, why: string): MessageKey {
  const full = `${key}.${why}`
  return has(full) ? full : key
}

/** In a few words, for a list, a mark, the map. */
export const wrongText = (finding: Finding): string => t(`wrong.${finding.kind}`)

export function mendText({ kind, params }: Mend): string {
  if (kind === 'provider') return t(params.value === 'cloud' ? 'mend.provider.cloud' : 'mend.provider.service-lb')
  return tell(`mend.${kind}`, params)
}

/** `web` of `service/default/web`; the cluster where there is no object. */
export const nameOf = (subject: string): string => (subject === '' ? t('findings.cluster') : subject.slice(subject.lastIndexOf('/') + 1))
