import { deflateSync, Inflate, strFromU8, strToU8 } from 'fflate'
import type { Intent, Setting } from '../../worker/protocol.ts'
import type { Project } from '../persist.ts'
import { keptIn } from '../requests/kept.ts'
import type { Breakpoint } from '../store.ts'

/**
 * A project as the fragment of an address: JSON, deflated (RFC 1951), in base64url (RFC 4648 section 5). Nothing of it reaches a server. What
 * comes in is anybody's: every part is checked before it is believed, and nothing is unpacked beyond a limit.
 */
const VERSION = 1
const MAX_TEXT = 32 * 1024 * 1024
/** Deflate makes at most about a thousand bytes of one, so a piece of this size cannot make more than the limit at once. */
const PIECE = 16 * 1024

export type BadLink = 'broken' | 'newer' | 'too-big'
export type ReadLink =
  | { readonly ok: true; readonly project: Pick<Project, 'version' | 'intents' | 'name' | 'sample' | 'breakpoints' | 'kept'> }
  | { readonly ok: false; readonly why: BadLink }

export function linkFragment({ intents, name, sample, breakpoints, kept }: Project): string {
  const text = JSON.stringify({
    intents,
    ...(name === undefined ? {} : { name }),
    ...(sample === undefined ? {} : { sample }),
    ...(breakpoints === undefined ? {} : { breakpoints }),
    ...(kept === undefined ? {} : { kept }),
  })
  return `#k${VERSION}=${toBase64Url(deflateSync(strToU8(text), { level: 9 }))}`
}

export function readLink(fragment: string): ReadLink {
  const parts = /^#k(\d+)=([\w-]*)/.exec(fragment)
  if (!parts) return { ok: false, why: 'broken' }
  if (Number(parts[1]) > VERSION) return { ok: false, why: 'newer' }
  // An address that was cut, or that a program put its punctuation into, is broken as a whole.
  if (parts[0] !== fragment) return { ok: false, why: 'broken' }
  const text = inflate(parts[2] ?? '')
  if (typeof text !== 'string') return { ok: false, why: text.why }
  return projectOf(text)
}

function projectOf(text: string): ReadLink {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'broken' }
  }
  if (!isRecord(value) || !Array.isArray(value['intents'])) return { ok: false, why: 'broken' }
  const { intents, name, sample, breakpoints, kept } = value
  const unknown = intents.some((intent: unknown) => isRecord(intent) && typeof intent['kind'] === 'string' && !(intent['kind'] in INTENTS))
  if (unknown) return { ok: false, why: 'newer' }
  if (!intents.every(isIntent)) return { ok: false, why: 'broken' }
  return {
    ok: true,
    project: {
      version: 1,
      intents,
      ...(typeof name === 'string' ? { name: name.slice(0, 200) } : {}),
      ...(typeof sample === 'string' ? { sample: sample.slice(0, 200) } : {}),
      ...(Array.isArray(breakpoints) ? { breakpoints: breakpoints.filter(isBreakpoint).slice(0, 200) } : {}),
      ...(Array.isArray(kept) ? { kept: keptIn(kept, isOrder) } : {}),
    },
  }
}

function inflate(data: string): string | { readonly why: BadLink } {
  try {
    const packed = fromBase64Url(data)
    const pieces: Uint8Array[] = []
    let size = 0
    let ended = false
    const stream = new Inflate((piece, final) => {
      pieces.push(piece)
      size += piece.length
      ended = final
    })
    for (let at = 0; at < packed.length; at += PIECE) {
      stream.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length)
      if (size > MAX_TEXT) return { why: 'too-big' }
    }
    if (!ended) return { why: 'broken' }
    const all = new Uint8Array(size)
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return strFromU8(all)
  } catch {
    // Whatever is wrong inside, to the person it is one thing: this link does not work.
    return { why: 'broken' }
  }
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

type Fields = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** Its text is read as a condition when it is used, and does nothing when it is none. */
const isBreakpoint = (value: unknown): value is Breakpoint =>
  isRecord(value) && isText(value['text']) && value['text'].length <= 2000 && (value['off'] === undefined || value['off'] === true)

const isFiles = (value: unknown): boolean =>
  Array.isArray(value) && value.every((file: unknown) => isRecord(file) && isText(file['name']) && isText(file['text']))

const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    values.some((known) => known === value)
const isMode = oneOf('iptables', 'ipvs', 'nftables', 'userspace')
const isCloud = oneOf('gce', 'aws', 'azure')
const isBalancer = oneOf('none', 'service-lb', 'cloud')
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const isFamilies = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every(oneOf('IPv4', 'IPv6'))

