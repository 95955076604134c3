/** Traefik's Ingress provider: objects and options become routers, services and certificates. Its fixtures hold objects without names, which no API server takes, so they go to the provider itself. */
import type { EndpointSlice } from '../../core/api/endpointslice.ts'
import type { Ingress, IngressClass } from '../../core/api/ingress.ts'
import type { Node } from '../../core/api/node.ts'
import type { Service } from '../../core/api/service.ts'
import type { Secret } from '../../core/api/workload.ts'
import { ingressProvider } from '../../core/apps/traefik/ingress.ts'
import { Building } from '../../core/apps/traefik/model.ts'
import type { Objects } from '../../core/apps/traefik/objects.ts'
import { difference, outcome, type Suite } from './suite.ts'

interface ExpectedRouter {
  readonly rule: string
  readonly service: string
  readonly entryPoints?: readonly string[]
  readonly priority?: number | string
  readonly tls?: unknown
}

interface Case {
  readonly id: string
  readonly options: Readonly<Record<string, unknown>>
  readonly objects: readonly (Ingress | IngressClass | Service | EndpointSlice | Secret | Node)[]
  readonly expected: {
    readonly routers: Readonly<Record<string, ExpectedRouter>>
    readonly services: Readonly<Record<string, readonly string[]>>
    readonly certificates: number
  }
}

export const TRAEFIK_SUITE: Suite = {
  folder: 'ingress',
  run: (cases) =>
    (cases.json<{ readonly cases: readonly Case[] }>('ingress/traefik_provider.json')?.cases ?? []).map((each) =>
      outcome(each.id, () => provides(each)),
    ),
}

function provides({ objects, options, expected }: Case): string | undefined {
  const out = new Building()
  const on = (name: string): boolean => options[name] === true
  ingressProvider(
    fixture(objects),
    {
      ingressClass: typeof options.ingressClass === 'string' ? options.ingressClass : '',
      allowEmptyServices: on('allowEmptyServices'),
      allowExternalNameServices: on('allowExternalNameServices'),
      disableIngressClassLookup: on('disableIngressClassLookup'),
      strictPrefixMatching: on('strictPrefixMatching'),
      nativeLBByDefault: on('nativeLBByDefault'),
      disableClusterScopeResources: on('disableClusterScopeResources'),
      ...(options.defaultRuleSyntax === 'v2' && { defaultRuleSyntax: 'v2' }),
      namespaces: [],
    },
    out,
  )
  const routers = [...out.routers].map(([name, { rule, service, entryPoints, priority, tls }]) => [
    own(name),
    {
      rule,
      service: own(service),
      ...(entryPoints.length > 0 && { entryPoints }),
      ...(priority !== undefined && { priority: priority === -2147483648 ? 'math.MinInt32' : priority }),
      ...(tls && { tls: true }),
    },
  ])
  const services = [...out.services].map(([name, service]) => [
    own(name),
    service.kind === 'loadBalancer' ? service.servers.map(({ url }) => url).toSorted() : [],
  ])
  const wanted = Object.entries(expected.routers).map(([name, router]) => [
    name,
    { ...router, ...(router.tls !== undefined && { tls: true }) },
  ])
  const urls = Object.entries(expected.services).map(([name, list]) => [name, list.toSorted()])
  return (
    difference(Object.fromEntries(wanted), Object.fromEntries(routers), 'routers') ??
    difference(Object.fromEntries(urls), Object.fromEntries(services), 'services') ??
    difference(expected.certificates, out.certificateCount, 'certificates')
  )
}

const own = (name: string): string => name.replace(/@kubernetes$/, '')

function fixture(objects: Case['objects']): Objects {
  const all = <K extends Case['objects'][number]['kind']>(kind: K): readonly Extract<Case['objects'][number], { readonly kind: K }>[] =>
    objects.flatMap((each) => (each.kind === kind ? [each as Extract<Case['objects'][number], { readonly kind: K }>] : []))
  const at = (metadata: { readonly namespace?: string; readonly name: string }, namespace: string, name: string): boolean =>
    (metadata.namespace ?? 'default') === namespace && metadata.name === name
  return {
    ingresses: all('Ingress'),
    ingressClasses: all('IngressClass'),
    nodeAddresses: all('Node').flatMap(({ status }) =>
      (status.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : [])),
    ),
    service: (namespace, name) => all('Service').find(({ metadata }) => at(metadata, namespace, name)),
    slices: (namespace, name) =>
      all('EndpointSlice').filter(
        ({ metadata }) => (metadata.namespace ?? 'default') === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
      ),
    secret: (namespace, name) => all('Secret').find(({ metadata }) => at(metadata, namespace, name)),
  }
}
