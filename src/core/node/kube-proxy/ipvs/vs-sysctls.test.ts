import { expect, it } from 'vitest'
import { isVsSysctl, vsSysctls } from './vs-sysctls.ts'

it('sets what kube-proxy sets', () => {
  expect(vsSysctls({})).toMatchObject({
    ok: true,
    value: { conntrack: true, expireNodestConn: true, expireQuiescentTemplate: true, connReuseMode: true },
  })
})

it('takes changes by hand, in either way of writing names', () => {
  expect(vsSysctls({ 'net.ipv4.vs.conntrack': 0, 'net/ipv4/vs/conn_reuse_mode': 0 })).toMatchObject({
    ok: true,
    value: { conntrack: false, connReuseMode: false, expireNodestConn: true },
  })
  expect(vsSysctls({ 'net.ipv4.vs.conn_reuse_mode': 2 })).toMatchObject({ ok: true, value: { connReuseMode: true } })
  expect(vsSysctls({ 'net.ipv4.ip_forward': 7 })).toEqual(vsSysctls({}))
})

it('refuses what a switch cannot be', () => {
  expect(vsSysctls({ 'net.ipv4.vs.conntrack': 2 })).toEqual({ ok: false, error: 'net.ipv4.vs.conntrack: Invalid argument 2' })
  expect(isVsSysctl('net.ipv4.vs.conntrack')).toBe(true)
  expect(isVsSysctl('net.ipv4.vs.unknown')).toBe(false)
})
