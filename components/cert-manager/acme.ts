import { CustomResource, schema } from '../../constructs';
import { acmeGroup, bytes, columns, issuerRef, selectableIssuer, texts } from './fields';
import { solver } from './solver';

const { allOptional, bool, list, object, oneOf, optional, text, time } = schema;

function state() {
  return oneOf(['valid', 'ready', 'pending', 'processing', 'invalid', 'expired', 'errored']);
}

/** One order of a certificate at an ACME server. */
export const Order = new CustomResource({
  group: acmeGroup,
  kind: 'Order',
  plural: 'orders',
  categories: ['cert-manager', 'cert-manager-acme'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      subresources: { status: {} },
      columns: [columns.state, { ...columns.issuer, priority: 1 }, columns.reason, columns.age],
      selectableFields: selectableIssuer,
      schema: object({
        spec: object({
          issuerRef: issuerRef(),
          request: bytes(),
          commonName: optional(text()),
          dnsNames: optional(texts()),
          duration: optional(text()),
          ipAddresses: optional(texts()),
          profile: optional(text()),
        }),
        status: optional(
          allOptional({
            authorizations: list(
              object({
                url: text(),
                challenges: optional(
                  list(object({ token: text(), type: text(), url: text() }), { listType: 'atomic' }),
                ),
                identifier: optional(text()),
                initialState: optional(state()),
                wildcard: optional(bool()),
              }),
              { listType: 'atomic' },
            ),
            certificate: bytes(),
            failureTime: time(),
            finalizeURL: text(),
            reason: text(),
            state: state(),
            url: text(),
          }),
        ),
      }),
    },
  ],
});

/** One proof, asked for by an ACME server, that a name is ours. */
export const Challenge = new CustomResource({
  group: acmeGroup,
  kind: 'Challenge',
  plural: 'challenges',
  categories: ['cert-manager', 'cert-manager-acme'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      storage: true,
      subresources: { status: {} },
      columns: [
        columns.state,
        { name: 'Domain', type: 'string', jsonPath: '.spec.dnsName' },
        columns.reason,
        columns.age,
      ],
      selectableFields: selectableIssuer,
      schema: object({
        spec: object({
          authorizationURL: text(),
          dnsName: text(),
          issuerRef: issuerRef(),
          key: text(),
          solver: solver(),
          token: text(),
          type: oneOf(['HTTP-01', 'DNS-01']),
          url: text(),
          wildcard: optional(bool()),
        }),
        status: optional(allOptional({ presented: bool(), processing: bool(), reason: text(), state: state() })),
      }),
    },
  ],
});
