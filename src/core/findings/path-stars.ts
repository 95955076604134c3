/**
 * `/bar/*` in an Ingress: a wildcard to cloud balancers, and of the time before path types; to controllers that go by prefixes it is a star, and a request for /bar/x fits nothing. Regular expressions of
 * ingress-nginx and Contour, where a star repeats a slash, are left alone.
 */
import type { Ingress } from '../api/ingress.ts'
import type { IngressController } from '../cluster/ingress-controller.ts'
import { type Finding, finding, refOf } from './finding.ts'

export function pathStars(ingress: Ingress, { implementation }: Pick<IngressController, 'implementation'>): readonly Finding[] {
  const { annotations = {} } = ingress.metadata
  const regular = ['use-regex', 'rewrite-target'].some((name) => annotations[`nginx.ingress.kubernetes.io/${name}`] !== undefined)
  if (implementation === 'contour' || (implementation === 'ingress-nginx' && regular)) return []
  return (ingress.spec.rules ?? []).flatMap(({ http }, i) =>
    (http?.paths ?? []).flatMap(({ path = '', pathType }, j): readonly Finding[] => {
      if (!path.endsWith('/*') || pathType === 'Exact') return []
      const params = { path, controller: implementation }
      return [finding('ingress-path-star', 'warning', refOf(ingress), params, { field: `spec.rules[${i}].http.paths[${j}].path` })]
    }),
  )
}
