import type { Static } from '@sinclair/typebox';
import type { k8s } from 'cdk8s-plus-27';
import type { metricsCollectorSpec } from '../schema';

/** Who collects metrics, and where they are. */
export type MetricsCollector =
  /** Lines that the primary container prints, such as `loss=0.3`. */
  | { readonly kind: 'StdOut'; readonly metricsFormat?: readonly string[] }
  /** A file that it writes: lines, or JSON objects one a line. @default path '/var/log/katib/metrics.log' */
  | {
      readonly kind: 'File';
      readonly path?: string;
      readonly format?: 'TEXT' | 'JSON';
      readonly metricsFormat?: readonly string[];
    }
  /** A folder of TensorFlow's events. @default path '/var/log/katib/tfevent/' */
  | { readonly kind: 'TensorFlowEvent'; readonly path?: string }
  /** A server of the trial. @default path '/metrics', port 8080 */
  | { readonly kind: 'PrometheusMetric'; readonly path?: string; readonly port?: number }
  /** The trial itself, by upstream's SDK. */
  | { readonly kind: 'Push' }
  /** A container of one's own, beside the trial. */
  | {
      readonly kind: 'Custom';
      readonly customCollector: k8s.Container;
      readonly path?: string;
      readonly pathKind?: 'File' | 'Directory';
    };

type Spec = Static<ReturnType<typeof metricsCollectorSpec>>;

/** The collector as experiments hold it; nothing for the default one, which prints are collected by. */
export function renderCollector(given: MetricsCollector | undefined): Spec | undefined {
  if (!given) return undefined;
  const source = sourceOf(given);
  const customCollector =
    given.kind === 'Custom' ? (given.customCollector as unknown as Record<string, unknown>) : undefined;
  return { source, collector: { kind: given.kind, customCollector } };
}

function sourceOf(given: MetricsCollector): Spec['source'] {
  switch (given.kind) {
    case 'StdOut':
      return filterOf(given.metricsFormat);
    case 'File': {
      const { path = '/var/log/katib/metrics.log', format = 'TEXT' } = given;
      return { fileSystemPath: { path, kind: 'File', format }, ...filterOf(given.metricsFormat) };
    }
    case 'TensorFlowEvent':
      return { fileSystemPath: { path: given.path ?? '/var/log/katib/tfevent/', kind: 'Directory' } };
    case 'PrometheusMetric':
      return { httpGet: { path: given.path ?? '/metrics', port: given.port ?? 8080 } };
    case 'Custom':
      return given.path === undefined
        ? undefined
        : { fileSystemPath: { path: given.path, kind: given.pathKind ?? 'File' } };
    case 'Push':
      return undefined;
  }
}

function filterOf(metricsFormat: readonly string[] | undefined): Spec['source'] {
  return metricsFormat && { filter: { metricsFormat: [...metricsFormat] } };
}

/** What is wrong with a collector that collects `metrics`: empty when nothing is. */
export function collectorProblems(given: MetricsCollector = { kind: 'StdOut' }, metrics: readonly string[]): string[] {
  const problems: string[] = [];
  if ('path' in given && given.path !== undefined && !given.path.startsWith('/')) {
    problems.push(`'metricsCollector.path' must begin with '/', got '${given.path}'`);
  }
  const port = given.kind === 'PrometheusMetric' ? given.port : undefined;
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    problems.push(`'metricsCollector.port' must be a whole number from 1 to 65535, got ${port}`);
  }
  if (given.kind !== 'StdOut' && given.kind !== 'File') return problems;
  const json = given.kind === 'File' && given.format === 'JSON';
  for (const format of given.metricsFormat ?? []) problems.push(...formatProblems(format, json));
  if (!json && !given.metricsFormat) {
    const hidden = metrics.filter(metric => !/^[\w|-]+$/.test(metric));
    problems.push(
      ...hidden.map(
        metric =>
          `'objective' names '${metric}', which the collector cannot read: without 'metricsCollector.metricsFormat', ` +
          "names are of letters, digits, '_', '-' and '|'",
      ),
    );
  }
  return problems;
}

function formatProblems(format: string, json: boolean): string[] {
  if (json) return ["'metricsCollector.metricsFormat' is for format 'TEXT', got it with 'JSON'"];
  return /\(.*\).*\(.*\)/.test(format)
    ? []
    : [`'metricsCollector.metricsFormat' must have two groups, for name and value, got '${format}'`];
}
