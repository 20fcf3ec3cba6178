import * as pulumi from '@pulumi/pulumi';
import { ResourceMonitorService } from '@pulumi/pulumi/proto/resource_grpc_pb';
import { RegisterResourceRequest, ResourceMonitorFeature } from '@pulumi/pulumi/proto/resource_pb';
import * as random from '@pulumi/random';
import { collect } from '../../../engine/deploy/collect';
import { Monitor } from '../../../engine/deploy/monitor';
import * as runtime from '../../../engine/deploy/pulumi-runtime';
import { GeneratedValues } from '../../../engine/deploy/random';
import { KubernetesObject, Part, sample } from './program';

// What the in-process monitor takes for granted of the Pulumi SDK. A release that adds a call, a feature or a field, or asks
// for more of our answers, fails here: look at what is new, then answer it, refuse it, or list it.

/** Calls that the SDK makes only where a feature is claimed which we do not claim. */
const neverCalled = [
  'supportsFeature',
  'registerStackTransform',
  'registerStackInvokeTransform',
  'registerResourceHook',
  'registerErrorHook',
];

const claimed = ['SECRETS', 'ALIAS_SPECS', 'DELETED_WITH', 'PARAMETERIZATION'];

/** Where the SDK is told no, it keeps to an older form of requests, or refuses what the program asks for. */
const notClaimed = [
  'RESOURCE_REFERENCES',
  'OUTPUT_VALUES',
  'REPLACEMENT_TRIGGER',
  'REPLACE_WITH',
  'TRANSFORMS',
  'INVOKE_TRANSFORMS',
  'RESOURCE_HOOKS',
  'ERROR_HOOKS',
  'SENDS_OPTIONS_TO_HOOKS',
  'BYTE_STRING',
  'INVOKE_DEPENDS_ON',
  'INVOKE_PARENT',
  'STATE_MIGRATIONS',
  'INVOKE_OUTPUT_VALUES',
  'CALL_OUTPUT_VALUES',
];

/** Fields of a registration that the monitor reads, those that it refuses included. */
const read = [
  'Type',
  'Name',
  'Parent',
  'Custom',
  'Object',
  'Provider',
  'DependenciesList',
  'AliasesList',
  'Protect',
  'Retainondelete',
  'IgnorechangesList',
  'Importid',
  'Customtimeouts',
  'AdditionalsecretoutputsList',
  'ReplaceonchangesList',
  'ReplacementTrigger',
];

/** Fields that change nothing about plain objects in a cluster, each with the reason. */
const ignored = {
  PropertydependenciesMap: 'the dependencies of all properties are in DependenciesList',
  Deletebeforereplace: 'names are fixed, so that what is replaced is always deleted first',
  Deletebeforereplacedefined: 'as above',
  Version: 'there are no plugins',
  Plugindownloadurl: 'there are no plugins',
  PluginchecksumsMap: 'there are no plugins',
  Packageref: 'there are no plugins',
  EnvvarmappingsMap: 'there are no plugins',
  Acceptsecrets: 'always so',
  Acceptresources: 'always so',
  AcceptsByteString: 'not claimed',
  Aliasspecs: 'aliases are always specs',
  AliasurnsList: 'used where aliases are no specs',
  Supportspartialvalues: 'nothing is unknown',
  Supportsresultreporting: 'failures never reach the program',
  Remote: 'remote components need a provider, which is refused by its type',
  ProvidersMap: 'for remote components',
  Deletedwith: 'the graph orders deletions',
  ReplaceWithList: 'not claimed',
  TransformsList: 'not claimed',
  Hooks: 'not claimed',
  StateMigrationsList: 'not claimed',
  HidediffsList: 'for the display',
  Sourceposition: 'for messages of the engine',
  Stacktrace: 'for messages of the engine',
  Parentstacktracehandle: 'for messages of the engine',
  Snippetid: 'for messages of the engine',
};

test('the SDK has what programs are run with', () => {
  const { setMockOptions, waitForRPCs, withLocalStorage } = runtime;

  expect([setMockOptions, waitForRPCs, withLocalStorage].map(each => typeof each)).toEqual(Array(3).fill('function'));
  expect(setMockOptions).toHaveLength(5);
  expect(pulumi.runtime.runInPulumiStack).toHaveLength(1);
  expect(pulumi.runtime.setAllConfig).toHaveLength(2);
});

