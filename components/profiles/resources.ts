import { CustomResource, schema as s } from '../../constructs';

const subject = () =>
  s.object(
    {
      apiGroup: s.optional(s.text()),
      kind: s.text(),
      name: s.text(),
      namespace: s.optional(s.text()),
    },
    { mapType: 'atomic' },
  );

const scopeSelector = () =>
  s.allOptional(
    {
      matchExpressions: s.list(
        s.object({
          operator: s.text(),
          scopeName: s.text(),
          values: s.optional(s.list(s.text(), { listType: 'atomic' })),
        }),
        { listType: 'atomic' },
      ),
    },
    { mapType: 'atomic' },
  );

const profile = () =>
  s.allOptional({
    spec: s.allOptional({
      owner: subject(),
      plugins: s.list(s.allOptional({ apiVersion: s.text(), kind: s.text(), spec: s.opaque() })),
      resourceQuotaSpec: s.allOptional({
        hard: s.map(s.amount()),
        scopeSelector: scopeSelector(),
        scopes: s.list(s.text(), { listType: 'atomic' }),
      }),
    }),
    status: s.allOptional({
      conditions: s.list(s.allOptional({ message: s.text(), status: s.text(), type: s.text() })),
    }),
  });

/** A user's or team's place on the platform; the profile controller keeps a namespace of the same name for it. */
export const Profile = new CustomResource({
  group: 'kubeflow.org',
  kind: 'Profile',
  plural: 'profiles',
  scope: 'Cluster',
  versions: [
    { name: 'v1', storage: true, schema: profile(), subresources: { status: {} } },
    { name: 'v1beta1', schema: profile(), subresources: { status: {} } },
  ],
});
