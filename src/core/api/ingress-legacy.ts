/**
 * Ingress of extensions/v1beta1 and networking.k8s.io/v1beta1 as v1 (pkg/apis/networking/v1beta1/conversion.go and defaults.go): both were served until
 * v1.22, and are what most older manifests hold. Shapes have been checked before.
 */
import { isRecord } from './schema.ts'

type Fields = Readonly<Record<string, unknown>>

/** The document with its backends where v1 has them. */
export function ingressOfLegacy(raw: Fields): Fields {
  if (!isRecord(raw.spec)) return raw
  const { backend, rules, ...spec } = raw.spec
  return {
    ...raw,
    spec: {
      ...spec,
      ...(isRecord(backend) && { defaultBackend: backendOf(backend) }),
      ...(Array.isArray(rules) && { rules: rules.map(ruleOf) }),
    },
  }
}

function ruleOf(rule: unknown): unknown {
  if (!isRecord(rule) || !isRecord(rule.http) || !Array.isArray(rule.http.paths)) return rule
  return { ...rule, http: { ...rule.http, paths: rule.http.paths.map(pathOf) } }
}

function pathOf(path: unknown): unknown {
  if (!isRecord(path)) return path
  const { backend, pathType = 'ImplementationSpecific', ...rest } = path
  return { ...rest, pathType, ...(isRecord(backend) && { backend: backendOf(backend) }) }
}

/** A string is a name, even one of digits: conversion does not look into it. */
function backendOf({ serviceName, servicePort, resource }: Fields): Fields {
  const named = serviceName !== undefined || servicePort !== undefined
  return { ...(named && { service: { name: serviceName ?? '', port: portOf(servicePort) } }), ...(resource !== undefined && { resource }) }
}

function portOf(port: unknown): Fields {
  if (typeof port === 'number') return { number: port }
  return typeof port === 'string' && port !== '' ? { name: port } : {}
}