test('every call that the SDK can make is answered, or needs a feature that is not claimed', () => {
  const answered = Object.getOwnPropertyNames(Monitor.prototype);
  const calls = Object.keys(ResourceMonitorService);

  expect(calls.filter(call => !answered.includes(call)).sort()).toEqual([...neverCalled].sort());
});

test('every feature of an engine is claimed or not, on purpose', () => {
  const claims: number[] = [];
  new Monitor('shop', 'test', new GeneratedValues()).getDeploymentInfo({}, (_, info) => {
    claims.push(...(info as { getSupportedfeaturesList(): number[] }).getSupportedfeaturesList());
  });
  const names = Object.entries(ResourceMonitorFeature).map(([name, id]) => ({
    name: name.replace('RESOURCE_MONITOR_FEATURE_', ''),
    claimed: claims.includes(id as number),
  }));

  expect(names.filter(each => each.claimed).map(({ name }) => name)).toEqual(claimed);
  expect(names.filter(each => !each.claimed).map(({ name }) => name)).toEqual(notClaimed);
});

describe('of a registration', () => {
  const asked = new Set<string>();
  const wanted = new Set<string>();
  const missing = new Set<string>();
  let names: string[] = [];

  beforeAll(async () => {
    const { registerResource } = Monitor.prototype;
    const spy = jest.spyOn(Monitor.prototype, 'registerResource').mockImplementation(function (
      this: Monitor,
      request,
      callback,
    ) {
      registerResource.call(this, watched(request, asked, new Set()), (error, response) =>
        callback(error, watched(response as object, wanted, missing)),
      );
    });
    const collected = await collect({
      stack: 'test',
      project: 'shop',
      program: async () => {
        const outputs = sample({ extra: true })();
        const named = (name: string) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'shop' },
        });
        const parent = new Part('part', { aliases: [{ name: 'older' }] });
        const a = new KubernetesObject('a', named('a'), { parent, customTimeouts: { create: '1m' } });
        new KubernetesObject('b', named('b'), { deletedWith: a, deleteBeforeReplace: true, hideDiffs: ['data'] });
        new random.RandomId('id', { byteLength: 4 }, { additionalSecretOutputs: ['hex'] });
        return outputs;
      },
    });
    names = collected.resources.map(({ name }) => name);
    spy.mockRestore();
  });

  test('each field is read, or is known not to matter', () => {
    const fields = Object.getOwnPropertyNames(RegisterResourceRequest.prototype).flatMap(name =>
      name.startsWith('get') ? name.slice('get'.length) : [],
    );

    expect(fields.filter(field => !read.includes(field)).sort()).toEqual(Object.keys(ignored).sort());
    expect([...asked].sort()).toEqual(read.map(field => `get${field}`).sort());
  });

  test('the SDK reads of the answer what is there, and no more', () => {
    expect([...missing]).toEqual([]);
    expect([...wanted].sort()).toEqual([
      'getId',
      'getObject',
      'getPropertydependenciesMap',
      'getResult',
      'getUnknown',
      'getUrn',
    ]);
    expect(names).toEqual(expect.arrayContaining(['a', 'b', 'extra', 'widget']));
  });
});

/** Notes which getters are asked for, and which of those are not there. */
function watched<T extends object>(target: T, asked: Set<string>, missing: Set<string>): T {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      if (typeof key === 'string' && key.startsWith('get')) {
        asked.add(key);
        if (value === undefined) missing.add(key);
      }
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

test.each<[string, pulumi.CustomResourceOptions]>([
  ['replaceOnChanges', { replaceOnChanges: ['data'] }],
  ['replacementTrigger', { replacementTrigger: 1 }],
])("throws when the program asks for '%s', which would be half understood", async (option, options) => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };
  const program = () => {
    new KubernetesObject('a', object, options);
  };

  await expect(collect({ stack: 'test', project: 'shop', program })).rejects.toThrow(
    `the embedded engine knows no '${option}', which 'a' of type 'kubernetes:core/v1:ConfigMap' has: use \`pulumi up\``,
  );
});
