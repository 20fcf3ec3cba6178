import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import { collect } from '../../../engine/deploy/collect';
import { KubernetesObject, Part } from './program';

// Runs programs that fail, one after the other, and prints what came of each.

const object = (data: Record<string, unknown> = {}) =>
  new KubernetesObject('a', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

const programs: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('no bricks left');
  },
  rejects: () => Promise.reject(new Error('no bricks left')),
  'throws inside an apply': () => {
    object().id.apply(() => {
      throw new Error('no bricks left');
    });
  },
  'leaves a rejection alone': () => {
    void Promise.reject(new Error('no bricks left'));
  },
  'passes a value that rejects': () => {
    object({ b: Promise.reject(new Error('no bricks left')) });
  },
  'asks for replaceWith': () => {
    const first = object();
    new KubernetesObject(
      'b',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } },
      { replaceWith: [first] },
    );
  },
  'asks for transforms': () => {
    new Part('part', { transforms: [() => undefined] });
  },
  'asks for hooks': () => {
    new pulumi.ResourceHook('hook', () => {});
  },
  'never ends': () => {
    object({ b: new Promise(() => {}) });
  },
};

async function main(): Promise<void> {
  const outcomes: Record<string, string[]> = {};
  const common = { stack: 'test', project: 'shop', programSeconds: 0.3 };
  const own: string[] = [];
  process.on('unhandledRejection', () => own.push('own listener'));
  for (const [name, program] of Object.entries(programs)) {
    const outcome = await collect({ ...common, program }).catch((error: Error) => error);
    outcomes[name] = [outcome instanceof Error ? outcome.message : 'no error', ...own.splice(0)];
  }
  const { resources } = await collect({ ...common, program: () => void object() });
  void Promise.reject(new Error('somebody else'));
  await sleep(10);
  outcomes.afterwards = [`${resources.length} resource`, ...own];
  process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
}

void main();
