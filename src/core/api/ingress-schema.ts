/** Ingress and IngressClass (k8s.io/api/networking/v1, v1.30), and Ingress as it was before v1 (networking.k8s.io/v1beta1, extensions/v1beta1). */
import { kindOf } from './meta-schema.ts'
import { intOrString, listOf, object, opaque, string, type Schema } from './schema.ts'

const integer: Schema = { kind: 'integer' }

const RESOURCE = object('TypedLocalObjectReference', { apiGroup: string(), kind: string(), name: string() }, 'kind', 'name')

const BACKEND = object('IngressBackend', {
  service: object('IngressServiceBackend', { name: string(), port: object('ServiceBackendPort', { name: string(), number: integer }) }),
  resource: RESOURCE,
})

/** Before v1 a backend was a name and a port in one place. */
const LEGACY_BACKEND = object('IngressBackend', { serviceName: string(), servicePort: intOrString, resource: RESOURCE })

const rules = (backend: Schema): Schema =>
  listOf(
    object('IngressRule', {
      host: string(),
      http: object('HTTPIngressRuleValue', {
        paths: listOf(object('HTTPIngressPath', { path: string(), pathType: string(), backend }, 'backend')),
      }),
    }),
  )

const TLS = listOf(object('IngressTLS', { hosts: listOf(string()), secretName: string() }))

const STATUS = object('IngressStatus', {
  loadBalancer: object('IngressLoadBalancerStatus', {
    ingress: listOf(object('IngressLoadBalancerIngress', { ip: string('ip'), hostname: string('dns1123Subdomain'), ports: opaque })),
  }),
})

export const INGRESS = kindOf('Ingress', {
  spec: object('IngressSpec', { ingressClassName: string(), defaultBackend: BACKEND, tls: TLS, rules: rules(BACKEND) }),
  status: STATUS,
})

export const LEGACY_INGRESS = kindOf('Ingress', {
  spec: object('IngressSpec', { ingressClassName: string(), backend: LEGACY_BACKEND, tls: TLS, rules: rules(LEGACY_BACKEND) }),
  status: STATUS,
})

export const INGRESS_CLASS = kindOf('IngressClass', {
  spec: object('IngressClassSpec', {
    controller: string(),
    parameters: object('IngressClassParametersReference', {
      apiGroup: string(),
      kind: string(),
      name: string(),
      scope: string(),
      namespace: string(),
    }),
  }),
})
