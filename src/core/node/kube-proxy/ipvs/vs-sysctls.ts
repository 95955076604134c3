import { fail, ok, type Result } from '../../../base/result.ts'
import { DEFAULT_IPVS_SYSCTLS, type IpvsSysctls } from '../../../kernel/ipvs/ipvs.ts'

/** What kube-proxy sets in net.ipv4.vs; conn_reuse_mode it leaves alone on kernels from 5.9 on. */
const SET_BY_KUBE_PROXY: IpvsSysctls = { ...DEFAULT_IPVS_SYSCTLS, conntrack: true, expireNodestConn: true, expireQuiescentTemplate: true }

const SWITCHES: Readonly<Record<string, keyof IpvsSysctls>> = {
  'net.ipv4.vs.conntrack': 'conntrack',
  'net.ipv4.vs.expire_nodest_conn': 'expireNodestConn',
  'net.ipv4.vs.expire_quiescent_template': 'expireQuiescentTemplate',
  'net.ipv4.vs.conn_reuse_mode': 'connReuseMode',
}

export const isVsSysctl = (name: string): boolean => SWITCHES[name] !== undefined

/** What a person changed of them by hand, by name as in sysctl(8); other names are not looked at. The error is sysctl's. */
export function vsSysctls(changes: Readonly<Record<string, number>>): Result<IpvsSysctls, string> {
  let result = SET_BY_KUBE_PROXY
  for (const [name, value] of Object.entries(changes)) {
    const key = SWITCHES[name.replaceAll('/', '.')]
    if (!key) continue
    // conn_reuse_mode is a set of bits, of which any turns it on (ip_vs_in); the others are switches.
    if (value !== 0 && value !== 1 && key !== 'connReuseMode') return fail(`${name}: Invalid argument ${value}`)
    result = { ...result, [key]: value !== 0 }
  }
  return ok(result)
}
