/** The manifests in deploy/: sound to the schemas of Kubernetes, and true to the service that they start. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { settings } from '../../config/settings.ts'
import { healthEndpoints } from '../../src/http/health.ts'
import { startBff } from '../support/bff.ts'
import { clusterToolsInstalled, helm, kustomize, lint, manifestsIn } from '../support/kubernetes.ts'
import { faultsOf, type Manifest } from '../support/kubernetes-schemas.ts'

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly securityContext: object
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[]
}
interface Pod {
  readonly securityContext: { readonly runAsUser: number }
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly containers: readonly [Container]
}
interface Peer {
  readonly namespaceSelector?: { readonly matchLabels?: object }
  readonly podSelector?: { readonly matchLabels?: object }
}

const everything = {
  'autoscaling.eventLoopLag': '30m',
  'ingress.enabled': true,
  'journalInit.enabled': true,
  'serviceMonitor.enabled': true,
  'prometheusRule.enabled': true,
  imagePullSecrets: [{ name: 'registry' }],
  settings: { SMOOCH_APP_ID: 'a', SMOOCH_KEY_ID: 'app_1', PUBLIC_ORIGIN: 'https://app.example.com', TRUSTED_PROXIES: '10.0.0.0/8' },
}
const oneMore = { 'autoscaling.enabled': false, 'networkPolicy.enabled': false, 'settings.DRAIN_DELAY_SECONDS': '40' }
const jobFile = readFileSync('deploy/kubernetes/journal-init.yaml', 'utf8')

/** Every way to make them. Without the tools there are none, and what needs them is left out. */
const made: readonly (readonly [string, readonly Manifest[]])[] = clusterToolsInstalled
  ? [
      ['the base', kustomize('deploy/kubernetes/base')],
      ['the example', kustomize('deploy/kubernetes/overlays/example')],
      ['the chart as it comes', helm()],
      ['the chart with everything', helm(everything)],
      ['the chart with a longer drain, and less', helm(oneMore)],
    ]
  : []
const describeMade = clusterToolsInstalled ? describe : describe.skip

const of = <T>(manifests: readonly Manifest[], kind: string): readonly (Manifest & T)[] =>
  manifests.filter((one): one is Manifest & T => one.kind === kind)
const podsOf = (manifests: readonly Manifest[]): readonly Pod[] =>
  ['Deployment', 'Job'].flatMap((kind) => of<{ spec: { template: { spec: Pod } } }>(manifests, kind).map(({ spec }) => spec.template.spec))
const serviceOf = (manifests: readonly Manifest[]): Pod =>
  of<{ spec: { template: { spec: Pod } } }>(manifests, 'Deployment')[0]!.spec.template.spec
const variablesOf = (manifests: readonly Manifest[]): Readonly<Record<string, string>> =>
  of<{ data: Record<string, string> }>(manifests, 'ConfigMap')[0]!.data

const rows = settings as Readonly<Record<string, { default?: string; secret?: true }>>
const isSetting = (name: string): boolean => Object.hasOwn(rows, name) || rows[name.replace(/_FILE$/, '')]?.secret === true
const dockerUser = Number(/^USER (\d+)$/m.exec(readFileSync('Dockerfile', 'utf8'))![1])

test('the check of this file sees a wrong value, a missing field and a field that Kubernetes does not know', () => {
  const job = (text: string): string[] => faultsOf(manifestsIn(text)[0]!)
  expect(job(jobFile)).toEqual([])
  expect(job(jobFile.replace('runAsNonRoot: true', 'runAsNonRoot: often'))).toEqual([
    expect.stringContaining('runAsNonRoot must be boolean'),
  ])
  expect(job(jobFile.replace('name: init', 'title: init'))).toEqual([expect.stringContaining('must have required property name')])
  expect(job(jobFile.replace('enableServiceLinks', 'enableServiceLink'))).toEqual(['/spec/template/spec/enableServiceLink is no field'])
  expect(job(jobFile.replace('batch/v1', 'batch/v3'))).toEqual(['no schema for batch/v3 Job'])
})

