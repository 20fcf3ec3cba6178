import { FlowyardError } from '../errors';
import { applyPlan, type Result } from './apply';
import { ApiError, KubeClient } from './client';
import { destroyStack } from './destroy';
import { readKubeconfig } from './kubeconfig';
import { remember } from './memory';
import { makePlan, type Plan } from './plan';
import { readStatus, type StackStatus } from './status';
import type { DeployOptions, StackOptions } from './types';

/**
 * Runs the program and says what an apply would do. Writes nothing to the cluster.
 *
 * @throws FlowyardError when the program cannot be deployed, or the cluster cannot be reached
 */
export function plan(options: DeployOptions): Promise<Plan> {
  return withClient(options, client => makePlan(client, options));
}

/**
 * Brings the cluster to what a program, or a plan made before, wants. Failures of single objects are in the result.
 *
 * @throws FlowyardError when nothing was begun: a bad program, a refusal, a second deployer, no connection
 */
export function apply(planOrOptions: Plan | DeployOptions): Promise<Result> {
  const known = 'objects' in planOrOptions ? planOrOptions : undefined;
  const options = known ? known.options : (planOrOptions as DeployOptions);
  return timed(options, async client => {
    const made = known ?? (await makePlan(client, options));
    const result = await applyPlan(client, made);
    if (result.ok) remember(options, { cluster: made.cluster, server: client.cluster.server });
    return result;
  });
}

/**
 * Removes everything that the stack has put into the cluster, except what holds data and is not acknowledged.
 *
 * @throws FlowyardError as `apply` does
 */
export function destroy(options: StackOptions): Promise<Result> {
  return timed(options, async client => {
    const result = await destroyStack(client, options);
    if (result.ok && result.kept.length === 0) remember(options, undefined);
    return result;
  });
}

/** Reads how the objects of a stack are. */
export function status(options: StackOptions): Promise<StackStatus> {
  return withClient(options, client => readStatus(client, options));
}

async function timed(
  options: StackOptions,
  task: (client: KubeClient) => Promise<Omit<Result, 'requests' | 'seconds'>>,
): Promise<Result> {
  const startedAt = performance.now();
  return withClient(options, async client => {
    const result = await task(client);
    return { ...result, requests: client.requests, seconds: (performance.now() - startedAt) / 1000 };
  });
}

async function withClient<T>(options: StackOptions, task: (client: KubeClient) => Promise<T>): Promise<T> {
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(options.stack)) {
    throw new FlowyardError(`'stack' takes lower-case letters, digits, dots and dashes, got '${options.stack}'`, {
      code: 2,
    });
  }
  const cluster = readKubeconfig(options.kubeconfig, options.context);
  const client = new KubeClient(cluster, { parallel: options.parallel, signal: options.signal });
  try {
    return await task(client);
  } catch (error) {
    throw clear(error, options);
  } finally {
    client.close();
  }
}

/** Errors of the API server, and of a stop, in words for users. */
function clear(error: unknown, { stack, signal, kubeconfig }: StackOptions): unknown {
  if (error instanceof FlowyardError) return error;
  if (error instanceof ApiError) {
    const rights = error.status === 401 || error.status === 403;
    const next = rights
      ? `check the credentials and rights of the user of ${kubeconfig}`
      : 'run the same command again';
    return new FlowyardError(`the API server refused: ${error.message}`, { next, cause: error });
  }
  if (!signal?.aborted) return error;
  return new FlowyardError(`stack '${stack}' was stopped`, { next: 'run the same command again', code: 130 });
}
