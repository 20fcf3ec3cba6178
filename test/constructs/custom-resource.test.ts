import { App, Chart } from 'cdk8s';
import { CustomResource, schema as s } from '../../constructs';

const Widget = new CustomResource({
  group: 'example.com',
  kind: 'Widget',
  plural: 'widgets',
  shortNames: ['wd'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1',
      storage: true,
      subresources: { status: {} },
      columns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      schema: s.object({
        spec: s.object({
          size: s.int32({ minimum: 1, default: 3 }),
          colour: s.optional(s.oneOf(['red', 'blue'])),
          port: s.optional(s.intOrString()),
          tags: s.optional(s.list(s.text(), { listType: 'set' })),
          template: s.optional(s.opaque<{ any: string }>()),
        }),
        status: s.optional(s.allOptional({ ready: s.bool() })),
      }),
    },
  ],
});

function fixture() {
  return new Chart(new App(), 'chart', { namespace: 'ns', disableResourceNameHashes: true });
}

test('a CRD has the structural schema of its definition', () => {
  const { spec } = Widget.define(fixture(), 'Crd').toJson();

  expect(spec.names).toEqual({
    kind: 'Widget',
    listKind: 'WidgetList',
    plural: 'widgets',
    shortNames: ['wd'],
    singular: 'widget',
  });
  expect(spec.versions[0].schema.openAPIV3Schema.properties.spec).toEqual({
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', format: 'int32', minimum: 1, default: 3 },
      colour: { type: 'string', enum: ['red', 'blue'] },
      port: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
      tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      template: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  });
});

test('an object of the kind is rendered as given, without a namespace where the kind has none', () => {
  const widget = Widget.create(fixture(), 'W', {
    metadata: { name: 'w' },
    spec: { size: 2, port: 'http', template: { any: 'x' } },
  });

  expect(widget.toJson()).toEqual({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { size: 2, port: 'http', template: { any: 'x' } },
  });
});

test.each([
  [{ size: 0 }, "'spec.size' must be >= 1, got 0"],
  [{ size: 1, colour: 'green' }, "'spec.colour' must be one of 'red', 'blue', got \"green\""],
  [{ size: 1, color: 'red' }, "'spec' has no field 'color'; did you mean 'colour'"],
  [{}, "'spec' lacks the field 'size'"],
  [{ size: 1, port: true }, "'spec.port' must be a number or text, got true"],
])('throws when a field is wrong: %j', (spec, message) => {
  const create = () => Widget.create(fixture(), 'W', { metadata: { name: 'w' }, spec: spec as never });

  expect(create).toThrow(`chart/W: ${message}`);
});

describe('a kind whose CRD is looser than its check', () => {
  const Loose = new CustomResource({
    group: 'example.com',
    kind: 'Loose',
    plural: 'looses',
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        storage: true,
        schema: s.object({ spec: s.object({ first: s.text(), last: s.text() }) }),
        storedSchema: s.object({ spec: s.opaque({ mapType: 'atomic' }) }),
      },
    ],
    rules: ({ spec }) => (spec.first > spec.last ? [`'spec.first' must not follow '${spec.last}'`] : []),
  });
  const create = (spec: object) => () => Loose.create(fixture(), 'L', { metadata: { name: 'l' }, spec: spec as never });

  test('has the looser schema in the CRD', () => {
    const { openAPIV3Schema } = Loose.define(fixture(), 'Crd').toJson().spec.versions[0].schema;

    expect(openAPIV3Schema.properties.spec).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-map-type': 'atomic',
    });
  });

  test('throws when a field is wrong all the same', () => {
    expect(create({ frist: 'a', last: 'b' })).toThrow("'spec' has no field 'frist'; did you mean 'first'");
  });

  test('throws when its rules say no, once its fields are right', () => {
    expect(create({ first: 'a', last: 'b' })).not.toThrow();
    expect(create({ first: 'b', last: 'a' })).toThrow("'spec.first' must not follow 'a'");
  });
});
