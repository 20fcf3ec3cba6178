import { schema as s } from '../../../constructs';
import { age, istioKind, oneTarget, selector, targetRef, targetRefs } from './fields';

const traffic = () =>
  s.list(
    s.allOptional({
      mode: s.oneOf(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER']),
      ports: s.list(s.object({ number: s.integer({ minimum: 1, maximum: 65_535 }) }), {
        listType: 'map',
        keys: ['number'],
      }),
    }),
  );

const schemes = '["", "http", "https", "file", "oci"]';

/** A program that proxies load: where it is, and how it runs. */
const plugin = () => ({
  failStrategy: s.optional(s.oneOf(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'])),
  imagePullPolicy: s.optional(s.oneOf(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'])),
  imagePullSecret: s.optional(s.text({ minLength: 1, maxLength: 253 })),
  pluginConfig: s.optional(s.opaque()),
  pluginName: s.optional(s.text({ minLength: 1, maxLength: 256 })),
  sha256: s.optional(s.text({ pattern: '(^$|^[a-f0-9]{64}$)' })),
  type: s.optional(s.oneOf(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'])),
  url: s.text({
    minLength: 1,
    rules: [
      {
        rule:
          `isURL(self) ? (url(self).getScheme() in ${schemes}) : ` +
          `(isURL("http://" + self) && url("http://" + self).getScheme() in ${schemes})`,
        message: 'url must have schema one of [http, https, file, oci]',
      },
    ],
  }),
  verificationKey: s.optional(s.text()),
  vmConfig: s.optional(
    s.allOptional({
      env: s.list(
        s.object(
          {
            name: s.text({ minLength: 1, maxLength: 256 }),
            value: s.optional(s.text({ maxLength: 2048 })),
            valueFrom: s.optional(s.oneOf(['INLINE', 'HOST'])),
          },
          {
            rules: [
              {
                rule: '(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)',
                message: 'value may only be set when valueFrom is INLINE',
              },
            ],
          },
        ),
        { listType: 'map', keys: ['name'], maxItems: 256 },
      ),
    }),
  ),
});

const placement = (firstPhase: 'UNSPECIFIED' | 'UNSPECIFIED_PHASE') => ({
  match: s.optional(traffic()),
  phase: s.optional(s.oneOf([firstPhase, 'AUTHN', 'AUTHZ', 'STATS'])),
  priority: s.optional(s.nullable(s.int32())),
  selector: s.optional(selector()),
  targetRefs: s.optional(targetRefs()),
});

/** A WebAssembly program in the proxies' way. */
export const WasmPlugin = istioKind({
  group: 'extensions',
  kind: 'WasmPlugin',
  plural: 'wasmplugins',
  versions: ['v1alpha1'],
  columns: [age],
  spec: s.object(
    { ...plugin(), ...placement('UNSPECIFIED_PHASE'), targetRef: s.optional(targetRef()) },
    { rules: [oneTarget('selector', 'targetRef', 'targetRefs')] },
  ),
});

/** A WebAssembly or Lua program in the proxies' way. */
export const TrafficExtension = istioKind({
  group: 'extensions',
  kind: 'TrafficExtension',
  plural: 'trafficextensions',
  versions: ['v1alpha1'],
  columns: [age],
  spec: s.object(
    {
      ...placement('UNSPECIFIED'),
      lua: s.optional(s.object({ inlineCode: s.text({ minLength: 1, maxLength: 65_536 }) })),
      wasm: s.optional(s.object(plugin())),
    },
    {
      atMostOne: [['wasm', 'lua']],
      rules: [
        oneTarget('selector', 'targetRefs'),
        { rule: 'has(self.wasm) != has(self.lua)', message: 'exactly one of wasm or lua must be set' },
      ],
    },
  ),
});
