import { differences, isOurs, keepIgnored, proofOf } from '../../../engine/deploy/diff';
import { type Inventory, type InventoryEntry, parse, render } from '../../../engine/deploy/inventory';
import { closure, dependents, inOrder } from '../../../engine/deploy/order';
import { stateOf } from '../../../engine/deploy/readiness';
import { describe as inWords, keyOf, type Manifest, nameOf } from '../../../engine/deploy/types';

const item = (key: string, ...dependsOn: string[]) => ({ key, dependsOn });
const keys = (items: readonly { key: string }[]) => items.map(each => each.key);

describe('order', () => {
  test('dependencies come first, otherwise the given order stays', () => {
    expect(keys(inOrder([item('c', 'b'), item('a'), item('b', 'a'), item('d')]))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('long chains and outside dependencies are no trouble', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => item(`${index}`, `${index + 1}`));

    expect(keys(inOrder(chain)).slice(0, 2)).toEqual(['19999', '19998']);
  });

  test('throws when objects wait for each other, naming the circle', () => {
    expect(() => inOrder([item('x'), item('a', 'b'), item('b', 'c'), item('c', 'a')])).toThrow('a → b → c → a');
  });

  test('arrows turn around, and all that an item needs is found', () => {
    const items = [item('a'), item('b', 'a'), item('c', 'a', 'b')];

    expect(Object.fromEntries(dependents(items))).toEqual({ a: ['b', 'c'], b: ['c'], c: [] });
    expect([...closure(['c'], items)].sort()).toEqual(['a', 'b']);
  });
});

describe('differences', () => {
  const fields = { 'f:data': { 'f:a': {} } };
  const managedFields = [{ manager: 'flowyard', operation: 'Apply', apiVersion: 'v1', fieldsV1: fields }];
  const live = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1', list: ['x', 'y'] } },
    metadata: { name: 'a', resourceVersion: '1', managedFields },
  };

  test('what the server writes by itself is none', () => {
    const [entry] = managedFields;
    const metadata = { ...live.metadata, resourceVersion: '2', managedFields: [{ ...entry, time: 'now' }] };

    expect(differences(live, { ...live, metadata, status: { ready: true } })).toEqual([]);
  });

  test('changed, added and removed fields are named with their values, and who set them', () => {
    const edit = { ...managedFields[0], manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T00:00:00Z' };
    const edited = { ...live, metadata: { ...live.metadata, managedFields: [edit] } };
    const applied = { ...live, data: { a: '2', list: ['x'], 'c.d/e': '3' } };

    expect(differences(edited, applied)).toEqual([
      { path: 'data.a', before: '1', after: '2', by: 'kubectl-edit' },
      { path: 'data.list[1]', before: 'y' },
      { path: 'data["c.d/e"]', after: '3' },
    ]);
  });

  test('values of Secrets, and of what the program calls secret, are never shown', () => {
    const applied = { ...live, data: { a: '2', list: ['x', 'y'] } };

    const hidden = [{ path: 'data.a', before: '(secret)', after: '(secret)' }];
    expect(differences({ ...live, kind: 'Secret' }, { ...applied, kind: 'Secret' })).toEqual(hidden);
    expect(differences(live, applied, ['data.a'])).toEqual(hidden);
    expect(differences(live, applied, ['data'])).toEqual(hidden);
    expect(differences(live, { ...live, data: undefined }, ['data.a'])).toEqual([{ path: 'data', before: '(secret)' }]);
  });

  test('another owner of the same values is one', () => {
    const unowned = { ...live, metadata: { ...live.metadata, managedFields: [] } };

    expect(differences(unowned, live)).toEqual([{ path: 'metadata.managedFields' }]);
    expect([isOurs(unowned), isOurs(live)]).toEqual([false, true]);
  });

  test('a proof holds until the manifest, the object or its owner changes, but for what the server writes', () => {
    const manifest = { data: { a: '1' } };
    const proof = proofOf(manifest, live);
    const metadata = { ...live.metadata, resourceVersion: '9' };

    expect(proofOf(manifest, { ...live, metadata, status: { x: 1 } })).toBe(proof);
    expect(proofOf({ data: { a: '2' } }, live)).not.toBe(proof);
    expect(proofOf(manifest, { ...live, data: { a: '2' } })).not.toBe(proof);
    expect(proofOf(manifest, { ...live, metadata: { ...metadata, labels: { a: 'b' } } })).not.toBe(proof);
    expect(proofOf(manifest, { ...live, metadata: { ...metadata, managedFields: [] } })).not.toBe(proof);
  });

  test('ignored fields are kept where we own them, and left out where others do', () => {
    const manifest = { data: { a: 'new', b: 'new', c: 'new' }, metadata: { annotations: { 'x.y/z': 'new' } } };
    const there = { ...live, data: { a: 'old', b: 'old' } };
    const kept = keepIgnored(manifest, there, ['data.a', 'data.b', 'metadata.annotations["x.y/z"]']);

    expect(kept).toEqual({ data: { a: 'old', c: 'new' }, metadata: { annotations: {} } });
    expect(manifest.data.a).toBe('new');
  });
});

describe('inventory', () => {
  const entry = (name: string, ...dependsOn: string[]): [string, InventoryEntry] => {
    const object = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name };
    const urn = `urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::${name}`;
    return [keyOf(object), { object, component: 'store', urn, dependsOn }];
  };
  const inventory = (entries: [string, InventoryEntry][]): Inventory => ({
    ...{ project: 'p', cluster: 'uid' },
    entries: new Map(entries),
  });

  test('comes back as it was written, in the same words whatever the order', () => {
    const [a, b] = [entry('a'), entry('b', '/ConfigMap/shop/a')];
    b[1] = { ...b[1], protect: true, retain: true };

    expect(render(inventory([b, a]))).toEqual(render(inventory([a, b])));
    expect(parse(render(inventory([a, b])))).toEqual(inventory([a, b]));
  });

  test('a large one is compressed', () => {
    const entries = Array.from({ length: 5000 }, (_, index) => entry(`object-${String(index).padStart(4, '0')}`));
    const rendered = render(inventory(entries));

    expect(JSON.stringify(rendered).length).toBeLessThan(200_000);
    expect(parse(rendered)).toEqual(inventory(entries));
  });
});