describeMade('each way to make them', () => {
  test.each(made)('%s: every object is as the schemas of Kubernetes say', (_how, manifests) => {
    expect(manifests.length).toBeGreaterThan(5)
    expect(manifests.flatMap((object) => faultsOf(object).map((fault) => `${object.kind} ${object.metadata.name}: ${fault}`))).toEqual([])
  })

  test.each(made)('%s: what it sets are settings, and each secret comes as a file that is mounted', (_how, manifests) => {
    const [container] = serviceOf(manifests).containers
    const mounted = container.volumeMounts.find(({ name }) => name === 'secrets')!
    expect(container.envFrom!.map(({ configMapRef }) => configMapRef.name)).toEqual([of(manifests, 'ConfigMap')[0]!.metadata.name])
    // Through a subPath a replaced Secret would never be seen.
    expect(mounted.subPath).toBeUndefined()
    for (const [name, value] of Object.entries(variablesOf(manifests))) {
      const setting = name.replace(/_FILE$/, '')
      expect([name, isSetting(name)]).toEqual([name, true])
      expect([name, rows[setting]?.secret === true]).toEqual([name, name.endsWith('_FILE')])
      if (name.endsWith('_FILE')) expect(value).toBe(`${mounted.mountPath}/${setting.toLowerCase()}`)
    }
  })

  test.each(made)('%s: pods have no rights, write nowhere, and run as the user of the image', (_how, manifests) => {
    for (const pod of podsOf(manifests)) {
      const user = { runAsNonRoot: true, runAsUser: dockerUser, runAsGroup: dockerUser, fsGroup: dockerUser }
      expect(pod.securityContext).toEqual({ ...user, seccompProfile: { type: 'RuntimeDefault' } })
      expect([pod.automountServiceAccountToken, pod.enableServiceLinks]).toEqual([false, false])
      const [{ securityContext }] = pod.containers
      expect(securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    }
  })

  test.each(made)('%s: ports are the defaults of their settings, and a pod has more time than it drains', (_how, manifests) => {
    const pod = serviceOf(manifests)
    expect(pod.containers[0].ports).toEqual([
      { name: 'public', containerPort: Number(settings.PORT.default) },
      { name: 'private', containerPort: Number(settings.PRIVATE_PORT.default) },
    ])
    expect(variablesOf(manifests)['PRIVATE_HOST']).toBe('0.0.0.0')
    // While calls still come, for what is in flight, as src/service/serve.ts has it, and a rest for log and journal.
    const drain = Number(variablesOf(manifests)['DRAIN_DELAY_SECONDS'])
    expect(pod.terminationGracePeriodSeconds! - drain).toBeGreaterThanOrEqual(5 + 25 + 5)
    const ports = of<{ spec: { ports: { name: string; port: number; targetPort: string }[] } }>(manifests, 'Service').map(
      ({ spec }) => spec.ports,
    )
    expect(ports).toEqual([
      [{ name: 'public', port: 3000, targetPort: 'public' }],
      [{ name: 'private', port: 3001, targetPort: 'private' }],
    ])
  })

  test.each(made.filter(([how]) => !how.includes('less')))(
    '%s: nobody comes in by a port who is not named for it, and only Ingress controllers by the public one',
    (_how, manifests) => {
      const [policy] = of<{ spec: { policyTypes: string[]; ingress: { from: Peer[]; ports: { port: string }[] }[] } }>(
        manifests,
        'NetworkPolicy',
      )
      expect(policy!.spec.policyTypes).toEqual(['Ingress', 'Egress'])
      const peers = policy!.spec.ingress.map(({ from, ports }) => [ports.map(({ port }) => port), from] as const)
      expect(peers.map(([ports]) => ports)).toEqual([['public'], ['private']])
      // An empty selector is everybody.
      for (const [, from] of peers)
        for (const { namespaceSelector, podSelector } of from)
          expect(Object.keys({ ...namespaceSelector?.matchLabels, ...podSelector?.matchLabels })).not.toEqual([])
      const ingresses = of<{ spec: object }>(manifests, 'Ingress')
      expect(JSON.stringify(ingresses)).not.toContain('private')
    },
  )

  test('the chart and the base make one and the same pod, services, budget, scaler and network policy', () => {
    const compared = (manifests: readonly Manifest[]) =>
      ['Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'ServiceAccount'].map((kind) =>
        of<object>(manifests, kind).map((object) =>
          JSON.parse(JSON.stringify(object), (name, value: unknown) => {
            // What names a release, a version or a content is each one's own.
            if (['annotations', 'image', 'imagePullPolicy', 'app.kubernetes.io/instance'].includes(name)) return undefined
            return name === 'configMapRef' ? 'settings' : value
          }),
        ),
      )
    expect(compared(helm())).toEqual(compared(kustomize('deploy/kubernetes/base')))
  })

  test('the job of the chart is the job of deploy/kubernetes, which a release runs before itself', () => {
    const [job] = of<{ spec: { template: { spec: Pod } } }>(helm(everything), 'Job')
    const [file] = manifestsIn(jobFile) as (Manifest & { spec: { template: { spec: Pod } } })[]
    const { imagePullSecrets, ...pod } = job!.spec.template.spec as Pod & { imagePullSecrets: object }
    expect(imagePullSecrets).toEqual(everything.imagePullSecrets)
    expect(pod).toEqual(file!.spec.template.spec)
    expect(job!.metadata.annotations!['helm.sh/hook']).toBe('pre-install,pre-upgrade')
    for (const { name } of pod.containers[0].env!) expect([name, isSetting(name)]).toEqual([name, true])
  })

  test.each([
    ['the example', () => kustomize('deploy/kubernetes/overlays/example')],
    ['the chart', () => helm(everything)],
  ])('%s: alerts are those of deploy/prometheus, about the job by which Prometheus scrapes the private service', (_how, make) => {
    const manifests = make()
    const rules = readFileSync('deploy/prometheus/smooch-bff.rules.yml', 'utf8')
    expect(of<{ spec: object }>(manifests, 'PrometheusRule').map(({ spec }) => spec)).toEqual([parse(rules)])
    const [monitor] = of<{ spec: { jobLabel: string; selector: { matchLabels: Record<string, string> } } }>(manifests, 'ServiceMonitor')
    const scraped = of<object>(manifests, 'Service').filter(({ metadata: { labels = {} } }) =>
      Object.entries(monitor!.spec.selector.matchLabels).every(([name, value]) => labels[name] === value),
    )
    expect(scraped).toHaveLength(1)
    const jobs = new Set([...rules.matchAll(/job="([^"]+)"/g)].map(([, job]) => job))
    expect(jobs).toEqual(new Set([scraped[0]!.metadata.labels![monitor!.spec.jobLabel]]))
  })

  test('the chart refuses values that it does not know, and lints', () => {
    expect(lint()).toContain('0 chart(s) failed')
    for (const values of [
      { replica: 3 },
      { 'settings.drainDelay': '3' },
      { 'settings.DRAIN_DELAY_SECONDS': 'long' },
      { 'networkPolicy.publicFrom': [] },
    ])
      expect(() => helm(values)).toThrow(/values don't meet the specifications of the schema/)
  })
})

describeMade('what the manifests name, a running service has', () => {
  test('each probe is a route of the private listener that answers 200, and the scaler’s metric is there', async () => {
    await using bff = await startBff()
    const probed = new Set(
      made.flatMap(([, manifests]) => {
        const [{ startupProbe, readinessProbe, livenessProbe }] = serviceOf(manifests).containers
        return [startupProbe!, readinessProbe!, livenessProbe!].map(({ httpGet }) => `${httpGet.port} ${httpGet.path}`)
      }),
    )
    expect(probed).toEqual(new Set(['private /readyz', 'private /readyz?exclude=redis', 'private /livez']))
    for (const probe of probed) {
      const path = probe.split(' ')[1]!
      expect(Object.values(healthEndpoints).some((row) => row.path === path.split('?')[0])).toBe(true)
      expect([path, (await fetch(`${bff.app.privateUrl}${path}`)).status]).toEqual([path, 200])
    }
    const figures = await (await fetch(`${bff.app.privateUrl}${healthEndpoints.metrics.path}`)).text()
    const scaled = JSON.stringify(made.map(([, manifests]) => of(manifests, 'HorizontalPodAutoscaler')))
    const metrics = new Set([...scaled.matchAll(/"metric":\{"name":"(\w+)"/g)].map(([, name]) => name!))
    expect(metrics.size).toBe(1)
    for (const name of metrics) expect(figures).toMatch(new RegExp(`^${name} `, 'm'))
  })
})
