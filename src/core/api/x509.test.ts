import { describe, expect, test } from 'vitest'
import { latin1, utf8Bytes } from './base64.ts'
import { parseCertificate, pemBlock } from './x509.ts'

/** Nothing but names: CN=a.example, dNSName b.example and *.c.example, iPAddress 10.0.0.1. */
const tlv = (tag: number, ...parts: readonly (readonly number[])[]): readonly number[] => {
  const body = parts.flat()
  return [tag, ...(body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]), ...body]
}
const name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, [0x55, 0x04, 0x03]), tlv(0x0c, utf8Bytes('a.example')))))
const names = tlv(0x30, tlv(0x82, utf8Bytes('b.example')), tlv(0x82, utf8Bytes('*.c.example')), tlv(0x87, [10, 0, 0, 1]))
const extensions = tlv(0xa3, tlv(0x30, tlv(0x30, tlv(0x06, [0x55, 0x1d, 0x11]), tlv(0x04, names))))
const version = tlv(0xa0, tlv(0x02, [2]))
const serial = tlv(0x02, [1])
const nothing = tlv(0x30)
const of = (...fields: readonly (readonly number[])[]): readonly number[] => tlv(0x30, tlv(0x30, ...fields), nothing, tlv(0x03, [0]))

describe('certificates', () => {
  test('names are read, with a version and without one', () => {
    const read = { subject: 'a.example', issuer: 'a.example' }
    expect(parseCertificate(of(version, serial, nothing, name, nothing, name, nothing, extensions))).toEqual({
      ...read,
      dnsNames: ['b.example', '*.c.example'],
      ipAddresses: ['10.0.0.1'],
    })
    expect(parseCertificate(of(serial, nothing, name, nothing, name, nothing))).toEqual({ ...read, dnsNames: [], ipAddresses: [] })
  })

  test('names of more than a common name are there in full, those with unknown attributes are not', () => {
    const attribute = (type: readonly number[], value: string) => tlv(0x30, tlv(0x06, type), tlv(0x0c, utf8Bytes(value)))
    const cn = attribute([0x55, 0x04, 0x03], 'a.example')
    const organisation = attribute([0x55, 0x04, 0x0a], 'Acme Co')
    const long = tlv(0x30, tlv(0x31, organisation), tlv(0x31, cn, attribute([0x55, 0x04, 0x0b], 'x')))
    const odd = tlv(0x30, tlv(0x31, attribute([0x55, 0x04, 0x7f], 'odd')), tlv(0x31, cn))
    const read = (issuer: readonly number[], subject: readonly number[]) =>
      parseCertificate(of(serial, nothing, issuer, nothing, subject, nothing))
    expect(read(name, long)).toMatchObject({
      subject: 'a.example',
      distinguished: { subject: 'O=Acme Co; CN=a.example + OU=x', issuer: 'CN=a.example' },
    })
    expect(read(name, odd)).toEqual({ subject: 'a.example', issuer: 'a.example', dnsNames: [], ipAddresses: [] })
  })

  test.each([
    ['nothing', []],
    ['text', utf8Bytes('nonsense')],
    ['a length beyond the end', [0x30, 0x82, 0xff, 0xff, 0x30]],
    ['a length without end', [0x30, 0x80, 0x00, 0x00]],
    ['too few fields', of(version, serial)],
  ])('%s is no certificate', (_, bytes) => {
    expect(parseCertificate(bytes)).toBeUndefined()
  })

  test('the first block of a label is taken', () => {
    const text = '-----BEGIN X-----\nYQ==\n-----END X-----\nand\n-----BEGIN PRIVATE KEY-----\nYmM=\n-----END PRIVATE KEY-----\n'
    const block = pemBlock(text, /PRIVATE KEY$/)
    expect(block && latin1(block.bytes)).toBe('bc')
    expect(pemBlock(text, /^CERTIFICATE$/)).toBeUndefined()
    expect(pemBlock('-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----', /^CERTIFICATE$/)).toBeUndefined()
  })
})
