import { assert } from '../base/assert.ts'
import { type Ip, ipNumber, isIpv6 } from './ip.ts'
import { ipBytes } from './ip6.ts'
import type { Mac } from './mac.ts'

/**
 * Headers as lists of fields: bytes and bit-field diagrams are both read off the same list, so that they cannot disagree. A field of more than 32 bits
 * holds bytes and begins on a byte.
 */
export interface Field {
  readonly name: FieldName
  readonly bits: number
  readonly value: number | Uint8Array
  /** As Linux prints it. */
  readonly text: string
}

/** What a field is called; views hold the words. Names of the packet types (net/packet.ts) where those have the field. */
export type FieldName =
  | EthernetField
  | IpField
  | TransportField
  | TcpField
  | TcpOptionField
  | IcmpField
  | VxlanField
  | SctpField
  | 'reserved'
  | 'payload'
  /** What is left of a header that was cut in two, by a fragment's or a quote's end. */
  | 'truncated'
type EthernetField = 'destination' | 'source' | 'type'
type IpField =
  | 'version'
  | 'headerLength'
  | 'dscp'
  | 'ecn'
  | 'length'
  | 'id'
  | 'dontFragment'
  | 'moreFragments'
  | 'fragmentOffset'
  | 'ttl'
  | 'protocol'
  | 'flowLabel'
  | 'payloadLength'
  | 'nextHeader'
  | 'hopLimit'
type TransportField = 'sourcePort' | 'destinationPort' | 'checksum'
type TcpField = 'sequence' | 'acknowledgment' | 'dataOffset' | TcpFlag | 'window' | 'urgentPointer'
export type TcpFlag = 'cwr' | 'ece' | 'urg' | 'ack' | 'psh' | 'rst' | 'syn' | 'fin'
type TcpOptionField = 'optionKind' | 'optionLength' | 'mss' | 'timestampValue' | 'timestampEcho' | 'windowScale'
type IcmpField = 'code' | 'unused' | 'mtu' | 'gateway'
type VxlanField = 'vniFlag' | 'vni'
type SctpField =
  | 'verificationTag'
  | 'chunkType'
  | 'chunkFlags'
  | 'chunkLength'
  | 'initiateTag'
  | 'receiverWindow'
  | 'outboundStreams'
  | 'inboundStreams'
  | 'initialTsn'
  | 'parameterType'
  | 'parameterLength'
  | 'parameterValue'

export const field = (name: FieldName, bits: number, value: number, text = String(value)): Field => ({ name, bits, value, text })
export const hexField = (name: FieldName, bits: number, value: number): Field => field(name, bits, value, hexText(value, bits))
export const bytesField = (name: FieldName, value: Uint8Array): Field => ({
  name,
  bits: value.length * 8,
  value,
  text: String(value.length),
})
export const ipField = (name: FieldName, ip: Ip): Field =>
  isIpv6(ip) ? { name, bits: 128, value: Uint8Array.from(ipBytes(ip)), text: ip } : field(name, 32, ipNumber(ip), ip)
export const macField = (name: FieldName, mac: Mac): Field => ({
  name,
  bits: 48,
  value: Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16)),
  text: mac,
})

const hexText = (value: number, bits: number): string => `0x${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`

/** The fields one after another, most significant bit first. */
export function pack(fields: readonly Field[]): Uint8Array {
  const total = fields.reduce((sum, { bits }) => sum + bits, 0)
  assert(total % 8 === 0, `${total} bits are no bytes`)
  const bytes = new Uint8Array(total / 8)
  let at = 0
  for (const { name, bits, value } of fields) {
    if (typeof value === 'number') putBits(bytes, at, bits, value)
    else {
      assert(at % 8 === 0, `${name} begins on a byte`)
      bytes.set(value, at / 8)
    }
    at += bits
  }
  return bytes
}

function putBits(bytes: Uint8Array, at: number, bits: number, value: number): void {
  assert(value >= 0 && value < 2 ** bits, `${value} fits ${bits} bits`)
  for (let i = 0; i < bits; i++) {
    if (Math.floor(value / 2 ** (bits - 1 - i)) % 2 === 0) continue
    const byte = (at + i) >>> 3
    bytes[byte] = (bytes[byte] ?? 0) | (0x80 >>> ((at + i) & 7))
  }
}

/** The same fields with the checksum filled in. */
export const withChecksum = (fields: readonly Field[], checksum: number): readonly Field[] =>
  fields.map((each) => (each.name === 'checksum' ? hexField('checksum', each.bits, checksum) : each))