describe('readiness', () => {
  const object = (apiVersion: string, kind: string, spec: Manifest, status: Manifest) => ({
    ...{ apiVersion, kind, spec, status },
    metadata: { name: 'x', generation: 2 },
  });
  const condition = (type: string, status = 'True', more: Manifest = {}) => ({ type, status, ...more });

  test.each([
    ['an old generation', { observedGeneration: 1, updatedReplicas: 1, conditions: [condition('Available')] }, false],
    ['old replicas', { observedGeneration: 2, updatedReplicas: 0, conditions: [condition('Available')] }, false],
    [
      'no available ones',
      { observedGeneration: 2, updatedReplicas: 1, conditions: [condition('Available', 'False')] },
      false,
    ],
    ['all of them', { observedGeneration: 2, updatedReplicas: 1, conditions: [condition('Available')] }, true],
  ])('a deployment with %s', (_, status, ready) => {
    expect(stateOf(object('apps/v1', 'Deployment', {}, status)).ready).toBe(ready);
  });

  test('a failed job says why, and is not waited for', () => {
    const failed = condition('Failed', 'True', { reason: 'BackoffLimitExceeded', message: 'too often' });

    expect(stateOf(object('batch/v1', 'Job', {}, { conditions: [failed] }))).toEqual({
      ...{ ready: false, failed: true, reason: 'Failed: BackoffLimitExceeded, too often' },
    });
  });

  test('a CRD needs its names and its establishment', () => {
    const of = (...conditions: Manifest[]) =>
      stateOf(object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, { conditions }));

    expect(of().ready).toBe(false);
    expect(of(condition('NamesAccepted'), condition('Established')).ready).toBe(true);
    expect(of(condition('NamesAccepted', 'False', { reason: 'Conflict' })).failed).toBe(true);
  });
});

test('objects have one name, and one in words', () => {
  const name = nameOf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'b' } });

  expect(keyOf(name)).toBe('apps/Deployment/b/a');
  expect(inWords(name)).toBe("Deployment 'b/a'");
});
