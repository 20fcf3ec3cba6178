import type { TSchema } from '@sinclair/typebox';
import { schema as s } from '../../../constructs';

type Fields = Record<string, TSchema>;

/** Environment variables; only literal values, as upstream's. */
export const env = () => s.list(s.object({ name: s.text(), value: s.optional(s.text()) }));

/** An image in three parts. */
export const image = (pattern = '[a-zA-Z0-9\\-]+') => ({
  repository: s.text(),
  image: s.text({ pattern }),
  version: s.text(),
  imagePullPolicy: s.text(),
  imagePullSecrets: s.list(s.text()),
});

/** Requests and limits of containers. */
export const resources = () => s.allOptional({ limits: s.map(s.amount()), requests: s.map(s.amount()) });

/** What every part that the operator runs can be told, and `more`. */
export const operand = <F extends Fields>(more: F) =>
  s.allOptional({
    ...{ enabled: s.bool(), args: s.list(s.text()), env: env(), hostNetwork: s.bool() },
    ...image(),
    resources: resources(),
    ...more,
  });

/** A part of the driver's pods. */
export const driverPart = () => s.allOptional({ enabled: s.bool(), args: s.list(s.text()), env: env(), ...image() });

/** The container that makes room for a new driver. */
export const driverManager = () => s.allOptional({ env: env(), ...image() });

/** A ConfigMap by its name. */
export const named = () => s.allOptional({ name: s.text() });

export const rdma = () => s.allOptional({ enabled: s.bool(), useHostMofed: s.bool() });

/** Times of a probe. */
export const probe = () =>
  s.allOptional({
    failureThreshold: s.int32({ minimum: 1 }),
    initialDelaySeconds: s.int32(),
    periodSeconds: s.int32({ minimum: 1 }),
    successThreshold: s.int32({ minimum: 1 }),
    timeoutSeconds: s.int32({ minimum: 1 }),
  });

/** How nodes get another driver. */
export const upgradePolicy = (autoUpgrade: boolean) =>
  s.allOptional({
    autoUpgrade: s.bool({ default: autoUpgrade }),
    drain: s.allOptional({
      deleteEmptyDir: s.bool({ default: false }),
      enable: s.bool({ default: false }),
      force: s.bool({ default: false }),
      podSelector: s.text(),
      timeoutSeconds: s.integer({ default: 300, minimum: 0 }),
    }),
    maxParallelUpgrades: s.integer({ default: 1, minimum: 0 }),
    maxUnavailable: s.intOrString({ default: '25%' }),
    podDeletion: s.allOptional({
      deleteEmptyDir: s.bool({ default: false }),
      force: s.bool({ default: false }),
      timeoutSeconds: s.integer({ default: 300, minimum: 0 }),
    }),
    waitForCompletion: s.allOptional({
      podSelector: s.text(),
      timeoutSeconds: s.integer({ default: 0, minimum: 0 }),
    }),
  });

const duration = () =>
  s.text({
    pattern: '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$',
  });

const relabelActions = [
  ...['replace', 'Replace', 'keep', 'Keep', 'drop', 'Drop', 'hashmod', 'HashMod', 'labelmap', 'LabelMap'],
  ...['labeldrop', 'LabelDrop', 'labelkeep', 'LabelKeep', 'lowercase', 'Lowercase', 'uppercase', 'Uppercase'],
  ...['keepequal', 'KeepEqual', 'dropequal', 'DropEqual'],
] as const;

/** What the operator tells Prometheus' operator, where there is one. */
export const serviceMonitor = () =>
  s.allOptional({
    enabled: s.bool(),
    additionalLabels: s.map(s.text()),
    honorLabels: s.bool(),
    interval: duration(),
    scrapeTimeout: duration(),
    relabelings: s.list(
      s.allOptional({
        action: s.oneOf(relabelActions, { default: 'replace' }),
        modulus: s.int64({ minimum: 0 }),
        regex: s.text(),
        replacement: s.text(),
        separator: s.text(),
        sourceLabels: s.list(s.text()),
        targetLabel: s.text(),
      }),
    ),
  });

/** Metrics of devices: what DCGM exporter serves. */
export const dcgmExporter = () =>
  operand({
    annotations: s.map(s.text()),
    config: named(),
    enablePodLabels: s.bool(),
    enablePodUID: s.bool(),
    hostPID: s.bool(),
    hpcJobMapping: s.allOptional({ directory: s.text(), enabled: s.bool() }),
    podLabelAllowlistRegex: s.list(s.text()),
    service: s.allOptional({ internalTrafficPolicy: s.text(), type: s.text() }),
    serviceMonitor: serviceMonitor(),
  });

/** DCGM as a service of its own. */
export const dcgm = () => operand({ hostPort: s.int32() });
