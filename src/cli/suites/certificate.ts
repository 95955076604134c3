/** A certificate for a suite's TLS Secrets: the DER of X.509 with nothing in it but a name. Nobody here checks a signature, so it has none to speak of. */
const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? Buffer.from([body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts)
const oid = (...bytes: readonly number[]): Buffer => tlv(0x06, Buffer.from(bytes))
const text = (tag: number, value: string): Buffer => tlv(tag, Buffer.from(value, 'latin1'))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`

/** `tls.crt` and `tls.key` for a host, in PEM. */
export function certificateFor(host: string): { readonly crt: string; readonly key: string } {
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), tlv(0x05))
  const name = sequence(tlv(0x31, sequence(oid(0x55, 0x04, 0x03), text(0x0c, host))))
  const names = sequence(oid(0x55, 0x1d, 0x11), tlv(0x04, sequence(text(0x82, host))))
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(text(0x17, '260101000000Z'), text(0x17, '360101000000Z')),
    name,
    sequence(algorithm, tlv(0x03, Buffer.from([0]))),
    tlv(0xa3, sequence(names)),
  )
  return { crt: pem('CERTIFICATE', sequence(tbs, algorithm, tlv(0x03, Buffer.from([0])))), key: pem('PRIVATE KEY', sequence()) }
}