const EDITS: Readonly<Record<string, (edit: Fields) => boolean>> = {
  apply: (edit) => isFiles(edit['files']),
  delete: (edit) => isText(edit['object']),
  scale: (edit) => isText(edit['object']) && isCount(edit['replicas']),
  cordon: (edit) => isText(edit['object']) && typeof edit['on'] === 'boolean',
  move: (edit) => isText(edit['object']) && isText(edit['node']),
  set: (edit) =>
    isText(edit['object']) &&
    isPath(edit['path']) &&
    (edit['value'] === undefined || ['string', 'number', 'boolean'].includes(typeof edit['value'])),
  configure: (edit) => isSetting(edit['setting']),
  pin: (edit) => isText(edit['object']) && Array.isArray(edit['places']) && edit['places'].every(isPlace),
}

/** No field of a Kubernetes object lies deeper. */
const DEEPEST = 20
const isPath = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.length <= DEEPEST && value.every((key: unknown) => isText(key) || isCount(key))

/** One line for each setting. */
const SETTINGS: Readonly<Record<Setting['name'], (value: unknown) => boolean>> = {
  mode: isMode,
  nodeMode: (value) => isMode(value) || value === 'cluster',
  scheduler: oneOf('rr', 'wrr', 'lc', 'wlc', 'dh', 'sh', 'sed', 'nq'),
  strictARP: isFlag,
  masqueradeAll: isFlag,
  localhostNodePorts: isFlag,
  nodePortAddresses: (value) => Array.isArray(value) && value.length <= 100 && value.every(isText),
  backend: oneOf('vxlan', 'host-gw'),
  loadBalancer: isBalancer,
}

const isSetting = (setting: unknown): boolean =>
  isRecord(setting) &&
  typeof setting['name'] === 'string' &&
  Object.hasOwn(SETTINGS, setting['name']) &&
  SETTINGS[setting['name'] as Setting['name']](setting['value']) &&
  (setting['name'] !== 'nodeMode' || isText(setting['node']))

/** Further away than this nothing can be found again. */
const FURTHEST = 1e7
const isCoordinate = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= FURTHEST

const isPlace = (place: unknown): boolean =>
  isRecord(place) &&
  isText(place['id']) &&
  (place['at'] === undefined || (isRecord(place['at']) && isCoordinate(place['at']['x']) && isCoordinate(place['at']['y'])))

const PICKS = 1000

const isOrder = (order: unknown): boolean =>
  isRecord(order) &&
  isText(order['from']) &&
  isText(order['to']) &&
  (order['protocol'] === 'tcp' || order['protocol'] === 'udp' || order['protocol'] === 'icmp') &&
  (order['seed'] === undefined || isCount(order['seed'])) &&
  (order['picks'] === undefined || (Array.isArray(order['picks']) && order['picks'].length <= PICKS && order['picks'].every(isCount))) &&
  (order['options'] === undefined || isOptions(order['options']))

/** Sixteen bits of port, and of an IP packet's length; eight of its time to live. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  sourcePort: (value) => isCount(value) && value >= 1 && value <= 65_535,
  payload: (value) => isCount(value) && value <= 65_507,
  ttl: (value) => isCount(value) && value >= 1 && value <= 255,
  dontFragment: (value) => typeof value === 'boolean',
  curl: (value) => isText(value),
}

const isOptions = (options: unknown): boolean =>
  isRecord(options) && Object.entries(options).every(([name, value]) => Object.hasOwn(OPTIONS, name) && OPTIONS[name]?.(value) === true)

/** One line for each kind of intent: a new kind does not compile without. */
const INTENTS: Readonly<Record<Intent['kind'], (intent: Fields) => boolean>> = {
  start: ({ options }) =>
    isRecord(options) &&
    (options['profile'] === 'kubeadm' || options['profile'] === 'k3s') &&
    (options['backend'] === 'vxlan' || options['backend'] === 'host-gw') &&
    isCount(options['nodes']) &&
    options['nodes'] <= 200 &&
    isCount(options['seed']) &&
    (options['mode'] === undefined || isMode(options['mode'])) &&
    (options['loadBalancer'] === undefined || isBalancer(options['loadBalancer'])) &&
    (options['ipFamilies'] === undefined || isFamilies(options['ipFamilies'])) &&
    (options['cloud'] === undefined || isCloud(options['cloud'])),
  apply: ({ files }) => isFiles(files),
  send: ({ order }) => isOrder(order),
  edit: ({ edits }) => Array.isArray(edits) && edits.every((edit: unknown) => isRecord(edit) && EDITS[String(edit['op'])]?.(edit) === true),
  undo: () => true,
  redo: () => true,
  goto: ({ step }) => isCount(step),
}

const isIntent = (value: unknown): value is Intent => isRecord(value) && INTENTS[value['kind'] as Intent['kind']]?.(value) === true
