import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate that servers take, signed by itself; undefined where there is no openssl. */
export function certificateFor(hosts: readonly string[]): { readonly crt: string; readonly key: string } | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'kubehop-cert-'))
  const [crt, key] = [join(dir, 'crt'), join(dir, 'key')]
  const names = hosts.map((host) => `DNS:${host}`).join(',')
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    `/CN=${hosts[0] ?? ''}`,
    '-addext',
    `subjectAltName=${names}`,
  ]
  const made = spawnSync('openssl', [...args, '-keyout', key, '-out', crt], { stdio: 'ignore' })
  const found = made.status === 0 ? { crt: readFileSync(crt, 'utf8'), key: readFileSync(key, 'utf8') } : undefined
  rmSync(dir, { recursive: true, force: true })
  return found
}
