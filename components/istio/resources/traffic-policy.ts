import { schema as s } from '../../../constructs';
import { duration, texts, uint32 } from './fields';

const percent = () => s.nullable(s.decimal({ format: 'double', minimum: 0, maximum: 100 }));

/** Limits of connections and requests. */
export const connectionPool = () =>
  s.allOptional({
    http: s.allOptional({
      h2UpgradePolicy: s.oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
      http1MaxPendingRequests: s.int32(),
      http2MaxRequests: s.int32(),
      idleTimeout: duration(),
      maxConcurrentStreams: s.int32(),
      maxRequestsPerConnection: s.int32(),
      maxRetries: s.int32(),
      useClientProtocol: s.bool(),
    }),
    tcp: s.allOptional({
      connectTimeout: duration(),
      idleTimeout: s.text(),
      maxConnectionDuration: duration(),
      maxConnections: s.int32(),
      tcpKeepalive: s.allOptional({ interval: duration(), probes: uint32(), time: duration() }),
    }),
  });

const consistentHash = () =>
  s.allOptional(
    {
      httpCookie: s.object({
        attributes: s.optional(s.list(s.object({ name: s.text(), value: s.optional(s.text()) }))),
        name: s.text(),
        path: s.optional(s.text()),
        ttl: s.optional(s.text()),
      }),
      httpHeaderName: s.text(),
      httpQueryParameterName: s.text(),
      maglev: s.allOptional({ tableSize: s.integer({ minimum: 0 }) }),
      minimumRingSize: s.integer({ minimum: 0 }),
      ringHash: s.allOptional({ minimumRingSize: s.integer({ minimum: 0 }) }),
      useSourceIp: s.bool(),
    },
    {
      atMostOne: [
        ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
        ['ringHash', 'maglev'],
      ],
    },
  );

const loadBalancer = () =>
  s.allOptional(
    {
      consistentHash: consistentHash(),
      localityLbSetting: s.allOptional({
        distribute: s.list(s.allOptional({ from: s.text(), to: s.map(uint32()) })),
        enabled: s.nullable(s.bool()),
        failover: s.list(s.allOptional({ from: s.text(), to: s.text() })),
        failoverPriority: texts(),
      }),
      simple: s.oneOf(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST']),
      warmup: s.object({
        aggression: s.optional(s.nullable(s.decimal({ format: 'double', minimum: 0 }))),
        duration: duration(),
        minimumPercent: s.optional(percent()),
      }),
      warmupDurationSecs: duration(),
    },
    { atMostOne: [['simple', 'consistentHash']] },
  );

const outlierDetection = () =>
  s.allOptional({
    baseEjectionTime: duration(),
    consecutive5xxErrors: s.nullable(uint32()),
    consecutiveErrors: s.int32(),
    consecutiveGatewayErrors: s.nullable(uint32()),
    consecutiveLocalOriginFailures: s.nullable(uint32()),
    interval: duration(),
    maxEjectionPercent: s.int32(),
    minHealthPercent: s.int32(),
    splitExternalLocalOriginErrors: s.bool(),
  });

const clientTls = () =>
  s.allOptional({
    caCertificates: s.text(),
    caCrl: s.text(),
    clientCertificate: s.text(),
    credentialName: s.text(),
    insecureSkipVerify: s.nullable(s.bool()),
    mode: s.oneOf(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']),
    privateKey: s.text(),
    sni: s.text(),
    subjectAltNames: texts(),
  });

/** What can be said of a service as a whole and of one of its ports. */
const perPort = () => ({
  connectionPool: connectionPool(),
  loadBalancer: loadBalancer(),
  outlierDetection: outlierDetection(),
  tls: clientTls(),
});

/** How a service is called. */
export const trafficPolicy = () =>
  s.allOptional({
    ...perPort(),
    portLevelSettings: s.list(s.allOptional({ ...perPort(), port: s.allOptional({ number: uint32() }) }), {
      maxItems: 4096,
    }),
    proxyProtocol: s.allOptional({ version: s.oneOf(['V1', 'V2']) }),
    retryBudget: s.allOptional({ minRetryConcurrency: uint32(), percent: percent() }),
    tunnel: s.object({ protocol: s.optional(s.text()), targetHost: s.text(), targetPort: uint32() }),
  });
