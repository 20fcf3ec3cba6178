import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { FlowyardError } from '../errors';
import type { Manifest } from './types';

/** How to reach an API server. */
export interface Cluster {
  readonly server: string;
  readonly context: string;
  readonly ca?: string;
  readonly servername?: string;
  readonly insecure: boolean;

  /** Namespace of the context. */
  readonly namespace: string;

  /** Reads the credentials anew: files and plugins may have newer ones. */
  credentials(): Promise<Credentials>;
}

/** What proves who we are. */
export interface Credentials {
  readonly cert?: string;
  readonly key?: string;
  readonly authorization?: string;
}

/**
 * Reads a kubeconfig. Certificates, tokens and token files are read here; `@kubernetes/client-node`, which takes half a
 * second to load, is asked only for credentials of plugins.
 */
export function readKubeconfig(file: string, context?: string): Cluster {
  let config: Manifest;
  try {
    config = parse(fs.readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new FlowyardError(`'kubeconfig' cannot be read: ${(error as Error).message}`, { code: 2, cause: error });
  }
  const contextName = context ?? config['current-context'];
  const find = (list: string, name: string) => {
    const named: Manifest[] = config[list] ?? [];
    const found = named.find(each => each.name === name);
    if (found) return found;
    const names = named.map(each => `'${each.name}'`).join(', ') || 'none';
    throw new FlowyardError(`'kubeconfig' ${file} has no '${name}' among its ${list}, it has ${names}`, { code: 2 });
  };
  const { cluster: clusterName, user: userName, namespace = 'default' } = find('contexts', contextName).context;
  const { cluster } = find('clusters', clusterName);
  const user = userName ? (find('users', userName).user ?? {}) : {};
  if (cluster['proxy-url']) {
    throw new FlowyardError(`'proxy-url' of cluster '${clusterName}' in ${file} is not supported`, { code: 2 });
  }
  const read = (from: Manifest, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (data) return Buffer.from(data, 'base64').toString();
    return from[field] && fs.readFileSync(path.resolve(path.dirname(file), from[field]), 'utf8');
  };
  return {
    server: cluster.server.replace(/\/$/, ''),
    context: contextName,
    ca: read(cluster, 'certificate-authority'),
    servername: cluster['tls-server-name'],
    insecure: cluster['insecure-skip-tls-verify'] === true,
    namespace,
    credentials: async () => {
      if (user.exec || user['auth-provider']) return fromPlugin(file, contextName);
      const token = user.tokenFile ? fs.readFileSync(user.tokenFile, 'utf8').trim() : user.token;
      const basic = user.username && `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
      return {
        cert: read(user, 'client-certificate'),
        key: read(user, 'client-key'),
        authorization: token ? `Bearer ${token}` : basic,
      };
    },
  };
}

async function fromPlugin(file: string, context: string): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromFile(file);
  config.setCurrentContext(context);
  const options: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options as never);
  } catch (error) {
    throw new FlowyardError(`the credentials plugin of context '${context}' failed: ${(error as Error).message}`, {
      next: `run \`kubectl --context ${context} get namespaces\` to see its own message`,
      cause: error,
    });
  }
  return { cert: options.cert, key: options.key, authorization: options.headers.Authorization };
}
