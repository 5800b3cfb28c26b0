/** Objects of Kubernetes held to its published schemas: wrong values, missing fields, and fields that no schema knows. */
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Service } from 'kubernetes-models/v1/Service'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'

const kinds = [
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  ConfigMap,
  Service,
  ServiceAccount,
  ServiceMonitor,
  PrometheusRule,
]

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }
}

/** Empty when the object is sound. */
export const faultsOf = (object: Manifest): string[] => {
  const kind = kinds.find((one) => one.apiVersion === object.apiVersion && one.kind === object.kind)
  if (!kind) return [`no schema for ${object.apiVersion} ${object.kind}`]
  const unread = new Set<string>()
  try {
    kind.prototype.validate.call(watched(object, '', unread))
    return [...unread].map((path) => `${path} is no field`)
  } catch (error) {
    return [(error as Error).message]
  }
}

/** The schemas let unknown fields pass, but read every field that they know. */
const watched = <T extends object>(object: T, path: string, unread: Set<string>): T => {
  const inner = new Map<string, unknown>()
  for (const [name, value] of Object.entries(object)) {
    const at = `${path}/${name}`
    unread.add(at)
    inner.set(name, typeof value === 'object' && value !== null ? watched(value as object, at, unread) : value)
  }
  return new Proxy(object, {
    get: (target, name) => {
      if (typeof name !== 'string' || !inner.has(name)) return Reflect.get(target, name)
      unread.delete(`${path}/${name}`)
      return inner.get(name)
    },
  })
}
