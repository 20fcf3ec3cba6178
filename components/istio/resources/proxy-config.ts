import { schema as s } from '../../../constructs';
import { istioKind, selector } from './fields';

/** Settings of proxies that hold from their start. */
export const ProxyConfig = istioKind({
  group: 'networking',
  kind: 'ProxyConfig',
  plural: 'proxyconfigs',
  versions: ['v1beta1'],
  spec: s.optional(
    s.allOptional({
      concurrency: s.nullable(s.int32({ minimum: 0 })),
      environmentVariables: s.map(s.text({ maxLength: 2048 })),
      image: s.allOptional({ imageType: s.text() }),
      selector: selector(),
    }),
  ),
});
