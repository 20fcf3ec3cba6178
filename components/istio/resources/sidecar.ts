import { schema as s } from '../../../constructs';
import { istioKind, stableVersions, texts, uint32, workloadSelector } from './fields';
import { serverTls } from './gateway';
import { connectionPool } from './traffic-policy';

const captureMode = () => s.oneOf(['DEFAULT', 'IPTABLES', 'NONE']);

const port = () => s.allOptional({ name: s.text(), number: uint32(), protocol: s.text(), targetPort: uint32() });

/** What sidecars know of the mesh, and what they take. */
export const Sidecar = istioKind({
  group: 'networking',
  kind: 'Sidecar',
  plural: 'sidecars',
  versions: stableVersions,
  spec: s.optional(
    s.allOptional({
      egress: s.list(
        s.object({
          bind: s.optional(s.text()),
          captureMode: s.optional(captureMode()),
          hosts: texts(),
          port: s.optional(port()),
        }),
      ),
      inboundConnectionPool: connectionPool(),
      ingress: s.list(
        s.object({
          bind: s.optional(s.text()),
          captureMode: s.optional(captureMode()),
          connectionPool: s.optional(connectionPool()),
          defaultEndpoint: s.optional(s.text()),
          port: port(),
          tls: s.optional(serverTls()),
        }),
      ),
      outboundTrafficPolicy: s.allOptional({
        egressProxy: s.object({
          host: s.text(),
          port: s.optional(s.allOptional({ number: uint32() })),
          subset: s.optional(s.text()),
        }),
        mode: s.oneOf(['REGISTRY_ONLY', 'ALLOW_ANY']),
      }),
      workloadSelector: workloadSelector(),
    }),
  ),
});
