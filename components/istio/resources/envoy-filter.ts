import { schema as s } from '../../../constructs';
import { istioKind, oneTarget, port, targetRefs, uint32, workloadSelector } from './fields';

const named = () => s.allOptional({ name: s.text() });

const filter = () => s.allOptional({ name: s.text(), subFilter: named() });

const listener = () =>
  s.allOptional({
    filterChain: s.allOptional({
      applicationProtocols: s.text(),
      destinationPort: uint32(),
      filter: filter(),
      name: s.text(),
      sni: s.text(),
      transportProtocol: s.text(),
    }),
    listenerFilter: s.text(),
    name: s.text(),
    portName: s.text(),
    portNumber: uint32(),
  });

const routeConfiguration = () =>
  s.allOptional({
    gateway: s.text(),
    name: s.text(),
    portName: s.text(),
    portNumber: uint32(),
    vhost: s.allOptional({
      domainName: s.text(),
      name: s.text(),
      route: s.allOptional({ action: s.oneOf(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']), name: s.text() }),
    }),
  });

const match = () =>
  s.allOptional(
    {
      cluster: s.allOptional({ name: s.text(), portNumber: uint32(), service: s.text(), subset: s.text() }),
      context: s.oneOf(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT']),
      listener: listener(),
      proxy: s.allOptional({ metadata: s.map(s.text()), proxyVersion: s.text() }),
      routeConfiguration: routeConfiguration(),
      waypoint: s.allOptional({ filter: filter(), portNumber: port(), route: named() }),
    },
    {
      atMostOne: [['listener', 'routeConfiguration', 'cluster', 'waypoint']],
      rules: [
        {
          rule:
            'has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : ' +
            '!has(self.waypoint)',
          message: 'only support waypointMatch when context is WAYPOINT',
        },
      ],
    },
  );

/** Changes to what proxies are told, past all of Istio's own checks. */
export const EnvoyFilter = istioKind({
  group: 'networking',
  kind: 'EnvoyFilter',
  plural: 'envoyfilters',
  versions: ['v1alpha3'],
  spec: s.optional(
    s.allOptional(
      {
        configPatches: s.list(
          s.allOptional({
            applyTo: s.oneOf([
              ...([
                'INVALID',
                'LISTENER',
                'FILTER_CHAIN',
                'NETWORK_FILTER',
                'HTTP_FILTER',
                'ROUTE_CONFIGURATION',
              ] as const),
              ...([
                'VIRTUAL_HOST',
                'HTTP_ROUTE',
                'CLUSTER',
                'EXTENSION_CONFIG',
                'BOOTSTRAP',
                'LISTENER_FILTER',
              ] as const),
            ]),
            match: match(),
            patch: s.allOptional({
              filterClass: s.oneOf(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS']),
              operation: s.oneOf([
                ...(['INVALID', 'MERGE', 'ADD', 'REMOVE'] as const),
                ...(['INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE'] as const),
              ]),
              value: s.opaque(),
            }),
          }),
        ),
        priority: s.int32(),
        targetRefs: targetRefs(),
        workloadSelector: workloadSelector(),
      },
      { rules: [oneTarget('workloadSelector', 'targetRefs')] },
    ),
  ),
});
