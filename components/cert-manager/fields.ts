import { type PrinterColumn, schema } from '../../constructs';

const { allOptional, int64, list, map, object, oneOf, optional, text, time } = schema;

/** API group of certificates, their requests and issuers. */
export const group = 'cert-manager.io';

/** API group of what an ACME issuer does on the way to a certificate. */
export const acmeGroup = 'acme.cert-manager.io';

/** An issuer, as certificates name it. */
export interface IssuerReference {
  readonly name: string;
  readonly kind: 'ClusterIssuer' | 'Issuer';
  readonly group: string;
}

/** Text values, replaced as a whole by whoever applies them. */
export function texts() {
  return list(text(), { listType: 'atomic' });
}

/** Bytes in base64. */
export function bytes() {
  return text({ format: 'byte' });
}

/** One key of a Secret; the reader has a default for `key`. */
export function secretKey() {
  return object({ name: text(), key: optional(text()) });
}

/** The ServiceAccount whose token proves who asks. */
export function serviceAccountRef() {
  return object({ name: text(), audiences: optional(texts()) });
}

export function issuerRef() {
  return object({ name: text(), kind: optional(text()), group: optional(text()) });
}

/** Labels and annotations of what is made from a template. */
export function templateMetadata() {
  return allOptional({ annotations: map(text()), labels: map(text()) });
}

export function usages() {
  const words = [
    'signing',
    'digital signature',
    'content commitment',
    'key encipherment',
    'key agreement',
    'data encipherment',
    'cert sign',
    'crl sign',
    'encipher only',
    'decipher only',
    'any',
    'server auth',
    'client auth',
    'code signing',
    'email protection',
    's/mime',
    'ipsec end system',
    'ipsec tunnel',
    'ipsec user',
    'timestamping',
    'ocsp signing',
    'microsoft sgc',
    'netscape sgc',
  ] as const;
  return list(oneOf(words), { listType: 'atomic' });
}

const conditionFields = {
  type: text(),
  status: oneOf(['True', 'False', 'Unknown']),
  lastTransitionTime: optional(time()),
  message: optional(text()),
  reason: optional(text()),
};

/** Conditions of a request, which never changes and so has no generation. */
export function requestConditions() {
  return list(object(conditionFields), { listType: 'map', keys: ['type'] });
}

/** Conditions with the generation that they speak of. */
export function conditions() {
  return list(object({ ...conditionFields, observedGeneration: optional(int64()) }), {
    listType: 'map',
    keys: ['type'],
  });
}

/** Columns of `kubectl get`. */
export const columns = {
  age: { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  issuer: { name: 'Issuer', type: 'string', jsonPath: '.spec.issuerRef.name' },
  reason: { name: 'Reason', type: 'string', jsonPath: '.status.reason', priority: 1 },
  state: { name: 'State', type: 'string', jsonPath: '.status.state' },
  message: {
    name: 'Status',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type == "Ready")].message',
    priority: 1,
  },
} as const satisfies Record<string, PrinterColumn>;

/** The status of one condition as a column. */
export function conditionColumn(type: string): PrinterColumn {
  return { name: type, type: 'string', jsonPath: `.status.conditions[?(@.type == "${type}")].status` };
}

/** Lists can be filtered by issuer. */
export const selectableIssuer = ['.spec.issuerRef.group', '.spec.issuerRef.kind', '.spec.issuerRef.name'];
