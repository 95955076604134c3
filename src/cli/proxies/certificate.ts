/** Certificates that servers take, signed by themselves (RFC 5280): a key on P-256, names in subjectAltName, valid for many years. Nothing but Node is needed to make one. */
import { generateKeyPairSync, sign } from 'node:crypto'

export interface KeyPair {
  readonly crt: string
  readonly key: string
}

/** Tag, length, contents (X.690). */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const inside = Buffer.concat(contents)
  const digits = inside.length < 128 ? [inside.length] : [0x82, inside.length >> 8, inside.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...digits]), inside])
}

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, 'latin1'))

const COMMON_NAME = '550403'
const SUBJECT_ALT_NAME = '551d11'
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'

function nameOf(common: string): Buffer {
  return sequence(der(0x31, sequence(oid(COMMON_NAME), text(0x0c, common))))
}

export function certificateFor(hosts: readonly string[]): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = sequence(oid(ECDSA_WITH_SHA256))
  const subject = nameOf(hosts[0] ?? '')
  const names = sequence(...hosts.map((host) => text(0x82, host)))
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    subject,
    sequence(text(0x17, '200101000000Z'), text(0x17, '491231235959Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid(SUBJECT_ALT_NAME), der(0x04, names)))),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey))
  const lines =
    sequence(signed, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return {
    crt: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
