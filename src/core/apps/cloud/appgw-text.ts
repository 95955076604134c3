/** The gateway as `az network application-gateway show` prints it, with what `show-backend-health` adds. References are names instead of ids. */
import type { AppGw, AppGwAction, AppGwListener } from '../../cluster/cloud/agic.ts'
import { type AppGwSettings, DEFAULT_POOL, DEFAULT_SETTINGS } from '../../cluster/cloud/agic-backend.ts'
import type { ConfigText } from '../ingress/config-text.ts'
import { ruleId } from './appgw-request.ts'
import { type Json, jsonText } from './json-text.ts'
import { endpointId } from './rows.ts'

export const FILE = 'appgw.json'

export function appGwText({ listeners, settings }: AppGw, address: string): ConfigText {
  const all = [...settings.values()]
  const pools = new Map(all.filter(({ targets }) => targets.length > 0).map((each) => [each.pool, each]))
  return jsonText({
    name: 'appgw',
    sku: { name: 'Standard_v2', tier: 'Standard_v2' },
    frontendIPConfigurations: [{ name: 'appGatewayFrontendIP', publicIPAddress: address }],
    httpListeners: listeners.map(listenerJson),
    requestRoutingRules: listeners.map(({ hash, priority }) => ({
      name: `rr-${hash}`,
      priority,
      httpListener: `fl-${hash}`,
      urlPathMap: `url-${hash}`,
    })),
    urlPathMaps: listeners.map(pathMapJson),
    backendHttpSettingsCollection: [
      { at: `upstreams ${DEFAULT_SETTINGS}`, name: DEFAULT_SETTINGS, port: 80, protocol: 'Http' },
      ...all.map(settingsJson),
    ],
    probes: [...new Map(all.map(({ probe, protocol }) => [probe.name, { ...probe, protocol }])).values()],
    backendAddressPools: [{ name: DEFAULT_POOL, backendAddresses: [] }, ...[...pools.values()].map(poolJson)],
  })
}

const listenerJson = ({ hash, port, protocol, hosts, certificate }: AppGwListener): Json => ({
  at: `listeners fl-${hash}`,
  name: `fl-${hash}`,
  frontendPort: `fp-${port}`,
  protocol,
  hostNames: hosts,
  sslCertificate: certificate === undefined ? undefined : certificate.includes('/') ? `cert-${certificate.replace('/', '-')}` : certificate,
})

const pathMapJson = (listener: AppGwListener): Json => ({
  at: `routes ${ruleId(listener, undefined)}`,
  name: `url-${listener.hash}`,
  ...actionJson(listener.defaultAction, 'default'),
  pathRules: listener.rules.map((rule) => ({
    at: `routes ${ruleId(listener, rule)}`,
    name: rule.name,
    paths: [rule.path],
    ...actionJson(rule.action, ''),
  })),
})

function actionJson(action: AppGwAction, prefix: string): { readonly [key: string]: Json } {
  const key = (name: string): string => (prefix === '' ? name : prefix + name.charAt(0).toUpperCase() + name.slice(1))
  if (action.kind === 'redirect')
    return { [key('redirectConfiguration')]: { redirectType: 'Permanent', targetPort: action.port, includePath: true } }
  return { [key('backendHttpSettings')]: action.kind === 'backend' ? action.settings : DEFAULT_SETTINGS }
}

const settingsJson = (settings: AppGwSettings): Json => ({
  at: `upstreams ${settings.name}`,
  name: settings.name,
  port: settings.port,
  protocol: settings.protocol,
  cookieBasedAffinity: settings.cookie === undefined ? 'Disabled' : 'Enabled',
  affinityCookieName: settings.cookie,
  path: settings.path,
  hostName: settings.hostName,
  requestTimeout: settings.requestTimeout,
  connectionDraining: settings.draining === undefined ? undefined : { enabled: true, drainTimeoutInSec: settings.draining },
  probe: settings.probe.name,
  backendAddressPool: settings.pool,
})

const poolJson = ({ pool, targets }: AppGwSettings): Json => ({
  name: pool,
  backendAddresses: targets.map((target) => ({
    at: `endpoints ${endpointId(pool, target)}`,
    ipAddress: target.address,
    health: target.healthy ? 'Healthy' : 'Unhealthy',
  })),
})
