import { schema as s } from '../../../constructs';
import { age, column, istioKind, port, stableVersions, texts, uint32, workloadSelector } from './fields';

const labels = () => s.map(s.text(), { maxProperties: 256 });

const socketWithoutPorts = {
  rule: '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
  message: 'UDS may not include ports',
};

/** An address outside of pods: a host, or a virtual machine. */
const workload = (rules: readonly s.CelRule[]) =>
  s.allOptional(
    {
      address: s.text({
        maxLength: 256,
        rules: [
          {
            rule: 'self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true',
            message: 'UDS must be an absolute path or abstract socket',
          },
          { rule: 'self.startsWith("unix://") ? !self.endsWith("/") : true', message: 'UDS may not be a dir' },
        ],
      }),
      labels: labels(),
      locality: s.text({ maxLength: 2048 }),
      network: s.text({ maxLength: 2048 }),
      ports: s.map(port(), {
        maxProperties: 128,
        rules: [
          {
            rule: 'self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))',
            message: 'port name must be valid',
          },
        ],
      }),
      serviceAccount: s.text({ maxLength: 253 }),
      weight: uint32(),
    },
    { rules },
  );

const reachable = () =>
  workload([{ rule: 'has(self.address) || has(self.network)', message: 'Address is required' }, socketWithoutPorts]);

const resolution = (fallback: string) => `(has(self.resolution) ? self.resolution : "${fallback}")`;

/** A service that the cluster does not know by itself. */
export const ServiceEntry = istioKind({
  group: 'networking',
  kind: 'ServiceEntry',
  plural: 'serviceentries',
  shortName: 'se',
  versions: stableVersions,
  columns: [column('Hosts', 'hosts'), column('Location', 'location'), column('Resolution', 'resolution'), age],
  spec: s.object(
    {
      addresses: s.optional(s.list(s.text({ maxLength: 64 }), { maxItems: 256 })),
      endpoints: s.optional(s.list(reachable(), { maxItems: 4096 })),
      exportTo: s.optional(texts()),
      hosts: s.list(s.text({ rules: [{ rule: 'self != "*"', message: 'hostname cannot be wildcard' }] }), {
        minItems: 1,
        maxItems: 256,
      }),
      location: s.optional(s.oneOf(['MESH_EXTERNAL', 'MESH_INTERNAL'])),
      ports: s.optional(
        s.list(
          s.object({
            name: s.text({ maxLength: 256 }),
            number: port(),
            protocol: s.optional(s.text({ maxLength: 256 })),
            targetPort: s.optional(port()),
          }),
          {
            listType: 'map',
            keys: ['name'],
            maxItems: 256,
            rules: [
              {
                rule: 'self.all(l1, self.exists_one(l2, l1.number == l2.number))',
                message: 'port number cannot be duplicated',
              },
            ],
          },
        ),
      ),
      resolution: s.optional(s.oneOf(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'])),
      subjectAltNames: s.optional(texts()),
      workloadSelector: s.optional(workloadSelector()),
    },
    {
      rules: [
        {
          rule: '(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1',
          message: 'only one of WorkloadSelector or Endpoints can be set',
        },
        {
          rule:
            '!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && ' +
            `!(${resolution('NONE')} in ["STATIC", "NONE"]))`,
          message: 'CIDR addresses are allowed only for NONE/STATIC resolution types',
        },
        {
          rule: `(${resolution('NONE')} == "NONE") ? !has(self.endpoints) : true`,
          message: 'NONE mode cannot set endpoints',
        },
        {
          rule:
            `(${resolution('')} == "DNS_ROUND_ROBIN") ? ` +
            '((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true',
          message: 'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
        },
      ],
    },
  ),
});

/** One virtual machine, as if it were a pod. */
export const WorkloadEntry = istioKind({
  group: 'networking',
  kind: 'WorkloadEntry',
  plural: 'workloadentries',
  shortName: 'we',
  versions: stableVersions,
  columns: [age, column('Address', 'address')],
  spec: reachable(),
});

const seconds = () => s.int32({ minimum: 0 });

const probe = () =>
  s.allOptional(
    {
      exec: s.object({ command: s.list(s.text({ minLength: 1 })) }),
      failureThreshold: seconds(),
      grpc: s.allOptional({ port: port(), service: s.text() }),
      httpGet: s.object({
        host: s.optional(s.text()),
        httpHeaders: s.optional(
          s.list(s.allOptional({ name: s.text({ pattern: '^[-_A-Za-z0-9]+$' }), value: s.text() })),
        ),
        path: s.optional(s.text()),
        port: port(),
        scheme: s.optional(
          s.text({
            rules: [{ rule: 'self in ["", "HTTP", "HTTPS"]', message: 'scheme must be one of [HTTP, HTTPS]' }],
          }),
        ),
      }),
      initialDelaySeconds: seconds(),
      periodSeconds: seconds(),
      successThreshold: seconds(),
      tcpSocket: s.object({ host: s.optional(s.text()), port: port() }),
      timeoutSeconds: seconds(),
    },
    { atMostOne: [['httpGet', 'tcpSocket', 'exec', 'grpc']] },
  );

/** What virtual machines have in common that join by themselves. */
export const WorkloadGroup = istioKind({
  group: 'networking',
  kind: 'WorkloadGroup',
  plural: 'workloadgroups',
  shortName: 'wg',
  versions: stableVersions,
  columns: [age],
  spec: s.object({
    metadata: s.optional(s.allOptional({ annotations: labels(), labels: labels() })),
    probe: s.optional(probe()),
    template: workload([socketWithoutPorts]),
  }),
});
