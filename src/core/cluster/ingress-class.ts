/** The admission plugin DefaultIngressClass (plugin/pkg/admission/network/defaultingressclass, v1.30). */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressClass, isDefaultClass } from '../api/ingress.ts'

/** A new Ingress that says nothing of its class gets the default one; of several the newest, by name where they are equally old. */
export function withDefaultClass(classes: readonly IngressClass[], ingress: Ingress): Ingress {
  const { ingressClassName } = ingress.spec
  if (ingressClassName !== undefined || ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION] !== undefined) return ingress
  const [found] = classes.filter(isDefaultClass).toSorted(newestFirst)
  return found ? { ...ingress, spec: { ...ingress.spec, ingressClassName: found.metadata.name } } : ingress
}

function newestFirst(a: IngressClass, b: IngressClass): number {
  const [before = '', after = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (before !== after) return before < after ? 1 : -1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
