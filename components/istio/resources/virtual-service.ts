import { schema as s } from '../../../constructs';
import { age, column, duration, istioKind, stableVersions, texts, uint32 } from './fields';

const match = () =>
  s.allOptional({ exact: s.text(), prefix: s.text(), regex: s.text() }, { atMostOne: [['exact', 'prefix', 'regex']] });

const destination = () =>
  s.object({
    host: s.text(),
    port: s.optional(s.allOptional({ number: uint32() })),
    subset: s.optional(s.text()),
  });

const share = () => s.allOptional({ value: s.decimal({ format: 'double' }) });

const headers = () => {
  const changes = () => s.allOptional({ add: s.map(s.text()), remove: texts(), set: s.map(s.text()) });
  return s.allOptional({ request: changes(), response: changes() });
};

const corsPolicy = () =>
  s.allOptional({
    allowCredentials: s.nullable(s.bool()),
    allowHeaders: texts(),
    allowMethods: texts(),
    allowOrigin: texts(),
    allowOrigins: s.list(match()),
    exposeHeaders: texts(),
    maxAge: duration(),
    unmatchedPreflights: s.oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE']),
  });

const fault = () =>
  s.allOptional({
    abort: s.allOptional(
      { grpcStatus: s.text(), http2Error: s.text(), httpStatus: s.int32(), percentage: share() },
      { atMostOne: [['httpStatus', 'grpcStatus', 'http2Error']] },
    ),
    delay: s.allOptional(
      { exponentialDelay: duration(), fixedDelay: duration(), percent: s.int32(), percentage: share() },
      { atMostOne: [['fixedDelay', 'exponentialDelay']] },
    ),
  });

const httpMatch = () =>
  s.allOptional({
    authority: match(),
    gateways: texts(),
    headers: s.map(match()),
    ignoreUriCase: s.bool(),
    method: match(),
    name: s.text(),
    port: uint32(),
    queryParams: s.map(match()),
    scheme: match(),
    sourceLabels: s.map(s.text()),
    sourceNamespace: s.text(),
    statPrefix: s.text(),
    uri: match(),
    withoutHeaders: s.map(match()),
  });

const httpRoute = () =>
  s.allOptional({
    corsPolicy: corsPolicy(),
    delegate: s.allOptional({ name: s.text(), namespace: s.text() }),
    directResponse: s.object({
      body: s.optional(
        s.allOptional({ bytes: s.text({ format: 'byte' }), string: s.text() }, { atMostOne: [['string', 'bytes']] }),
      ),
      status: uint32(),
    }),
    fault: fault(),
    headers: headers(),
    match: s.list(httpMatch()),
    mirror: destination(),
    mirrorPercent: s.nullable(uint32()),
    mirror_percent: s.nullable(uint32()),
    mirrorPercentage: share(),
    mirrors: s.list(s.object({ destination: destination(), percentage: s.optional(share()) })),
    name: s.text(),
    redirect: s.allOptional(
      {
        authority: s.text(),
        derivePort: s.oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']),
        port: uint32(),
        redirectCode: uint32(),
        scheme: s.text(),
        uri: s.text(),
      },
      { atMostOne: [['port', 'derivePort']] },
    ),
    retries: s.allOptional({
      attempts: s.int32(),
      backoff: duration(),
      perTryTimeout: duration(),
      retryIgnorePreviousHosts: s.nullable(s.bool()),
      retryOn: s.text(),
      retryRemoteLocalities: s.nullable(s.bool()),
    }),
    rewrite: s.allOptional({
      authority: s.text(),
      uri: s.text(),
      uriRegexRewrite: s.allOptional({ match: s.text(), rewrite: s.text() }),
    }),
    route: s.list(
      s.object({ destination: destination(), headers: s.optional(headers()), weight: s.optional(s.int32()) }),
    ),
    timeout: duration(),
  });

/** What connections are told by that are not read. */
const connectionMatch = () => ({
  destinationSubnets: s.optional(texts()),
  gateways: s.optional(texts()),
  port: s.optional(uint32()),
  sourceLabels: s.optional(s.map(s.text())),
  sourceNamespace: s.optional(s.text()),
});

const weighted = () => s.list(s.object({ destination: destination(), weight: s.optional(s.int32()) }));

/** Where requests go. */
export const VirtualService = istioKind({
  group: 'networking',
  kind: 'VirtualService',
  plural: 'virtualservices',
  shortName: 'vs',
  versions: stableVersions,
  columns: [column('Gateways', 'gateways'), column('Hosts', 'hosts'), age],
  spec: s.optional(
    s.allOptional({
      exportTo: texts(),
      gateways: texts(),
      hosts: texts(),
      http: s.list(httpRoute()),
      tcp: s.list(
        s.allOptional({
          match: s.list(s.object({ ...connectionMatch(), sourceSubnet: s.optional(s.text()) })),
          route: weighted(),
        }),
      ),
      tls: s.list(
        s.object({
          match: s.list(s.object({ ...connectionMatch(), sniHosts: texts() })),
          route: s.optional(weighted()),
        }),
      ),
    }),
  ),
});
