import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { FlowyardError } from '../errors';
import type { ClusterPaths, Component } from './paths';
import type { BinaryName } from './pins';
import type { Ports } from './ports';

/** Annotation by which KWOK knows the nodes that it plays. */
export const FAKE_NODE = { key: 'kwok.x-k8s.io/node', value: 'fake' } as const;

/** What kwokctl needs to know. */
export interface KwokctlOptions {
  readonly ports: Ports;
  readonly binaries: Readonly<Record<BinaryName, string>>;
  readonly auditPolicy: string;

  /** Folder with certificates of the cluster. */
  readonly pki: string;
}

/** The configuration file of kwokctl: real components, nothing downloaded, nothing reachable from outside. */
export function renderKwokctlConfig(options: KwokctlOptions): string {
  const { ports, binaries } = options;
  return stringify({
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokctlConfiguration',
    options: {
      runtime: 'binary',
      bindAddress: '127.0.0.1',
      components: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok-controller'],
      securePort: true,
      kubeAuthorization: true,
      kubeAdmission: true,
      kubeAuditPolicy: options.auditPolicy,
      // The defaults throttle controllers to 20 requests a second, which a whole platform feels.
      disableQPSLimits: true,
      kubeApiserverPort: ports['kube-apiserver'],
      etcdPort: ports.etcd,
      etcdPeerPort: ports['etcd-peer'],
      kubeControllerManagerPort: ports['kube-controller-manager'],
      kubeSchedulerPort: ports['kube-scheduler'],
      kwokControllerPort: ports['kwok-controller'],
      etcdBinary: binaries.etcd,
      kubeApiserverBinary: binaries['kube-apiserver'],
      kubeControllerManagerBinary: binaries['kube-controller-manager'],
      kubeSchedulerBinary: binaries['kube-scheduler'],
      kwokControllerBinary: binaries.kwok,
    },
    componentsPatches: [
      patch('kube-apiserver', {
        // The built-in default holds 254 services.
        'service-cluster-ip-range': '10.96.0.0/16',
        'audit-log-maxsize': '100',
        'audit-log-maxbackup': '1',
      }),
      // Electing the only candidate costs seconds, and 15 more after a kill.
      patch('kube-controller-manager', {
        'leader-elect': 'false',
        'cluster-signing-cert-file': path.join(options.pki, 'ca.crt'),
        'cluster-signing-key-file': path.join(options.pki, 'ca.key'),
      }),
      patch('kube-scheduler', { 'leader-elect': 'false' }),
      {
        name: 'kwok-controller',
        extraArgs: [
          { key: 'manage-all-nodes', value: 'false', override: true },
          { key: 'manage-nodes-with-annotation-selector', value: `${FAKE_NODE.key}=${FAKE_NODE.value}` },
        ],
      },
    ],
  });
}

function patch(name: Component, args: Readonly<Record<string, string>>) {
  return { name, extraArgs: Object.entries(args).map(([key, value]) => ({ key, value })) };
}

/** Who did what, without bodies; heartbeats and health checks would drown it. */
export function renderAuditPolicy(): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', nonResourceURLs: ['/healthz*', '/readyz*', '/livez*', '/version'] },
      { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
      { level: 'None', verbs: ['patch', 'update'], resources: [{ group: '', resources: ['nodes/status'] }] },
      { level: 'Metadata' },
    ],
  });
}

/**
 * Runs kwokctl on one cluster.
 *
 * It would ask a kubectl from the PATH, or download one, whether the API server answers. We ask that ourselves, watch the
 * processes meanwhile, and so hand it a kubectl that says yes.
 */
export async function runKwokctl(
  kwokctl: string,
  paths: ClusterPaths,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const shims = path.join(paths.kwokHome, 'shims');
  fs.mkdirSync(shims, { recursive: true });
  fs.writeFileSync(path.join(shims, 'kubectl'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('KWOK_'));
  const env = {
    ...Object.fromEntries(inherited),
    KWOK_WORKDIR: paths.kwokHome,
    PATH: `${shims}${path.delimiter}${process.env.PATH ?? ''}`,
  };
  await new Promise<void>((resolve, reject) => {
    const child = spawn(kwokctl, ['--name', paths.name, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'], signal });
    let stderr = '';
    child.stderr.on('data', chunk => {
      stderr = (stderr + chunk).slice(-8_000);
    });
    child.on('error', reject);
    // Not `close`: the components inherit nothing, yet a stray handle must not hold us up.
    child.on('exit', code => {
      if (code === 0) {
        resolve();
      } else {
        reject(
          new FlowyardError(`kwokctl ${args.join(' ')} failed:\n${stderr.trim().split('\n').slice(-5).join('\n')}`),
        );
      }
    });
  });
}
