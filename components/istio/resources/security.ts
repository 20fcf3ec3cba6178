import { schema as s } from '../../../constructs';
import { age, column, duration, istioKind, oneTarget, selector, targetRef, targetRefs, texts } from './fields';

const shortTexts = () => s.list(s.text({ minLength: 1 }));
const accounts = () => s.list(s.text({ maxLength: 320 }), { maxItems: 16 });

const source = () =>
  s.allOptional(
    {
      ipBlocks: texts(),
      namespaces: texts(),
      notIpBlocks: texts(),
      notNamespaces: texts(),
      notPrincipals: texts(),
      notRemoteIpBlocks: texts(),
      notRequestPrincipals: texts(),
      notServiceAccounts: accounts(),
      notTrustDomains: texts(),
      principals: texts(),
      remoteIpBlocks: texts(),
      requestPrincipals: texts(),
      serviceAccounts: accounts(),
      trustDomains: texts(),
    },
    {
      rules: [
        {
          rule:
            '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) && ' +
            '!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
          message: 'Cannot set serviceAccounts with namespaces or principals',
        },
      ],
    },
  );

const operation = () =>
  s.allOptional({
    hosts: texts(),
    methods: texts(),
    notHosts: texts(),
    notMethods: texts(),
    notPaths: texts(),
    notPorts: texts(),
    paths: texts(),
    ports: texts(),
  });

/** Who may call whom. */
export const AuthorizationPolicy = istioKind({
  group: 'security',
  kind: 'AuthorizationPolicy',
  plural: 'authorizationpolicies',
  shortName: 'ap',
  versions: ['v1', 'v1beta1'],
  columns: [column('Action', 'action'), age],
  spec: s.optional(
    s.allOptional(
      {
        action: s.oneOf(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']),
        provider: s.allOptional({ name: s.text() }),
        rules: s.list(
          s.allOptional({
            from: s.list(s.allOptional({ source: source() }), { maxItems: 512 }),
            to: s.list(s.allOptional({ operation: operation() })),
            when: s.list(s.object({ key: s.text(), notValues: s.optional(texts()), values: s.optional(texts()) })),
          }),
          { maxItems: 512 },
        ),
        selector: selector(),
        targetRef: targetRef(),
        targetRefs: targetRefs(),
      },
      { atMostOne: [['provider']], rules: [oneTarget('selector', 'targetRef', 'targetRefs')] },
    ),
  ),
});

const mtls = () => s.allOptional({ mode: s.oneOf(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']) });

/** Whether calls must come by mutual TLS. */
export const PeerAuthentication = istioKind({
  group: 'security',
  kind: 'PeerAuthentication',
  plural: 'peerauthentications',
  shortName: 'pa',
  versions: ['v1', 'v1beta1'],
  columns: [column('Mode', 'mtls.mode'), age],
  spec: s.optional(
    s.allOptional(
      {
        mtls: mtls(),
        portLevelMtls: s.map(mtls(), {
          minProperties: 1,
          rules: [
            { rule: 'self.all(key, 0 < int(key) && int(key) <= 65535)', message: 'port must be between 1-65535' },
          ],
        }),
        selector: selector(),
      },
      {
        rules: [
          {
            rule:
              'has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? ' +
              'self.selector.matchLabels : {}).size() > 0) : true',
            message: 'portLevelMtls requires selector',
          },
        ],
      },
    ),
  ),
});

const jwksUri = () =>
  s.text({
    minLength: 1,
    maxLength: 2048,
    rules: [
      { rule: 'url(self).getScheme() in ["http", "https"]', message: 'url must have scheme http:// or https://' },
    ],
  });

const jwtRule = () =>
  s.allOptional(
    {
      audiences: shortTexts(),
      forwardOriginalToken: s.bool(),
      fromCookies: shortTexts(),
      fromHeaders: s.list(s.object({ name: s.text({ minLength: 1 }), prefix: s.optional(s.text()) })),
      fromParams: shortTexts(),
      issuer: s.text({ minLength: 1 }),
      jwks: s.text(),
      jwksUri: jwksUri(),
      jwks_uri: jwksUri(),
      outputClaimToHeaders: s.list(
        s.object({
          claim: s.text({ minLength: 1 }),
          header: s.text({ minLength: 1, pattern: '^[-_A-Za-z0-9]+$' }),
        }),
      ),
      outputPayloadToHeader: s.text(),
      spaceDelimitedClaims: s.list(s.text({ minLength: 1 }), { maxItems: 64 }),
      timeout: duration(),
    },
    {
      rules: [
        {
          rule: '(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1',
          message: 'only one of jwks or jwksUri can be set',
        },
      ],
    },
  );

/** Which tokens of users are believed. */
export const RequestAuthentication = istioKind({
  group: 'security',
  kind: 'RequestAuthentication',
  plural: 'requestauthentications',
  shortName: 'ra',
  versions: ['v1', 'v1beta1'],
  spec: s.optional(
    s.allOptional(
      {
        jwtRules: s.list(jwtRule(), { maxItems: 4096 }),
        selector: selector(),
        targetRef: targetRef(),
        targetRefs: targetRefs(),
      },
      { rules: [oneTarget('selector', 'targetRef', 'targetRefs')] },
    ),
  ),
});
