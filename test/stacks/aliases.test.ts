import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from '../../engine/deploy/collect';
import { Monitor } from '../../engine/deploy/monitor';
import { loadEnvironment } from '../../environments';
import { moved, resourceProblems } from '../../stacks/aliases';
import { deployPlatform, renderFor } from '../../stacks/program';

const golden = join(__dirname, '__snapshots__', 'resources.txt');

/** Every resource of the local environment, as `TYPE::NAME`. */
async function fixture(): Promise<string[]> {
  const urns: string[] = [];
  const register = Monitor.prototype.registerResource;
  jest.spyOn(Monitor.prototype, 'registerResource').mockImplementation(function (this: Monitor, request, callback) {
    register.call(this, request, (error, response) => {
      urns.push((response as { getUrn(): string }).getUrn());
      callback(error, response);
    });
  });
  const rendering = renderFor(loadEnvironment('local'));
  await collect({ stack: 'local', project: 'flowyard', program: () => deployPlatform(rendering, {}) });
  jest.restoreAllMocks();
  return urns.map(urn => urn.split('::').slice(2).join('::')).sort();
}

test('every resource is on the list of what stacks out there have, or has an alias', async () => {
  const current = await fixture();
  if (process.env.FLOWYARD_UPDATE_RESOURCES || !existsSync(golden)) writeFileSync(golden, `${current.join('\n')}\n`);
  const known = readFileSync(golden, 'utf8').trim().split('\n');

  expect(resourceProblems(known, current, moved)).toEqual([]);
});

const known = ['kubernetes:core/v1:ConfigMap::a/Settings/ConfigMap', 'kubernetes:core/v1:Service::a/Web/Service'];
const renamed = ['kubernetes:core/v1:ConfigMap::a/Config/ConfigMap', known[1]!];

test('a rename without an alias is told, with both ways out', () => {
  expect(resourceProblems(known, renamed, {})).toEqual([
    "'kubernetes:core/v1:ConfigMap::a/Settings/ConfigMap' is gone: if it was renamed, add its old path to 'moved' in stacks/aliases.ts; if not, delete its line",
    "'kubernetes:core/v1:ConfigMap::a/Config/ConfigMap' is new: add its line",
  ]);
});

test('an alias covers a rename of the same kind, and no other', () => {
  const list = [...known, renamed[0]!];

  expect(resourceProblems(list, renamed, { 'a/Config/ConfigMap': ['a/Settings/ConfigMap'] })).toEqual([]);
  expect(resourceProblems(list, renamed, { 'a/Web/Service': ['a/Settings/ConfigMap'] })).toHaveLength(1);
});

test('an alias of nothing is told', () => {
  expect(resourceProblems(known, known, { 'a/Gone': ['a/Before'] })).toEqual([
    "'moved' in stacks/aliases.ts names 'a/Gone', which the program does not have",
  ]);
});
